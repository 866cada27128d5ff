"""``.json``: ninjs 1.x to 3.x, the agencies' JSON, and arrays of the same records as ``.jsonl``."""

from collections.abc import Iterator, Mapping

from assistant.formats.blocks import blocks_of_tree, html_tree
from assistant.formats.decoding import decode
from assistant.formats.draft import Draft, Fault, Unreadable
from assistant.formats.identity import id_from_guid
from assistant.formats.metadata import web_url
from assistant.formats.newsml import WITHDRAWN
from assistant.formats.records import NAMES, as_text, draft_of_record, load_json
from assistant.formats.web import without_title
from assistant.text import clean

Fields = Mapping[str, object]


def read(data: bytes) -> Iterator[Draft | Fault]:
    """The article of an object, or of each object in an array; those are numbered from 1."""
    found = load_json(decode(data))
    if not isinstance(found, list):
        yield _draft(found, None)
        return
    for number, record in enumerate(found, start=1):
        try:
            yield _draft(record, number)
        except Unreadable as fault:
            yield Fault(number, str(fault))


def _draft(record: object, number: int | None) -> Draft:
    if not isinstance(record, Mapping):
        return draft_of_record(record, number)
    # ninjs 3 writes versionCreated where 1 and 2 write versioncreated.
    fields = {str(name).casefold(): value for name, value in record.items()}
    if any(name in fields for name in NAMES["text"]) or not ("uri" in fields or "guid" in fields):
        return draft_of_record(record, number)
    return _news_draft(fields, number)


def _news_draft(fields: Fields, number: int | None) -> Draft:
    status = _first(fields, "pubstatus")
    if status in WITHDRAWN:
        raise Unreadable(f"marked as {status} by its provider")
    uri = _first(fields, "uri", "guid")
    title = _first(fields, "headline", "headlines", "title", "titles")
    return Draft(
        text=_text(fields, title),
        title=title,
        source=_first(fields, "copyrightholder", "providers", "provider", "source", "infosources"),
        url=web_url(uri),
        author=_first(fields, "byline", "by", "bylines"),
        published=_first(fields, "contentcreated", "versioncreated", "firstcreated"),
        language=_first(fields, "language"),
        id=id_from_guid(uri),
        record=number,
    )


def _text(fields: Fields, title: str) -> str:
    """The body: its HTML, which marks paragraphs, else its plain text, unchanged."""
    rich = [value for kind, value in _bodies(fields) if "html" in kind]
    plain = [value for kind, value in _bodies(fields) if kind.startswith("text/plain")]
    for markup in rich:
        tree = html_tree(markup)
        blocks = [] if tree is None else without_title(blocks_of_tree(tree), title)
        if blocks:
            return "\n\n".join(blocks)
    return next((text for text in plain if text.strip()), "")


def _bodies(fields: Fields) -> Iterator[tuple[str, str]]:
    """Each version of the body with its media type."""
    for name in ("body_xhtml", "body_html"):
        if isinstance(markup := fields.get(name), str):
            yield "text/html", clean(markup)
    if isinstance(text := fields.get("body_text"), str):
        yield "text/plain", clean(text)
    for body in _objects(fields.get("bodies")):
        lowered = {str(name).casefold(): value for name, value in body.items()}
        yield as_text(lowered.get("contenttype")) or "text/plain", as_text(lowered.get("value"))


def _first(fields: Fields, *names: str) -> str:
    """The first of ``names`` that says something: a string, or the value or name in an object or list."""
    for name in names:
        value = fields.get(name)
        if text := as_text(value):
            return text
        for entry in _objects(value):
            if text := as_text(entry.get("value")) or as_text(entry.get("name")):
                return text
    return ""


def _objects(value: object) -> list[Mapping[str, object]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, Mapping)]
