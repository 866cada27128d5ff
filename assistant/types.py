"""The nouns of the program. Every offset counts code points of ``Article.text``; every ``end`` is exclusive."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Literal


@dataclass(frozen=True, slots=True)
class Article:
    """One article, whole. Its text is what is quoted, so nothing may rewrite it after it has been read."""

    #: Stable under a change of content: given by the file, or made from its path or URL.
    id: str
    text: str = field(repr=False)
    title: str = ""
    #: The publication, as shown to people ("AFP", "Le Monde").
    source: str = ""
    #: The original on the web, http(s) or empty.
    url: str = ""
    author: str = ""
    published: date | None = None
    #: ISO 639-1 code, or None where nothing was said and nothing could be told.
    language: str | None = None
    #: The file the article came from, with "#record" behind it where a file holds several.
    origin: str = ""
    #: Who may read it: members of any of these groups; without any, everyone.
    groups: frozenset[str] = frozenset()

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything a reader can see, and who may: when it changes, the article has changed."""
        published = self.published.isoformat() if self.published else ""
        told = (self.text, self.title, self.source, self.url, self.author, published, self.language or "")
        seen = (*told, *sorted(self.groups))
        return sha256("\0".join(seen).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or one record of a file, that could not be read, and why."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """``article.text[start:end]``: a view, so a quotation can never differ from its source."""

    article: Article = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Sentence(Span):
    """The unit of citation."""

    #: From 1 within its article: the anchor ``#s{number}``.
    number: int
    #: From 0 within its article: sentences of one paragraph share it.
    paragraph: int


@dataclass(frozen=True, slots=True)
class Passage(Span):
    """The unit of retrieval: a run of whole sentences."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question."""

    passage: Passage
    #: Higher is better; comparable within one list only.
    score: float
    #: From 1.
    rank: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who says something."""

    #: In full where the article has it; else as it is described there.
    name: str
    #: Whether the article keeps the name to itself.
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class TimeExpression:
    """Words of a text that say when, ``text[start:end]``."""

    start: int
    end: int
    #: First and last day, inclusive; None where it is open on that side, both where it cannot be told.
    earliest: date | None
    latest: date | None
    #: Whether it says nothing without a day of reference.
    relative: bool

    @property
    def is_resolved(self) -> bool:
        return self.earliest is not None or self.latest is not None


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence shown to people under a number, from 1 in order of first use."""

    number: int
    sentence: Sentence
    #: The sentence before it in the article, where this one alone leaves open who or what it is about.
    before: Sentence | None = None
    #: Whose words the article says they are.
    speaker: Speaker | None = None
    #: What its relative time expressions stand for; offsets into the article's text.
    times: tuple[TimeExpression, ...] = ()
    #: Start and end in the article's text of the words that answer, inside the sentence.
    answering: tuple[int, int] | None = None
    #: Other articles that are copies of this one, the oldest first.
    copies: tuple[Article, ...] = ()


#: In what statements that answer one question differ.
Matter = Literal["number", "date", "polarity"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Statements of an answer that cannot all hold at once, or no longer do."""

    matter: Matter
    #: Of the citations that differ, the newest article first.
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer; in extractive answers its text is that of the sentence it cites."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence considered for an answer."""

    sentence: Sentence
    #: Higher is better; comparable within one list only.
    score: float
    #: From 1.
    rank: int


@dataclass(frozen=True, slots=True)
class Signal:
    """A piece of evidence that an answer is right, and what it is worth."""

    name: str
    value: float
    #: Log-odds for each unit above the usual value, which is the mean on the development mix.
    weight: float
    usual: float

    @property
    def log_odds(self) -> float:
        """What it adds to the log-odds of the confidence; negative where it tells against the answer."""
        return self.weight * (self.value - self.usual)


#: "unsure": the confidence is below the threshold; "empty": nothing was found.
Outcome = Literal["answered", "unsure", "empty"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sentence was chosen, or why nothing was answered."""

    outcome: Outcome
    #: The confidence below which nothing is answered, and the wrong answers in a hundred it was chosen for.
    threshold: float
    risk: int
    #: Whether the reader was asked; it is not where the other signals leave no doubt.
    read: bool
    #: Log-odds of the confidence where every signal is as usual; the signals' add to it.
    intercept: float
    #: The most telling first.
    signals: tuple[Signal, ...]
    best: RankedSentence | None
    #: The best sentence that was not shown and says something else than those that were.
    runner_up: RankedSentence | None


#: What kind of answer a question asks for; "polar" is yes or no.
Shape = Literal["who", "when", "where", "number", "polar", "why", "list", "definition"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is shown for a question: statements with citations, or none of them and the nearest sentences."""

    question: str
    #: Of the question, ISO 639-1.
    language: str
    statements: tuple[Statement, ...]
    #: Between 0 and 1, comparable across questions, present when abstaining too.
    confidence: float
    #: When abstaining: sentences offered as "not an answer", best first.
    nearest: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    #: The question with what an earlier one contributed, or None where it stands alone.
    understood_as: str | None = None
    #: What kind of answer the question asks for, where a rule tells.
    shape: Shape | None = None
    disagreement: Disagreement | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    #: Where it was asked for.
    explanation: Explanation | None = None

    @property
    def abstained(self) -> bool:
        return not self.statements

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation once, by number."""
        used = {citation.number: citation for statement in self.statements for citation in statement.citations}
        return tuple(used[number] for number in sorted(used))

    @property
    def text(self) -> str:
        """The answer as one string, ``[n]`` behind each statement; empty when abstaining."""
        return " ".join(
            statement.text + "".join(f" [{citation.number}]" for citation in statement.citations)
            for statement in self.statements
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """What several articles say of a subject."""

    #: Its question is the subject; the best sentence of each article, the oldest article first.
    answer: Answer
    #: What it may be worded from: these sentences and others of their articles, in the same order.
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer with the rankings it was chosen from."""

    answer: Answer
    #: The confidence below which nothing is answered.
    threshold: float
    #: Best first, deeper than the hits of the answer.
    passages: tuple[Hit, ...]
    #: Best first.
    sentences: tuple[RankedSentence, ...]


@dataclass(frozen=True, slots=True)
class CorpusFacts:
    """What there is to ask about."""

    articles: int
    passages: int
    sentences: int
    #: Publication date of the newest article, None where no article has one.
    newest: date | None
    #: ISO 639-1 codes, the most frequent first.
    languages: tuple[str, ...]
    #: Name of the index being served, None while there is none.
    generation: str | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles a reader wants to see; what is left empty leaves none out."""

    #: As typed; all of them are in the title or the text.
    words: str = ""
    #: First and last day of publication.
    since: date | None = None
    until: date | None = None
    source: str = ""
    #: ISO 639-1.
    language: str = ""


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list, with the sentence that shows best why it is there."""

    article: Article
    #: One with the words looked for, else the first; None where the article has no sentence.
    sentence: Sentence | None
    #: Ranges of the title and of the sentence's text that are words looked for.
    title_marks: tuple[tuple[int, int], ...] = ()
    sentence_marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of the articles that a selection holds."""

    articles: tuple[ListedArticle, ...]
    #: How many the selection holds in all.
    total: int


@dataclass(frozen=True, slots=True)
class Progress:
    """An ingest under way."""

    #: Articles.
    done: int
    total: int
