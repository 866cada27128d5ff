"""Each figure that a run can have stands in docs/metrics.md, and nothing else does."""

import json
import re
from pathlib import Path

import pytest
from answering import run_into

from assistant.evaluation.causes import CAUSES
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.gates import LATENCIES
from assistant.evaluation.manifest import Plan
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.report.sections import COSTS
from assistant.evaluation.retrieval import BUDGETS, DEPTHS

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
PARTS = {"{level}": ("article", "passage", "sentence"), "{k}": DEPTHS, "{n}": tuple(BUDGETS)}

Rows = list[list[str]]


def rows() -> Rows:
    """The cells of every row that explains something, by table rows alone."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def named(cell: str) -> list[str]:
    """The names in a first cell, with their parts filled in."""
    names = re.findall(r"`([^`]+)`", cell)
    for part, values in PARTS.items():
        names = [name.replace(part, str(value)) for name in names for value in (values if part in name else ("",))]
    return names


DOCUMENTED = [name for row in rows() for name in named(row[0])]


def test_every_figure_is_documented_once_and_nothing_else_is():
    known = [*DIRECTIONS, "same_citations", *CAUSES, *LATENCIES, "latency_ms", *COSTS]
    assert sorted(DOCUMENTED) == sorted(known)


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    path = tmp_path_factory.mktemp("documented") / "run"
    plan = Plan(leave_gold_out=True, variants=("no_accents", "typos"))
    write_outputs(run_into(path, plan=plan), Shown(), (), None)
    return json.loads((path / "metrics.json").read_text(encoding="utf-8"))


def test_what_a_run_writes_is_documented(metrics):
    written = {*metrics["figures"], *metrics["causes"], *metrics["cost"]}
    written |= {name for figures in metrics["baselines"].values() for name in figures}
    written |= {name for values in metrics["slices"].values() for figures in values.values() for name in figures}
    written |= {change["name"] for changes in metrics["variants"].values() for change in changes}
    assert len(written) > 100
    assert written - set(DOCUMENTED) == set()


def test_every_figure_has_a_formula_a_unit_a_source_and_a_limit():
    figures = [row for row in rows() if named(row[0])[0] in {*DIRECTIONS, "same_citations"}]
    assert [row[0] for row in figures if len(row) != 5 or not all(row)] == []


def test_arrows_mark_what_is_better_when_lower():
    marked = {name for row in rows() if "↓" in row[0] for name in named(row[0])}
    assert marked == {name for name, direction in DIRECTIONS.items() if direction < 0}
