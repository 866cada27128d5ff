"""A question with its candidates: what ``candidates`` keeps and ``measure`` reads."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Sought:
    """A question with what would be right."""

    question: str
    language: str | None
    #: "answerable", or why not: "far", "near", "adversarial".
    kind: str
    answers: tuple[str, ...] = ()
    articles: frozenset[str] = frozenset()
    #: Where known, the sentences rather than the answers: (article, quotation).
    quotes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A question with its candidates; ``n`` sentences, of which those of the best passages come with their text."""

    sought: Sought
    #: Cheap signals (n, signals), and the score the assistant makes of them (n,).
    signals: np.ndarray
    scores: np.ndarray
    right: np.ndarray
    #: The best passages: title, sentences, and where among the candidates those are.
    passages: list[tuple[str, list[str], np.ndarray]]
