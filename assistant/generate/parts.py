"""Whether everybody does in a claim what he does in the sentence: told by order, prepositions, commas and voice.

There is no grammar of either language here. Where the words do not stand as they stood, and nothing tells that this
changes nothing, the claim is not supported.
"""

from collections.abc import Iterator, Sequence, Set
from itertools import combinations, pairwise, takewhile

from assistant.generate.comparison import Comparison, Match, Pair, share
from assistant.generate.scope import SPEECH
from assistant.generate.sides import takes_one_side
from assistant.generate.term import DETERMINERS, Term

#: Words between which a subject behind its verb stands.
NEAR = 3

#: How far apart in the sentence words may be that the claim has side by side: as one phrase, with "of" between, as a
#: verb and its object in the same language and in another.
APART = 3
APART_ACROSS = 8
APART_OF = 6
APART_OBJECT = 3
APART_OBJECT_ACROSS = 8

_CLAUSE = frozenset(str.split(', ; : ( ) " et and but mais que qu that while'))
_WHO = frozenset(str.split("qui who which that"))
_OWNERS = frozenset(str.split("son sa ses leur leurs his her its their"))
_RELATIVE = frozenset(str.split("qui que qu dont who which that whose"))
#: Cases of a name that tell no part it could swap with another's.
_ASIDE = frozenset(["of", "owner", "place", "source"])
_BARE = frozenset([""])


def gives_the_same_parts(compared: Comparison) -> bool:
    return _tells_who_is_what(compared) or (
        _keeps_names(compared)
        and _keeps_subjects(compared)
        and _keeps_objects(compared)
        and not _is_torn(compared)
        and takes_one_side(compared)
    )


def _tells_who_is_what(compared: Comparison) -> bool:
    """Whether "X est le maire" stands for "le maire, X" or "X, le maire"."""
    cut = next((at for at, (term, _) in enumerate(compared.pairs) if _is_defined(term.between)), 0)
    places = [found.place if found else -1 for _, found in compared.pairs]
    who, what = sorted(places[:cut]), sorted(places[cut:])
    if not cut or not all(term.is_name for term, _ in compared.pairs[:cut]) or -1 in places:
        return False
    first, second = sorted((who, what))
    whole = [*first, *second]
    joins = {*compared.source.terms[second[0]].between} <= DETERMINERS | {","}
    return joins and whole == list(range(whole[0], whole[-1] + 1))


def _is_defined(links: Sequence[str]) -> bool:
    return links[:1] in (("est",), ("etait",), ("is",), ("was",)) and bool(links[1:]) and {*links[1:]} <= DETERMINERS


# --- Names -------------------------------------------------------------------------------------------


def _keeps_names(compared: Comparison) -> bool:
    """Whether the names do the same to each other, as far as their order and the words before them tell."""
    names = list(_names(compared))
    actors = [name for name in names if not _ASIDE & {name.term.case, name.found.case}]
    return not (
        any(_exchange_cases(one, other) for one, other in combinations(names, 2))
        or any(name.term.case == "place" and not name.found.case for name in names)
        or any(not name.found.case and name.found.place <= 1 and name.term.case in ("to", "against") for name in actors)
        or any(_exchange_parts(one, other) for one, other in combinations(actors, 2))
        or (compared.pairs and _is_promoted(compared.pairs[0]) and not _is_followed(compared))
        or _exchange_places(compared)
    )


def _names(compared: Comparison) -> Iterator[Match]:
    """The first word of each name."""
    within = False
    for at, (term, found) in enumerate(compared.pairs):
        is_name = found is not None and (term.is_name or found.is_name) and not term.is_calendar
        following = compared.pairs[at + 1].term if at + 1 < len(compared.pairs) else None
        if following and term.is_people and not (following.between or following.is_name or following.is_verb):
            is_name = False  # "the Japanese carmaker"
        if found is not None and is_name and not (within and not term.between):
            yield Match(term, found)
        within = is_name


def _is_inverted(one: Match, other: Match) -> bool:
    return one.found.place > other.found.place


def _exchange_cases(one: Match, other: Match) -> bool:
    """Whether "de Nice à Bordeaux" became "de Bordeaux à Nice"."""
    crosswise = one.term.case == other.found.case and other.term.case == one.found.case
    return crosswise and one.term.case != other.term.case and _is_inverted(one, other)


def _exchange_parts(one: Match, other: Match) -> bool:
    """Whether two names change order without a change of voice, or voice without a change of order."""
    turned = [(name.term.case == "agent") != (name.found.case == "agent") for name in (one, other)]
    stays = any(name.term.case and name.term.case == name.found.case for name in (one, other))
    return (turned[0] != turned[1]) != _is_inverted(one, other) and not stays


def _exchange_places(compared: Comparison) -> bool:
    """Whether two places change what happened there: "born in Lagos and raised in Toronto"."""
    matches = list(compared.matches)
    led = [
        name
        for at, name in enumerate(matches)
        if name.term.is_name and not name.term.is_calendar and name.term.case and name.term.case == name.found.case
        if not (at and _carries(matches[at - 1], name))
    ]
    return any(
        _is_inverted(one, other) and other.term.place - one.term.place > 1 and one.found.case == other.found.case
        for one, other in pairwise(led)
    )


def _carries(head: Match, name: Match) -> bool:
    """Whether a name goes with the word before it: "la préfecture du Finistère"."""
    return name.term.case == "of" and head.found.place == name.found.place - 1


def _is_promoted(pair: Pair) -> bool:
    """Whether the claim begins with a name that stands aside in the source: "l'avocate de Pierre Lagarde"."""
    term, found = pair
    is_name = found is not None and found.is_name and (term.is_name or term.key == found.key)
    stood_aside = found is not None and (found.case == "source" or (is_name and found.case in ("of", "to", "against")))
    return stood_aside and not term.case and not (term.is_name and DETERMINERS & {*term.between})  # "The Lyon court"


def _is_followed(compared: Comparison) -> bool:
    """Whether the claim is of the relative clause behind the name that it begins with: "face à Carlos, qui joue"."""
    found = compared.pairs[0].found
    behind = [term for term in compared.source.terms[found.place + 1 :] if not term.is_name] if found else []
    used = [match.found.place for match in compared.matches if not match.found.is_name]
    return bool(behind) and bool(_WHO & {*behind[0].between}) and min(used, default=0) >= behind[0].place


# --- Subjects and objects ----------------------------------------------------------------------------


def _keeps_subjects(compared: Comparison) -> bool:
    """Whether whoever does something in the claim does it in the source, and does not suffer it."""
    verbs = (match for match in compared.matches if match.term.is_verb and match.found.is_verb)
    return all(_has_its_subject(verb, compared) for verb in verbs if "say" not in verb.term.meanings)


def _has_its_subject(verb: Match, compared: Comparison) -> bool:
    told, source, same_language = compared.told.terms, compared.source.terms, compared.same_language
    clause = _clause_before(source, verb.found)
    subject = _subject(told, verb.term)
    bare = _bare(clause, _BARE if same_language else {"", "of"})
    before = clause if all(term.is_weak for term in bare) else bare  # "the number of deaths"
    if not subject or not before:
        return True
    if verb.term.is_passive == verb.found.is_passive:
        before = [*before, *_inverted(source, verb.found)]
        fits = share(subject, before, same_language) or any(
            m.term in subject and m.found in before for m in compared.matches
        )
        return fits and not _swaps_objects(verb, compared)
    if verb.term.is_passive:
        behind = source[verb.found.place + 1 :]
        suffers = all(share([term], behind, same_language) for term in subject)
        return suffers or not share(subject[:1], before, same_language)
    agents = [term for term in source if term.case == "agent"]
    return not agents or share(subject, agents, same_language)


def _subject(terms: Sequence[Term], verb: Term) -> Sequence[Term]:
    if not _RELATIVE & {*verb.between}:
        return _bare(_clause_before(terms, verb))
    return _clause_before(terms, verb) if _WHO & {*verb.between} else ()


def _swaps_objects(verb: Match, compared: Comparison) -> bool:
    """Whether what stands bare behind a verb comes in another order: who is ordered to pay whom."""
    behind = _bare(compared.told.terms[verb.term.place + 1 :])
    places = {term.key: term.place for term in compared.source.terms if term.place > verb.found.place and not term.case}
    found = [places[term.key] for term in behind if term.key in places]
    return any(one > other for one, other in pairwise(found))


def _clause_before(terms: Sequence[Term], verb: Term) -> Sequence[Term]:
    """What stands before a verb in its clause, what is set between commas there too."""
    last = verb.place - 1
    if _RELATIVE & {*verb.between}:
        first = next((at + 1 for at in range(last, max(last - NEAR, 0), -1) if terms[at].is_verb), last - NEAR + 1)
        return terms[max(first, 0) : verb.place]  # "the blaze, which killed", "l'arrêté du maire qui interdisait"
    if "," in verb.between:
        last = next((at for at in range(verb.place - 1, 0, -1) if "," in terms[at].between), 1) - 1
    first = next((at for at in range(last, 0, -1) if _CLAUSE & {*terms[at].between}), 0)
    if _RELATIVE & {*terms[first].between}:
        return terms[max(first - 2, 0) : verb.place]  # "the blaze, which started"
    is_second = bool({"et", "and"} & {*verb.between})
    ended = (at for at in range(first + 1, verb.place) if _ends_subject(terms[at], is_second))
    return terms[first : next(ended, verb.place)]


def _ends_subject(term: Term, is_second: bool) -> bool:
    """Whether a subject ends here: at a relative clause, or at the verb that another one is joined to."""
    return bool(_RELATIVE & {*term.between}) or (is_second and term.is_verb)


def _inverted(terms: Sequence[Term], verb: Term) -> Sequence[Term]:
    """The subject behind its verb: ", a promis le maire"."""
    behind = terms[verb.place + 1 : verb.place + 1 + NEAR]
    if not (verb.meanings & SPEECH and behind and behind[0].case in ("", "of")):
        return ()
    return list(takewhile(lambda term: term is behind[0] or not (_RELATIVE | {","}) & {*term.between}, behind))


def _bare(terms: Sequence[Term], cases: Set[str] = _BARE) -> list[Term]:
    return [term for term in terms if term.case in cases and not term.is_number and not term.is_calendar]


def _keeps_objects(compared: Comparison) -> bool:
    """Whether what stands bare behind a verb stands soon behind it in the source too."""
    reach = APART_OBJECT if compared.same_language else APART_OBJECT_ACROSS
    return not any(
        found is not None
        and its is not None
        and verb.is_verb
        and not (verb.is_passive or found.is_passive or verb.meanings & SPEECH)
        and not (term.case or "," in term.between)
        and not 0 <= its.place - found.place <= reach
        for (verb, found), (term, its) in pairwise(pair for pair in compared.pairs if not pair.term.is_calendar)
    )


# --- What belongs together ---------------------------------------------------------------------------


def _is_torn(compared: Comparison) -> bool:
    """Whether words that hang together in the claim stand far apart in the source."""
    for (_, one), (term, other) in pairwise(compared.pairs):
        if one is None or other is None or any(word.is_number or word.is_calendar for word in (one, other)):
            continue
        apart = abs(one.place - other.place)
        is_phrase = not (term.between or term.is_verb or one.is_verb or other.is_verb)
        is_owned = term.case == "of" and "," not in term.between and not _OWNERS & {*one.between}
        if (is_phrase and apart > (APART if compared.same_language else APART_ACROSS)) or (
            is_owned and apart > APART_OF
        ):
            return True
    return False
