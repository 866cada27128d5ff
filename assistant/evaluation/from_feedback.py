"""What readers thought of answers, as reference questions that an editor completes.

An answer that was found useful proposes its citations as evidence, any of which will do; an abstention, that there is
no answer. One that was not found useful tells only what to ask: such a question is disputed, and so kept out of the
figures, until an editor has said what is right. So is one on which readers disagree.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from assistant.errors import UsageError
from assistant.evaluation.question_files import say, write_or_print
from assistant.evaluation.questions import from_record
from assistant.evaluation.types import ReferenceQuestion
from assistant.evaluation.validate import Finding
from assistant.formats.metadata import single_line
from assistant.text import fold
from assistant.words import CATALOGUE, DEFAULT_LANGUAGE

#: The tag of these questions.
TAG = "feedback"
#: Characters of a comment in a note; the page takes no longer one.
COMMENT_LIMIT = 2000

Rating = Literal["up", "down"]


class _Citation(BaseModel):
    article_id: str
    quote: str


class _Answer(BaseModel):
    understood_as: str | None = None
    abstained: bool
    citations: list[_Citation]


class _Line(BaseModel):
    """What is needed of a ``FeedbackRecord``. The rest may be as it was in any version: opinions are kept for years."""

    time: datetime
    question: str
    language: str
    rating: Rating
    reason: str | None = None
    comment: str = ""
    answer: _Answer


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reader's opinion of an answer, with the reference question that it alone would make."""

    time: datetime
    rating: Rating
    question: ReferenceQuestion


def export_feedback(options: argparse.Namespace) -> int:
    """Files of feedback into one file of questions.

    :raises UsageError: If the file to be written is there already, or there is no opinion to write.
    """
    if options.out and options.out.exists():
        raise UsageError(f"{options.out} is there already, perhaps with an editor's work. Name a new file")
    read = list(chain.from_iterable(map(read_opinions, options.files)))
    skipped = [one for one in read if isinstance(one, Finding)]
    for finding in skipped:
        say(f"skipped: {finding.origin}: {finding.message}")
    opinions = [one for one in read if isinstance(one, Opinion)]
    groups = by_question(opinions)
    if not groups:
        named = ", ".join(map(str, options.files))
        raise UsageError(f"{named}: no opinion is there to read ({len(skipped)} lines skipped). Name other files")
    questions = list(map(reference_question, groups))
    write_or_print(questions, options.out)
    divided = sum(len({one.rating for one in group}) > 1 for group in groups)
    say(
        f"{options.out or 'standard output'}: {len(questions)} questions of {len(opinions)} opinions;"
        f" merged into a later one on the same question: {len(opinions) - len(questions)};"
        f" lines skipped: {len(skipped)};"
        f" for an editor to complete, in no figure until then: {sum(question.disputed for question in questions)};"
        f" readers disagree on: {divided}"
    )
    return 0


def read_opinions(path: Path) -> Iterator[Opinion | Finding]:
    """The opinions in a file of feedback, and what is wrong with each line that holds none.

    :raises UsageError: If the file cannot be read.
    """
    try:
        with open(path, "rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _opinion(line, f"{path}, line {number}")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a file of feedback") from error


def by_question(opinions: Iterable[Opinion]) -> list[list[Opinion]]:
    """Those on one question, whatever its typography, accents and case: the latest last."""
    groups: dict[str, list[Opinion]] = {}
    for opinion in sorted(opinions, key=lambda opinion: opinion.time):
        groups.setdefault(fold(opinion.question.question, accents=False).text.strip(" .?!"), []).append(opinion)
    return list(groups.values())


def reference_question(opinions: Sequence[Opinion]) -> ReferenceQuestion:
    """What the latest of ``opinions`` makes of their question, with what all of them say as its note."""
    question = opinions[-1].question
    divided = len({opinion.rating for opinion in opinions}) > 1
    notes = "\n".join(opinion.question.note for opinion in opinions)
    return replace(question, note=notes, disputed=question.disputed or divided)


def _opinion(line: bytes, origin: str) -> Opinion | Finding:
    try:
        record = _Line.model_validate_json(line)
        time = record.time if record.time.tzinfo else record.time.replace(tzinfo=UTC)
        return Opinion(time, record.rating, from_record(_native(record), origin))
    except ValidationError as error:
        first = error.errors()[0]
        place = single_line(".".join(map(str, first["loc"])), 80)
        return Finding(origin, "error", f"'{place}': {first['msg']}" if place else "not one whole JSON object")
    except UsageError as error:
        return Finding(origin, "error", str(error).removeprefix(f"{origin}: "))


def _native(record: _Line) -> dict[str, object]:
    answer = record.answer
    useful = record.rating == "up"
    cited = [{"article": one.article_id, "quote": one.quote} for one in answer.citations] if useful else []
    return {
        # What an earlier question contributed is not kept otherwise.
        "question": answer.understood_as or record.question,
        "lang": record.language,
        "answerable": not (useful and answer.abstained),
        "evidence": [{"any_of": cited} if len(cited) > 1 else one for one in cited[:1]],
        "tags": [TAG],
        "disputed": not useful or not (cited or answer.abstained),
        "note": _note(record),
    }


def _note(record: _Line) -> str:
    """One line, in the words of the page: the day, the verdict, what is wrong, what the reader wrote and typed."""
    words = CATALOGUE.get(record.language, CATALOGUE[DEFAULT_LANGUAGE])
    verdict = words.useful if record.rating == "up" else words.not_useful
    reason = words.reasons.get(record.reason, record.reason) if record.reason else ""
    typed = record.question if record.answer.understood_as else ""
    told = (f"{record.time:%Y-%m-%d}", verdict, reason, record.comment, typed)
    return " · ".join(filter(None, (single_line(part, COMMENT_LIMIT) for part in told)))
