"""Questions and answers as messages of the conversation: HTML that shows each text as it is stored.

The chat component reads a message as Markdown, then as HTML, then strips what it does not trust. What is
written here passes all three unchanged: block elements of its own, and every character that means something
to any of them given as a reference.
"""

import re
from collections.abc import Iterable

from assistant.page.turns import Turn
from assistant.problems import Problem
from assistant.records import CitationRecord, StatementRecord, article_path
from assistant.words import Words

#: Every ASCII character but letters, digits and the space. Line ends and tabs among them, since a blank line
#: would end the HTML block; the rest of Unicode stands for itself.
_REFERENCES = {code: f"&#{code};" for code in range(1, 128) if not chr(code).isalnum() and code != 32}

#: Browsers break lines at thin spaces, which stand within numbers and beside quotation marks.
UNBROKEN = re.compile(r"(\S(?:\u2009\S)+)")

#: Problems that may be over at the next try; the others are about the question itself.
PASSING = frozenset({"no_index", "unavailable", "failed"})

#: No citation has gone stale.
_NONE: frozenset[int] = frozenset()


def escaped(text: str) -> str:
    """``text`` as HTML that neither Markdown, LaTeX nor autolinks can find anything in."""
    return text.translate(_REFERENCES)


def welcome(words: Words) -> str:
    """What stands in place of the conversation before the first question."""
    return f"<h2>{escaped(words.invitation)}</h2><p>{escaped(words.explanation)}</p>"


def question_message(question: str) -> str:
    return f'<h2 class="question">{escaped(question)}</h2>'


def thinking_message(words: Words) -> str:
    return f'<div class="answer">{_note("thinking", words.thinking)}</div>'


def problem_message(problem: Problem, words: Words) -> str:
    retry = _tools(_button("retry", words.retry)) if problem.code in PASSING else ""
    return f'<div class="trouble">{_note("problem", problem.message)}{retry}</div>'


def stopped_message(words: Words) -> str:
    return f'<div class="trouble">{_note("stopped", words.stopped)}{_tools(_button("retry", words.retry))}</div>'


def answer_message(turn: Turn, words: Words, shown: int | None = None, stale: frozenset[int] = _NONE) -> str:
    """The answer with its first ``shown`` statements; what belongs to the whole only once all are shown.

    ``stale`` holds the numbers of citations that no longer stand: they lead nowhere and say so.
    """
    answer = turn.answer
    citations = {citation.number: citation for citation in answer.citations}
    statements = answer.statements[:shown]
    parts = [_understood(answer.understood_as, words)]
    if answer.abstained:
        parts += [_note("abstention", words.abstention), *_nearest(answer.nearest, words, stale)]
    parts += [_statement(one, [citations[number] for number in one.citations], words, stale) for one in statements]
    if len(statements) < len(answer.statements):
        parts.append(_note("thinking", words.thinking))
    else:
        parts += [_sources(answer.citations, words, stale), _answer_tools(answer.abstained, words), _kept(turn)]
    return f'<div class="answer">{"".join(parts)}</div>'


def _understood(understood_as: str | None, words: Words) -> str:
    """The question as it was understood, as a button that takes it into the question box to be corrected."""
    if understood_as is None:
        return ""
    before, _, after = words.understood_as.partition("{question}")
    revise = _button("revise", understood_as)
    return f'<p class="understood">{escaped(before)}{revise}{escaped(after)}</p>'


def _note(kind: str, text: str) -> str:
    return f'<p class="{kind}">{escaped(text)}</p>'


def _statement(statement: StatementRecord, citations: list[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    """Quotations in the language of their article; a worded statement in that of the page."""
    chips = "&#160;".join(_chip(citation, stale) for citation in citations)
    language = next((citation.language for citation in citations), None)
    before = _before(citations[0], words) if citations else ""
    return _quotation("statement", statement.text, language, chips, before)


def _nearest(nearest: list[CitationRecord], words: Words, stale: frozenset[int]) -> list[str]:
    quotations = [
        _quotation("nearest", near.quote, near.language, _chip(near, stale), _before(near, words)) for near in nearest
    ]
    return [_note("caution", words.nearest), *quotations, _sources(nearest, words, stale)] if quotations else []


def _before(citation: CitationRecord, words: Words) -> str:
    """The sentence that tells who or what the quotation is about, marked as not part of it."""
    if citation.before is None:
        return ""
    told = f"<span{_lang(citation.language)}>{_unbroken(citation.before.quote)}</span>"
    return f'<span class="before">{escaped(words.sentence_before)} {told}</span> '


def _quotation(kind: str, text: str, language: str | None, chips: str, before: str) -> str:
    quoted = f'<span class="quote"{_lang(language)}>{_unbroken(text)}</span>'
    return f'<blockquote class="{kind}">{before}{quoted}&#160;{chips}</blockquote>'


def _unbroken(text: str) -> str:
    pieces = enumerate(UNBROKEN.split(text))
    return "".join(f'<span class="whole">{escaped(piece)}</span>' if n % 2 else escaped(piece) for n, piece in pieces)


def _chip(citation: CitationRecord, stale: frozenset[int]) -> str:
    if citation.number in stale:
        return f'<span class="cite gone">[{citation.number}]</span>'
    return f'<a class="cite" href="{_href(citation)}">[{citation.number}]</a>'


def _sources(citations: Iterable[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    """Each cited article once, behind the numbers of its citations."""
    by_article: dict[str, list[CitationRecord]] = {}
    for citation in citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    if not by_article:
        return ""
    entries = "".join(_source(of_one, words, stale) for of_one in by_article.values())
    heading = words.sources[0 if len(by_article) == 1 else 1]
    return f'<div class="sources"><h3>{escaped(heading)}</h3><ul>{entries}</ul></div>'


def _source(citations: list[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    article = citations[0]
    chips = "".join(_chip(citation, stale) for citation in citations)
    line = f'<span class="fact date">{escaped(words.date(article.published))}</span>'
    line += f' <span class="fact">{escaped(article.source)}</span>' if article.source else ""
    badge = f'&#160;<span class="badge">{escaped(article.language)}</span>' if article.language else ""
    gone = any(citation.number in stale for citation in citations)
    note = f' <span class="why">{escaped(words.citation_gone)}</span>' if gone else ""
    return (
        f'<li><span class="numbers">{chips}</span> {_title(citations, words, stale)} '
        f'<span class="line">{line}{badge}{note}</span></li>'
    )


def _title(citations: list[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    """A way to the first of the citations that still stand."""
    title, language = escaped(citations[0].title or words.untitled), _lang(citations[0].language)
    for citation in citations:
        if citation.number not in stale:
            return f'<a class="title" href="{_href(citation)}"{language}>{title}</a>'
    return f'<span class="title"{language}>{title}</span>'


def _answer_tools(abstained: bool, words: Words) -> str:
    copying = "" if abstained else _button("copy", words.copy_answer) + _button("markdown", words.copy_markdown)
    others = _button("link", words.copy_link) + _button("again", words.ask_again)
    rating = _button("up", words.useful) + _button("down", words.not_useful)
    return _tools(f'{copying}{others}<span class="rating">{rating}</span>')


def _tools(buttons: str) -> str:
    return f'<p class="tools">{buttons}</p>'


def _button(kind: str, text: str) -> str:
    return f'<button class="{kind}" type="button">{escaped(text)}</button>'


def _kept(turn: Turn) -> str:
    """For the page's script, and never seen: what it copies, exports, keeps and sends with a rating."""
    return f'<span class="turn" hidden>{escaped(turn.model_dump_json())}</span>'


def _href(citation: CitationRecord) -> str:
    """From the page, one level below the root, to the sentence; whatever a browser's memory says is quoted."""
    number = citation.url.rpartition("#s")[2]
    return escaped(f"..{article_path(citation.article_id)}#s{number}")


def _lang(language: str | None) -> str:
    return f' lang="{escaped(language)}"' if language else ""
