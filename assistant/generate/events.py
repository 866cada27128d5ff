"""What happens while an answer is worded: extractive, waiting, worded …, glossed …, ended.

Nothing is taken back, but for an abstention from a question that the model then says in other words: understood, with
the answer to that, comes before the words.
"""

from dataclasses import dataclass
from typing import Literal

from assistant.generate.faults import Code
from assistant.generate.verify import Reason
from assistant.types import Answer, Citation, Statement


@dataclass(frozen=True, slots=True)
class Extractive:
    """The answer from the articles: shown at once, and what stays if no other comes."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Waiting:
    """The model has been asked."""

    model: str


@dataclass(frozen=True, slots=True)
class Understood:
    """The answer from the articles to the question as the model understands it, in place of the abstention."""

    answer: Answer


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
class Glossed:
    """A quotation of the answer from the articles in the language of the question: by the model, and verified."""

    #: As the answer from the articles numbers it.
    citation: Citation
    text: str


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


Event = Extractive | Waiting | Understood | Worded | Glossed | Ended
