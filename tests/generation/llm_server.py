"""An OpenAI-compatible server on this machine that does whatever its model's name says: one scenario a name."""

import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Seconds that a slow server takes: longer than any deadline of the tests.
SLOW = 8.0

CHUNK = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m"}
LONG_SENTENCE = "mot " * 400


class LlmServer(ThreadingHTTPServer):
    """Counts what it is asked; ``gone`` counts connections that were closed on it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hits: Counter[str] = Counter()
        self.gone = 0
        self.gone_at = 0.0
        self.open = threading.Semaphore(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: LlmServer
    protocol_version = "HTTP/1.1"
    raw = False

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.json(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in SCENARIOS]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.requests.append(body)
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.server.hits[body["model"]] += 1
        try:
            SCENARIOS[body["model"]](self, body)
        except OSError:
            self.server.gone += 1
            self.server.gone_at = time.monotonic()
            self.close_connection = True

    # --- Parts of an answer ---

    def json(self, status: int, content: Any, **headers: str) -> None:
        self.plain(status, json.dumps(content), "application/json", **headers)

    def plain(self, status: int, content: str, kind: str = "text/html", **headers: str) -> None:
        encoded = content.encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(encoded)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(encoded)

    def begin(self, closing: bool = False) -> None:
        self.raw = closing
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header(*(("connection", "close") if closing else ("transfer-encoding", "chunked")))
        self.close_connection = closing
        self.end_headers()

    def write(self, text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        self.wfile.write(content if self.raw else b"%x\r\n%b\r\n" % (len(content), content))
        self.wfile.flush()

    def chunk(self, content: str | None = None, finish: str | None = None, **delta: Any) -> None:
        told = delta | ({"content": content} if content is not None else {})
        choice = {"index": 0, "delta": told, "finish_reason": finish}
        self.write(f"data: {json.dumps(CHUNK | {'choices': [choice]})}\n\n")

    def end(self, finish: str | None = "stop", done: bool = True) -> None:
        if finish:
            self.chunk(finish=finish)
        if done:
            self.write("data: [DONE]\n\n")
        if not self.raw:
            self.wfile.write(b"0\r\n\r\n")

    def say(self, text: str, size: int = 4) -> None:
        """A whole answer in small pieces."""
        self.begin()
        self.chunk(role="assistant", content="")
        for start in range(0, len(text), size):
            self.chunk(text[start : start + size])
        self.end()

    def hang_up(self) -> None:
        """RST instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()


# --- What the models do --------------------------------------------------------------------------------

Act = Callable[[_Handler, dict[str, Any]], None]


def given(body: dict[str, Any]) -> list[str]:
    """The numbered sentences of the question asked."""
    return re.findall(r"^\[\d+\] (.*)$", body["messages"][-1]["content"], re.MULTILINE)


def quoted(body: dict[str, Any]) -> str | None:
    """The sentence to be translated, where one is."""
    told = re.fullmatch(r"(?:Phrase|Sentence) ?: (.*)", body["messages"][-1]["content"])
    return told and told[1]


def leans(body: dict[str, Any]) -> str | None:
    """The question that is to be worded so that it stands alone, where one is."""
    told = re.search(r"\n(?:Dernière|Last) question ?: (.*)$", body["messages"][-1]["content"])
    return told and told[1]


#: What the sentences are that a model that does well translates.
TRANSLATED = {
    "The New Horizons probe flew past Pluto on Tuesday after a journey of nine years.": (
        "La sonde New Horizons a survolé Pluton mardi après un voyage de neuf ans."
    ),
    "It came within 12,500 kilometres of the dwarf planet's surface, mission scientists said.": (
        "Elle est arrivée à moins de 12 500 kilomètres de la surface de la planète naine, ont dit des scientifiques"
        " de la mission."
    ),
}


def faithful(body: dict[str, Any]) -> str:
    sentence = quoted(body)
    return f"{given(body)[0]} [1]" if sentence is None else TRANSLATED.get(sentence, sentence)


def says(answer: Callable[[dict[str, Any]], str], size: int = 4) -> Act:
    return lambda handler, body: handler.say(answer(body), size)


def error(status: int, content: Any, **headers: str) -> Act:
    return lambda handler, body: handler.json(status, content, **headers)


def once(act: Act) -> Act:
    """Fails the first time, answers the second."""
    return lambda handler, body: (
        act(handler, body) if handler.server.hits[body["model"]] == 1 else handler.say(faithful(body))
    )


def broken(after: Callable[[_Handler], None], closing: bool = False) -> Act:
    """Half an answer, and then that."""

    def act(handler: _Handler, body: dict[str, Any]) -> None:
        handler.begin(closing)
        handler.chunk(faithful(body)[:20])
        after(handler)

    return act


def endless(piece: str, pause: float = 0.0) -> Act:
    def act(handler: _Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for _ in range(100_000):
            handler.chunk(piece)
            time.sleep(pause)

    return act


def pinging(handler: _Handler, body: dict[str, Any]) -> None:
    handler.begin()
    for _ in range(200):
        handler.write(": ping\n\n")
        time.sleep(0.05)


def slow_headers(handler: _Handler, body: dict[str, Any]) -> None:
    time.sleep(SLOW)


def slow_first(handler: _Handler, body: dict[str, Any]) -> None:
    handler.begin()
    time.sleep(SLOW)


def without_usual_fields(handler: _Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.write('data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n')
    handler.chunk(reasoning_content="hmm")
    handler.chunk(faithful(body))
    handler.end()


def in_one_piece(handler: _Handler, body: dict[str, Any]) -> None:
    """A server that does not stream."""
    message = {"role": "assistant", "content": faithful(body)}
    handler.json(
        200,
        {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        },
    )


def without_done(handler: _Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.chunk(faithful(body))
    handler.end(done=False)


def context(handler: _Handler, body: dict[str, Any]) -> None:
    """Takes one sentence, no more."""
    if len(given(body)) > 1:
        handler.json(400, LLAMA_CONTEXT)
    else:
        handler.say(faithful(body))


LLAMA_CONTEXT = {
    "error": {
        "code": 400,
        "message": "request (3031 tokens) exceeds the available context size (512 tokens)",
        "type": "exceed_context_size_error",
    }
}
VLLM_CONTEXT = {
    "error": {
        "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "type": "BadRequestError",
        "code": 400,
    }
}
MISSING = {"error": {"message": "model 'nope' not found", "type": "not_found_error", "code": None}}
LOADING = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
BOOM = {"error": {"message": "boom Traceback (most recent call last) secret-detail"}}


def _swap(body: dict[str, Any]) -> str:
    """The right sentence with another number in it."""
    return re.sub(r"\d", lambda digit: str((int(digit[0]) + 3) % 10), given(body)[0]) + " [1]"


SCENARIOS: dict[str, Act] = {
    # A model that does well, in every manner of writing.
    "faithful": says(faithful),
    "one-by-one": says(faithful, 1),
    "all-at-once": says(faithful, 100_000),
    "thinks": says(lambda body: f"<think>Hm, [3] peut-être.\n\n</think>{faithful(body)}", 3),
    "sloppy-marks": says(lambda body: f"- {given(body)[0]} 【1】\n"),
    "uncited": says(lambda body: given(body)[0]),
    "wrong-id": says(lambda body: f"{given(body)[0]} [{len(given(body))}]"),
    "id-99": says(lambda body: f"{given(body)[0]} [99]"),
    "no-stream": in_one_piece,
    "odd-fields": without_usual_fields,
    "no-done": without_done,
    # One that does not.
    "liar": says(_swap),
    "inventor": says(lambda body: "Le pape François a visité Marseille avec 300 évêques. [1]"),
    "contrary": says(lambda body: given(body)[0].replace(" a ", " n'a pas ", 1) + " [1]"),
    "foreign": says(lambda body: "The answer is that nobody knows what will happen next week in the city. [1]"),
    "refuses": says(lambda body: "NO_ANSWER"),
    "blank": says(lambda body: " \n\n "),
    "empty": says(lambda body: ""),
    "marks-only": says(lambda body: "[1] [2] [3]"),
    "repeats": says(lambda body: f"{faithful(body)} " * 50),
    "drones": says(lambda body: LONG_SENTENCE),
    "endless": endless(" la femme"),
    "drips": endless("a", 0.2),
    "length": broken(lambda handler: handler.end("length")),
    "filtered": broken(lambda handler: handler.end("content_filter")),
    # A server that fails.
    "401": error(401, {"error": {"message": "Invalid API key sk-secret", "code": "invalid_api_key"}}),
    "403": error(403, {"error": {"message": "forbidden"}}),
    "404-model": error(404, MISSING),
    "404-html": lambda handler, body: handler.plain(404, "404 page not found"),
    "429": error(429, {"error": {"message": "rate"}}, retry_after="60"),
    "500": error(500, BOOM),
    "500-once": once(error(500, BOOM)),
    "503-loading": error(503, LOADING),
    "400": error(400, {"error": {"message": "response_format is not supported"}}),
    "context-llama": error(400, LLAMA_CONTEXT),
    "context-vllm": error(400, VLLM_CONTEXT),
    "context-half": context,
    "html": lambda handler, body: handler.plain(200, "<html>Login</html>"),
    "redirect": lambda handler, body: handler.plain(302, "", location="http://127.0.0.1:9/"),
    "json-200": error(200, {"hello": "world"}),
    "slow-headers": slow_headers,
    "slow-first": slow_first,
    "pings": pinging,
    "stalls": broken(lambda handler: time.sleep(SLOW)),
    "ends-early": broken(lambda handler: None, closing=True),
    "cut": broken(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)),
    "reset": broken(_Handler.hang_up, closing=True),
    "reset-at-once": lambda handler, body: handler.hang_up(),
    "bad-json": broken(lambda handler: (handler.write("data: {not json\n\n"), handler.end())[0]),
    "bad-bytes": broken(lambda handler: (handler.write(b'data: {"choices": \xff\xfe}\n\n'), handler.end())[0]),
    "error-within": broken(lambda handler: (handler.write(f"data: {json.dumps(BOOM)}\n\n"), handler.end())[0]),
    "no-finish": broken(lambda handler: handler.end(finish=None)),
    "null": lambda handler, body: (handler.begin(), handler.write("data: null\n\n"), handler.end())[0],
}


@contextmanager
def llm_server() -> Iterator[LlmServer]:
    with LlmServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)
