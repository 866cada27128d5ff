"""Any JSON lines or JSON list, told where the fields of a question are: ``{"question": "inputs.q"}``.

A path is names joined by dots; ``[]`` means every element of a list and ``[0]`` one of them.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.formats.source import Record, records, shown
from assistant.evaluation.questions import FIELDS, from_record
from assistant.evaluation.types import ReferenceQuestion

#: Fields that hold a list of texts.
_LISTS = ("answers", "forbidden", "plausible", "history", "tags")
_ONES = tuple(name for name in FIELDS if name not in (*_LISTS, "facts", "evidence", "filters"))
#: What a mapping may name: fields of the native record, evidence in two lists side by side, and the opposite of
#: ``answerable``.
FIELDS_MAPPED = (*_ONES, *_LISTS, "article", "quote", "unanswerable")
#: Those of which a mapping needs one: a question alone would count as one that nothing answers.
_RIGHT = ("answers", "article", "quote", "reference", "answerable", "unanswerable")
_PATH = re.compile(r"[^.\[\]]+(\[\d*\])*(\.[^.\[\]]+(\[\d*\])*)*")
_STEP = re.compile(r"[^.\[\]]+|\[\d*\]")


def read(path: Path, mapping: Mapping[str, str]) -> list[ReferenceQuestion]:
    """One article goes with every quote; of several, each goes with the quote at its place. Quotes without an article
    may stand in any.

    :raises UsageError: If the mapping names an unknown field or no path, or a record does not fit it.
    """
    _check(mapping)
    return [from_record(_native(record, mapping), record.origin) for record in records(path)]


def _check(mapping: Mapping[str, str]) -> None:
    for name, path in mapping.items():
        if name not in FIELDS_MAPPED:
            raise UsageError(f"--map {name}={path}: no field {name!r}. Fields: {', '.join(FIELDS_MAPPED)}.")
        if not _PATH.fullmatch(path):
            raise UsageError(f"--map {name}={path}: not a path. Write one as in question=inputs.q or answers=a[].text.")
    if "question" not in mapping:
        raise UsageError("--map names no question. Add one as in --map question=inputs.q.")
    if not mapping.keys() & set(_RIGHT):
        raise UsageError(f"--map says nothing of what is right. Map one of {', '.join(_RIGHT)}.")


def _native(record: Record, mapping: Mapping[str, str]) -> dict[str, object]:
    """The native record in ``record``."""
    found = {name: _values(record, path) for name, path in mapping.items()}
    if not found["question"]:
        raise record.fault(f"nothing at {mapping['question']!r} for the question", "Correct it, or the mapping")
    native: dict[str, object] = {name: list(map(_text, found[name])) for name in _LISTS if name in found}
    native |= {name: _one(found[name], name, mapping[name], record) for name in _ONES if found.get(name)}
    if found.get("unanswerable"):
        native["answerable"] = not _flag(found["unanswerable"], mapping["unanswerable"], record)
    elif found.get("reference"):
        native.setdefault("answerable", True)
    return native | {"evidence": _evidence(record, found.get("article", []), found.get("quote", []))}


def _evidence(record: Record, articles: list[object], quotes: list[object]) -> list[dict[str, object]]:
    if len(articles) <= 1:
        articles = articles * len(quotes) or articles or [None] * len(quotes)
    if quotes and len(articles) != len(quotes):
        raise record.fault(f"{len(articles)} articles but {len(quotes)} quotes", "Pair them up, or map only one")
    pairs = zip(articles, quotes or [None] * len(articles), strict=True)
    return [{"article": article, "quote": quote} for article, quote in pairs]


def _one(values: list[object], name: str, path: str, record: Record) -> object:
    if len(values) > 1:
        raise record.fault(f"{len(values)} values at {path!r} for {name!r}", "Map one, as in " + shown(f"{path}[0]"))
    return values[0]


def _flag(values: list[object], path: str, record: Record) -> bool:
    value = _one(values, "unanswerable", path, record)
    if not isinstance(value, bool):
        raise record.fault(f"{path!r} is neither true nor false", "Correct it, or the mapping")
    return value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _values(record: Record, path: str) -> list[object]:
    """What stands at ``path``, nulls and empty texts left out; a list there gives its elements."""
    values: list[object] = [record.fields]
    for step in [path] if path in record.fields else _STEP.findall(path):
        values = [inner for value in values for inner in _step(value, step)]
    elements = (inner for value in values for inner in (value if isinstance(value, list) else [value]))
    return [value for value in elements if value is not None and value != ""]


def _step(value: object, step: str) -> list[object]:
    if isinstance(value, Mapping):
        return [value[step]] if step in value else []
    if not isinstance(value, list) or not step.startswith("["):
        return []
    return value if step == "[]" else value[int(step[1:-1]) :][:1]
