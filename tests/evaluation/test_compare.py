"""A run against another: a change that is there is flagged, one that is not is not."""

import random
from dataclasses import replace

import pytest
from answering import QUESTIONS, SharedWords, run_into

from assistant.evaluation.compare import changes, check_comparable, compare, regressions
from assistant.evaluation.gates import NotGateable
from assistant.evaluation.types import Outcome, ReferenceQuestion, ResolvedQuestion, Scored


def scored(id, **measures):
    return Scored(ResolvedQuestion(ReferenceQuestion(id, id)), Outcome(id), measures)


def rates(before, after, count, seed, name="answer_containment"):
    """Pairs whose first is right with chance ``before``, and whose second differs from it with chance ``after``."""
    chance = random.Random(seed)
    pairs = []
    for n in range(count):
        value = float(chance.random() < before)
        other = float(chance.random() < after(value))
        pairs.append((scored(f"q{n}", **{name: value}), scored(f"q{n}", **{name: other})))
    return pairs


def test_a_regression_is_flagged():
    (change,) = changes(rates(0.8, lambda value: 0.75 if value else 0.05, 300, seed=1), ["answer_containment"], 0)
    assert change.distinguishable
    assert change.high < 0
    assert regressions([change]) == [change]


def test_of_a_figure_that_is_better_when_lower_a_fall_is_no_regression():
    (change,) = changes(
        rates(0.8, lambda value: 0.7 if value else 0.05, 300, 1, "false_answer_rate"), ["false_answer_rate"], 0
    )
    assert change.distinguishable
    assert regressions([change]) == []


def test_chance_is_seldom_flagged():
    flagged = 0
    for seed in range(200):
        pairs = rates(0.7, lambda value: 0.9 if value else 0.1 * 7 / 3, 100, seed)
        (change,) = changes(pairs, ["answer_containment"], 0)
        flagged += change.distinguishable
    assert flagged <= 10  # 5 % of 200


def test_several_figures_are_corrected_for_being_several():
    pairs = [
        (scored(f"q{n}", a=0.0, b=float(n % 2), c=1.0), scored(f"q{n}", a=float(n < 6), b=float(n % 2), c=1.0))
        for n in range(40)
    ]
    a, b, c = changes(pairs, ["a", "b", "c"], 0)
    assert a.p == pytest.approx(2 / 64)
    assert a.p_corrected == pytest.approx(3 * 2 / 64)
    assert not a.distinguishable
    assert (b.p, c.p) == (1, 1)
    assert (a.wins, a.ties, a.losses) == (6, 34, 0)


def test_figures_that_no_pair_has_are_left_out():
    pairs = [(scored("q", a=1.0, b=None), scored("q", a=1.0, b=1.0))]
    assert [change.name for change in changes(pairs, ["a", "b", "c"], 0)] == ["a"]
    assert changes([], ["a"], 0) == []


def test_a_run_does_not_differ_from_itself(tmp_path):
    run = run_into(tmp_path)
    found = compare(run, run)
    assert {change.name for change in found} >= {"citation_f1", "answer_containment", "crag"}
    assert all(change.difference == 0 and not change.distinguishable for change in found)


def test_only_questions_of_both_are_compared(tmp_path):
    run = run_into(tmp_path / "a")
    fewer = run_into(tmp_path / "b", SharedWords(least=99), [*QUESTIONS[:2], replace(QUESTIONS[2], disputed=True)])
    change = next(change for change in compare(fewer, run) if change.name == "answer_rate_a")
    assert (change.n, change.baseline, change.value) == (2, 1, 0)
    assert change.losses == 2


def test_runs_without_a_common_question_are_not_compared(tmp_path):
    with pytest.raises(NotGateable, match="no question in common"):
        compare(run_into(tmp_path / "a", questions=QUESTIONS[:2]), run_into(tmp_path / "b", questions=QUESTIONS[2:]))


def test_other_questions_or_articles_are_no_baseline(tmp_path):
    run, other = run_into(tmp_path / "a"), run_into(tmp_path / "b", questions=QUESTIONS[:4])
    with pytest.raises(NotGateable, match=r"questions\.count: 4 and 5.*--allow-different") as refused:
        check_comparable(run.manifest["identity"], other)
    assert refused.value.exit_code == 3
    settings = run_into(tmp_path / "c", settings={"threshold": 0.2})
    check_comparable(run.manifest["identity"], settings)
