"""The chat pages: our own HTML around Gradio's components, served before Gradio has been imported."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.allocator import settle
from assistant.feedback import COMMENT_LIMIT
from assistant.page.templates import render
from assistant.problems import problem
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.words import CATALOGUE, Words, words_for

if TYPE_CHECKING:
    from assistant.generate import Writer

log = logging.getLogger(__name__)

#: What an address can ask for; by itself the page follows the reader's browser.
THEMES = ("light", "dark")

#: The two lines of Gradio's own page that are needed: its script and its style.
_ENTRY = re.compile(r'<(?:script type="module"|link rel="stylesheet") [^>]*"\./assets/[^>]*>(?:</script>)?')


def add_chat(app: FastAPI, engine: Engine, settings: Settings) -> "Components":
    """Serve a chat page for each language under ``/{language}/``; takes over the lifespan of ``app``.

    Answers are worded by the writer of ``app``, where it has one.
    """
    components = Components(lambda: gradio_host(engine, settings, app.state.writer))
    for language, words in CATALOGUE.items():
        app.get(f"/{language}/", include_in_schema=False)(_page_in(words, settings))
        app.mount(f"/{language}", components.of(language))
    app.router.lifespan_context = components.lifespan
    return components


def chat_page(words: Words, settings: Settings, embedded: bool = False, theme: str = "") -> HTMLResponse:
    """The page that the components come into.

    :param embedded: Inside the widget, whose own head has the name.
    :param theme: "light", "dark" or, where the reader's browser decides, empty.

    Gradio's own page will not do: it holds inline scripts, which the policy forbids, is always in English,
    and names other hosts.
    """
    return render(
        "chat.html",
        words=words,
        settings=settings,
        embedded=embedded,
        theme=theme,
        comment_limit=COMMENT_LIMIT,
        gradio_entry=gradio_entry(),
        script_words=_script_words(words, settings.question_limit),
    )


@cache
def gradio_entry() -> Markup:
    """The tags that start Gradio in a page, taken from the page in its package, which is not imported."""
    spec = find_spec("gradio")
    assert spec is not None and spec.origin is not None, "gradio is a dependency"
    page = (Path(spec.origin).parent / "templates/frontend/index.html").read_text(encoding="utf-8")
    tags = _ENTRY.findall(page)
    assert len(tags) == 2, f"Gradio's page has changed: its script and its style are not among {tags}"
    return Markup("\n".join(tags))


def gradio_host(engine: Engine, settings: Settings, writer: "Writer | None") -> FastAPI:
    """An application with Gradio's own mounted in it, one a language; never served itself."""
    import gradio

    from assistant.page.blocks import build_page
    from assistant.page.states import States

    host = FastAPI(openapi_url=None)
    # Where its parent has one of these, Gradio leaves out its own, which lets any origin in.
    host.add_middleware(CORSMiddleware, allow_origins=[])
    for language in CATALOGUE:
        page = build_page(language, engine, settings, writer)
        gradio.mount_gradio_app(
            host,
            page,
            path=f"/{language}",
            theme=gradio.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            pwa=False,
            show_error=False,
            max_file_size=1,
        )
        mounted = host.routes[-1].app  # type: ignore[attr-defined]
        mounted.add_exception_handler(KeyError, _no_such_event)
        mounted.state_holder = States()  # type: ignore[no-untyped-call]
        mounted.state_holder.set_blocks(page)
    return host


class Components:
    """Gradio's applications by language. Importing Gradio takes seconds, so they are made while the server
    already listens, and the first to ask for one waits.
    """

    def __init__(self, build: Callable[[], FastAPI]) -> None:
        self._build = build
        self._ready: asyncio.Future[dict[str, ASGIApp]]

    def of(self, language: str) -> ASGIApp:
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            applications = await asyncio.shield(self._ready)
            await applications[f"/{language}"](scope, receive, send)

        return application

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self._ready = asyncio.get_running_loop().create_future()
        closing = asyncio.Event()
        living = asyncio.create_task(self._live(closing))
        try:
            yield
        finally:
            closing.set()
            await living

    def hang_up(self) -> None:
        """End the connections that Gradio holds open for as long as a page is; nothing else would."""
        if self._ready.done() and not self._ready.exception():
            for application in self._ready.result().values():
                application.stop_event.set()  # type: ignore[attr-defined]

    async def _live(self, closing: asyncio.Event) -> None:
        try:
            host = await asyncio.to_thread(self._build)
            settle()
        except Exception as error:
            # The rest of the server does without the page; whoever asks for it gets the error.
            log.exception("the chat page could not be built")
            self._ready.set_exception(error)
            return
        async with host.router.lifespan_context(host):
            self._ready.set_result({route.path: route.app for route in host.routes if isinstance(route, Mount)})
            await closing.wait()


async def _no_such_event(request: Request, error: Exception) -> Response:
    """Gradio looks the number of an event up without asking whether there is one."""
    if not request.url.path.endswith("/queue/join"):
        raise error
    return problem("invalid", words_for(None, request.headers.get("accept-language", "")), field="fn_index").response()


def _page_in(words: Words, settings: Settings) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def page(request: Request) -> HTMLResponse:
        asked = request.query_params
        theme = asked.get("theme", "")
        return chat_page(words, settings, asked.get("embed") == "1", theme if theme in THEMES else "")

    return page


def _script_words(words: Words, question_limit: int) -> dict[str, object]:
    """The strings that the page's script shows, and how dates and numbers are written."""
    return {
        "language": words.code,
        "title": words.title,
        "singular": words.singular,
        "thousands": words.thousands,
        "months": words.months,
        "firstOfMonth": words.first_of_month,
        "questionLimit": question_limit,
        "characters": words.characters,
        "question": words.question,
        "questions": words.questions,
        "send": words.send,
        "stop": words.stop,
        "thinking": words.thinking,
        "conversation": words.conversation,
        "understoodAs": words.understood_as,
        "revise": words.revise,
        "sources": words.sources,
        "abstention": words.abstention,
        "nearest": words.nearest,
        "disagreements": words.disagreements,
        "byModel": words.by_model,
        "unverified": words.unverified,
        "quotations": words.quotations,
        "copied": words.copied,
        "copyFailed": words.copy_failed,
        "linkCopied": words.link_copied,
        "unknownDate": words.unknown_date,
        "untitled": words.untitled,
        "place": words.place,
        "citationGone": words.citation_gone,
        "gone": words.article_gone,
        "goneHint": words.article_gone_hint,
        "articleUnreachable": words.article_unreachable,
        "unreachable": words.unreachable,
        "rateLimited": words.problems["rate_limited"],
        "ratingKept": words.rating_kept,
        "ratingFailed": words.rating_failed,
        "feedbackFull": words.problems["feedback_full"],
        "noConversations": words.no_conversations,
        "conversationsNotKept": words.conversations_not_kept,
        "erase": words.erase,
    }
