"""Whether a translation has all that is essential in a sentence: what ``verify`` asks, the other way round.

``verify`` tells whether a text adds to a sentence or changes it; here the sentence is laid over the text, and each of
its numbers, dates, names and negations needs a counterpart there.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from assistant.generate.comparison import Comparison, compare, same
from assistant.generate.lexicon import lexicon
from assistant.generate.term import Term
from assistant.generate.verify import may_be_name
from assistant.generate.wording import wording
from assistant.quantities import covers

Lack = Literal["number", "name", "negation", "length"]

#: Words of a translation for each word of its sentence, at least.
LENGTH = 0.6

#: Letters of a common beginning that make a noun with a capital ("Secretary") and one without ("secrétaire") the same.
ALIKE = 5

#: Of the meanings that only their own words carry, those that neither count nor date nor name a people.
_OTHERS = frozenset(["want", "plan", "threaten", "young", "old", "kill", "injure"])


def lacks(translation: str, language: str, sentence: str, of_sentence: str) -> tuple[Lack, ...]:
    """What of ``sentence`` is not in its ``translation``; nothing where it is all there."""
    compared = compare(wording(sentence, of_sentence), wording(translation, language))
    checks: list[tuple[Lack, bool]] = [
        ("number", _has_numbers(compared)),
        ("name", _has_names(compared)),
        ("negation", _has_negations(compared)),
        ("length", len(compared.source.terms) >= LENGTH * len(compared.told.terms)),
    ]
    return tuple(lack for lack, holds in checks if not holds)


def _has_numbers(compared: Comparison) -> bool:
    """Numbers, dates and times, and each of the words that count or date: "mardi", "half", "dozens"."""
    left = list(compared.source.terms)
    for term in compared.told.terms:
        if term.is_number or term.meanings & lexicon().exact - _OTHERS:
            found = next((other for other in left if same(term, other, compared.same_language)), None)
            if found is None:
                return False
            left.remove(found)
    return covers(compared.source.quantities, compared.told.quantities)


def _has_names(compared: Comparison) -> bool:
    """At least a part of each: "World Cup" is in "Coupe du monde"."""
    return all(any(found or _is_alike(term, compared) for term, found in parts) for parts in _names(compared))


def _names(compared: Comparison) -> Iterator[list[tuple[Term, Term | None]]]:
    """The words of each name with their counterparts; names are apart where anything stands between."""
    parts: list[tuple[Term, Term | None]] = []
    for at, (term, found) in enumerate(compared.pairs):
        is_name = may_be_name(compared.pairs, at)
        if parts and (term.between or not is_name):
            yield parts
            parts = []
        if is_name:
            parts.append((term, found))
    if parts:
        yield parts


def _is_alike(term: Term, compared: Comparison) -> bool:
    return any(term.key[:ALIKE] == other.key[:ALIKE] for other in compared.source.terms if len(other.key) >= ALIKE)


def _has_negations(compared: Comparison) -> bool:
    """What is denied is denied there too, as often."""
    kept = all(found is None or found.negated for term, found in compared.pairs if term.negated)
    return kept and _denials(compared.told.terms) == _denials(compared.source.terms)


def _denials(terms: tuple[Term, ...]) -> int:
    """Runs of words that are denied: "aucun ministre n'avait fait le déplacement" denies once."""
    return sum(term.negated and not (before and before.negated) for before, term in pairwise([None, *terms]) if term)
