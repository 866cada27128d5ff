"""``.md``: YAML front matter, then Markdown turned into plain text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.formats.blocks import text_of_html
from assistant.formats.decoding import decode
from assistant.formats.draft import Draft, Unreadable
from assistant.formats.metadata import single_line
from assistant.formats.records import draft_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
FRONT_MATTER_LIMIT = 64 * 2**10
#: Levels of quotations and lists within each other; markdown-it leaves out what is deeper.
NESTING_LIMIT = 50


def read(data: bytes) -> Iterator[Draft]:
    """The one article of a Markdown file.

    Front matter is what stands between a first line ``---`` and the next; where that is not a mapping, as
    between two thematic breaks, it is text. Where it is not YAML at all the file is refused: read as text it
    would be quoted to people, and left out it would lose the date.
    """
    text = decode(data)
    fields, body = _split(text)
    yield replace(draft_of(fields), text=plain_text(body))


def plain_text(markdown: str) -> str:
    """Paragraphs, headings, list items, table rows and code of ``markdown``, separated by blank lines.

    Links keep their text and images their description; other inline markup and HTML go. A single line end
    inside a paragraph becomes a space, as a browser shows it.

    :raises Unreadable: If it is nested over `NESTING_LIMIT` levels.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LIMIT + 1}).enable(["table", "strikethrough"])
    tokens = parser.parse(markdown)
    if any(token.level >= NESTING_LIMIT for token in tokens):
        raise Unreadable(f"nested over {NESTING_LIMIT} levels")
    return "\n\n".join(filter(None, _blocks(tokens)))


def _split(text: str) -> tuple[dict[str, object], str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    front = _load_yaml(match[1])
    return (front, text[match.end() :]) if isinstance(front, dict) else ({}, text)


def _load_yaml(front: str) -> object:
    import yaml

    if len(front) > FRONT_MATTER_LIMIT:
        raise Unreadable(f"front matter over {FRONT_MATTER_LIMIT // 2**10} KB (is its closing '---' missing?)")
    try:
        # BaseLoader makes only strings, lists and mappings: safer still than safe_load, and the title "1984",
        # the id "007" and the title "Non" stay what they are.
        return _without_nulls(yaml.load(front, Loader=yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"front matter is not valid YAML ({single_line(str(error), 150)})") from None


def _without_nulls(front: object) -> object:
    if not isinstance(front, dict):
        return front
    return {name: value for name, value in front.items() if value not in ("~", "null", "Null", "NULL")}


def _blocks(tokens: Sequence["Token"]) -> Iterator[str]:
    cells: list[str] | None = None
    marker = ""
    for token, numbered in zip(tokens, _numbered(tokens), strict=True):
        if token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if numbered else ""
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            yield " | ".join(cells or [])
            cells = None
        elif token.type == "inline":
            text = _inline_text(token.children or []).strip(" \n")
            if cells is None:
                yield marker + text
                marker = ""
            elif text:
                cells.append(text)
        elif token.type in ("fence", "code_block"):
            yield token.content.strip("\n")
        elif token.type == "html_block":
            yield text_of_html(token.content)


def _numbered(tokens: Sequence["Token"]) -> Iterator[bool]:
    """For each token, whether it stands in a list whose numbers are text.

    Markdown takes "1914. La guerre éclate." for the item of a list that begins at 1914.
    """
    lists: list[bool] = []
    for token in tokens:
        if token.type in ("ordered_list_open", "bullet_list_open"):
            lists.append("start" in token.attrs)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            lists.pop()
        yield bool(lists) and lists[-1]


def _inline_text(tokens: Sequence["Token"]) -> str:
    return "".join(_shown(token) for token in tokens)


def _shown(token: "Token") -> str:
    match token.type:
        case "text" | "code_inline":
            return token.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _inline_text(token.children or [])
        case _:
            return ""
