"""Intervals and tests, against scipy, against cases done by hand, and over simulated comparisons."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy import stats

from assistant.evaluation.statistics import (
    cluster_numbers,
    holm,
    mcnemar_p,
    paired_change,
    percentile_interval,
    resampled_ratios,
    sign_flip_p,
    what_n_can_show,
    wilson_interval,
)


def singles(n):
    return [f"c{number:04}" for number in range(n)]


# --- Intervals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("right", "n"), [(8, 10), (0, 12), (49, 49), (1, 1)])
def test_wilsons_interval_is_scipys(right, n):
    expected = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx(expected)


def test_two_clusters_are_drawn_as_two_coins():
    values, clusters = np.array([[0.0, 0.0, 1.0, 1.0]]), cluster_numbers(["a", "a", "b", "b"])
    drawn = Counter(resampled_ratios(values, np.ones((1, 4)), clusters, seed=0)[0].tolist())
    assert set(drawn) == {0.0, 0.5, 1.0}
    assert drawn[0.5] / 10_000 == pytest.approx(0.5, abs=0.02)
    assert drawn[0.0] / 10_000 == pytest.approx(0.25, abs=0.02)


def test_a_mean_of_a_large_cluster_is_weighted_by_its_questions():
    values, clusters = np.array([[1.0, 0.0, 0.0, 0.0]]), cluster_numbers(["a", "b", "b", "b"])
    assert set(resampled_ratios(values, np.ones((1, 4)), clusters, seed=0)[0].tolist()) == {0.0, 0.25, 1.0}


def test_the_interval_of_a_mean_is_that_of_scipys_bootstrap():
    values = np.random.default_rng(1).random(200)
    resampled = resampled_ratios(values[None], np.ones((1, 200)), cluster_numbers(singles(200)), seed=0)
    expected = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(2))
    low, high = percentile_interval(resampled)
    assert (low[0], high[0]) == pytest.approx(tuple(expected.confidence_interval), abs=0.004)


def test_questions_that_hang_together_tell_less():
    values = np.repeat(np.random.default_rng(3).random(40), 5)[None]
    clustered = cluster_numbers([name for name in singles(40) for _ in range(5)])
    together, apart = (
        np.ptp(percentile_interval(resampled_ratios(values, np.ones((1, 200)), clusters, seed=0)))
        for clusters in (clustered, cluster_numbers(singles(200)))
    )
    assert together / apart == pytest.approx(5**0.5, rel=0.1)


def test_a_resample_without_a_denominator_is_left_out():
    values, known = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])
    resampled = resampled_ratios(values, known, cluster_numbers(["a", "b"]), seed=0)
    assert np.isnan(resampled).any()
    low, high = percentile_interval(resampled)
    assert (low[0], high[0]) == (1.0, 1.0)


def test_a_number_of_resamples_that_fills_no_block():
    resampled = resampled_ratios(np.ones((2, 3)), np.ones((2, 3)), cluster_numbers(singles(3)), seed=0, resamples=1234)
    assert resampled.shape == (2, 1234)


# --- Tests -------------------------------------------------------------------------------------------


def test_sign_flips_agree_with_all_of_them():
    differences = np.array([0.5, 0.25, -0.1, 0.4, 0.3, 0.0, 0.2, -0.05])
    sums = [np.dot(signs, differences) for signs in product((-1, 1), repeat=len(differences))]
    exact = np.mean(np.abs(sums) >= abs(differences.sum()) - 1e-12)
    assert sign_flip_p(differences, seed=0) == pytest.approx(exact, abs=0.01)


def test_a_p_value_is_never_zero_and_is_one_where_nothing_moved():
    assert sign_flip_p(np.ones(100), seed=0) == 1 / 10_001
    assert sign_flip_p(np.zeros(100), seed=0) == 1.0


@pytest.mark.parametrize(("wins", "losses"), [(2, 10), (10, 2), (5, 5), (0, 6), (300, 200)])
def test_mcnemars_test_is_a_binomial_one(wins, losses):
    assert mcnemar_p(wins, losses) == pytest.approx(stats.binomtest(wins, wins + losses).pvalue)


def test_mcnemars_test_of_no_change():
    assert mcnemar_p(0, 0) == 1.0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.02, 0.7]) == pytest.approx([1.0, 0.06, 1.0])
    assert holm([]) == []


# --- Comparisons -------------------------------------------------------------------------------------


def test_a_change_by_hand():
    change = paired_change("hit", [1, 0, 0, 1, None, 0], [1, 1, 1, 0, 1, None], singles(6), seed=0)
    assert (change.n, change.baseline, change.value, change.difference) == (4, 0.5, 0.75, 0.25)
    assert (change.wins, change.ties, change.losses) == (2, 1, 1)
    assert change.p == change.p_corrected == 1.0
    assert (change.low, change.high) == (-0.5, 1.0)
    assert not change.distinguishable


def test_weights_count():
    change = paired_change("f1", [0.0, 1.0], [0.5, 1.0], singles(2), seed=0, weights=[3.0, 1.0])
    assert (change.baseline, change.value) == (0.25, 0.625)


def test_yes_or_no_of_independent_questions_is_mcnemars_test():
    before, after = [0.0] * 30, [1.0] * 9 + [0.0] * 21
    assert paired_change("hit", before, after, singles(30), seed=0).p == mcnemar_p(9, 0)


def test_one_article_that_improves_is_one_piece_of_evidence():
    before, after = [0.0] * 30, [1.0] * 9 + [0.0] * 21
    together = ["one"] * 9 + singles(21)
    assert paired_change("hit", before, after, singles(30), seed=0).distinguishable
    assert paired_change("hit", before, after, together, seed=0).p == 1.0


def test_the_same_values_are_no_change():
    values = [0.2, 0.4, None, 1.0]
    change = paired_change("f1", values, values, singles(4), seed=0)
    assert (change.difference, change.low, change.high, change.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_order_of_questions_does_not_matter():
    draw = np.random.default_rng(5)
    before, after = draw.random(60), draw.random(60)
    clusters = np.array([f"c{number}" for number in draw.integers(20, size=60)])
    order = draw.permutation(60)
    straight, shuffled = (
        paired_change("f1", before[by].tolist(), after[by].tolist(), clusters[by].tolist(), seed=0)
        for by in (np.arange(60), order)
    )
    assert shuffled.p == straight.p
    assert (shuffled.low, shuffled.high) == pytest.approx((straight.low, straight.high))


def test_no_question_in_both_runs_is_refused():
    with pytest.raises(ValueError, match="f1: no question"):
        paired_change("f1", [None, 1.0], [1.0, None], singles(2), seed=0)


def compared(draw, shift=0.0, by_article=0.15, alone=False):
    """Whether any of three measures of 160 questions on 40 articles is found to differ after Holm's correction.

    An article is helped or hurt as a whole, with the same odds; a measure is right or wrong.
    """
    articles = np.repeat(np.arange(40), 4)
    ease = draw.normal(0.8, 0.2, 160)
    luck = by_article * draw.normal(size=40)[articles]
    changes = []
    for name in ("containment", "recall", "hit"):
        noise = draw.normal(0, 0.1, (2, 160))
        before, after = (ease - luck + noise[0] > 0.6), (ease + luck + shift + noise[1] > 0.6)
        clusters = singles(160) if alone else [f"a{number:02}" for number in articles]
        changes.append(
            paired_change(
                name, before.astype(float).tolist(), after.astype(float).tolist(), clusters, 0, resamples=1000
            )
        )
    return min(holm([change.p for change in changes])) < 0.05


def test_of_comparisons_without_a_change_at_most_one_in_twenty_is_flagged():
    draw = np.random.default_rng(2024)
    assert sum(compared(draw) for _ in range(1000)) <= 50


def test_without_clusters_too_many_of_them_would_be():
    draw = np.random.default_rng(2024)
    assert sum(compared(draw, alone=True) for _ in range(1000)) > 100


def test_a_regression_is_flagged():
    draw = np.random.default_rng(2024)
    assert compared(draw, shift=-0.15, by_article=0.05)


@pytest.mark.parametrize(
    ("n", "half_width", "change"), [(100, 7.8, 8.8), (200, 5.5, 6.3), (500, 3.5, 4.0), (1000, 2.5, 2.8)]
)
def test_what_n_can_show_is_what_the_documentation_says(n, half_width, change):
    found = what_n_can_show(n)
    assert round(100 * found[0], 1) == half_width
    assert 100 * found[1] == pytest.approx(change, abs=0.08)


def test_the_change_that_can_be_shown_is_found_four_times_in_five():
    draw = np.random.default_rng(7)
    n = 500
    change = what_n_can_show(n)[1]
    wins = draw.multinomial(n, [(0.1 + change) / 2, (0.1 - change) / 2, 0.9], size=2000)
    z = (wins[:, 0] - wins[:, 1]) / np.sqrt(wins[:, 0] + wins[:, 1])  # McNemar's statistic
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(0.8, abs=0.03)
