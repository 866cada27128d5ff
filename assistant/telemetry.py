"""What an operator sees of the server: figures for Prometheus, and a log of one JSON object a line.

Neither has a text of a reader in it, unless the settings say so, nor a name or an address: the identifier of a request
leads to its line in the log of the reverse proxy.
"""

import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.access import route_path
from assistant.errors import AssistantError, UsageError
from assistant.problems import request_id
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.types import Answer
from assistant.words import CATALOGUE

log = logging.getLogger(__name__)

#: Header under which a request's identifier is answered, and taken from a trusted proxy.
REQUEST_ID = "x-request-id"

#: An identifier that is taken over.
_ID = re.compile(r"[\w.:=+/-]{1,64}", re.ASCII)

#: How the log is written.
LOGS = ("text", "json")

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})

#: Seconds; the limits that the histograms count up to.
BUCKETS = (0.01, 0.03, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)

#: Names of routes, each with its paths. Whatever a caller makes up is one more: other.
ROUTES = {
    "home": re.compile(r"/"),
    "chat": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/"),
    "embed": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/embed"),
    "event": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/gradio_api/queue/join"),
    "stream": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/gradio_api/(?:queue/data|heartbeat/\w+)"),
    "component": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/(?:config|theme\.css|assets/[\w.-]+)"),
    "ask": re.compile(r"/api/ask"),
    "completions": re.compile(r"/v1/(?:chat/completions|models)"),
    "digest": re.compile(r"/api/digest"),
    "feedback": re.compile(r"/api/feedback"),
    "articles": re.compile(rf"/(?:{'|'.join(CATALOGUE)})/articles"),
    "quote": re.compile(rf"/api/quote|/(?:{'|'.join(CATALOGUE)})/quote"),
    "article": re.compile(r"(?:/api)?/articles/(?s:.+)"),
    "schema": re.compile(r"/api/(?:openapi|answer\.schema)\.json"),
    "static": re.compile(r"/widget\.js|/static/(?s:.+)"),
    "health": re.compile(r"/healthz"),
    "metrics": re.compile(r"/metrics"),
}


class Telemetry:
    """The figures of one server."""

    def __init__(self, engine: Engine, log_questions: bool) -> None:
        self._engine = engine
        self._log_questions = log_questions
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "sourcier_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "sourcier_request_seconds",
            "Until a response begins.",
            ["route"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._questions = Counter("sourcier_questions", "Questions put.", ["outcome"], registry=self._registry)
        self._thinking = Histogram(
            "sourcier_question_seconds", "Until a question is answered.", buckets=BUCKETS, registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def figures(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is looked up when it is asked for."""
        facts, progress = self._engine.facts(), self._engine.progress()
        values = {
            "sourcier_articles": ("Articles in the index that is served.", facts.articles),
            "sourcier_passages": ("Its passages.", facts.passages),
            "sourcier_served": ("1 while there is an index to answer from.", facts.generation is not None),
            "sourcier_refused": ("1 while the index that should be served is not.", bool(self._engine.refusal())),
            "sourcier_indexing": ("Articles that the ingest under way has yet to read.", _left(progress)),
            "sourcier_threads": ("Threads of the process.", threading.active_count()),
        }
        for name, (meaning, value) in values.items():
            yield GaugeMetricFamily(name, meaning, float(value))

    def count_request(self, scope: Scope, status: int | None, seconds: float) -> None:
        """``status`` is None where the caller went away before a response began."""
        route, method = route_of(route_path(scope)), scope["method"] if scope["method"] in METHODS else "other"
        self._requests.labels(route, method, str(status or "none")).inc()
        self._seconds.labels(route).observe(seconds)
        told = {"route": route, "method": method, "status": status, "ms": round(1000 * seconds, 1)}
        log.info("request", extra={"fields": told})

    @contextmanager
    def question(self, question: str) -> Iterator[list[Answer]]:
        """Watch a question being answered; its answer is put into the list."""
        started, answers = time.perf_counter(), list[Answer]()
        outcome = "failed"
        try:
            yield answers
            outcome = "abstained" if answers[0].abstained else "answered"
        except UsageError:
            outcome = "refused"
            raise
        except AssistantError:
            outcome = "unavailable"
            raise
        finally:
            seconds = time.perf_counter() - started
            self._questions.labels(outcome).inc()
            self._thinking.observe(seconds)
            told: dict[str, object] = {"outcome": outcome, "ms": round(1000 * seconds, 1)}
            log.info("question", extra={"fields": told | ({"question": question} if self._log_questions else {})})


def route_of(path: str) -> str:
    return next((name for name, pattern in ROUTES.items() if pattern.fullmatch(path)), "other")


def _left(progress: Any) -> int:
    return 0 if progress is None else progress.total - progress.done


class Watched:
    """An engine whose questions are counted, whichever face they come from."""

    def __init__(self, engine: Engine, telemetry: Telemetry) -> None:
        self._engine = engine
        self._telemetry = telemetry

    def ask(self, question: str, *given: Any, **named: Any) -> Answer:
        with self._telemetry.question(question) as answers:
            answers.append(self._engine.ask(question, *given, **named))
        return answers[0]

    def seen_by(self, groups: frozenset[str]) -> "Watched":
        return Watched(self._engine.seen_by(groups), self._telemetry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def watched(engine: Engine, telemetry: Telemetry) -> Engine:
    return cast(Engine, Watched(engine, telemetry))


class Observer:
    """ASGI middleware, the outermost: names each request, and counts and logs it when it is done."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, trusts: Callable[[Scope], bool]) -> None:
        self._app = app
        self._telemetry = telemetry
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = self._given(scope) or secrets.token_hex(8)
        request_id.set(name)
        started = time.perf_counter()
        # Mounted applications change the scope.
        asked = {key: scope.get(key, "") for key in ("path", "root_path", "method")}
        status: int | None = None
        seconds = 0.0

        async def named(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - started
                MutableHeaders(scope=message)[REQUEST_ID] = name
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            self._telemetry.count_request(asked, status, seconds or time.perf_counter() - started)

    def _given(self, scope: Scope) -> str:
        given = Headers(scope=scope).get(REQUEST_ID, "")
        return given if _ID.fullmatch(given) and self._trusts(scope) else ""


class JsonLines(logging.Formatter):
    """A record as one line; characters beyond ASCII are escaped, so that no text can forge a line or a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
        } | getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up_log(settings: Settings) -> None:
    """Write the log of this process as the settings say.

    :raises UsageError: If there is no such way.
    """
    if settings.log not in LOGS:
        raise UsageError(f"Setting 'log' has value '{settings.log}'. It takes {' or '.join(LOGS)}.")
    if settings.log == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
        log.setLevel(logging.INFO)
