"""Whether a claim denies what the sentence denies, and is no surer than it."""

from itertools import pairwise

from assistant.generate.comparison import Comparison, Match
from assistant.generate.lexicon import lexicon
from assistant.generate.scope import SPEECH
from assistant.generate.term import Term
from assistant.generate.wording import Wording

#: Words between which a word still stands where it stood.
NEAR = 2

#: Meanings of verbs that are for something or against it.
_STANDS = frozenset(str.split("vote decide protest recommend campaign choose verdict express"))
_AGAINST = frozenset(["contre", "against"])


def denies_the_same(compared: Comparison) -> bool:
    told, source = compared.told, compared.source
    if any(-direction in source.comparisons for direction in told.comparisons - source.comparisons):
        return False
    new = (term for term, found in compared.pairs if found is None)
    if any(_are_opposite(term, other) for term in new for other in source.terms) or _is_between_contraries(compared):
        return False
    if _takes_another_stand(compared):
        return False
    negated = [(term.negated, found.negated) for term, found in compared.matches if not found.is_name]
    return (True, True) in negated or all(one == other for one, other in negated)


def is_as_sure(compared: Comparison) -> bool:
    """Whether nothing is told for certain that the source thinks possible, nor as to come what it does not."""
    told, source = compared.told, compared.source
    if not told.quotes and _leaves_speaker_out(compared):
        return False
    if told.looks_ahead and not source.looks_ahead:
        return False
    is_open = told.looks_ahead or any(term.unreal and found.unreal for term, found in compared.matches)
    if is_open and source.is_conditional and not told.is_conditional:
        return False
    if any(_has_happened(match, told) or _has_reached(match, compared) for match in compared.matches):
        return False
    doubted = [(term.doubted, found.doubted) for term, found in compared.matches]
    return (True, True) in doubted or (False, True) not in doubted


def _takes_another_stand(compared: Comparison) -> bool:
    """Whether a vote for something became one against it."""
    matches = [match for match in compared.matches if not (match.term.is_name or match.term.is_number)]
    stands = any(match.term.meanings & _STANDS for match in matches)
    return stands and any(bool(_AGAINST & {*m.term.between}) != bool(_AGAINST & {*m.found.between}) for m in matches)


def _is_between_contraries(compared: Comparison) -> bool:
    """Whether a word stands away from where the source has it, which has its contrary too: "rouvrir", "fermée"."""
    return any(
        before is not None
        and found is not None
        and abs(found.place - before.place) > NEAR
        and any(_are_opposite(term, other) for other in compared.source.terms)
        for (_, before), (term, found) in pairwise(compared.pairs)
    )


def _are_opposite(term: Term, other: Term) -> bool:
    opposites = lexicon().opposites
    return any(opposites.get(meaning, frozenset()) & other.meanings for meaning in term.meanings)


def _leaves_speaker_out(compared: Comparison) -> bool:
    """Whether the claim says for itself what the source has somebody say, between quotation marks."""
    matches = list(compared.matches)
    speakers = [match for match in matches if match.term.is_name or match.term.meanings & SPEECH]
    quoted = sum(match.found.quoted for match in matches)
    return 2 * quoted > len(matches) and all(match.found.quoted for match in speakers)


def _has_happened(match: Match, told: Wording) -> bool:
    """Whether the claim has done what the source has still to come, or only asked for, feared or agreed on."""
    term, found = match
    if found.unreal and (term.is_verb or (found.is_bare_verb and not found.is_noun)):
        return not (term.unreal or term.doubted or term.is_noun or term.is_bare_verb or term.is_ahead)
    is_told = term.is_ahead or term.doubted or term.is_noun or (told.looks_ahead and not term.is_verb)
    return found.is_ahead and not is_told


def _has_reached(match: Match, compared: Comparison) -> bool:
    """Whether a number is told for a fact that its verb has still to come to: "pourrait atteindre 8 milliards"."""
    term, found = match
    verb = compared.source.terms[found.place - 1] if term.is_number and found.place else None
    if verb is None or not (verb.doubted or verb.is_ahead or (verb.unreal and verb.is_bare_verb)):
        return False
    return not any(word.doubted or word.is_ahead or word.unreal for word in compared.told.terms)
