"""Figures over questions: their names, their values, how sure they are, and what must never change them."""

import random
from dataclasses import replace

import numpy as np
import pytest
from cases import abstained, answered, cited, gold, many, question, scored, unanswerable
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.evaluation.figures import DIRECTIONS, always_abstain, figures, never_abstain
from assistant.evaluation.statistics import wilson_interval
from assistant.evaluation.types import Figure

NAMES = {
    *(
        f"{level}_{measure}"
        for level in ("article", "passage", "sentence")
        for measure in (*(f"{what}@{k}" for what in ("recall", "hit", "all") for k in (1, 3, 5, 10, 20)),
                        "mrr@10", "ndcg@10")
    ),
    "passage_budget_recall@1k", "passage_budget_recall@2k", "passage_budget_recall@4k", "shown_recall",
    "verbatim_validity", "grounded_chars", "citation_precision", "citation_recall", "citation_f1",
    "citation_precision_answered", "citation_recall_answered", "citation_f1_answered", "citation_precision_lenient",
    "citation_article_precision", "citation_article_recall", "first_citation_hit", "span_word_f1", "span_char_f1",
    "cited_sentences", "cited_words",
    "answer_containment", "answer_containment_folded", "first_containment", "facts_recall", "all_facts",
    "forbidden_hit", "token_recall", "quantity_match", "em", "f1", "em_squad", "f1_squad", "rouge_l",
    "answer_rate_a", "rejection_rate_u", "false_answer_rate", "false_abstention_rate", "abstain_precision",
    "abstain_recall", "abstain_f1", "balanced_accuracy", "squad2_containment", "crag", "crag_raw", "aurc", "e_aurc",
    "coverage@risk5", "coverage@risk10", "accuracy@coverage50", "accuracy@coverage80", "auroc_answerable",
    "ap_answerable", "auroc_right", "ap_right", "brier", "ece", "distractor_hit_rate", "risk",
    "answering_right", "answering_marked", "disagreement_told", "alone_changed",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample():
    return many(200)


def with_id(one, id, **changes):
    """A scored question under another id."""
    resolved = replace(one.resolved, question=replace(one.resolved.question, id=id, **changes))
    return replace(one, resolved=resolved, outcome=replace(one.outcome, id=id))


# --- Names and values --------------------------------------------------------------------------------


def test_the_names_are_those_that_gates_rely_on(sample):
    assert set(DIRECTIONS) == NAMES
    assert list(figures(sample)) == list(DIRECTIONS)


def test_no_questions_have_no_figures():
    assert figures([]) == {name: Figure(name, None, 0) for name in DIRECTIONS}


def test_what_no_question_bears_on_has_no_value(sample):
    found = figures(sample, resamples=100)
    assert found["answer_containment"] == Figure("answer_containment", None, 0)
    only_answerable = figures([one for one in sample if one.resolved.question.answerable], resamples=100)
    for name in ("rejection_rate_u", "balanced_accuracy", "auroc_answerable", "distractor_hit_rate"):
        assert only_answerable[name].value is None


def test_four_questions_by_hand():
    questions = [
        scored(question(gold(4), gold(5), id="q1"), answered(cited(4), cited(9), id="q1", confidence=0.8)),
        scored(question(gold(4, "b"), id="q2"), abstained(cited(4, "b"), id="q2", confidence=0.4)),
        scored(unanswerable("u1"), abstained(cited(4, "c"), id="u1", confidence=0.2)),
        scored(unanswerable("u2"), answered(cited(4, "d"), id="u2", confidence=0.6)),
    ]
    found = {name: (figure.value, figure.n) for name, figure in figures(questions).items()}
    assert found["citation_precision"] == found["citation_recall"] == found["citation_f1"] == (0.25, 2)
    assert found["citation_f1_answered"] == (0.5, 1)
    assert found["answer_rate_a"] == found["rejection_rate_u"] == (0.5, 2)
    assert found["abstain_precision"] == (0.5, 2)
    assert found["abstain_f1"] == (0.5, 3)
    assert found["balanced_accuracy"] == (0.5, 4)
    assert found["squad2_containment"] == (0.5, 4)
    assert found["crag"] == (0.25, 4)
    assert found["crag_raw"] == (0.0, 4)
    assert found["risk"] == (0.5, 2)
    assert found["shown_recall"] == (0.75, 2)
    # Words are counted over all questions: 3 of the 6 cited and of the 9 needed are both.
    assert found["span_word_f1"] == (pytest.approx(2 * 3 / (6 + 9)), 2)
    # Without a threshold q2 would be right.
    assert found["aurc"] == (pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4), 4)
    assert found["auroc_answerable"] == (0.75, 4)
    assert found["brier"] == (pytest.approx((0.04 + 0.36 + 0.04 + 0.36) / 4), 4)


def test_a_question_of_weight_three_counts_as_three(sample):
    some = sample[:40]
    heavy = [with_id(one, one.outcome.id, weight=3 if n < 10 else 1) for n, one in enumerate(some)]
    copied = [
        with_id(one, f"{one.outcome.id}-{copy}") for n, one in enumerate(some) for copy in range(3 if n < 10 else 1)
    ]
    weighted, repeated = figures(heavy, resamples=50), figures(copied, resamples=50)
    for name in set(DIRECTIONS) - {"ece", "e_aurc"}:  # bins and ideal orders are made of questions
        assert weighted[name].value == (
            None if repeated[name].value is None else pytest.approx(repeated[name].value)
        ), name


def test_only_the_figures_asked_for(sample):
    names = ("crag", "ece")
    assert figures(sample, names=names) == {name: figures(sample)[name] for name in names}
    assert list(figures(sample, names=["auroc_right"])) == ["auroc_right"]


# --- Intervals ---------------------------------------------------------------------------------------


def test_every_figure_lies_in_its_interval(sample):
    for figure in figures(sample).values():
        if figure.value is not None and figure.name not in ("ece", "e_aurc"):  # resampling makes these larger
            assert figure.low <= figure.value <= figure.high, figure


def test_two_runs_agree_and_another_seed_draws_others(sample):
    assert figures(sample) == figures(sample)
    assert figures(sample, seed=1)["crag"].value == figures(sample)["crag"].value
    assert figures(sample, seed=1)["crag"] != figures(sample)["crag"]


def alone(n, right):
    """``n`` questions on as many articles, of which ``right`` are answered right."""
    results = []
    for number in range(n):
        id = f"v{number:03}"
        asked = question(answers=("phr 04",), id=id)
        results.append(scored(asked, answered(cited(4 if number < right else 5), id=id)))
    return results


def test_a_rate_of_few_questions_has_wilsons_interval():
    figure = figures(alone(40, 30))["answer_containment"]
    assert (figure.low, figure.high) == wilson_interval(0.75, 40)


def test_a_rate_of_many_questions_is_bootstrapped():
    figure = figures(alone(60, 45))["answer_containment"]
    half = 1.96 * (0.75 * 0.25 / 60) ** 0.5
    assert (figure.low, figure.high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.02)
    assert (figure.low, figure.high) != wilson_interval(0.75, 60)


def test_a_rate_on_which_all_agree_is_not_certain():
    figure = figures(alone(60, 60))["answer_containment"]
    assert (figure.low, figure.high) == wilson_interval(1.0, 60)


def test_an_invariant_that_holds_holds():
    for name in ("verbatim_validity", "grounded_chars"):
        assert figures(alone(40, 30))[name] == Figure(name, 1.0, 40, 1.0, 1.0)


def test_questions_about_one_article_count_as_one():
    results = [scored(question(gold(4), id=f"q{n}"), answered(cited(4 + n % 2), id=f"q{n}")) for n in range(40)]
    found = figures(results)
    assert (found["citation_f1"].low, found["citation_f1"].high) == wilson_interval(0.5, 1)
    assert found["span_word_f1"] == Figure("span_word_f1", 0.5, 40)


def test_resamples_without_any_question_that_can_be_judged_say_nothing():
    wrong = [scored(question(gold(4, id), id=id), answered(cited(9, id), id=id)) for id in "ab"]
    found = figures(wrong + [scored(question(id=f"q{n}"), abstained(id=f"q{n}")) for n in range(30)])
    assert found["accuracy@coverage50"] == Figure("accuracy@coverage50", 0.0, 2, 0.0, 0.0)
    assert found["aurc"] == Figure("aurc", 1.0, 2, 1.0, 1.0)


# --- What must never happen --------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.randoms())
def test_the_order_of_questions_changes_nothing(sample, draw):
    assert figures(draw.sample(sample, len(sample)), resamples=200) == figures(sample, resamples=200)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_abstaining_more_never_lowers_rejection_nor_raises_the_answer_rate(seed, one_threshold, other_threshold):
    questions = many(20, seed=seed % 50)

    def at(threshold):
        draw = random.Random(seed)
        results = []
        for one in questions:
            id, confidence, shown = one.outcome.id, draw.random(), one.outcome.citations or one.outcome.nearest
            act = answered if confidence >= threshold else abstained
            results.append(scored(one.resolved, act(*shown, id=id, confidence=confidence)))
        return figures(results, resamples=10, names=[*rising, *falling, "auroc_right"])

    rising = ("rejection_rate_u", "false_abstention_rate")
    falling = ("answer_rate_a", "false_answer_rate", "citation_recall")
    low, high = (at(threshold) for threshold in sorted((one_threshold, other_threshold)))
    for name in rising:
        if low[name].value is not None:
            assert high[name].value >= low[name].value
    for name in falling:
        if low[name].value is not None:
            assert high[name].value <= low[name].value
    assert high["auroc_right"] == low["auroc_right"]


# --- Baselines ---------------------------------------------------------------------------------------


def test_always_abstaining(sample):
    found = figures(always_abstain(sample), resamples=100)
    assert found["rejection_rate_u"].value == 1.0
    assert found["answer_rate_a"].value == found["citation_f1"].value == 0.0
    share = np.mean([not one.resolved.question.answerable for one in sample])
    assert found["crag"].value == found["abstain_precision"].value == pytest.approx(share)
    assert found["balanced_accuracy"].value == 0.5
    assert found["risk"].value is None


def test_never_abstaining(sample):
    found, before = figures(never_abstain(sample), resamples=100), figures(sample, resamples=100)
    assert found["rejection_rate_u"].value == 0.0
    assert found["answer_rate_a"].value == 1.0
    assert found["risk"].value == pytest.approx(1 - found["crag_raw"].value / 2 - 0.5)
    assert found["abstain_precision"].value is None
    # All that hangs on confidence, or on the search, is the same: there is only no threshold.
    for name in ("aurc", "auroc_right", "brier", "ece", "sentence_ndcg@10", "shown_recall"):
        assert found[name] == before[name]


def test_an_error_is_not_answered_by_never_abstaining():
    failed = scored(question(gold(4)), abstained(error="timed out"))
    assert never_abstain([failed])[0].cause == "error"
    assert always_abstain([failed])[0].cause != "error"
