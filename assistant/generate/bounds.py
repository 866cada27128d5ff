"""Whether a claim keeps what bounds its sentence's numbers and words: "jusqu'à", "au moins", "presque", "sauf"."""

import re
from collections.abc import Sequence

from assistant.generate.comparison import Comparison
from assistant.generate.term import DETERMINERS, Term
from assistant.generate.wording import Wording

#: What stands before a number that bounds it; the first that is found holds.
_BOUNDS = {
    name: re.compile(rf"\b(?:{words})\b")
    for name, words in {
        "most": "jusqu (?:a|aux?)|au plus|up to|at most|as (?:many|much) as",
        "least": "au moins|at least",
        "less": "moins (?:de|d)|less than|fewer than|under",
        "about": "presque|quasi|quasiment|pratiquement|pres (?:de|d)|nearly|almost|virtually|close to|environ|quelque"
        "|autour (?:de|d)|peu pres|about|around|roughly|approximately|some",
        "more": "plus (?:de|d)|more than|over|dela (?:de|d)|above",
    }.items()
}
#: The same by a verb: "dépasse 100".
_VERBS = {"exceed": "more", "approach": "about"}
#: A bound of the claim, and another one of the source that is none the less.
_ALIKE = [("more", "least"), ("least", "more"), ("less", "about"), ("about", "less"), ("about", "")]

_SPANS = {
    "since": frozenset(["depuis", "since"]),
    "until": frozenset(["jusqu", "until", "till"]),
    "before": frozenset(["avant", "before"]),
    "after": frozenset(["apres", "after"]),
}
_DAYS = frozenset(str.split("monday tuesday wednesday thursday friday saturday sunday yesterday tomorrow"))
_YEAR = re.compile(r"1[5-9][0-9]{2}|20[0-9]{2}")
_NEARLY = frozenset(str.split("presque quasi quasiment pratiquement nearly almost virtually"))
_EXCEPT = frozenset(str.split("sauf hormis excepte exception except but"))
_ALL = frozenset(str.split("tous toutes tout toute chaque all every each any aucun aucune"))

#: Words without which a noun beside them is another one.
_QUALIFIERS = frozenset(
    str.split(
        "demi semi quart vice ex ancien ancienne anciens former futur future adjoint presume presumee alleged"
        " eventuel eventuelle potentiel potentielle potential possible probable suppose supposee pretendu pretendue"
    )
)
#: Meanings that hold among those of their phrase alone.
_FIRST = frozenset(str.split("first second third_in_order fourth fifth sixth seventh only best worst"))


def keeps_bounds(compared: Comparison) -> bool:
    """Whether what is nearly, at most or at least so is told to be so, and what has exceptions is not told of all."""
    told, source = compared.told, compared.source
    numbers = [(_bound(told, term), _bound(source, found)) for term, found in compared.matches if term.is_quantity]
    if any(claimed != given and (claimed, given) not in _ALIKE for claimed, given in numbers):
        return False
    if any(_span(told, term) != _span(source, found) for term, found in compared.matches if _is_time(term)):
        return False
    words = [match for match in compared.matches if not match.term.is_quantity]
    if any(_NEARLY & {*found.between} and not _NEARLY & {*term.between} for term, found in words):
        return False
    if not _keeps_qualifiers(compared):
        return False
    links, given = _links(told), _links(source)
    return not (_ALL & links and _EXCEPT & given and not _EXCEPT & links)


def _keeps_qualifiers(compared: Comparison) -> bool:
    """Whether a "former minister" is no "minister", and the "first Asian woman" not the "first woman"."""
    terms = compared.source.terms
    used = {match.found.stem for match in compared.matches}
    needed = set[str]()
    for _, found in compared.matches:
        needed.update(term.stem for term in _beside(terms, found.place) if term.key in _QUALIFIERS)
        if found.meanings & _FIRST:
            needed.update(term.stem for term in _phrase(terms, found.place))
    return needed <= used


def _beside(terms: Sequence[Term], place: int) -> list[Term]:
    """The words that nothing parts from one."""
    before = terms[place - 1 : place] if place and not terms[place].between else ()
    return [*before, *(term for term in terms[place + 1 : place + 2] if not term.between)]


def _phrase(terms: Sequence[Term], place: int) -> Sequence[Term]:
    """The words side by side with one; of a "premier ministre" none."""
    first = next((at for at in range(place, 0, -1) if terms[at].between), 0)
    last = next((at for at in range(place + 1, len(terms)) if terms[at].between), len(terms))
    phrase = terms[first:last]
    if any(term.is_name or term.is_number or "minister" in term.meanings for term in phrase):
        return ()
    return [term for term in phrase if not (term.is_weak or term.is_calendar)]


def _bound(wording: Wording, number: Term) -> str:
    before = " ".join(number.between)
    named = next((name for name, pattern in _BOUNDS.items() if pattern.search(before)), "")
    following = wording.terms[number.place + 1 : number.place + 2]
    if "over" in number.between and any(term.is_calendar for term in following):
        return ""  # "over four years"
    if named or before or not number.place:
        return named
    verb = wording.terms[number.place - 1].meanings
    return next((bound for meaning, bound in _VERBS.items() if meaning in verb), "")


def _is_time(term: Term) -> bool:
    return bool(_YEAR.fullmatch(term.key) or _DAYS & term.meanings)


def _span(wording: Wording, time: Term) -> str:
    """Whether a time is the beginning or the end of a span, "depuis l'incendie de 2021" too."""
    first = next((at for at in range(time.place, 0, -1) if "," in wording.terms[at].between), 0)
    for term in reversed(wording.terms[max(first, time.place - 1) : time.place + 1]):
        links = [word for word in term.between if word not in DETERMINERS]
        found = next((span for span, words in _SPANS.items() if words & {*links[-2:]}), "")
        if found:
            return found
    return ""


def _links(wording: Wording) -> set[str]:
    return {word for term in wording.terms for word in term.between}
