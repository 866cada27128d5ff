"""deepeval: goldens as ``EvaluationDataset.save_as`` writes them (JSON, JSON lines, CSV) or as its service does."""

from pathlib import Path, PureWindowsPath

from assistant.evaluation.formats.source import Record, records, short_answers
from assistant.evaluation.questions import question_id
from assistant.evaluation.types import Evidence, ReferenceQuestion

#: Between the contexts in a cell of CSV.
_SEPARATOR = "|"


def read(path: Path) -> list[ReferenceQuestion]:
    """Every context is a needed quote of the source file; without one, the quote may stand in any article.

    :raises UsageError: If a golden says nothing of what would be right, or is a conversation.
    """
    return [_question(record, path) for record in records(path, within="goldens")]


def _question(record: Record, path: Path) -> ReferenceQuestion:
    question = record.required("input")
    reference = record.text("expected_output", "expectedOutput")
    # The file lay elsewhere when the goldens were made, perhaps on Windows.
    article = PureWindowsPath(record.text("source_file", "sourceFile")).name
    quotes = record.texts("context")
    if path.suffix.lower() == ".csv":
        quotes = tuple(part.strip() for quote in quotes for part in quote.split(_SEPARATOR) if part.strip())
    quotes = tuple(dict.fromkeys(quotes)) or (("",) if article else ())
    if not reference and not quotes:
        raise record.fault("no 'expected_output' and no 'context': nothing to compare with", "Fill one in")
    return ReferenceQuestion(
        question=question,
        id=question_id(question),
        origin=record.origin,
        answers=short_answers(reference),
        evidence=tuple((Evidence(article, quote),) for quote in quotes),
        note=record.text("comments"),
        reference=reference,
    )
