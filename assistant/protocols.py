"""What the faces of the assistant (HTTP, page, command line) ask of the engine behind them."""

from collections.abc import Sequence
from typing import Protocol

from assistant.types import Answer, Article, CorpusFacts, Progress, Sentence


class Engine(Protocol):
    """Answers questions from an index; every method may be called from any thread."""

    def ask(self, question: str, history: Sequence[str] = (), language: str | None = None) -> Answer:
        """Answer ``question``; ``history`` holds the earlier questions of the conversation, oldest first.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """

    def article(self, article_id: str) -> Article | None:
        """The stored article, or None where there is none of that id."""

    def sentences(self, article_id: str) -> list[Sentence]:
        """The sentences of an article in order; empty for an unknown id."""

    def facts(self) -> CorpusFacts: ...

    def progress(self) -> Progress | None:
        """The ingest under way, or None."""

    def sample_questions(self, language: str) -> list[str]:
        """Up to three questions that the corpus can answer, in ``language``."""
