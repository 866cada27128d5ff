"""One process that serves everything: the API, the article pages, the chat."""

import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from assistant.api import create_app
from assistant.connection import Connection
from assistant.errors import UsageError
from assistant.page.chat import Components, add_chat
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.telemetry import set_up_log

#: Seconds an idle connection is kept, and that requests under way have to end when the server stops.
KEEP_ALIVE = 5
GRACE = 10

#: Seconds that a thread which computes may hold the others up. The event loop waits for each of them at each step, so
#: with Python's five milliseconds two hundred callers are refused in seconds instead of at once.
SWITCH = 0.001

#: Bytes that the head of a request may have.
HEAD_LIMIT = 16 * 1024


def serve(engine: Engine, settings: Settings, announce: Callable[[str], None] = print) -> None:
    """Serve until interrupted; ``announce`` is told the address once requests are taken there.

    :raises UsageError: If the address is taken or not this machine's.
    """
    set_up_log(settings)
    sys.setswitchinterval(SWITCH)
    server, listener = open_server(engine, settings, announce)
    # Uvicorn raises the signal it was stopped by once more when all is done, which would read as a failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        server.run([listener])


def open_server(
    engine: Engine, settings: Settings, announce: Callable[[str], None] = print
) -> tuple["Server", socket.socket]:
    """A server, and the socket to run it on.

    :raises UsageError: If the address is taken or not this machine's.
    """
    listener = _listen(settings.host, settings.port)
    app = create_app(engine, settings)
    components = add_chat(app, app.state.engine, settings)
    config = uvicorn.Config(
        app,
        root_path=f"/{settings.root_path.strip('/')}".rstrip("/"),
        # The other end of a connection stays who it is; the guard takes from a trusted proxy what it may say.
        proxy_headers=False,
        http=Connection,
        log_level="warning",
        log_config=None if settings.log == "json" else LOGGING_CONFIG,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=HEAD_LIMIT,
        ws="none",
    )
    return Server(config, components, lambda: announce(address(listener))), listener


def address(listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class Server(uvicorn.Server):
    """Says when it listens, and lets go of open pages when it stops."""

    def __init__(self, config: uvicorn.Config, components: Components, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._components = components
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._components.hang_up()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"Cannot listen on {host}:{port} ({reason}). Choose another address with ASSISTANT_HOST or ASSISTANT_PORT."
        ) from error
