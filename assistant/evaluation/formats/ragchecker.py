"""RAGChecker: checking inputs, one JSON object with its ``results``. What was retrieved says nothing of what is right.

Ru et al., arXiv 2408.08067.
"""

from pathlib import Path

from assistant.evaluation.formats.source import records, short_answers
from assistant.evaluation.questions import question_id
from assistant.evaluation.types import ReferenceQuestion


def read(path: Path) -> list[ReferenceQuestion]:
    """Questions with a reference answer and no evidence.

    :raises UsageError: If the file is not in this form.
    """
    return [
        ReferenceQuestion(
            question=record.required("query"),
            id=record.text("query_id") or question_id(record.required("query")),
            origin=record.origin,
            answers=short_answers(record.required("gt_answer")),
            reference=record.required("gt_answer"),
        )
        for record in records(path, within="results")
    ]
