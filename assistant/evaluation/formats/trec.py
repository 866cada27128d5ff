"""TREC: a file of topics, in SGML, XML or two columns, and one of qrels beside it. Articles only, no quotes."""

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.formats import qrels
from assistant.evaluation.formats.source import entire, files_of, shown, write_lines
from assistant.evaluation.types import ReferenceQuestion
from assistant.formats.metadata import language_code

TOPICS, QRELS = "topics.tsv", "qrels.txt"

#: Where a topic begins. Nothing needs closing: SGML may leave it out, and strangers forget it.
_TOPIC = re.compile(r"<top(?:ic)?\b", re.IGNORECASE)
_NUMBER = re.compile(r"""\b(?:number|num|id)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
#: A field runs to the next tag. CLEF puts the language before its name.
_FIELD = re.compile(r"<(?:([a-z]{2})-)?(num|title|question|query|desc|narr)[a-z]*\s*>([^<]*)", re.IGNORECASE)
_LABEL = re.compile(r"\s*(?:number|topic|description|narrative)\s*:", re.IGNORECASE)
#: What is asked, best first: TREC-COVID puts a question beside the query, most tracks have a title.
_ASKED = ("question", "title", "query", "desc", "text")
_HEADERS = ("id", "_id", "qid", "query_id", "query-id", "topic", "topic_id", "num")


def read(path: Path) -> list[ReferenceQuestion]:
    """The topics that were judged; one that no judged article is relevant to is unanswerable.

    :param path: The file of topics, or the folder of both files.
    :raises UsageError: If one of the files is missing or not in this form.
    """
    topics, judgements = files(path)
    grades = qrels.read(judgements)
    return [qrels.judged(topic, grades[topic.id]) for topic in _topics(topics) if topic.id in grades]


def files(path: Path) -> tuple[Path, Path]:
    """The file of topics and the one of judgements, which has "qrel" in its name.

    :raises UsageError: If it is not clear which they are.
    """
    folder = path if path.is_dir() else path.parent
    judgements = judgement_files(folder)
    others = [file for file in files_of(folder) if file not in judgements]
    topics = [file for file in others if re.search("topic|quer(y|ies)", file.name.lower())]
    return _only(topics if path.is_dir() else [path], folder, "topics"), _only(judgements, folder, "qrels")


def judgement_files(folder: Path) -> list[Path]:
    """
    :raises UsageError: If the folder cannot be read.
    """
    return [file for file in files_of(folder) if "qrel" in file.name.lower()]


def write(questions: Sequence[ReferenceQuestion], path: Path, corpus: Corpus | None) -> None:
    """A folder with topics in two columns and qrels.

    :raises UsageError: If judgements of articles cannot say what a question holds to be right, or a name has a space.
    """
    topics, judgements = [], []
    for question, grades in qrels.grades_of(questions, corpus, "TREC"):
        for name in (question.id, *grades):
            if len(name.split()) != 1:
                place = question.origin or question.id
                raise UsageError(f"{place}: TREC cannot carry the name {shown(name)}. Give it one without spaces.")
        topics.append(f"{question.id}\t{' '.join(question.question.split())}")
        judgements += [f"{question.id} 0 {article} {grade}" for article, grade in grades.items()]
    write_lines(path / TOPICS, topics)
    write_lines(path / QRELS, judgements)


def _only(files: Sequence[Path], folder: Path, kind: str) -> Path:
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise UsageError(f"{str(folder)!r}: TREC needs one file with {kind!r} in its name (found: {found}).")
    return files[0]


def _topics(path: Path) -> Iterator[ReferenceQuestion]:
    text = entire(path)
    for topic in _marked_up(text, path.name) if _TOPIC.search(text) else _in_columns(text, path.name):
        if not topic.id or not topic.question:
            missing = "question" if topic.id else "number"
            raise UsageError(f"{topic.origin}: no {missing}. Fill it in, or leave the topic out.")
        yield topic


def _marked_up(text: str, name: str) -> Iterator[ReferenceQuestion]:
    for number, part in enumerate(_TOPIC.split(text)[1:], 1):
        attributes, _, body = part.partition(">")
        fields = {"text": _line(body.partition("<")[0])}
        codes = []
        for code, field, value in _FIELD.findall(body):
            fields.setdefault(field.lower(), _line(value))
            codes.append(code)
        attribute = _NUMBER.search(attributes)
        yield ReferenceQuestion(
            id=fields.get("num") or (attribute[1] if attribute else ""),
            question=next(filter(None, (fields.get(field) for field in _ASKED)), ""),
            origin=f"{name}, topic {number}",
            language=language_code(next(filter(None, codes), "")),
            note=fields.get("desc", ""),
        )


def _in_columns(text: str, name: str) -> Iterator[ReferenceQuestion]:
    for number, line in enumerate(text.split("\n"), 1):
        id, separator, rest = line.partition("\t")
        if not separator and line.strip():
            raise UsageError(f"{name}, line {number}: no tab between the topic's id and its question. Put one there.")
        if separator and not (number == 1 and id.strip().lower() in _HEADERS):
            yield ReferenceQuestion(rest.partition("\t")[0].strip(), id.strip(), f"{name}, line {number}")


def _line(text: str) -> str:
    return " ".join(html.unescape(_LABEL.sub("", text, count=1)).split())
