"""Workbooks that ask for more than a sheet of questions may: each is refused in one line, and soon."""

import resource
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from assistant.errors import UsageError
from assistant.evaluation import workbook
from assistant.evaluation.sheet import read_sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>question</t></is></c></row>'


def sheet(rows: str, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def strings(items: str, before: str = "") -> str:
    return f'{before}<sst xmlns="{MAIN}">{items}</sst>'


#: The least that a workbook is made of.
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}content-types">'
    + "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{OFFICE}{kind}+xml"/>'
        for name, kind in {
            "workbook": "sheet.main",
            "sheet": "worksheet",
            "strings": "sharedStrings",
            "styles": "styles",
        }.items()
    )
    + "</Types>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}relationships">'
    f'<Relationship Id="r1" Type="{RELATED}/worksheet" Target="sheet.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets><sheet xmlns:r="{RELATED}" name="Q" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/sheet.xml": sheet(HEAD + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'),
    "xl/strings.xml": strings("<si><t>Combien\u00a0?</t></si>"),
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"/>',
}


@pytest.fixture
def book(tmp_path):
    """A workbook with one question, some of its parts replaced."""

    def made(**parts: bytes | str):
        path = tmp_path / "q.xlsx"
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for name, part in (PARTS | {f"xl/{name}.xml": part for name, part in parts.items()}).items():
                archive.writestr(name, part)
        return path

    return made


def refusal(path) -> str:
    """The one line, as a person sees it; the file itself is small, and this process did not grow over it."""
    assert path.stat().st_size < 5 * 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UsageError) as error:
        read_sheet(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


def test_a_sound_workbook_is_read(book):
    assert [question.question for question in read_sheet(book())] == ["Combien\u00a0?"]


def test_a_zip_bomb_is_refused(book):
    assert refusal(book(image=bytes(101 * 2**20))).startswith("larger than 100 MB when unpacked. Keep the questions")


def test_a_part_larger_than_it_says_is_broken(book):
    path = book(sheet=sheet(HEAD + " " * 10**6))
    declared = path.read_bytes()
    size = len(sheet(HEAD + " " * 10**6)).to_bytes(4, "little")
    assert declared.count(size) == 2
    path.write_bytes(declared.replace(size, (500).to_bytes(4, "little")))
    assert "broken Excel workbook" in refusal(path)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize("part", ["sheet", "strings"])
def test_entities_that_grow_without_end_are_refused(book, part):
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "{"ha" * 100}">{LAUGHS}]>'
    text = "<t>&l9;</t>"
    of_sheet = sheet(f'<row r="1"><c r="A1" t="inlineStr"><is>{text}</is></c></row>', doctype)
    made = {"sheet": of_sheet, "strings": strings(f"<si>{text}</si>", doctype)}
    assert "broken Excel workbook" in refusal(book(**{part: made[part]}))


def test_entities_read_no_file(book, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("Qui ?", encoding="utf-8")
    doctype = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    row = '<row r="2"><c r="A2" t="inlineStr"><is><t>&s;</t></is></c></row>'
    assert "undefined entity" in refusal(book(sheet=sheet(HEAD + row, doctype)))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param('<row r="999999999"><c r="A999999999"><v>1</v></c></row>', id="a row far below"),
        pytest.param("".join(f'<row r="{n}"><c r="ZZZ{n}"><v>1</v></c></row>' for n in range(2, 200)), id="far right"),
        pytest.param(
            '<row r="2"><c r="A2" t="inlineStr"><is><t>' + "a" * (51 * 2**20) + "</t></is></c></row>",
            id="one long text",
        ),
    ],
)
def test_too_many_cells_or_characters_are_refused(book, rows):
    assert refusal(book(sheet=sheet(HEAD + rows))).startswith("its first sheet has too many cells. Keep the questions")


def test_one_text_shown_a_million_times_is_refused(book):
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 10_000))
    assert "too many cells" in refusal(
        book(sheet=sheet(HEAD + rows), strings=strings(f"<si><t>{'a' * 10**6}</t></si>"))
    )


def test_a_row_of_millions_of_cells_takes_too_much_memory(book):
    rows = '<row r="1">' + "<c/>" * 8_000_000 + "</row>"
    assert refusal(book(sheet=sheet(rows))).startswith("takes more than 448 MB of memory to be read. Keep the")


def test_millions_of_texts_take_too_much_time(book, monkeypatch):
    monkeypatch.setattr(workbook, "CPU_LIMIT", 2)
    refused = refusal(book(strings=strings("<si/>" * 15_000_000)))
    assert refused.startswith("takes more than 2 s of computing to be read. Keep the questions alone")


def test_millions_of_styles_break_the_parser(book):
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 9_000_000}</cellXfs></styleSheet>'
    assert "Excel workbook" in refusal(book(styles=styles))  # libxml2 does not tell what it lacks
