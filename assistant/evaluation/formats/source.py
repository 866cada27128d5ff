"""A stranger's file as records that know where they stand in it, so that every complaint names the place."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from assistant.errors import UsageError
from assistant.formats.decoding import decode
from assistant.formats.draft import Unreadable
from assistant.formats.metadata import single_line
from assistant.text import clean

#: Bytes of a file that can only be read whole. SQuAD's training set has 42 MB.
WHOLE_LIMIT = 512 * 2**20
#: Bytes of one line of a file that is read line by line.
LINE_LIMIT = 64 * 2**20
#: What data sets call the parts that questions may be used for.
_SPLITS = {"train": "dev", "dev": "dev", "valid": "dev", "val": "dev", "validation": "dev", "test": "test"}
#: A reference of more words is a sentence about the answer: nobody can be asked to show just that wording.
_SHORT = 5


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a file. Texts are cleaned as those of articles are, so quotes keep matching."""

    fields: Mapping[str, object]
    #: ``questions.jsonl, line 7``.
    origin: str

    def text(self, *names: str) -> str:
        """The first of these fields that says something, without outer spaces; empty where none does.

        :raises UsageError: If one of them holds anything but text or a number.
        """
        for name in names:
            if said := self._scalar(self.fields.get(name), name).strip():
                return said
        return ""

    def required(self, *names: str) -> str:
        """
        :raises UsageError: If none of these fields says anything.
        """
        if said := self.text(*names):
            return said
        raise self.fault(f"no {names[0]!r}", "Fill it in, or leave this record out")

    def texts(self, name: str) -> tuple[str, ...]:
        """Every text in a field that holds one or a list of them, without outer spaces, empty ones left out.

        :raises UsageError: If it holds anything else.
        """
        return tuple(text.strip() for text in self.verbatim(name))

    def verbatim(self, name: str) -> tuple[str, ...]:
        """``texts`` with their outer spaces, for whatever offsets count in.

        :raises UsageError: If the field holds anything else.
        """
        value = self.fields.get(name)
        texts = (self._scalar(one, name) for one in (value if isinstance(value, list) else [value]))
        return tuple(text for text in texts if text.strip())

    def flag(self, name: str) -> bool | None:
        """
        :raises UsageError: If the field holds anything but true, false or null.
        """
        value = self.fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.fault(f"{name!r} is neither true nor false", "Correct it")

    def records(self, name: str) -> list["Record"]:
        """The objects in a field that holds a list of them.

        :raises UsageError: If it holds anything else.
        """
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fault(f"{name!r} is not a list", "Correct it")
        return [_record(one, f"{self.origin}, {name} {number}") for number, one in enumerate(value, 1)]

    def fault(self, reason: str, way_out: str) -> UsageError:
        return UsageError(f"{self.origin}: {reason}. {way_out}.")

    def _scalar(self, value: object, name: str) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        raise self.fault(f"{name!r} is neither text nor a number", "Correct it")


def records(path: Path, within: str | None = None) -> Iterator[Record]:
    """The objects of a file: of each line of ``.jsonl``, of each row of ``.csv``, else of one JSON list.

    :param within: The field of an object that may stand around the list.
    :raises UsageError: If the file cannot be read or is none of these.
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return _json_lines(path)
    return _rows(path) if suffix == ".csv" else _json_list(path, within)


def whole(path: Path) -> object:
    """The value of a JSON file.

    :raises UsageError: If it cannot be read or is not JSON.
    """
    return _parsed(_decoded(_bytes(path), path.name), path.name)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that hold something, with their numbers from 1, read one at a time.

    :raises UsageError: If it cannot be read, is not UTF-8, or has no line ends.
    """
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_LIMIT + 1):
                number += 1
                if len(line) > LINE_LIMIT:
                    raise UsageError(f"{path.name}, line {number}: over {LINE_LIMIT >> 20} MB. Break it into lines.")
                text = _decoded(line, f"{path.name}, line {number}")
                if text.strip():
                    yield number, text.rstrip("\r\n")
    except OSError as error:
        raise _unreadable(path, error) from None


def entire(path: Path) -> str:
    """The text of a file, in whichever encoding.

    :raises UsageError: If it cannot be read or is no text.
    """
    try:
        return decode(_bytes(path))
    except Unreadable as fault:
        raise UsageError(f"{path.name}: {fault}") from None


def files_of(folder: Path) -> list[Path]:
    """The files of a folder by name.

    :raises UsageError: If it cannot be read.
    """
    try:
        return sorted(file for file in folder.iterdir() if file.is_file())
    except OSError as error:
        raise _unreadable(folder, error) from None


def table(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file, the header first; the separator is the one that the header has most of.

    :raises UsageError: If it cannot be read or is not CSV.
    """
    text = entire(path)
    header = text.split("\n", 1)[0]
    # The limit is one for the whole process, and only ever raised.
    csv.field_size_limit(max(LINE_LIMIT, csv.field_size_limit()))
    rows = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        yield from rows
    except csv.Error as error:
        raise UsageError(f"{path.name}, line {rows.line_num}: not CSV ({error}). Export the table again.") from None


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """
    :raises UsageError: If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written ({error.strerror}). Name another file.") from None


def shown(value: str) -> str:
    """A value of a file, as it may stand in a message."""
    return repr(single_line(value, 60))


def split_name(name: str) -> str:
    """``dev``, ``test`` or empty: what is trained on elsewhere may choose thresholds here."""
    return _SPLITS.get(name.strip().casefold(), "")


def short_answers(reference: str) -> tuple[str, ...]:
    """``reference`` as an answer that may be looked for word for word, if it is short enough for one."""
    return (reference,) if 0 < len(reference.split()) <= _SHORT else ()


def _json_lines(path: Path) -> Iterator[Record]:
    for number, line in lines(path):
        origin = f"{path.name}, line {number}"
        yield _record(_parsed(line, origin), origin)


def _json_list(path: Path, within: str | None) -> Iterator[Record]:
    value = whole(path)
    if isinstance(value, dict) and within:
        value = value.get(within)
    if not isinstance(value, list):
        around = f" or an object with the list {within!r}" if within else ""
        raise UsageError(f"{path.name}: not a JSON list{around}. Check the file, or name its --format.")
    for number, one in enumerate(value, 1):
        origin = f"{path.name}, record {number}"
        yield _record(one, origin)


def _rows(path: Path) -> Iterator[Record]:
    """A row's number is the one that a spreadsheet shows: the header is row 1."""
    rows = table(path)
    header = [name.strip() for name in next(rows, [])]
    for number, row in enumerate(rows, 2):
        if any(row):
            yield Record(dict(zip(header, row, strict=False)), f"{path.name}, row {number}")


def _record(value: object, origin: str) -> Record:
    if not isinstance(value, dict):
        raise UsageError(f"{origin}: not an object with fields. Correct it, or leave it out.")
    return Record(value, origin)


def _parsed(text: str, origin: str) -> object:
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise UsageError(f"{origin}: nested too deeply. Check that this is a file of questions.") from None
    except json.JSONDecodeError as error:
        place = origin if error.lineno == 1 else f"{origin}, line {error.lineno}"
        raise UsageError(f"{place}: not JSON ({error.msg} at column {error.colno}). Mend it there.") from None
    except ValueError as error:  # an integer of thousands of digits
        raise UsageError(f"{origin}: not JSON that can be read ({single_line(str(error), 80)}). Mend it.") from None


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(WHOLE_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(data) > WHOLE_LIMIT:
        raise UsageError(f"{path.name}: over {WHOLE_LIMIT >> 20} MB. Split it, or write it as JSON lines (.jsonl).")
    return data


def _decoded(data: bytes, origin: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{origin}: not UTF-8. Save the file with that encoding.") from None


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{str(path)!r} cannot be read ({error.strerror}). Check the path.")
