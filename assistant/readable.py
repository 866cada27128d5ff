"""Answers and articles as plain text for a terminal."""

from collections.abc import Sequence
from unicodedata import category

from assistant.news.glosses import gloss
from assistant.types import Answer, Article, Citation, Digest, Explanation, Sentence
from assistant.words import CATALOGUE, DEFAULT_LANGUAGE, Words


def readable_answer(answer: Answer, in_one: bool = False) -> str:
    """Statements with their numbers, then where each comes from and what is known of it; in the question's language.

    :param in_one: Whether the statements make one paragraph.
    """
    say = CATALOGUE.get(answer.language, CATALOGUE[DEFAULT_LANGUAGE])
    why = ["", *_explained(answer.confidence, answer.explanation)] if answer.explanation else []
    if answer.abstained:
        quotes = [f"- {_quote(near, near.sentence.text)}\n  {_source(near, say)}" for near in answer.nearest]
        return "\n".join([say.abstention, *(["", say.nearest, *quotes] if quotes else []), *why])
    statements = [
        _quote(statement.citations[0], statement.text) + "".join(f" [{c.number}]" for c in statement.citations)
        for statement in answer.statements
    ]
    differ = [say.disagreements[answer.disagreement.matter]] if answer.disagreement else []
    sources = [f"[{citation.number}] {_source(citation, say)}" for citation in answer.citations]
    told = [" ".join(statements)] if in_one else statements
    return "\n".join([*differ, *told, "", *sources, *why])


def readable_digest(digest: Digest) -> str:
    """A sentence of each article behind its date, then where each comes from; in the subject's language."""
    answer = digest.answer
    say = CATALOGUE.get(answer.language, CATALOGUE[DEFAULT_LANGUAGE])
    if answer.abstained:
        return say.no_digest
    told = [
        f"{say.date(citation.sentence.article.published)}: {_quote(citation, statement.text)} [{citation.number}]"
        for statement in answer.statements
        for citation in statement.citations
    ]
    return "\n".join([*told, "", *(f"[{citation.number}] {_source(citation, say)}" for citation in answer.citations)])


def readable_understanding(answer: Answer) -> str:
    """A line on what the question was taken for, where that is not as it was asked; else nothing."""
    say = CATALOGUE.get(answer.language, CATALOGUE[DEFAULT_LANGUAGE])
    return printable(say.understood_as.format(question=answer.understood_as)) + "\n" if answer.understood_as else ""


def _quote(citation: Citation, text: str) -> str:
    """The words shown; the sentence before, where it is needed, in brackets."""
    lead = f"({printable(citation.before.text)}) " if citation.before else ""
    return lead + printable(text)


def _explained(confidence: float, why: Explanation) -> list[str]:
    """In English, as all that is for operators."""
    verdict = {
        "answered": f"Answered: confidence {confidence:.3f}, at least {why.threshold:.3f} was needed",
        "unsure": f"Not answered: confidence {confidence:.3f}, {why.threshold:.3f} was needed",
        "empty": "Not answered: no sentence was found",
    }[why.outcome]
    ranked = [("best", why.best), ("runner-up", why.runner_up)]
    return [
        f"{verdict} (at most {why.risk} wrong in a hundred). The reader was {'asked' if why.read else 'not needed'}.",
        *(f"{what + ':':<11}{one.score:8.3f}  {printable(one.sentence.text)}" for what, one in ranked if one),
        f"{'signal':<16}{'value':>9}{'usual':>9}{'weight':>9}{'log-odds':>10}",
        *(f"{s.name:<16}{s.value:9.3f}{s.usual:9.3f}{s.weight:9.3f}{s.log_odds:+10.3f}" for s in why.signals),
        f"{'all as usual':<43}{why.intercept:+10.3f}",
    ]


def _source(citation: Citation, say: Words) -> str:
    article = citation.sentence.article
    published = article.published.isoformat() if article.published else say.unknown_date
    parts = (article.title, article.source, published, f"{article.id}#s{citation.sentence.number}")
    known = [*_speaker(citation, say), *_glosses(citation, say)]
    known += [say.elsewhere(article.source, [copy.source for copy in citation.copies])] if citation.copies else []
    lines = [" · ".join(part for part in parts if part), *([" · ".join(known)] if known else [])]
    return "\n    ".join(map(printable, lines))


def _speaker(citation: Citation, say: Words) -> list[str]:
    speaker = citation.speaker
    if speaker is None:
        return []
    return [(say.unnamed_speaker if speaker.anonymous else say.speaker).format(name=speaker.name)]


def _glosses(citation: Citation, say: Words) -> dict[str, None]:
    """What each relative time stands for, once."""
    text = citation.sentence.article.text
    found = [(text[time.start : time.end], gloss(time, say.code)) for time in citation.times]
    return dict.fromkeys(say.gloss.format(words=words, days=days) for words, days in found if days)


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
