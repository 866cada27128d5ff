"""What happens while an answer is worded: extractive, waiting, worded …, ended. Nothing is ever taken back."""

from dataclasses import dataclass
from typing import Literal

from assistant.generate.faults import Code
from assistant.generate.verify import Reason
from assistant.types import Answer, Statement


@dataclass(frozen=True, slots=True)
class Extractive:
    """The answer from the articles: shown at once, and what stays if no other comes."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model has been asked."""

    model: str


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence of the model with the sentences that support it.

    Its citations are numbered for the worded answer, from 1 in order of first use.
    """

    statement: Statement
    #: Why nothing supports it; then it has no citations, and comes in the mode ``mark`` only.
    reasons: tuple[Reason, ...] = ()

    @property
    def verified(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event."""

    #: The worded answer of all verified sentences; without one, the extractive answer stands.
    answer: Answer | None
    #: Why there is none, or why it is not whole.
    fault: Code | None
    retryable: bool
    #: Sentences of the model that were not shown as verified.
    withheld: int
    timings_ms: dict[str, float]

    @property
    def mode(self) -> Literal["generative", "extractive"]:
        return "generative" if self.answer else "extractive"


Event = Extractive | Waiting | Worded | Ended
