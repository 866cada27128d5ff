"""What a time expression stands for, in words: a gloss beside a quote, never in it."""

from datetime import date, timedelta

from assistant.types import TimeExpression
from assistant.words import CATALOGUE, Words

_UNKNOWN = {"fr": "date inconnue", "en": "date unknown"}
_FROM = {"fr": "à partir du {}", "en": "from {}"}
_UNTIL = {"fr": "jusqu’au {}", "en": "until {}"}


def gloss(expression: TimeExpression, language: str) -> str | None:
    """The days of a relative expression in French or English; None for one that says them itself.

    Days are written as everywhere on the page: "9 May 2017", "1er mai 2017".
    """
    if not expression.relative:
        return None
    language = language if language in _UNKNOWN else "en"
    first, last = expression.earliest, expression.latest
    if first and last:
        return _stretch(first, last, CATALOGUE[language])
    if first:
        return _FROM[language].format(_day(first, CATALOGUE[language]))
    return _UNTIL[language].format(_day(last, CATALOGUE[language])) if last else _UNKNOWN[language]


def _stretch(first: date, last: date, words: Words) -> str:
    if first == last:
        return _day(first, words)
    ends_month = (last + timedelta(1)).day == 1 if last < date.max else True
    if first.day == 1 and ends_month and first.year == last.year:
        if first.month == last.month:
            return f"{words.months[first.month - 1]} {first.year}"
        if (first.month, last.month) == (1, 12):
            return str(first.year)
    start, end = words.date(first), words.date(last)
    if (first.year, first.month) == (last.year, last.month):
        start = start.partition(" ")[0]
    return f"du {start} au {end}" if words.code == "fr" else f"{start} to {end}"


def _day(day: date, words: Words) -> str:
    from babel.dates import format_date

    return f"{format_date(day, 'EEEE', locale=words.code)} {words.date(day)}"
