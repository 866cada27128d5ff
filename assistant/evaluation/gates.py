"""Conditions that a build sets on figures: ``--fail-under NAME=VALUE`` and ``--max-drop NAME=VALUE``.

"Under" and "drop" mean worse: of a figure that is better when lower, ``--fail-under`` is the most it may be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Literal

from assistant.errors import AssistantError, UsageError
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.results import RunFolder
from assistant.evaluation.types import Change, Figure, GateResult

Bound = Literal["point", "ci"]

#: Milliseconds of a question: gated like figures, ``--max-drop`` as a share of the baseline's.
LATENCIES = ("latency_p50", "latency_p95")

#: The share of questions that may fail before nothing can be told.
ERRORS = 0.01

#: What a value may miss its bound by: figures are written with six digits.
TOLERANCE = 1e-9


class NotGateable(AssistantError):
    """No verdict can be given on this run."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure with the least it may be, or the most it may lose against the baseline."""

    name: str
    bound: float
    #: Whether ``bound`` is the most that may be lost.
    drop: bool = False

    @property
    def condition(self) -> str:
        return f"{'max-drop' if self.drop else 'fail-under'} {self.name}={self.bound:g}"


def read_gate(given: str, drop: bool = False) -> Gate:
    """
    :raises UsageError: If ``given`` is not NAME=VALUE with a known name and a number.
    """
    option = f"--{'max-drop' if drop else 'fail-under'} {given}"
    name, _, value = given.partition("=")
    known = (*DIRECTIONS, *LATENCIES)
    if name not in known:
        near = get_close_matches(name, known, 1)
        way_out = f"Did you mean {near[0]}?" if near else "metrics.json of a run names them all"
        raise UsageError(f"{option}: no figure is called '{name}'. {way_out}")
    if DIRECTIONS.get(name) == 0:
        raise UsageError(f"{option}: neither more nor less of {name} is better. Set a gate on another figure")
    try:
        bound = float(value)
    except ValueError:
        bound = float("nan")
    if not isfinite(bound):
        raise UsageError(f"{option}: '{value}' is no number. Write {name}=0.8")
    return Gate(name, bound, drop)


def check_gates(
    gates: Sequence[Gate], run: RunFolder, baseline: RunFolder | None, changes: Sequence[Change], by: Bound = "point"
) -> list[GateResult]:
    """Whether each condition holds; one on a figure that is missing does not.

    :param by: Whether the value must pass, or the worse end of its interval.
    """
    compared = {change.name: change for change in changes}
    results = []
    for gate in gates:
        if _missing(gate, run, baseline):
            results.append(GateResult(gate.condition, False, f"no question bears on {gate.name}"))
        elif gate.drop and baseline:
            results.append(_drop_result(gate, run, baseline, compared.get(gate.name), by))
        else:
            results.append(_level_result(gate, run, by))
    return results


def check_measured(gates: Sequence[Gate], run: RunFolder, baseline: RunFolder | None) -> None:
    """
    :raises UsageError: If the run, or the baseline where it is needed, lacks a figure that a gate is about.
    """
    for gate in gates:
        if missing := _missing(gate, run, baseline):
            raise UsageError(
                f"--{gate.condition}: no question in {missing.path} bears on {gate.name}. Leave that gate out, or add"
                " such questions"
            )


def check_gateable(run: RunFolder) -> None:
    """
    :raises NotGateable: If more than one question in a hundred failed, or a quotation is not in its article.
    """
    if len(run.errors) > ERRORS * len(run.scored):
        first = next(scored.outcome for scored in run.scored if scored.outcome.error)
        raise NotGateable(
            f"{len(run.errors)} of {len(run.scored)} questions failed, so this run tells nothing"
            f" ({first.id}: {first.error}). Mend that and run again"
        )
    altered = [s.outcome.id for s in run.scored if s.measures.get("verbatim_validity") not in (None, 1)]
    if altered:
        raise NotGateable(
            f"a quotation is not in its article word for word in {len(altered)} answers ({altered[0]}). That is a bug"
        )


def _missing(gate: Gate, run: RunFolder, baseline: RunFolder | None) -> RunFolder | None:
    """The run that lacks the figure of ``gate``, if one does."""
    needed = [run, baseline] if gate.drop else [run]
    return next((one for one in needed if one and _figure(gate.name, one).value is None), None)


def _figure(name: str, run: RunFolder) -> Figure:
    if name in LATENCIES:
        total = run.cost["latency_ms"].get("total", {})
        return Figure(name, total.get(name.removeprefix("latency_")), len(run.timings))
    return run.figures.get(name, Figure(name, None, 0))


def _level_result(gate: Gate, run: RunFolder, by: Bound) -> GateResult:
    figure = _figure(gate.name, run)
    direction = _direction(gate)
    worst = figure.low if direction > 0 else figure.high
    judged = _known(figure.value if by == "point" or worst is None else worst)
    passed = direction * (judged - gate.bound) >= -TOLERANCE
    asked = f"at {'least' if direction > 0 else 'most'} {gate.bound:g} is asked{_of(by)}"
    return GateResult(gate.condition, passed, f"{gate.name} is {_shown(figure)}; {asked}")


def _drop_result(gate: Gate, run: RunFolder, baseline: RunFolder, change: Change | None, by: Bound) -> GateResult:
    direction = _direction(gate)
    before, after = (_known(_figure(gate.name, one).value) for one in (baseline, run))
    lost = direction * (before - after)
    if change:
        before, after = change.baseline, change.value
        worst = change.low if direction > 0 else change.high
        lost = -direction * (worst if by == "ci" else change.difference)
    elif gate.name in LATENCIES:
        lost = lost / before if before else 0.0
    asked = f"a loss of at most {gate.bound:g} is asked{_of(by)}"
    message = f"{gate.name} went from {before:.4g} to {after:.4g}; {asked}"
    return GateResult(gate.condition, lost <= gate.bound + TOLERANCE, message)


def _direction(gate: Gate) -> int:
    return DIRECTIONS.get(gate.name, -1)


def _known(value: float | None) -> float:
    assert value is not None, "gates on missing figures are sorted out before"
    return value


def _shown(figure: Figure) -> str:
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.4g} to {figure.high:.4g})"
    return f"{figure.value:.4g}{interval}"


def _of(by: Bound) -> str:
    return "" if by == "point" else " of the worse end of its interval"
