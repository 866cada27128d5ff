"""Why a question went wrong: one cause, the first stage at which the right answer was lost.

The search comes first, then the decision to answer, the choice of sentences, what they say. All questions less
those of each cause in turn leave the ones that are right, so that causes make a waterfall.
"""

from collections.abc import Container, Mapping

from assistant.evaluation.answers import contains_answer
from assistant.evaluation.types import Outcome, ReferenceQuestion, ResolvedQuestion

#: How far down a ranking evidence counts as found.
FOUND = 20

#: In the order they are decided in.
CAUSES = (
    # Nothing came back.
    "error",
    # An article with evidence was not among those that could be searched.
    "not_indexed",
    # An article with evidence is not among the first ``FOUND``.
    "article_not_found",
    # All of them are, but a sentence with evidence is not among the first ``FOUND``.
    "sentence_not_found",
    # All evidence was found, and nothing was answered.
    "false_abstention",
    # All evidence was found, and other sentences are cited.
    "found_not_cited",
    # All evidence was found, and some of it is cited.
    "incomplete",
    # An answer was given that the question file names as wrong.
    "distractor_hit",
    # The answer is there, behind too many others to count. A right answer that cites much else is right:
    # ``citation_precision`` and ``cited_sentences`` tell.
    "over_cited",
    # All evidence is cited, and the answer is not in it: the question file may be wrong.
    "answer_absent",
    # There is no answer, and one was given.
    "answered_unanswerable",
)


def cause_of(
    resolved: ResolvedQuestion,
    outcome: Outcome,
    measures: Mapping[str, float | None],
    language: str,
    indexed: Container[str] | None = None,
) -> str | None:
    """The cause, or None where the outcome is right or nothing says what would be.

    :param language: Of the gold answers.
    :param indexed: Ids of the articles that could be searched, where they are known.
    """
    if measures["right"] != 0:
        return None
    if outcome.error:
        return "error"
    if not resolved.question.answerable:
        return "distractor_hit" if measures["distractor_hit_rate"] else "answered_unanswerable"
    cited = measures["citation_recall" if resolved.has_spans else "citation_article_recall"]
    if cited is not None and cited < 1 and (lost := _lost_in_search(resolved, measures, indexed)):
        return lost
    return "false_abstention" if outcome.abstained else _wrong_answer(resolved, outcome, measures, cited, language)


def _lost_in_search(
    resolved: ResolvedQuestion, measures: Mapping[str, float | None], indexed: Container[str] | None
) -> str | None:
    if indexed is not None and not all(any(span.article in indexed for span in group) for group in resolved.gold):
        return "not_indexed"
    if measures[f"sentence_all@{FOUND}"]:
        return None
    if not measures[f"article_all@{FOUND}"]:
        return "article_not_found"
    return "sentence_not_found" if resolved.has_spans else None


def _wrong_answer(
    resolved: ResolvedQuestion,
    outcome: Outcome,
    measures: Mapping[str, float | None],
    cited: float | None,
    language: str,
) -> str:
    """:param cited: The share of the evidence that is; None where none is known."""
    if cited is not None and cited < 1:
        return "incomplete" if cited else "found_not_cited"
    if measures["forbidden_hit"]:
        return "distractor_hit"
    if _says_all(resolved.question, outcome, language):
        return "over_cited"
    # Where an article is all the evidence, which sentence of it should be cited is not known.
    return "answer_absent" if resolved.has_spans or not resolved.gold else "found_not_cited"


def _says_all(question: ReferenceQuestion, outcome: Outcome, language: str) -> bool:
    """Whether the answer, wherever it stands, is among all that is cited."""
    shown = " ".join(cited.shown for cited in outcome.citations)
    return all(contains_answer(shown, wordings, language) for wordings in question.facts or (question.answers,))
