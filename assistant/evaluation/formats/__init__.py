"""Files of reference questions, in our own formats and in those of others: read, and written where they can say it.

``native`` is JSON lines or YAML with our fields, ``sheet`` a newsroom's CSV or XLSX, ``corpus-qa`` questions over a
corpus by article ids; the others are named for who made them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.formats import (
    beir,
    corpus_qa,
    deepeval,
    mapped,
    multihop,
    ragas,
    ragchecker,
    squad,
    trec,
)
from assistant.evaluation.formats.detection import detect
from assistant.evaluation.formats.source import records, shown
from assistant.evaluation.questions import from_record, question_id, read_native, write_native
from assistant.evaluation.sheet import read_sheet, write_sheet
from assistant.evaluation.types import ReferenceQuestion

__all__ = ["FORMATS", "WRITABLE", "corpus_records", "detect", "read_questions", "write_questions"]

T = TypeVar("T")
Reader = Callable[[Path], list[ReferenceQuestion]]
Writer = Callable[[Sequence[ReferenceQuestion], Path, Corpus | None], None]


def _read_own(path: Path) -> list[ReferenceQuestion]:
    if path.suffix.lower() == ".json":
        return [from_record(record.fields, record.origin) for record in records(path)]
    return read_native(path)


_READERS: dict[str, Reader] = {
    "native": _read_own,
    "sheet": read_sheet,
    "squad": squad.read,
    "beir": beir.read,
    "trec": trec.read,
    "ragas": ragas.read,
    "deepeval": deepeval.read,
    "ragchecker": ragchecker.read,
    "multihop-rag": multihop.read,
    "corpus-qa": corpus_qa.read,
}
_WRITERS: dict[str, Writer] = {
    "native": lambda questions, path, corpus: write_native(questions, path),
    "sheet": lambda questions, path, corpus: write_sheet(questions, path),
    "squad": squad.write,
    "beir": beir.write,
    "trec": trec.write,
}
_CORPORA: dict[str, Callable[[Path], list[dict[str, str]]]] = {
    "squad": squad.corpus_records,
    "beir": beir.corpus_records,
    "multihop-rag": multihop.corpus_records,
    "corpus-qa": corpus_qa.corpus_records,
}

#: Names of the formats that are read, and of those that are written.
FORMATS = tuple(_READERS)
WRITABLE = tuple(_WRITERS)


def read_questions(
    path: Path, format: str | None = None, mapping: Mapping[str, str] | None = None
) -> list[ReferenceQuestion]:
    """The questions in a file or folder, each with an id of its own.

    :param format: One of ``FORMATS``; told from the file where it is None.
    :param mapping: Where the fields are in a file of no known format, as ``mapped`` describes.
    :raises UsageError: If the file cannot be read, is in none of the formats, or holds no question; the message names
        the line or row.
    """
    if mapping:
        if format:
            raise UsageError(f"--map says where the fields are, and --format {format} too. Use one of them.")
        questions = mapped.read(path, mapping)
    else:
        questions = _of_format(_READERS, format or detect(path))(_questions_file(path))
    if not questions:
        raise UsageError(f"{str(path)!r} holds no question. Check the file.")
    return list(_with_own_ids(questions))


def write_questions(
    questions: Sequence[ReferenceQuestion], path: Path, format: str, corpus: Corpus | None = None
) -> None:
    """``questions`` in another format.

    :param path: A folder for ``beir`` and ``trec``, else a file.
    :param format: One of ``WRITABLE``.
    :param corpus: The articles, for formats that hold them: needed for ``squad``, written along for ``beir``.
    :raises UsageError: If the format cannot say what a question holds to be right; the message names the question.
        Or if ``path`` cannot be written.
    """
    try:
        _of_format(_WRITERS, format)(questions, path, corpus)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Name a place that can be written.") from error


def corpus_records(path: Path, format: str | None = None) -> list[dict[str, str]]:
    """The articles that a file of questions brings, as records that ``ingest`` reads from JSON lines.

    :raises UsageError: If the format brings none, or they cannot be read.
    """
    format = format or detect(path)
    if format not in _CORPORA:
        raise UsageError(f"{str(path)!r}: questions in the format {format} bring no articles. Name the corpus.")
    return _CORPORA[format](_questions_file(path))


def _of_format(by_name: Mapping[str, T], format: str) -> T:
    if format not in by_name:
        raise UsageError(f"No format {format!r} here. Formats: {', '.join(by_name)}.")
    return by_name[format]


def _questions_file(path: Path) -> Path:
    """A folder stands for the file of questions in it; BEIR and TREC look into their folders themselves."""
    inside = path / corpus_qa.QUESTIONS
    return inside if inside.is_file() else path


def _with_own_ids(questions: Sequence[ReferenceQuestion]) -> Iterator[ReferenceQuestion]:
    """
    :raises UsageError: If a file gives one id twice; ids that were made are numbered instead.
    """
    seen: dict[str, list[str]] = {}
    for question in questions:
        origins = seen.setdefault(question.id, [])
        origins.append(question.origin)
        if len(origins) == 1:
            yield question
        elif question.id == question_id("\n".join((*question.history, question.question))):
            yield replace(question, id=f"{question.id}-{len(origins)}")
        else:
            raise UsageError(
                f"{question.origin}: the id {shown(question.id)} is that of {origins[0]}. Give it another."
            )
