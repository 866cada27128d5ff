"""SQuAD 1.1 and 2.0, and what is written like them: FQuAD, PIAF, MLQA, XQuAD, newsquadfr.

Read in the nested form of the papers (``data`` > ``paragraphs`` > ``qas``) and in the flat one of Hugging Face's
copies (a record a question, with its ``context``). Rajpurkar et al., arXiv 1806.03822.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.formats.source import Record, records, shown, whole, write_lines
from assistant.evaluation.questions import question_id
from assistant.evaluation.quotes import find_quote
from assistant.evaluation.resolve import resolve
from assistant.evaluation.types import Evidence, GoldSpan, ReferenceQuestion, ResolvedQuestion


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a question was asked about: an article of the corpus that such a file brings."""

    id: str
    title: str
    text: str
    questions: tuple[Record, ...]


def read(path: Path) -> list[ReferenceQuestion]:
    """Every answer is a quote of its paragraph, any of which will do; a question without answers (a test set's)
    has its paragraph as a whole. An answer that is not where it is said to be is looked for nearby; one that is
    nowhere in its paragraph keeps its quote, and resolving it against the corpus reports it.

    :raises UsageError: If the file is not in this form.
    """
    return [_question(record, paragraph) for paragraph in _paragraphs(path) for record in paragraph.questions]


def corpus_records(path: Path) -> list[dict[str, str]]:
    """One article a paragraph, as ``read`` names them: ``id``, ``title``, ``text``.

    :raises UsageError: If the file is not in this form.
    """
    articles = {paragraph.id: paragraph for paragraph in _paragraphs(path) if paragraph.text}
    return [{"id": one.id, "title": one.title, "text": one.text} for one in articles.values()]


# --- Reading -----------------------------------------------------------------------------------------


def _paragraphs(path: Path) -> Iterator[Paragraph]:
    ids = _Ids()
    for title, record, questions in _nested(path) if path.suffix.lower() == ".json" else _flat(records(path)):
        if "context" not in record.fields:
            raise record.fault("no 'context'", "Check the file, or name its --format")
        text = "".join(record.verbatim("context"))
        yield Paragraph(ids.of(title, text), title.replace("_", " "), text, questions)


def _nested(path: Path) -> Iterator[tuple[str, Record, tuple[Record, ...]]]:
    value = whole(path)
    if isinstance(value, list):
        yield from _flat(records(path))
        return
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise UsageError(f"{path.name}: no list 'data' as in SQuAD. Check the file, or name its --format.")
    for article in Record(value, path.name).records("data"):
        if "paragraphs" not in article.fields:
            yield from _flat([article])
        for paragraph in article.records("paragraphs"):
            yield article.text("title"), paragraph, tuple(paragraph.records("qas"))


def _flat(rows: Iterator[Record] | Sequence[Record]) -> Iterator[tuple[str, Record, tuple[Record, ...]]]:
    for row in rows:
        yield row.text("title", "article_title"), row, (row,)


class _Ids:
    """Names paragraphs by title and number under it; a text that comes again keeps its name."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = defaultdict(dict)

    def of(self, title: str, text: str) -> str:
        printable = "".join(character if character.isprintable() else " " for character in title[:100])
        name = " ".join(printable.split()) or "paragraph"
        texts = self._known[name]
        return f"{name}-p{texts.setdefault(text, len(texts) + 1)}"


def _question(record: Record, paragraph: Paragraph) -> ReferenceQuestion:
    text = record.required("question")
    question = ReferenceQuestion(text, record.text("id") or question_id(text), record.origin)
    answers = _answers(record)
    impossible = record.flag("is_impossible")
    if impossible is None:  # a test set has no field of answers, an unanswerable question an empty one
        impossible = record.fields.get("answers") is not None and not answers
    if impossible:
        plausible = tuple(dict.fromkeys(answer.text("text") for answer in record.records("plausible_answers")))
        return replace(question, answerable=False, plausible=plausible, why_unanswerable="near_miss")
    wordings = tuple(dict.fromkeys(answer for answer, _ in answers))
    return replace(question, answers=wordings, evidence=(_evidence(answers, paragraph),))


def _answers(record: Record) -> list[tuple[str, int]]:
    """The answers with where they are said to start."""
    value = record.fields.get("answers")
    if isinstance(value, dict):  # the flat form: a list of texts and one of starts
        columns = Record(value, f"{record.origin}, answers")
        pairs = list(zip(columns.texts("text"), columns.texts("answer_start"), strict=False))
    else:
        pairs = [(one.text("text"), one.text("answer_start")) for one in record.records("answers")]
    return [(text, int(start) if start.isdecimal() else 0) for text, start in pairs if text]


def _evidence(answers: Sequence[tuple[str, int]], paragraph: Paragraph) -> tuple[Evidence, ...]:
    if not answers:
        return (Evidence(paragraph.id),)
    found = (find_quote(paragraph.text, text, start) for text, start in answers)
    spans = dict.fromkeys((span.start, span.end) for span in found if span)
    if not spans:
        return tuple(Evidence(paragraph.id, text) for text, _ in answers)
    return tuple(Evidence(paragraph.id, paragraph.text[start:end], start, end) for start, end in spans)


# --- Writing -----------------------------------------------------------------------------------------


def write(questions: Sequence[ReferenceQuestion], path: Path, corpus: Corpus | None) -> None:
    """SQuAD 2.0: one paragraph an article, whole. Questions that nothing answers are asked about an empty one:
    which article they were meant for is not known, and their plausible answers have no place to stand.

    :raises UsageError: If there is no corpus to take the articles from, or a question has no answer that stands
        in one article.
    """
    if corpus is None:
        raise UsageError(f"{path.name}: SQuAD holds the articles themselves. Name them with --corpus.")
    about: dict[str, list[dict[str, object]]] = defaultdict(list)
    for resolved in resolve(questions, corpus):
        article, answers = ("", []) if not resolved.question.answerable else _placed(resolved, corpus)
        about[article].append(_squad_record(resolved.question, answers))
    data = [
        {"title": corpus.articles[id].title if id else "", "paragraphs": [{"context": _text(id, corpus), "qas": qas}]}
        for id, qas in about.items()
    ]
    write_lines(path, [json.dumps({"version": "v2.0", "data": data}, ensure_ascii=False)])


def _text(article: str, corpus: Corpus) -> str:
    return corpus.articles[article].text if article else ""


def _placed(resolved: ResolvedQuestion, corpus: Corpus) -> tuple[str, list[tuple[str, int]]]:
    """An article that alone answers a question, and the answers there with their starts."""
    question = resolved.question
    if resolved.invalid or not resolved.gold:
        raise _uncarried(question, resolved.invalid or "it names no article")
    sufficient = set.intersection(*({span.article for span in group} for group in resolved.gold))
    if not sufficient:
        raise _uncarried(question, "it needs several articles, and SQuAD allows one")
    article = min(sufficient)
    spans = [span for group in resolved.gold for span in group if span.article == article]
    found = [answer for span in spans for answer in _answers_in(span, question.answers, _text(article, corpus))]
    if not found:
        raise _uncarried(question, "none of its answers is in the words of its article, as SQuAD wants")
    return article, list(dict.fromkeys(found))


def _answers_in(span: GoldSpan, answers: Sequence[str], text: str) -> list[tuple[str, int]]:
    """Those of ``answers`` that stand in a piece of evidence, as they stand there; without any, the piece."""
    quote = text[span.start : span.end]
    if not answers and not span.whole:
        return [(quote, span.start)]
    places = [place for answer in answers if (place := find_quote(quote, answer))]
    return [(quote[place.start : place.end], span.start + place.start) for place in places]


def _squad_record(question: ReferenceQuestion, answers: Sequence[tuple[str, int]]) -> dict[str, object]:
    return {
        "id": question.id,
        "question": question.question,
        "is_impossible": not question.answerable,
        "answers": [{"text": text, "answer_start": start} for text, start in answers],
    }


def _uncarried(question: ReferenceQuestion, reason: str) -> UsageError:
    return UsageError(
        f"{question.origin or question.id}: question {shown(question.id)} cannot be written as SQuAD: {reason}. "
        f"Leave it out, or write another format."
    )
