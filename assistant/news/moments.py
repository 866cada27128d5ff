"""Moments: single expressions of time, as rules, and the days each stands for.

Every pattern reads folded text without accents: "1er août" is "1er aout" here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from assistant.news.calendars import (
    Days,
    Part,
    Side,
    Unit,
    century,
    day_of,
    decade,
    last_units,
    month_of,
    nearest,
    part_of,
    quarter,
    season_of,
    semester,
    shifted,
    unit_around,
    week_of,
    weekday_near,
    year_of,
)  # fmt: skip


class Interval(NamedTuple):
    """First and last day, inclusive; None where it is open, both where it cannot be told."""

    first: date | None
    last: date | None


UNKNOWN = Interval(None, None)


class Moment(NamedTuple):
    """An expression that was read."""

    #: Where it ends in the folded text.
    end: int
    days: Interval
    #: Whether it says nothing without a day of reference.
    relative: bool


_FUTURE = re.compile(
    r"\b(?!opera|camera|cetera|sahara|front|affront)[a-z]+r(?:a|ont)\b"
    r"|\b(?:will|is due|are due|attendue?s?|prevue?s?)\b"
)
_CLAUSE_END = re.compile("[.;:!?]")
_CLAUSE = 200  # characters on either side


@dataclass(frozen=True, slots=True)
class Reading:
    """A folded text and what its expressions are read against."""

    text: str
    reference: date | None
    #: ISO 639-1.
    language: str | None

    def against(self, resolve: Callable[[date], Days]) -> Interval:
        """What ``resolve`` makes of the day of reference; unknown without one."""
        try:
            return Interval(*resolve(self.reference)) if self.reference else UNKNOWN
        except (OverflowError, ValueError):  # a year before 1 or after 9999
            return UNKNOWN

    def speaks_of_the_future(self, match: re.Match[str]) -> bool:
        """Whether the clause around ``match`` has a verb in the future."""
        first, limit = max(0, match.start() - _CLAUSE), min(len(self.text), match.end() + _CLAUSE)
        start = max(first, *(self.text.rfind(mark, first, match.start()) + 1 for mark in ".;:!?"))
        end = _CLAUSE_END.search(self.text, match.end(), limit)
        return bool(_FUTURE.search(self.text, start, end.start() if end else limit))


def moment_at(reading: Reading, at: int, bare: bool = False) -> Moment | None:
    """The expression that starts at ``at``; ``bare`` ones too, which say when only behind a word such as "depuis"."""
    for rule in (*_RULES, *(_BARE if bare else ())):
        match = rule.pattern.match(reading.text, at)
        days = rule.resolve(match, reading) if match else None
        if match and days is not None:
            return Moment(match.end(), days, rule.relative and not match.groupdict().get("year"))
    return None


# --- Words, folded and without accents -------------------------------------------------------------------


def _numbered(words: str, first: int) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split(), first)}


_FRENCH_MONTHS = _numbered("janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre", 1)
_ENGLISH_MONTHS = _numbered("january february march april may june july august september october november december", 1)
_MONTHS = _FRENCH_MONTHS | _ENGLISH_MONTHS
WEEKDAYS = _numbered("lundi mardi mercredi jeudi vendredi samedi dimanche", 0) | _numbered(
    "monday tuesday wednesday thursday friday saturday sunday", 0
)
_SEASONS = {
    "printemps": 3, "ete": 6, "automne": 9, "hiver": 12, "spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12
}  # fmt: skip
_NUMBERS = {
    "une": 1, "a": 1, "an": 1, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "cent": 100,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100,
    **_numbered("un deux trois quatre cinq six sept huit neuf dix onze douze", 1),
    **_numbered("one two three four five six seven eight nine ten eleven twelve", 1),
}  # fmt: skip
_UNITS: dict[str, Unit] = {
    "jour": "day", "jours": "day", "day": "day", "days": "day",
    "semaine": "week", "semaines": "week", "week": "week", "weeks": "week",
    "mois": "month", "month": "month", "months": "month",
    "an": "year", "ans": "year", "annee": "year", "annees": "year", "year": "year", "years": "year",
}  # fmt: skip
_ORDINALS = {
    "premier": 1, "deuxieme": 2, "second": 2, "troisieme": 3, "quatrieme": 4, "first": 1, "third": 3, "fourth": 4
}  # fmt: skip
_PARTS: dict[str, Part] = {
    "debut": "early", "mi": "middle", "milieu": "middle", "fin": "late", "early": "early",
    "mid": "middle", "late": "late",
}  # fmt: skip
_ROMAN = {"i": 1, "v": 5, "x": 10}


def any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_FRENCH_MONTH = any_of(_FRENCH_MONTHS)
_ENGLISH_MONTH = any_of(_ENGLISH_MONTHS)
_YEAR = r"(?P<year>1[0-9]{3}|20[0-9]{2})(?![0-9]|[.,][0-9]| [0-9]{3}\b)"
_N = rf"(?P<n>[0-9]{{1,3}}|{any_of(_NUMBERS)})"
_UNIT = rf"(?P<unit>{any_of(_UNITS)})"
_WEEKDAY = rf"(?P<weekday>{any_of(WEEKDAYS)})"
_DAY_PART = (
    r"(?: (?:matin|midi|apres-midi|soir|en (?:fin|debut) (?:de (?:matinee|journee|soiree)|d'apres-midi)"
    r"|dans la (?:nuit|matinee|soiree|journee)|morning|afternoon|evening|night))"
)
_D = r"(?P<day>[0-9]{1,2})"
_ROUGHLY = (
    r"(?:plus de|moins de|pres de|environ|more than|less than|nearly|almost|about|around|over|the last|the past) "
)

Resolve = Callable[[re.Match[str], Reading], Interval | None]


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    resolve: Resolve
    #: Whether it needs the day of reference.
    relative: bool


def _rule(pattern: str, resolve: Resolve, relative: bool = True) -> _Rule:
    return _Rule(re.compile(pattern + r"\b"), resolve, relative)


# --- How each is resolved --------------------------------------------------------------------------------


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _iso(match: re.Match[str], reading: Reading) -> Interval | None:
    return _single(int(match["year"]), int(match["month"]), int(match["day"]))


def _figures(match: re.Match[str], reading: Reading) -> Interval | None:
    return None if reading.language == "en" else _iso(match, reading)


def _single(year: int, month: int, day: int) -> Interval | None:
    found = _valid(year, month, day)
    return Interval(found, found) if found else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(match: re.Match[str], reading: Reading) -> Interval | None:
    """A day and a month, with a year, or in the year that comes nearest and fits the weekday."""
    day, month, weekday = int(match["day"]), _MONTHS[match["month"]], match["weekday"]
    if match["year"]:
        return _single(int(match["year"]), month, day)
    if _valid(2000, month, day) is None:
        return None
    which, ahead = match.groupdict().get("which"), reading.speaks_of_the_future(match)
    return reading.against(lambda today: _nearest_day(today, day, month, WEEKDAYS.get(weekday or ""), which, ahead))


def _nearest_day(today: date, day: int, month: int, weekday: int | None, which: str | None, ahead: bool) -> Days:
    """
    :raises ValueError: If it is 29 February and none is near.
    """
    candidates = [found for shift in (0, -1, 1) if (found := _valid(today.year + shift, month, day))]
    fitting = [found for found in candidates if found.weekday() == weekday]
    return _chosen([day_of(found) for found in fitting or candidates], today, which, ahead)


def _weekday(match: re.Match[str], reading: Reading) -> Interval | None:
    which = match["which"] or match["first"] or ""
    if which[:4] in ("proc", "next"):
        side: Side = "next"
    elif which[:4] in ("dern", "pass", "last"):
        side = "before"
    else:
        side = "coming" if reading.speaks_of_the_future(match) else "past"
    return reading.against(lambda day: weekday_near(day, WEEKDAYS[match["weekday"]], side))


def _from_today(days: int) -> Resolve:
    return lambda match, reading: reading.against(lambda day: day_of(day + timedelta(days)))


def _month(match: re.Match[str], reading: Reading) -> Interval | None:
    """A month, or a third of one, in its year or in the nearest."""
    groups = match.groupdict()
    month, part, which = _MONTHS[match["month"]], groups.get("part"), groups.get("which")
    if groups.get("year"):
        return Interval(*part_of(month_of(int(match["year"]), month), _PARTS.get(part or "")))
    ahead = reading.speaks_of_the_future(match)
    return reading.against(
        lambda day: part_of(_near_year(lambda year: month_of(year, month), day, which, ahead), _PARTS.get(part or ""))
    )


def _near_year(of_year: Callable[[int], Days], day: date, which: str | None, ahead: bool) -> Days:
    return _chosen([of_year(day.year + shift) for shift in (0, -1, 1)], day, which, ahead)


def _chosen(candidates: list[Days], day: date, which: str | None, ahead: bool) -> Days:
    """The nearest; the last before ``day``, or the first behind it, where that is said.

    :raises ValueError: If there is none before or behind.
    """
    if which and which[:4] in ("dern", "pass", "last"):
        return max(days for days in candidates if days.last < day)
    if which and which[:4] in ("proc", "next"):
        return min(days for days in candidates if days.first > day)
    return nearest(candidates, day, ahead)


def _season(match: re.Match[str], reading: Reading) -> Interval | None:
    groups = match.groupdict()
    first = _SEASONS[match["season"]]
    if groups.get("year"):
        return Interval(*season_of(int(match["year"]), first))
    if groups.get("this"):
        return reading.against(lambda day: season_of(day.year, first))
    which, ahead = groups.get("which"), reading.speaks_of_the_future(match)
    return reading.against(lambda day: _near_year(lambda year: season_of(year, first), day, which, ahead))


def _named_season(match: re.Match[str], reading: Reading) -> Interval | None:
    first = _SEASONS[match["season"] or match["s2"]]
    ahead = reading.speaks_of_the_future(match)
    return reading.against(lambda day: _near_year(lambda year: season_of(year, first), day, None, ahead))


def _unit(match: re.Match[str], reading: Reading) -> Interval | None:
    """ "cette semaine", "le mois dernier", "next year"."""
    groups = match.groupdict()
    which = groups.get("which") or ""
    step = -1 if which[:4] in ("dern", "pass", "last") else 1 if which[:4] in ("proc", "next") else 0
    word = match["unit"]
    if "end" in word:
        return reading.against(lambda day: _weekend(day, step))
    return reading.against(lambda day: unit_around(shifted(day, _UNITS[word], step), _UNITS[word]))


def _weekend(day: date, step: int) -> Days:
    saturday = week_of(day).first + timedelta(5 + 7 * step)
    return Days(saturday, saturday + timedelta(1))


def _distance(sign: int) -> Resolve:
    """ "il y a deux ans" is that year, "dans trois jours" that day."""

    def resolve(match: re.Match[str], reading: Reading) -> Interval | None:
        unit = _UNITS[match["unit"]]
        return reading.against(lambda day: unit_around(shifted(day, unit, sign * _number(match["n"])), unit))

    return resolve


def _duration(match: re.Match[str], reading: Reading) -> Interval | None:
    """ "depuis deux ans", "the last three months": up to now."""
    return reading.against(lambda day: last_units(day, _UNITS[match["unit"]], _number(match["n"] or "1")))


def _perfect_duration(match: re.Match[str], reading: Reading) -> Interval | None:
    """ "for two years", where it goes on: "has lasted for two years"."""
    before = reading.text[max(0, match.start() - 60) : match.start()]
    return _duration(match, reading) if re.search(r"\b(?:has|have)\b[^.]*$", before) else None


def _decade(match: re.Match[str], reading: Reading) -> Interval | None:
    first = int(match["decade"])
    return Interval(*decade(first if first > 99 else 1900 + first, _PARTS.get(match["part"] or "")))


def _century(match: re.Match[str], reading: Reading) -> Interval | None:
    word = match["century"]
    number = int(word) if word.isdigit() else _roman(word)
    return Interval(*century(number)) if 1 <= number <= 21 else None


def _roman(word: str) -> int:
    values = [_ROMAN[letter] for letter in word]
    return sum(-v if v < max(values[n:]) else v for n, v in enumerate(values))


def _quarter(match: re.Match[str], reading: Reading) -> Interval | None:
    of_year = quarter if match["length"] in ("trimestre", "quarter") else semester
    number = _ORDINALS[match["ordinal"]]
    if number > (4 if of_year is quarter else 2):
        return None
    if match["year"]:
        return Interval(*of_year(int(match["year"]), number))
    ahead = reading.speaks_of_the_future(match)
    return reading.against(lambda day: _near_year(lambda year: of_year(year, number), day, None, ahead))


def _christmas(match: re.Match[str], reading: Reading) -> Interval | None:
    if match["year"]:
        return _single(int(match["year"]), 12, 25)
    ahead = reading.speaks_of_the_future(match)
    return reading.against(lambda day: _near_year(lambda year: day_of(date(year, 12, 25)), day, None, ahead))


def _year(match: re.Match[str], reading: Reading) -> Interval | None:
    return Interval(*year_of(int(match["year"])))


_COUNTED = re.compile(
    r" (?!(?:et|ou|a|au|aux|en|de|du|des|dans|par|pour|sur|avec|qui|que|est|etait|and|or|to|in|on|at|was|is|with|by|for"
    r"|who|that) )[a-z]"
)


def _bare_year(match: re.Match[str], reading: Reading) -> Interval | None:
    """A year without "en", unless it counts something: "2000 habitants"."""
    return None if _COUNTED.match(reading.text, match.end()) else Interval(*year_of(int(match["year"])))


_WHICH = "(?P<which>dernier|derniere|passee?|prochaine?)"
_WHICH_FIRST = "(?P<which>last|next)"
_RULES = (
    _rule(r"(?:le )?(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", _iso, False),
    _rule(r"(?:le )?(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})", _figures, False),
    _rule(
        rf"(?:(?:le|ce) )?(?:{_WEEKDAY}{_DAY_PART}?,? )?(?:le )?{_D}(?:er)? (?P<month>{_FRENCH_MONTH})(?: {_YEAR})?"
        rf"(?: {_WHICH})?",
        _day,
    ),
    _rule(
        rf"(?:on )?(?:{_WEEKDAY}{_DAY_PART}?,? )?(?P<month>{_ENGLISH_MONTH}) {_D}(?:st|nd|rd|th)?(?!\w)(?:,? {_YEAR})?",
        _day,
    ),
    _rule(
        rf"(?:on )?(?:{_WEEKDAY}{_DAY_PART}?,? )?(?:the )?{_D}(?:st|nd|rd|th)?(?: of)? (?P<month>{_ENGLISH_MONTH})"
        rf"(?:,? {_YEAR})?",
        _day,
    ),
    _rule(rf"(?:ce |on )?(?:(?P<first>last|next) )?{_WEEKDAY}{_DAY_PART}?(?: {_WHICH})?", _weekday),
    _rule(r"avant-hier", _from_today(-2)),
    _rule(rf"(?:hier|yesterday){_DAY_PART}?", _from_today(-1)),
    _rule(
        r"aujourd'hui|today|tonight|ce (?:matin|soir|midi)|cet apres-midi|cette nuit"
        r"|this (?:morning|afternoon|evening)",
        _from_today(0),
    ),
    _rule(rf"(?:demain|tomorrow){_DAY_PART}?", _from_today(1)),
    _rule(r"apres-demain", _from_today(2)),
    _rule(
        rf"(?:(?:a la|a|in) )?(?P<part>debut|mi|fin|early|mid|late)[ \-](?P<month>{any_of(_MONTHS)})(?: {_YEAR})?",
        _month,
    ),
    _rule(rf"(?:en |au mois de |in )?(?P<month>{any_of(_MONTHS)})(?: of)?,? {_YEAR}", _month),
    _rule(rf"(?:en |au mois de |in )(?P<month>{any_of(_MONTHS)})(?: {_WHICH})?", _month),
    _rule(rf"(?P<month>{_FRENCH_MONTH}) {_WHICH}", _month),
    _rule(rf"{_WHICH_FIRST} (?P<month>{_ENGLISH_MONTH})", _month),
    _rule(rf"(?:au |a l'|en |l'|le |in |the )*(?P<season>{any_of(_SEASONS)})(?: de| of)? {_YEAR}", _season),
    _rule(rf"(?P<this>cet|ce|this) (?P<season>{any_of(_SEASONS)})", _season),
    _rule(rf"(?:l'|le |au )(?P<season>printemps|ete|automne|hiver) {_WHICH}", _season),
    _rule(rf"{_WHICH_FIRST} (?P<season>spring|summer|autumn|fall|winter)", _season),
    _rule(r"(?:au (?P<season>printemps)|a l'(?P<s2>automne))", _named_season),
    _rule(rf"(?:la|le|l')? ?(?P<unit>semaine|mois|an|annee|week-end) {_WHICH}", _unit),
    _rule(rf"(?:over )?(?:the )?{_WHICH_FIRST} (?P<unit>week|month|year|weekend)", _unit),
    _rule(r"(?:cette|ce|this) (?P<unit>semaine|mois|annee|week-end|week|month|year|weekend)(?:-ci)?", _unit),
    _rule(rf"il y a (?:{_ROUGHLY})?{_N} {_UNIT}", _distance(-1)),
    _rule(rf"(?:{_ROUGHLY})?{_N} {_UNIT} ago", _distance(-1)),
    _rule(rf"(?:dans|in) (?:{_ROUGHLY})?{_N} {_UNIT}", _distance(1)),
    _rule(rf"depuis (?:{_ROUGHLY}|bientot |maintenant )?{_N} {_UNIT}", _duration),
    _rule(rf"for (?:{_ROUGHLY})?{_N} {_UNIT}", _perfect_duration),
    _rule(
        rf"(?:(?:au cours des|durant les|pendant les|dans les|ces|les) )?{_N} (?:dernieres?|derniers) {_UNIT}",
        _duration,
    ),
    _rule(rf"(?:(?:over|in|during|for) )?the (?:past|last) (?:{_N} )?{_UNIT}", _duration),
    _rule(
        r"(?:(?:(?:a la |la |au |le )?(?P<part>debut|fin|milieu) des|dans les|les|des) )?annees "
        r"(?P<decade>1[0-9]{2}0|20[0-9]0|[2-9]0)",
        _decade,
        False,
    ),
    _rule(r"(?:in )?the (?:(?P<part>early|mid|late)[ \-])?(?P<decade>1[0-9]{2}0|20[0-9]0)s", _decade, False),
    _rule(r"(?:(?:au|le|du) )?(?P<century>[ivx]+)e siecle", _century, False),
    _rule(r"(?:in )?the (?P<century>[0-9]{1,2})(?:st|nd|rd|th) century", _century, False),
    _rule(
        rf"(?:au |le |in the |the )?(?P<ordinal>{any_of(_ORDINALS)}) (?P<length>trimestre|semestre|quarter)"
        rf"(?: (?:de |of )?{_YEAR})?",
        _quarter,
    ),
    _rule(rf"(?:a |at )?(?:noel|christmas(?: day)?)(?: {_YEAR})?", _christmas),
    _rule(rf"(?:en|in|l'an|l'annee) {_YEAR}", _year, False),
    _rule(_YEAR, _bare_year, False),
)
#: A month or a season, and a year whatever follows.
_BARE = (
    _rule(rf"(?P<month>{any_of(_MONTHS)})", _month),
    _rule(_YEAR, _year, False),
    _rule(r"(?:le |l'|the )?(?P<season>printemps|ete|automne|hiver|spring|summer|autumn|winter)", _season),
)
