"""Whether a difference between two wordings changes what is said: a number, a name, a negation."""

import re
from collections.abc import Sequence
from typing import Literal

from assistant.news.alignment import Token
from assistant.text import fold, stop_words

Meaning = Literal["number", "name", "negation"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBER_WORDS = _set(
    """
    zero deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante
    cinquante soixante septante nonante cent cents mille million millions milliard milliards dizaine dizaines douzaine
    quinzaine vingtaine trentaine cinquantaine soixantaine centaine centaines millier milliers moitie tiers quart
    quarts double triple premier premiere second seconde deuxieme troisieme dernier derniere
    one two three four five seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands billion billions
    dozen dozens half third quarter twice thrice first third fourth fifth last
    """
)
_NEGATIONS = _set(
    """
    ne n pas jamais aucun aucune rien ni non sans guere nul nulle nullement
    not no never none nothing nobody neither nor without cannot nowhere
    """
)
_NEGATIVE_PREFIX = re.compile(r"(?:in|im|il|ir|un|mal|non|anti)-?")


def changed_meaning(
    quotation: str,
    quoted: Sequence[Token],
    quoted_places: range,
    article: str,
    original: Sequence[Token],
    original_places: range,
) -> tuple[Meaning, ...]:
    """What else changes where the tokens at ``quoted_places`` stand for those at ``original_places``."""
    sides = ((quotation, quoted, quoted_places), (article, original, original_places))
    number = _differ([_numbers(tokens, places) for _, tokens, places in sides])
    name = _differ([_names(text, tokens, places) for text, tokens, places in sides])
    negation = _differ([_negations(tokens, places) for _, tokens, places in sides]) or _is_negated(
        [quoted[place].key for place in quoted_places], [original[place].key for place in original_places]
    )
    told: list[tuple[Meaning, bool]] = [("number", number), ("name", name), ("negation", negation)]
    return tuple(kind for kind, is_changed in told if is_changed)


def _differ(sides: list[list[str]]) -> bool:
    return sorted(sides[0]) != sorted(sides[1])


def _bare(key: str) -> str:
    return fold(key, accents=False).text


def _numbers(tokens: Sequence[Token], places: range) -> list[str]:
    keys = (tokens[place].key for place in places)
    return [key for key in keys if any(char.isdigit() for char in key) or _bare(key) in _NUMBER_WORDS]


def _negations(tokens: Sequence[Token], places: range) -> list[str]:
    return [_bare(tokens[place].key) for place in places if _is_negation(tokens, place)]


def _is_negation(tokens: Sequence[Token], place: int) -> bool:
    key, before = _bare(tokens[place].key), tokens[place - 1].key if place else ""
    return key in _NEGATIONS or (key == "t" and before.endswith("n"))  # don't


def _is_negated(one: list[str], other: list[str]) -> bool:
    """Whether a word became its contrary: possible, impossible."""
    return any(
        _NEGATIVE_PREFIX.fullmatch(longer.removesuffix(shorter))
        for a in one
        for b in other
        for shorter, longer in ((a, b), (b, a))
        if len(shorter) > 3 and len(longer) > len(shorter) and longer.endswith(shorter)
    )


def _names(text: str, tokens: Sequence[Token], places: range) -> list[str]:
    return [tokens[place].key for place in places if _is_name(text, tokens, place)]


def _is_name(text: str, tokens: Sequence[Token], place: int) -> bool:
    """A word with a capital; at the start of a sentence, one that is no common word and has no small letter later."""
    token = tokens[place]
    if not text[token.start].isupper() or text.isupper():
        return False
    opens = place == 0 or tokens[place - 1].key in (".", "?", "!", ":")
    if not opens:
        return True
    is_common = _bare(token.key) in stop_words("fr") | stop_words("en")
    return not is_common and not any(
        other.key == token.key and text[other.start].islower() for other in tokens if other is not token
    )
