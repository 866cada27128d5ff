"""What can go wrong with a language model's server, each with a code, a sentence for readers, and whether it passes."""

from dataclasses import dataclass
from typing import Literal, get_args

from assistant.generate.language import language_of

Code = Literal[
    "llm_unreachable",
    "llm_not_api",
    "llm_auth",
    "llm_model_missing",
    "llm_rate_limited",
    "llm_loading",
    "llm_failed",
    "llm_refused",
    "llm_timeout",
    "llm_interrupted",
    "llm_context",
    "llm_empty",
    "llm_loop",
    "llm_language",
    "llm_unverified",
    "llm_no_answer",
    "llm_one_article",
    "llm_busy",
    "llm_paused",
]
CODES: tuple[Code, ...] = get_args(Code)

#: What another try a little later may mend.
RETRYABLE = frozenset(["llm_unreachable", "llm_rate_limited", "llm_loading", "llm_failed", "llm_timeout"])
#: What leaves the server alone for a while when it happens again and again.
CONNECTION = frozenset(["llm_unreachable", "llm_timeout", "llm_loading"])
#: What is wrong with what the model wrote, while its server does well.
WRITTEN = frozenset(["llm_empty", "llm_loop", "llm_language", "llm_unverified", "llm_no_answer", "llm_one_article"])


@dataclass
class Fault(Exception):
    """Why a model's answer is not there, or not whole."""

    code: Code
    #: What the server said, for the log only: it may hold anything.
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code

    @property
    def retryable(self) -> bool:
        return self.code in RETRYABLE


def message(code: Code, language: str) -> str:
    """What a reader is told, in French or English."""
    return language_of(language).faults[code]
