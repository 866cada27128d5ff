"""Whether sentences that answer one question differ: in a number, a date, or yes and no.

Precision comes first. Two sentences are compared only if they are of different articles, the question names what both
are about, both have words that answer it, and they speak of the same time; whatever is a matter of rounding, of "plus
de", of another unit or of another thing counted is no difference. Where no rule can tell, they agree.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from assistant.news.shapes import answering_words, shape_of
from assistant.news.times import time_expressions
from assistant.quantities import quantities
from assistant.text import fold, stop_words, words
from assistant.types import Matter, Sentence, Shape, TimeExpression

#: Of the question's words, how many both sentences must have, titles included; for dates, yes and no, each by itself.
SHARED = 0.5
SHARED_ALONE = 0.75
#: Words that a question without a name needs to tell what it is about.
LEAST_ASKED = 3

_I = re.IGNORECASE


class _Told(NamedTuple):
    """A sentence about what the question names, with what it has of it."""

    sentence: Sentence
    #: The words that answer, of the sentence's text; empty where no rule tells.
    answer: tuple[int, int]
    times: Sequence[TimeExpression]
    #: Which of the question's words it has, by their places; its title's too.
    found: frozenset[int]

    @property
    def words(self) -> str:
        return self.sentence.text[slice(*self.answer)]


def disagreement(
    question: str, sentences: Sequence[Sentence], limit: int, groups: Sequence[int] = ()
) -> tuple[Matter, list[int]] | None:
    """In what some of ``sentences``, the best first, differ from one of the first ``limit``.

    With it, the places of that one and of the best that differ, ``limit`` in all, the newest article first.

    :param groups: a number for each sentence; those with one number are of copies, and are not compared.
    """
    groups = groups or range(len(sentences))
    if shape_of(question) not in _MATTERS or not _tells_its_subject(question):
        return None
    told = [_told(question, sentence) for sentence in sentences]
    for place, one in enumerate(told[:limit]):
        others = [other for other, group in enumerate(groups) if group != groups[place]]
        found = [(other, _differ(question, one, told[other])) for other in others]
        if matter := next((matter for _, matter in found if matter), None):
            places = [place, *(other for other, which in found if which == matter)][:limit]
            places.sort(key=lambda place: sentences[place].article.published or date.min, reverse=True)
            return matter, places
    return None


def differ(question: str, one: Sentence, other: Sentence) -> Matter | None:
    """In what two answers to ``question`` differ; None where they agree and where nothing tells."""
    return _differ(question, _told(question, one), _told(question, other)) if _tells_its_subject(question) else None


_MATTERS: dict[Shape | None, Matter] = {"number": "number", "when": "date", "polar": "polarity"}


def _differ(question: str, one: _Told | None, other: _Told | None) -> Matter | None:
    matter = _MATTERS.get(shape_of(question))
    if matter is None or one is None or other is None or one.sentence.article.id == other.sentence.article.id:
        return None
    if len(one.found & other.found) < SHARED * len(_content(question)):
        return None
    if matter == "polarity":
        return matter if _contradict(question, one, other) else None
    if not one.words or not other.words:
        return None
    differs = _count_differently(question, one, other) if matter == "number" else _are_apart(question, one, other)
    return matter if differs else None


def _told(question: str, sentence: Sentence) -> _Told | None:
    """None where it is about something else, which costs less to see than what it tells."""
    article = sentence.article
    found = _found(question, f"{article.title} {sentence.text}")
    if len(found) < SHARED * len(_content(question)) or not _has_names(question, sentence):
        return None
    answer = answering_words(question, sentence.text) or (0, 0)
    return _Told(sentence, answer, time_expressions(sentence.text, article.published, article.language), found)


# --- The subject -----------------------------------------------------------------------------------------

_NAME = re.compile(r"(?<![.?!] )(?<!^)(?<=[\s'’(«\"-])[A-ZÀ-ÖØ-Þ][\w]+")
_YEAR = re.compile(r"\b[12][0-9]{3}\b")


def _tells_its_subject(question: str) -> bool:
    return bool(_names(question)) or len(_content(question)) >= LEAST_ASKED


def _share_alone(question: str, one: _Told, other: _Told) -> bool:
    needed = SHARED_ALONE * len(_content(question))
    return all(len(_found(question, told.sentence.text)) >= needed for told in (one, other))


def _has_names(question: str, sentence: Sentence) -> bool:
    """A name may be left to the title, if the sentence has none of its own that could stand in its place."""
    names, own = _names(question), set(_bare(sentence.text))
    years = set(_YEAR.findall(question))
    if years and years.isdisjoint(own) and _YEAR.search(sentence.text):
        return False
    return names <= own or (names <= own | set(_bare(sentence.article.title)) and not _names(sentence.text) - names)


def _found(question: str, text: str) -> frozenset[int]:
    """Which of the question's words a text has, by their places."""
    stems = frozenset().union(*_content(text))
    return frozenset(place for place, word in enumerate(_content(question)) if not word.isdisjoint(stems))


@lru_cache(maxsize=64)
def _names(text: str) -> set[str]:
    return {word for name in _NAME.findall(text) for word in _bare(name)}


def _bare(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text, accents=False).text)


#: What a question says of its answer, and not of its subject.
_ASKING = {
    "combien", "nombre", "chiffre", "quel", "quelle", "quels", "quelles", "quand", "date", "annee", "jour",
    "how", "many", "much", "when", "number", "year", "day",
}  # fmt: skip


@lru_cache(maxsize=64)
def _content(text: str) -> list[frozenset[str]]:
    """Each word that tells something, as both languages analyse it; no numbers."""
    kept = [word for word in re.findall(r"[^\W\d_]+", text) if _bare(word)[0] not in _ASKING]
    kept = [word for word in kept if word.casefold() not in _FUNCTION_WORDS]
    return [frozenset(words(word, "fr")) | frozenset(words(word, "en")) for word in kept]


_FUNCTION_WORDS = stop_words("fr") | stop_words("en")

# --- Numbers ---------------------------------------------------------------------------------------------

_COUNTED = re.compile(r"(?:combien d(?:e |['’])|how many |(?:nombre|number) (?:de |d['’]|des |of ))(?P<thing>\w+)", _I)
_KIND = re.compile(
    r" (?P<kind>(?!(?:ont|sont|a|est|were|was|are|did|have|has|contre|dans|sous|vers|against|with|from|into)\b)"
    r"[^\W\d_]{4,})"
)
_PEOPLE = "personne"
_NEXT = re.compile(
    r"[\s\u00a0\u202f]*(?:(?:de |d['’]|of (?:the )?)(?:la |l['’]|les )?)?(?P<unit>%|€|\$|°C?|[^\W\d_]+)?"
)
_UNIT_INSIDE = re.compile(r"(?P<unit>%|€|\$|°C?|[^\W\d_]+)$")
#: Words for one thing.
_SAME_UNIT = (
    "% pourcent percent", "€ euro euros", "$ dollar dollars", "m mètre mètres metre metres meter meters",
    "km kilomètre kilomètres kilometre kilometres kilometer kilometers", "° °C degré degrés degree degrees",
    "mort morts tué tués décès décédé décédés dead killed death deaths died",
    "blessé blessés injured wounded hurt", "kg kilo kilos kilogramme kilogrammes",
    "an ans année années year years", "jour jours day days",
    "personne personnes people person persons gens",
)  # fmt: skip
_UNITS = {name: units.split()[0] for units in _SAME_UNIT for name in units.split()}
_SCALES = {
    "million", "millions", "milliard", "milliards", "billion", "billions", "mille", "thousand", "cent", "cents",
}  # fmt: skip
_NEARLY = re.compile(r"\b(?:environ|quelque|près de|presque|autour de|nearly|about|around|almost|roughly|some)\W*$", _I)
_OVER = re.compile(
    r"\b(?:plus de|plus d['’]|au moins|dépass\w+|franchi\w*|atteint|more than|over|at least|exceed\w*|topp\w+)"
    r"(?: \w+){0,3}\W*$",
    _I,
)
_UNDER = re.compile(r"\b(?:moins de|moins d['’]|jusqu['’]à|less than|fewer than|up to|under|below)\W*$", _I)
#: "a majority of 80", "80 more".
_COMPARED = re.compile(
    r"\b(?:majorit[éy]|écart|avance|hausse|baisse|recul|augmentation|lead|rise|increase|fall|drop|decrease)"
    r" (?:de |d['’]|of )\W*$",
    _I,
)
_AGE = re.compile(r"\bâge\b|\bhow old\b", _I)
_RATE = re.compile(
    r"\b(?:par|chaque|a|per|each|every) (?P<time>heure|jour|semaine|mois|an|année|hour|day|week|month|year)\b", _I
)
_COMPARED_BEHIND = re.compile(r"\W*(?:\w+ )?(?:de plus|de moins|supplémentaires?|autres|more|fewer|less|other)\b", _I)
_LEAST_ROUNDED = 1000
#: Numbers this near are the same where one has fewer decimals: "4 807 mètres" is said of 4 808,72.
SAME_ROUNDED = Decimal("0.005")


def _count_differently(question: str, one: _Told, other: _Told) -> bool:
    """Whether they give numbers of the same thing, in the same unit and for the same time, that cannot both be."""
    first, second = _bounds(one), _bounds(other)
    if first is None or second is None or _AGE.search(question):
        return False
    if not _are_of_one_thing(question, one, other) or not _are_of_one_time(question, one, other):
        return False
    (low, high), (least, most) = first, second
    return (high < least or most < low) and not _is_rounding(low, least)


def _is_rounding(one: Decimal, other: Decimal) -> bool:
    """Whether they are about the same, and one is told with fewer decimals."""
    return _decimals(one) != _decimals(other) and abs(one - other) <= SAME_ROUNDED * max(one, other)


def _decimals(number: Decimal) -> int:
    return len(f"{number:f}".partition(".")[2])


def _bounds(told: _Told) -> tuple[Decimal, Decimal] | None:
    """The least and the most that its number may stand for."""
    text, (start, end) = told.sentence.text, told.answer
    found = quantities(told.words, told.sentence.article.language)
    numbers = [Decimal(one.strip("%")) for one in found if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?%?", one)]
    if not numbers or len(numbers) < len(found):
        return None
    low, high = min(numbers), max(numbers)
    slack = max(map(_rounding, numbers))
    digit = re.search(r"\d", text[start:end])
    before = text[max(0, start - 30) : start + (digit.start() if digit else 0)]
    if _COMPARED.search(before) or _COMPARED_BEHIND.match(text, end):
        return None
    if _NEARLY.search(before):
        return low * Decimal("0.9"), high * Decimal("1.1")
    if _OVER.search(before):
        return low - slack, high * Decimal("1.25")
    if _UNDER.search(before):
        return low * Decimal("0.8"), high + slack
    return low - slack, high + slack


def _rounding(number: Decimal) -> Decimal:
    """Half a unit of the last digit that is not zero, of a large number; a small one is meant as it stands."""
    digits = f"{number:f}"
    zeros = 0 if "." in digits else len(digits) - len(digits.rstrip("0"))
    return Decimal(5).scaleb(zeros - 1) if zeros and number >= _LEAST_ROUNDED else Decimal(0)


def _are_of_one_thing(question: str, one: _Told, other: _Told) -> bool:
    counted = _COUNTED.search(question)
    thing = _unit(counted["thing"]) if counted else None
    units = [_unit_of(told) for told in (one, other)]
    rates = [_RATE.search(told.sentence.text) for told in (one, other)]
    if len({rate and _unit(rate["time"]) for rate in rates}) == 2:
        return False
    if thing is None:
        return units[0] == units[1]
    asked = frozenset().union(*_content(question))
    return all(
        (unit in (thing, None, _PEOPLE) or unit in asked) and (thing == _PEOPLE or _has(told.sentence.text, thing))
        for unit, told in zip(units, (one, other), strict=True)
    ) and _have_the_same_kind(question, one, other)


def _have_the_same_kind(question: str, one: _Told, other: _Told) -> bool:
    """Whether both have the word behind what is counted: "combattants étrangers"."""
    counted = _COUNTED.search(question)
    kind = _KIND.match(question, counted.end()) if counted else None
    stems = frozenset().union(*_content(kind["kind"])) if kind else frozenset()
    places = {place for place, word in enumerate(_content(question)) if word & stems}
    return places <= one.found & other.found


def _unit_of(told: _Told) -> str | None:
    """What stands behind the number, or None where that is no noun."""
    behind = _NEXT.match(told.sentence.text, told.answer[1])
    for found in (_UNIT_INSIDE.search(told.words), behind):
        unit = found["unit"].casefold() if found and found["unit"] else ""
        if unit and (unit in _UNITS or unit not in _SCALES | _FUNCTION_WORDS):
            return _unit(unit)
    return None


def _unit(word: str) -> str:
    known = _UNITS.get(word.casefold())
    return known or next(iter(words(word, "fr")), word.casefold())


def _has(text: str, unit: str) -> bool:
    return any(_unit(word) == unit for word in re.findall(r"[^\W\d_]+", text))


# --- Times -----------------------------------------------------------------------------------------------

_MONTH = timedelta(27)
_YEAR_LONG = timedelta(366)
_LONGEST = timedelta(1100)

Days = tuple[date, date]


def _are_of_one_time(question: str, one: _Told, other: _Told) -> bool:
    """Whether they speak of months or years that meet, those of the question if it names some."""
    asked = [(t.earliest, t.latest) for t in time_expressions(question, None) if t.earliest and t.latest]
    named = [_months_of(told) for told in (one, other)]
    spoken = [months or _around(told) for months, told in zip(named, (one, other), strict=True)]
    if asked and not all(any(_meet(days, when) for days in scope for when in asked) for scope in spoken):
        return False
    return not any(named) or any(_meet(days, when) for days in spoken[0] for when in spoken[1])


def _months_of(told: _Told) -> list[Days]:
    """The months and years that a sentence names."""
    own = [(time.earliest, time.latest) for time in told.times]
    return [(first, last) for first, last in own if first and last and _MONTH <= last - first <= _LONGEST]


def _around(told: _Told) -> list[Days]:
    """The year before its article and the year behind."""
    published = told.sentence.article.published
    return [(published - _YEAR_LONG, published + _YEAR_LONG)] if published else []


def _meet(one: Days, other: Days) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _are_apart(question: str, one: _Told, other: _Told) -> bool:
    """Whether the days that answer are told, and none of them is the same; of what is most, first or last, many are."""
    if _SUPERLATIVE.search(question) or not _share_alone(question, one, other):
        return False
    first, second = _days_of(one), _days_of(other)
    return first is not None and second is not None and not _meet(first, second)


_SUPERLATIVE = re.compile(r"\b(?:le|la|les) (?:plus|moins)\b|\bpremi[eè]re?s?\b|\bmost\b|\bfirst\b|\b\w{3,}est\b", _I)


def _days_of(told: _Told) -> Days | None:
    start, end = told.answer
    for time in told.times:
        if time.start < end and start < time.end and time.earliest and time.latest:
            return (time.earliest, time.latest) if time.latest - time.earliest <= _YEAR_LONG else None
    return None


# --- Yes and no ------------------------------------------------------------------------------------------

_NEGATED = re.compile(r"\b(?:ne|non|pas|jamais|aucune?|not|never|no|nor|without|sans|refus\w+)\b|\bn['’]|n['’]t\b", _I)


def _contradict(question: str, one: _Told, other: _Told) -> bool:
    """Whether one denies what the question says and the other says it without any negation."""
    if _NEGATED.search(question) or not _share_alone(question, one, other):
        return False
    denied = [bool(told.words) for told in (one, other)]
    negated = [bool(_NEGATED.search(told.sentence.text)) for told in (one, other)]
    return denied == negated and denied[0] != denied[1]
