"""HTML, XHTML and NITF trees to plain text: paragraphs, headings and list items separated by a blank line."""

import re
from typing import TYPE_CHECKING

from assistant.formats.draft import Unreadable
from assistant.formats.metadata import single_line
from assistant.text import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_BLOCKS = frozenset(
    str.split(
        "address article aside blockquote body body.content body.head bq block caption center dd details "
        "div dl dt fieldset form h1 h2 h3 h4 h5 h6 header hl1 hl2 hr html li main note ol p pre section "
        "summary table tbody tfoot thead ul"
    )
)
#: Never the article's own text. A figure's caption tells of the picture, not of the story.
_SKIPPED = frozenset(
    str.split(
        "audio button canvas figure footer head iframe input media nav noscript object script select "
        "style svg template textarea title video"
    )
)
_CELLS = frozenset({"td", "th"})
_SPACES = re.compile("[ \t\n\f\r]+")
_BREAK = re.compile(" *\n *")
#: Numeric references such as ``&#146;`` name cp1252 characters on old pages, as browsers know.
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def text_of_html(markup: str) -> str:
    """The text of an HTML page or fragment without scripts, styles and navigation; empty if there is none."""
    tree = html_tree(markup)
    return "" if tree is None else text_of_tree(tree)


def html_tree(markup: str) -> "_Element | None":
    """``markup`` as a tree, however broken; None if there is nothing in it.

    :raises Unreadable: If the parser gives up on the rest of it: over 2,048 levels of elements.
    """
    from lxml import etree
    from lxml.html import HTMLParser

    # As bytes with a forced encoding: neither an XML declaration nor a <meta charset> may speak up again.
    # Huge: without it all that stands behind ten megabytes of text, or 256 levels down, is silently left out.
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = etree.fromstring(markup.encode(), parser)
    except etree.LxmlError:  # "Document is empty"
        tree = None
    for entry in parser.error_log:
        if entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise Unreadable(f"broken HTML ({single_line(entry.message)})")
        if entry.type == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError
    return tree


def text_of_tree(tree: "_Element") -> str:
    """The blocks of ``tree`` joined by blank lines; the cells of a table row make one block.

    White space is folded as a browser would, so no-break and thin spaces stay; ``<br>`` is a line end.
    """
    return "\n\n".join(blocks_of_tree(tree))


def blocks_of_tree(tree: "_Element") -> list[str]:
    """Each paragraph, heading, list item or table row of ``tree``, in order."""
    from lxml import etree

    page = _Page()
    skipping = 0
    preformatted = 0
    # Walked, not recursed into: hostile pages nest deeper than Python's stack.
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        name = _name(element)
        if event == "start":
            skipping += name in _SKIPPED
            if not skipping:
                preformatted += name == "pre"
                page.open(name)
                page.write(element.text, bool(preformatted))
        else:
            if not skipping:
                page.close(name)
                preformatted -= name == "pre"
            skipping -= name in _SKIPPED
            if not skipping and element is not tree:
                page.write(element.tail, bool(preformatted))
    return page.finish()


def _name(element: "_Element") -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


class _Page:
    """Collects text while a tree is walked."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self._pieces: list[str] = []
        #: The rows now open, outermost first; each a list of cells, each a list of blocks.
        self._rows: list[list[list[str]]] = []

    def open(self, name: str) -> None:
        if name == "br":
            self._pieces.append("\n")
        elif name == "tr":
            self._flush()
            self._rows.append([])
        elif name in _CELLS and self._rows:
            self._flush()
            self._rows[-1].append([])
        elif name in _BLOCKS:
            self._flush()

    def write(self, text: str | None, preformatted: bool) -> None:
        if text:
            self._pieces.append(text if preformatted else _SPACES.sub(" ", text))

    def close(self, name: str) -> None:
        if name == "tr" and self._rows:
            self._flush()
            self._add(*_row_blocks(self._rows.pop()))
        elif name in _BLOCKS or name in _CELLS:
            self._flush()

    def finish(self) -> list[str]:
        self._flush()
        while self._rows:
            self._add(*_row_blocks(self._rows.pop()))
        return self.blocks

    def _flush(self) -> None:
        text = _CONTROLS.sub("", clean("".join(self._pieces)).translate(_C1))
        self._pieces.clear()
        # Two <br> in a row are how old pages part their paragraphs.
        paragraphs = _BREAK.sub("\n", re.sub(" {2,}", " ", text)).split("\n\n")
        self._add(*(paragraph.strip(" \n\t") for paragraph in paragraphs if paragraph.strip()))

    def _add(self, *blocks: str) -> None:
        row = self._rows[-1] if self._rows else None
        if row is None:
            self.blocks += blocks
        elif row:
            row[-1] += blocks
        else:  # text in a row but in no cell
            row.append(list(blocks))


def _row_blocks(cells: list[list[str]]) -> list[str]:
    """One block for a row of data; the blocks themselves where a table is used for laying out a page."""
    filled = [cell for cell in cells if cell]
    if len(filled) > 1 and all(len(cell) == 1 for cell in filled):
        return [" | ".join(cell[0] for cell in filled)]
    return [block for cell in filled for block in cell]
