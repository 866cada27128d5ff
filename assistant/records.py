"""The answer object: one schema for HTTP, the stream, the command line and exports."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.types import (
    Answer,
    Article,
    Citation,
    Digest,
    Explanation,
    Hit,
    Matter,
    Outcome,
    RankedSentence,
    Sentence,
    Shape,
    Speaker,
    Statement,
)


def _encodable(text: str) -> str:
    """
    :raises UnicodeEncodeError: If half a character is in it, which JSON can write and nothing can store.
    """
    text.encode()
    return text


#: Text of a stranger, of whole characters.
GivenText = Annotated[str, AfterValidator(_encodable)]


class Record(BaseModel):
    """A JSON object whose fields are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BeforeRecord(Record):
    """The sentence before a quoted one, which says who or what that one is about. It is not the quotation."""

    start: int = Field(ge=0, description="Code points from the start of the article's text.")
    end: int = Field(description="Exclusive.")
    quote: str = Field(description="The article's text from start to end, character for character.")


class SpeakerRecord(Record):
    """Whose words they are, according to the article."""

    name: str = Field(description="In full where the article has it, else as it describes the speaker.")
    anonymous: bool = Field(description="Whether the article keeps the name to itself.")


class TimeRecord(Record):
    """Words of a quotation that say when only to who knows the day of the article, and the days they stand for."""

    start: int = Field(ge=0, description="Code points from the start of the article's text.")
    end: int = Field(description="Exclusive.")
    earliest: date | None = Field(description="First day; null where it is open on that side.")
    latest: date | None = Field(description="Last day, inclusive; both are null where nothing tells the days.")


class AnsweringRecord(Record):
    """The words inside a quotation that answer the question."""

    start: int = Field(ge=0, description="Code points from the start of the article's text.")
    end: int = Field(description="Exclusive.")


class CopyRecord(Record):
    """Another article with the same text, such as the same dispatch in another paper. It confirms nothing."""

    article_id: str
    title: str
    published: date | None
    source: str
    url: str = Field(description="The article's page.")


class CitationRecord(Record):
    """A sentence of an article, exactly as it stands there."""

    number: int = Field(ge=1, description="From 1, in order of first use: the [n] of the answer.")
    article_id: str
    title: str
    published: date | None = Field(description="Publication date; null where it is unknown.")
    source: str = Field(description="The publication, as shown to people.")
    language: str | None = Field(description="Of the article, ISO 639-1.")
    start: int = Field(ge=0, description="Code points from the start of the article's text.")
    end: int = Field(description="Exclusive.")
    quote: str = Field(description="The article's text from start to end, character for character.")
    url: str = Field(description="The article's page, at this very sentence.")
    before: BeforeRecord | None = Field(
        default=None, description="Where the sentence opens with a pronoun or the like; to be shown marked as context."
    )
    speaker: SpeakerRecord | None = Field(default=None, description="Whose words the article says they are.")
    times: list[TimeRecord] = Field(default=[], description="What 'mardi' or 'last year' stands for here.")
    answering: AnsweringRecord | None = Field(default=None, description="The words in it that answer.")
    copies: list[CopyRecord] = Field(default=[], description="Copies of the article, the oldest first.")


class StatementRecord(Record):
    """One sentence of the answer, with the numbers of the citations it stands on."""

    text: str
    citations: list[int]


class DisagreementRecord(Record):
    """Quoted sentences that differ in what they answer."""

    matter: Matter = Field(description="What they differ in.")
    citations: list[int] = Field(description="Their numbers, the newest article first.")


class HitRecord(Record):
    """A passage found for the question."""

    article_id: str
    start: int
    end: int
    score: float = Field(description="Higher is better; comparable within one answer only.")
    rank: int = Field(ge=1)


class SignalRecord(Record):
    """A piece of evidence that the answer is right."""

    name: str
    value: float
    usual: float = Field(description="The mean on the questions that the assistant was calibrated on.")
    weight: float = Field(description="Log-odds for each unit above the usual value.")
    log_odds: float = Field(description="weight × (value − usual): what it adds to the log-odds of the confidence.")


class RankedRecord(Record):
    """A sentence that was considered."""

    article_id: str
    start: int
    end: int
    quote: str
    score: float = Field(description="Higher is better; comparable within one answer only.")
    rank: int = Field(ge=1)
    url: str


class ExplanationRecord(Record):
    """Why a sentence was chosen, or why nothing was answered."""

    outcome: Outcome = Field(description="'unsure': below the threshold; 'empty': nothing was found.")
    threshold: float = Field(description="Least confidence for an answer.")
    risk: int = Field(description="Wrong answers in a hundred given that the threshold was chosen for.")
    read: bool = Field(description="Whether the reader was asked: not where the other signals leave no doubt.")
    intercept: float = Field(description="Log-odds of the confidence where every signal is as usual.")
    signals: list[SignalRecord] = Field(description="The most telling first.")
    best: RankedRecord | None
    runner_up: RankedRecord | None = Field(description="The best sentence not shown, copies aside.")


class WordedRecord(Record):
    """The answer in a model's words; each sentence is supported by those that it cites."""

    mode: Literal["generative", "extractive"] = Field(description="'extractive': no sentence of the model is shown.")
    statements: list[StatementRecord]
    citations: list[CitationRecord] = Field(description="Numbered for these statements alone.")
    fault: str | None = Field(description="Why there are no statements, or not all: a code such as 'llm_timeout'.")
    retryable: bool = Field(description="Whether another try may help.")
    withheld: int = Field(description="Sentences of the model that nothing supports.")
    glosses: dict[int, str] = Field(
        default={},
        description="By the number of a citation of the answer, what it quotes in the language of the question: by the "
        "model, and to be shown as a machine's.",
    )
    model: str = Field(default="", description="The model that was asked, by name; empty where none was.")


class AnswerRecord(Record):
    """What is answered to a question: quoted sentences with their citations, or an abstention."""

    question: str
    understood_as: str | None = Field(description="The question with what earlier ones contributed.")
    language: str = Field(description="Of the question, ISO 639-1.")
    abstained: bool
    confidence: float = Field(description="From 0 to 1, comparable across questions.")
    answer: str = Field(description="The statements with their [n] as one string; empty when abstaining.")
    shape: Shape | None = Field(default=None, description="What kind of answer the question asks for.")
    disagreement: DisagreementRecord | None = Field(default=None, description="Where the sentences quoted differ.")
    statements: list[StatementRecord]
    citations: list[CitationRecord]
    nearest: list[CitationRecord] = Field(description="When abstaining: what comes nearest. Not an answer.")
    hits: list[HitRecord] = Field(description="Passages, best first.")
    timings_ms: dict[str, float]
    worded: WordedRecord | None = Field(
        default=None,
        description="In a model's words, where the settings say so; not in the stream, which tells it after.",
    )
    explain: ExplanationRecord | None = Field(
        default=None, exclude_if=lambda explain: explain is None, description="There where it was asked for."
    )


class DigestRequest(Record):
    """A subject that articles may speak of."""

    subject: GivenText
    language: str | None = Field(
        default=None, pattern="^[a-z]{2,3}$", description="Of the subject, where the caller knows it."
    )
    since: date | None = Field(default=None, description="First day that the articles may be from.")
    until: date | None = Field(default=None, description="Last day, inclusive.")


class DigestRecord(Record):
    """What several articles say of a subject: a quoted sentence of each, the oldest article first."""

    subject: str
    understood_as: str | None = Field(description="The subject with its misspelled words corrected.")
    language: str = Field(description="Of the subject, ISO 639-1.")
    since: date | None
    until: date | None
    abstained: bool = Field(description="Whether no article speaks of it.")
    digest: str = Field(description="The statements with their [n] as one string; empty when abstaining.")
    statements: list[StatementRecord] = Field(description="At most five.")
    citations: list[CitationRecord]
    timings_ms: dict[str, float]
    worded: WordedRecord | None = Field(
        default=None, description="One paragraph in a model's words, where the settings say so."
    )


class AskRequest(Record):
    """A question put to the assistant."""

    question: GivenText
    history: list[GivenText] = Field(default=[], description="Earlier questions of the conversation, oldest first.")
    language: str | None = Field(
        default=None, pattern="^[a-z]{2,3}$", description="Of the question, where the caller knows it."
    )
    explain: bool = Field(default=False, description="Tell why as well.")
    as_of: date | None = Field(default=None, description="The day it is asked on; today, if it is not given.")


class SentenceRecord(Record):
    """Where a sentence lies in its article's text."""

    number: int = Field(ge=1, description="From 1: the anchor #s{number} of the article's page.")
    start: int = Field(ge=0, description="Code points from the start of the text.")
    end: int = Field(description="Exclusive.")
    paragraph: int = Field(ge=0)


class ArticleRecord(Record):
    """One stored article, whole."""

    id: str
    title: str
    text: str
    published: date | None
    source: str
    url: str = Field(description="The original on the web; empty where it is unknown.")
    author: str
    language: str | None
    sentences: list[SentenceRecord]


def answer_record(answer: Answer, root_path: str = "") -> AnswerRecord:
    """The answer object of ``answer``; ``root_path`` is the prefix a reverse proxy serves the pages under.

    :raises ValueError: If a citation's offsets lie outside its article, which is a bug.
    """
    return AnswerRecord(
        question=answer.question,
        understood_as=answer.understood_as,
        language=answer.language,
        abstained=answer.abstained,
        confidence=answer.confidence,
        answer=answer.text,
        shape=answer.shape,
        disagreement=DisagreementRecord(matter=answer.disagreement.matter, citations=list(answer.disagreement.numbers))
        if answer.disagreement
        else None,
        statements=[statement_record(statement) for statement in answer.statements],
        citations=[citation_record(citation, root_path) for citation in answer.citations],
        nearest=[citation_record(citation, root_path) for citation in answer.nearest],
        hits=[_hit_record(hit) for hit in answer.hits],
        timings_ms=dict(answer.timings_ms),
        explain=explanation_record(answer.explanation, root_path) if answer.explanation else None,
    )


def answer_events(record: AnswerRecord) -> Iterator[tuple[str, Record]]:
    """Names and data of the events that tell an answer: its statements, then the whole."""
    for statement in record.statements:
        yield "statement", statement
    yield "answer", record


def digest_record(digest: Digest, asked: DigestRequest, root_path: str = "") -> DigestRecord:
    """
    :raises ValueError: If a citation's offsets lie outside its article, which is a bug.
    """
    answer = digest.answer
    return DigestRecord(
        subject=answer.question,
        understood_as=answer.understood_as,
        language=answer.language,
        since=asked.since,
        until=asked.until,
        abstained=answer.abstained,
        digest=answer.text,
        statements=[statement_record(statement) for statement in answer.statements],
        citations=[citation_record(citation, root_path) for citation in answer.citations],
        timings_ms=dict(answer.timings_ms),
    )


def statement_record(statement: Statement) -> StatementRecord:
    return StatementRecord(text=statement.text, citations=[citation.number for citation in statement.citations])


def citation_record(citation: Citation, root_path: str = "") -> CitationRecord:
    """
    :raises ValueError: If the offsets lie outside the article, which is a bug.
    """
    sentence, before = citation.sentence, citation.before
    article = sentence.article
    _check_offsets(sentence)
    if before:
        _check_offsets(before)
    return CitationRecord(
        number=citation.number,
        article_id=article.id,
        title=article.title,
        published=article.published,
        source=article.source,
        language=article.language,
        start=sentence.start,
        end=sentence.end,
        quote=sentence.text,
        url=root_path + sentence_path(sentence),
        before=BeforeRecord(start=before.start, end=before.end, quote=before.text) if before else None,
        speaker=speaker_record(citation.speaker),
        times=[
            TimeRecord(start=time.start, end=time.end, earliest=time.earliest, latest=time.latest)
            for time in citation.times
        ],
        answering=AnsweringRecord(start=citation.answering[0], end=citation.answering[1])
        if citation.answering
        else None,
        copies=[_copy_record(copy, root_path) for copy in citation.copies],
    )


def speaker_record(speaker: Speaker | None) -> SpeakerRecord | None:
    return SpeakerRecord(name=speaker.name, anonymous=speaker.anonymous) if speaker else None


def explanation_record(explanation: Explanation, root_path: str = "") -> ExplanationRecord:
    return ExplanationRecord(
        outcome=explanation.outcome,
        threshold=explanation.threshold,
        risk=explanation.risk,
        read=explanation.read,
        intercept=explanation.intercept,
        signals=[
            SignalRecord(name=s.name, value=s.value, usual=s.usual, weight=s.weight, log_odds=s.log_odds)
            for s in explanation.signals
        ],
        best=_ranked_record(explanation.best, root_path) if explanation.best else None,
        runner_up=_ranked_record(explanation.runner_up, root_path) if explanation.runner_up else None,
    )


def article_record(article: Article, sentences: list[Sentence]) -> ArticleRecord:
    return ArticleRecord(
        id=article.id,
        title=article.title,
        text=article.text,
        published=article.published,
        source=article.source,
        url=article.url,
        author=article.author,
        language=article.language,
        sentences=[
            SentenceRecord(number=sentence.number, start=sentence.start, end=sentence.end, paragraph=sentence.paragraph)
            for sentence in sentences
        ],
    )


def article_path(article_id: str) -> str:
    """Path of an article's page from the root of the site."""
    return f"/articles/{quote(article_id, safe='')}"


def sentence_path(sentence: Sentence) -> str:
    """Path of an article's page at ``sentence``, from the root of the site."""
    return f"{article_path(sentence.article.id)}#s{sentence.number}"


def _copy_record(article: Article, root_path: str) -> CopyRecord:
    return CopyRecord(
        article_id=article.id,
        title=article.title,
        published=article.published,
        source=article.source,
        url=root_path + article_path(article.id),
    )


def _hit_record(hit: Hit) -> HitRecord:
    return HitRecord(
        article_id=hit.passage.article.id,
        start=hit.passage.start,
        end=hit.passage.end,
        score=hit.score,
        rank=hit.rank,
    )


def _ranked_record(ranked: RankedSentence, root_path: str) -> RankedRecord:
    sentence = ranked.sentence
    return RankedRecord(
        article_id=sentence.article.id,
        start=sentence.start,
        end=sentence.end,
        quote=sentence.text,
        score=ranked.score,
        rank=ranked.rank,
        url=root_path + sentence_path(sentence),
    )


def _check_offsets(sentence: Sentence) -> None:
    """A slice never fails, so offsets beyond the text would quietly quote less than they claim."""
    start, end, text = sentence.start, sentence.end, sentence.article.text
    if not 0 <= start < end <= len(text) or sentence.text != text[start:end]:
        raise ValueError(
            f"Citation of article '{sentence.article.id}' at {start}:{end} is not in its text of {len(text)} "
            f"characters."
        )
