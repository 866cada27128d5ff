"""Quality has a floor: end to end on the development set, every citation checked on the way."""

import pytest

from benchmarks import quality

#: Below what 250 questions gave (docs/quality.md) by about an interval's half: 125 are asked.
FLOORS = {
    "right article in the first five": 0.97,
    "first sentence answers": 0.76,
    "one of at most three does": 0.89,
    "answered, and a statement answers": 0.68,
    "far ones declined": 0.95,
    "AUROC against far ones": 0.965,
}


@pytest.fixture(scope="module")
def results(shared):
    return quality.ask_all("piaf_fr_dev", step=2)


@pytest.mark.parametrize("figure", FLOORS)
def test_no_figure_falls_below_its_floor(results, figure):
    assert quality.FIGURES[figure](results) >= FLOORS[figure]
