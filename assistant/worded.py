"""What is told of an answer that a model words: one by one in a stream, or whole in the answer object."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from assistant.generate import Ended, Event, Waiting, Worded, Writer
from assistant.generate.faults import Code
from assistant.generate.verify import Reason
from assistant.generate.writer import last_event
from assistant.records import CitationRecord, Record, StatementRecord, WordedRecord, citation_record, statement_record
from assistant.types import Answer


class WaitingRecord(Record):
    """The model has been asked."""

    model: str


class WordedStatementRecord(Record):
    """A sentence of the model, with the sentences that support it."""

    statement: StatementRecord
    citations: list[CitationRecord]
    #: Why nothing supports it; such a sentence comes in the mode ``mark`` only.
    reasons: list[Reason]


class EndedRecord(Record):
    """No more comes."""

    code: Code | None
    retryable: bool
    withheld: int


async def worded_events(writer: Writer, answer: Answer, root_path: str) -> AsyncGenerator[tuple[str, Record], None]:
    """Names and data of the events behind the answer from the articles; closed early, the model is stopped."""
    async with aclosing(writer.word(answer)) as events:
        async for event in events:
            match event:
                case Waiting():
                    yield "waiting", WaitingRecord(model=event.model)
                case Worded():
                    yield "worded", _statement(event, root_path)
                case Ended():
                    yield "ended", EndedRecord(code=event.fault, retryable=event.retryable, withheld=event.withheld)


async def worded_record(writer: Writer, answer: Answer, root_path: str) -> WordedRecord:
    """The same, once it has ended; cancelled, the model is stopped."""
    async with aclosing(writer.word(answer)) as events:
        ended = await last_event(events)
    statements = ended.answer.statements if ended.answer else ()
    citations = ended.answer.citations if ended.answer else ()
    return WordedRecord(
        mode=ended.mode,
        statements=[statement_record(statement) for statement in statements],
        citations=[citation_record(citation, root_path) for citation in citations],
        fault=ended.fault,
        retryable=ended.retryable,
        withheld=ended.withheld,
    )


#: Before anything is told.
NOTHING_TOLD = WordedRecord(mode="extractive", statements=[], citations=[], fault=None, retryable=False, withheld=0)


def with_event(told: WordedRecord, event: Event) -> WordedRecord:
    """What has been told once ``event`` is: here a sentence that nothing supports is kept too, without citations."""
    match event:
        case Worded(statement=statement):
            known = {citation.number for citation in told.citations}
            cited = [citation_record(one) for one in statement.citations if one.number not in known]
            return told.model_copy(
                update={
                    "mode": "generative" if event.verified else told.mode,
                    "statements": [*told.statements, statement_record(statement)],
                    "citations": [*told.citations, *cited],
                }
            )
        case Ended(fault=fault, retryable=retryable, withheld=withheld):
            return told.model_copy(update={"fault": fault, "retryable": retryable, "withheld": withheld})
        case _:
            return told


def _statement(event: Worded, root_path: str) -> WordedStatementRecord:
    return WordedStatementRecord(
        statement=statement_record(event.statement),
        citations=[citation_record(citation, root_path) for citation in event.statement.citations],
        reasons=list(event.reasons),
    )
