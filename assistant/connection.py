"""One connection, as uvicorn serves it, with what it leaves open: a time for a request's head, and a last place."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Connections whose requests are answered; each open chat page holds one or two. Beyond, requests are refused, and
#: beyond twice as many, connections are.
CONNECTIONS = 512

#: Seconds in which the head of a request has to arrive.
HEAD_SECONDS = 10.0

#: What goes with the answer to something that is no HTTP.
_BARE = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"connection", b"close"),
]


class Connection(H11Protocol):
    """Closed if no head of a request arrives in time, however slowly its bytes drip in."""

    _awaiting_head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * CONNECTIONS:
            transport.abort()
        elif len(self.connections) > CONNECTIONS:
            self.app_state: dict[str, Any] = {**self.app_state, "crowded": True}
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_head()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.IDLE:
            self._await_head()
        else:
            self._got_head()

    def _await_head(self) -> None:
        if self._awaiting_head is None:
            self._awaiting_head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _got_head(self) -> None:
        if self._awaiting_head is not None:
            self._awaiting_head.cancel()
            self._awaiting_head = None

    def send_400_response(self, msg: str) -> None:
        events = (h11.Response(status_code=400, headers=_BARE), h11.Data(data=msg.encode()), h11.EndOfMessage())
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()
