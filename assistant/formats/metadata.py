"""What a file says about its article, made fit to show and to compare."""

import re
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from assistant.sentences import split_sentences

LINE_LIMIT = 300
TITLE_LIMIT = 120
URL_LIMIT = 2000
DATE_LIMIT = 60
#: What is looked at of a value to make a line of it: a text may be given as a title by mistake.
READ_LIMIT = 10_000
#: Where the first sentence of a text is looked for.
TITLE_READ = 1000

#: Controls, the marks that turn the reading direction of what follows them, and what hides words between others.
_UNSHOWABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029 ]+")

_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:$|[T\sZ+,]|-\d\d:)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:$|[T\sZ]|\d{6})")
_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:$|[T\s,])")
_FULL_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
#: Languages whose month names are read.
DATE_LANGUAGES = ["fr", "en", "de", "es", "it", "pt", "nl"]


def single_line(value: str, limit: int = LINE_LIMIT) -> str:
    """``value`` on one line without control characters, at most ``limit`` characters, cut at a word with "…".

    No-break and thin spaces stay: they belong to the words around them.
    """
    line = _UNSHOWABLE.sub("", _BREAKS.sub(" ", value[:READ_LIMIT])).strip(" ")
    if len(line) <= limit:
        return line
    cut = line[:limit]
    # A break after the last few words only: text without spaces is cut where the limit falls.
    end = cut.rfind(" ", limit // 2)
    return cut[: end if end != -1 else limit - 1].rstrip(" ,;:–—-") + "…"


def title_from(text: str, language: str | None = None) -> str:
    """The first sentence of ``text``, at most 120 characters; it stays when something is added further on."""
    first = _LETTER_OR_DIGIT.search(text)
    if first is None:
        return ""
    # From the line's start, unless it is a long way off: an opening quotation mark belongs to the title.
    start = max(text.rfind("\n", 0, first.start()) + 1, first.start() - TITLE_LIMIT // 2)
    beginning = text[start : start + TITLE_READ]
    sentences = (beginning[span.start : span.end] for span in split_sentences(beginning, language))
    return single_line(next(filter(_LETTER_OR_DIGIT.search, sentences), beginning), TITLE_LIMIT)


def web_url(value: str) -> str:
    """``value`` if it is an http or https address a browser would open, else empty."""
    url = value.strip()
    if len(url) > URL_LIMIT or not url.isprintable() or " " in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname else ""


def parse_date(value: str) -> date | None:
    """The day that ``value`` names in full, in its own time zone, or None.

    Reads ISO 8601, day/month/year (day first, as everywhere but in the United States; "06/27/2017" can only
    be the other order and is read so), RFC 822 and month names in seven languages, with or without a time.
    Never completes: "juin 2017", "mardi" and "27/06/17" are None.
    """
    value = single_line(value, DATE_LIMIT + 1)
    if len(value) > DATE_LIMIT:
        return None
    if match := _YEAR_FIRST.match(value):
        return _date(match[1], match[3], match[4])
    if match := _COMPACT.match(value):
        return _date(match[1], match[2], match[3])
    if match := _DAY_FIRST.match(value):
        return _date(match[4], match[3], match[1]) or _date(match[4], match[1], match[3])
    return _named_month(value) if _FULL_YEAR.search(value) else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _named_month(value: str) -> date | None:
    import dateparser  # type: ignore[import-untyped]

    settings = {
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": ["day", "month", "year"],
        "PARSERS": ["absolute-time"],
        "DATE_ORDER": "DMY",
    }
    try:
        found = dateparser.parse(value, languages=DATE_LANGUAGES, settings=settings)
    except (ValueError, OverflowError):
        return None
    return found.date() if found else None


def language_code(value: str) -> str | None:
    """ISO 639-1 code for "fr", "fr-FR", "fra", "fre", "French", "français"…, or None."""
    name = single_line(value).casefold()
    code = re.split(r"[-_@. ]", name, maxsplit=1)[0]
    return _codes().get(code) or _codes().get(name)


@cache
def _codes() -> dict[str, str]:
    """Every ISO 639-1 code under itself, its three-letter codes, and its name in the languages we date in."""
    from babel import Locale
    from babel.core import get_global

    spoken = [Locale(language).languages.items() for language in DATE_LANGUAGES]
    names = {name.casefold(): str(code) for pairs in spoken for code, name in pairs}
    aliases = {str(alias): str(code) for alias, code in get_global("language_aliases").items()}
    short = {code: code for code in names.values() if len(code) == 2}
    return {name: code for name, code in (names | aliases).items() if code in short} | short
