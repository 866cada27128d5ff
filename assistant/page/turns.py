"""A turn of a conversation as the browser keeps it, and as it is shown again after a reload.

The page's own memory is not believed: each quotation that comes back from it is compared with its article.
"""

from pydantic import Field, TypeAdapter, ValidationError

from assistant.protocols import Engine
from assistant.records import (
    AnswerRecord,
    CitationRecord,
    GivenText,
    RankedRecord,
    Record,
    WordedRecord,
    answer_record,
)
from assistant.types import Answer


class Turn(Record):
    """An answer, without what the page never shows, and the generation of the index that it was found in."""

    answer: AnswerRecord
    generation: str | None
    #: Whether it sums up articles, and answers no question.
    digest: bool = False


class DigestAsked(Record):
    """Articles that an answer cites, to be summed up for its question."""

    subject: GivenText
    articles: list[GivenText] = Field(min_length=2, max_length=20)


def digest_asked(asked: str) -> DigestAsked | None:
    """What the page's script writes as JSON; None if it is something else."""
    try:
        return DigestAsked.model_validate_json(asked)
    except ValidationError:
        return None


_TURNS = TypeAdapter(tuple[Turn, ...])


def turn_of(answer: Answer, generation: str | None, digest: bool = False) -> Turn:
    """Links of a turn start below the root of the site: the page puts the way there before them."""
    record = answer_record(answer)
    why = record.explain and record.explain.model_copy(update={"best": None})
    kept = record.model_copy(update={"hits": [], "explain": why})
    return Turn(answer=kept, generation=generation, digest=digest)


def remembered(memory: str) -> tuple[Turn, ...]:
    """The turns that a browser kept as JSON; none if it is not what a page of ours writes."""
    try:
        turns = _TURNS.validate_json(memory)
    except ValidationError:
        return ()
    return turns if all(_is_complete(turn.answer) for turn in turns) else ()


def stale_numbers(turn: Turn, engine: Engine) -> frozenset[int]:
    """The numbers of citations that are no longer a sentence of their article, or whose article is gone.

    All of them while there is no index to compare with.
    """
    cited = (*turn.answer.citations, *turn.answer.nearest)
    is_open = engine.facts().generation is not None
    return frozenset(citation.number for citation in cited if not (is_open and _still_stands(citation, engine)))


def without_stale_words(turn: Turn, engine: Engine) -> Turn:
    """The turn, not worded by a model where a sentence that supports it is no longer one of its article, and without
    glosses of those that no longer are.
    """
    worded = turn.answer.worded
    if worded is None:
        return turn
    if not all(_still_stands(citation, engine) for citation in worded.citations):
        return not_worded(turn)
    gone = stale_numbers(turn, engine) if worded.glosses else ()
    glosses = {number: text for number, text in worded.glosses.items() if number not in gone}
    return _with_worded(turn, worded.model_copy(update={"glosses": glosses}))


def not_worded(turn: Turn) -> Turn:
    """The turn as its articles answer alone."""
    return _with_worded(turn, None)


def _with_worded(turn: Turn, worded: WordedRecord | None) -> Turn:
    return turn.model_copy(update={"answer": turn.answer.model_copy(update={"worded": worded})})


def without_stale_runner_up(turn: Turn, engine: Engine) -> Turn:
    """The turn, its explanation without a sentence that is no longer one of its article."""
    why = turn.answer.explain
    if why is None or why.runner_up is None or _still_stands(why.runner_up, engine):
        return turn
    answer = turn.answer.model_copy(update={"explain": why.model_copy(update={"runner_up": None})})
    return turn.model_copy(update={"answer": answer})


def _is_complete(answer: AnswerRecord) -> bool:
    """Whether each number that a statement stands on, or that is glossed, has its citation."""
    glossed = {*answer.worded.glosses} if answer.worded else set()
    return glossed <= {citation.number for citation in answer.citations} and all(
        {number for statement in one.statements for number in statement.citations}
        <= {citation.number for citation in one.citations}
        for one in (answer, answer.worded)
        if one is not None
    )


def _still_stands(cited: CitationRecord | RankedRecord, engine: Engine) -> bool:
    return any(
        (sentence.start, sentence.end, sentence.text) == (cited.start, cited.end, cited.quote)
        and cited.url.endswith(f"#s{sentence.number}")
        for sentence in engine.sentences(cited.article_id)
    )
