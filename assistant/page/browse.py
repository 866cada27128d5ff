"""The list of all articles, with filters and a word search: a form and plain links, no script."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from assistant.access import groups_of
from assistant.page.templates import render
from assistant.protocols import Engine
from assistant.records import article_path
from assistant.settings import Settings
from assistant.types import CorpusFacts, Listing, Selection
from assistant.words import CATALOGUE, Words

#: Articles on a page.
PAGE = 20

#: Characters of the words that are looked for.
WORDS_LIMIT = 200

#: Sources to choose from: beyond, the rarest are left to the address.
SOURCES = 200

#: Characters of a bad value that are told.
SHOWN = 40

EMPTY = Listing((), 0)


@dataclass(frozen=True, slots=True)
class Query:
    """What an address asks for."""

    selection: Selection
    by_date: bool = True
    page: int = 1

    def link(self, *, by_date: bool | None = None, page: int = 1) -> str:
        """The query string for the same articles, in another order or on another page; empty where nothing is asked."""
        by_date = self.by_date if by_date is None else by_date
        wanted = self.selection
        values = {
            "q": wanted.words,
            "from": wanted.since,
            "to": wanted.until,
            "source": wanted.source,
            "language": wanted.language,
            "sort": "date" if wanted.words and by_date else "",
            "page": page if page > 1 else "",
        }
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""


def add_browse(app: FastAPI, engine: Engine, settings: Settings) -> None:
    """Serve the list under ``/{language}/articles``."""
    for words in CATALOGUE.values():
        app.get(f"/{words.code}/articles", include_in_schema=False)(_page_in(words, engine, settings))


def browse_page(asked: Mapping[str, str], engine: Engine, words: Words, settings: Settings) -> HTMLResponse:
    """The list that the query string ``asked`` is about; what it gets wrong is told and left out."""
    query, notes = query_of(asked, words)
    facts = engine.facts()
    listing, sources = EMPTY, list[str]()
    if facts.generation is not None:
        listing, sources = _listing(engine, query, words), engine.sources(SOURCES)
    pages = -(-listing.total // PAGE)
    if query.page > pages and listing.total:
        notes = (*notes, words.no_such_page.format(value=query.page))
        query = replace(query, page=1)
        listing = _listing(engine, query, words)
    return render(
        "articles.html",
        words=words,
        settings=settings,
        query=query,
        notes=notes,
        listing=listing,
        first=(query.page - 1) * PAGE + 1,
        pages=pages,
        corpus=facts.articles,
        sources=_offered(sources, query.selection.source),
        spoken=_spoken(facts, query.selection.language, words),
        words_limit=WORDS_LIMIT,
        marked=marked,
        path=article_path,
    )


def query_of(asked: Mapping[str, str], words: Words) -> tuple[Query, tuple[str, ...]]:
    """What a query string asks for, and a sentence for each value that it cannot mean."""
    notes: list[str] = []
    selection = Selection(
        words=" ".join(asked.get("q", "")[:WORDS_LIMIT].split()),
        since=_date(asked.get("from", ""), words, notes),
        until=_date(asked.get("to", ""), words, notes),
        source=asked.get("source", ""),
        language=asked.get("language", ""),
    )
    by_date = not selection.words or asked.get("sort") == "date"
    return Query(selection, by_date, _page(asked.get("page", ""), words, notes)), tuple(notes)


def marked(text: str, ranges: Sequence[tuple[int, int]]) -> Markup:
    """``text`` as HTML, with a ``mark`` around each of ``ranges``, which are in order."""
    pieces, position = [], 0
    for start, end in ranges:
        pieces += [escape(text[position:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        position = end
    return Markup("").join([*pieces, escape(text[position:])])


def _page_in(words: Words, engine: Engine, settings: Settings) -> Callable[[Request], HTMLResponse]:
    # A plain function on purpose: the server runs it in a thread of its pool, as the engine expects.
    def page(request: Request) -> HTMLResponse:
        return browse_page(request.query_params, engine.seen_by(groups_of(request.state)), words, settings)

    return page


def _listing(engine: Engine, query: Query, words: Words) -> Listing:
    return engine.browse(query.selection, words.code, query.by_date, (query.page - 1) * PAGE, PAGE)


def _date(value: str, words: Words, notes: list[str]) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        notes.append(words.not_a_date.format(value=value[:SHOWN]))
        return None


def _page(value: str, words: Words, notes: list[str]) -> int:
    page = int(value) if value.isdecimal() and len(value) < 10 else 0
    if value and not page:
        notes.append(words.no_such_page.format(value=value[:SHOWN]))
    return page or 1


def _offered(sources: list[str], chosen: str) -> list[str]:
    """In alphabetical order, with the one that was chosen."""
    return sorted({*sources, chosen} - {""}, key=str.casefold)


def _spoken(facts: CorpusFacts, chosen: str, words: Words) -> list[tuple[str, str]]:
    """Codes and names of the languages of the corpus, the most frequent first, with the one that was chosen."""
    codes = dict.fromkeys((*facts.languages, chosen))
    return [(code, _names(words.code).get(code, code)) for code in codes if code]


@cache
def _names(reader_language: str) -> Mapping[str, str]:
    """What languages are called in the reader's own."""
    from babel import Locale

    return Locale.parse(reader_language).languages
