"""When: expressions of time in French and English, and the days they stand for.

A relative one ("mardi", "fin avril", "il y a deux ans") is read against a day of reference: an article's publication
date, or the day of a question. Both languages are looked for at once. What no rule reads is left alone.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from assistant.news.moments import WEEKDAYS, Interval, Moment, Reading, any_of, moment_at
from assistant.text import fold
from assistant.types import TimeExpression


def time_expressions(text: str, reference: date | None, language: str | None = None) -> list[TimeExpression]:
    """The expressions of ``text`` in order, none within another.

    :param reference: what relative ones are read against; without it they stay unresolved.
    :param language: of ``text``, ISO 639-1; only "09/05/2017" depends on it, and is left alone in English.
    """
    folded = fold(text, accents=False)
    reading = Reading(folded.text, reference, language)
    found = []
    at = 0
    while start := _START.search(folded.text, at):
        read = _range(reading, start.start()) or moment_at(reading, start.start()) or _open(reading, start.start())
        if read is None:
            at = start.end()
            continue
        at = read.end
        days = read.days
        found.append(
            TimeExpression(folded.offsets[start.start()], folded.ends[at - 1], days.first, days.last, read.relative)
        )
    return found


#: A word, also behind an elision.
_START = re.compile(r"(?<![\w'/\-])[0-9a-z]|(?<=[ldnsjcq]')[a-z0-9]")

# --- Open on one side ------------------------------------------------------------------------------------


def _since(days: Interval, today: date | None) -> Interval:
    return Interval(days.first, today)


def _before(days: Interval, today: date | None) -> Interval:
    return Interval(None, days.first - timedelta(1) if days.first else None)


def _after(days: Interval, today: date | None) -> Interval:
    return Interval(days.last + timedelta(1) if days.last else None, None)


def _until(days: Interval, today: date | None) -> Interval:
    return Interval(None, days.last)


def _by(days: Interval, today: date | None) -> Interval:
    return Interval(today, days.last)


def _from(days: Interval, today: date | None) -> Interval:
    return Interval(days.first, None)


_ARTICLE = "(?:le |la |l'|the )?"
_OPEN: tuple[tuple[re.Pattern[str], Callable[[Interval, date | None], Interval]], ...] = (
    (re.compile(f"(?:depuis|since) {_ARTICLE}"), _since),
    (re.compile(f"(?:avant|before) {_ARTICLE}"), _before),
    (re.compile(f"(?:apres|after) {_ARTICLE}"), _after),
    (re.compile("(?:jusqu'(?:en |au |a la |a l'|a )|until |till )(?:the )?"), _until),
    (re.compile("(?:d'ici (?:a la |a l'|a |au |la )?|by )(?:the )?"), _by),
    (re.compile("a partir (?:du |de l'|de |d')"), _from),
)


def _open(reading: Reading, at: int) -> Moment | None:
    for pattern, opened in _OPEN:
        if (match := pattern.match(reading.text, at)) and (inner := moment_at(reading, match.end(), bare=True)):
            return inner._replace(days=opened(inner.days, reading.reference) if inner.days.first else inner.days)
    return None


# --- Ranges ----------------------------------------------------------------------------------------------

_RANGES = (
    (re.compile("(?:entre|between) (?:le |the )?"), re.compile(" (?:et|and) (?:le |the )?")),
    (re.compile("(?:de|d'|du|from) ?"), re.compile(" (?:a|au|to|until|jusqu'a|jusqu'au|jusqu'en) ")),
)
_DAY_ONLY = re.compile(rf"(?:(?:{any_of(WEEKDAYS)}) )?([0-9]{{1,2}})(?:er)?\b")


def _range(reading: Reading, at: int) -> Moment | None:
    for opening, middle in _RANGES:
        if start := opening.match(reading.text, at):
            found = _from_day(reading, start.end(), middle) or _from_moment(reading, start.end(), middle)
            if found:
                return found
    return None


def _from_day(reading: Reading, at: int, middle: re.Pattern[str]) -> Moment | None:
    """ "du 5 au 8 mai": the first day takes its month from the last."""
    short = _DAY_ONLY.match(reading.text, at)
    gap = middle.match(reading.text, short.end()) if short else None
    last = moment_at(reading, gap.end()) if gap else None
    if short is None or last is None or last.days.first is None:
        return last if short else None
    first = _day_before(last.days.first, int(short[1]))
    return last._replace(days=Interval(first, last.days.last)) if first else None


def _day_before(day: date, number: int) -> date | None:
    """The last ``number`` of a month up to ``day``."""
    month = day if number <= day.day else day.replace(day=1) - timedelta(1)
    return month.replace(day=number) if 1 <= number <= month.day else None


def _from_moment(reading: Reading, at: int, middle: re.Pattern[str]) -> Moment | None:
    first = moment_at(reading, at, bare=True)
    gap = middle.match(reading.text, first.end) if first else None
    if first is None or gap is None:
        return None
    last = moment_at(reading, gap.end(), bare=True) or _day_behind(reading, first, gap.end())
    if last is None:
        return None
    begin = _in_the_same_year(first, last)
    if begin and last.days.last and begin > last.days.last:
        return None
    return Moment(last.end, Interval(begin, last.days.last), first.relative or last.relative)


def _day_behind(reading: Reading, first: Moment, at: int) -> Moment | None:
    """ "from March 9 to 12"."""
    short = _DAY_ONLY.match(reading.text, at)
    day = first.days.first
    if short is None or day is None or not 1 <= int(short[1]) <= 28:
        return None
    last = day.replace(day=int(short[1]))
    return Moment(short.end(), Interval(last, last), first.relative)


def _in_the_same_year(first: Moment, last: Moment) -> date | None:
    """The first day of "de mars à juin 2020" is in 2020."""
    begin, end = first.days.first, last.days.first
    if begin and end and first.relative and not last.relative and begin.day <= 28:
        return begin.replace(year=end.year)
    return begin
