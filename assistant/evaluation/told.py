"""What an answer tells besides its sentences: the words that answer, that sources differ, what was understood."""

from collections.abc import Sequence

from assistant.evaluation.answers import contains_answer
from assistant.evaluation.normalise import normalise, overlap
from assistant.evaluation.types import Outcome, ReferenceQuestion

MEASURES = ("answering_right", "answering_marked", "disagreement_told", "alone_changed")


def told_measures(question: ReferenceQuestion, outcome: Outcome, language: str) -> dict[str, float | None]:
    """Every measure of ``MEASURES``, None where it does not apply."""
    wanted = (*question.answers, *(wording for wordings in question.facts for wording in wordings))
    holding = [
        told
        for cited, told in zip(outcome.citations, outcome.told, strict=False)  # runs of earlier versions tell nothing
        if question.answerable and contains_answer(cited.shown, wanted, language)
    ]
    marked = [told.answering for told in holding if told.answering]
    return {
        "answering_right": _share([_says(words, wanted, language) for words in marked]),
        "answering_marked": _share([told.answering is not None for told in holding]),
        "disagreement_told": None if outcome.abstained else float(outcome.disagreement is not None),
        "alone_changed": None if question.history else float(outcome.understood_as is not None),
    }


def _says(words: str, wanted: Sequence[str], language: str) -> bool:
    """Whether they share a word with an expected answer, both normalised."""
    tokens = normalise(words, language).split()
    return any(overlap(tokens, normalise(answer, language).split()) for answer in wanted)


def _share(kept: Sequence[bool]) -> float | None:
    return sum(kept) / len(kept) if kept else None
