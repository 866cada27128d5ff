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


@dataclass(frozen=True, slots=True)
class Decision:
    """When to answer, and with how many sentences."""

    #: Weights of the evidence for an answer (``decide.evidence``) in a logistic model.
    confidence: Mapping[str, float]
    intercept: float
    #: Least confidence for an answer.
    threshold: float
    #: A second or third sentence is shown if its score is at most this far below the first one's.
    margin: float

    def confidence_of(self, evidence: Mapping[str, float]) -> float:
        """The calibrated probability that an answer made of the best sentences is right."""
        total = self.intercept + sum(weight * evidence[name] for name, weight in self.confidence.items())
        return 1 / (1 + exp(-max(-50.0, min(50.0, total))))


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
    #: The share of wrong answers among those given that the thresholds were chosen for.
    risk: float
    #: What the numbers were fitted on, with the figures reached there.
    fitted_on: Mapping[str, Any]


@cache
def load_calibration() -> Calibration:
    """The one shipped with the package."""
    fitted = json.loads(files("assistant").joinpath("calibration.json").read_text(encoding="utf-8"))
    return Calibration(**fitted | {name: Decision(**fitted[name]) for name in ("unread", "read")})
