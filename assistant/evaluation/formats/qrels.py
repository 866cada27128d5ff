"""Relevance judgements: which articles are right for which question, as BEIR and TREC write them.

Gold of whole articles only: each relevant article is one needed place with its grade, as recall and graded nDCG count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.formats.source import lines, shown
from assistant.evaluation.resolve import resolve
from assistant.evaluation.types import Evidence, ReferenceQuestion

#: Grades by article.
Grades = dict[str, int]


def read(path: Path) -> dict[str, Grades]:
    """Every judgement by question, those of "not relevant" too; of several on one article, the highest.

    Lines of three cells (``question article grade``, BEIR) or four (``question iteration article grade``, TREC),
    separated by tabs, else by spaces; a header line may come first.

    :raises UsageError: If a line is anything else.
    """
    judgements: dict[str, Grades] = {}
    for number, line in lines(path):
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) not in (3, 4):
            raise UsageError(f"{path.name}, line {number}: {len(cells)} cells, not 3 (BEIR) or 4 (TREC). Correct it.")
        question, article, grade = cells[0].strip(), cells[-2].strip(), _grade(cells[-1])
        if grade is None:
            if not judgements:
                continue  # the header
            raise UsageError(f"{path.name}, line {number}: grade {shown(cells[-1])} is not a whole number. Correct it.")
        grades = judgements.setdefault(question, {})
        grades[article] = max(grade, grades.get(article, grade))
    return judgements


def judged(question: ReferenceQuestion, grades: Grades) -> ReferenceQuestion:
    """``question`` with the articles that are relevant to it at all, or as unanswerable where none is."""
    evidence = tuple((Evidence(article, grade=grade),) for article, grade in grades.items() if grade > 0)
    if not evidence:
        return replace(question, answerable=False, why_unanswerable="none_relevant")
    return replace(question, evidence=evidence)


def grades_of(
    questions: Sequence[ReferenceQuestion], corpus: Corpus | None, target: str
) -> Iterator[tuple[ReferenceQuestion, Grades]]:
    """Every question with its relevant articles: those found in ``corpus`` by id, else as they are named.

    :param target: The format these are written as, for messages.
    :raises UsageError: If judgements of articles cannot say what a question holds to be right.
    """
    bare = [question for question in questions if not (question.answerable and question.evidence)]
    if bare:
        raise UsageError(
            f"{target} holds articles that are relevant, and {len(bare)} of {len(questions)} questions have none "
            f"(first: {bare[0].origin or bare[0].id}). Leave these out, or write another format."
        )
    for question, groups in _groups(questions, corpus):
        grades: Grades = {}
        for group in groups:
            if len(group) > 1:
                raise UsageError(
                    f"{question.origin or question.id}: any one of {len(group)} articles will do, which {target} "
                    f"cannot say. Leave the question out, or write another format."
                )
            for article, grade in group.items():
                grades[article] = max(grade, grades.get(article, grade))
        yield question, grades


def _groups(
    questions: Sequence[ReferenceQuestion], corpus: Corpus | None
) -> Iterator[tuple[ReferenceQuestion, list[Grades]]]:
    if corpus is None:
        for question in questions:
            if not all(one.article for group in question.evidence for one in group):
                raise UsageError(
                    f"{question.origin or question.id}: a quote without its article. Name the articles with --corpus."
                )
            yield question, [{one.article: one.grade for one in group} for group in question.evidence]
        return
    for resolved in resolve(questions, corpus):
        if resolved.invalid:
            raise UsageError(f"{resolved.question.origin}: {resolved.invalid}. Correct it, or leave the question out.")
        yield resolved.question, [{span.article: span.grade for span in group} for group in resolved.gold]


def _grade(cell: str) -> int | None:
    try:
        grade = float(cell)
    except ValueError:
        return None
    return int(grade) if grade.is_integer() else None
