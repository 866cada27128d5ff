"""What a time expression stands for, in words: a gloss beside a quote, never in it."""

from datetime import date, timedelta

from assistant.types import TimeExpression

_UNKNOWN = {"fr": "date inconnue", "en": "date unknown"}
_FROM = {"fr": "à partir du {}", "en": "from {}"}
_UNTIL = {"fr": "jusqu’au {}", "en": "until {}"}


def gloss(expression: TimeExpression, language: str) -> str | None:
    """The days of a relative expression in French or English; None for one that says them itself."""
    if not expression.relative:
        return None
    language = language if language in _UNKNOWN else "en"
    first, last = expression.earliest, expression.latest
    if first and last:
        return _stretch(first, last, language)
    if first:
        return _FROM[language].format(_day(first, language))
    return _UNTIL[language].format(_day(last, language)) if last else _UNKNOWN[language]


def _stretch(first: date, last: date, language: str) -> str:
    if first == last:
        return _day(first, language)
    ends_month = (last + timedelta(1)).day == 1 if last < date.max else True
    if first.day == 1 and ends_month and first.year == last.year:
        if first.month == last.month:
            return _written(first, "LLLL y", language)
        if (first.month, last.month) == (1, 12):
            return str(first.year)
    if language == "en":
        return f"{_written(first, 'MMMM d, y', language)} – {_written(last, 'MMMM d, y', language)}"
    same_month = (first.year, first.month) == (last.year, last.month)
    return (
        f"du {_written(first, 'd' if same_month else 'd MMMM y', language)} au {_written(last, 'd MMMM y', language)}"
    )


def _day(day: date, language: str) -> str:
    return _written(day, "EEEE d MMMM y" if language == "fr" else "EEEE, MMMM d, y", language)


def _written(day: date, pattern: str, language: str) -> str:
    from babel.dates import format_date

    return format_date(day, pattern, locale=language)
