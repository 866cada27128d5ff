"""Decisions by hand; curves by hand and against scikit-learn."""

import numpy as np
import pytest
from cases import abstained, answered, cited, gold, question, scored, unanswerable
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from assistant.evaluation.abstention import (
    MEASURES,
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
    reliability,
    risk_coverage,
)
from assistant.evaluation.types import Told


def value(function, confidence, positive, weights=None, **given):
    """A figure of one sample."""
    ranking = rank(np.array(confidence, float), np.array(positive, bool))
    return function(ranking, np.array([weights or [1.0] * len(confidence)]), **given)[0]


# --- One question ------------------------------------------------------------------------------------

RIGHT, WRONG = answered(cited(4)), answered(cited(5))
FAILED = abstained(error="timed out", confidence=0.0)

#: What was done → answer_rate_a, rejection_rate_u, abstain_precision, squad2_containment, crag, crag_raw, risk.
DECISIONS = {
    "a right answer": (question(gold(4)), RIGHT, (1, None, None, 1, 1, 1, 0)),
    "a wrong answer": (question(gold(4)), WRONG, (1, None, None, 0, -1, -1, 1)),
    "no answer where there is one": (question(gold(4)), abstained(cited(4)), (0, None, 0, 0, 0, 0, None)),
    "no answer where there is none": (unanswerable(), abstained(), (None, 1, 1, 1, 1, 0, None)),
    "an answer where there is none": (unanswerable(), RIGHT, (None, 0, None, 0, -1, -1, 1)),
    "an error where there is an answer": (question(gold(4)), FAILED, (0, None, None, 0, 0, 0, None)),
    "an error where there is none": (unanswerable(), FAILED, (None, 0, None, 0, 0, 0, None)),
    "nothing to judge an answer by": (question(), WRONG, (1, None, None, None, None, None, None)),
}
NAMES = ("answer_rate_a", "rejection_rate_u", "abstain_precision", "squad2_containment", "crag", "crag_raw", "risk")


@pytest.mark.parametrize("case", DECISIONS)
def test_a_decision(case):
    resolved, outcome, expected = DECISIONS[case]
    measures = scored(resolved, outcome).measures
    assert tuple(measures[name] for name in NAMES) == expected
    assert set(MEASURES) <= set(measures)
    for rate, other in (("answer_rate_a", "false_abstention_rate"), ("rejection_rate_u", "false_answer_rate")):
        assert measures[other] == (None if measures[rate] is None else 1 - measures[rate])


def test_the_brier_score_of_an_abstention_is_of_the_answer_that_was_not_given():
    assert scored(question(gold(4)), abstained(cited(4), confidence=0.3)).measures["brier"] == pytest.approx(0.49)
    assert scored(question(gold(4)), abstained(cited(5), confidence=0.3)).measures["brier"] == pytest.approx(0.09)
    assert scored(unanswerable(), abstained(cited(5), confidence=0.3)).measures["brier"] == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("outcome", "hit"), [(answered(cited(3)), 1.0), (answered(cited(4)), 0.0), (abstained(cited(3)), 0.0)]
)
def test_a_distractor_is_hit_when_it_is_given_as_the_answer(outcome, hit):
    assert scored(unanswerable(plausible=("14 000",)), outcome).measures["distractor_hit_rate"] == hit


def test_without_a_distractor_there_is_none_to_hit():
    assert scored(unanswerable(), answered(cited(3))).measures["distractor_hit_rate"] is None
    assert scored(question(plausible=("14 000",)), answered(cited(3))).measures["distractor_hit_rate"] is None


def test_an_abstention_answers_with_what_was_nearest():
    assert as_answered(abstained(cited(4), cited(5), confidence=0.9)) == answered(cited(4), cited(5))
    assert as_answered(RIGHT) is RIGHT
    assert as_answered(FAILED) is FAILED


def test_an_answer_declined_is_what_was_nearest():
    assert as_abstained(answered(cited(4))) == abstained(cited(4), confidence=0.9)
    assert as_abstained(abstained(cited(4))) == abstained(cited(4))
    told = answered(cited(4), told=(Told("phr"),), disagreement="number")
    assert as_abstained(told) == abstained(cited(4), confidence=0.9)
    assert as_abstained(FAILED).error is None


# --- Curves by hand ----------------------------------------------------------------------------------


def test_a_risk_coverage_curve_by_hand():
    # Right, wrong, then two at once of which one is right.
    confidence, right = [0.9, 0.8, 0.5, 0.5], [1, 0, 1, 0]
    assert value(aurc, confidence, right) == pytest.approx((0 + 1 / 2 + 1 / 2 + 1 / 2) / 4)
    # At best both right ones come first: 0, 0, 1/3, 2/4.
    assert value(e_aurc, confidence, right) == pytest.approx(1.5 / 4 - (1 / 3 + 1 / 2) / 4)
    assert value(coverage_at_risk, confidence, right, risk=0.05) == 0.25
    assert value(coverage_at_risk, confidence, right, risk=0.5) == 1.0
    assert value(accuracy_at_coverage, confidence, right, coverage=0.5) == 0.5
    assert value(accuracy_at_coverage, confidence, right, coverage=0.25) == 1.0


def test_the_largest_coverage_counts_even_behind_a_riskier_one():
    confidence, right = [0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1]
    assert value(coverage_at_risk, confidence, right, risk=0.25) == 1.0
    assert value(coverage_at_risk, confidence[1:], right[1:], risk=0.05) == 0.0


def test_a_risk_of_one_in_twenty_is_at_most_five_percent():
    assert value(coverage_at_risk, np.arange(20)[::-1] / 20, [1] * 19 + [0], risk=0.05) == 1.0


def test_a_confidence_that_tells_everything():
    confidence, right = [0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0]
    assert value(auroc, confidence, right) == value(average_precision, confidence, right) == 1.0
    assert value(e_aurc, confidence, right) == pytest.approx(0.0)


def test_one_confidence_for_all_tells_nothing():
    right = [1, 0, 0, 1, 0]
    assert value(auroc, [0.5] * 5, right) == 0.5
    assert value(average_precision, [0.5] * 5, right) == 0.4
    assert value(aurc, [0.5] * 5, right) == 0.6


def test_without_both_kinds_there_is_no_order_to_judge():
    assert np.isnan(value(auroc, [0.5, 0.6], [1, 1]))
    assert np.isnan(value(average_precision, [0.5, 0.6], [0, 0]))
    assert value(average_precision, [0.5, 0.6], [1, 1]) == 1.0


def test_calibration_by_hand():
    # Two bins: 0.9 and 0.8 of which one is right, 0.3 and 0.1 of which none is.
    assert value(ece, [0.1, 0.9, 0.3, 0.8], [0, 1, 0, 0], bins=2) == pytest.approx((0.7 + 0.4) / 4)


def test_equal_confidences_are_in_one_bin():
    right = [1, 0, 1, 1, 0, 1]
    orders = ([0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [1, 4, 0, 2, 3, 5])
    found = {round(value(ece, [0.5] * 6, np.array(right)[order], bins=3), 12) for order in orders}
    assert found == {round(abs(0.5 - 4 / 6), 12)}


# --- Curves against scikit-learn ---------------------------------------------------------------------

judged = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(1, 4)), min_size=2, max_size=40).filter(
    lambda rows: len({positive for _, positive, _ in rows}) == 2
)


@given(judged)
def test_ranking_figures_are_those_of_scikit_learn_with_ties_and_weights(rows):
    confidence, positive, weights = (list(column) for column in zip(*rows, strict=True))
    expected = roc_auc_score(positive, confidence, sample_weight=weights)
    assert value(auroc, confidence, positive, weights) == pytest.approx(expected)
    expected = average_precision_score(positive, confidence, sample_weight=weights)
    assert value(average_precision, confidence, positive, weights) == pytest.approx(expected)


@given(judged)
def test_a_question_of_weight_two_is_like_two_questions(rows):
    confidence, positive, weights = (list(column) for column in zip(*rows, strict=True))
    twice = [np.repeat(column, weights) for column in (confidence, positive)]
    for function, given_ in (
        (aurc, {}),
        (auroc, {}),
        (average_precision, {}),
        (coverage_at_risk, {"risk": 0.1}),
        (accuracy_at_coverage, {"coverage": 0.8}),
    ):
        assert value(function, confidence, positive, weights, **given_) == pytest.approx(
            value(function, *twice, **given_)
        )


@given(judged, st.randoms())
def test_the_order_of_questions_does_not_matter(rows, draw):
    shuffled = draw.sample(rows, len(rows))
    for function in (aurc, e_aurc, auroc, average_precision, ece):
        confidence, positive, _ = zip(*rows, strict=True)
        other_confidence, other_positive, _ = zip(*shuffled, strict=True)
        assert value(function, confidence, positive) == pytest.approx(value(function, other_confidence, other_positive))


# --- Plots -------------------------------------------------------------------------------------------


def some():
    return [
        scored(question(gold(4), id="q1"), answered(cited(4), confidence=0.9, id="q1")),
        scored(question(gold(4), id="q2"), answered(cited(5), confidence=0.8, id="q2")),
        scored(question(gold(4), id="q3"), abstained(cited(4), confidence=0.3, id="q3")),
        scored(unanswerable("u1"), abstained(confidence=0.3, id="u1")),
        scored(question(id="q4"), answered(cited(4), confidence=1.0, id="q4")),
    ]


def test_the_curve_goes_over_the_questions_that_can_be_judged():
    assert risk_coverage(some()) == [(0.25, 0.0), (0.5, 0.5), (1.0, 0.5)]


def test_reliability_goes_from_the_least_confident_to_the_most():
    points = reliability(some(), bins=2)
    assert [(n, share) for _, share, n in points] == [(2, 0.5), (2, 0.5)]
    assert [mean for mean, _, _ in points] == pytest.approx([0.3, 0.85])


def test_nothing_to_judge_is_nothing_to_plot():
    assert risk_coverage([]) == reliability([]) == []
    assert risk_coverage(some()[-1:]) == reliability(some()[-1:]) == []
