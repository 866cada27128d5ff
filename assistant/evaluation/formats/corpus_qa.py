"""Questions over a corpus by article ids: ``questions.jsonl`` with ``gold_ids``, ``corpus.jsonl`` beside it."""

from dataclasses import replace
from pathlib import Path

from assistant.evaluation.formats.source import Record, records, split_name
from assistant.evaluation.questions import question_id
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.formats.metadata import parse_date

QUESTIONS, CORPUS = "questions.jsonl", "corpus.jsonl"
#: The answer is what a whole page opens with, so no one can be asked to show just that wording.
_FAQ = "faq"
#: What tells why a question has no answer: it was written against an article that does not hold it, or its article
#: was taken out.
_WHY = {"near_ids": "near_miss", "removed_article": "out_of_corpus", "removed_paragraph": "out_of_corpus"}


def read(path: Path) -> list[ReferenceQuestion]:
    """Any article of ``gold_ids`` will do. With ``gold_start``, the first answer is the quote that starts there;
    each of ``gold_sentences`` is a needed quote.

    :raises UsageError: If the file is not in this form.
    """
    return [_question(record) for record in records(path)]


def corpus_records(path: Path) -> list[dict[str, str]]:
    """The articles of ``corpus.jsonl``: ``id``, ``title``, ``text``, ``lang``, ``date``, ``source``.

    :raises UsageError: If it is missing or not in this form.
    """
    names = ("title", "lang", "date", "source")
    return [
        {name: record.text(name) for name in names}
        | {"id": record.required("id"), "text": "".join(record.verbatim("text"))}
        for record in records(path.with_name(CORPUS))
    ]


def _question(record: Record) -> ReferenceQuestion:
    text = record.required("question")
    question = ReferenceQuestion(
        question=text,
        id=record.text("id") or question_id(text),
        origin=record.origin,
        language=record.text("lang") or None,
        as_of=parse_date(record.text("date")),
        tags=_tags(record),
        split=split_name(record.text("split")),
        note=_note(record),
    )
    answerable = record.flag("answerable")
    if not (record.texts("gold_ids") if answerable is None else answerable):
        why = next((why for name, why in _WHY.items() if name in record.fields), "")
        return replace(question, answerable=False, plausible=record.texts("plausible_wrong"), why_unanswerable=why)
    answers = record.texts("answers")
    question = replace(question, evidence=_evidence(record))
    if record.text("kind") == _FAQ:
        return replace(question, reference=answers[0] if answers else "")
    return replace(question, answers=answers, reference=next(iter(record.texts("reference_answers")), ""))


def _evidence(record: Record) -> tuple[tuple[Evidence, ...], ...]:
    articles = record.texts("gold_ids")
    answers, start = record.verbatim("answers"), record.fields.get("gold_start")
    if sentences := record.texts("gold_sentences"):
        return tuple(tuple(Evidence(article, sentence) for article in articles) for sentence in sentences)
    if isinstance(start, int) and answers:
        return (tuple(Evidence(article, answers[0], start, start + len(answers[0])) for article in articles),)
    return (tuple(Evidence(article) for article in articles),) if articles else ()


def _tags(record: Record) -> tuple[str, ...]:
    standing = () if record.fields.get("standalone", True) else ("not-standalone",)
    return (*standing, *record.texts("kind"))


def _note(record: Record) -> str:
    removed = [f"taken out of the corpus: {answer}" for answer in record.texts("removed_answers")[:1]]
    return "; ".join([*record.texts("gold_note"), *removed])
