"""``.jsonl`` and ``.csv``: one article a line or row; front matter and JSON share their names of fields."""

import csv
import json
from collections.abc import Iterator, Mapping
from io import StringIO

from assistant.formats.decoding import decode
from assistant.formats.draft import Draft, Fault, Unreadable
from assistant.formats.files import SIZE_LIMIT
from assistant.formats.metadata import single_line
from assistant.text import clean

#: Field of a draft -> the names it goes by, best first; capitals do not matter.
NAMES = {
    "id": ("id",),
    "text": ("text", "texte"),
    "title": ("title", "titre"),
    "published": ("date", "published"),
    "language": ("lang", "language", "langue"),
    "source": ("source",),
    "url": ("url",),
    "author": ("author", "auteur"),
    "groups": ("groups", "group", "groupes", "groupe"),
}
SEPARATORS = (",", ";", "\t")


def read_jsonl(data: bytes) -> Iterator[Draft | Fault]:
    """One JSON object a line; a record's number is its line's."""
    for number, line in enumerate(_lines(decode(data)), start=1):
        if not line.strip():
            continue
        try:
            yield draft_of_record(load_json(line), number)
        except Unreadable as fault:
            yield Fault(number, str(fault))


def read_csv(data: bytes) -> Iterator[Draft | Fault]:
    """A header line, then one article a row, parted by comma, semicolon or tab; rows are numbered from 1."""
    text = decode(data)
    # Ours are whole articles; the limit is one for the whole process, and only ever raised.
    csv.field_size_limit(max(SIZE_LIMIT, csv.field_size_limit()))
    # Strict: a stray quotation mark must not silently change the text that is quoted later.
    rows = csv.reader(StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    header = _header(rows)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows, None)
            if row is None:
                return
            if row:
                yield draft_of_record(_named(header, row), number)
        except csv.Error as error:
            yield Fault(number, f"broken row ending on line {rows.line_num} ({error})")
        except Unreadable as fault:
            yield Fault(number, str(fault))


def draft_of_record(record: object, number: int | None = None) -> Draft:
    """The draft in one record.

    :raises Unreadable: If it is no mapping or has no text.
    """
    if not isinstance(record, Mapping):
        raise Unreadable(f"not an object with fields but {type(record).__name__}")
    draft = draft_of(record, number)
    if not draft.text:
        raise Unreadable("no field 'text'")
    return draft


def draft_of(record: Mapping[str, object], number: int | None = None) -> Draft:
    """The fields of ``NAMES`` in a mapping; they are only cleaned, never trimmed.

    :raises Unreadable: If it does not tell clearly who may read the article.
    """
    lowered = {str(name).strip().casefold(): value for name, value in record.items()}

    def said(field: str) -> str:
        values = (as_text(lowered.get(name)) for name in NAMES[field])
        return next(filter(None, values), "")

    return Draft(
        text=said("text"),
        title=said("title"),
        source=said("source"),
        url=said("url"),
        author=said("author"),
        published=said("published"),
        language=said("language"),
        id=said("id"),
        record=number,
        groups=_groups(lowered),
    )


def _groups(record: Mapping[str, object]) -> list[str]:
    """The groups that a record names, in a list or parted by commas; none where it says nothing.

    :raises Unreadable: If they are anything else: what is restricted must not become public by a slip.
    """
    given = [record[name] for name in NAMES["groups"] if record.get(name) not in (None, "", [])]
    if not given:
        return []
    names = given[0].split(",") if isinstance(given[0], str) else given[0]
    if len(given) > 1 or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unreadable("field 'groups' is neither a name nor a list of names")
    groups = [single_line(name) for name in names]
    if not all(groups):
        raise Unreadable("field 'groups' has a name that is empty")
    return groups


def as_text(value: object) -> str:
    """A scalar, or a flat list of strings, as cleaned text; anything else is empty."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return ", ".join(clean(part) for part in value if isinstance(part, str))
    return ""


def load_json(text: str) -> object:
    """``text`` parsed as JSON; raw tabs inside strings are let through.

    :raises Unreadable: If it is not JSON.
    """
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise Unreadable("not JSON that can be read (nested too deeply)") from None
    except ValueError as error:
        raise Unreadable(f"not valid JSON ({single_line(str(error), 150)})") from None


def _lines(text: str) -> Iterator[str]:
    """One after the other, since all of them take the memory of the text again.

    Not by ``splitlines``: U+2028 and its like may stand inside a JSON string.
    """
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _separator(text: str) -> str:
    """The separator that finds most of the known names in the header, else the most frequent one."""
    first = text.split("\n", 1)[0]
    known = {name for names in NAMES.values() for name in names}

    def names_found(separator: str) -> tuple[int, int]:
        cells = {cell.strip(' "').casefold() for cell in first.split(separator)}
        return len(cells & known), first.count(separator)

    return max(SEPARATORS, key=names_found)


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip().casefold() for name in next(rows, [])]
    except csv.Error as error:
        raise Unreadable(f"broken header line ({error})") from None
    if not set(header) & set(NAMES["text"]):
        shown = single_line(", ".join(header), 150)
        raise Unreadable(f"no column 'text' in the header line ({shown}; expected: {', '.join(NAMES)})")
    return header


def _named(header: list[str], row: list[str]) -> dict[str, str]:
    if any(row[len(header) :]):
        raise Unreadable(f"{len(row)} cells for {len(header)} columns (put quotation marks around the text)")
    return dict(zip(header, row, strict=False))
