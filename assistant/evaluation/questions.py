"""The native record of a reference question: one JSON object a line, or the same fields in a YAML list.

``questions.schema.json`` says the same as ``from_record`` to other programs.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from assistant.errors import UsageError
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.formats.decoding import decode
from assistant.formats.draft import Unreadable
from assistant.formats.files import read_bytes
from assistant.formats.metadata import single_line
from assistant.formats.records import load_json
from assistant.text import clean, fold

if TYPE_CHECKING:
    from yaml.nodes import Node

T = TypeVar("T")

FIELDS = tuple(
    str.split(
        "id question lang answerable answers facts evidence forbidden plausible why_unanswerable as_of filters "
        "history variant_of type tags split weight disputed note author validated_at reference"
    )
)
EVIDENCE_FIELDS = ("any_of", "article", "quote", "start", "end", "grade")
SPLITS = ("dev", "test")
YAML_SUFFIXES = (".yaml", ".yml")
#: Fields that are true, false or a number.
_NO_TEXTS = ("answerable", "disputed", "weight", "start", "end", "grade")
#: Likeness from which an unknown field is a known one misspelt.
MISSPELT = 0.8


@dataclass(frozen=True, slots=True)
class Record:
    """One question as it stands in its file, or why nothing can be read there."""

    #: As people find it: ``questions.jsonl, line 7``.
    origin: str
    #: In native form, not yet checked.
    fields: Mapping[str, object] = field(default_factory=dict)
    #: Names of fields nobody knows, each with the nearest known one or "".
    unknown: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


# --- Reading -----------------------------------------------------------------------------------------


def read_native(path: Path) -> list[ReferenceQuestion]:
    """The questions of a JSONL or YAML file.

    :raises UsageError: If a record cannot be read; the message names its line.
    """
    return [question_of(record) for record in native_records(path)]


def native_records(path: Path) -> Iterator[Record]:
    """The records of a JSONL or YAML file, each with its own fault if it has one.

    :raises UsageError: If the file as a whole cannot be read.
    """
    text = read_text(path)
    values = _yaml_values if path.suffix.lower() in YAML_SUFFIXES else _json_values
    try:
        for line, value in values(text):
            origin = f"{path.name}, line {line}"
            yield Record(origin, fault=value.args[0]) if isinstance(value, Unreadable) else _record(value, origin)
    except Unreadable as fault:
        raise UsageError(f"{path}: {fault}") from None


def read_text(path: Path) -> str:
    """The text of a file of questions, in whichever encoding.

    :raises UsageError: If it is missing, empty, too large or no text.
    """
    try:
        return decode(read_bytes(path))
    except Unreadable as fault:
        raise UsageError(f"{path}: {fault}") from None


def question_of(record: Record) -> ReferenceQuestion:
    """
    :raises UsageError: If the record cannot be read.
    """
    if record.fault:
        raise UsageError(f"{record.origin}: {record.fault}")
    return from_record(record.fields, record.origin)


def from_record(record: Mapping[str, object], origin: str) -> ReferenceQuestion:
    """The question in a native record; fields that are null are as good as absent.

    Unknown fields are ignored, unless they look like a known one that is missing.

    :raises UsageError: If a field has the wrong form or is misspelt; the message names origin and field.
    """
    fields = _Fields(record, origin)
    fields.refuse_misspelt(FIELDS)
    question = fields.text("question")
    if not question:
        raise UsageError(f"{origin}: no field 'question'")
    history = fields.texts("history")
    answers, facts, evidence = fields.texts("answers"), fields.lists("facts"), _evidence(fields)
    answerable = fields.flag("answerable")
    return ReferenceQuestion(
        question=question,
        id=fields.name("id") or question_id("\n".join((*history, question))),
        origin=origin,
        language=fields.matching("lang", "[a-z]{2,3}", "a code such as fr") or None,
        answerable=bool(answers or facts or evidence) if answerable is None else answerable,
        answers=answers,
        facts=facts,
        evidence=evidence,
        forbidden=fields.texts("forbidden"),
        plausible=fields.texts("plausible"),
        why_unanswerable=fields.text("why_unanswerable"),
        as_of=fields.day("as_of"),
        filters=fields.mapping("filters"),
        history=history,
        variant_of=fields.name("variant_of") or None,
        type=fields.text("type"),
        tags=fields.texts("tags"),
        split=fields.matching("split", "|".join(SPLITS), " or ".join(SPLITS)),
        weight=fields.positive("weight") or 1.0,
        disputed=fields.flag("disputed") or False,
        note=fields.text("note"),
        author=fields.text("author"),
        validated_at=fields.day("validated_at"),
        reference=fields.text("reference"),
    )


def question_id(question: str) -> str:
    """An id made from the question: it stays when only typography, spaces or case are corrected."""
    return f"q-{sha256(fold(question).text.strip().encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


@lru_cache(maxsize=1024)  # a field nobody knows is mostly in every record
def nearest_field(name: str, known: tuple[str, ...] = FIELDS, likeness: float = 0.6) -> str:
    """The known field that ``name`` looks like, or empty."""
    return next(iter(get_close_matches(name.lower(), known, 1, likeness)), "")


def _record(value: object, origin: str) -> Record:
    if not isinstance(value, dict):
        return Record(origin, fault="not an object with fields")
    return Record(origin, value, {name: nearest_field(name) for name in value if name not in FIELDS})


def _json_values(text: str) -> Iterator[tuple[int, object]]:
    """Each line's value with the line's number; an ``Unreadable`` where it is no JSON."""
    # Not splitlines: U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, load_json(line)
            except Unreadable as fault:
                yield number, fault


def _yaml_values(text: str) -> Iterator[tuple[int, object]]:
    """Each element of a list with the line it begins on.

    :raises Unreadable: If it is no YAML list, or uses anchors: with them a small file unfolds into a huge one.
    """
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.BaseLoader)):
            raise Unreadable("YAML with aliases ('*name') is not read: write the values out")
        root = yaml.compose(text, yaml.BaseLoader)
        if not isinstance(root, yaml.SequenceNode):
            raise Unreadable("not a YAML list of questions: begin each with '- question:'")
        for node in root.value:
            yield node.start_mark.line + 1, _yaml_value(node)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"not valid YAML ({single_line(str(error), 150)})") from None


def _yaml_value(node: "Node", field: str = "") -> object:
    """What ``node`` would be in JSON. The answers 2004 and no stay texts; only ``_NO_TEXTS`` are anything else."""
    if isinstance(node.value, list):
        if node.id == "mapping":
            return {str(name.value): _yaml_value(value, str(name.value)) for name, value in node.value}
        return [_yaml_value(value) for value in node.value]
    is_plain = node.style is None  # without quotation marks
    if is_plain and field in _NO_TEXTS:
        with suppress(ValueError):
            return cast(object, json.loads(node.value.lower()))
    return None if is_plain and node.value in ("", "~", "null") else node.value


class _Fields:
    """The fields of one object, each read as what it should be; null is as good as absent.

    Every method raises UsageError where a field has another form.
    """

    def __init__(self, values: Mapping[str, object], origin: str, within: str = "") -> None:
        self._values = {name: value for name, value in values.items() if value is not None}
        self._origin = origin
        self._within = within

    def refuse_misspelt(self, known: tuple[str, ...]) -> None:
        for name in self._values:
            meant = "" if name in known else nearest_field(name, known, MISSPELT)
            if meant and meant not in self._values:
                raise self.fault(name, f"is no field. Did you mean '{meant}'?")

    def value(self, name: str, kind: type[T], expected: str) -> T | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, kind):
            raise self.wrong(name, value, expected)
        return value

    def text(self, name: str) -> str:
        """Empty where there is none."""
        text = clean(self.value(name, str, "a text (put quotation marks around it)") or "")
        return text if text.strip() else ""

    def name(self, name: str) -> str:
        """A text, or a whole number that serves as one."""
        value = self._values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
            return str(int(value))
        return self.text(name)

    def matching(self, name: str, pattern: str, expected: str) -> str:
        text = self.text(name)
        if text and not re.fullmatch(pattern, text):
            raise self.wrong(name, text, expected)
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        return self._texts(name, self.value(name, list, "a list of texts") or [])

    def lists(self, name: str) -> tuple[tuple[str, ...], ...]:
        found = []
        for value in self.value(name, list, "a list of lists of texts") or []:
            if not isinstance(value, list) or not value:
                raise self.wrong(name, value, "made of lists of texts")
            found.append(self._texts(name, value))
        return tuple(found)

    def flag(self, name: str) -> bool | None:
        return self.value(name, bool, "true or false")

    def whole(self, name: str, least: int) -> int | None:
        number = self._number(name, f"a whole number from {least}")
        if number is not None and (number < least or number != math.floor(number)):
            raise self.wrong(name, number, f"a whole number from {least}")
        return None if number is None else int(number)

    def positive(self, name: str) -> float | None:
        number = self._number(name, "a number above 0")
        if number is not None and number <= 0:
            raise self.wrong(name, number, "a number above 0")
        return None if number is None else float(number)

    def day(self, name: str) -> date | None:
        # Python alone would also read 20170509 and 2017-W19-2.
        text = self.matching(name, r"\d{4}-\d\d-\d\d", "a day such as 2017-05-09")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise self.wrong(name, text, "a day of the calendar") from None

    def mapping(self, name: str) -> dict[str, str]:
        values = self.inner(self._values.get(name, {}), name)
        return {key: values.text(key) for key in values._values}

    def objects(self, name: str) -> list["_Fields"]:
        return [self.inner(value, name) for value in self.value(name, list, "a list of objects") or []]

    def inner(self, value: object, name: str) -> "_Fields":
        """The fields of an object within field ``name``."""
        if not isinstance(value, dict):
            raise self.wrong(name, value, "an object with fields")
        return _Fields(value, self._origin, f"{self._within}{name}.")

    def wrong(self, name: str, value: object, expected: str) -> UsageError:
        shown = single_line(json.dumps(value, ensure_ascii=False, default=str), 60)
        return self.fault(name, f"is {shown}, not {expected}")

    def fault(self, name: str, reason: str) -> UsageError:
        return UsageError(f"{self._origin}: '{self._within}{single_line(name, 40)}' {reason}")

    def _texts(self, name: str, values: Sequence[object]) -> tuple[str, ...]:
        texts = [clean(value) if isinstance(value, str) else "" for value in values]
        for text, value in zip(texts, values, strict=True):
            if not text.strip():
                raise self.wrong(name, value, "a text (put quotation marks around it)")
        return tuple(texts)

    def _number(self, name: str, expected: str) -> int | float | None:
        value = self._values.get(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15):
            return value
        raise self.wrong(name, value, expected)


def _evidence(fields: _Fields) -> tuple[tuple[Evidence, ...], ...]:
    return tuple(_group(group) for group in fields.objects("evidence"))


def _group(group: _Fields) -> tuple[Evidence, ...]:
    alternatives = group.objects("any_of")
    if not alternatives:
        return (_place(group),)
    if group.text("article") or group.text("quote"):
        raise group.fault("any_of", "stands beside an article or a quote: move that into it")
    return tuple(map(_place, alternatives))


def _place(fields: _Fields) -> Evidence:
    fields.refuse_misspelt(EVIDENCE_FIELDS)
    if fields.objects("any_of"):
        raise fields.fault("any_of", "holds another 'any_of': write out the places")
    article, quote = fields.name("article"), fields.text("quote")
    if not article and not quote:
        raise fields.fault("article", "is missing, and so is 'quote'")
    start, end = fields.whole("start", 0), fields.whole("end", 0)
    return Evidence(article, quote, start, end, fields.whole("grade", 1) or 1)


# --- Writing -----------------------------------------------------------------------------------------


def question_record(question: ReferenceQuestion) -> dict[str, Any]:
    """The native record of ``question``: only what ``from_record`` would not add by itself."""
    made = question_id("\n".join((*question.history, question.question)))
    derived = bool(question.answers or question.facts or question.evidence)
    record = {
        "id": question.id if question.id != made else None,
        "question": question.question,
        "lang": question.language,
        "answerable": None if question.answerable and derived else question.answerable,
        "answers": list(question.answers),
        "facts": [list(wordings) for wordings in question.facts],
        "evidence": [_group_record(group) for group in question.evidence],
        "forbidden": list(question.forbidden),
        "plausible": list(question.plausible),
        "why_unanswerable": question.why_unanswerable,
        "as_of": question.as_of and question.as_of.isoformat(),
        "filters": dict(question.filters),
        "history": list(question.history),
        "variant_of": question.variant_of,
        "type": question.type,
        "tags": list(question.tags),
        "split": question.split,
        "weight": question.weight if question.weight != 1 else None,
        "disputed": question.disputed or None,
        "note": question.note,
        "author": question.author,
        "validated_at": question.validated_at and question.validated_at.isoformat(),
        "reference": question.reference,
    }
    return {name: value for name, value in record.items() if value is not None and value not in ("", [], {})}


def write_native(questions: Sequence[ReferenceQuestion], path: Path) -> None:
    """A JSONL file, or a YAML list where ``path`` says so by its suffix."""
    records = [question_record(question) for question in questions]
    if path.suffix.lower() in YAML_SUFFIXES:
        import yaml

        text = yaml.safe_dump(records, allow_unicode=True, sort_keys=False, width=120)
    else:
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(clean(text), encoding="utf-8", newline="\n")


def _group_record(group: Sequence[Evidence]) -> dict[str, Any]:
    places = [_place_record(evidence) for evidence in group]
    return places[0] if len(places) == 1 else {"any_of": places}


def _place_record(evidence: Evidence) -> dict[str, Any]:
    record = {
        "article": evidence.article or None,
        "quote": evidence.quote or None,
        "start": evidence.start,
        "end": evidence.end,
        "grade": evidence.grade if evidence.grade != 1 else None,
    }
    return {name: value for name, value in record.items() if value is not None}
