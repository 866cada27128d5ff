"""The table of faults and threats is whole, its tests exist, and the page is what the table says."""

import ast
from datetime import date

import pytest
from reliability import PAGE, ROOT, TABLE, Outcome, Row, page, rows, with_figures

ROWS = rows(TABLE.read_text(encoding="utf-8"))


def test_every_row_is_there():
    assert [row.id for row in ROWS] == [f"F{n}" for n in range(1, 22)] + [f"T{n}" for n in range(1, 21)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_named_test_exists(row):
    assert bool(row.test) != bool(row.missing)
    for named in row.test:
        name, _, function = named.partition("::")
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert not function or function in found, named
        assert any(test.startswith("test_") for test in found), named


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text(encoding="utf-8") == page(ROWS), "run `python tests/reliability.py`"


def test_a_row_covers_its_tests_and_no_other():
    row = Row("F1", "", "", ["tests/test_a.py::test_x", "tests/test_b.py"], "", "")
    assert row.covers("tests/test_a.py::test_x")
    assert row.covers("tests/test_a.py::test_x[1-2]")
    assert row.covers("tests/test_b.py::test_y")
    assert not row.covers("tests/test_a.py::test_x_too")
    assert not row.covers("tests/test_a.py")


TABLE_OF_TWO = """\
# kept

[[row]]
id = "F1"
fault = "a"
promise = "b"
test = ["tests/test_a.py"]
figure = ""
measured = ""

[[row]]
id = "F10"
fault = "c"
promise = "d"
test = ["tests/test_b.py"]
figure = "3 of 3 passed"
measured = "2026-01-02"
"""


def test_figures_are_written_to_their_row_alone():
    outcomes = [
        Outcome("tests/test_a.py::test_x", True, ["5 swaps"]),
        Outcome("tests/test_a.py::test_y", False, []),
        Outcome("tests/test_c.py::test_z", True, []),
    ]
    written = with_figures(TABLE_OF_TWO, outcomes, date(2026, 5, 4))
    first, second = rows(written)
    assert (first.figure, first.measured) == ("1 of 2 passed; 5 swaps", "2026-05-04")
    assert second == rows(TABLE_OF_TWO)[1]
    assert written.startswith("# kept")
    assert with_figures(TABLE_OF_TWO, [], date(2026, 5, 4)) == TABLE_OF_TWO


def test_the_page_has_a_line_a_row():
    lines = page(rows(TABLE_OF_TWO)).splitlines()
    assert "| F10 | c | d | `test_b.py` | 3 of 3 passed (2026-01-02) |" in lines
