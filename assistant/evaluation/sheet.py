"""Reference questions as a newsroom keeps them: a spreadsheet, CSV or XLSX, with headers in French or English.

In a cell, ``|`` stands between wordings or places of which any will do (``\\|`` is the sign itself). What is needed
besides has columns of its own: ``article 2`` with ``phrase 2``, ``élément 2``.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation.questions import MISSPELT, Record, from_record, question_of, question_record, read_text
from assistant.evaluation.types import ReferenceQuestion
from assistant.evaluation.workbook import read_rows
from assistant.formats.draft import Unreadable
from assistant.formats.files import SIZE_LIMIT, read_bytes
from assistant.formats.metadata import language_code, parse_date, single_line
from assistant.text import clean, fold

XLSX = ".xlsx"
SUFFIXES = (".csv", ".tsv", XLSX)
SEPARATORS = (",", ";", "\t")
#: Characters of a cell that a spreadsheet keeps.
CELL_LIMIT = 32_767

#: A row as its spreadsheet numbers it: its cells, or why it cannot be read.
Row = tuple[int, list[str] | str]
#: A field of the native record, and from 1 which of its columns.
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the native record, under the headers that are written, and others that are read too."""

    field: str
    french: str
    english: str
    others: str = ""


#: In the order they are written; every sheet has the first ``MAIN``.
COLUMNS = (
    Column("question", "question", "question", "questions"),
    Column("answers", "réponse", "answer", "réponses, réponse attendue, réponses attendues, expected answer"),
    Column("article", "article", "article", "articles, fichier, file, url, lien, link, titre, title"),
    Column("quote", "phrase", "quote", "phrases, citation, citations, extrait, passage, sentence, evidence, quotes"),
    Column("unanswerable", "sans réponse", "unanswerable", "sans réponses, hors corpus, no answer, not in corpus"),
    Column("type", "type", "type", "type de question, question type"),
    Column("lang", "langue", "language"),
    Column("note", "commentaire", "comment", "commentaires, comments, notes, remarque, remarques"),
    Column("id", "identifiant", "id", "n°, numéro"),
    Column("answerable", "répondable", "answerable"),
    Column("facts", "élément", "fact", "éléments, fait, faits"),
    Column("start", "début", "start"),
    Column("end", "fin", "end"),
    Column("grade", "pertinence", "grade"),
    Column("forbidden", "réponse interdite", "forbidden", "réponses interdites, forbidden answer, forbidden answers"),
    Column("plausible", "réponse plausible", "plausible", "réponses plausibles, plausible answer, plausible answers"),
    Column("why_unanswerable", "pourquoi sans réponse", "why unanswerable", "raison, reason"),
    Column("as_of", "posée le", "asked on", "date de la question, as of"),
    Column("filters", "filtres", "filters", "filtre, filter"),
    Column("history", "questions précédentes", "earlier questions", "question précédente, historique"),
    Column("variant_of", "variante de", "variant of"),
    Column("tags", "étiquettes", "tags", "étiquette, tag, mots clés, rubrique, rubriques"),
    Column("split", "jeu", "split"),
    Column("weight", "poids", "weight"),
    Column("disputed", "contestée", "disputed", "contesté"),
    Column("author", "auteur", "author", "autrice"),
    Column("validated_at", "validée le", "validated on", "validé le"),
    Column("reference", "réponse longue", "long answer"),
)
MAIN = 8

_LISTS = ("answers", "forbidden", "plausible", "history", "tags")
_EVIDENCE = ("article", "quote", "start", "end", "grade")
_NUMBERED_FIELDS = ("facts", *_EVIDENCE)
#: Field of a cell -> the field it tells about, and what yes means.
_FLAGS = {"answerable": ("answerable", True), "unanswerable": ("answerable", False), "disputed": ("disputed", True)}
_YES = frozenset(str.split("oui o x yes y vrai true 1 ✓ ✔"))
_NO = frozenset(str.split("non n no faux false 0 - –"))

_BAR = re.compile(r"(?<!\\)\|")
_NUMBERED = re.compile(r"(.+?) (\d{1,2})")
_SEPARATOR_LINE = re.compile(r"sep=(.)\n", re.IGNORECASE)
#: The beginning of a cell that a spreadsheet runs as a formula, behind apostrophes that keep it from doing so.
_FORMULA = re.compile("('*)[=+\\-@\t\r＝＋－＠]")

#: The rows of the template, as native records.
_EXAMPLES: dict[str, list[dict[str, object]]] = {
    "fr": [
        {
            "question": "Quelle est la longueur du viaduc de Millau ?",
            "answers": ["2 460 mètres", "2,46 kilomètres"],
            "evidence": [
                {
                    "article": "2004-12-15-viaduc-de-millau-inauguration",
                    "quote": "L'ouvrage est long de 2 460 mètres.",
                }
            ],
            "type": "combien",
            "note": "La phrase est copiée de l'article ; espaces, apostrophes et guillemets peuvent différer.",
        },
        {
            "question": "Qui a dessiné la silhouette du viaduc de Millau ?",
            "answers": ["Norman Foster"],
            "evidence": [{"article": "2004-12-15-viaduc-de-millau-inauguration"}],
            "type": "qui",
            "note": "Sans la phrase, c'est l'article qui doit être trouvé.",
        },
        {
            "question": "Pourquoi Airbus renonce-t-il à l'A380 ?",
            "evidence": [{"article": "Airbus renonce à l'A380, faute de clients"}],
            "type": "pourquoi",
            "note": "La question et l'article suffisent : son titre, son fichier, son adresse ou son identifiant.",
        },
        {
            "question": "Combien de visiteurs le viaduc de Millau a-t-il reçus en 2010 ?",
            "answerable": False,
            "type": "combien",
            "note": "Aucun article ne le dit : l'assistant doit le reconnaître.",
        },
    ],
    "en": [
        {
            "question": "At what depth does the wreck of the Endurance lie?",
            "answers": ["3,008 metres", "3 008 m"],
            "evidence": [
                {
                    "article": "2022-03-10-shackleton-endurance-wreck-found",
                    "quote": "lies at a depth of 3,008 metres in the Weddell Sea",
                }
            ],
            "type": "how many",
            "note": "The quote is copied from the article; spaces, apostrophes and quotation marks may differ.",
        },
        {
            "question": "Who announced that the Endurance had been found?",
            "answers": ["the Falklands Maritime Heritage Trust"],
            "evidence": [{"article": "2022-03-10-shackleton-endurance-wreck-found"}],
            "type": "who",
            "note": "Without a quote, it is the article that must be found.",
        },
        {
            "question": "Why does the Higgs boson matter?",
            "evidence": [
                {"article": "“I think we have it”: CERN announces a particle that looks like the Higgs boson"}
            ],
            "type": "why",
            "note": "Question and article are enough: its title, its file, its address or its id.",
        },
        {
            "question": "Who will pay for raising the wreck of the Endurance?",
            "answerable": False,
            "type": "who",
            "note": "No article says so: the assistant must admit it.",
        },
    ],
}


# --- Reading -----------------------------------------------------------------------------------------


def read_sheet(path: Path) -> list[ReferenceQuestion]:
    """The questions of a CSV or XLSX file; their origin is the row as a spreadsheet numbers it.

    :raises UsageError: If a row cannot be read; the message names it.
    """
    return [question_of(record) for record in sheet_records(path)]


def sheet_records(path: Path) -> Iterator[Record]:
    """A record a row, each with its own fault if it has one; of a formula, the value it had when saved.

    :raises UsageError: If the file as a whole cannot be read, or has no column of questions.
    """
    rows = (row for row in (_xlsx_rows(path) if path.suffix.lower() == XLSX else _csv_rows(path)) if any(row[1]))
    number, cells = next(rows, (1, []))
    header, unknown = _header(cells, f"{path.name}, row {number}")
    for number, cells in rows:
        origin = f"{path.name}, row {number}"
        try:
            yield Record(origin, _native(_by_place(header, cells)), unknown)
        except Unreadable as fault:
            yield Record(origin, fault=str(fault))


def _csv_rows(path: Path) -> Iterator[Row]:
    text = read_text(path)
    separator = _SEPARATOR_LINE.match(text)  # Excel's own line, which it does not count
    body = text[separator.end() :] if separator else text
    csv.field_size_limit(max(SIZE_LIMIT, csv.field_size_limit()))
    rows = csv.reader(
        StringIO(body, newline=""), delimiter=separator[1] if separator else _separator(body), strict=True
    )
    number = 0
    while True:
        number += 1
        try:
            yield number, [_read_cell(cell) for cell in next(rows)]
        except StopIteration:
            return
        except csv.Error as error:
            yield number, f"broken row ({error}): is a quotation mark missing?"


def _separator(text: str) -> str:
    """The separator that finds most known headers in the first line, else the most frequent one."""
    first = text.lstrip().split("\n", 1)[0]

    def found(separator: str) -> tuple[int, int]:
        return sum(_key(cell.strip('"')) in _FIELDS for cell in first.split(separator)), first.count(separator)

    return max(SEPARATORS, key=found)


def _xlsx_rows(path: Path) -> list[Row]:
    """The rows of the first sheet.

    :raises UsageError: If it is no workbook, or openpyxl is missing.
    """
    _openpyxl(path)
    try:
        rows = read_rows(read_bytes(path))
    except Unreadable as fault:
        raise UsageError(f"{path}: {fault}") from None
    return [(number, [_read_cell(clean(cell)) for cell in cells]) for number, cells in rows]


def _openpyxl(path: Path) -> Any:
    try:
        import openpyxl  # type: ignore[import-untyped]
    except ImportError:
        raise UsageError(f"{path}: XLSX needs openpyxl. Export as CSV, or: pip install openpyxl") from None
    return openpyxl


def _read_cell(cell: str) -> str:
    """The text of a cell without what ``_written_cell`` put before it."""
    text = cell.strip()
    formula = _FORMULA.match(text)
    return text[1:] if formula and formula[1] else text


def _header(cells: list[str] | str, origin: str) -> tuple[list[Place | None], dict[str, str]]:
    """The place of each column, and the headers that nobody knows with the nearest known one.

    :raises UsageError: If there is no column of questions, or an unknown one looks like one that is missing.
    """
    if isinstance(cells, str):
        raise UsageError(f"{origin}: {cells}")
    seen = Counter[str]()
    places: list[Place | None] = []
    for cell in cells:
        seen[_key(cell)] += 1
        places.append(_place(_key(cell), seen[_key(cell)]))
    found = {place[0] for place in places if place}
    unknown = {cell: _nearest(cell) for cell, place in zip(cells, places, strict=True) if cell and not place}
    for cell, near in unknown.items():
        if _nearest(cell, MISSPELT) and _FIELDS[_key(near)] not in found:
            raise UsageError(f"{origin}: unknown column '{single_line(cell, 40)}'. Did you mean '{near}'?")
    if "question" not in found:
        shown = single_line(", ".join(cells), 120)
        expected = ", ".join(column.french for column in COLUMNS[:MAIN])
        raise UsageError(f"{origin}: no column 'question' among the headers ({shown}; known: {expected}…)")
    return places, unknown


def _place(key: str, times: int) -> Place | None:
    """The place under a header that has come for the so many-th time."""
    if key in _FIELDS:
        return _FIELDS[key], times
    numbered = _NUMBERED.fullmatch(key)
    if numbered and numbered[1] in _FIELDS:
        return _FIELDS[numbered[1]], int(numbered[2])
    return None


def _nearest(header: str, likeness: float = 0.6) -> str:
    """The known header that ``header`` looks like, or empty."""
    return next((_NAMES[key] for key in get_close_matches(_key(header), _NAMES, 1, likeness)), "")


def _key(header: str) -> str:
    """A header as it is compared: without what stands in brackets, accents, case and signs."""
    bare = re.sub(r"\(.*?\)", "", header)
    return re.sub(r"[\W_]+", " ", fold(bare, accents=False).text).strip()


_NAMED = [
    (name, column.field)
    for column in COLUMNS
    for name in (column.french, column.english, column.field, *column.others.split(", "))
    if name
]
#: Key of a header -> its field, and the header as people write it.
_FIELDS = {_key(name): field for name, field in _NAMED}
_NAMES = {_key(name): name for name, _ in _NAMED}


def _by_place(header: Sequence[Place | None], cells: list[str] | str) -> dict[Place, str]:
    """The cells that hold something; of several columns for one place (URL and title) the first.

    :raises Unreadable: If the row is broken or has more cells than there are columns.
    """
    if isinstance(cells, str):
        raise Unreadable(cells)
    if any(cells[len(header) :]):
        raise Unreadable(f"{len(cells)} cells for {len(header)} columns (put quotation marks around the text)")
    found: dict[Place, str] = {}
    for place, cell in zip(header, cells, strict=False):
        if place and cell:
            found.setdefault(place, cell)
    return found


def _native(cells: Mapping[Place, str]) -> dict[str, object]:
    """The native record in a row; what has a wrong form stays as it is, for ``from_record`` to refuse.

    :raises Unreadable: If a cell that can only be yes or no is neither, or places do not match each other.
    """
    record: dict[str, object] = {}
    for (field, _), cell in sorted(cells.items(), key=lambda one: one[0][1]):
        if field in _LISTS:
            record[field] = [*record.get(field, []), *_parts(cell)]  # type: ignore[misc]
        elif field in _FLAGS:
            told, meaning = _FLAGS[field]
            record[told] = _is_yes(cell) == meaning
        elif field not in _NUMBERED_FIELDS:
            record.setdefault(field, _value(field, cell))
    numbers = sorted({number for field, number in cells if field in ("article", "quote")})
    record["facts"] = [_parts(cells[place]) for place in sorted(cells) if place[0] == "facts"]
    record["evidence"] = [_group({f: cells[f, n] for f in _EVIDENCE if (f, n) in cells}) for n in numbers]
    return record


def _value(field: str, cell: str) -> object:
    if field == "lang":
        return language_code(cell) or cell
    if field in ("as_of", "validated_at"):
        day = parse_date(cell)
        return day.isoformat() if day else cell
    if field == "weight":
        return _number(cell)
    if field == "filters":
        named = (part.partition("=") for part in _parts(cell))
        return {name.strip(): value.strip() for name, _, value in named}
    return cell


def _is_yes(cell: str) -> bool:
    word = cell.strip(" .").casefold()
    if word not in _YES | _NO:
        raise Unreadable(f"'{single_line(cell, 40)}' is neither 'oui' nor 'non'")
    return word in _YES


def _number(cell: str) -> object:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell


def _parts(cell: str, *, empty: bool = False) -> list[str]:
    """What ``|`` parts in a cell; empty parts count only where positions matter."""
    parts = [part.strip().replace("\\|", "|") for part in _BAR.split(cell)]
    return parts if empty else list(filter(None, parts))


def _group(cells: Mapping[str, str]) -> dict[str, object]:
    """A native group of evidence: the n-th article has the n-th quote; a single one goes with every other.

    :raises Unreadable: If the numbers do not match.
    """
    by_position = len(_parts(cells.get("article", ""), empty=True)) > 1
    parts = {field: _parts(cell, empty=by_position) for field, cell in cells.items()}
    size = max(map(len, parts.values()))
    for field, values in parts.items():
        if len(values) not in (1, size):
            raise Unreadable(f"{len(values)} in the cell of '{field}' where another has {size} (parted by '|')")
    places = [
        {field: _evidence_value(field, values[n % len(values)]) for field, values in parts.items()} for n in range(size)
    ]
    return {"any_of": places} if size != 1 else dict(places[0])


def _evidence_value(field: str, part: str) -> object:
    return (part if field in ("article", "quote") else _number(part)) if part else None


# --- Writing -----------------------------------------------------------------------------------------


def write_sheet(questions: Sequence[ReferenceQuestion], path: Path) -> None:
    """A CSV or XLSX file, in French where most of the questions are.

    :raises UsageError: If a cell is more than XLSX can hold, or openpyxl is missing.
    """
    spoken = Counter(question.language for question in questions).most_common(1)
    language = "fr" if spoken and spoken[0][0] == "fr" else "en"
    if path.suffix.lower() == XLSX:
        _write_xlsx(_rows(questions, language), path)
    else:
        path.write_text(_csv(questions, language), encoding="utf-8", newline="")


def template(language: str) -> str:
    """A filled example on the sample corpus, as CSV for a spreadsheet of that language.

    :raises UsageError: If it is neither French nor English.
    """
    if language not in _EXAMPLES:
        raise UsageError(f"there is no template in '{language}'. Take one of: {', '.join(_EXAMPLES)}")
    return _csv([from_record(record | {"lang": language}, "template") for record in _EXAMPLES[language]], language)


def _csv(questions: Sequence[ReferenceQuestion], language: str) -> str:
    """With a byte order mark, or Excel takes it for cp1252; a French Excel parts cells at semicolons only."""
    text = StringIO()
    csv.writer(text, delimiter=";" if language == "fr" else ",").writerows(_rows(questions, language))
    return "\ufeff" + text.getvalue()


def _write_xlsx(rows: Iterable[list[str]], path: Path) -> None:
    openpyxl = _openpyxl(path)
    book = openpyxl.Workbook()
    book.active.freeze_panes = "A2"
    for number, row in enumerate(rows, 1):
        if (longest := max(map(len, row))) > CELL_LIMIT:
            raise UsageError(
                f"{path.name}, row {number}: a cell has {longest} characters, XLSX keeps {CELL_LIMIT}. Write CSV"
            )
        try:
            book.active.append(row)
        except openpyxl.utils.exceptions.IllegalCharacterError:
            raise UsageError(
                f"{path.name}, row {number}: a control character, which XLSX cannot hold. Write CSV"
            ) from None
    book.save(path)


def _rows(questions: Sequence[ReferenceQuestion], language: str) -> Iterator[list[str]]:
    """The header, then a row a question."""
    order = {column.field: number for number, column in enumerate(COLUMNS)}
    cells = [_cells(question_record(question)) for question in questions]
    used = {(column.field, 1) for column in COLUMNS[:MAIN]}.union(*cells)
    places = sorted(used, key=lambda place: (place[1], order[place[0]]))
    names = {column.field: column.french if language == "fr" else column.english for column in COLUMNS}
    yield [names[field] + (f" {number}" if number > 1 else "") for field, number in places]
    for row in cells:
        yield [_written_cell(row.get(place, "")) for place in places]


def _cells(record: Mapping[str, Any]) -> dict[Place, str]:
    cells: dict[Place, str] = {}
    for field, value in record.items():
        if field == "evidence":
            for number, group in enumerate(value, 1):
                cells |= {(name, number): cell for name, cell in _group_cells(group).items()}
        elif field == "facts":
            cells |= {(field, number): _joined(wordings) for number, wordings in enumerate(value, 1)}
        elif field == "answerable" and not value:
            cells["unanswerable", 1] = "x"
        elif field == "filters":
            cells[field, 1] = _joined(f"{name}={wanted}" for name, wanted in value.items())
        elif isinstance(value, list):
            cells[field, 1] = _joined(value)
        else:
            cells[field, 1] = "x" if value is True else str(value)
    return cells


def _group_cells(group: Mapping[str, Any]) -> dict[str, str]:
    places = group.get("any_of", [group])
    named = {field for place in places for field in place}
    # Several articles, named or not, are what makes positions count.
    used = [field for field in _EVIDENCE if field in named or (field == "article" and len(places) > 1)]
    return {field: _joined(str(place.get(field, "")) for place in places) for field in used}


def _joined(parts: Iterable[str]) -> str:
    return " | ".join(part.replace("|", "\\|") for part in parts)


def _written_cell(text: str) -> str:
    """``text`` with an apostrophe before it where a spreadsheet would run it as a formula."""
    kept = clean(text)
    return f"'{kept}" if _FORMULA.match(kept) else kept
