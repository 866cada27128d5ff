"""BEIR: a folder with ``queries.jsonl``, ``qrels/*.tsv`` and ``corpus.jsonl``. Thakur et al., arXiv 2104.08663."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.formats import qrels
from assistant.evaluation.formats.source import records, shown, split_name, write_lines
from assistant.evaluation.types import ReferenceQuestion

QUERIES, CORPUS, QRELS = "queries.jsonl", "corpus.jsonl", "qrels"


def read(path: Path) -> list[ReferenceQuestion]:
    """The questions that were judged, whatever the split; one that no judged article is relevant to is unanswerable.

    :param path: The folder, or the file of questions in it.
    :raises UsageError: If a file is missing or not in this form.
    """
    judgements, splits = _judgements(_folder(path))
    questions = []
    for record in records(path / QUERIES if path.is_dir() else path):
        id = record.required("_id")
        if id in judgements:
            question = ReferenceQuestion(record.required("text"), id, record.origin, split=splits[id])
            questions.append(qrels.judged(question, judgements[id]))
    return questions


def corpus_records(path: Path) -> list[dict[str, str]]:
    """The articles of ``corpus.jsonl``: ``id``, ``title``, ``text``.

    :raises UsageError: If it is missing or not in this form.
    """
    return [
        {"id": record.required("_id"), "title": record.text("title"), "text": "".join(record.verbatim("text"))}
        for record in records(_folder(path) / CORPUS)
    ]


def write(questions: Sequence[ReferenceQuestion], path: Path, corpus: Corpus | None) -> None:
    """A folder; ``corpus.jsonl`` only where there is a corpus. Questions without a split go to ``test``.

    :raises UsageError: If judgements of articles cannot say what a question holds to be right.
    """
    rows: dict[str, list[str]] = defaultdict(list)
    for question, grades in qrels.grades_of(questions, corpus, "BEIR"):
        for article, grade in grades.items():
            if not (question.id + article).isprintable():
                raise UsageError(f"{shown(question.id)}, {shown(article)}: not one line of text. Give it another name.")
            rows[question.split or "test"].append(f"{question.id}\t{article}\t{grade}")
    write_lines(path / QUERIES, (_json({"_id": one.id, "text": one.question}) for one in questions))
    for split, lines in rows.items():
        write_lines(path / QRELS / f"{split}.tsv", ["query-id\tcorpus-id\tscore", *lines])
    if corpus:
        articles = ({"_id": one.id, "title": one.title, "text": one.text} for one in corpus.articles.values())
        write_lines(path / CORPUS, map(_json, articles))


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _judgements(folder: Path) -> tuple[dict[str, qrels.Grades], dict[str, str]]:
    """Judgements of every split together, and the split of each question: "test" wins."""
    judgements: dict[str, qrels.Grades] = {}
    splits: dict[str, str] = {}
    files = sorted((folder / QRELS).glob("*.tsv"))
    if not files:
        raise UsageError(f"{str(folder)!r} has no {QRELS}/*.tsv. Put the judgements there.")
    for file in files:
        for question, grades in qrels.read(file).items():
            judgements.setdefault(question, {}).update(grades)
            splits[question] = split_name(file.stem) or splits.get(question, "")
    return judgements, splits


def _json(record: dict[str, str]) -> str:
    return json.dumps(record, ensure_ascii=False)
