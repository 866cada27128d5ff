"""Whether a sentence says what another one says: rules that are right where they say yes, and say no when in doubt.

A claim is supported by a sentence that has its numbers, dates and names, with the same nouns at its numbers and the
same parts played, the same words denied or doubted, and its other words or words that mean the same. Nothing here
understands a text; what the rules cannot follow, they refuse.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from assistant.generate.bounds import keeps_bounds
from assistant.generate.certainty import denies_the_same, is_as_sure
from assistant.generate.comparison import Comparison, Pair, compare, match
from assistant.generate.counting import has_numbers
from assistant.generate.lexicon import lexicon
from assistant.generate.parts import gives_the_same_parts
from assistant.generate.vacuity import is_vacuous
from assistant.generate.wording import wording
from assistant.text import fold

Reason = Literal["number", "name", "negation", "certainty", "role", "addition", "coverage", "anchor", "language"]

#: Share of a claim's words that its sentence must have, in its own language and in another.
COVERAGE = 1.0
COVERAGE_ACROSS = 0.6

#: Words of the sentence for each new one that the lexicon knows, the first apart.
WORDS_BESIDE = 6

#: New words in a row that make a fact of their own.
RUN = 3

_ADDING = frozenset(["et", "and", "ou", "or", ",", ";", "but", "mais", "dont", "including"])
_ADVERB = re.compile(r"\w{3,}(?:ment|ly)")
_WORD = re.compile(r"[^\W_]+")


def faults(claim: str, claim_language: str, sentence: str, language: str, around: str = "") -> tuple[Reason, ...]:
    """Why ``sentence`` does not support ``claim``; nothing where it does.

    :param around: The article near the sentence: where a name stands there in full, the claim may have it in full.
    """
    compared = _without_completions(compare(wording(claim, claim_language), wording(sentence, language)), around)
    coverage = COVERAGE if compared.same_language else COVERAGE_ACROSS
    checks: list[tuple[Reason, bool]] = [
        ("number", has_numbers(compared) and keeps_bounds(compared)),
        ("name", _has_names(compared.pairs)),
        ("negation", denies_the_same(compared)),
        ("certainty", is_as_sure(compared)),
        ("role", gives_the_same_parts(compared)),
        ("addition", compared.same_language or not _adds(compared.pairs)),
        ("coverage", compared.coverage >= coverage and not is_vacuous(claim, claim_language, sentence)),
    ]
    return tuple(reason for reason, holds in checks if not holds)


def anchored(question: str, question_language: str, text: str, language: str) -> bool:
    """Whether the names that a question asks about stand in a text: else the text may be about somebody else."""
    asked, told = wording(question, question_language), wording(text, language)
    return all(match(term, asked, told) is not None for term in asked.terms if term.is_name)


def _has_names(pairs: Sequence[Pair]) -> bool:
    return all(found is not None for at, (_, found) in enumerate(pairs) if may_be_name(pairs, at))


def may_be_name(pairs: Sequence[Pair], at: int) -> bool:
    """A word that opens the claim without an article, unknown and with a verb behind it, may be one too."""
    term = pairs[at].term
    opens = term.opens and not (term.meanings or term.is_number)
    return term.is_name or (opens and any(following.term.is_verb for following in pairs[at + 1 : at + 2]))


def _without_completions(compared: Comparison, around: str) -> Comparison:
    """The comparison without names that the article has in full: Jim, where the sentence says M. Mattis."""
    pairs = compared.pairs
    text = f" {' '.join(_WORD.findall(fold(around, accents=False).text))} "

    def completes(at: int) -> bool:
        beside = [sorted((at, place)) for place in (at - 1, at + 1) if 0 <= place < len(pairs) and pairs[place].found]
        return any(f" {pairs[one].term.key} {pairs[other].term.key} " in text for one, other in beside)

    kept = [pair for at, pair in enumerate(pairs) if pair.found or not (pair.term.is_name and completes(at))]
    return replace(compared, pairs=kept)


def _adds(pairs: Sequence[Pair]) -> bool:
    """Whether a claim in another language tells more than its sentence.

    New words in a row do, one behind "and", one without a synonym, and several that the lexicon knows in both
    languages. In the same language every word of a claim is known.
    """
    new = [found is None and not term.is_number for term, found in pairs]
    terms = [term for (term, _), is_new in zip(pairs, new, strict=True) if is_new]
    known = sum(bool(term.meanings) for term in terms)
    return (
        any(all(new[at : at + RUN]) for at in range(len(new) - RUN + 1))
        or known > max(1, (len(pairs) - len(terms)) // WORDS_BESIDE)
        or any(
            term.meanings & lexicon().exact
            or (term.is_verb and term.meanings)
            or _ADDING & {*term.between}
            or _ADVERB.fullmatch(term.key)
            for term in terms
        )
    )
