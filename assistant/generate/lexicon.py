"""What words mean, as far as two wordings of the same fact differ: data of ``lexicon.toml``, French and English."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from assistant.text import fold, words

_FILE = Path(__file__).with_name("lexicon.toml")
_LANGUAGES = ("fr", "en")

#: Letters that the two languages spell one sound with: Mossoul is Mosul, Raqa is Raqqa, Philippe is Philip.
_SPELLINGS = [(re.compile(pattern), sound) for pattern, sound in (("ou", "u"), ("ph", "f"), ("t?ch|sh", "s"))] + [
    (re.compile(r"y"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=..)e$"), ""),
]


_PLURALS = (("s", ""), ("ies", "y"), ("aux", "al"))
#: What an irregular form may end in besides.
_ENDINGS = {"fr": ("", "e", "s", "es"), "en": ("",)}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Meanings by the stem of a word, and what is told of a meaning."""

    #: By language and stem.
    meanings: Mapping[tuple[str, str], frozenset[str]]
    #: By the sound of a part of a name, in any language.
    names: Mapping[str, frozenset[str]]
    #: Meanings that only their own words carry.
    exact: frozenset[str]
    #: Those words themselves, by language, folded.
    exact_words: frozenset[tuple[str, str]]
    #: The contraries of a meaning.
    opposites: Mapping[str, frozenset[str]]
    #: By language, the stems of words that tell next to nothing.
    weak: Mapping[str, frozenset[str]]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    table = _table()
    by_stem: dict[tuple[str, str], set[str]] = {}
    for meaning, forms in [*table["exact"].items(), *table["same"].items(), *table["peoples"].items()]:
        for language, given in zip(_LANGUAGES, forms, strict=True):
            for word in given.split():
                stems = " ".join(stem(part, language) for part in word.split("_"))
                by_stem.setdefault((language, stems), set()).add(meaning)
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
        exact_words=frozenset(
            (language, fold(word, accents=False).text)
            for forms in table["exact"].values()
            for language, given in zip(_LANGUAGES, forms, strict=True)
            for word in given.split()
        ),
        opposites={meaning: frozenset(others) for meaning, others in opposites.items()},
        weak={
            language: frozenset(stem(word, language) for word in listed.split())
            for language, listed in table["weak"].items()
        },
    )


@lru_cache(maxsize=1 << 14)
def stem(word: str, language: str | None) -> str:
    """The stem of one word, of "took" that of "take"; the word itself where it is a stop word or nothing is known."""
    ending = _ending(word, language)
    return irregular().get((language or "", ending), ending)


def _ending(word: str, language: str | None) -> str:
    folded = fold(word, accents=False).text
    singular = next((known for known in (folded, *_singulars(folded)) if known in _distinct(language or "")), None)
    if singular:
        return singular
    if language == "fr" and word.endswith("ers"):
        word = word.removesuffix("s")  # the stemmer takes "passager" for a verb, and "passagers" for a noun
    stems = words(word, language)
    root = stems[0] if len(stems) == 1 else folded
    return f"{root[:-1]}i" if language == "fr" and root.endswith("y") else root  # "envoyé", "envoyer"


def _singulars(word: str) -> Iterator[str]:
    yield from (word.removesuffix(ending) + singular for ending, singular in _PLURALS if word.endswith(ending))


@cache
def _distinct(language: str) -> frozenset[str]:
    return frozenset(_table()["distinct"].get(language, "").split())


@cache
def irregular() -> Mapping[tuple[str, str], str]:
    """The stem that a stemmer leaves of an irregular form, and that of its verb or noun."""
    return {
        (language, _ending(prefix + form + ending, language)): _ending(prefix + base, language)
        for language, bases in _table()["irregular"].items()
        for base, (prefixes, forms) in bases.items()
        for prefix in ("", *prefixes.split())
        for form in forms.split()
        for ending in _ENDINGS[language]
    }


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
