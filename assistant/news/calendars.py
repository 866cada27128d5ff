"""Stretches of days: months, seasons, weeks, and the one of several that is nearest to a day."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

Part = Literal["early", "middle", "late"]
Unit = Literal["day", "week", "month", "year"]
Side = Literal["past", "before", "coming", "next"]


class Days(NamedTuple):
    """First and last day, inclusive."""

    first: date
    last: date


def day_of(day: date) -> Days:
    return Days(day, day)


def month_of(year: int, month: int) -> Days:
    return Days(date(year, month, 1), _end_of_month(year, month))


def _end_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def year_of(year: int) -> Days:
    return Days(date(year, 1, 1), date(year, 12, 31))


def week_of(day: date) -> Days:
    """Monday to Sunday."""
    monday = day - timedelta(day.weekday())
    return Days(monday, monday + timedelta(6))


def season_of(year: int, first_month: int) -> Days:
    """Three whole months, as meteorologists count; a winter belongs to the year of its December."""
    last = first_month + 2
    return Days(date(year, first_month, 1), _end_of_month(year + (last > 12), (last - 1) % 12 + 1))


def quarter(year: int, number: int) -> Days:
    return Days(date(year, 3 * number - 2, 1), _end_of_month(year, 3 * number))


def semester(year: int, number: int) -> Days:
    return Days(date(year, 6 * number - 5, 1), _end_of_month(year, 6 * number))


def decade(first_year: int, part: Part | None) -> Days:
    """Ten years; its beginning and end are the first and last three, its middle the four between."""
    first, last = {"early": (0, 2), "middle": (3, 6), "late": (7, 9), None: (0, 9)}[part]
    return Days(date(first_year + first, 1, 1), date(first_year + last, 12, 31))


def century(number: int) -> Days:
    return Days(date(100 * number - 99, 1, 1), date(100 * number, 12, 31))


def part_of(month: Days, part: Part | None) -> Days:
    """The first ten days of a month, the ten behind them, or the rest."""
    first = month.first
    if part == "early":
        return Days(first, first.replace(day=10))
    if part == "middle":
        return Days(first.replace(day=11), first.replace(day=20))
    return Days(first.replace(day=21), month.last) if part == "late" else month


def weekday_near(day: date, weekday: int, side: Side) -> Days:
    """Monday is 0. ``past`` and ``coming`` may be ``day`` itself, ``before`` and ``next`` may not."""
    back = (day.weekday() - weekday) % 7
    ahead = (weekday - day.weekday()) % 7
    shift = {"past": -back, "before": -(back or 7), "coming": ahead, "next": ahead or 7}[side]
    return day_of(day + timedelta(shift))


def shifted(day: date, unit: Unit, count: int) -> date:
    """``day`` so many units later; on the last of the month where the month is too short.

    :raises ValueError: If it is before the year 1 or behind the year 9999.
    :raises OverflowError: The same, in days and weeks.
    """
    if unit in ("day", "week"):
        return day + timedelta(count * (7 if unit == "week" else 1))
    months = 12 * day.year + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def unit_around(day: date, unit: Unit) -> Days:
    """The day, week, month or year that ``day`` is in."""
    if unit == "day":
        return day_of(day)
    if unit == "week":
        return week_of(day)
    return month_of(day.year, day.month) if unit == "month" else year_of(day.year)


def last_units(day: date, unit: Unit, count: int) -> Days:
    return Days(shifted(day, unit, -count), day)


def nearest(candidates: Sequence[Days], day: date, ahead: bool = False) -> Days:
    """The one whose middle is nearest, those to come counting as twice as far; ``ahead``, those gone by."""

    def distance(days: Days) -> timedelta:
        twice_the_way = (days.first - day) + (days.last - day)
        is_ahead = twice_the_way > timedelta(0)
        return abs(twice_the_way) * (1 if is_ahead == ahead else 2)

    return min(candidates, key=distance)
