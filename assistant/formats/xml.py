"""``.xml``, ``.rss``, ``.atom``: tells feeds from NewsML-G2 and NITF, and lets no entity through."""

import re
import sys
from collections.abc import Iterator

from assistant.formats import feeds, newsml
from assistant.formats.decoding import decode
from assistant.formats.draft import Draft, Fault, Unreadable

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]*\bencoding\s*=\s*[\"']([\w.-]+)[\"']")
# An unclosed one swallows the rest: looking for its end again from each of thousands would take hours.
_ASIDES = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)")
_REFERENCE = re.compile("&#(?:x([0-9a-f]{1,20})|([0-9]{1,20}));", re.IGNORECASE)
#: Not allowed in XML, but left in it by editing systems; one would cost the whole file.
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FEEDS = frozenset({"rss", "feed", "rdf"})
NEWS = frozenset({"newsitem", "newsmessage", "packageitem", "nitf"})


def read(data: bytes) -> Iterator[Draft | Fault]:
    """Every entry of a feed, every text item of a NewsML-G2 message, or the article of a NITF file.

    A document that declares entities is refused: they can name files and grow without end, and no newsroom
    format needs them.
    """
    declared = _ENCODING.match(data[:200])
    text = decode(data, declared[1].decode("ascii") if declared else "")
    markup = _REFERENCE.sub(_if_character, _NO_CHARACTER.sub("", _DECLARATION.sub("", text, count=1)))
    root = _root(markup)
    if root in FEEDS:
        yield from feeds.read(markup)
    elif root in NEWS:
        yield from newsml.read(markup)
    else:
        raise Unreadable(f"an XML file that is no RSS, Atom, NewsML-G2 or NITF (its root element is '{root}')")


def _root(markup: str) -> str:
    """Name of the root element, in lower case, without its prefix."""
    bare = _ASIDES.sub("", markup)
    match = _ROOT.search(bare)
    if match is None:
        raise Unreadable("not XML (no element in it)")
    if "<!ENTITY" in bare[: match.start()]:
        raise Unreadable("declares XML entities, which are not expanded (save it without its DOCTYPE)")
    return match[1].lower()


def _if_character(reference: re.Match[str]) -> str:
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if code <= sys.maxunicode and not _NO_CHARACTER.match(chr(code)) else ""
