"""Who does what a question asks for: the names that a sentence says it of, and none of the others in it.

A name counts where the sentence has the asked action, its noun or a word for the same ("a gagné", "victoire"), and the
name stands to it as the question wants: as the subject, behind "par", as "l'invitation de …", as "l'architecte …".
Precision comes first: where none does, nobody is told.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from assistant.news.deeds import DOERS, FUNCTION_WORDS, GIVING, RECEIVING, stems, tells, word_set
from assistant.news.mentions import bare
from assistant.news.speech import ENGLISH_VERB, FRENCH_VERB, NAME, PERSONS
from assistant.news.times import time_expressions
from assistant.news.wanted import BE, BEFORE_NOUN, WITH_BE, Wanted, wanted

Range = tuple[int, int]

#: Of the words that say of what the action is, those that the sentence has.
SHARED = 0.5
#: Words of a sentence that are read, and words between a name and its action.
LONGEST, FAR = 400, 30

_I = re.IGNORECASE
_ELIDED = r"(?:[cdjlmnst]|qu)['’]"
_TOKEN = re.compile(rf"{_ELIDED}(?=\w)|\w+(?:[-'’]\w+)*|[^\w\s]", _I)


class _Token(NamedTuple):
    #: In small letters, with a straight apostrophe; "l'" and "d'" are words of their own.
    key: str
    text: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def is_mark(self) -> bool:
        return not self.text[0].isalnum()


def _tokens(text: str) -> list[_Token]:
    found = _TOKEN.finditer(text)
    return [_Token(m.group().lower().replace("’", "'"), m.group(), m.start(), m.end()) for m in found]


def agent(question: str, sentence: str) -> Range | None:
    """The ``(start, end)`` of the name in ``sentence`` that answers a question for somebody; None where none does."""
    asked = wanted(question)
    if asked is None or not _is_about(asked, question, sentence):
        return None
    tokens = _without_times(sentence)
    deeds = list(_deeds(asked, sentence, tokens))
    names = list(_names(question, sentence, tokens)) if deeds else []
    found = [
        (_distance(name, deed), name)
        for name in names
        for deed in deeds
        if _distance(name, deed) <= FAR and _stands(asked, tokens, name, deed)
    ]
    return _trimmed(sentence, tokens, min(found)[1]) if found else None


# --- The sentence ----------------------------------------------------------------------------------------

_YEAR = re.compile(r"\b[12][0-9]{3}\b")
#: May stand for what the question names.
_PRONOUN = re.compile(
    r"\b(?:ils?|elles?|it|they|them|he|him|she|her)\b"
    r"|(?<!\w)(?:l['’]|les |lui |leur |y )(?=(?:a|ont|avait|avaient|est|succ)\w*\b)",
    _I,
)


class _Deed(NamedTuple):
    """Where a sentence has the action: tokens ``first`` to ``last``."""

    first: int
    last: int
    word: str
    #: Whether it is a noun: "l'invitation".
    is_noun: bool


class _Name(NamedTuple):
    """Tokens ``first`` to ``last``."""

    first: int
    last: int
    #: Whether it may be a description, a place or the first word of the sentence: only as a subject is it somebody.
    is_doubtful: bool


def _is_about(asked: Wanted, question: str, sentence: str) -> bool:
    own = stems(sentence)
    years, told = set(_YEAR.findall(question)), set(_YEAR.findall(sentence))
    if (years and told and years.isdisjoint(told)) or not all(rank & own for rank in asked.ranks):
        return False
    if asked.part == "role" or _PRONOUN.search(sentence):
        return True
    needed = 1.0 if asked.action & RECEIVING else SHARED  # one prize is not the other
    return sum(bool(word & own) for word in asked.of) >= needed * len(asked.of)


def _without_times(sentence: str) -> list[_Token]:
    """Its tokens but for those that say when, which may stand between a name and its verb."""
    times = [(one.start, one.end) for one in time_expressions(sentence, None)]
    tokens = _tokens(sentence)[:LONGEST]
    return [token for token in tokens if not any(start <= token.start < end for start, end in times)]


def _deeds(asked: Wanted, sentence: str, tokens: Sequence[_Token]) -> Iterator[_Deed]:
    action = asked.action | (GIVING if asked.action & RECEIVING else frozenset())
    for place, token in enumerate(tokens):
        if not token.is_mark and stems(token.text) & action:
            yield _Deed(place, place, token.text, _is_determined(tokens, place))
    if asked.says:
        verbs = [verb.span() for verb in re.finditer(rf"{FRENCH_VERB}|{ENGLISH_VERB}", sentence, _I)]
        for start, end in verbs:
            places = [place for place, token in enumerate(tokens) if start <= token.start < end]
            if places:
                yield _Deed(places[0], places[-1], tokens[places[-1]].text, is_noun=False)


_DETERMINERS = word_set("le la les l' un une des du son sa ses leur leurs ce cet cette ces the an his her its their")


def _is_determined(tokens: Sequence[_Token], place: int) -> bool:
    """Whether an article stands before it, an adjective between them or not."""
    before = [token.key for token in tokens[max(0, place - 2) : place]]
    adjective = len(before) == 2 and bare(before[1]) in BEFORE_NOUN
    return bool(before) and (
        before[-1] in _DETERMINERS | {"au", "aux", "d'"} or (adjective and before[0] in _DETERMINERS)
    )


_ARTICLES = word_set("le la les l' the")
_NAMES = re.compile(rf"{NAME}(?:(?: et | and ){NAME})?")
_NOBODY = FUNCTION_WORDS | word_set("personne chacun beaucoup certains nul aucun nobody everyone someone none")


def _names(question: str, sentence: str, tokens: Sequence[_Token]) -> Iterator[_Name]:
    """Names that the question does not have, with an article where one stands before a single word."""
    told = set(re.findall(r"[^\W\d_]+", bare(question)))
    at = {token.start: place for place, token in enumerate(tokens)}
    for match in _NAMES.finditer(sentence):
        first = at.get(match.start())
        if first is None:
            continue
        last = first
        while last + 1 < len(tokens) and tokens[last + 1].start < match.end():
            last += 1
        if tokens[first].key in _ARTICLES and first < last:  # "La France" at the start of a sentence
            first += 1
        parts = [part for token in tokens[first : last + 1] for part in re.findall(r"[^\W\d_]+", bare(token.text))]
        if not parts or parts[0] in _NOBODY or set(parts) & told:
            continue
        has_article = first > 0 and tokens[first - 1].key in _ARTICLES
        if len(parts) > 1:
            yield _Name(first, last, is_doubtful=False)
        else:
            yield _Name(first - has_article, last, has_article or first == 0 or _goes_on(tokens, last))


# --- How a name stands to the action ---------------------------------------------------------------------

_VOICES = {"agent": "active", "patient": "passive"}
_AUXILIARIES = BE | word_set(
    "a ont avait avaient aura auront eut has have had will would vient va vont de d' été been being lui leur y en se"
    " s' le la les l' then also later first finally just himself herself aussi ensuite déjà enfin alors bien donc"
    " également lui-même elle-même once now already encore toujours désormais"
)
_CALLED = word_set(", nomm prenomm appel surnomm nam call")
_CONTRACTED = word_set("été been being")
_FINITE = BE | word_set("ont avait avaient qui que qu' et has have had who that and said says")
_PREPOSITIONS = word_set(
    "de du des d' à au aux par avec pour contre selon chez sur en dans devant sans entre sous après avant of by with"
    " for against to from after before than as like between et and"
)
_OF = word_set("de du des d' of")
_PLACED = word_set("à en au aux dans in at")
_FRENCH_PARTICIPLE = re.compile(r"\w+ée?s?")
_PARTICIPLE = re.compile(r"\w+(?:ée?s?|ed|is|it|u|i)")
_COPULAS = BE | word_set("devient devenu reste became becomes")
_FORMS = {
    "à": ("à", "au", "aux", "to"), "to": ("à", "au", "aux", "to"), "avec": ("avec", "with"), "with": ("avec", "with"),
    "de": ("de", "du", "des", "d'", "from"), "from": ("de", "du", "d'", "from"), "pour": ("pour", "for"),
    "for": ("pour", "for"), "contre": ("contre", "against"), "against": ("contre", "against"), "sur": ("sur", "on"),
}  # fmt: skip


def _distance(name: _Name, deed: _Deed) -> int:
    """Tokens between them; further than ``FAR`` where they overlap."""
    if name.last < deed.first:
        return deed.first - name.last
    return name.first - deed.last if deed.last < name.first else FAR + 1


def _stands(asked: Wanted, tokens: Sequence[_Token], name: _Name, deed: _Deed) -> bool:
    is_ahead = name.last < deed.first
    if name.is_doubtful:
        is_subject = _subject(tokens, name, deed) == _VOICES.get(asked.part, "none")
        return is_subject if is_ahead else asked.part == "agent" and _is_right_behind(tokens, name, deed)
    if asked.action & RECEIVING and stems(deed.word) & GIVING:
        return not is_ahead and _is_complement("à", tokens[deed.last + 1 : name.first])
    if asked.part == "complement":
        return not is_ahead and _is_complement(asked.preposition, tokens[deed.last + 1 : name.first])
    if asked.part == "role" or (asked.part == "agent" and bare(deed.word) in DOERS):
        return _is_beside(asked, tokens, name, deed)
    if is_ahead or asked.part == "patient":
        return _subject(tokens, name, deed) == _VOICES[asked.part]
    gap = tokens[deed.last + 1 : name.first]
    return (asked.says and _is_description(gap)) or _is_behind(asked, gap, deed)


def _subject(tokens: Sequence[_Token], name: _Name, deed: _Deed) -> Literal["active", "passive"] | None:
    """Whether the name is the subject of the verb, and whether it does what that says."""
    if name.last > deed.first or deed.is_noun or _is_preposed(tokens, name.first):
        return None
    gap = tokens[name.last + 1 : deed.first]
    skipped = _skipped(gap, tokens[name.first - 1].key if name.first else "")
    if skipped is None:  # "X, exécuté en 1977"
        return "passive" if len(gap) == 1 and _FRENCH_PARTICIPLE.fullmatch(deed.word) else None
    auxiliaries = [token.key for token in gap[skipped:]]
    if not all(key in _AUXILIARIES or key.endswith(("ment", "ly")) for key in auxiliaries):
        return None
    if not gap and deed.last + 1 < len(tokens) and tokens[deed.last + 1].key in ("par", "by"):
        return "passive"
    return _voice(auxiliaries, deed.word)


def _skipped(gap: Sequence[_Token], before: str) -> int | None:
    """Tokens between a name and what is said of it: an aside, "qui", the comma behind "Leur meneur, X,".

    :param before: what stands before the name.
    """
    keys = [token.key for token in gap[:2]]
    if not keys or keys[0] not in (",", "("):
        return int(keys[:1] in (["qui"], ["who"]))
    if keys[1:] in (["qui"], ["who"]):
        return 2
    is_apposition = keys[0] == "," and bare(before).rstrip("esd") in _CALLED
    return _aside(gap) or (1 if is_apposition else None)


def _aside(gap: Sequence[_Token]) -> int | None:
    """Tokens of what stands between commas or brackets at its start, or None where there is nothing such."""
    closing = "," if gap[0].key == "," else ")"
    for place, token in enumerate(gap[1:], 1):
        if token.key == closing:
            return place + 1 if place > 1 else None
        if token.is_mark:
            return None
    return None


def _voice(auxiliaries: Sequence[str], word: str) -> Literal["active", "passive"]:
    if _CONTRACTED.intersection(auxiliaries):
        return "passive"
    reflexive = {"s'", "se"}.intersection(auxiliaries)
    if auxiliaries and auxiliaries[-1] in BE and not reflexive and not word.endswith("ing"):
        return "active" if WITH_BE.fullmatch(word) else "passive"
    return "passive" if not auxiliaries and _FRENCH_PARTICIPLE.fullmatch(word) else "active"


def _is_preposed(tokens: Sequence[_Token], first: int) -> bool:
    """Whether a preposition stands before it, or before the description that it closes."""
    for token in reversed(tokens[max(0, first - 5) : first]):
        if token.key in _PREPOSITIONS:
            return True
        if token.is_mark or token.is_capital:
            return False
    return False


def _is_behind(asked: Wanted, gap: Sequence[_Token], deed: _Deed) -> bool:
    """ "représentée par X", "l'invitation de X", "l'ascension, réussie par X"."""
    by = next((place for place in range(len(gap) - 1, -1, -1) if gap[place].key in ("par", "by")), None)
    if by is not None:
        described, is_agent = gap[by + 1 :], _is_lowly(gap[:by]) or (deed.is_noun and _is_done(gap[:by]))
    else:
        described, is_agent = gap[1:], deed.is_noun and bool(gap) and gap[0].key in _OF
    return is_agent and _is_description(described) and not any(_has(word, described) for word in asked.of)


def _is_right_behind(tokens: Sequence[_Token], name: _Name, deed: _Deed) -> bool:
    """ "battue par l'Argentine,"."""
    by = [token.key for token in tokens[deed.last + 1 : name.first]]
    return by in (["par"], ["by"]) and not _goes_on(tokens, name.last)


def _goes_on(tokens: Sequence[_Token], last: int) -> bool:
    """Whether a word follows that may belong to the name: "the American referee" is nobody's."""
    return last + 1 < len(tokens) and len(tokens[last + 1].key) > 3 and tokens[last + 1].text[0].islower()


def _is_lowly(tokens: Sequence[_Token]) -> bool:
    """Words that lead on to "par": nothing that is said of somebody, no name but that of a place."""
    return (
        len(tokens) <= 8
        and not _has_verb(tokens)
        and all(
            token.key == "," if token.is_mark else not token.is_capital or tokens[place - 1].key in _PLACED
            for place, token in enumerate(tokens)
        )
    )


def _is_done(tokens: Sequence[_Token]) -> bool:
    """ "L'ascension du mont Blanc a été réussie": words between the noun and "par"."""
    keys = [token.key for token in tokens]
    is_passive = not (_CONTRACTED | BE).isdisjoint(keys) and {"qui", "que", "who", "that", "et", "and"}.isdisjoint(keys)
    return is_passive and len(keys) <= 10 and not any(token.is_mark for token in tokens)


def _is_description(tokens: Sequence[_Token]) -> bool:
    """Words before a name that say who it is: "le ministre danois de la Défense,", "two British volunteers,"."""
    if tokens and tokens[-1].key == ",":
        tokens = tokens[:-1]
        if not tokens:
            return False
    return (
        len(tokens) <= 10
        and not _has_verb(tokens)
        and all(
            not token.is_mark and (not token.is_capital or _is_inside(tokens, place))
            for place, token in enumerate(tokens)
        )
    )


def _is_inside(tokens: Sequence[_Token], place: int) -> bool:
    """Whether a capital is that of "de la Défense" or of "two British volunteers"."""
    before = [token.key for token in tokens[max(0, place - 2) : place]]
    if before and (before[-1] in _OF or (before[-1] in ("la", "l'", "the") and before[0] in _OF)):
        return True
    return place + 1 < len(tokens) and tells(tokens[place + 1].text) and not tokens[place + 1].is_capital


def _has_verb(tokens: Sequence[_Token]) -> bool:
    keys = [token.key for token in tokens]
    is_had = any(one == "a" and _PARTICIPLE.fullmatch(other) for one, other in pairwise(keys))
    return is_had or not _FINITE.isdisjoint(keys)


def _has(word: frozenset[str], tokens: Sequence[_Token]) -> bool:
    return any(word & stems(token.text) for token in tokens if not token.is_mark)


def _is_beside(asked: Wanted, tokens: Sequence[_Token], name: _Name, deed: _Deed) -> bool:
    """ "l'architecte du viaduc, X", "X, l'architecte du viaduc", "X est l'architecte"."""
    if deed.last < name.first:
        told = tokens[deed.last + 1 : name.first]
        closes = len(told) > 1 and told[-1].key == ","
        if not _is_lowly(told[:-1] if closes else told) and not _is_description(told):
            return False
        if told and told[-1].key in _PREPOSITIONS:
            return False
    else:
        gap = [token.key for token in tokens[name.last + 1 : deed.first]]
        is_linked = bool(gap) and (gap[0] == "," or gap[0] in _COPULAS) and len(gap) <= 6
        inner = tokens[name.last + 2 : deed.first]
        if not is_linked or any(t.is_mark or t.is_capital for t in inner) or _is_preposed(tokens, name.first):
            return False
        told = tokens[deed.last + 1 : deed.last + 9]
    shared = sum(_has(word, told) for word in asked.of)
    needs_all = bare(deed.word) in PERSONS or asked.part == "agent"
    return not needs_all or shared >= SHARED * len(asked.of)


def _is_complement(preposition: str, gap: Sequence[_Token]) -> bool:
    """ "s'est entretenu avec le sous-secrétaire X", "ira à la famille de X"; without a preposition "a rencontré X"."""
    if not preposition:
        return _is_description(gap)
    forms = _FORMS.get(preposition, (preposition,))
    place = next((place for place in range(len(gap) - 1, -1, -1) if gap[place].key in forms), None)
    return place is not None and _is_lowly(gap[:place]) and _is_description(gap[place + 1 :])


# --- What is marked --------------------------------------------------------------------------------------

_TITLES = word_set("minister president secretary senator governor chancellor captain coach")


def _trimmed(sentence: str, tokens: Sequence[_Token], name: _Name) -> Range:
    """Without the title or the origin before it: "Health Minister Anna Weiss", "le Belge Tom Verhaegen"."""
    first, last = name.first, name.last
    title = next((place for place in range(last - 1, first - 1, -1) if tokens[place].key in _TITLES), None)
    if title is not None:
        first = title + 1
    elif last - first > 1 and first > 0 and tokens[first - 1].key in _ARTICLES | {"au", "du", "des"}:
        first += 1
    return tokens[first].start, tokens[last].end
