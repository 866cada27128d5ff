"""Whether each clause of a claim stands on one side of its sentence's "mais", "while", ";" or "et il"."""

from collections.abc import Iterator, Sequence

from assistant.generate.comparison import Comparison, Match
from assistant.generate.scope import SPEECH
from assistant.generate.term import Term
from assistant.generate.wording import CONTRASTS

_AND = frozenset(["et", "and"])
#: What may stand between two clauses of a claim.
_CUTS = frozenset(["et", "and", "si", "if", ","])
_SUBJECTS = frozenset(str.split("il elle ils elles on he she it they"))
_OWNERS = frozenset(str.split("son sa ses leur leurs his her its their"))
_OBJECTS = frozenset(str.split("it him her them"))
_SOURCES = frozenset(str.split("selon according apres"))


def takes_one_side(compared: Comparison) -> bool:
    sides = _sides(compared.source.terms)
    matches = {match.term.place: match for match in compared.matches if sides[match.found.place] is not None}
    return all(
        _is_one_sided([matches[term.place] for term in clause if term.place in matches], sides, compared.source.terms)
        for clause in _clauses(compared.told.terms)
    )


def _sides(terms: Sequence[Term]) -> list[int | None]:
    """The side that each word is on; none for what tells who says so, which holds for all of them."""
    sides: list[int | None] = []
    side = 0
    for term in terms:
        side += _begins_side(term)
        sides.append(side)
    for at in _telling(terms):
        sides[at] = None
    return sides


def _begins_side(term: Term) -> bool:
    links = {*term.between}
    return bool(CONTRASTS & links) or bool(_AND & links and _SUBJECTS & links)


def _telling(terms: Sequence[Term]) -> Iterator[int]:
    """The places of "selon la police", ", a dit le maire" at the end, and of "Le maire a dit que" at the beginning."""
    first = next((at for at in range(len(terms)) if at and _begins_side(terms[at])), len(terms))
    speech = next((at for at in range(first) if terms[at].meanings & SPEECH and not terms[at].is_noun), None)
    if speech is not None and speech + 1 < len(terms):
        yield from range(speech + 1)
    last = next((at for at in range(len(terms) - 1, 0, -1) if {",", '"'} & {*terms[at].between}), 0)
    if last and (_SOURCES & {*terms[last].between} or any(term.meanings & SPEECH for term in terms[last:])):
        yield from range(last, len(terms))


def _clauses(terms: Sequence[Term]) -> Iterator[Sequence[Term]]:
    """A claim cut where it contrasts, and at each "and" and comma that has a verb on both sides."""
    first = 0
    for at, term in enumerate(terms):
        links = {*term.between}
        is_cut = (
            _CUTS & links and any(one.is_verb for one in terms[first:at]) and any(one.is_verb for one in terms[at:])
        )
        if at and (CONTRASTS & links or is_cut):
            yield terms[first:at]
            first = at
    yield terms[first:]


def _is_one_sided(matches: Sequence[Match], sides: Sequence[int | None], terms: Sequence[Term]) -> bool:
    """Whether words are of one side, those of another apart that a pronoun of theirs stands for."""
    if len({sides[match.found.place] for match in matches}) < 2:
        return True
    later = max(side for match in matches if (side := sides[match.found.place]) is not None)
    its = [term for term in terms if sides[term.place] == later]
    links = {word for term in its for word in term.between}
    first = next(n for n, match in enumerate(matches) if sides[match.found.place] == later)
    leans = bool(links & (_SUBJECTS | _OWNERS)) or its[0].is_verb
    return not any(
        term.is_verb
        or found.is_verb
        or not (
            (n < first and leans)
            or (term.case in ("of", "owner") and links & _OWNERS)
            or (n == len(matches) - 1 and not term.case and links & _OBJECTS)
        )
        for n, (term, found) in enumerate(matches)
        if sides[found.place] != later
    )
