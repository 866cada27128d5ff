"""Servers for tests with a real socket: the assistant, and pages of other sites."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fake_engine import FakeEngine

from assistant.server import open_server
from assistant.settings import Settings


@contextmanager
def running(engine: FakeEngine, settings: Settings) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    listening: list[str] = []
    server, listener = open_server(engine, settings, listening.append)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        wait_until(lambda: bool(listening))
        yield listening[0].rstrip("/")
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "the server does not stop"


def wait_until(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)


class Site(ThreadingHTTPServer):
    """A site of someone else, whose only page is ``html``, sent with ``headers``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"
        self.html = ""
        self.headers: Mapping[str, str] = {}


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        content = self.server.html.encode()
        self.send_response(200)
        for name, value in {"content-type": "text/html; charset=utf-8", **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def another_site() -> Iterator[Site]:
    with Site() as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield site
        site.shutdown()
