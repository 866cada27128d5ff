"""Questions and answers as messages of the conversation: HTML that shows each text as it is stored.

The chat component reads a message as Markdown, then as HTML, then strips what it does not trust. What is
written here passes all three unchanged: block elements of its own, and every character that means something
to any of them given as a reference.
"""

from collections.abc import Iterable
from urllib.parse import quote

from assistant.problems import Problem
from assistant.types import Answer, Citation, Statement
from assistant.words import Words

#: Every ASCII character but letters, digits and the space. Line ends and tabs among them, since a blank line
#: would end the HTML block; the rest of Unicode stands for itself.
_REFERENCES = {code: f"&#{code};" for code in range(1, 128) if not chr(code).isalnum() and code != 32}


def escaped(text: str) -> str:
    """``text`` as HTML that neither Markdown, LaTeX nor autolinks can find anything in."""
    return text.translate(_REFERENCES)


def welcome(words: Words) -> str:
    """What stands in place of the conversation before the first question."""
    return f"<h2>{escaped(words.invitation)}</h2><p>{escaped(words.explanation)}</p>"


def question_message(question: str) -> str:
    return f'<p class="question">{escaped(question)}</p>'


def problem_message(problem: Problem) -> str:
    return f'<p class="problem">{escaped(problem.message)}</p>'


def answer_message(answer: Answer, words: Words, shown: int | None = None) -> str:
    """The answer with its first ``shown`` statements; the list of sources only once all are shown."""
    statements = answer.statements[:shown]
    parts = [_understood(answer, words)]
    if answer.abstained:
        parts += [_note("abstention", words.abstention), *_nearest(answer.nearest, words)]
    else:
        parts += [_statement(statement, words) for statement in statements]
        if len(statements) == len(answer.statements):
            parts += [_sources(answer.citations, words), _copy_button(words)]
    return f'<div class="answer">{"".join(parts)}</div>'


def _understood(answer: Answer, words: Words) -> str:
    if answer.understood_as is None:
        return ""
    return _note("understood", words.understood_as.format(question=answer.understood_as))


def _note(kind: str, text: str) -> str:
    return f'<p class="{kind}">{escaped(text)}</p>'


def _statement(statement: Statement, words: Words) -> str:
    """Quotations in the language of their article; a worded statement in that of the page."""
    chips = "&#160;".join(_chip(citation, words) for citation in statement.citations)
    language = next((citation.sentence.article.language for citation in statement.citations), None)
    return _quotation("statement", statement.text, language, chips)


def _nearest(nearest: Iterable[Citation], words: Words) -> list[str]:
    quotations = [
        _quotation("nearest", near.sentence.text, near.sentence.article.language, _chip(near, words))
        for near in nearest
    ]
    return [_note("caution", words.nearest), *quotations, _sources(tuple(nearest), words)] if quotations else []


def _quotation(kind: str, text: str, language: str | None, chips: str) -> str:
    quoted = f'<span class="quote"{_lang(language)}>{escaped(text)}</span>'
    return f'<blockquote class="{kind}">{quoted}&#160;{chips}</blockquote>'


def _chip(citation: Citation, words: Words) -> str:
    title = escaped(citation.sentence.article.title or words.untitled)
    return f'<a class="cite" href="{_href(citation)}" title="{title}">[{citation.number}]</a>'


def _sources(citations: tuple[Citation, ...], words: Words) -> str:
    """Each cited article once, behind the numbers of its citations."""
    by_article: dict[str, list[Citation]] = {}
    for citation in citations:
        by_article.setdefault(citation.sentence.article.id, []).append(citation)
    entries = "".join(_source(of_one, words) for of_one in by_article.values())
    heading = words.sources[0 if len(by_article) == 1 else 1]
    return f'<div class="sources"><h3>{escaped(heading)}</h3><ul>{entries}</ul></div>'


def _source(citations: list[Citation], words: Words) -> str:
    article = citations[0].sentence.article
    chips = "".join(_chip(citation, words) for citation in citations)
    title = escaped(article.title or words.untitled)
    line = f' <span class="fact date">{escaped(words.date(article.published))}</span>'
    line += f' <span class="fact">{escaped(article.source)}</span>' if article.source else ""
    badge = f' <span class="badge">{escaped(article.language)}</span>' if article.language else ""
    return f'<li>{chips} <span class="title"{_lang(article.language)}>{title}</span>{line}{badge}</li>'


def _copy_button(words: Words) -> str:
    return f'<p class="tools"><button class="copy" type="button">{escaped(words.copy_answer)}</button></p>'


def _href(citation: Citation) -> str:
    """From the page, one level below the root, to the sentence."""
    article_id = quote(citation.sentence.article.id, safe="")
    return f"../articles/{article_id}#s{citation.sentence.number}"


def _lang(language: str | None) -> str:
    return f' lang="{escaped(language)}"' if language else ""
