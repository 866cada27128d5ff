"""Whether a claim's numbers are those of the sentence, and count the same things."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from assistant.generate.comparison import Comparison, same, share
from assistant.generate.term import WHO, Term
from assistant.quantities import covers

#: Words beside a number that belong to it.
NEAR = 3
#: Words beside a year that may say what happened then.
NEAR_YEAR = 4

_YEAR = re.compile(r"1[5-9][0-9]{2}|20[0-9]{2}")
_OPENS = frozenset(str.split(", ; : que qu that"))
_OF_WHOLE = frozenset(["des", "of", "sur"])
_OF_PART = frozenset(["dont", "including", "whom", "which"])
_MONEY = frozenset(["euro", "dollar"])


class Beside(NamedTuple):
    """The words at a number, nearest first."""

    before: Sequence[Term]
    behind: Sequence[Term]


def has_numbers(compared: Comparison) -> bool:
    told, source = compared.told, compared.source
    return (
        covers(source.quantities, told.quantities)
        and all(_counts_the_same(number, compared) for number in told.terms if number.is_number)
        and not _swaps(compared)
        and not _moves(compared)
        and not _leaves_aside(compared)
        and not _takes_part_for_whole(compared)
    )


def _counts_the_same(number: Term, compared: Comparison) -> bool:
    """Whether a number is one of the same things: "14 000 combattants" are not "14 000 civils"."""
    source = compared.source.terms
    found = [other for other in source if same(number, other, compared.same_language)]
    years = [term.key for term in source if _YEAR.fullmatch(term.key)]
    if not found or years == [number.key] or ":" in number.key:
        return True  # as `covers` has judged
    is_year = number.key in years
    claimed = _within_clause(_beside(compared.told.terms, number.place, NEAR), number, compared)
    given = [_beside(source, other.place, NEAR_YEAR if is_year else NEAR) for other in found]
    if is_year:
        words = [*claimed.behind, *claimed.before]
        return not words or any(share(words, [*b.behind, *b.before], compared.same_language) for b in given)
    return any(_is_measured_alike(number, claimed, beside, compared.same_language) for beside in given)


def _is_measured_alike(number: Term, claimed: Beside, given: Beside, same_language: bool) -> bool:
    around = [*given.behind, *given.before]
    behind, before = (given.behind, given.before) if same_language else (around, around)
    nouns = _nouns(claimed, same_language)
    follows = share(nouns, behind, same_language)
    precedes = not claimed.before or share(claimed.before[:2], before, same_language)
    if not nouns or "person" in nouns[0].meanings:
        return precedes or share(claimed.behind[1:2], around, same_language)
    material = [term for term in claimed.behind[1:2] if term.case == "of"]  # "1,1 tonne de cocaïne"
    if same_language and material and not share(material, given.behind, same_language):
        return False
    if number.key.endswith("%") or nouns[0].meanings & _MONEY:
        return precedes and (follows or not share(nouns, around, same_language))
    return follows


def _nouns(claimed: Beside, same_language: bool) -> Sequence[Term]:
    """What is counted: the next word, or in another word order one of two."""
    if not claimed.behind or claimed.behind[0].is_verb or "," in claimed.behind[0].between:
        return ()
    return claimed.behind[: 1 if same_language else 2]


def _within_clause(beside: Beside, number: Term, compared: Comparison) -> Beside:
    """Without what stands before a comma or "que" in front of the number, and what the source needs no word for."""
    opening = [number, *beside.before]
    ends = (at for at, term in enumerate(opening) if _OPENS & {*term.between})
    known = {match.term.place for match in compared.matches}
    told = {pair.term.place for pair in compared.pairs}
    before = [term for term in beside.before[: next(ends, len(opening))] if term.place in known]
    return Beside(before, [term for term in beside.behind if term.place in told])


def _beside(terms: Sequence[Term], place: int, reach: int) -> Beside:
    return Beside(_run(terms, place, -1, reach), _run(terms, place, 1, reach))


def _run(terms: Sequence[Term], place: int, step: int, reach: int) -> list[Term]:
    """The words from a number to the next one; what stands around a range belongs to both its ends."""
    place += step
    if 0 <= place < len(terms) and terms[place].is_number:
        place += step
    found: list[Term] = []
    while 0 <= place < len(terms) and not terms[place].is_number and len(found) < reach:
        found.append(terms[place])
        place += step
    return found


def _moves(compared: Comparison) -> bool:
    """Whether a number stands at a name that has another one: "3,5 % à Lille et 2,1 % à Lyon"."""
    told, source = compared.told.terms, compared.source.terms
    return any(
        term.is_name
        and term.place
        and found.place
        and told[term.place - 1].is_number
        and source[found.place - 1].is_number
        and not same(told[term.place - 1], source[found.place - 1], compared.same_language)
        for term, found in compared.matches
    )


def _leaves_aside(compared: Comparison) -> bool:
    """Whether a number is all that is told of an aside: the year of "who sued him in 2019," of something else."""
    source = compared.source.terms
    used = {match.found.place for match in compared.matches}
    asides = (_aside(source, match.found.place) for match in compared.matches if match.term.is_number)
    return any(aside and not aside & used for aside in asides)


def _aside(terms: Sequence[Term], place: int) -> set[int]:
    """The places of the words of the relative clause that one stands in, names and numbers apart."""
    commas = [at for at, term in enumerate(terms) if at == 0 or "," in term.between]
    first = max(at for at in commas if at <= place)
    last = min((at for at in commas if at > place), default=len(terms))
    if not WHO & {*terms[first].between}:
        return set()
    return {term.place for term in terms[first:last] if not (term.is_name or term.is_number or term.is_calendar)}


def _swaps(compared: Comparison) -> bool:
    """Whether numbers that stand side by side come in another order: "178 voix contre 112"."""
    keys = [term.key for term in compared.source.terms]
    numbers = [match for match in compared.matches if match.term.is_number and keys.count(match.found.key) == 1]
    return any(
        0 < one.found.place - other.found.place <= 2 and other.term.place - one.term.place <= 2
        for one, other in pairwise(numbers)
    )


def _takes_part_for_whole(compared: Comparison) -> bool:
    """Whether "12 of the 48" became "the 48", or "ten workers, including eight Britons" ten British workers."""
    claimed = {term.key for term in compared.told.terms if term.is_quantity}
    used = {match.found.place for match in compared.matches}
    source = compared.source.terms
    numbers = [term for term in source if term.is_quantity]
    wholes = [(part, whole) for part, whole in pairwise(numbers) if _is_whole(source[part.place + 1 : whole.place + 1])]
    parts = [
        (part, whole) for whole, part in pairwise(numbers) if _OF_PART & {*part.between} and part.place + 1 in used
    ]
    return any(whole.key in claimed and part.key not in claimed for part, whole in [*wholes, *parts])


def _is_whole(terms: Sequence[Term]) -> bool:
    """Whether these words behind a number lead to the one of which it is a part: "two of the country's nine"."""
    return len(terms) <= 2 and bool(_OF_WHOLE & {*terms[0].between[:1]})
