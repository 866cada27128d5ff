"""Answer or abstain: the evidence for an answer, from which one calibrated confidence is made (``calibration.py``).

Few signals on purpose: with more of them, or with trees, the confidence says less on sets it was not fitted on
(docs/quality.md).
"""

from math import log10

import numpy as np

from assistant.retrieve import SIGNALS, Candidates

#: Of the best sentence: its score by its signals alone, the question's words in its passage, whether its article is
#: in another language; and the decimal logarithm of the number of passages searched.
UNREAD_EVIDENCE = ("score", "passage_words", "foreign", "searched")

#: The same with the reader's best word on any sentence: log-odds against "none of these".
READ_EVIDENCE = (*UNREAD_EVIDENCE, "reader")


def evidence(
    candidates: Candidates, signal_scores: np.ndarray, scores: np.ndarray, odds: np.ndarray | None = None
) -> dict[str, float]:
    """The evidence for the best sentence by ``scores``; all zero where there is no candidate.

    ``signal_scores`` are those without the reader's ``odds``.
    """
    if not len(scores):
        return dict.fromkeys(READ_EVIDENCE, 0.0)
    best = int(scores.argmax())
    signals = dict(zip(SIGNALS, candidates.signals[best].tolist(), strict=True))
    found = {name: signals[name] for name in ("passage_words", "foreign")}
    found |= {"score": float(signal_scores[best]), "searched": log10(candidates.searched)}
    return found if odds is None else found | {"reader": float(odds.max())}
