"""How much one caller, one request and all callers together may take.

A request that waits for its body, and a question that waits for its turn, hold a place and no thread.
"""

import asyncio
import re
import time
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from ipaddress import IPv6Network
from threading import Barrier, BoundedSemaphore
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import route_path
from assistant.errors import AssistantError
from assistant.problems import RETRY_AFTER, Problem, passing, problem
from assistant.words import CATALOGUE, Words, words_for

T = TypeVar("T")

#: Bytes; a question of the longest kind with a long history is a tenth of it.
BODY_LIMIT = 64 * 1024

#: Seconds in which a body has to arrive.
BODY_SECONDS = 10.0

#: Questions answered at the same time for programs, and how many more may wait.
AT_ONCE = 8
WAITING = 56

#: Seconds after which nobody waits for an answer any more.
DEADLINE = 30.0

#: Callers that are remembered.
CALLERS = 10_000

MINUTE = 60_000_000_000

#: Pages that search for what their address asks.
_SEARCHES = re.compile(rf"/(?:{'|'.join(CATALOGUE)})/(?:articles|quote)")


class Pace:
    """How fast each of many callers may go on: a minute's worth at once, and as much again each minute.

    The generic cell rate algorithm (ITU-T I.371): of a caller, only the moment is kept at which everything that it
    sent would have been due.
    """

    def __init__(self, per_minute: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """``clock`` counts nanoseconds."""
        self._interval = MINUTE // per_minute
        self._clock = clock
        self._due: dict[Hashable, int] = {}

    def wait(self, caller: Hashable) -> int:
        """Seconds that ``caller`` has to wait, rounded up; 0 if it need not, and then one more is counted."""
        now = self._clock()
        due = max(self._due.pop(caller, now), now)
        wait = due - now - MINUTE + self._interval
        self._due[caller] = due if wait > 0 else due + self._interval
        if len(self._due) > CALLERS:
            del self._due[next(iter(self._due))]
        return -(-max(wait, 0) // 1_000_000_000)


class Rates:
    """ASGI middleware: holds up whoever asks too often."""

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self._app = app
        self._pace = Pace(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_work(scope):
            who = caller(scope)
            seconds = self._pace.wait(who) if who is not None and not _is_local(scope) else 0
            if seconds:
                await passing("rate_limited", _words(scope), seconds).response()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def caller(scope: Scope) -> Hashable | None:
    """Who is held to a limit: the person who signed in, else the address; None where neither is known.

    Of IPv6 the network counts, since every household has more addresses than could be counted.
    """
    state = scope["state"]
    person, address = state["person"], state["address"]
    if person is not None and person.name:
        return str(person.name)
    if address is not None and address.version == 6:
        return IPv6Network((int(address) >> 64 << 64, 64))
    return address  # type: ignore[no-any-return]


def _is_work(scope: Scope) -> bool:
    """Whether a request makes the server think: a question, an event of the page, a rating, a search."""
    return scope["method"] == "POST" or bool(scope["query_string"] and _SEARCHES.fullmatch(route_path(scope)))


def _is_local(scope: Scope) -> bool:
    """Programs on this machine may ask as fast as they get answers."""
    address, person = scope["state"]["address"], scope["state"]["person"]
    return address is not None and address.is_loopback and not (person and person.name)


class Body:
    """ASGI middleware: takes in a request's body, small and soon, before anything else is done for it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _whole(receive)
        except TimeoutError:
            await problem("too_slow", _words(scope)).response()(scope, receive, send)
            return
        if body is None:
            return
        if len(body) > BODY_LIMIT:
            await too_large(scope).response()(scope, receive, send)
            return
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return first.pop() if first else await receive()

        await self._app(scope, again, send)


async def _whole(receive: Receive) -> bytes | None:
    """The body up to the first byte too many; None if the caller went away."""
    body = bytearray()
    while len(body) <= BODY_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def too_large(scope: Scope) -> Problem:
    return problem("too_large", _words(scope), limit=BODY_LIMIT // 1024)


def _words(scope: Scope) -> Words:
    return words_for(None, Headers(scope=scope).get("accept-language", ""))


class Crowded(AssistantError):
    """There are more questions than can be answered soon."""


class Desk:
    """Where questions wait for their turn. One that takes too long keeps its thread, and its caller is told."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, deadline: float = DEADLINE) -> None:
        self._threads = ThreadPoolExecutor(at_once, "ask")
        # Begun now, so that none is lacking when there is no memory for one.
        all_begun = Barrier(at_once)
        for _ in range(at_once):
            self._threads.submit(all_begun.wait)
        self._places = BoundedSemaphore(at_once + waiting)
        self._deadline = deadline

    async def answer(self, ask: Callable[[], T]) -> T:
        """What ``ask`` returns, in a thread.

        :raises Crowded: If no more may wait, or the answer does not come.
        """
        if not self._places.acquire(blocking=False):
            raise Crowded(f"{AT_ONCE + WAITING} questions are under way. Try again in {RETRY_AFTER} s.")
        asked = self._threads.submit(copy_context().run, ask)
        asked.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asked), self._deadline)
        except TimeoutError:
            raise Crowded(f"no answer after {self._deadline:.0f} s. Try again in {RETRY_AFTER} s.") from None
