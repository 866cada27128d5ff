"""Looking up a quotation: a form, the article's own words with what differs from them, and links; no script."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from assistant.access import groups_of
from assistant.errors import AssistantError
from assistant.limits import Crowded
from assistant.news.quotes import LONGEST, Difference, FoundQuote
from assistant.page.articles import unbroken
from assistant.page.templates import render
from assistant.problems import RETRY_AFTER, Problem, explain_quotation, passing
from assistant.protocols import Engine
from assistant.records import article_path
from assistant.settings import Settings
from assistant.types import Sentence
from assistant.words import CATALOGUE, Words

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What became of a quotation, with the rest of the sentences that it was taken from."""

    found: FoundQuote
    before: str = ""
    after: str = ""

    @property
    def is_part(self) -> bool:
        """Whether the sentences have more words."""
        return any(map(str.isalnum, self.before + self.after))


def add_quote(app: FastAPI, engine: Engine, settings: Settings) -> None:
    """Serve the page under ``/{language}/quote``."""
    for words in CATALOGUE.values():
        app.get(f"/{words.code}/quote", include_in_schema=False)(_page_in(words, engine, settings))


def look_up(engine: Engine, quotation: str) -> LookedUp:
    """
    :raises UsageError: If the quotation is too long, or has no word that tells anything.
    :raises IndexUnusable: If there is no index yet.
    """
    found = engine.find_quote(quotation)
    if found.citation is None:
        return LookedUp(found)
    cited = found.citation.sentence
    quoted_from = [cited, *(s for s in engine.sentences(cited.article.id) if _overlap(s, cited))]
    start, end = min(s.start for s in quoted_from), max(s.end for s in quoted_from)
    return LookedUp(found, cited.article.text[start : cited.start], cited.article.text[cited.end : end])


def quote_page(
    quotation: str, words: Words, settings: Settings, looked_up: LookedUp | None = None, problem: Problem | None = None
) -> HTMLResponse:
    """The form, filled with ``quotation``, above what became of it or why that cannot be told."""
    return render(
        "quote.html",
        status=problem.status if problem else 200,
        words=words,
        settings=settings,
        quotation=quotation,
        looked_up=looked_up,
        problem=problem,
        longest=LONGEST,
        corrected=corrected,
        told=told,
        unbroken=unbroken,
        path=article_path,
    )


def corrected(cited: Sentence, differences: Sequence[Difference], words: Words) -> Markup:
    """What was cited as HTML: where a quotation differs, its words struck out before those of the article."""
    text, pieces, position = cited.article.text, list[Markup](), cited.start
    for one in differences:
        pieces += [unbroken(text[position : one.start]), _marked(one, words, first=one.start == cited.start)]
        position = one.end
    return Markup("").join([*pieces, unbroken(text[position : cited.end])])


def told(difference: Difference, words: Words) -> Markup:
    """In a line: what was replaced, added or left out."""
    quoted, original = (_in_marks(text, words) for text in (difference.quoted, difference.original))
    form = words.replaced if quoted and original else words.added if quoted else words.left_out
    return Markup(escape(form)).format(quoted=quoted, original=original)


def _page_in(words: Words, engine: Engine, settings: Settings) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def page(request: Request) -> HTMLResponse:
        quotation = request.query_params.get("q", "")
        if not quotation.strip():
            return quote_page("", words, settings)
        readers = engine.seen_by(groups_of(request.state))
        try:
            looked_up = await request.app.state.desk.answer(lambda: look_up(readers, quotation))
        except Crowded as error:
            log.info("a quotation was not looked up: %s", error)
            return quote_page(quotation, words, settings, problem=passing("busy", words, RETRY_AFTER))
        except AssistantError as error:
            return quote_page(quotation, words, settings, problem=explain_quotation(error, quotation, words))
        return quote_page(quotation, words, settings, looked_up)

    return page


def _overlap(one: Sentence, other: Sentence) -> bool:
    return one.start < other.end and other.start < one.end


def _marked(difference: Difference, words: Words, *, first: bool) -> Markup:
    """The words struck out and those put in; each says what it is to those who do not see it."""
    form = Markup('<{0}><span class="unseen">({1}) </span>{2}</{0}>')
    struck = form.format("del", words.only_quoted, unbroken(difference.quoted)) if difference.quoted else ""
    if not difference.original:  # between two words of the article: with a space of its own
        return Markup("{} ").format(struck) if first else Markup(" {}").format(struck)
    put_in = form.format("ins", words.only_original, unbroken(difference.original))
    return Markup(" ").join([struck, put_in]) if struck else put_in


def _in_marks(text: str, words: Words) -> Markup:
    """Nothing of no text."""
    marks = Markup(escape(words.quoted)).format(text=Markup("<bdi>{}</bdi>"))
    return marks.format(unbroken(text)) if text else Markup()
