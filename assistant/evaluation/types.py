"""The nouns of an evaluation. Offsets count code points of an article's text; every ``end`` is exclusive.

A file of reference questions is read into :class:`ReferenceQuestion`, resolved against a corpus into
:class:`ResolvedQuestion`, answered into :class:`Outcome`, scored into :class:`Scored`, summed up as :class:`Figure`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in the corpus that supports an answer, as an editor names it."""

    #: Id, file name, URL or title.
    article: str
    #: The words that support the answer; empty where the article as a whole is meant.
    quote: str = ""
    #: Where the editor's tool knew them; the quote wins where they disagree.
    start: int | None = None
    end: int | None = None
    #: Graded relevance, as in qrels; 1 where nobody graded.
    grade: int = 1


@dataclass(frozen=True, slots=True)
class ReferenceQuestion:
    """One question with what would be right."""

    question: str
    #: Unique within its file; made from the question where none was given.
    id: str
    #: Where it stands in its file, as people find it: ``questions.csv, row 7``.
    origin: str = ""
    #: ISO 639-1, or None where it was not said.
    language: str | None = None
    #: Whether the corpus holds an answer.
    answerable: bool = True
    #: Wordings of the answer, any of them right.
    answers: tuple[str, ...] = ()
    #: Things an answer must say, all of them; each with its wordings.
    facts: tuple[tuple[str, ...], ...] = ()
    #: Places needed, all of them; each with its alternatives, any of which will do.
    evidence: tuple[tuple[Evidence, ...], ...] = ()
    #: Wrong answers that must not be given.
    forbidden: tuple[str, ...] = ()
    #: Wrong answers that the corpus suggests (of an unanswerable question).
    plausible: tuple[str, ...] = ()
    #: ``near_miss``, ``out_of_corpus``…; empty where it was not said.
    why_unanswerable: str = ""
    #: The day the question is asked on.
    as_of: date | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    #: Earlier questions of the conversation, oldest first.
    history: tuple[str, ...] = ()
    #: Id of the question this one is a variant of.
    variant_of: str | None = None
    #: ``qui``, ``quand``, ``où``, ``combien``…; empty where it was not said.
    type: str = ""
    tags: tuple[str, ...] = ()
    #: ``dev``, ``test`` or empty.
    split: str = ""
    weight: float = 1.0
    #: Whether an editor doubts what is said to be right: asked, listed, kept out of the figures.
    disputed: bool = False
    note: str = ""
    author: str = ""
    validated_at: date | None = None
    #: A long reference answer, for ROUGE-L only.
    reference: str = ""


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Evidence found in the corpus."""

    #: Id of the article.
    article: str
    start: int
    end: int
    #: Whether the article as a whole is meant: there is no gold passage or sentence then.
    whole: bool = False
    grade: int = 1


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A reference question with its evidence found in the corpus, or with why it can't be used."""

    question: ReferenceQuestion
    #: As in ``ReferenceQuestion.evidence``: all groups are needed, any span of a group will do.
    gold: tuple[tuple[GoldSpan, ...], ...] = ()
    #: Sentences about evidence that was found only nearly, or elsewhere than said.
    warnings: tuple[str, ...] = ()
    #: Why this question is left out of the figures; empty where it is not.
    invalid: str = ""

    @property
    def articles(self) -> frozenset[str]:
        """Ids of every gold article."""
        return frozenset(span.article for group in self.gold for span in group)

    @property
    def has_spans(self) -> bool:
        """Whether there is gold below the article: a quote was given for every group."""
        return bool(self.gold) and not any(span.whole for group in self.gold for span in group)


@dataclass(frozen=True, slots=True)
class RankedSpan:
    """A passage or a sentence in a ranking: best first, equal scores by article and start."""

    article: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """A sentence shown to the reader under a citation, with the words that were shown."""

    article: str
    start: int
    end: int
    shown: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is told beside a sentence shown."""

    #: The words of it that are marked as the answer; None where none are.
    answering: str | None = None
    #: Whose words it is said to be; None where nobody is named.
    speaker: str | None = None
    #: Time expressions that are explained.
    times: int = 0
    #: Other articles with the same text, which are not shown for it.
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assistant did with one question."""

    id: str
    abstained: bool = True
    #: Before the threshold, so it is there when abstaining too.
    confidence: float = 0.0
    threshold: float = 0.0
    passages: tuple[RankedSpan, ...] = ()
    sentences: tuple[RankedSpan, ...] = ()
    #: In the order of the answer; empty when abstaining.
    citations: tuple[CitedSpan, ...] = ()
    #: When abstaining: what was offered as nearest.
    nearest: tuple[CitedSpan, ...] = ()
    #: The text of the answer without its ``[n]``; empty when abstaining.
    shown: str = ""
    #: A short answer highlighted within a statement, where the assistant marks one; None where it does not.
    highlight: str | None = None
    understood_as: str | None = None
    #: What kind of answer the question asks for, where a rule tells.
    shape: str | None = None
    #: Of each citation, in their order.
    told: tuple[Told, ...] = ()
    #: In what the sentences shown are said to differ; None where nothing is said.
    disagreement: str | None = None
    #: One line on what went wrong; None where nothing did.
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A question, what the assistant did with it, and the measures of that."""

    resolved: ResolvedQuestion
    outcome: Outcome
    #: By name; None where a measure does not apply to this question.
    measures: Mapping[str, float | None]
    #: Why the outcome is not right (``causes.CAUSES``), or None where it is.
    cause: str | None = None

    @property
    def cluster(self) -> str:
        """Questions about one article hang together; so do the variants of one question."""
        question = self.resolved.question
        return min(self.resolved.articles, default=question.variant_of or question.id)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over questions, with how sure it is."""

    name: str
    #: None where no question bears on it.
    value: float | None
    #: Questions that bear on it.
    n: int
    #: 95 % interval; None where there is none to tell.
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """How well one part of the assistant does on a labelled set of its own."""

    name: str
    #: Labelled cases.
    cases: int
    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True, slots=True)
class Change:
    """A figure against a baseline, over the questions of both."""

    name: str
    baseline: float
    value: float
    n: int
    #: 95 % interval of the difference, by paired bootstrap.
    low: float
    high: float
    #: Of a paired permutation test, and after Holm's correction over the figures compared.
    p: float
    p_corrected: float
    wins: int
    ties: int
    losses: int

    @property
    def difference(self) -> float:
        return self.value - self.baseline

    @property
    def distinguishable(self) -> bool:
        return self.p_corrected < 0.05


@dataclass(frozen=True, slots=True)
class GateResult:
    """One condition on a figure, and whether it holds."""

    #: As given: ``citation_f1=0.8``, ``max-drop citation_f1=0.02``.
    condition: str
    passed: bool
    #: One sentence with the value found.
    message: str
