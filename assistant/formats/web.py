"""``.html``, ``.htm``: the main text of a saved page and what its head says of it."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.formats.blocks import blocks_of_tree, html_tree
from assistant.formats.decoding import decode
from assistant.formats.draft import Draft, Unreadable, parsing, silence
from assistant.text import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
#: trafilatura names the parts of an article as TEI does.
_TEI_TO_HTML = {
    "head": "h2",
    "list": "ul",
    "item": "li",
    "quote": "blockquote",
    "row": "tr",
    "cell": "td",
    "lb": "br",
    "code": "pre",
}
#: trafilatura folds every kind of space into " ". Those that French sets before ";:!?" and in numbers pass it
#: disguised as letters of a script nobody prints, and are put back afterwards.
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_DISGUISES = "".join(chr(0x13000 + place) for place in range(len(_SPACES)))
_DISGUISE = str.maketrans(_SPACES, _DISGUISES)
_REVEAL = str.maketrans(_DISGUISES, _SPACES)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def read(data: bytes) -> Iterator[Draft]:
    """The one article of a page.

    The date comes from the page's metadata alone: dates standing in the text are not taken for it.
    """
    from lxml.etree import LxmlError

    declared = _CHARSET.search(data[:4096])
    markup = decode(data, declared[1].decode("ascii") if declared else "")
    with parsing("HTML", LxmlError):
        tree = html_tree(markup)
        if tree is None:
            raise Unreadable("no text in the page")
        draft = _draft(tree)
    yield draft


def _draft(tree: "_Element") -> Draft:
    from trafilatura import bare_extraction, extract_metadata
    from trafilatura.settings import Document

    language = _language(tree)
    published = _published(tree)
    _disguise(tree)
    found = bare_extraction(tree, include_comments=False)
    about = extract_metadata(tree, date_config={"original_date": True, "extensive_search": False}, extensive=False)
    title = (about.title or "").translate(_REVEAL)
    # What trafilatura finds no main text in may still be a short notice.
    body = _as_html(found.body) if isinstance(found, Document) and found.body is not None else tree
    blocks = [block.translate(_REVEAL) for block in blocks_of_tree(body)]
    return Draft(
        text="\n\n".join(without_title(blocks, title)),
        title=title,
        source=(about.sitename or "").translate(_REVEAL),
        url=about.url or "",
        author=(about.author or "").translate(_REVEAL),
        published=published,
        language=language,
    )


def without_title(blocks: list[str], title: str) -> list[str]:
    """``blocks`` without a first one that only repeats the title."""
    if len(blocks) > 1 and blocks[0].split() == title.split():
        return blocks[1:]
    return blocks


def _disguise(tree: "_Element") -> None:
    def disguised(text: str) -> str:
        return _CONTROLS.sub("", clean(text)).translate(_DISGUISE)

    for element in tree.iter():
        element.text = element.text and disguised(element.text)
        element.tail = element.tail and disguised(element.tail)
    for meta in tree.iterfind(".//meta[@content]"):
        meta.set("content", disguised(meta.get("content", "")))


def _as_html(body: "_Element") -> "_Element":
    for element in body.iter():
        element.tag = _TEI_TO_HTML.get(str(element.tag), element.tag)
    return body


def _language(tree: "_Element") -> str:
    stated = tree.xpath(
        "string(/html/@lang | /html/@*[local-name() = 'lang']"
        " | //meta[translate(@http-equiv, 'CL', 'cl') = 'content-language']/@content"
        " | //meta[@property = 'og:locale']/@content)"
    )
    return str(stated)


def _published(tree: "_Element") -> str:
    """The publication date that the page states in its head, its JSON-LD or an element marked as such.

    htmldate knows dozens of ways to state it, but goes on to guess from the address and the text; it is
    given a page that holds only the statements.
    """
    from copy import deepcopy

    from htmldate import find_date
    from lxml.html import fromstring

    silence("htmldate")
    page = fromstring("<html><head></head><body></body></html>")
    head, body = page
    head.extend(deepcopy(list(tree.iterfind(".//meta"))))
    head.extend(deepcopy(tree.xpath("//script[@type = 'application/ld+json']")))
    body.extend(deepcopy(tree.xpath("//time[@datetime][@pubdate or @itemprop = 'datePublished' or ancestor::header]")))
    found = find_date(
        page,
        extensive_search=False,
        original_date=True,
        url="",
        min_date="1600-01-01",
        max_date="9000-01-01",
    )
    return found or ""
