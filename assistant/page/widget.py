"""The widget for pages of other sites, and the page that hands out the line of HTML that puts it there."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import FastAPI, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from assistant.page.templates import fill, render
from assistant.settings import Settings, listed
from assistant.words import CATALOGUE, DEFAULT_LANGUAGE, Words

#: Values of the attributes, for the script and for the page alike.
COLOR = "#[0-9a-f]{6}"
OUR_COLOR = "#0a5c6b"
POSITIONS = ("bottom-right", "bottom-left")
TITLE_LIMIT = 60

#: Other sites ask for the script on each of their pages; after an upgrade they have the new one within the hour.
_CACHED = {"cache-control": "public, max-age=3600"}

#: What neither script nor style needs to work.
_SCRIPT_LAYOUT = re.compile(r"^\s*(?://.*\n\s*)*", re.MULTILINE)
_STYLE_LAYOUT = re.compile(r"/\*.*?\*/\s*|\s+(?=\{)|(?<=[{};,])\s+|(?<=[a-z]:) |;?\s+(?=\})")


@dataclass(frozen=True, slots=True)
class Look:
    """How the widget looks on a page; nothing about it can change how a question is answered."""

    language: str
    position: str = POSITIONS[0]
    color: str = OUR_COLOR
    title: str = ""


def add_widget(app: FastAPI, settings: Settings) -> None:
    """Serve the script under ``/widget.js`` and the page about it under ``/{language}/embed``."""
    color = usual_color(settings.accent)
    app.get("/widget.js", include_in_schema=False)(_script_with(color))
    for words in CATALOGUE.values():
        page = _embed_in(words, Look(words.code, color=color), settings)
        app.get(f"/{words.code}/embed", include_in_schema=False)(page)


def usual_color(accent: str) -> str:
    """The accent of the settings with all its six digits, or ours."""
    return re.sub(r"([^#])", r"\1\1", accent) if len(accent) == 4 else accent or OUR_COLOR


def widget_script(color: str) -> str:
    """The script as it is sent: with its strings and style, without comments and indentation."""
    source = fill(
        "widget.js",
        style=_STYLE_LAYOUT.sub("", fill("widget.css")),
        strings={code: _strings(words) for code, words in CATALOGUE.items()},
        default_language=DEFAULT_LANGUAGE,
        color=COLOR,
        default_color=color,
        title_limit=TITLE_LIMIT,
    )
    return _SCRIPT_LAYOUT.sub("", source)


def look_of(query: Mapping[str, str], usual: Look) -> Look:
    """The look that the form asks for, ``usual`` where it asks for nothing that there is."""
    language, position, color = (query.get(name, "") for name in ("lang", "position", "color"))
    return Look(
        language=language if language in CATALOGUE else usual.language,
        position=position if position in POSITIONS else usual.position,
        color=color.lower() if re.fullmatch(COLOR, color, re.IGNORECASE) else usual.color,
        title=" ".join(query.get("title", "").split())[:TITLE_LIMIT],
    )


def script_tag(address: str, look: Look, usual: Look) -> Markup:
    """The line of HTML; what is as ``usual`` goes without saying, but for the language."""
    attributes = {"lang": look.language}
    attributes |= {
        name: getattr(look, name)
        for name in ("position", "color", "title")
        if getattr(look, name) != getattr(usual, name)
    }
    written = Markup(" ").join(Markup('data-{}="{}"').format(name, value) for name, value in attributes.items())
    return Markup('<script src="{}" async {}></script>').format(address, written)


def _script_with(color: str) -> Callable[[], Awaitable[Response]]:
    script = widget_script(color)

    async def answer() -> Response:
        return Response(script, media_type="text/javascript", headers=_CACHED)

    return answer


def _embed_in(words: Words, usual: Look, settings: Settings) -> Callable[[Request], Awaitable[HTMLResponse]]:
    async def page(request: Request) -> HTMLResponse:
        look = look_of(request.query_params, usual)
        return render(
            "embed.html",
            words=words,
            settings=settings,
            look=look,
            tag=script_tag(f"{request.base_url}widget.js", look, usual),
            sample=script_tag("../widget.js", look, usual),
            server=f"{request.base_url.scheme}://{request.base_url.netloc}",
            origins=listed(settings.widget_origins),
            positions=dict(zip(POSITIONS, words.embed_positions, strict=True)),
            title_limit=TITLE_LIMIT,
        )

    return page


def _strings(words: Words) -> dict[str, str]:
    """The strings that the script shows."""
    return {
        "title": words.title,
        "open": words.ask_here,
        "close": words.widget_close,
        "tab": words.widget_tab,
        "loading": words.widget_loading,
        "refused": words.widget_refused,
    }
