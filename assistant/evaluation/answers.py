"""Whether what was shown says what is right: the measures of one answer."""

import re
from collections.abc import Sequence
from statistics import fmean

from assistant.evaluation.normalise import normalise, overlap, squad_exact, squad_f1, token_f1
from assistant.evaluation.types import ReferenceQuestion
from assistant.quantities import covers, quantities

MEASURES = (
    "answer_containment",
    "answer_containment_folded",
    "first_containment",
    "facts_recall",
    "all_facts",
    "forbidden_hit",
    "token_recall",
    "quantity_match",
    "em",
    "f1",
    "em_squad",
    "f1_squad",
    "rouge_l",
)

#: Where an answer has to stand, so that quoting the whole article earns nothing.
OPENING_STATEMENTS = 3
OPENING_CHARACTERS = 400


def answer_measures(
    question: ReferenceQuestion, shown: Sequence[str], highlight: str | None, language: str
) -> dict[str, float | None]:
    """Every measure of ``MEASURES``, None where it does not apply; an answer that was not given scores 0.

    :param shown: The statements in their order, without citation marks; empty when abstaining.
    :param highlight: A short answer marked within them: exact match and F1 are measured on nothing else.
    """
    measures: dict[str, float | None] = dict.fromkeys(MEASURES)
    if question.forbidden:
        measures["forbidden_hit"] = float(contains_answer(" ".join(shown), question.forbidden, language))
    if not question.answerable:
        return measures
    opening = _opening(shown)
    if question.answers or question.facts:
        measures |= {
            "answer_containment": _containment(question, opening, language),
            "answer_containment_folded": _containment(question, opening, language, accents=False),
            "first_containment": _containment(question, _opening(shown[:1]), language),
        }
    if question.facts:
        measures["facts_recall"] = _containment(question, opening, language)
        measures["all_facts"] = float(measures["facts_recall"] == 1)
    if question.answers:
        measures["token_recall"] = max(_token_recall(opening, answer, language) for answer in question.answers)
        measures["quantity_match"] = _quantity_match(opening, question.answers, language)
    if question.answers and highlight is not None:
        measures |= _short_answer(highlight, question.answers, language)
    if question.reference:
        measures["rouge_l"] = rouge_l(" ".join(shown), question.reference, language)
    return measures


def contains_answer(text: str, answers: Sequence[str], language: str, *, accents: bool = True) -> bool:
    """Whether some answer is a run of whole tokens of ``text``, both normalised.

    An answer made of nothing but articles ("Le Un") is looked for among the articles.
    """
    compared = [(kept, normalise(text, language, articles=kept, accents=accents)) for kept in (False, True)]
    return any(
        wanted and f" {wanted} " in f" {tokens} "
        for answer in answers
        for kept, tokens in compared
        for wanted in [normalise(answer, language, articles=kept, accents=accents)]
    )


def rouge_l(text: str, reference: str, language: str) -> float:
    """F-measure of the longest common subsequence of tokens, articles kept (Lin 2004, with beta = 1)."""
    tokens = normalise(text, language, articles=True).split()
    wanted = normalise(reference, language, articles=True).split()
    return 2 * _common_length(tokens, wanted) / (len(tokens) + len(wanted)) if tokens or wanted else 0.0


def _common_length(tokens: Sequence[str], others: Sequence[str]) -> int:
    lengths = [0] * (len(others) + 1)
    for token in tokens:
        diagonal = 0
        for at, other in enumerate(others, 1):
            longest = diagonal + 1 if token == other else max(lengths[at], lengths[at - 1])
            diagonal, lengths[at] = lengths[at], longest
    return lengths[-1]


def _opening(shown: Sequence[str]) -> str:
    text = " ".join(shown[:OPENING_STATEMENTS])
    cut = text[:OPENING_CHARACTERS]
    if not text[OPENING_CHARACTERS : OPENING_CHARACTERS + 1].isalnum():
        return cut
    return re.sub(r" [^ ]{1,30}$", "", cut)  # half a word is none; scripts without spaces are cut anywhere


def _containment(question: ReferenceQuestion, text: str, language: str, *, accents: bool = True) -> float:
    """The share of the facts that are told, as in STR-EM (Stelmakh et al. 2022); without facts, 1 for any answer."""
    needed = question.facts or (question.answers,)
    return fmean(contains_answer(text, wordings, language, accents=accents) for wordings in needed)


def _token_recall(text: str, answer: str, language: str) -> float:
    wanted = normalise(answer, language).split()
    return overlap(normalise(text, language).split(), wanted) / len(wanted) if wanted else 0.0


def _quantity_match(text: str, answers: Sequence[str], language: str) -> float | None:
    """Whether all numbers and dates of some answer are told; None where an answer without any would do."""
    wanted = [quantities(answer, language) for answer in answers]
    found = quantities(text, language)
    return float(any(covers(found, told) for told in wanted)) if all(wanted) else None


def _short_answer(highlight: str, answers: Sequence[str], language: str) -> dict[str, float]:
    """Exact match and F1 with the answer that suits best, as the language asks for and as papers report them."""
    tokens = normalise(highlight, language).split()
    wanted = [normalise(answer, language).split() for answer in answers]
    return {
        "em": float(tokens in wanted),
        "f1": max(token_f1(tokens, answer) for answer in wanted),
        "em_squad": squad_exact(highlight, answers),
        "f1_squad": squad_f1(highlight, answers),
    }
