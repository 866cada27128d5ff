"""People in a text: who is named or described at a place, and who a short name or a description stands for."""

import re
from collections import defaultdict
from dataclasses import dataclass

from assistant.news.speech import BOUNDARY, DETERMINER, FRENCH_VERB, NAME, PERSONS, TITLE
from assistant.text import fold, stop_words, words


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named or described at ``text[start:end]``."""

    start: int
    end: int
    #: Without a title; empty where only described.
    name: str
    #: The description, if any, as it stands: "le ministre de l'Intérieur".
    role: str
    #: "m" or "f" where a title or an article tells.
    gender: str | None
    #: Whether the article keeps the name to itself: "un responsable".
    indefinite: bool


class People:
    """The people that a text names, by family name and by what they are."""

    def __init__(self) -> None:
        self._by_family_name: dict[str, str] = {}
        #: By the noun of a description: its words, who it was said of, and where.
        self._by_noun: defaultdict[str, list[tuple[frozenset[str], str, int]]] = defaultdict(list)

    def note(self, mention: Mention) -> None:
        if " " in mention.name:
            self._by_family_name.setdefault(mention.name.split(" ")[-1], mention.name)
        if mention.name and mention.role:
            told = (_telling(mention.role), self.full_name(mention.name), mention.start)
            self._by_noun[noun_of(mention.role)].append(told)

    def full_name(self, name: str) -> str:
        """The full name that ends with ``name``, else ``name``."""
        full = self._by_family_name.get(name.rsplit(" ", maxsplit=1)[-1], "")
        return full if full.endswith(f" {name}") else name

    def knows(self, name: str) -> bool:
        """Whether first and family name are known."""
        return " " in self.full_name(name)

    def in_role(self, role: str, at: int) -> str | None:
        """Whom ``role`` was last said of before ``at``; "le président de la République" is no "président américain"."""
        wanted = _telling(role)
        known = [
            (start < at, start if start < at else -start, name)
            for said, name, start in self._by_noun.get(noun_of(role), ())
            if wanted <= said or said <= wanted
        ]
        return max(known)[2] if known else None


def _telling(role: str) -> frozenset[str]:
    return frozenset(words(DETERMINER_PATTERN.sub("", role, count=1), "fr")) | {noun_of(role)}


_NOT_THE_NOUN = re.compile(r"^(?:meme|ancienne?|ex|premiere?|prime|vice|same|former|nouveau|nouvelle|new)\b\W*")


def noun_of(role: str) -> str:
    """Of a description: "le secrétaire américain à la Défense" is a secretaire."""
    first = re.match(r"[^\W\d_]+", _NOT_THE_NOUN.sub("", bare(DETERMINER_PATTERN.sub("", role, count=1))))
    return first.group() if first else ""


def bare(text: str) -> str:
    return fold(text, accents=False).text


# --- Reading ---------------------------------------------------------------------------------------------

NAME_PATTERN = re.compile(NAME)
_TITLED = re.compile(rf"{TITLE}[ \u00a0\u202f]")
DETERMINER_PATTERN = re.compile(DETERMINER, re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_NAME_BEHIND = re.compile(rf",\s(?P<name>{NAME})(?=[,.;:\s»”\"]|$)")
_APPOSITION = re.compile(r", (?=(?:le |la |l['’]|the |an? |une? )|[a-zà-ÿ\-]{4,})")
_NO_NAMES = stop_words("fr") | stop_words("en") | {"selon", "chez", "avant", "apres", "malgre", "outre", "according"}
_LONGEST_ROLE = 150  # characters

#: "Invité de BFMTV, X a dit…" has the capital of a sentence.
_PARTICIPLE = re.compile(r"\w+ée?s? (?:de|par|d['’])\b")
_VERB_IN_ROLE = re.compile(rf"(?<! de)(?<! la)(?<! un)(?<! une)(?<!['’])\s(?:{FRENCH_VERB})\s", re.IGNORECASE)


def plain(name: str) -> str:
    return _SPACE.sub(" ", name).strip()


def _untitled(name: str) -> str:
    return _TITLED.sub("", plain(name), count=1)


def mention_at(text: str, at: int) -> Mention | None:
    """Whoever is named or described from ``at`` on."""
    determiner = DETERMINER_PATTERN.match(text, at)
    return described_at(text, at, determiner) if determiner else named_at(text, at)


def named_at(text: str, at: int) -> Mention | None:
    """Whoever is named from ``at`` on, also behind one word that is no name: "Selon Ann Lee"."""
    match = NAME_PATTERN.match(text, at)
    if match and _is_no_name(match.group()) and (space := _SPACE.search(text, at, match.end())):
        at = space.end()
        match = NAME_PATTERN.match(text, at)
    name = _untitled(match.group()) if match else ""
    if match is None or not name or _PARTICIPLE.match(name) or _is_no_name(name):
        return None
    title = _TITLED.match(text, at)
    gender = _gender_of_title(title.group()) if title else None
    return Mention(at, match.end(), name, _role_behind(text, match.end()), gender, indefinite=False)


def _is_no_name(name: str) -> bool:
    return bare(_untitled(name).split(" ", 1)[0]) in _NO_NAMES


def _gender_of_title(title: str) -> str | None:
    if title.startswith(("Mme", "Mlle", "Mrs", "Ms", "Lady", "Dame", "Sœur")):
        return "f"
    return "m" if re.match(r"M\.|MM|Mr|Mgr|Sir|Lord|Père", title) else None


def _role_behind(text: str, at: int) -> str:
    """ "Hans Kluge, le directeur de l'OMS", "Tom Barker, the chief pilot"."""
    comma = _APPOSITION.match(text, at)
    return text[comma.end() : _boundary(text, comma.end())] if comma else ""


def _boundary(text: str, at: int) -> int:
    """Where a description that goes on at ``at`` ends at the latest."""
    limit = min(len(text), at + _LONGEST_ROLE)
    found = BOUNDARY.search(text, at, limit)
    return found.start() if found else limit


def described_at(text: str, at: int, determiner: re.Match[str]) -> Mention | None:
    end = _boundary(text, determiner.end())
    verb = _VERB_IN_ROLE.search(text, determiner.end(), end)
    role = text[at : verb.start() if verb else end].rstrip()
    if not role[determiner.end() - at :].strip():
        return None
    gender = _gender_of_determiner(determiner.group().strip().lower())
    indefinite = determiner.group("indefinite") is not None or " même " in role or "the same " in role
    inside = _name_inside(text, determiner.end(), at + len(role))
    if inside:
        return Mention(at, inside[1], _untitled(text[inside[0] : inside[1]]), text[at : inside[0]], gender, False)
    behind = _NAME_BEHIND.match(text, at + len(role))
    if behind and " " in plain(behind["name"]) and not indefinite:
        name = behind["name"]
        return Mention(at, behind.end("name"), _untitled(name), role, gender, indefinite=False)
    return Mention(at, at + len(role), "", role, gender, indefinite)


def _gender_of_determiner(determiner: str) -> str | None:
    return {"le": "m", "un": "m", "la": "f", "une": "f"}.get(determiner)


BEHIND_PREPOSITION = re.compile(
    r"(?:^|[ '’])(?:de|du|des|d|l|le|la|les|à|au|aux|en|of|the|for|et|and|sur|pour)[ '’]*$", re.IGNORECASE
)


def _name_inside(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The person's name that closes a description: "la ministre de la Culture Rima Sabatier"."""
    found = NAME_PATTERN.finditer(text, start, end)
    closing = next((match for match in found if not text[match.end() : end].strip()), None)
    if closing is None:
        return None
    first, last = closing.span()
    if _TITLED.match(text, first):
        return first, last
    if first == start or BEHIND_PREPOSITION.search(text, start, first):
        space = _SPACE.search(text, first, last)
        first = space.end() if space else last
        return (first, last) if _SPACE.search(text, first, last) else None
    is_person = _SPACE.search(text, first, last) or noun_of(text[start:first]) in PERSONS
    return (first, last) if is_person else None
