"""Measures of questions summed up as figures, each with how sure it is.

Most figures are the mean of a measure over the questions it applies to; some are of all questions together.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assistant.evaluation import abstention, answers, citing, retrieval, told
from assistant.evaluation.abstention import (
    Ranking,
    accuracy_at_coverage,
    as_abstained,
    as_answered,
    aurc,
    auroc,
    average_precision,
    coverage_at_risk,
    e_aurc,
    ece,
    rank,
)
from assistant.evaluation.citing import SPAN_WORDS
from assistant.evaluation.score import score
from assistant.evaluation.statistics import (
    RESAMPLES,
    Floats,
    Integers,
    cluster_numbers,
    percentile_interval,
    ratio,
    resampled_ratios,
    resampled_weights,
    wilson_interval,
)
from assistant.evaluation.types import Figure, Outcome, Scored
from assistant.types import Article

_LOWER_IS_BETTER = frozenset(
    {
        "cited_sentences",
        "cited_words",
        "forbidden_hit",
        "false_answer_rate",
        "false_abstention_rate",
        "risk",
        "distractor_hit_rate",
        "brier",
        "ece",
        "aurc",
        "e_aurc",
    }
)

#: Neither more nor less of these is better: what there is to tell depends on the questions and the articles.
_WITHOUT_A_SIDE = frozenset({"disagreement_told", "alone_changed"})

Booleans = NDArray[np.bool_]
_OfRanking = Callable[[Ranking, Floats], Floats]

#: Of all questions, by how right an answer is, or would be.
_OF_RIGHT: Mapping[str, _OfRanking] = {
    "aurc": aurc,
    "e_aurc": e_aurc,
    "coverage@risk5": partial(coverage_at_risk, risk=0.05),
    "coverage@risk10": partial(coverage_at_risk, risk=0.10),
    "accuracy@coverage50": partial(accuracy_at_coverage, coverage=0.5),
    "accuracy@coverage80": partial(accuracy_at_coverage, coverage=0.8),
    "auroc_right": auroc,
    "ap_right": average_precision,
    "ece": ece,
}
#: Of all questions, by whether there is an answer.
_OF_ANSWERABLE: Mapping[str, _OfRanking] = {"auroc_answerable": auroc, "ap_answerable": average_precision}

_JOINT = ("balanced_accuracy", *_OF_RIGHT, *_OF_ANSWERABLE)

#: Every figure: 1 where higher is better, -1 where lower is, 0 where neither is.
DIRECTIONS: Mapping[str, int] = {
    name: 0 if name in _WITHOUT_A_SIDE else -1 if name in _LOWER_IS_BETTER else 1
    for name in (
        *retrieval.MEASURES,
        *citing.MEASURES,
        *answers.MEASURES,
        *abstention.MEASURES,
        *told.MEASURES,
        "abstain_f1",
        *_JOINT,
    )
}

# Each resample of these goes through all questions, where a mean needs only the sums of clusters; with 2000 the
# 5 % outside an interval are still known to half a point.
_JOINT_RESAMPLES = 2000

# Below, and where all questions agree, a bootstrap of a rate is too sure of itself.
_FEW = 50

# Invariants, counts, credits, errors, what is of words or of all questions: no rates, even where every value is 0 or 1.
_NOT_RATES = (
    "verbatim_validity",
    "grounded_chars",
    "cited_sentences",
    "cited_words",
    "crag",
    "crag_raw",
    "brier",
    "span_word_f1",
    *_JOINT,
)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Questions in the order of their ids, with arrays of their length."""

    questions: Sequence[Scored]
    weights: Floats
    clusters: Integers
    seed: int
    resamples: int

    def column(self, measure: str) -> Floats:
        """NaN where it does not apply."""
        values = [one.measures.get(measure) for one in self.questions]
        return np.array([np.nan if value is None else value for value in values])


def figures(
    scored: Iterable[Scored], seed: int = 0, resamples: int = RESAMPLES, names: Collection[str] = tuple(DIRECTIONS)
) -> dict[str, Figure]:
    """The figures of ``names``; without a value where no question bears on one.

    Intervals are the percentiles of a bootstrap by cluster. A rate over fewer than 50 questions, or on which all
    agree, has Wilson's, with a cluster for a question. Where all questions are of one cluster others have none.
    """
    questions = sorted(scored, key=lambda one: one.outcome.id)
    found: dict[str, Figure] = {}
    if questions:
        weights = np.array([one.resolved.question.weight for one in questions], dtype=float)
        clusters = cluster_numbers([one.cluster for one in questions])
        sample = _Sample(questions, weights, clusters, seed, resamples)
        found = _mean_figures(sample, names) | _joint_figures(sample, names)
    return {name: found.get(name, Figure(name, None, 0)) for name in DIRECTIONS if name in names}


def always_abstain(scored: Iterable[Scored], articles: Mapping[str, Article] | None = None) -> list[Scored]:
    """The same assistant with a threshold that nothing reaches.

    :param articles: As for ``score``.
    """
    return [_with_outcome(one, as_abstained(one.outcome), articles) for one in scored]


def never_abstain(scored: Iterable[Scored], articles: Mapping[str, Article] | None = None) -> list[Scored]:
    """The same assistant without a threshold: what was nearest is its answer.

    :param articles: As for ``score``.
    """
    return [_with_outcome(one, as_answered(one.outcome), articles) for one in scored]


def _with_outcome(one: Scored, outcome: Outcome, articles: Mapping[str, Article] | None) -> Scored:
    """Measured again only where the outcome is another one."""
    return one if outcome == one.outcome else score(one.resolved, outcome, articles)


# --- Ratios of sums over the questions ---------------------------------------------------------------


def _mean_figures(sample: _Sample, names: Collection[str]) -> dict[str, Figure]:
    wanted = [name for name in names if name not in _JOINT]
    terms = np.array([_terms(sample, name) for name in wanted]).reshape(len(wanted), 2, len(sample.questions))
    above, below = terms[:, 0] * sample.weights, terms[:, 1] * sample.weights
    values = ratio(above.sum(axis=1), below.sum(axis=1))
    resampled = resampled_ratios(above, below, sample.clusters, sample.seed, sample.resamples)
    return {name: _figure(sample, name, values[row], resampled[row], below[row] > 0) for row, name in enumerate(wanted)}


def _terms(sample: _Sample, name: str) -> tuple[Floats, Floats]:
    """What a question adds above and below the line."""
    if name == "span_word_f1":  # over all words, not the mean over questions
        common, cited, needed = map(sample.column, SPAN_WORDS)
        return np.nan_to_num(2 * common), np.nan_to_num(cited + needed)
    if name == "abstain_f1":
        declined, unanswerable = sample.column("abstain_precision"), sample.column("abstain_recall")
        return 2 * np.nan_to_num(unanswerable), 0.0 + ~np.isnan(declined) + ~np.isnan(unanswerable)
    values = sample.column(name)
    return np.nan_to_num(values), 1.0 - np.isnan(values)


# --- Of all questions together -----------------------------------------------------------------------


def _joint_figures(sample: _Sample, names: Collection[str]) -> dict[str, Figure]:
    resamples = min(sample.resamples, _JOINT_RESAMPLES)
    blocks = [drawn * sample.weights for drawn in resampled_weights(sample.clusters, sample.seed, resamples)]
    found = {}
    for name, (known, function) in _joint_functions(sample).items():
        if name in names and known.any():
            value = function(sample.weights[None, known])[0]
            drawn = (block[:, known] for block in blocks)
            resampled = np.concatenate([function(weights[weights.any(axis=1)]) for weights in drawn])
            found[name] = _figure(sample, name, value, resampled, known)
    return found


def _joint_functions(sample: _Sample) -> dict[str, tuple[Booleans, Callable[[Floats], Floats]]]:
    """For each figure the questions that bear on it, and what it is for weights of them: of shape (resamples, n)."""
    confidence = np.array([one.outcome.confidence for one in sample.questions])
    right, answered = sample.column("right_if_answered"), sample.column("answer_rate_a")
    judged, every = ~np.isnan(right), np.full(len(right), True)
    by_right = rank(confidence[judged], right[judged] == 1)
    by_answerable = rank(confidence, ~np.isnan(answered))
    return (
        {name: (judged, partial(function, by_right)) for name, function in _OF_RIGHT.items()}
        | {name: (every, partial(function, by_answerable)) for name, function in _OF_ANSWERABLE.items()}
        | {"balanced_accuracy": (every, partial(_balanced_accuracy, answered, sample.column("rejection_rate_u")))}
    )


def _balanced_accuracy(answered: Floats, declined: Floats, weights: Floats) -> Floats:
    rates = [ratio(weights @ np.nan_to_num(rate), weights @ (1.0 - np.isnan(rate))) for rate in (answered, declined)]
    return (rates[0] + rates[1]) / 2


# --- Intervals ---------------------------------------------------------------------------------------


def _figure(sample: _Sample, name: str, value: float, resampled: Floats, known: Booleans) -> Figure:
    """:param known: The questions that bear on it."""
    if np.isnan(value):
        return Figure(name, None, 0)
    n, clusters = int(known.sum()), len(np.unique(sample.clusters[known]))
    if _is_rate(sample, name, known) and (n < _FEW or value in (0, 1)):
        return Figure(name, float(value), n, *wilson_interval(float(value), clusters))
    if clusters < 2:
        return Figure(name, float(value), n)
    low, high = percentile_interval(resampled)
    return Figure(name, float(value), n, float(low), float(high))


def _is_rate(sample: _Sample, name: str, known: Booleans) -> bool:
    """Whether this is how often something happens, in questions that count alike."""
    yes_or_no = np.isin(sample.column(name)[known], (0, 1)).all()
    return bool(yes_or_no and name not in _NOT_RATES and len(set(sample.weights[known])) == 1)
