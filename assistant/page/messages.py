"""Questions and answers as messages of the conversation: HTML that shows each text as it is stored.

The chat component reads a message as Markdown, then as HTML, then strips what it does not trust. What is
written here passes all three unchanged: block elements of its own, and every character that means something
to any of them given as a reference.
"""

from collections.abc import Iterable
from datetime import date

from assistant.news.glosses import gloss
from assistant.page.age import age
from assistant.page.explained import explained
from assistant.page.markup import escaped, filled, href, lang, note, unbroken
from assistant.page.turns import Turn
from assistant.problems import Problem
from assistant.records import (
    AnswerRecord,
    CitationRecord,
    CopyRecord,
    SpeakerRecord,
    StatementRecord,
    TimeRecord,
    WordedRecord,
    article_path,
)
from assistant.types import TimeExpression
from assistant.words import Words

#: Problems that may be over at the next try; the others are about the question itself.
PASSING = frozenset({"no_index", "unavailable", "failed"})

#: No citation has gone stale.
_NONE: frozenset[int] = frozenset()

#: Nothing in a quotation answers.
_NOWHERE = (0, 0)


def welcome(words: Words) -> str:
    """What stands in place of the conversation before the first question."""
    return f"<h2>{escaped(words.invitation)}</h2><p>{escaped(words.explanation)}</p>"


def question_message(question: str) -> str:
    return f'<h2 class="question">{escaped(question)}</h2>'


def thinking_message(words: Words) -> str:
    return f'<div class="answer">{note("thinking", words.thinking)}</div>'


def problem_message(problem: Problem, words: Words) -> str:
    retry = _tools(_button("retry", words.retry)) if problem.code in PASSING else ""
    return f'<div class="trouble">{note("problem", problem.message)}{retry}</div>'


def stopped_message(words: Words) -> str:
    return f'<div class="trouble">{note("stopped", words.stopped)}{_tools(_button("retry", words.retry))}</div>'


def answer_message(
    turn: Turn,
    words: Words,
    shown: int | None = None,
    stale: frozenset[int] = _NONE,
    wording: bool = False,
    digests: bool = False,
) -> str:
    """The answer with its first ``shown`` statements; what belongs to the whole only once all are shown.

    ``stale`` holds the numbers of citations that no longer stand: they lead nowhere and say so. While ``wording``, a
    model has more to say; where ``digests`` are to be had, several articles may be summed up.
    """
    answer = turn.answer
    citations = {citation.number: citation for citation in answer.citations}
    statements = answer.statements[:shown]
    parts = []
    if answer.abstained:
        silence = words.no_digest if turn.digest else words.abstention
        parts += [note("abstention", silence), *_nearest(answer.nearest, words, stale)]
    disputed = answer.disagreement.citations if answer.disagreement else []
    if answer.disagreement:
        parts.append(note("disagreement", words.disagreements[answer.disagreement.matter]))
    for statement in statements:
        cited = [citations[number] for number in statement.citations]
        parts += [_dateline(one, words) for one in cited[:1] if turn.digest or one.number in disputed]
        parts.append(_statement(statement, cited, words, stale))
        parts += [_translation(one.number, answer, words) for one in cited if one.number not in stale]
    is_whole = len(statements) == len(answer.statements)
    parts.append(_sources(answer.citations, words, stale) if is_whole else note("thinking", words.thinking))
    if answer.abstained and wording:
        parts = [note("wording", words.rewording), *parts]
    elif answer.worded is not None and not answer.abstained:
        parts = [_worded(answer.worded, words, wording), _folded(parts, answer.worded, words, wording)]
    if is_whole:
        is_several = len({citation.article_id for citation in answer.citations}) > 1
        tools = _digest_tools(answer, words) if turn.digest else _answer_tools(answer, digests and is_several, words)
        parts += [tools, _why(answer, words), _kept(turn)]
    understood = _understood(answer.understood_as, words)
    kind = "answer digested" if turn.digest else "answer"
    return f'<div class="{kind}">{understood}{"".join(parts)}</div>'


def _worded(worded: WordedRecord, words: Words, wording: bool) -> str:
    """The answer in a model's words, as far as it has come, and why there is no more of it."""
    citations = {citation.number: citation for citation in worded.citations}
    parts = [f"<h3>{escaped(words.by_model)}</h3>"] if worded.statements else []
    for statement in worded.statements:
        chips = "".join(f"&#160;{_chip(citations[number], _NONE)}" for number in statement.citations)
        kind, verdict = ("worded", words.verified) if chips else ("worded unverified", words.unverified)
        text = f"{unbroken(statement.text)}{chips}"
        parts.append(f'<p class="{kind}">{text} <span class="verdict">{escaped(verdict)}</span></p>')
    if wording:
        parts.append(note("wording", words.wording))
    if worded.fault:
        parts.append(note("fault", _fault(worded.fault, words)))
    parts.append(_sources(worded.citations, words, _NONE))
    return f'<div class="by-model">{"".join(parts)}</div>'


def _fault(code: str, words: Words) -> str:
    """What went wrong; a browser's memory may name what is no code."""
    from assistant.generate.faults import CODES, message  # Of no use where answers are not worded.

    return next((message(known, words.code) for known in CODES if known == code), "")


def _folded(quoted: list[str], worded: WordedRecord, words: Words, wording: bool) -> str:
    """What the articles say: folded up once it is worded, one click away."""
    is_open = "" if worded.mode == "generative" and not wording else " open"
    summary = f"<summary>{escaped(words.quotations)}</summary>"
    return f'<details class="quotations"{is_open}>{summary}{"".join(quoted)}</details>'


def _understood(understood_as: str | None, words: Words) -> str:
    """The question as it was understood, as a button that takes it into the question box to be corrected."""
    if understood_as is None:
        return ""
    question = {"question": _button("revise", understood_as)}
    return f'<p class="understood">{filled(words.understood_as, question)}</p>'


def _dateline(citation: CitationRecord, words: Words) -> str:
    """Above a sentence that others contradict: which article says so, and when."""
    return f'<p class="dateline">{_dated(citation, words)}</p>'


def _statement(statement: StatementRecord, citations: list[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    """A quotation with what is known about it, or a worded statement."""
    chips = "&#160;".join(_chip(citation, stale) for citation in citations)
    if len(citations) != 1 or statement.text != citations[0].quote:
        return _quotation("statement", unbroken(statement.text), None, chips, "")
    (citation,) = citations
    quoted = unbroken(statement.text, _answering(citation))
    return _quotation("statement", quoted, citation.language, chips, _before(citation, words)) + _told(citation, words)


def _nearest(nearest: list[CitationRecord], words: Words, stale: frozenset[int]) -> list[str]:
    quotations = [
        _quotation("nearest", unbroken(near.quote), near.language, _chip(near, stale), _before(near, words))
        + _told(near, words)
        for near in nearest
    ]
    return [note("caution", words.nearest), *quotations, _sources(nearest, words, stale)] if quotations else []


def _before(citation: CitationRecord, words: Words) -> str:
    """The sentence that tells who or what the quotation is about, marked as not part of it."""
    if citation.before is None:
        return ""
    told = f"<span{lang(citation.language)}>{unbroken(citation.before.quote)}</span>"
    return f'<span class="before">{escaped(words.sentence_before)} {told}</span> '


def _quotation(kind: str, text: str, language: str | None, chips: str, before: str) -> str:
    quoted = f'<span class="quote"{lang(language)}>{text}</span>'
    return f'<blockquote class="{kind}">{before}{quoted}&#160;{chips}</blockquote>'


def _answering(citation: CitationRecord) -> tuple[int, int]:
    """Where in the quotation the words are that answer."""
    if citation.answering is None:
        return _NOWHERE
    return citation.answering.start - citation.start, citation.answering.end - citation.start


def _told(citation: CitationRecord, words: Words) -> str:
    """Below a quotation, and no part of it: whose words it is, and what its "mardi" stands for."""
    facts = [_speaker(citation.speaker, citation.language, words)] if citation.speaker else []
    facts += dict.fromkeys(_gloss(time, citation, words) for time in citation.times)
    told = " ".join(f'<span class="fact">{fact}</span>' for fact in facts)
    return f'<p class="told">{told}</p>' if told else ""


def _translation(number: int, answer: AnswerRecord, words: Words) -> str:
    """Below a quotation, and no part of it: what it says in the language of the question, by a machine."""
    told = answer.worded.glosses.get(number) if answer.worded else None
    if told is None or answer.worded is None:
        return ""
    by = f'<span class="by">{escaped(words.machine_translation.format(model=answer.worded.model))}</span>'
    return f'<p class="translation">{by} <span{lang(answer.language)}>{unbroken(told)}</span></p>'


def _speaker(speaker: SpeakerRecord, language: str | None, words: Words) -> str:
    template = words.unnamed_speaker if speaker.anonymous else words.speaker
    return filled(template, {"name": f"<bdi{lang(language)}>{escaped(speaker.name)}</bdi>"})


def _gloss(time: TimeRecord, citation: CitationRecord, words: Words) -> str:
    said = citation.quote[time.start - citation.start : time.end - citation.start]
    days = gloss(TimeExpression(time.start, time.end, time.earliest, time.latest, relative=True), words.code)
    values = {
        "words": f"<bdi{lang(citation.language)}>{escaped(said)}</bdi>",
        "days": escaped(days or words.unknown_date),
    }
    return filled(words.gloss, values)


def _chip(citation: CitationRecord, stale: frozenset[int]) -> str:
    if citation.number in stale:
        return f'<span class="cite gone">[{citation.number}]</span>'
    return f'<a class="cite" href="{href(citation)}">[{citation.number}]</a>'


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
    badge = f'&#160;<span class="badge">{escaped(article.language)}</span>' if article.language else ""
    gone = any(citation.number in stale for citation in citations)
    why = f' <span class="why">{escaped(words.citation_gone)}</span>' if gone else ""
    return (
        f'<li><span class="numbers">{chips}</span> {_title(citations, words, stale)} '
        f'<span class="line">{_dated(article, words)}{badge}{why}</span>{_copies(article, words)}</li>'
    )


def _dated(article: CitationRecord | CopyRecord, words: Words) -> str:
    """When and where an article was published, and how long ago that is."""
    facts = f'<span class="fact date">{escaped(words.date(article.published))}</span>'
    since = age(article.published, date.today(), words)
    facts += f' <span class="age">{escaped(since)}</span>' if since else ""
    return facts + (f' <span class="fact">{escaped(article.source)}</span>' if article.source else "")


def _copies(article: CitationRecord, words: Words) -> str:
    """Where else the same text stands, folded up."""
    if not article.copies:
        return ""
    ways = "".join(
        f'<li><a href="{escaped(f"..{article_path(copy.article_id)}")}"{lang(article.language)}>'
        f'{escaped(copy.title or words.untitled)}</a> <span class="line">{_dated(copy, words)}</span></li>'
        for copy in article.copies
    )
    summary = escaped(words.elsewhere(article.source, [copy.source for copy in article.copies]))
    return f'<details class="copies"><summary>{summary}</summary><ul>{ways}</ul></details>'


def _title(citations: list[CitationRecord], words: Words, stale: frozenset[int]) -> str:
    """A way to the first of the citations that still stand."""
    title, language = escaped(citations[0].title or words.untitled), lang(citations[0].language)
    for citation in citations:
        if citation.number not in stale:
            return f'<a class="title" href="{href(citation)}"{language}>{title}</a>'
    return f'<span class="title"{language}>{title}</span>'


def _answer_tools(answer: AnswerRecord, is_digestible: bool, words: Words) -> str:
    digest = _button("digest", words.digest) if is_digestible else ""
    others = _button("link", words.copy_link) + _button("again", words.ask_again)
    rating = _button("up", words.useful) + _button("down", words.not_useful)
    return _tools(f'{digest}{_copying(answer, words)}{others}<span class="rating">{rating}</span>')


def _digest_tools(answer: AnswerRecord, words: Words) -> str:
    """What answers no question is neither asked again nor rated as an answer."""
    return "" if answer.abstained else _tools(_copying(answer, words))


def _copying(answer: AnswerRecord, words: Words) -> str:
    return "" if answer.abstained else _button("copy", words.copy_answer) + _button("markdown", words.copy_markdown)


def _why(answer: AnswerRecord, words: Words) -> str:
    return explained(answer.explain, answer.confidence, answer.abstained, words) if answer.explain else ""


def _tools(buttons: str) -> str:
    return f'<p class="tools">{buttons}</p>'


def _button(kind: str, text: str) -> str:
    return f'<button class="{kind}" type="button">{escaped(text)}</button>'


def _kept(turn: Turn) -> str:
    """For the page's script, and never seen: what it copies, exports, keeps and sends with a rating."""
    return f'<span class="turn" hidden>{escaped(turn.model_dump_json())}</span>'
