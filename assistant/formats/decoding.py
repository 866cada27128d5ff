"""Bytes to text: UTF-8 and UTF-16 by their marks, else UTF-8, else what the file declares, else cp1252."""

import codecs
import re

from assistant.formats.draft import Unreadable
from assistant.text import clean

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Legacy encodings a file may name itself. Python knows others under which bytes become a program or a bomb.
_DECLARABLE = re.compile(
    r"(iso-?8859-?\d+|latin-?\d|(windows-|cp)(125\d|874|1361)|koi8-[ru]|mac[-_]?roman|macintosh|euc-?(jp|kr)"
    r"|shift[-_]jis|iso-2022-jp|big5(-hkscs)?|gb(2312|k|18030)|utf-16([bl]e)?)$"
)
#: Never in text; half of a UTF-16 file without a mark, and much of any binary one.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
SAMPLE = 100_000


def decode(data: bytes, declared: str = "") -> str:
    """The text in ``data``, cleaned. ``declared`` is the encoding the file itself names, if any.

    A file that is UTF-8 but for a few bytes keeps its accents and shows U+FFFD for those bytes.

    :raises Unreadable: If it is not text.
    """
    text = _decode(data, declared.strip().lower())
    controls = len(_CONTROLS.findall(text[:SAMPLE]))
    if controls >= 5 and controls * 20 > len(text[:SAMPLE]):
        raise Unreadable("not text, or UTF-16 without a byte order mark (save it as UTF-8)")
    return clean(text)


def _decode(data: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            body = data.removeprefix(mark)
            if encoding == "utf-8":
                return _utf_8(body) or body.decode("utf-8", "replace")
            return body[: len(body) // 2 * 2].decode(encoding, "surrogatepass")
    text = _utf_8(data)
    if text is not None:
        return text
    if _is_mostly_utf_8(data):
        return data.decode("utf-8", "replace")
    return data.decode(_legacy(declared), "replace")


def _utf_8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _is_mostly_utf_8(data: bytes) -> bool:
    """Whether more characters beyond ASCII are right as UTF-8 than are wrong."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return beyond - wrong > wrong


def _legacy(declared: str) -> str:
    # What calls itself Latin-1 is cp1252: the curly apostrophes are where Latin-1 has controls.
    if not _DECLARABLE.match(declared) or re.fullmatch("iso-?8859-?1|latin-?1", declared):
        return "cp1252"
    try:
        return codecs.lookup(declared).name
    except LookupError:
        return "cp1252"
