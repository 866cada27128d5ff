"""RSS and Atom: one article an entry."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from assistant.formats.blocks import text_of_html
from assistant.formats.draft import Draft, Fault, Unreadable, parsing
from assistant.formats.identity import id_from_guid
from assistant.text import clean

Entry = Mapping[str, Any]


def read(markup: str) -> Iterator[Draft | Fault]:
    """Each entry's content, or its summary where it has none; entries are numbered from 1."""
    with parsing("feed"):
        feed = _parse(markup)
    if not feed["entries"]:
        raise Unreadable("a feed without entries")
    for number, entry in enumerate(feed["entries"], start=1):
        try:
            with parsing("entry"):
                draft = _draft(entry, feed["feed"], number)
        except Unreadable as fault:
            yield Fault(number, str(fault))
        else:
            yield draft


def _parse(markup: str) -> Entry:
    import feedparser

    # A stream, never a string: feedparser takes those for an address to fetch or a file to open.
    # Nothing is sanitised or resolved, because nothing of the markup is kept.
    parsed: Entry = feedparser.parse(BytesIO(markup.encode()), sanitize_html=False, resolve_relative_uris=False)
    return parsed


def _draft(entry: Entry, feed: Entry, number: int) -> Draft:
    content = _content(entry)
    source = entry.get("source") or {}
    return Draft(
        text=_text(content),
        title=_text(entry.get("title_detail") or {}),
        source=source.get("title") or _text(feed.get("title_detail") or {}),
        url=entry.get("link") or "",
        author=entry.get("author") or feed.get("author") or "",
        published=entry.get("published") or entry.get("updated") or "",
        language=content.get("language") or feed.get("language") or "",
        id=id_from_guid(entry.get("id") or ""),
        record=number,
    )


def _content(entry: Entry) -> Entry:
    """The fullest version of the entry's text."""
    versions: list[Entry] = [version for version in entry.get("content", []) if version.get("value", "").strip()]
    summary: Entry = entry.get("summary_detail") or {}
    return max(versions, key=lambda version: len(version["value"]), default=summary)


def _text(detail: Entry) -> str:
    value = clean(detail.get("value") or "")
    return value if detail.get("type") == "text/plain" else text_of_html(value)
