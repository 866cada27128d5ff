"""``.pdf``: the text layer, its lines joined back into paragraphs."""

import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from assistant.formats.draft import Draft, Unreadable, parsing, silence
from assistant.text import clean

if TYPE_CHECKING:
    from pypdf import PdfReader

#: A line shorter than this share of the usual one ends its paragraph.
SHORT_LINE = 0.75
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_PAGE_NUMBER = re.compile(
    r"(?:page\s*)?[-–—]?\s*\d{1,4}\s*(?:[/–—-]\s*\d{0,4})?|x{0,3}(?:ix|iv|v?i{0,3})(?<=.)", re.IGNORECASE
)
_WORD = re.compile(r"\w+(?:-\w+)*")
_BROKEN_WORD = re.compile(r"(\w[\w'’-]*)-$")
_SENTENCE_END = re.compile(r"[.!?…:][»”\"')\]\s\u00a0\u202f]*$")
#: A dash behind anything else is a parenthesis – such as this one – that the line's end fell upon.
_ITEM_END = re.compile(r"[.!?…:;,»”]\s*$")
_BULLET = re.compile(r"[•●▪◦‣·–—-]\s|\d{1,3}[.)]\s")
#: Before or after these a hyphen at a line's end belongs to the word: "peut-être", "a-t-il", "celui-ci".
_BEFORE_HYPHEN = frozenset(
    str.split(
        "après au aussi avant beau belle celle celles celui ceux chef ci contre est demi dix ex grand "
        "là mi micro mini moi non nord nous outre par peut porte quatre quelques rendez sans semi sous "
        "soixante sud toi tout très vice vingt vis vous"
    )
)
_AFTER_HYPHEN = frozenset(
    str.split("ce ci dire elle elles en être il ils je la là le les leur lui même mêmes moi nous on t toi tu vous y")
)


def read(data: bytes) -> Iterator[Draft]:
    """The one article of a PDF with a text layer; an encrypted or scanned one is refused."""
    with parsing("PDF", *_errors()):
        reader = _open(data)
        pages = [page.extract_text() for page in reader.pages]
        title, author, published = _metadata(reader)
    if not any(character.isalnum() for page in pages for character in page):
        raise Unreadable(f"no text in its {len(pages)} pages, only images (recognise the text first)")
    yield Draft(text=paragraphs_of(pages), title=title, author=author, published=published)


def _errors() -> tuple[type[Exception], ...]:
    from pypdf.errors import DependencyError, PyPdfError

    return PyPdfError, DependencyError


def _open(data: bytes) -> "PdfReader":
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, WrongPasswordError

    silence("pypdf")
    locked = "encrypted (save it without a password)"
    try:
        reader = PdfReader(BytesIO(data))
        # Many files are encrypted only to forbid printing: their password is empty.
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable(locked)
    except (DependencyError, WrongPasswordError) as error:
        raise Unreadable(locked) from error
    return reader


def _metadata(reader: "PdfReader") -> tuple[str, str, str]:
    """Title, author and day of creation, each empty where the file does not say."""
    about = reader.metadata
    if about is None:
        return "", "", ""
    created = (about.creation_date_raw or "").removeprefix("D:")
    return about.title or "", about.author or "", str(created)


def paragraphs_of(pages: list[str]) -> str:
    """The lines of ``pages`` as paragraphs separated by blank lines, without page numbers and running heads.

    A PDF holds lines, not paragraphs. One ends where a line is clearly shorter than the others or a blank one
    follows, unless the next goes on in lower case. A hyphen at a line's end goes, unless the word has it
    elsewhere in the text or is of those that have one.
    """
    lines = _body_lines([_lines(page) for page in pages])
    lengths = sorted(len(line) for line in lines if line)
    usual = lengths[int(len(lengths) * 0.8)] if lengths else 0
    words = Counter(word.casefold() for line in lines for word in _WORD.findall(line))
    paragraphs: list[list[str]] = []
    previous = ""
    for line in lines:
        if line and paragraphs and not _ends_paragraph(paragraphs[-1][-1], previous, line, usual):
            paragraphs[-1][-1:] = _joined(paragraphs[-1][-1], line, words)
        elif line:
            paragraphs.append([line])
        previous = line
    return "\n\n".join("".join(pieces) for pieces in paragraphs)


def _lines(page: str) -> list[str]:
    """The lines of a page, without the blank ones around them."""
    text = _CONTROLS.sub("", clean(page).translate(_LIGATURES))
    lines = (re.sub("[ \t]+", " ", line).strip(" ") for line in text.split("\n"))
    return "\n".join(lines).strip("\n").split("\n")


def _body_lines(pages: list[list[str]]) -> list[str]:
    """The lines of all pages, without page numbers and what stands first or last on most of them."""
    edges = Counter(edge for page in pages for edge in {_folded(line) for line in (*page[:1], *page[-1:])})
    repeated = {edge for edge, count in edges.items() if count >= 3 and count * 2 > len(pages)}

    def is_running(line: str) -> bool:
        return bool(_PAGE_NUMBER.fullmatch(line)) or _folded(line) in repeated

    body: list[str] = []
    for page in pages:
        start = 1 if page and is_running(page[0]) else 0
        end = len(page) - 1 if len(page) > 1 and is_running(page[-1]) else len(page)
        # A blank line at a page's edge parts nothing: paragraphs run over it.
        body += _lines("\n".join(page[start:end]))
    return body


def _folded(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def _ends_paragraph(last: str, previous: str, line: str, usual: int) -> bool:
    """Whether ``line`` begins a paragraph: ``last`` is the last line with text, ``previous`` may be blank."""
    if _BULLET.match(line) and (_ITEM_END.search(last) or _BULLET.match(last.lstrip(" "))):
        return True
    goes_on = _BROKEN_WORD.search(last) or (line[:1].islower() and not _SENTENCE_END.search(last))
    return len(previous) < usual * SHORT_LINE and not goes_on


def _joined(last: str, line: str, words: Counter[str]) -> tuple[str, str]:
    """The two lines as they read one after the other: parted by a space, or a word put together again."""
    if last.endswith("\u00ad"):
        return last[:-1], line
    broken = _BROKEN_WORD.search(last)
    if broken is None:
        return last, f" {line}"
    return (last, line) if _keeps_hyphen(broken[1], line, words) else (last[:-1], line)


def _keeps_hyphen(before: str, line: str, words: Counter[str]) -> bool:
    """Whether the hyphen behind ``before``, at a line's end, is part of the word it is in."""
    rest = _WORD.match(line)
    if rest is None or not line[0].islower():
        return True
    after = rest[0].split("-")[0]
    whole, parted = words[f"{before}{after}".casefold()], words[f"{before}-{after}".casefold()]
    if whole != parted:
        return parted > whole
    last = re.split("[-'’]", before.casefold())[-1]
    return last in _BEFORE_HYPHEN or after.casefold() in _AFTER_HYPHEN
