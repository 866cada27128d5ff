"""Which format a file of questions is in, told by its name and its first record."""

import re
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.formats import beir, corpus_qa, trec
from assistant.evaluation.formats.source import entire, records, table, whole
from assistant.evaluation.questions import YAML_SUFFIXES
from assistant.evaluation.sheet import SUFFIXES as SHEET_SUFFIXES

#: Fields that only one format has together, the most telling first.
_SIGNS = (
    ("ragas", {"user_input"}),
    ("multihop-rag", {"query", "evidence_list"}),
    ("ragchecker", {"query", "gt_answer"}),
    ("deepeval", {"input", "expected_output"}),
    ("deepeval", {"input", "expectedOutput"}),
    ("deepeval", {"input", "context"}),
    ("beir", {"_id", "text"}),
    ("corpus-qa", {"question", "gold_ids"}),
    ("squad", {"question", "context"}),
    ("native", {"question"}),
)
#: Fields of the one object that a JSON file may be.
_AROUND = {"data": "squad", "results": "ragchecker", "goldens": "deepeval"}
_IN_TABLES = ("ragas", "ragchecker", "deepeval")


def detect(path: Path) -> str:
    """The name of the format of a file or folder.

    :raises UsageError: If it cannot be read or is in none that is known.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        found = _of_folder(path)
    elif suffix in (".jsonl", ".ndjson"):
        found = _of_fields(next((set(record.fields) for record in records(path)), set()))
    elif suffix == ".json":
        found = _of_json(whole(path))
    elif suffix in YAML_SUFFIXES:
        found = "native"
    elif suffix in SHEET_SUFFIXES:
        found = _of_table(path)
    else:
        found = "trec" if re.search(r"<top(ic)?\b|^\S+\t", entire(path), re.IGNORECASE) else ""
    if not found:
        raise UsageError(
            f"{str(path)!r} is in no format of questions that is known. Name one with --format, "
            f"or say where its fields are as in --map question=inputs.q."
        )
    return found


def _of_folder(path: Path) -> str:
    if (path / beir.QUERIES).is_file():
        return "beir"
    if (path / corpus_qa.QUESTIONS).is_file():
        return detect(path / corpus_qa.QUESTIONS)
    return "trec" if trec.judgement_files(path) else ""


def _of_json(value: object) -> str:
    if isinstance(value, dict):
        return next((format for name, format in _AROUND.items() if isinstance(value.get(name), list)), "")
    first = next(iter(value), None) if isinstance(value, list) else None
    return _of_fields(set(first)) if isinstance(first, dict) else ""


def _of_table(path: Path) -> str:
    if path.suffix.lower() == ".tsv" and trec.judgement_files(path.parent):
        return "trec"
    if path.suffix.lower() == ".csv":
        found = _of_fields({name.strip() for name in next(table(path), [])})
        if found in _IN_TABLES:
            return found
    return "sheet"


def _of_fields(names: set[str]) -> str:
    return next((format for format, sign in _SIGNS if sign <= names), "")
