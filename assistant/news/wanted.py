"""What a question for somebody asks: an action, and how the one asked for stands to it."""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from assistant.news.deeds import RANKS, SAYING, alike, stems, tells, word_set
from assistant.news.mentions import bare

#: How the one asked for stands to the action: does it, undergoes it, is it ("l'architecte"), or is its complement.
Part = Literal["agent", "patient", "role", "complement"]

_I = re.IGNORECASE


class Wanted(NamedTuple):
    part: Part
    #: Stems of the action and of words for the same.
    action: frozenset[str]
    #: Whether somebody is asked for who says something.
    says: bool
    #: Before the one asked for: "avec", "à"; empty where there is none.
    preposition: str
    #: Each word that says of what the action is, as stems of it and of words for the same.
    of: tuple[frozenset[str], ...]
    #: What the sentence has to have besides: "first", "youngest".
    ranks: tuple[frozenset[str], ...]


_WHO = re.compile(
    r"(?:^|[\s,])(?:(?P<preposition>avec|à|de|par|pour|chez|contre|sur|with|to|from|by|for|against) )?"
    r"(?:qui est-ce qui|qui|whom|who)\b(?P<rest>.*)",
    _I | re.DOTALL,
)
_PHRASES = (
    (re.compile(r"\bc(?:ame|ome) up with\b", _I), "suggested"),
    (re.compile(r"\b(?:est|était) au volant d(?:e|u)\b", _I), "conduisait"),
    (re.compile(r"\b(?:est|était) à la tête d(?:e|u|es)\b", _I), "dirige"),
    # "la première personne à recevoir", "the final miner to leave": whoever does it.
    (
        re.compile(r"^ (?:est|était|a été|fut|is|was) (?:le|la|the) (?P<rank>\w+)(?: \w+)? (?:à|to) (?=\w)", _I),
        r" \g<rank> ",
    ),
)
#: The forms of "être" and "to be".
BE = word_set("est sont était étaient fut furent sera seront is are was were")
_IS = re.compile(rf"^ (?:{'|'.join(BE)}|(?:a|ont|avait|has|have|had) (?:été|been))(?= )", _I)
_ROLE = re.compile(
    r" ?(?P<role>(?:(?:le|la|les|un|une|des|du|son|sa|ses|the|an?|his|her|its) |l['’]|(?-i:[A-Z])[^,?]{0,60}['’]s?[ ])"
    r".*)",
    _I,
)
#: "Avec qui X s'est-il entretenu", "Who did X meet".
_INVERTED = re.compile(r"-(?:t-)?(?:il|elle|on|ils|elles)\b", _I)
_DID = re.compile(r"^ (?:did|does|do)\b", _I)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_COMPLEMENT = re.compile(
    r"[,;:(?]|\b(?:à|au|aux|en|dans|sur|pour|par|avec|contre|lors|pendant|quand|qui|que|dont|où|in|at|on|by|with|for"
    r"|to|from|during|when|who|that|which|after|before)\b",
    _I,
)
#: Adjectives that stand before their noun in French.
BEFORE_NOUN = word_set(
    "ancien ancienne nouveau nouvelle grand grande petit petite jeune vieux vieille actuel actuelle plus moins autre"
    " premier premiere dernier derniere seul seule meilleur meilleure deuxieme troisieme first last new great"
)
_ANYBODY = word_set("personne personnes homme gens person people man one celui celle")
#: With "être" these are active.
WITH_BE = re.compile(
    r"(?:mort|né|arrivé|parti|venu|revenu|devenu|parvenu|intervenu|entré|rentré|sorti|allé|monté|descendu|tombé|resté"
    r"|retourné|décédé|apparu|passé)e?s?|born",
    _I,
)
_REFLEXIVE = re.compile(r"\b(?:s['’]|se |m['’])", _I)


_ENGLISH_ROLE = re.compile(r"(?:the|an?|his|her) |(?!l['’]).*['’]s? ", _I)


@lru_cache(maxsize=64)
def wanted(question: str) -> Wanted | None:
    found = _WHO.search(question)
    if found is None:
        return None
    rest = found["rest"]
    for phrase, meant in _PHRASES:
        rest = phrase.sub(meant, rest, count=1)
    preposition = (found["preposition"] or "").lower()
    ranks = tuple(rank for rank in RANKS if stems(question) & rank) + _superlatives(question)
    be = _IS.match(rest)
    if be and (role := _ROLE.match(rest, be.end())):
        return _role_asked(role["role"], ranks)
    verb = _verb(rest)
    if verb is None:
        return None
    has_subject = _INVERTED.search(rest) or _DID.match(rest)
    part: Part = "agent" if be is None or _is_active(rest, verb) else "patient"
    if preposition not in ("", "par", "by") or (has_subject and not preposition):
        part = "complement"
    ranked = frozenset().union(*ranks)
    says = bool(stems(verb.group()) & SAYING)
    done_to = rest[verb.end() :] if says else _object(rest[verb.end() :])
    if has_subject:
        done_to = f"{_INVERTED.sub('', rest[: verb.start()])} {done_to}"
    of = (alike(word) for word in _WORD.findall(done_to) if tells(word) and word not in ("été", "been"))
    return Wanted(
        "agent" if preposition in ("par", "by") else part,
        alike(verb.group()),
        says,
        preposition if part == "complement" else "",
        tuple(word for word in of if not word & ranked),
        ranks,
    )


def _superlatives(question: str) -> tuple[frozenset[str], ...]:
    found = re.findall(r"\b(?:plus|moins|most|least) (\w+)|\b(\w{3,}est)\b", question)
    return tuple(stems(one or other) for one, other in found if tells(one or other))


def _is_active(rest: str, verb: re.Match[str]) -> bool:
    """Whether "être" stands with it in the active voice."""
    return bool(WITH_BE.fullmatch(verb.group()) or _REFLEXIVE.search(rest, 0, verb.start()))


def _verb(rest: str) -> re.Match[str] | None:
    """The first word that tells something, behind the subject where there is one."""
    told = [word for word in _WORD.finditer(rest) if tells(word.group()) and not word.group().endswith("ment")]
    if inverted := _INVERTED.search(rest):
        behind = [word for word in told if word.start() >= inverted.end()]
        before = [word for word in told if word.end() <= inverted.start()]
        is_auxiliary = re.search(r"\b(?:a|ont|est|sont|avait|était|étaient|avaient)$", rest[: inverted.start()])
        return next(iter(behind), None) if is_auxiliary else next(reversed(before), None)
    ranked = frozenset().union(*RANKS)
    told = [word for word in told if word.group()[0].islower() and not stems(word.group()) & ranked]
    if _DID.match(rest):
        end = len(_object(rest))
        told = [word for word in told if word.start() < end][-1:]
    return next(iter(told), None)


def _object(text: str) -> str:
    """What the verb is done to; empty where a complement follows it at once."""
    end = _COMPLEMENT.search(text)
    return text[: end.start()] if end else text


def _role_asked(role: str, ranks: tuple[frozenset[str], ...]) -> Wanted | None:
    """ "l'architecte du viaduc", "la dernière personne guillotinée", "the Australian doctor at the cave"."""
    head, *behind = re.split(r"\b(?:d[eu]|des|of)\b|\bd['’]", role, maxsplit=1)
    ranked = frozenset().union(*ranks)
    told = [word for word in _WORD.findall(_object(head)) if tells(word) and not stems(word) & ranked]
    told = [word for word in told if bare(word) not in BEFORE_NOUN | _ANYBODY]
    if not told:
        return None
    noun = told[-1 if _ENGLISH_ROLE.match(role) else 0]
    others = [word for word in told if word != noun] + _WORD.findall(head[len(_object(head)) :] + " ".join(behind))
    of = tuple(alike(word) for word in others if tells(word) and not stems(word) & ranked)
    return Wanted("role", alike(noun), False, "", of, ranks)
