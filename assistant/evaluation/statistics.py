"""How sure a figure is, and whether two differ: over questions that hang together in clusters.

Whole clusters are resampled, or change sign, together: questions about one article are not independent. All that
is drawn comes from a seed.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.types import Change

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

RESAMPLES = 10_000

_Z = 1.959963984540054  # the normal quantile of 97.5 %
_Z_POWER = 0.8416212335729143  # of 80 %

# Resamples worked on at a time: bounds the memory.
_BLOCK = 1000


def cluster_numbers(clusters: Sequence[str]) -> Integers:
    """For each question the number of its cluster, from 0 in the order of their names."""
    numbers = {name: number for number, name in enumerate(sorted(set(clusters)))}
    return np.array([numbers[name] for name in clusters], dtype=np.intp)


# --- Intervals ---------------------------------------------------------------------------------------


def percentile_interval(resampled: Floats) -> tuple[Floats, Floats]:
    """The middle 95 % along the last axis, NaN aside. Efron & Tibshirani 1993, chapter 13."""
    low, high = np.nanquantile(resampled, (0.025, 0.975), axis=-1)
    return low, high


def wilson_interval(rate: float, n: float) -> tuple[float, float]:
    """The 95 % score interval of a rate over ``n`` independent questions. Wilson 1927."""
    centre = rate + _Z**2 / (2 * n)
    half = _Z * sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return max(0.0, (centre - half) / (1 + _Z**2 / n)), min(1.0, (centre + half) / (1 + _Z**2 / n))


def resampled_ratios(
    numerators: Floats, denominators: Floats, clusters: Integers, seed: int, resamples: int = RESAMPLES
) -> Floats:
    """The ratio of two sums over the questions, in each resample: of shape (figures, resamples), NaN for 0/0.

    :param numerators: Of shape (figures, questions), as ``denominators``.
    """
    by_cluster = np.zeros((clusters.max() + 1, 2 * len(numerators)))
    np.add.at(by_cluster, clusters, np.vstack([numerators, denominators]).T)
    blocks = _blocks(_draws(len(by_cluster), resamples, seed))
    totals = np.hstack([(drawn @ by_cluster).T for drawn in blocks])
    return ratio(totals[: len(numerators)], totals[len(numerators) :])


def resampled_weights(clusters: Integers, seed: int, resamples: int) -> Iterator[Floats]:
    """How often each question is drawn, in blocks of shape (resamples, questions)."""
    for drawn in _blocks(_draws(int(clusters.max()) + 1, resamples, seed)):
        yield drawn[:, clusters]


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Element by element; NaN where the denominator is 0."""
    quotient = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _blocks(draws: NDArray[np.uint8]) -> Iterator[Floats]:
    for start in range(0, len(draws), _BLOCK):
        yield draws[start : start + _BLOCK].astype(np.float64)


@lru_cache(maxsize=4)
def _draws(clusters: int, resamples: int, seed: int) -> NDArray[np.uint8]:
    """How often each cluster is drawn where as many are drawn as there are: of shape (resamples, clusters)."""
    random = np.random.default_rng(seed)
    draws = np.empty((resamples, clusters), dtype=np.uint8)  # no cluster is ever drawn 256 times
    for start in range(0, resamples, _BLOCK):
        rows = min(_BLOCK, resamples - start)
        drawn = random.integers(clusters, size=(rows, clusters)) + clusters * np.arange(rows)[:, None]
        draws[start : start + rows] = np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters)
    draws.flags.writeable = False
    return draws


# --- Comparisons -------------------------------------------------------------------------------------


def paired_change(
    name: str,
    baseline_values: Sequence[float | None],
    values: Sequence[float | None],
    clusters: Sequence[str],
    seed: int,
    weights: Sequence[float] | None = None,
    resamples: int = RESAMPLES,
) -> Change:
    """A measure against its baseline, question by question; questions where either is None are left out.

    The interval is that of the mean difference in a paired bootstrap by cluster. The p-value, two-sided, is that
    of sign flips of whole clusters; where every question is a cluster of its own and every value 0 or 1, this is
    McNemar's test, which is exact. ``p_corrected`` is still ``p``.

    :raises ValueError: If no question has both values.
    """
    known = [n for n, pair in enumerate(zip(baseline_values, values, strict=True)) if None not in pair]
    if not known:
        raise ValueError(f"{name}: no question has a value in both runs")
    before, after = (np.array([column[n] for n in known], dtype=float) for column in (baseline_values, values))
    weight = np.ones(len(known)) if weights is None else np.array([weights[n] for n in known], dtype=float)
    numbers = cluster_numbers([clusters[n] for n in known])
    difference = weight * (after - before)
    if _is_plain(before, after, weight, numbers):
        p = mcnemar_p(int(np.sum(after > before)), int(np.sum(after < before)))
    else:
        p = sign_flip_p(np.bincount(numbers, difference).astype(np.float64), seed, resamples)
    low, high = percentile_interval(resampled_ratios(difference[None], weight[None], numbers, seed, resamples)[0])
    return Change(
        name=name,
        baseline=float(np.average(before, weights=weight)),
        value=float(np.average(after, weights=weight)),
        n=len(known),
        low=float(low),
        high=float(high),
        p=p,
        p_corrected=p,
        wins=int(np.sum(after > before)),
        ties=int(np.sum(after == before)),
        losses=int(np.sum(after < before)),
    )


def _is_plain(before: Floats, after: Floats, weight: Floats, clusters: Integers) -> bool:
    """Whether these are yeses and noes of questions that are independent and count alike."""
    yes_or_no = np.isin(before, (0, 1)).all() and np.isin(after, (0, 1)).all()
    return bool(yes_or_no and len(np.unique(weight)) == 1 and clusters.max() + 1 == len(clusters))


def sign_flip_p(differences: Floats, seed: int, resamples: int = RESAMPLES) -> float:
    """How often a sum as far from 0 comes by chance, if each difference was as likely to be its negative.

    The observed signs count as one of the draws (Phipson & Smyth 2010), so it is never 0.
    """
    moved = differences[differences != 0]
    enough = abs(moved.sum()) - 1e-9 * np.abs(moved).sum()
    random = np.random.default_rng(seed)
    extreme = 0
    for start in range(0, resamples, _BLOCK):
        bits = random.integers(2, size=(min(_BLOCK, resamples - start), len(moved)), dtype=np.int8)
        extreme += int(np.sum(np.abs((2.0 * bits - 1) @ moved) >= enough))
    return (1 + extreme) / (1 + resamples)


def mcnemar_p(wins: int, losses: int) -> float:
    """The exact two-sided p-value of a change in yes-or-no answers. McNemar 1947, by binomial tails."""
    discordant = wins + losses
    tail = sum(comb(discordant, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / (1 << discordant))


def holm(ps: Sequence[float]) -> list[float]:
    """The p-values corrected for being several, in the order given. Holm 1979."""
    corrected = [0.0] * len(ps)
    highest = 0.0
    for rank, n in enumerate(sorted(range(len(ps)), key=lambda n: ps[n])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[n]))
        corrected[n] = highest
    return corrected


def what_n_can_show(n: int) -> tuple[float, float]:
    """What ``n`` independent questions can tell, as fractions: ``(half width, smallest change)``.

    The half width is of the 95 % interval of a rate of 0.8. The change is what a paired comparison finds in 80 %
    of cases where one answer in ten differs, solved from Connor 1987.
    """
    discordant = 0.1
    under_power = max(0.0, n - _Z**2 + _Z_POWER**2)
    change = sqrt(discordant) * (_Z * sqrt(n) + _Z_POWER * sqrt(under_power)) / (n + _Z_POWER**2)
    return _Z * sqrt(0.8 * 0.2 / n), change
