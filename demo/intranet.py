"""A page of an intranet, under a policy that allows of other sites nothing but the widget."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from assistant.errors import UsageError

FOLDER = Path(__file__).parent
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


def open_intranet(assistant: str, port: int) -> tuple[ThreadingHTTPServer, str]:
    """A server for the page, and its origin; ``assistant`` is the origin of the one that serves the widget.

    :raises UsageError: If the port is taken.
    """

    class Intranet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = FOLDER / {"/": "intranet.html", "/intranet.css": "intranet.css"}.get(self.path, "missing")
            if not file.is_file():
                self.send_error(404)
                return
            content = file.read_text(encoding="utf-8").replace("{assistant}", assistant).encode()
            self.send_response(200)
            self.send_header("content-type", KINDS[file.suffix])
            self.send_header("content-length", str(len(content)))
            self.send_header(
                "content-security-policy",
                f"default-src 'self'; img-src data:; script-src {assistant}; frame-src {assistant}",
            )
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    try:
        site = ThreadingHTTPServer(("127.0.0.1", port), Intranet)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Cannot listen on port {port} for the page with the widget. Set ASSISTANT_PORT.") from error
    return site, f"http://127.0.0.1:{site.server_address[1]}"
