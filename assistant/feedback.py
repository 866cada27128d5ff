"""What readers think of an answer, kept as one JSON object a line in ``feedback.jsonl`` beside the index.

A line tells everything that is needed to ask again and to judge, and nothing about who was asking.
"""

import os
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from assistant.errors import AssistantError, StoreError
from assistant.records import AnswerRecord, GivenText, Record

FILE = "feedback.jsonl"

#: Bytes that the file may have; a line has a few thousand.
LIMIT = 100 * 1024 * 1024

#: Characters that a comment may have.
COMMENT_LIMIT = 2000

Rating = Literal["up", "down"]

#: What may be wrong with an answer; "missed": the articles hold one, though the assistant said they do not.
Reason = Literal["beside", "wrong", "incomplete", "outdated", "missed", "other"]


class FeedbackRequest(Record):
    """A reader's opinion of an answer."""

    answer: AnswerRecord = Field(description="The answer object as it was given; its hits may be left out.")
    generation: GivenText | None = Field(default=None, description="The index that the answer was found in.")
    rating: Rating
    reason: Reason | None = None
    comment: Annotated[GivenText, Field(max_length=COMMENT_LIMIT)] = ""


class FeedbackRecord(Record):
    """One line of the file."""

    time: datetime = Field(description="UTC, to the second.")
    question: str
    language: str = Field(description="Of the question, ISO 639-1.")
    rating: Rating
    reason: Reason | None
    comment: str
    answer: AnswerRecord
    generation: str | None


class FeedbackFull(AssistantError):
    """No more feedback can be kept."""


def keep_feedback(given: FeedbackRequest, folder: Path) -> None:
    """Append ``given`` to the file in ``folder``, where it is safe on the disk once this returns.

    :raises FeedbackFull: If the file would grow beyond its limit.
    :raises StoreError: If it cannot be written.
    """
    line = _record(given).model_dump_json().encode() + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _append(folder / FILE, line)
    except OSError as error:
        raise StoreError(
            f"{folder / FILE} cannot be written ({error.strerror}). Make room or mend its rights."
        ) from error


def _record(given: FeedbackRequest) -> FeedbackRecord:
    return FeedbackRecord(
        time=datetime.now(UTC).replace(microsecond=0),
        question=given.answer.question,
        language=given.answer.language,
        rating=given.rating,
        reason=given.reason,
        comment=given.comment,
        answer=given.answer,
        generation=given.generation,
    )


def _append(path: Path, line: bytes) -> None:
    """Whole or not at all; the lock goes with the file's closing."""
    with open(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab", buffering=0) as file:
        flock(file, LOCK_EX)
        os.fchmod(file.fileno(), 0o600)
        size = os.fstat(file.fileno()).st_size
        if size and os.pread(file.fileno(), 1, size - 1) != b"\n":  # Cut off by a crash of the machine.
            line = b"\n" + line
        if size + len(line) > LIMIT:
            raise FeedbackFull(f"{path} has {size} bytes, {LIMIT} are kept. Move it away to go on.")
        try:
            while line:
                line = line[file.write(line) :]
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), size)
            raise
