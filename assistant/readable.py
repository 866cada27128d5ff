"""Answers and articles as plain text for a terminal."""

from collections.abc import Sequence
from unicodedata import category

from assistant.types import Answer, Article, Citation, Sentence
from assistant.words import CATALOGUE, DEFAULT_LANGUAGE, Words


def readable_answer(answer: Answer) -> str:
    """Statements with their numbers, then where each comes from; in the language of the question."""
    say = CATALOGUE.get(answer.language, CATALOGUE[DEFAULT_LANGUAGE])
    if answer.abstained:
        quotes = [f"- {printable(citation.sentence.text)}\n  {_source(citation, say)}" for citation in answer.nearest]
        return "\n".join([say.abstention, *(["", say.nearest, *quotes] if quotes else [])])
    statements = [
        printable(statement.text) + "".join(f" [{citation.number}]" for citation in statement.citations)
        for statement in answer.statements
    ]
    sources = [f"[{citation.number}] {_source(citation, say)}" for citation in answer.citations]
    return "\n".join([*statements, "", *sources])


def _source(citation: Citation, say: Words) -> str:
    article = citation.sentence.article
    published = article.published.isoformat() if article.published else say.unknown_date
    parts = (article.title, article.source, published, f"{article.id}#s{citation.sentence.number}")
    return printable(" · ".join(part for part in parts if part))


def readable_article(article: Article, sentences: Sequence[Sentence]) -> str:
    """The metadata, then each sentence behind its number and offsets."""
    published = article.published.isoformat() if article.published else "-"
    facts = {
        "id": article.id,
        "title": article.title,
        "published": published,
        "source": article.source,
        "author": article.author,
        "language": article.language or "-",
        "url": article.url,
    }
    head = [f"{name + ':':<11}{printable(value)}" for name, value in facts.items() if value]
    body = [f"s{s.number:<4} {s.start:>6}-{s.end:<6} {printable(s.text)}" for s in sentences]
    return "\n".join([*head, "", *body])


def printable(text: str) -> str:
    """Without control characters, which a terminal would obey; line ends become spaces."""
    return "".join(c if c.isprintable() or category(c) == "Zs" else " " for c in text)
