"""The fitted numbers: how signals add up to a score, and what a score is worth.

``benchmarks/calibrate.py`` fits them and writes ``calibration.json``; a person can read every one of them there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any

from assistant.errors import UsageError
from assistant.types import Signal


@dataclass(frozen=True, slots=True)
class Weight:
    """What a piece of evidence is worth."""

    #: Log-odds for each unit above the usual value.
    slope: float
    #: The mean on the development mix.
    usual: float


@dataclass(frozen=True, slots=True)
class Decision:
    """When to answer, and with how many sentences."""

    #: By name of the evidence (``decide.evidence``), in a logistic model.
    weights: Mapping[str, Weight]
    #: Log-odds where every piece of evidence is as usual.
    intercept: float
    #: Least confidence for an answer, by the wrong ones in a hundred given on the development mix.
    thresholds: Mapping[int, float]
    #: A second or third sentence is shown if its score is at most this far below the first one's.
    margin: float

    def signals(self, evidence: Mapping[str, float]) -> tuple[Signal, ...]:
        """What each piece of evidence adds, the most telling first."""
        found = [Signal(name, evidence[name], w.slope, w.usual) for name, w in self.weights.items()]
        return tuple(sorted(found, key=lambda signal: -abs(signal.log_odds)))

    def confidence_of(self, evidence: Mapping[str, float]) -> float:
        """The calibrated probability that an answer made of the best sentences is right."""
        total = self.intercept + sum(signal.log_odds for signal in self.signals(evidence))
        return 1 / (1 + exp(-max(-50.0, min(50.0, total))))

    def threshold(self, risk: int) -> float:
        """
        :raises UsageError: If nothing is known about that risk.
        """
        if risk not in self.thresholds:
            known = ", ".join(str(known) for known in self.thresholds)
            raise UsageError(f"setting 'risk' has value {risk}. It takes one of {known}: wrong answers in a hundred.")
        return self.thresholds[risk]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights by signal name (``retrieve.SIGNALS``), and the decisions without and with the reader."""

    #: Of a sentence, by signal.
    sentence: Mapping[str, float]
    #: Of a passage, beside the score of its best sentence.
    passage: Mapping[str, float]
    #: Of the reader's log-odds, beside the score of the sentence.
    odds: float
    unread: Decision
    read: Decision
    #: What the numbers were fitted on, with the figures reached there.
    fitted_on: Mapping[str, Any]


@cache
def load_calibration() -> Calibration:
    """The one shipped with the package."""
    fitted = json.loads(files("assistant").joinpath("calibration.json").read_text(encoding="utf-8"))
    return Calibration(**fitted | {name: _decision(**fitted[name]) for name in ("unread", "read")})


def _decision(weights: dict[str, Any], intercept: float, thresholds: dict[str, float], margin: float) -> Decision:
    return Decision(
        weights={name: Weight(**weight) for name, weight in weights.items()},
        intercept=intercept,
        thresholds={int(risk): threshold for risk, threshold in thresholds.items()},
        margin=margin,
    )
