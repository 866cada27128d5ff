"""``.docx``: paragraphs and table rows of a Word document."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from assistant.formats.draft import Draft, Unreadable, parsing
from assistant.text import clean

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

#: Unpacked, in bytes; python-docx holds all of it in memory.
UNPACKED_LIMIT = 200 * 2**20
#: Unpacked bytes for each of the file's own. Word's documents have up to 20; no archive within is ever opened.
RATIO_LIMIT = 100
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
#: Struck out by a reviewer, moved away, or the same drawing again for older programs.
_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", _FALLBACK})
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read(data: bytes) -> Iterator[Draft]:
    """The one article of a document: its body without headers, footers, notes and deleted text."""
    from docx.exceptions import PythonDocxError
    from lxml.etree import LxmlError

    with parsing("Word document", BadZipFile, PythonDocxError, LxmlError):
        document = _open(data)
        about = document.core_properties
        created = about.created
        draft = Draft(
            text="\n\n".join(filter(None, _blocks(document.element.body))),
            title=about.title,
            author=about.author,
            published=created.date().isoformat() if created else "",
            language=about.language,
        )
    yield draft


def _open(data: bytes) -> "Document":
    from docx import Document

    with ZipFile(BytesIO(data)) as archive:
        # What an archive declares is what zipfile gives at most: an entry that goes on is cut, and then broken.
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > UNPACKED_LIMIT:
        raise Unreadable(f"larger than {UNPACKED_LIMIT // 2**20} MB when unpacked")
    if unpacked > RATIO_LIMIT * len(data):
        raise Unreadable(f"over {RATIO_LIMIT} times its size when unpacked")
    return Document(BytesIO(data))


def _blocks(parent: "_Element") -> Iterator[str]:
    for element in parent.iterchildren():
        if element.tag == f"{_W}p":
            yield _paragraph(element)
        elif element.tag == f"{_W}tr":
            cells = (" ".join(filter(None, _blocks(cell))) for cell in element.iterchildren(f"{_W}tc"))
            yield " | ".join(filter(None, cells))
        elif element.tag not in _SKIPPED:
            yield from _blocks(element)


def _paragraph(paragraph: "_Element") -> str:
    # python-docx's own paragraph.text leaves out what reviewers inserted and what stands in content controls.
    return clean("".join(_pieces(paragraph))).strip(" \t\n")


def _pieces(parent: "_Element") -> Iterator[str]:
    for element in parent.iterchildren():
        if element.tag == f"{_W}t":
            yield element.text or ""
        elif element.tag in _SIGNS:
            yield _SIGNS[element.tag]
        elif element.tag == f"{_W}p":  # a text box anchored in this paragraph
            yield f"\n{_paragraph(element)}\n"
        elif element.tag not in _SKIPPED and not str(element.tag).endswith("Pr"):
            yield from _pieces(element)
