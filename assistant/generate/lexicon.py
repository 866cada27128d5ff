"""What words mean, as far as two wordings of the same fact differ: data of ``lexicon.toml``, French and English."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.text import fold, words

_FILE = Path(__file__).with_name("lexicon.toml")
_LANGUAGES = ("fr", "en")

#: Letters that the two languages spell one sound with: Mossoul is Mosul, Raqa is Raqqa, Philippe is Philip.
_SPELLINGS = [(re.compile(pattern), sound) for pattern, sound in (("ou", "u"), ("ph", "f"), ("t?ch|sh", "s"))] + [
    (re.compile(r"y"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=..)e$"), ""),
]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Meanings by the stem of a word, and what is told of a meaning."""

    #: By language and stem.
    meanings: Mapping[tuple[str, str], frozenset[str]]
    #: By the sound of a part of a name, in any language.
    names: Mapping[str, frozenset[str]]
    #: Meanings that only their own words carry.
    exact: frozenset[str]
    #: The contraries of a meaning.
    opposites: Mapping[str, frozenset[str]]


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    by_stem: dict[tuple[str, str], set[str]] = {}
    for meaning, forms in [*table["exact"].items(), *table["same"].items(), *table["peoples"].items()]:
        for language, given in zip(_LANGUAGES, forms, strict=True):
            for word in given.split():
                by_stem.setdefault((language, stem(word, language)), set()).add(meaning)
    named = [*_countries().items(), *table["names"].items()]
    names: dict[str, set[str]] = {}
    for name, part in ((name, part) for name, forms in named for form in forms for part in re.split("[ -]", form)):
        names.setdefault(sound(part), set()).add(name)
    opposites: dict[str, set[str]] = {}
    for one, other in (pair.split() for pair in table["opposites"]["pairs"]):
        opposites.setdefault(one, set()).add(other)
        opposites.setdefault(other, set()).add(one)
    return Lexicon(
        meanings={key: frozenset(meanings) for key, meanings in by_stem.items()},
        names={part: frozenset(whole) for part, whole in names.items()},
        exact=frozenset(table["exact"]) | frozenset(table["peoples"]),
        opposites={meaning: frozenset(others) for meaning, others in opposites.items()},
    )


def stem(word: str, language: str | None) -> str:
    """The stem of one word; the word itself where it is a stop word or the language has no stemmer."""
    stems = words(word, language)
    return stems[0] if len(stems) == 1 else fold(word, accents=False).text


def sound(name: str) -> str:
    """A name as both languages would write it."""
    folded = fold(name, accents=False).text.replace("-", " ").replace(".", "")
    for pattern, letters in _SPELLINGS:
        folded = pattern.sub(letters, folded)
    return folded


def _countries() -> dict[str, list[str]]:
    """The names of countries of one word; longer ones are told by their words."""
    from babel import Locale

    territories = [Locale(language).territories for language in _LANGUAGES]
    codes = [code for code in territories[0] if isinstance(code, str) and code.isalpha()]
    return {
        code: [names[code] for names in territories if " " not in names[code]]
        for code in codes
        if all(code in names for names in territories)
    }
