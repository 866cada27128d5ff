"""Conditions on figures: which hold, which are refused, and when no verdict can be given."""

from dataclasses import replace

import pytest
from answering import QUESTIONS, SharedWords, run_into

from assistant.errors import UsageError
from assistant.evaluation.gates import NotGateable, check_gateable, check_gates, check_measured, read_gate
from assistant.evaluation.types import Change, Figure


@pytest.fixture(scope="module")
def summed(tmp_path_factory):
    return run_into(tmp_path_factory.mktemp("gates") / "run")


def with_figures(run, *figures):
    return replace(run, figures={figure.name: figure for figure in figures})


def passed(given, run, drop=False, baseline=None, changes=(), by="point"):
    (result,) = check_gates([read_gate(given, drop)], run, baseline, changes, by)
    return result.passed


@pytest.mark.parametrize(
    ("given", "holds", "holds_surely"),
    [
        ("citation_f1=0.8", True, False),
        ("citation_f1=0.7", True, True),
        ("citation_f1=0.81", False, False),
        ("citation_f1=0.800000001", True, False),  # six digits are written
        ("false_answer_rate=0.1", True, False),
        ("false_answer_rate=0.15", True, True),
        ("false_answer_rate=0.09", False, False),
    ],
)
def test_under_means_worse(summed, given, holds, holds_surely):
    run = with_figures(
        summed,
        Figure("citation_f1", 0.8, 200, 0.75, 0.85),
        Figure("false_answer_rate", 0.1, 200, 0.06, 0.14),
    )
    assert passed(given, run) is holds
    assert passed(given, run, by="ci") is holds_surely


def test_a_message_has_the_value_and_the_bound(summed):
    run = with_figures(summed, Figure("citation_f1", 0.8, 200, 0.75, 0.85))
    (result,) = check_gates([read_gate("citation_f1=0.9")], run, None, ())
    assert result.condition == "fail-under citation_f1=0.9"
    assert result.message == "citation_f1 is 0.8 (0.75 to 0.85); at least 0.9 is asked"


def test_a_drop_is_a_loss_on_the_questions_of_both(summed):
    change = Change("citation_f1", 0.8, 0.77, 100, -0.05, -0.01, 0.01, 0.01, 1, 90, 9)
    run, baseline = (
        with_figures(summed, Figure("citation_f1", 0.9, 120)),
        with_figures(summed, Figure("citation_f1", 0.8, 100)),
    )
    assert passed("citation_f1=0.03", run, True, baseline, [change])
    assert not passed("citation_f1=0.02", run, True, baseline, [change])
    assert not passed("citation_f1=0.03", run, True, baseline, [change], by="ci")
    assert passed("citation_f1=0.05", run, True, baseline, [change], by="ci")


def test_a_drop_of_a_figure_that_is_better_when_lower_is_a_rise(summed):
    run, baseline = with_figures(summed, Figure("aurc", 0.12, 100)), with_figures(summed, Figure("aurc", 0.1, 100))
    assert passed("aurc=0.02", run, True, baseline)
    assert not passed("aurc=0.01", run, True, baseline)
    assert passed("aurc=0", baseline, True, run)


def test_latency_is_gated_by_its_value_or_as_a_share_of_the_baseline(summed):
    def taking(p95):
        return replace(summed, cost={"latency_ms": {"total": {"p50": 10.0, "p95": p95, "max": p95}}})

    assert passed("latency_p95=120", taking(120.0))
    assert not passed("latency_p95=100", taking(120.0))
    assert passed("latency_p95=0.2", taking(120.0), True, taking(100.0))
    assert not passed("latency_p95=0.1", taking(120.0), True, taking(100.0))


def test_a_missing_figure_is_refused_and_never_holds(summed):
    gates = [read_gate("distractor_hit_rate=0.5"), read_gate("citation_f1=0.1")]
    results = check_gates(gates, summed, None, ())
    assert [result.passed for result in results] == [False, True]
    with pytest.raises(UsageError, match=r"no question in .* bears on distractor_hit_rate"):
        check_measured(gates, summed, None)
    check_measured(gates[1:], summed, None)


def test_the_baseline_must_have_the_figure_too(summed):
    gates = [read_gate("citation_f1=0.1", drop=True)]
    lacking = with_figures(summed, Figure("citation_f1", None, 0))
    assert not check_gates(gates, summed, lacking, ())[0].passed
    with pytest.raises(UsageError, match="bears on citation_f1"):
        check_measured(gates, summed, lacking)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("citation_f2=0.8", "Did you mean citation_f1?"),
        ("disagreement_told=0.1", "neither more nor less of disagreement_told is better"),
        ("qqqqqq=0.8", "metrics.json"),
        ("citation_f1", "'' is no number"),
        ("citation_f1=high", "'high' is no number"),
        ("citation_f1=nan", "'nan' is no number"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(given, told):
    with pytest.raises(UsageError) as refused:
        read_gate(given)
    assert told in str(refused.value)
    assert refused.value.exit_code == 2


def test_no_verdict_where_questions_failed(tmp_path):
    with pytest.raises(NotGateable, match=r"1 of 5 questions failed.*séisme: RuntimeError") as refused:
        check_gateable(run_into(tmp_path / "failing", SharedWords(failing=["séisme"])))
    assert refused.value.exit_code == 3


def test_one_failure_in_a_hundred_is_borne(tmp_path):
    questions = [replace(QUESTIONS[2], id=f"q{n}") for n in range(100)] + [replace(QUESTIONS[1], id="failing")]
    check_gateable(run_into(tmp_path, SharedWords(failing=["séisme"]), questions))


def test_no_verdict_where_a_quotation_is_altered(tmp_path):
    with pytest.raises(NotGateable, match="word for word in 4 answers"):
        check_gateable(run_into(tmp_path, SharedWords(altered=True)))


def test_a_sound_run_is_gateable(summed):
    check_gateable(summed)
