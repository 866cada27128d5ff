"""The same question as other people type it: seeded, so that two runs ask the same."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from random import Random

from assistant.errors import UsageError
from assistant.evaluation.normalise import ELISION
from assistant.evaluation.types import ReferenceQuestion
from assistant.languages import detect_language
from assistant.text import fold, stop_words

_APOSTROPHE = re.compile("['’ʼ]")
_ACCENT = re.compile("[\u0300-\u036f]")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"})
_QUESTION_MARK = re.compile(r"\s*[?？؟]|¿\s*")
_POLITE = {"en": "Hello, could you tell me: ", "fr": "Bonjour, pourriez-vous me dire\u00a0: "}
_AZERTY = ("azertyuiop", "qsdfghjklm", "wxcvbn")
_QWERTY = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
#: One typing error in so many characters.
TYPO_EVERY = 12


def variants(question: ReferenceQuestion, names: Sequence[str], seed: int) -> list[ReferenceQuestion]:
    """``question`` in the variants named; those that would leave it as it is, or empty, are left out.

    :raises UsageError: If a name is not one of ``VARIANTS``.
    """
    language = question.language or detect_language(question.question) or ""
    made = {name: _vary(question, name, language, seed) for name in names}
    return [
        replace(question, question=text, id=f"{question.id}~{name}", variant_of=question.id)
        for name, text in made.items()
        if text not in ("", question.question)
    ]


def _vary(question: ReferenceQuestion, name: str, language: str, seed: int) -> str:
    if name not in VARIANTS:
        raise UsageError(f"No variant is named {name!r}. There are: {', '.join(VARIANTS)}.")
    digest = sha256("\0".join((question.id, name, str(seed))).encode()).digest()
    return VARIANTS[name](question.question, language, Random(digest))


def _without_accents(text: str, language: str, random: Random) -> str:
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", text.translate(_LIGATURES)))
    return unicodedata.normalize("NFC", bare)


def _with_typos(text: str, language: str, random: Random) -> str:
    """In each stretch of ``TYPO_EVERY`` characters, one letter becomes one beside it on the keyboard."""
    neighbours = _neighbours(_AZERTY if language == "fr" else _QWERTY)
    typed = list(text)
    for start in range(0, max(len(text) - TYPO_EVERY + 1, 1), TYPO_EVERY):
        places = [at for at in range(start, min(start + TYPO_EVERY, len(text))) if text[at].lower() in neighbours]
        if places:
            at = places[_below(len(places), random)]
            beside = neighbours[text[at].lower()]
            wrong = beside[_below(len(beside), random)]
            typed[at] = wrong.upper() if text[at].isupper() else wrong
    return "".join(typed)


@cache
def _neighbours(rows: tuple[str, ...]) -> Mapping[str, str]:
    """The letters around each letter; a key stands below the gap between its namesake above and the next one."""
    keys = {letter: (row, place + row / 2) for row, letters in enumerate(rows) for place, letter in enumerate(letters)}
    return {
        letter: "".join(
            other for other, (below, right) in keys.items() if other != letter and _touch(row, place, below, right)
        )
        for letter, (row, place) in keys.items()
    }


def _touch(row: int, place: float, other_row: int, other_place: float) -> bool:
    return abs(row - other_row) <= 1 and abs(place - other_place) <= 1


def _below(limit: int, random: Random) -> int:
    return int(random.random() * limit)  # `randrange` may differ between versions of Python; this may not


def _keywords(text: str, language: str, random: Random) -> str:
    """The words that tell something, as typed into a search engine; all of them where no stop words are known."""
    if not stop_words(language):
        return text
    spread = ELISION.sub("", text) if language == "fr" else text
    kept = [word for word in map(_bare, spread.split()) if word and not _is_empty(word, language)]
    return " ".join(kept)


def _bare(word: str) -> str:
    return re.sub(r"^[\W_]+|[\W_]+$", "", word)


def _is_empty(word: str, language: str) -> bool:
    """Whether ``word`` and, of "a-t-il", every part of it is a stop word."""
    folded = fold(word, accents=False).text
    return folded in stop_words(language) or stop_words(language).issuperset(folded.split("-"))


#: By name: text, ISO 639-1 language or "", generator → text.
VARIANTS: Mapping[str, Callable[[str, str, Random], str]] = {
    "no_accents": _without_accents,
    "lower": lambda text, language, random: text.lower(),
    "upper": lambda text, language, random: text.upper(),
    "straight_apostrophes": lambda text, language, random: _APOSTROPHE.sub("'", text),
    "curly_apostrophes": lambda text, language, random: _APOSTROPHE.sub("’", text),
    "no_apostrophes": lambda text, language, random: _APOSTROPHE.sub("", text),
    "typos": _with_typos,
    "no_question_mark": lambda text, language, random: _QUESTION_MARK.sub("", text),
    "keywords": _keywords,
    "polite": lambda text, language, random: _POLITE[language] + text if language in _POLITE else text,
}
