"""Answer or abstain: the evidence for an answer, from which one calibrated confidence is made (``calibration.py``)."""

import numpy as np

from assistant.retrieve import SIGNALS, Candidates

#: Signals of the best sentence, and the best of a signal anywhere.
UNREAD_EVIDENCE = ("score", *SIGNALS, "best_sentence", "best_words")

#: The same with what the reader says of the best sentence, and its best word on any.
READ_EVIDENCE = (*UNREAD_EVIDENCE, "odds", "best_odds")


def evidence(candidates: Candidates, scores: np.ndarray, odds: np.ndarray | None = None) -> dict[str, float]:
    """The evidence for the best-scored sentence; all zero where there is no candidate."""
    if not len(scores):
        return dict.fromkeys(READ_EVIDENCE, 0.0)
    best = int(scores.argmax())
    found = dict(zip(SIGNALS, candidates.signals[best].tolist(), strict=True))
    found |= {
        "score": float(scores[best]),
        "best_sentence": float(candidates.signals[:, SIGNALS.index("sentence")].max()),
        "best_words": float(candidates.signals[:, SIGNALS.index("passage_words")].max()),
    }
    if odds is not None:
        found |= {"odds": float(odds[best]), "best_odds": float(odds.max())}
    return found
