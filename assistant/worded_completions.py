"""A worded answer in the shape of OpenAI's chat completions: the content is the model's sentences as they are verified.

Where it has none to show, it is the answer from the articles, under the line that says why.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from assistant.completions import WORDED, Chunks, Completion, completion, marked, pieces, sources
from assistant.generate import Event, Worded
from assistant.generate.faults import CODES, message
from assistant.records import AnswerRecord, statement_record
from assistant.worded import with_told


def worded_completion(record: AnswerRecord, identifier: str, created: int, abstention: str) -> Completion:
    """
    :param record: With what the model said.
    """
    return completion(record, identifier, created, abstention, WORDED, _reason(record))


async def worded_chunks(
    events: AsyncIterator[Event], record: AnswerRecord, made: Chunks, abstention: str, root_path: str
) -> AsyncGenerator[str, None]:
    """Data of server-sent events, a sentence at a time.

    :param record: What the articles answer.
    """
    yield made.opening()
    async for event in events:
        record = with_told(record, event, root_path)
        if isinstance(event, Worded) and event.verified and record.worded:
            yield made.piece(marked(statement_record(event.statement), len(record.worded.statements) > 1))
    if record.worded and record.worded.statements:
        yield made.piece(sources(record.worded.citations))
    else:
        for piece in pieces(record, abstention, _reason(record)):
            yield made.piece(piece)
    for chunk in made.closing(record):
        yield chunk


def _reason(record: AnswerRecord) -> str:
    """Why the articles' own words are shown."""
    worded = record.worded
    if worded is None or worded.statements or record.abstained:
        return ""
    return next((message(code, record.language) for code in CODES if code == worded.fault), "")
