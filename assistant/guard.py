"""The first to see each request: refuses what may not come in, and signs what goes out.

The host and the origin of a request must be known, and the routes of Gradio that the page does not use do not exist;
behind it, ``access`` asks who comes, ``limits`` how much, and ``sessions`` whose conversation it is. The content
security policy is the last line: whatever an article manages to put into a page, the browser runs no script of it and
fetches nothing for it from elsewhere.
"""

import logging
import re

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import Access, SignOn, route_path, sign_on
from assistant.errors import UsageError
from assistant.limits import BODY_LIMIT, Body, Rates, too_large
from assistant.problems import RETRY_AFTER, Problem, passing, problem
from assistant.sessions import Sessions
from assistant.settings import Settings, listed
from assistant.telemetry import REQUEST_ID, Observer, Telemetry
from assistant.words import CATALOGUE, Words, words_for

log = logging.getLogger(__name__)

#: Hosts that always mean this machine.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")

_HOST = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)

#: An origin as browsers send it, and nothing that could go on in a policy.
_ORIGIN = re.compile(r"https?://[a-z0-9._\[\]:-]+", re.IGNORECASE)

#: What other sites may load as a script or show in a frame; which sites may show it is for the policy to say.
_FOR_OTHER_SITES = re.compile(rf"/widget\.js|/(?:{'|'.join(CATALOGUE)})/")

#: Below a language: our own pages, and of everything that Gradio serves what the chat page needs. An allow list,
#: since each release brings routes (file proxies, uploads, recordings) and a forgotten one would be open.
_PAGE_PATH = re.compile(rf"/(?:{'|'.join(CATALOGUE)})(?:/(?P<rest>.*))?", re.DOTALL)
_PAGE_NEEDS = re.compile(
    r"|articles|quote|embed"
    r"|config|theme\.css|assets/[\w.-]+|gradio_api/(?:queue/join|queue/data|heartbeat/\w+)"
)


def protect(app: FastAPI, settings: Settings, telemetry: Telemetry) -> None:
    """Put the guard in front of every route of ``app``, mounted ones included.

    :raises UsageError: If an origin, a header or an address in the settings is none.
    """
    origins = _origins(settings)
    signing_on = sign_on(settings)
    app.add_middleware(Sessions)
    app.add_middleware(Body)
    if settings.rate_limit:
        app.add_middleware(Rates, per_minute=settings.rate_limit)
    app.add_middleware(Access, sign_on=signing_on)
    # With an empty list too: Gradio adds its own, permissive one where it finds none.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Content-Type"],
        expose_headers=[REQUEST_ID],
    )
    app.add_middleware(Guard, hosts=(*LOCAL_HOSTS, *listed(settings.hosts)), origins=origins, sign_on=signing_on)
    app.add_middleware(Observer, telemetry=telemetry, trusts=signing_on.trusts)


class Guard:
    """ASGI middleware: known hosts and origins only, security headers on every response."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...], origins: list[str], sign_on: SignOn) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origins)
        self._sign_on = sign_on
        self._warned = False
        self._policy = content_security_policy(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._guard(scope, receive, send)
        else:  # Nothing here speaks over a web socket.
            await send({"type": "websocket.close", "code": 1000})

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        path = route_path(scope)  # Mounted applications change the scope.

        async def signed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._sign(MutableHeaders(scope=message), path)
            await send(message)

        headers = Headers(scope=scope)
        scope.setdefault("state", {})["address"] = self._sign_on.address(scope)
        words = words_for(None, headers.get("accept-language", ""))
        refusal = self._refusal(scope, headers, words)
        if refusal is not None:
            await refusal.response()(scope, receive, signed)
            return
        self._hear_proxy(scope)
        try:
            await self._app(scope, receive, signed)
        except Exception:
            # A bug: the caller gets a signed answer, the log gets the traceback from the server.
            if not started:
                await problem("failed", words).response()(scope, receive, signed)
            raise

    def _refusal(self, scope: Scope, headers: Headers, words: Words) -> Problem | None:
        if scope["state"].get("crowded"):
            return passing("busy", words, RETRY_AFTER)
        host = headers.get("host", "")
        if not self._knows_host(host):
            return problem("host_refused", words, host=host)
        origin = headers.get("origin")
        changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if changes and origin is not None and not self._knows_origin(origin, host):
            return problem("origin_refused", words, origin=origin)
        if not page_needs(route_path(scope)):
            return problem("not_found", words)
        if _declared_length(headers) > BODY_LIMIT:
            return too_large(scope)
        return None

    def _knows_host(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        return match is not None and match["name"].lower() in self._hosts

    def _knows_origin(self, origin: str, host: str) -> bool:
        """The origin is this very host, under either scheme since a proxy may end TLS, or a listed one."""
        origin = origin.lower()
        return origin in self._origins or origin in (f"http://{host.lower()}", f"https://{host.lower()}")

    def _hear_proxy(self, scope: Scope) -> None:
        """Take from a trusted proxy whether the reader speaks TLS to it. Gradio builds addresses from that, and from
        the other headers about a forwarded request, whoever sent them.
        """
        scheme = Headers(scope=scope).get("x-forwarded-proto")
        if self._sign_on.trusts(scope):
            scope["scheme"] = scheme if scheme in ("http", "https") else scope["scheme"]
        elif scheme == "https" and not self._warned:
            self._warned = True
            log.warning(
                "%s forwards requests that came by TLS. If it is your reverse proxy, list its address in "
                "ASSISTANT_TRUSTED_PROXIES: until then addresses that are handed out begin with http.",
                (scope.get("client") or ("an unknown address",))[0],
            )
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if not name.startswith(b"x-forwarded-") and name not in (b"forwarded", b"x-gradio-server")
        ]

    def _sign(self, headers: MutableHeaders, path: str) -> None:
        headers["content-security-policy"] = self._policy
        # A site that isolates itself shows in frames, and loads, only what agrees to it in these two.
        headers["cross-origin-embedder-policy"] = "require-corp"
        headers["cross-origin-resource-policy"] = "cross-origin" if _FOR_OTHER_SITES.fullmatch(path) else "same-origin"
        headers["x-content-type-options"] = "nosniff"
        headers["referrer-policy"] = "no-referrer"


def content_security_policy(origins: list[str]) -> str:
    """The policy of every response; ``origins`` may show the pages in a frame."""
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            " ".join(["frame-ancestors 'self'", *origins]),
        ]
    )


def _origins(settings: Settings) -> list[str]:
    origins = [origin.lower().rstrip("/") for origin in listed(settings.widget_origins)]
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise UsageError(f"Setting 'widget_origins' holds '{origin}'. Origins look like https://intranet.example.")
    return origins


def page_needs(path: str) -> bool:
    """False for the routes below a chat page that the page itself never asks for."""
    match = _PAGE_PATH.fullmatch(path)
    return match is None or _PAGE_NEEDS.fullmatch(match["rest"] or "") is not None


def _declared_length(headers: Headers) -> int:
    """Cut to twelve digits, which is too large as well: Python refuses to read thousands of them."""
    length = headers.get("content-length", "")
    return int(length[:12]) if length.isascii() and length.isdigit() else 0
