"""ragas: an EvaluationDataset or a generated test set, as JSON lines, a JSON list or CSV."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from assistant.evaluation.formats.source import Record, records, short_answers
from assistant.evaluation.questions import question_id
from assistant.evaluation.types import Evidence, ReferenceQuestion

#: The generator marks the contexts of a question that needs several: ``<1-hop>``.
_HOP = re.compile(r"<\d+-hop>\s*")


def read(path: Path) -> list[ReferenceQuestion]:
    """Every reference context is a needed quote. Its article is the reference context id of the same position;
    without ids, the quote may stand in any article. Ids alone mean articles as a whole. In a conversation, the last
    message of the user is the question.

    :raises UsageError: If a record says nothing of what would be right, or is not in this form.
    """
    return [_question(_unfolded(record)) for record in records(path)]


def _question(record: Record) -> ReferenceQuestion:
    *history, question = _asked(record)
    reference = record.text("reference")
    evidence = tuple((one,) for one in dict.fromkeys(_evidence(record)))
    if not reference and not evidence:
        raise record.fault("no 'reference' and no 'reference_contexts': nothing to compare with", "Fill one in")
    return ReferenceQuestion(
        question=question,
        id=question_id("\n".join((*history, question))),
        origin=record.origin,
        answers=short_answers(reference),
        evidence=evidence,
        history=tuple(history),
        tags=record.texts("synthesizer_name"),
        reference=reference,
    )


def _asked(record: Record) -> list[str]:
    """What the user said, turn by turn."""
    if not isinstance(record.fields.get("user_input"), list):
        return [record.required("user_input")]
    turns = [turn for turn in record.records("user_input") if turn.text("type") == "human"]
    if not turns:
        raise record.fault("no message of type 'human' in 'user_input'", "Correct it")
    return [turn.required("content") for turn in turns]


def _evidence(record: Record) -> Iterator[Evidence]:
    quotes = [_HOP.sub("", quote, count=1) for quote in record.texts("reference_contexts")]
    ids = record.texts("reference_context_ids")
    if ids and quotes and len(ids) != len(quotes):
        raise record.fault(f"{len(quotes)} 'reference_contexts' but {len(ids)} 'reference_context_ids'", "Pair them up")
    if not ids:
        return (Evidence("", quote) for quote in quotes)
    return (Evidence(id, quote) for id, quote in zip(ids, quotes or [""] * len(ids), strict=True))


def _unfolded(record: Record) -> Record:
    """A CSV has its lists as Python writes them."""
    fields = {name: _literal(value) for name, value in record.fields.items()}
    return Record(fields, record.origin)


def _literal(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("["):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return value
