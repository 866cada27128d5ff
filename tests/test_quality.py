"""Quality has a floor: end to end on the development set, every citation checked on the way."""

import pytest

from benchmarks import quality

FLOORS = {
    "article in the first five hits": 0.965,
    "first sentence holds the answer": 0.68,
    "answered, and a statement holds the answer": 0.80,
    "unanswerable ones declined": 0.84,
    "AUROC of confidence, answerable or not": 0.965,
}


@pytest.fixture(scope="module")
def results(shared):
    return quality.ask_all("piaf_fr_dev", step=3)


@pytest.mark.parametrize("figure", FLOORS)
def test_no_figure_falls_below_its_floor(results, figure):
    assert quality.FIGURES[figure](results) >= FLOORS[figure]
