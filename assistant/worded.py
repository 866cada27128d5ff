"""What is told of an answer that a model words: one by one in a stream, or whole in the answer object."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from assistant.generate import (
    DIGEST,
    Ended,
    Event,
    Extractive,
    FollowUp,
    Glossed,
    Understood,
    Waiting,
    Worded,
    Writer,
)
from assistant.generate.faults import Code, message
from assistant.generate.verify import Reason
from assistant.readable import printable, readable_answer, readable_understanding
from assistant.records import (
    AnswerRecord,
    CitationRecord,
    Record,
    StatementRecord,
    WordedRecord,
    answer_events,
    answer_record,
    citation_record,
    statement_record,
)
from assistant.types import Answer, Digest
from assistant.words import CATALOGUE, DEFAULT_LANGUAGE


class WaitingRecord(Record):
    """The model has been asked."""

    model: str


class WordedStatementRecord(Record):
    """A sentence of the model, with the sentences that support it."""

    statement: StatementRecord
    citations: list[CitationRecord]
    #: Why nothing supports it; such a sentence comes in the mode ``mark`` only.
    reasons: list[Reason]


class GlossRecord(Record):
    """What a citation of the answer quotes, in the language of the question; to be shown as a machine's."""

    #: Its number.
    citation: int
    text: str
    model: str


class EndedRecord(Record):
    """No more comes."""

    code: Code | None
    retryable: bool
    withheld: int


async def worded_events(events: AsyncIterator[Event], root_path: str) -> AsyncGenerator[tuple[str, Record], None]:
    """Names and data of what comes behind the answer from the articles: that of ``Writer.word``."""
    model = ""
    async for event in events:
        match event:
            case Waiting():
                model = event.model
                yield "waiting", WaitingRecord(model=model)
            case Understood():
                for told in answer_events(answer_record(event.answer, root_path)):
                    yield told
            case Worded():
                yield "worded", _statement(event, root_path)
            case Glossed():
                yield "gloss", GlossRecord(citation=event.citation.number, text=event.text, model=model)
            case Ended():
                yield "ended", EndedRecord(code=event.fault, retryable=event.retryable, withheld=event.withheld)


async def worded_digest(writer: Writer, digest: Digest, root_path: str) -> WordedRecord:
    """A digest in the model's words, once they have ended; cancelled, the model is stopped."""
    told = NOTHING_TOLD
    async with aclosing(writer.word(digest.answer, digest.sentences, DIGEST)) as events:
        async for event in events:
            told = _with_verified(told, event, root_path)
    return told


async def worded_answer(
    writer: Writer, answer: Answer, root_path: str, follow_up: FollowUp | None = None
) -> AnswerRecord:
    """The answer object with the model's words, once they have ended; cancelled, the model is stopped."""
    record = answer_record(answer, root_path)
    async with aclosing(writer.word(answer, follow_up=follow_up)) as events:
        async for event in events:
            record = with_told(record, event, root_path)
    return record


def with_told(record: AnswerRecord, event: Event, root_path: str = "") -> AnswerRecord:
    """The answer object once ``event`` is told: of the model's sentences it has those that are verified."""
    if isinstance(event, Understood):
        understood = answer_record(event.answer, root_path)
        return understood.model_copy(update={"worded": record.worded})
    return record.model_copy(update={"worded": _with_verified(record.worded or NOTHING_TOLD, event, root_path)})


#: Before anything is told.
NOTHING_TOLD = WordedRecord(mode="extractive", statements=[], citations=[], fault=None, retryable=False, withheld=0)


def with_event(told: WordedRecord, event: Event, root_path: str = "") -> WordedRecord:
    """What has been told once ``event`` is: here a sentence that nothing supports is kept too, without citations."""
    match event:
        case Waiting(model=model):
            return told.model_copy(update={"model": model})
        case Worded(statement=statement):
            known = {citation.number for citation in told.citations}
            cited = [citation_record(one, root_path) for one in statement.citations if one.number not in known]
            return told.model_copy(
                update={
                    "mode": "generative" if event.verified else told.mode,
                    "statements": [*told.statements, statement_record(statement)],
                    "citations": [*told.citations, *cited],
                }
            )
        case Glossed(citation=citation, text=text):
            return told.model_copy(update={"glosses": told.glosses | {citation.number: text}})
        case Ended(fault=fault, retryable=retryable, withheld=withheld):
            return told.model_copy(update={"fault": fault, "retryable": retryable, "withheld": withheld})
        case _:
            return told


async def readable_events(events: AsyncIterator[Event], in_one: bool = False) -> AsyncGenerator[str, None]:
    """For a terminal, in parts: what comes behind the answer from the articles, once that is there to be read.

    :param in_one: Whether the model's sentences make one paragraph.
    """
    model, answer = "", None
    async for event in events:
        match event:
            case Extractive():
                answer = event.answer
            case Waiting():
                model = event.model
            case Understood():
                answer = event.answer
                yield readable_understanding(answer) + readable_answer(answer)
            case Glossed() if answer is not None:
                words = CATALOGUE.get(answer.language, CATALOGUE[DEFAULT_LANGUAGE])
                by = words.machine_translation.format(model=model)
                quoted = f"[{event.citation.number}] {event.citation.sentence.text}"
                yield f"{printable(quoted)}\n    {printable(f'{by}: {event.text}')}"
            case Ended() if answer is not None and not answer.abstained:
                told = [readable_answer(event.answer, in_one)] if event.answer else []
                told += [message(event.fault, answer.language)] if event.fault else []
                if told:
                    yield f"{model}: " + "\n\n".join(told)


def _with_verified(told: WordedRecord, event: Event, root_path: str) -> WordedRecord:
    is_unverified = isinstance(event, Worded) and not event.verified
    return told if is_unverified else with_event(told, event, root_path)


def _statement(event: Worded, root_path: str) -> WordedStatementRecord:
    return WordedStatementRecord(
        statement=statement_record(event.statement),
        citations=[citation_record(citation, root_path) for citation in event.statement.citations],
        reasons=list(event.reasons),
    )
