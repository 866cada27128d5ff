"""docs/reliability.toml, which names the tests of each fault and threat, and the page made of it.

    python tests/reliability.py           makes docs/reliability.md of it
    python tests/reliability.py --run     first runs those tests in the size of a release, and keeps their figures;
                                          F6 T15 behind it: of these rows alone

A figure is the number of tests that passed, and what they noted with pytest's ``record_property("figure", ...)``.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "reliability.toml"
PAGE = ROOT / "docs" / "reliability.md"

HEAD = """\
# What goes wrong, and what happens then

Made by `make reliability` from [reliability.toml](reliability.toml). It runs each of these tests in the size of a
release; `make test` runs them smaller. The way back from each fault is in [faults.md](faults.md).
"""

KINDS = {"F": "Faults", "T": "Threats"}


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    fault: str
    promise: str
    #: Files of tests, or tests in them.
    test: Sequence[str]
    figure: str
    #: When the figure was taken.
    measured: str
    #: Why there is no test.
    missing: str = ""

    def covers(self, name: str) -> bool:
        """Whether a test, by its pytest name, is one of this row's."""
        return any(re.match(re.escape(test) + r"($|::|\[)", name) for test in self.test)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one test of a run ended."""

    name: str
    passed: bool
    figures: Sequence[str]


def rows(table: str) -> list[Row]:
    return [Row(**row) for row in tomllib.loads(table)["row"]]


def chosen(table: str, ids: Sequence[str]) -> list[Row]:
    """The rows ``ids``; all where none is named."""
    return [row for row in rows(table) if not ids or row.id in ids]


def page(rows: Iterable[Row]) -> str:
    parts = [HEAD]
    of_kind: dict[str, list[Row]] = {kind: [] for kind in KINDS}
    for row in rows:
        of_kind[row.id[0]].append(row)
    for kind, found in of_kind.items():
        parts.append(
            f"## {KINDS[kind]}\n\n| | what goes wrong | what happens | tests | figure |\n|---|---|---|---|---|\n"
        )
        parts[-1] += "".join(_line(row) for row in found)
    return "\n".join(parts)


def _line(row: Row) -> str:
    tests = "<br>".join(f"`{test.removeprefix('tests/').replace('::', '` `')}`" for test in row.test)
    figure = f"{row.figure} ({row.measured})" if row.figure else ""
    cells = (row.id, row.fault, row.promise, tests or row.missing, figure)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def with_figures(table: str, outcomes: Sequence[Outcome], day: date, ids: Sequence[str] = ()) -> str:
    """The table with the figure of each row that any of the outcomes belong to, and that ``chosen`` gives."""
    for row in chosen(table, ids):
        ours = [outcome for outcome in outcomes if row.covers(outcome.name)]
        if ours:
            passed = f"{sum(outcome.passed for outcome in ours)} of {len(ours)} passed"
            figure = "; ".join([passed, *(figure for outcome in ours for figure in outcome.figures)])
            block = re.compile(rf'(^id = "{row.id}"\n.*?^)figure = ".*?"\nmeasured = ".*?"$', re.MULTILINE | re.DOTALL)
            written = f'figure = {json.dumps(figure, ensure_ascii=False)}\nmeasured = "{day.isoformat()}"'
            table = block.sub(lambda found, written=written: found[1] + written, table, count=1)
    return table


class Recorder:
    """A pytest plugin that gathers how each test ended."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or (report.when == "call" and not report.skipped):
            figures = [str(value) for name, value in report.user_properties if name == "figure"]
            self.outcomes[report.nodeid] = Outcome(report.nodeid, report.passed, figures)


def main() -> int:
    table, code = TABLE.read_text(encoding="utf-8"), 0
    if sys.argv[1:2] == ["--run"]:
        recorder, ids = Recorder(), sys.argv[2:]
        tests = sorted({test for row in chosen(table, ids) for test in row.test})
        code = pytest.main(["--release", "--rootdir", str(ROOT), *(str(ROOT / test) for test in tests)], [recorder])
        # Read again: the run takes an hour, in which somebody may have edited it.
        table = with_figures(TABLE.read_text(encoding="utf-8"), list(recorder.outcomes.values()), date.today(), ids)
        TABLE.write_text(table, encoding="utf-8")
    PAGE.write_text(page(rows(table)), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
