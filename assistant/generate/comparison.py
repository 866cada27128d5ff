"""A claim laid over a sentence: which word of the one says what which word of the other says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.generate.lexicon import lexicon, sound
from assistant.generate.term import Term
from assistant.generate.wording import Wording

#: Letters of a common beginning that make two words of one family: "participation" and "participer".
FAMILY = 6
FAMILY_ACROSS = 5

#: Letters of the shortest acronym that is read, the longest has three more.
ACRONYM = 3


class Pair(NamedTuple):
    """A word of the claim, and the word of the sentence that says the same."""

    term: Term
    found: Term | None


class Match(NamedTuple):
    """A pair that is one."""

    term: Term
    found: Term


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim and the sentence that may support it."""

    told: Wording
    source: Wording
    #: One a word of the claim, in its order, but for those that tell next to nothing and have no other.
    pairs: Sequence[Pair]

    @property
    def same_language(self) -> bool:
        return self.told.language == self.source.language

    @property
    def matches(self) -> Iterator[Match]:
        return (Match(term, found) for term, found in self.pairs if found is not None)

    @property
    def coverage(self) -> float:
        """The share of the claim's words that the sentence has."""
        found = [pair.found is not None for pair in self.pairs]
        return sum(found) / len(found) if found else 0.0


def compare(told: Wording, source: Wording) -> Comparison:
    pairs = [Pair(term, match(term, told, source) or _abbreviated(term, told, source)) for term in told.terms]
    kept = [pair for pair in pairs if pair.found or not (pair.term.is_weak or _is_of_age(pair.term, pairs, source))]
    return Comparison(told, source, kept)


def _is_of_age(term: Term, pairs: Sequence[Pair], source: Wording) -> bool:
    """Whether it is "ans" behind a number that counts nothing in the source: "at 82"."""
    number = pairs[term.place - 1].found if term.place and "year" in term.meanings else None
    following = source.terms[number.place + 1 : number.place + 2] if number else ()
    return number is not None and number.is_number and all(word.between for word in following)


def _abbreviated(term: Term, told: Wording, source: Wording) -> Term | None:
    """The first word of what a name is short for (OFB), or the name that is short for what the word is part of."""
    spelled_out = _spelled_out(term, source.terms) if term.is_name else ()
    if spelled_out:
        return spelled_out[0]
    return next((short for short in source.terms if short.is_name and term in _spelled_out(short, told.terms)), None)


def _spelled_out(short: Term, terms: Sequence[Term]) -> Sequence[Term]:
    """Words side by side, the first with a capital, whose initials make a name."""
    length = len(short.key)
    if not ACRONYM <= length <= ACRONYM + 3:
        return ()
    runs = (terms[at : at + length] for at in range(len(terms) - length + 1))
    return next(
        (run for run in runs if (run[0].is_name or run[0].opens) and "".join(t.key[0] for t in run) == short.key), ()
    )


def match(term: Term, told: Wording, source: Wording) -> Term | None:
    """The word of the source that says the same: one denied and doubted alike, the very word before others."""
    found = [other for other in source.terms if same(term, other, told.language == source.language)]
    found.sort(
        key=lambda other: (
            other.stem != term.stem,
            other.negated != term.negated,
            other.doubted > term.doubted,
            -_alike_beside(term, other, told, source) if len(found) > 1 else 0,
            other.key != term.key,
        )
    )
    return found[0] if found else None


def _alike_beside(term: Term, other: Term, told: Wording, source: Wording) -> int:
    """On how many sides the two have words beside them that say the same."""
    places = [(term.place + step, other.place + step) for step in (-1, 1)]
    return sum(
        0 <= place < len(told.terms)
        and 0 <= its < len(source.terms)
        and same(told.terms[place], source.terms[its], told.language == source.language)
        for place, its in places
    )


def same(term: Term, other: Term, same_language: bool) -> bool:
    """Whether two words say the same."""
    if term.is_number or other.is_number:
        return term.is_number and other.is_number and other.key in (term.key, f"{term.key}%")
    if term.key == other.key or (same_language and term.stem == other.stem) or term.meanings & other.meanings:
        return True
    if term.is_name or other.is_name:
        return not same_language and sound(term.key) == sound(other.key)
    if (term.meanings | other.meanings) & lexicon().exact:
        return False
    shorter, longer = sorted((term.key, other.key), key=len)
    if same_language and len(shorter) >= 4 and longer.removeprefix(shorter) in ("e", "s", "es"):
        return True
    return _common_beginning(term.key, other.key) >= (FAMILY if same_language else FAMILY_ACROSS)


def share(some: Sequence[Term], others: Sequence[Term], same_language: bool) -> bool:
    """Whether a word of the ones says what a word of the others says."""
    return any(same(one, other, same_language) for one in some for other in others)


def _common_beginning(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
