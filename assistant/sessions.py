"""Conversations of the chat page: each belongs to whoever began it, and only so many wait for an answer.

Gradio knows an open page by a number that the browser drew, and gives the answers of that page to anyone who names
it. Here the first to name one is remembered, and to everybody else it does not exist.

Gradio also takes some ten milliseconds of the event loop for each answer that is waited for, so that with too many even
a refusal would come late. Beyond a number that can be answered soon, new events are refused before Gradio sees them.
"""

import json
import re
import time
from collections.abc import Hashable

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import route_path
from assistant.limits import caller
from assistant.problems import RETRY_AFTER, Problem, passing, problem
from assistant.words import CATALOGUE, words_for

#: Conversations that are remembered, as many as Gradio keeps.
SESSIONS = 10_000

#: Pages that wait for an answer at the same time, and seconds after which one that never asked for it is forgotten.
WAITING = 48
FORGOTTEN = 30.0

_ROUTE = re.compile(
    rf"/(?:{'|'.join(CATALOGUE)})/gradio_api/(?:(?P<join>queue/join)|(?P<wait>queue/data)|heartbeat/(?P<session>\w+))"
)


class Sessions:
    """ASGI middleware; each body comes to it in one message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owners: dict[str, Hashable] = {}
        #: Since when each session has waited, the longest first.
        self._waiting: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = _ROUTE.fullmatch(route_path(scope)) if scope["type"] == "http" else None
        if route is None:
            await self._app(scope, receive, send)
            return
        first: list[Message] = []
        if route["join"]:
            first = [await receive()]
            session = _joined(first[0].get("body", b""))
        else:
            session = route["session"] or _asked_for(scope)
        refusal = self._refusal(scope, session, begins=bool(route["join"]))
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return

        async def again() -> Message:
            return first.pop() if first else await receive()

        try:
            await self._app(scope, again, send)
        finally:
            if route["wait"]:
                self._waiting.pop(session, None)

    def _refusal(self, scope: Scope, session: str, begins: bool) -> Problem | None:
        words = words_for(None, Headers(scope=scope).get("accept-language", ""))
        if not self._is_owner(session, caller(scope)):
            return problem("not_found", words)
        return passing("busy", words, RETRY_AFTER) if begins and not self._may_wait(session) else None

    def _may_wait(self, session: str) -> bool:
        now = time.monotonic()
        while self._waiting and now - next(iter(self._waiting.values())) > FORGOTTEN:
            del self._waiting[next(iter(self._waiting))]
        if session not in self._waiting and len(self._waiting) >= WAITING:
            return False
        self._waiting.setdefault(session, now)
        return True

    def _is_owner(self, session: str, who: Hashable | None) -> bool:
        owner = self._owners.pop(session, who)
        self._owners[session] = owner
        if len(self._owners) > SESSIONS:
            del self._owners[next(iter(self._owners))]
        return owner == who


def _joined(body: bytes) -> str:
    """The session that an event is for; Gradio refuses what is none."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(event.get("session_hash")) if isinstance(event, dict) else ""


def _asked_for(scope: Scope) -> str:
    return QueryParams(scope["query_string"]).get("session_hash", "")
