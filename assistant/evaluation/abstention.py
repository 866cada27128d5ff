"""How well the assistant knows when not to answer: its decisions, and the confidence behind them.

A decision is judged by what was shown. A confidence is judged by what would have been shown, had there been no
threshold: the nearest sentences stand for the answer that was not given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation.answers import contains_answer
from assistant.evaluation.statistics import Floats, Integers, ratio
from assistant.evaluation.types import Outcome, ReferenceQuestion, Scored

MEASURES = (
    "answer_rate_a",
    "rejection_rate_u",
    "false_answer_rate",
    "false_abstention_rate",
    "abstain_precision",
    "abstain_recall",
    "squad2_containment",
    "crag",
    "crag_raw",
    "risk",
    "distractor_hit_rate",
    "brier",
)

# Sums of weights are compared with shares of them.
_EPSILON = 1e-9


def as_answered(outcome: Outcome) -> Outcome:
    """What would have been shown without a threshold."""
    if not outcome.abstained or outcome.error:
        return outcome
    shown = " ".join(near.shown for near in outcome.nearest)
    return replace(outcome, abstained=False, citations=outcome.nearest, nearest=(), shown=shown)


def as_abstained(outcome: Outcome) -> Outcome:
    """What would have been shown with a threshold that nothing reaches."""
    nearest = outcome.nearest if outcome.abstained else outcome.citations
    return replace(
        outcome,
        abstained=True,
        citations=(),
        nearest=nearest,
        shown="",
        highlight=None,
        told=(),
        disagreement=None,
        error=None,
    )


# --- One question ------------------------------------------------------------------------------------


def decision_measures(
    question: ReferenceQuestion,
    outcome: Outcome,
    right: float | None,
    right_if_answered: float | None,
    contained: float | None,
    language: str,
) -> dict[str, float | None]:
    """Whether answering, or not, was right; None where a measure does not apply.

    After an error nothing was answered, but nothing was declined either.

    :param right: 1 or 0 for what was shown, None where nothing says what would be right.
    :param contained: ``answer_containment``, None where there is no wording or no answer.
    """
    answerable, answered = question.answerable, not outcome.abstained
    declined = float(outcome.abstained and outcome.error is None)
    # Right or wrong in an answer; nothing for none (Yang et al. 2024, CRAG).
    credit = 0.0 if not answered else None if right is None else 2 * right - 1
    return {
        "right": right,
        "right_if_answered": right_if_answered,
        "answer_rate_a": float(answered) if answerable else None,
        "false_abstention_rate": float(not answered) if answerable else None,
        "rejection_rate_u": None if answerable else declined,
        "false_answer_rate": None if answerable else 1 - declined,
        "abstain_precision": float(not answerable) if declined else None,
        "abstain_recall": None if answerable else declined,
        "squad2_containment": right if contained is None else contained,
        "crag": credit if answerable or not declined else 1.0,
        "crag_raw": credit,
        "risk": 1 - right if answered and right is not None else None,
        "distractor_hit_rate": _distractor_hit(question, outcome, language),
        "brier": None if right_if_answered is None else (outcome.confidence - right_if_answered) ** 2,
    }


def _distractor_hit(question: ReferenceQuestion, outcome: Outcome, language: str) -> float | None:
    """Whether an unanswerable question was answered as its ``plausible`` answers tempt to; None where it has none."""
    if question.answerable or not question.plausible:
        return None
    return float(any(contains_answer(cited.shown, question.plausible, language) for cited in outcome.citations))


# --- All questions by confidence ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranking:
    """Questions by confidence, the most confident first; equally confident ones make one step together.

    The functions below take weights of shape (resamples, questions), in the order the questions were given in and
    not all zero, and return one value a resample; NaN where there is none.
    """

    #: Number of each question, best first.
    order: Integers
    #: Where each step starts in ``order``.
    starts: Integers
    #: In ``order``.
    confidence: Floats
    #: In ``order``: what a high confidence should tell.
    positive: NDArray[np.bool_]

    def steps(self, weights: Floats) -> tuple[Floats, Floats]:
        """Weight of all, and of the positive ones, at each step: of shape (resamples, steps)."""
        ordered = weights[:, self.order]
        return self._by_step(ordered), self._by_step(ordered * self.positive)

    def _by_step(self, ordered: Floats) -> Floats:
        return np.add.reduceat(ordered, self.starts, axis=1)


def rank(confidence: Floats, positive: NDArray[np.bool_]) -> Ranking:
    """Questions in the order of their confidence, each positive or not."""
    order = np.argsort(-confidence, kind="stable")
    descending = confidence[order]
    starts = np.flatnonzero(np.diff(descending, prepend=np.inf))
    return Ranking(order, starts, descending, positive[order])


def _sum(values: Floats) -> Floats:
    """Over the steps, or questions, of each resample."""
    total: Floats = values.sum(axis=1)
    return total


def _curve(ranking: Ranking, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Share of questions at each step, and behind each: share answered, and share wrong of those."""
    every, right = ranking.steps(weights)
    answered = every.cumsum(axis=1)
    risk = np.nan_to_num(ratio(answered - right.cumsum(axis=1), answered))
    total = answered[:, -1:]
    return every / total, answered / total, risk


def aurc(ranking: Ranking, weights: Floats) -> Floats:
    """Area under the risk–coverage curve: the mean risk at each question. Geifman, Uziel & El-Yaniv 2019."""
    share, _, risk = _curve(ranking, weights)
    return _sum(share * risk)


def e_aurc(ranking: Ranking, weights: Floats) -> Floats:
    """``aurc`` less that of the same answers in the best order, right ones first. Same paper."""
    ordered = weights[:, ranking.order]
    wrong = ordered[:, ~ranking.positive]
    behind = wrong.cumsum(axis=1)
    right = _sum(ordered[:, ranking.positive])[:, None]
    best = _sum(wrong * np.nan_to_num(ratio(behind, right + behind))) / _sum(ordered)
    return aurc(ranking, weights) - best


def coverage_at_risk(ranking: Ranking, weights: Floats, risk: float) -> Floats:
    """The largest share of questions that can be answered with at most ``risk`` wrong among them."""
    _, coverage, risks = _curve(ranking, weights)
    reached: Floats = np.where(risks <= risk + _EPSILON, coverage, 0.0).max(axis=1)
    return reached


def accuracy_at_coverage(ranking: Ranking, weights: Floats, coverage: float) -> Floats:
    """The share right among the most confident questions, as few as make up ``coverage``."""
    _, coverages, risks = _curve(ranking, weights)
    first = (coverages >= coverage - _EPSILON).argmax(axis=1)
    accuracy: Floats = 1 - risks[np.arange(len(risks)), first]
    return accuracy


def auroc(ranking: Ranking, weights: Floats) -> Floats:
    """How often a positive question is above a negative one; a tie is half. Mann & Whitney 1947."""
    every, positive = ranking.steps(weights)
    negative = every - positive
    below = _sum(negative)[:, None] - negative.cumsum(axis=1)
    return ratio(_sum(positive * (below + negative / 2)), _sum(positive) * _sum(negative))


def average_precision(ranking: Ranking, weights: Floats) -> Floats:
    """Precision at each step, weighted by the recall it adds; not interpolated."""
    every, positive = ranking.steps(weights)
    precision = np.nan_to_num(ratio(positive.cumsum(axis=1), every.cumsum(axis=1)))
    return ratio(_sum(positive * precision), _sum(positive))


def ece(ranking: Ranking, weights: Floats, bins: int = 10) -> Floats:
    """Expected calibration error over bins of equal count: |confidence - share positive|. Naeini et al. 2015."""
    ordered = weights[:, ranking.order]
    gaps = np.add.reduceat(ordered * (ranking.confidence - ranking.positive), _bins(ranking, bins), axis=1)
    return _sum(np.abs(gaps)) / _sum(ordered)


def _bins(ranking: Ranking, bins: int) -> Integers:
    """Where each bin starts in ``order``. Equally confident questions are in one bin, so that order can't matter."""
    n = len(ranking.order)
    ends = np.append(ranking.starts[1:], n)
    bin_of_step = (ranking.starts + ends) * bins // (2 * n)
    return ranking.starts[np.flatnonzero(np.diff(bin_of_step, prepend=-1))]


# --- For plots ---------------------------------------------------------------------------------------


def risk_coverage(scored: Sequence[Scored]) -> list[tuple[float, float]]:
    """``(coverage, risk)`` from the most confident question to all of them."""
    judged = _judged(scored)
    if judged is None:
        return []
    ranking, weights = judged
    _, coverage, risk = _curve(ranking, weights[None])
    return list(zip(coverage[0].tolist(), risk[0].tolist(), strict=True))


def reliability(scored: Sequence[Scored], bins: int = 10) -> list[tuple[float, float, int]]:
    """``(mean confidence, share right, questions)`` of each bin of equal count, the least confident first."""
    judged = _judged(scored)
    if judged is None:
        return []
    ranking, weights = judged
    starts = _bins(ranking, bins)
    ordered = weights[ranking.order]
    sums = [np.add.reduceat(ordered * values, starts) for values in (ranking.confidence, ranking.positive, 1.0)]
    counts = np.diff(np.append(starts, len(ordered)))
    points = zip(sums[0] / sums[2], sums[1] / sums[2], counts, strict=True)
    return [(float(mean), float(share), int(n)) for mean, share, n in points][::-1]


def _judged(scored: Sequence[Scored]) -> tuple[Ranking, Floats] | None:
    """The questions of which it is known whether their answer is, or would be, right, with their weights."""
    known = [s for s in scored if s.measures["right_if_answered"] is not None]
    if not known:
        return None
    confidence = np.array([s.outcome.confidence for s in known])
    right = np.array([s.measures["right_if_answered"] == 1 for s in known])
    return rank(confidence, right), np.array([s.resolved.question.weight for s in known], dtype=float)
