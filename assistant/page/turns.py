"""A turn of a conversation as the browser keeps it, and as it is shown again after a reload.

The page's own memory is not believed: each quotation that comes back from it is compared with its article.
"""

from pydantic import TypeAdapter, ValidationError

from assistant.protocols import Engine
from assistant.records import AnswerRecord, CitationRecord, Record, answer_record
from assistant.types import Answer


class Turn(Record):
    """An answer, without its passages, and the generation of the index that it was found in."""

    answer: AnswerRecord
    generation: str | None


_TURNS = TypeAdapter(tuple[Turn, ...])


def turn_of(answer: Answer, generation: str | None) -> Turn:
    """Links of a turn start below the root of the site: the page puts the way there before them."""
    return Turn(answer=answer_record(answer).model_copy(update={"hits": []}), generation=generation)


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


def _is_complete(answer: AnswerRecord) -> bool:
    """Whether each number that a statement stands on has its citation."""
    used = {number for statement in answer.statements for number in statement.citations}
    return used <= {citation.number for citation in answer.citations}


def _still_stands(citation: CitationRecord, engine: Engine) -> bool:
    return any(
        (sentence.start, sentence.end, sentence.text) == (citation.start, citation.end, citation.quote)
        and citation.url.endswith(f"#s{sentence.number}")
        for sentence in engine.sentences(citation.article_id)
    )
