"""Stranger's text as HTML of the pages: every character as it is stored, and none that means anything."""

import re
from collections.abc import Mapping

from assistant.records import CitationRecord, RankedRecord, article_path

#: Every ASCII character but letters, digits and the space. Line ends and tabs among them, since a blank line
#: would end the HTML block; the rest of Unicode stands for itself.
_REFERENCES = {code: f"&#{code};" for code in range(1, 128) if not chr(code).isalnum() and code != 32}

#: Browsers break lines at thin spaces, which stand within numbers and beside quotation marks.
UNBROKEN = re.compile(r"(\S(?:\u2009\S)+)")

#: Opens the words that answer.
_MARK = '<mark class="answering">'

_NAME = re.compile(r"\{(\w+)\}")


def escaped(text: str) -> str:
    """``text`` as HTML that neither Markdown, LaTeX nor autolinks can find anything in."""
    return text.translate(_REFERENCES)


def filled(template: str, values: Mapping[str, str]) -> str:
    """A string of the catalogue with HTML in place of its names in braces."""
    pieces = enumerate(_NAME.split(template))
    return "".join(values[piece] if n % 2 else escaped(piece) for n, piece in pieces)


def unbroken(text: str, marked: tuple[int, int] = (0, 0)) -> str:
    """``text`` whose lines are not broken at its thin spaces.

    :param marked: start and end in ``text`` of the words that answer.
    """
    pieces: list[str] = []
    start, end = marked
    for n, piece in enumerate(UNBROKEN.split(text)):
        # A mark stands around what is whole, or within it where it begins or ends there.
        around = start <= 0 < len(piece) <= end
        shown = escaped(piece) if around else _partly_marked(piece, start, end)
        shown = f'<span class="whole">{shown}</span>' if n % 2 else shown
        pieces.append(_mark(shown) if around else shown)
        start, end = start - len(piece), end - len(piece)
    return "".join(pieces).replace(f"</mark>{_MARK}", "")  # One mark, where it goes on.


def lang(language: str | None) -> str:
    """The attribute."""
    return f' lang="{escaped(language)}"' if language else ""


def href(cited: CitationRecord | RankedRecord) -> str:
    """From the chat, one level below the root, to the sentence; whatever a browser's memory says is quoted."""
    number = cited.url.rpartition("#s")[2]
    return escaped(f"..{article_path(cited.article_id)}#s{number}")


def note(kind: str, text: str) -> str:
    return f'<p class="{kind}">{escaped(text)}</p>'


def _partly_marked(text: str, start: int, end: int) -> str:
    start, end = max(start, 0), min(end, len(text))
    if start >= end:
        return escaped(text)
    return escaped(text[:start]) + _mark(escaped(text[start:end])) + escaped(text[end:])


def _mark(shown: str) -> str:
    return f"{_MARK}{shown}</mark>"
