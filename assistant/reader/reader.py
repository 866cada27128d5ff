"""What every reader does: a question and passages into log-odds of their sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of one passage. ``exp`` of all numbers together, divided by their sum, is a chance."""

    #: A logit a sentence, shape (number of sentences,).
    sentences: Floats
    #: The logit of "none of these sentences"; ``sentences - none`` compares across passages.
    none: float

    @property
    def odds(self) -> Floats:
        """Log-odds of each sentence against none, shape (number of sentences,)."""
        return self.sentences - np.float32(self.none)


class Reader(Protocol):
    """Threads may share one."""

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        """One reading a passage, which is a title (or "") and sentences."""
