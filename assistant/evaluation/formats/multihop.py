"""MultiHop-RAG: questions over several news articles, and the articles in ``corpus.json`` beside them.

Tang and Yang, arXiv 2401.15391.
"""

from dataclasses import replace
from pathlib import Path

from assistant.evaluation.formats.source import Record, records
from assistant.evaluation.questions import question_id
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.formats.identity import id_from_url

CORPUS = "corpus.json"
UNANSWERABLE = "null_query"


def read(path: Path) -> list[ReferenceQuestion]:
    """Every fact is a needed quote of the article at its URL; a ``null_query`` is unanswerable.

    :raises UsageError: If the file is not in this form.
    """
    return [_question(record) for record in records(path)]


def corpus_records(path: Path) -> list[dict[str, str]]:
    """The articles beside the questions: ``id``, ``title``, ``text``, ``url``, ``date``, ``source``, ``author``.

    :raises UsageError: If they are missing or not in this form.
    """
    return [
        {
            "id": id_from_url(record.required("url")),
            "title": record.text("title"),
            "text": "".join(record.verbatim("body")),
            "url": record.text("url"),
            "date": record.text("published_at"),
            "source": record.text("source"),
            "author": record.text("author"),
        }
        for record in records(path.with_name(CORPUS))
    ]


def _question(record: Record) -> ReferenceQuestion:
    text, kind = record.required("query"), record.text("question_type")
    question = ReferenceQuestion(text, question_id(text), record.origin, tags=(kind,) if kind else ())
    if kind == UNANSWERABLE:
        return replace(question, answerable=False, why_unanswerable="out_of_corpus")
    facts = dict.fromkeys(
        Evidence(fact.required("url", "title"), fact.required("fact")) for fact in record.records("evidence_list")
    )
    return replace(question, answers=record.texts("answer"), evidence=tuple((fact,) for fact in facts))
