"""The numbers and dates that a text tells, in one notation however it writes them.

Digits are read as a language groups them, months by the names that Babel knows, number words in French and
English. Not read: spelled-out ordinals, "un" and "one" alone (an article, a pronoun), approximations ("une
dizaine", "dozens"), Roman numerals, years of two digits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from functools import cache

from assistant.text import fold, join_numbers

_PERCENT = re.compile(r"(?<!\w)(?:pour[ -]?cent|per ?cent)(?!\w)")
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_TIME = re.compile(r"(?<![\w.])(?P<hour>[01]?\d|2[0-4]) ?[h:] ?(?P<minute>[0-5]\d)(?!\d)")
_DIGITS = r"\d{1,18}(?:\.\d{1,9})?"  # longer ones count nothing, and Decimal would round them
# "A380" is a name; in "共14000人" no space is written.
_NUMBER = re.compile(rf"(?<![a-z\d_])((?<![^ (])-)?({_DIGITS})(?!\d)( ?%)?")


def quantities(text: str, language: str | None) -> frozenset[str]:
    """Numbers ("14000", "3.5", "-4", "12%"), dates ("2017-06-27", "2017-06", "--06-27") and times ("18:30").

    A year is a number, an ordinal in digits too ("68e" is "68"). The parts of a date or time are not told apart
    from it. "05/06/2017" is the fifth of June except in English.

    :param language: ISO 639-1 of ``text``; None reads digits only.
    """
    found, rest = _dates(in_digits(text, language), language or "")
    found.update(f"{int(match['hour']):02}:{match['minute']}" for match in _TIME.finditer(rest))
    found.update(_number(*match.groups("")) for match in _NUMBER.finditer(_TIME.sub(";", rest)))
    return frozenset(found)


def in_digits(text: str, language: str | None) -> str:
    """``text`` folded, without accents, with each number in digits: "quatorze mille" is "14000"."""
    code = language or ""
    return _spelled_out(_PERCENT.sub("%", join_numbers(fold(text, accents=False).text, code)), code)


def without_dates(text: str, language: str | None) -> str:
    """``in_digits`` with each date left out that has a month and a day or a year."""
    return _dates(in_digits(text, language), language or "")[1].replace(_GAP, " ")


def covers(found: Set[str], wanted: Set[str]) -> bool:
    """Whether every wanted quantity is among the found ones, or is a coarser form of one.

    "12" is told by "12%"; "2017", "2017-06" and "--06-27" by "2017-06-27".
    """
    return all(any(_tells(one, quantity) for one in found) for quantity in wanted)


def _tells(found: str, wanted: str) -> bool:
    coarser = found.endswith(wanted[1:]) if wanted.startswith("--") else found.startswith(f"{wanted}-")
    return coarser or found in (wanted, f"{wanted}%")


def _number(sign: str, digits: str, percent: str) -> str:
    return f"{sign}{Decimal(digits).normalize():f}{percent.strip()}"


#: Stands for a date that was read; in no text.
_GAP = "\ue000"

# --- Dates -------------------------------------------------------------------------------------------


def _date(parts: Mapping[str, str | None], months: Mapping[str, int]) -> str:
    month = parts["month"] or ""
    year = parts["year"] or "-"  # "--06-27", as XML Schema writes a day of any year
    day = parts.get("day")
    return f"{year}-{months.get(month) or int(month):02}" + (f"-{int(day):02}" if day else "")


def _dates(text: str, language: str) -> tuple[set[str], str]:
    """The dates in a text whose numbers are in digits, and the text without them."""
    found: set[str] = set()
    for pattern in _date_patterns(language):
        found.update(_date(match.groupdict(), _months(language)) for match in pattern.finditer(text))
        text = pattern.sub(_GAP, text)
    return found, text


@cache
def _date_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    """The fuller notations first; each has a month, and a day, a year or both."""
    day, month, year = r"(?P<day>0?[1-9]|[12]\d|3[01])", r"(?P<month>0?[1-9]|1[0-2])", r"(?P<year>[12]\d{3})"
    by_day, by_month = rf"{day}(?P<sep>[/.-]){month}(?P=sep){year}", rf"{month}(?P<sep>[/.-]){day}(?P=sep){year}"
    notations = [rf"{year}(?P<sep>[/.-]){month}(?P=sep){day}"]
    notations += [by_month, by_day] if language == "en" else [by_day, by_month]
    if months := _months(language):
        name = rf"(?P<month>{_any_of(months)})(?!\w)\.?"
        following = rf",? (?:(?:of|del?) )?{year}"
        notations += [rf"{day}(?:er|st|nd|rd|th|\.)?[ -](?:(?:of|de) )?{name}(?:{following}(?!\w))?"]
        notations += [rf"{name} {day}(?:st|nd|rd|th)?(?!\w)(?:{following}(?!\w))?"] if language == "en" else []
        notations += [rf"{name}{following}"]
    return tuple(re.compile(rf"(?<!\w)(?:{notation})(?!\w)") for notation in notations)


@cache
def _months(language: str) -> Mapping[str, int]:
    """Names and unambiguous abbreviations of the months, folded; none for an unknown language."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    if language not in locale_identifiers():
        return {}
    names = Locale(language).months["format"]["wide"]
    wide = {number: fold(name, accents=False).text for number, name in names.items()}
    shortened = {name[:end] for name in wide.values() for end in range(3, len(name))}
    unique = {
        short: months[0]
        for short in shortened
        if len(months := [number for number, name in wide.items() if name.startswith(short)]) == 1
    }
    return unique | {name: number for number, name in wide.items()}


# --- Number words ------------------------------------------------------------------------------------


def _values(small: str, tens: str, others: Mapping[str, float]) -> dict[str, Decimal]:
    """``small`` are the names from zero to nineteen, ``tens`` those from twenty to ninety."""
    named = dict(zip((*range(20), *range(20, 100, 10)), f"{small} {tens}".split(), strict=True))
    regular = {name.replace("-", " "): Decimal(value) for value, name in named.items()}
    return regular | {name: Decimal(str(value)) for name, value in others.items()}


_VALUES = {
    "en": _values(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
        {"half a": 0.5, "hundred": 100, "a hundred": 100, "thousand": 10**3, "a thousand": 10**3, "million": 10**6}
        | {"a million": 10**6, "billion": 10**9, "a billion": 10**9, "trillion": 10**12, "a trillion": 10**12},
    ),
    "fr": _values(
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
        "dix-huit dix-neuf",
        "vingt trente quarante cinquante soixante septante quatre-vingt nonante",
        {"un demi": 0.5, "une": 1, "quatre vingts": 80, "cent": 100, "cents": 100, "mille": 10**3, "million": 10**6}
        | {"millions": 10**6, "milliard": 10**9, "milliards": 10**9, "billion": 10**12, "billions": 10**12},
    ),
}
_LINKS = {"en": " (?:(?<=hundred )and |(?<=thousand )and )?", "fr": r" (?:et (?=une?\b|onze\b))?"}
#: Not numbers by themselves: "un homme", "des millions".
_NEVER_ALONE = frozenset(
    str.split("un une one cents million millions milliard milliards billion billions hundred thousand trillion")
)


def _spelled_out(text: str, language: str) -> str:
    """Folded ``text`` with its number words in digits, "1.2 million" too."""
    if language not in _VALUES:
        return text
    values, word = _VALUES[language], _word(language)
    text = _HYPHEN.sub(" ", text)
    text = _scaled(language).sub(lambda match: f"{Decimal(match[1]) * values[match[2]]:f}", text)
    return _run(language).sub(
        lambda run: run[0] if run[0] in _NEVER_ALONE else _told([values[name] for name in word.findall(run[0])]), text
    )


def _told(values: Sequence[Decimal]) -> str:
    """The numbers that words with these values tell: 4, 20, 10 is one (90), 2, 3 are two."""
    numbers: list[Decimal] = []
    parts: list[Decimal] = []
    for value in values:
        if value >= 100:
            factor = Decimal(0)
            while parts and parts[-1] < value:
                factor += parts.pop()
            parts.append((factor or 1) * value)
        elif not parts or _continues(parts[-1], value):
            parts.append(value)
        else:
            numbers.append(sum(parts, Decimal()))
            parts = [value]
    return " ".join(f"{number:f}" for number in (*numbers, sum(parts, Decimal())))


def _continues(last: Decimal, value: Decimal) -> bool:
    """Whether a value below 100 belongs to the number before: "cent trois", "vingt deux", "soixante douze"."""
    return last >= 100 or (last >= 20 and last % 10 == 0 and 0 < value < (20 if last in (60, 80) else 10))


@cache
def _word(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any_of(_VALUES[language])})(?!\w)")


@cache
def _run(language: str) -> re.Pattern[str]:
    word = _word(language).pattern
    return re.compile(rf"{word}(?:{_LINKS[language]}{word})*+(?!\.? [12]\d{{3}}(?!\d))")  # "12 sept. 2017"


@cache
def _scaled(language: str) -> re.Pattern[str]:
    scales = [name for name, value in _VALUES[language].items() if value >= 1000]
    return re.compile(rf"(?<![\w.])({_DIGITS}) ({_any_of(scales)})(?!\w)")


def _any_of(names: Iterable[str]) -> str:
    """A pattern; the longest first, so that "dix sept" is not "dix"."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
