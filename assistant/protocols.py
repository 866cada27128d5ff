"""What the faces of the assistant (HTTP, page, command line) ask of the engine behind them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from assistant.news.quotes import FoundQuote
from assistant.types import Answer, Article, CorpusFacts, Digest, Listing, Progress, Selection, Sentence


class Engine(Protocol):
    """Answers questions from an index; every method may be called from any thread."""

    def seen_by(self, groups: frozenset[str]) -> "Engine":
        """The same engine for a member of ``groups``: as if the index held no articles that they may not read."""

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        *,
        explain: bool = False,
        as_of: date | None = None,
    ) -> Answer:
        """Answer ``question``; ``history`` holds the earlier questions of the conversation, oldest first.

        With ``explain`` the answer also tells why it was chosen, or why there is none. ``as_of`` is the day that
        "last week" and "the latest" are read against, today if it is not given.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """

    def digest(
        self,
        subject: str,
        language: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        only: Iterable[str] | None = None,
    ) -> Digest:
        """The best sentence of each of at most five articles that speak of ``subject``, the oldest first.

        ``since`` and ``until`` are the first and last day that they may be from; with ``only``, these articles are
        summed up, whatever they speak of.

        :raises UsageError: If the subject is empty or too long, or the last day is before the first.
        :raises IndexUnusable: If there is no index yet.
        """

    def find_quote(self, quotation: str) -> FoundQuote:
        """Where a quotation comes from, and whether it stands there word for word.

        :raises UsageError: If it is too long, or has no word that tells anything.
        :raises IndexUnusable: If there is no index yet.
        """

    def article(self, article_id: str) -> Article | None:
        """The stored article, or None where there is none of that id."""

    def sentences(self, article_id: str) -> list[Sentence]:
        """The sentences of an article in order; empty for an unknown id."""

    def neighbours(self, article: Article) -> tuple[Article | None, Article | None]:
        """The articles before and after one, by date and then by id; those without a date come last."""

    def browse(self, selection: Selection, reader_language: str, by_date: bool, start: int, count: int) -> Listing:
        """Articles ``start`` to ``start + count`` of a selection, newest first or, where it has words, best first.

        :raises IndexUnusable: If there is no index yet.
        """

    def sources(self, count: int) -> list[str]:
        """The ``count`` sources that most articles are from, the most frequent first."""

    def facts(self) -> CorpusFacts: ...

    def refusal(self) -> str | None:
        """Why the index that should be used is not, or None."""

    def progress(self) -> Progress | None:
        """The ingest under way, or None."""

    def sample_questions(self, language: str) -> list[str]:
        """Up to three questions that the corpus can answer, in ``language``."""
