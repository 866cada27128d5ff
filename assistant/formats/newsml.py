"""NewsML-G2 (single items, messages, packages) and NITF: the exchange formats of the news agencies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.formats.blocks import blocks_of_tree, text_of_html
from assistant.formats.draft import Draft, Fault, Unreadable, parsing
from assistant.formats.identity import id_from_guid
from assistant.formats.metadata import web_url
from assistant.formats.web import without_title

if TYPE_CHECKING:
    from lxml.etree import _Element

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
WITHDRAWN = frozenset({"canceled", "cancelled", "withheld"})


def read(markup: str) -> Iterator[Draft | Fault]:
    """The articles of a document; pictures and other media in it are passed over.

    Items that their provider has canceled or withheld are refused.
    """
    tree = _tree(markup)
    if _local(tree) == "nitf":
        yield _nitf_draft(tree)
        return
    items = list(tree.iter("{*}newsItem"))
    texts = [item for item in items if _is_text(item)]
    if not texts:
        raise Unreadable(f"no text item in it ({len(items)} items)")
    for number, item in enumerate(texts, start=1):
        # A message of one dispatch is that dispatch.
        record = None if len(texts) == 1 else number
        status = _code(_find(item, "itemMeta/pubStatus"))
        if status not in WITHDRAWN:
            yield _item_draft(item, record)
        elif record is None:
            raise Unreadable(f"marked as {status} by its provider")
        else:
            yield Fault(record, f"marked as {status} by its provider")


def _tree(markup: str) -> "_Element":
    from lxml import etree

    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    with parsing("XML", etree.LxmlError):
        tree: _Element = etree.fromstring(markup.encode(), parser)
    return tree


def _is_text(item: "_Element") -> bool:
    kind = _code(_find(item, "itemMeta/itemClass"))
    return kind in ("", "text", "composite")


def _item_draft(item: "_Element", record: int | None) -> Draft:
    title = _said(item, "contentMeta/headline", "itemMeta/title")
    guid = item.get("guid", "")
    inline = _find(item, "contentSet/inlineXML")
    return Draft(
        text=_text(item, title),
        title=title,
        source=_party(item, "itemMeta/provider", "rightsInfo/copyrightHolder", "contentMeta/infoSource"),
        url=web_url(guid),
        author=_said(item, "contentMeta/by") or _party(item, "contentMeta/creator"),
        published=_said(item, "contentMeta/contentCreated", "itemMeta/versionCreated", "itemMeta/firstCreated"),
        language=_attribute(item, "contentMeta/language", "tag") or _language(inline) or item.get(_XML_LANG, ""),
        id=id_from_guid(guid),
        record=record,
    )


def _text(item: "_Element", title: str) -> str:
    """The item's text: its inline XHTML or NITF, else its inline data."""
    for inline in item.iterfind("{*}contentSet/{*}inlineXML"):
        content = _find(inline, ".//body.content", ".//body")
        blocks = without_title(blocks_of_tree(inline if content is None else content), title)
        if blocks:
            return "\n\n".join(blocks)
    for data in item.iterfind("{*}contentSet/{*}inlineData"):
        kind = data.get("contenttype", "text/plain")
        if kind.startswith("text/") and "encoding" not in data.attrib and data.text:
            return data.text if kind.startswith("text/plain") else text_of_html(data.text)
    return ""


def _nitf_draft(nitf: "_Element") -> Draft:
    content = _find(nitf, "body/body.content", "body")
    title = _said(nitf, "body/body.head/hedline/hl1", "body/body.head/headline/hl1", "head/title")
    blocks = [] if content is None else blocks_of_tree(content)
    return Draft(
        text="\n\n".join(without_title(blocks, title)),
        title=title,
        source=_said(nitf, "body/body.head/distributor/org", "body/body.head/distributor")
        or _attribute(nitf, "head/docdata/doc-id", "regsrc"),
        author=_said(nitf, "body/body.head/byline"),
        published=_attribute(nitf, "head/docdata/date.issue", "norm")
        or _attribute(nitf, "head/pubdata", "date.publication"),
        language=nitf.get("baselang", "") or nitf.get(_XML_LANG, ""),
        id=_attribute(nitf, "head/docdata/doc-id", "id-string"),
    )


def _find(element: "_Element", *paths: str) -> "_Element | None":
    """The first element at any of ``paths``, whatever its namespace: agencies differ, some have none."""
    for path in paths:
        steps = [step if step in ("", ".") else f"{{*}}{step}" for step in path.split("/")]
        found = element.find("/".join(steps))
        if found is not None:
            return found
    return None


def _said(element: "_Element", *paths: str) -> str:
    for path in paths:
        found = _find(element, path)
        if found is not None and (text := "".join(found.itertext()).strip()):
            return text
    return ""


def _attribute(element: "_Element", path: str, name: str) -> str:
    found = _find(element, path)
    return "" if found is None else str(found.get(name, ""))


def _party(item: "_Element", *paths: str) -> str:
    """Name of a person or organisation: spelled out, literal, or the end of its code ("nprov:AFP")."""
    for path in paths:
        party = _find(item, path)
        if party is not None and (name := _said(party, "name") or party.get("literal", "") or _code(party)):
            return str(name)
    return ""


def _code(element: "_Element | None") -> str:
    """What a code names: "text" in ``qcode="ninat:text"``, or the end of a ``uri``."""
    if element is None:
        return ""
    return str(element.get("qcode", "").rpartition(":")[2] or element.get("uri", "").rpartition("/")[2])


def _language(inline: "_Element | None") -> str:
    if inline is None:
        return ""
    stated = (element.get(_XML_LANG) or element.get("lang") for element in inline.iter())
    return next(filter(None, stated), "")


def _local(element: "_Element") -> str:
    return str(element.tag).rpartition("}")[2].lower()
