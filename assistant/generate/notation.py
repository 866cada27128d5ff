"""Numbers, times and measures in one notation, where two texts write the same one differently.

"Une vingtaine" is about 20, "13 millions et demi" 13,500,000, "six heures moins le quart du soir" 17:45, "4 808 mètres
et 72 centimètres" 4,808.72 metres, "un sur dix" 10 %.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from assistant.quantities import in_digits
from assistant.text import fold

Rewrite = str | Callable[[re.Match[str]], str]

_DOZENS = {"dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40}
_DOZENS |= {"cinquantaine": 50, "soixantaine": 60, "centaine": 100, "millier": 1000, "dozen": 12}
_PARTS_OF_HOUR = {"et quart": 15, "et demie": 30, "moins le quart": -15}
_PARTS_OF_HOUR |= {"quarter past": 15, "half past": 30, "quarter to": -15}
_LATE = frozenset(["soir", "apres-midi", "apres midi", "evening", "afternoon", "p"])
_ONE = frozenset(["un", "une", "one"])
_SHARES = {2: "moitie", 3: "tiers", 4: "quart"}

#: Without their accents "né" would deny and "à" be a verb.
_ACCENTED = {re.compile("\\bn(?:é|e\u0301)s?\\b"): "nee", re.compile("\\b(?:[àÀ]|[aA]\u0300)(?!\\w)"): "au"}


def in_one_notation(text: str, language: str) -> str:
    """``text`` folded, without accents, its numbers in digits and in the notation that both texts share.

    :param language: ISO 639-1; in others than French and English numbers are only put in digits.
    """
    folded = fold(_rewritten(text, [*_ACCENTED.items()]), accents=False).text
    return _rewritten(in_digits(_rewritten(folded, _WORDS), language), _DIGITS.get(language, ()))


def _rewritten(text: str, rules: Sequence[tuple[re.Pattern[str], Rewrite]]) -> str:
    for pattern, rewrite in rules:
        text = pattern.sub(rewrite, text)
    return text


def _dozen(match: re.Match[str]) -> str:
    return f"environ {_DOZENS[match[1]]}"


def _and_a_half(match: re.Match[str]) -> str:
    """As in "13000000 et demi": 13.5 million, "2 and a half" 2.5."""
    number = Decimal(match[1])
    scale = next(scale for scale in (10**9, 10**6, 1) if number % scale == 0)
    return f"{number + Decimal(scale) / 2:f}"


def _months(match: re.Match[str]) -> str:
    """As in "1 an et demi" and "2 and a half years"."""
    return f"{12 * (int(match[1]) if match[1].isdigit() else 1) + 6} {'mois' if match[2] == 'an' else 'months'}"


def _share(match: re.Match[str]) -> str:
    """As in "un train sur 2": "moitié train", "4 sur 10" is "40%"."""
    part, what, whole = 1 if match[1] in _ONE else int(match[1]), match[2] or "", int(match[3])
    if part == 1 and whole in _SHARES:
        return f"{_SHARES[whole]} {what}"
    return f"{100 * part // whole}% {what}" if part < whole and 100 % whole == 0 else match[0]


def _clock(hour: int, minute: int, half: str | None) -> str:
    """
    :param half: The half of the day as the text names it.
    """
    hour = hour % 12 + 12 * (half in _LATE) if half and hour <= 12 else hour
    return f"{(60 * hour + minute) // 60 % 24:02}:{minute % 60:02}"


def _hour(match: re.Match[str]) -> str:
    return f"{match[1]} {_clock(int(match[2]), 0, match[3])}"


def _part_of_hour(match: re.Match[str]) -> str:
    return _clock(int(match["hour"]), _PARTS_OF_HOUR[match["part"]], match["half"])


def _minutes_beside(match: re.Match[str]) -> str:
    hour = {"midnight": 0, "noon": 12}[match[3]]
    return _clock(hour + 24, int(match[1]) * (1 if match[2] == "past" else -1), None)


def _half_of_day(match: re.Match[str]) -> str:
    return _clock(int(match[1]), int(match[2] or 0), match[3])


def _compiled(rules: Mapping[str, Rewrite]) -> tuple[tuple[re.Pattern[str], Rewrite], ...]:
    return tuple((re.compile(pattern), rewrite) for pattern, rewrite in rules.items())


_HALF = r"(?: (?:du|de l'|in the) ?(?P<half>soir|apres[- ]midi|evening|afternoon|matin|morning)\b)?"
_TIMES = r"(?! (?:ans?|mois|jours?|heures?|years?|months?|days?|hours?|minutes?|weeks?)\b)"

#: Before the numbers are in digits.
_WORDS = _compiled(
    {
        r"°(?: ?c\b)?": " degres",
        r"(?<=\d)bn\b": " billion",
        r"(?<=[$€£]\d)m\b|(?<=[$€£]\d\d)m\b|(?<=[$€£]\d\d\d)m\b|(?<=\.\d)m\b": " million",
        r"\bhalf a dozen\b": "6",
        rf"\b(?:une?|a) ({'|'.join(_DOZENS)})\b(?: de\b| of\b| d')?": _dozen,
        r"\b(?:un )?quart de point\b|\b(?:a )?quarter[- ](?:of a )?(?:percentage )?point\b": "0.25 point",
    }
)

#: When they are.
_DIGITS = {
    "fr": _compiled(
        {
            rf"\b(?P<hour>\d\d?) heures? (?P<part>et quart|moins le quart|et demie(?= d[ue])){_HALF}": _part_of_hour,
            rf"\b(au|vers|avant) ([01]?\d|2[0-4]) (?:h|heures?)\b(?! ?\d| de | d'){_HALF}": _hour,
            r"\b(un|\d+) (an)s? et demi\b": _months,
            r"\b(\d+) et demie?\b": _and_a_half,
            r"\b(\d+) (mois|siecles?|jours?|semaines?|heures?|tonnes?|metres?) et demie?\b": r"\1.5 \2",
            r"\b(\d+) (metres?|euros?) (?:et )?(\d\d)(?: (?:centimetres?|centimes?|cm))?\b": r"\1.\3 \2",
            r"\bmoins (?=[\d.]+ degres)": "-",
            r"\b(?:kilometres?|km)(?:[/ ]h\b| au l'heure| heure| par heure)": "km/h",
            rf"\b(une?|\d+) (?:(\w+) )?sur ([2-5]|10|20|100)\b{_TIMES}": _share,
        }
    ),
    "en": _compiled(
        {
            rf"\b(?P<part>half past|quarter past|quarter to) (?P<hour>\d\d?)\b{_HALF}": _part_of_hour,
            r"\b(\d\d?)(?:[:.](\d\d))? ?([ap])\.?m\b\.?": _half_of_day,
            r"\b(\d\d?) (?:minutes )?(past|to) (midnight|noon)\b": _minutes_beside,
            r"\b(a|one|\d+) (year)s? and (?:a half|0\.5)\b": _months,
            r"\b(\d+) and (?:a half|0\.5) (year)s\b": _months,
            r"\b(\d+) and (?:a half|0\.5)\b": _and_a_half,
            r"\bminus (?=[\d.]+ degre)": "-",
            r"\b(?:kilomet(?:re|er)s?|km) (?:per|an) hour\b|\bkph\b": "km/h",
            rf"\b(one|\d+) (?:(\w+) out of|in|out of) ([2-5]|10|20|100)\b{_TIMES}": _share,
        }
    ),
}
