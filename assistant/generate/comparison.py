"""A claim laid over a sentence: which word of the one says what which word of the other says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.generate.lexicon import lexicon, sound
from assistant.generate.wording import Term, Wording

#: Letters of a common beginning that make two words of one family: "participation" and "participer".
FAMILY = 6
FAMILY_ACROSS = 5

#: Words that count nobody in particular.
_ANYBODY = frozenset(["personne", "personnes", "gens", "people", "person", "persons"])


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
    #: One a word of the claim, in its order.
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
        found = [pair.found is not None for pair in self.pairs if pair.found or pair.term.key not in _ANYBODY]
        return sum(found) / len(found) if found else 0.0


def compare(told: Wording, source: Wording) -> Comparison:
    return Comparison(told, source, [Pair(term, match(term, told, source)) for term in told.terms])


def match(term: Term, told: Wording, source: Wording) -> Term | None:
    """The word of the source that says the same: one denied and doubted alike, the very word before others."""
    found = [other for other in source.terms if same(term, other, told.language == source.language)]
    found.sort(key=lambda other: (other.negated != term.negated, other.doubted > term.doubted, other.key != term.key))
    return found[0] if found else None


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
