"""The HTTP face: questions and articles as JSON, articles as pages, the state of the server."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import Field
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from assistant.access import groups_of, is_within, networks
from assistant.completions import (
    WORDED,
    Chunks,
    Completion,
    CompletionRequest,
    Model,
    Models,
    asked,
    chunks,
    completion,
)
from assistant.errors import AssistantError, UsageError
from assistant.feedback import FeedbackFull, FeedbackRequest, keep_feedback
from assistant.guard import protect
from assistant.limits import BODY_LIMIT, Crowded, Desk
from assistant.page.articles import article_page, missing_page
from assistant.page.assets import static_files
from assistant.page.browse import add_browse
from assistant.page.quote import add_quote
from assistant.page.theme import theme_of
from assistant.page.widget import add_widget
from assistant.problems import (
    RETRY_AFTER,
    ErrorRecord,
    Problem,
    explain,
    explain_quotation,
    passing,
    problem,
    request_id,
)
from assistant.protocols import Engine
from assistant.quote_records import QuoteRecord, QuoteRequest, quote_record
from assistant.records import (
    AnswerRecord,
    ArticleRecord,
    AskRequest,
    DigestRecord,
    DigestRequest,
    Record,
    answer_events,
    answer_record,
    article_path,
    article_record,
    digest_record,
)
from assistant.settings import Settings
from assistant.telemetry import Telemetry, watched
from assistant.types import Answer, Digest
from assistant.words import Words, words_for

if TYPE_CHECKING:
    from assistant.generate import FollowUp, Writer

T = TypeVar("T")

log = logging.getLogger(__name__)

EVENT_STREAM = "text/event-stream"


class ProgressRecord(Record):
    """An ingest under way, in articles."""

    done: int
    total: int


#: "degraded": an older index is served than should be; "unusable": none can be.
Status = Literal["ok", "starting", "degraded", "unusable"]


class StatusRecord(Record):
    """Whether the server is up."""

    status: Status


class HealthRecord(StatusRecord):
    """What it serves, which is not for those who have to sign in first."""

    generation: str | None
    articles: int
    refused: str | None = Field(description="Why the index that should be served is not.")
    indexing: ProgressRecord | None


class ArticleId(Convertor[str]):
    """An article id in a path: it may hold any character, slashes and line ends included."""

    regex = r"(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("article_id", ArticleId())

router = APIRouter()


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """Everything that is served over HTTP but the chat pages, behind the guard."""
    app = FastAPI(
        title="Sourcier",
        description="Answers quoted from articles, each with its source.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.telemetry = Telemetry(engine, settings.log_questions)
    # As for nobody in particular; whoever asks is told what their groups may read.
    app.state.engine = watched(engine.seen_by(frozenset()), app.state.telemetry)
    app.state.settings = settings
    app.state.desk = Desk()
    app.state.writer = _writer(settings)
    app.state.metrics_from = networks(settings, "metrics_from")
    app.state.theme = theme_of(settings)
    app.include_router(router)
    add_browse(app, app.state.engine, settings)
    add_quote(app, app.state.engine, settings)
    add_widget(app, settings)
    app.mount("/static", static_files())
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(AssistantError, _unavailable)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    protect(app, settings, app.state.telemetry)
    return app


def _writer(settings: Settings) -> "Writer | None":
    """Who words answers, where the settings say so; else nothing about language models is imported.

    :raises UsageError: If a setting about the model is missing, unknown or unsafe.
    """
    if settings.answers == "extractive":
        return None
    # Whole, before the page imports it in another thread: the library that speaks to the model looks into it.
    import httpx  # noqa: F401

    from assistant.generate import Writer, service_of

    service = service_of(settings)
    return Writer(service) if service else None


def _engine(request: Request) -> Engine:
    """The engine as far as its reader may ask it."""
    engine: Engine = request.app.state.engine
    return engine.seen_by(groups_of(request.state))


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _words(request: Request) -> Words:
    """The reader's language: asked for by ``?ui=``, else the browser's."""
    return words_for(request.query_params.get("ui"), request.headers.get("accept-language", ""))


TheEngine = Annotated[Engine, Depends(_engine)]
TheSettings = Annotated[Settings, Depends(_settings)]
TheWords = Annotated[Words, Depends(_words)]


#: What the guard answers wherever a request goes.
EVERYWHERE = (400, 401, 403)


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI is told about the ways a request can fail."""
    return {status: {"model": ErrorRecord, "description": HTTPStatus(status).phrase} for status in statuses}


#: What OpenAPI is told of a response that may come as events.
STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}}


@router.post(
    "/api/ask",
    response_model=AnswerRecord,
    responses=_refusals(*EVERYWHERE, 408, 413, 422, 429, 503) | STREAMED,
)
async def ask(request: Request, body: AskRequest, engine: TheEngine, settings: TheSettings) -> Response:
    """The answer to a question; as a stream of its statements, then the whole, where events are accepted.

    Where the settings say so, it is told in a model's words as well: in the stream, behind the whole.
    """
    answer = await _answer(request, body, engine, settings)
    if isinstance(answer, Problem):
        return answer.response()
    root_path = request.scope.get("root_path", "")
    record = answer_record(answer, root_path)
    writer: Writer | None = request.app.state.writer
    follow_up = None if writer is None else _follow_up(request, body, engine)
    if EVENT_STREAM in request.headers.get("accept", ""):
        return EventStream(_events(record, writer, answer, root_path, follow_up))
    if writer is None:
        return _json(record)
    from assistant.worded import worded_answer

    return _json(await _unless_gone(request, worded_answer(writer, answer, root_path, follow_up)) or record)


async def _answer(request: Request, question: AskRequest, engine: Engine, settings: Settings) -> Answer | Problem:
    """The answer to a question, or why there is none."""
    words = words_for(question.language, request.headers.get("accept-language", ""))
    try:
        return await request.app.state.desk.answer(  # type: ignore[no-any-return]
            lambda: engine.ask(
                question.question,
                question.history,
                question.language,
                explain=question.explain,
                as_of=question.as_of,
            )
        )
    except Crowded as error:
        log.info("a question was not answered: %s", error)
        return passing("busy", words, RETRY_AFTER)
    except AssistantError as error:
        return explain(error, question.question, settings.question_limit, words)


def _follow_up(request: Request, question: AskRequest, engine: Engine) -> "FollowUp":
    """How the question is asked again, where a model says what is meant by it."""
    from assistant.generate import FollowUp

    async def ask(worded: str, earlier: Sequence[str]) -> Answer:
        answer: Answer = await request.app.state.desk.answer(
            lambda: engine.ask(worded, earlier, question.language, explain=question.explain, as_of=question.as_of)
        )
        return answer

    return FollowUp(question.history, ask)


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses=_refusals(*EVERYWHERE, 408, 413, 422, 429, 503) | STREAMED,
)
async def chat_completion(
    request: Request, body: CompletionRequest, engine: TheEngine, settings: TheSettings, words: TheWords
) -> Response:
    """The same answer in the shape of OpenAI's chat completions, for chat front ends; addresses in it are whole.

    Where the settings say so, ``sourcier-worded`` answers in a model's words.
    """
    try:
        question = asked(body)
    except UsageError:
        return problem("invalid", words, field="messages").response()
    answer = await _answer(request, question, engine, settings)
    if isinstance(answer, Problem):
        return answer.response()
    base = str(request.base_url).rstrip("/")
    record = answer_record(answer, base)
    named, abstention = (f"chatcmpl-{request_id.get()}", int(time.time())), words_for(record.language).abstention
    writer: Writer | None = request.app.state.writer
    if writer is None or body.model != WORDED:
        told = (record, *named, abstention)
        return EventStream(_chunks(chunks(*told))) if body.stream else _json(completion(*told))
    follow_up = _follow_up(request, question, engine)
    if body.stream:
        return EventStream(_worded_chunks(writer, answer, follow_up, Chunks(*named, WORDED), abstention, base))
    from assistant.worded import worded_answer
    from assistant.worded_completions import worded_completion

    record = await _unless_gone(request, worded_answer(writer, answer, base, follow_up)) or record
    return _json(worded_completion(record, *named, abstention))


@router.post("/api/digest", response_model=DigestRecord, responses=_refusals(*EVERYWHERE, 408, 413, 422, 429, 503))
async def digest(
    request: Request, body: DigestRequest, engine: TheEngine, settings: TheSettings, words: TheWords
) -> Response:
    """What several articles say of a subject: a quoted sentence of each, the oldest article first.

    Where the settings say so, one paragraph of it in a model's words as well.
    """
    try:
        found: Digest = await request.app.state.desk.answer(
            lambda: engine.digest(body.subject, body.language, since=body.since, until=body.until)
        )
    except Crowded as error:
        log.info("a digest was not made: %s", error)
        return passing("busy", words, RETRY_AFTER).response()
    except AssistantError as error:
        return explain(error, body.subject, settings.question_limit, words).response()
    root_path = request.scope.get("root_path", "")
    record = digest_record(found, body, root_path)
    writer: Writer | None = request.app.state.writer
    if writer is None:
        return _json(record)
    from assistant.worded import worded_digest

    worded = await _unless_gone(request, worded_digest(writer, found, root_path))
    return _json(record.model_copy(update={"worded": worded}))


@router.post("/api/quote", response_model=QuoteRecord, responses=_refusals(*EVERYWHERE, 408, 413, 422, 429, 503))
async def quote(request: Request, body: QuoteRequest, engine: TheEngine, words: TheWords) -> Response:
    """Where a quotation comes from, and whether it stands there word for word."""

    def looked_up() -> QuoteRecord:
        return quote_record(engine.find_quote(body.quotation), request.scope.get("root_path", ""))

    try:
        return _json(await request.app.state.desk.answer(looked_up))
    except Crowded as error:
        log.info("a quotation was not looked up: %s", error)
        return passing("busy", words, RETRY_AFTER).response()
    except AssistantError as error:
        return explain_quotation(error, body.quotation, words).response()


# The others are plain functions on purpose: the server runs each in a thread of its pool, as the engine expects.


@router.get("/v1/models", responses=_refusals(*EVERYWHERE))
def models(request: Request) -> Models:
    """What answers, by name."""
    return Models() if request.app.state.writer is None else Models(data=(Model(), Model(id=WORDED)))


@router.get(
    "/api/articles/{article_id:article_id}", response_model=ArticleRecord, responses=_refusals(*EVERYWHERE, 404)
)
def article(article_id: str, engine: TheEngine, words: TheWords) -> Response:
    """One article, whole, with the offsets of its sentences."""
    found = engine.article(article_id)
    if found is None:
        return problem("not_found", words).response()
    return _json(article_record(found, engine.sentences(article_id)))


@router.post("/api/feedback", status_code=204, responses=_refusals(*EVERYWHERE, 408, 413, 422, 429, 503, 507))
def feedback(body: FeedbackRequest, settings: TheSettings, words: TheWords) -> Response:
    """Keep what a reader thinks of an answer; nothing about the reader is kept."""
    try:
        keep_feedback(body, settings.index)
    except FeedbackFull as error:
        log.warning("%s", error)
        return problem("feedback_full", words).response()
    except AssistantError as error:
        log.error("%s", error)
        return problem("unavailable", words).response()
    return Response(status_code=204)


@router.get("/static/theme.css", include_in_schema=False)
def theme(request: Request) -> Response:
    """The accent of the settings, for the style sheet that is the same everywhere."""
    return Response(request.app.state.theme.style, media_type="text/css", headers={"cache-control": "no-cache"})


@router.get("/static/logo", include_in_schema=False)
def logo(request: Request, words: TheWords) -> Response:
    image = request.app.state.theme.logo
    if image is None:
        return problem("not_found", words).response()
    return FileResponse(image, media_type=request.app.state.theme.logo_type, headers={"cache-control": "no-cache"})


@router.get("/api/answer.schema.json")
def answer_schema() -> dict[str, Any]:
    """JSON Schema of the answer object."""
    return AnswerRecord.model_json_schema(mode="serialization")


@router.get("/articles/{article_id:article_id}", include_in_schema=False)
def article_as_page(
    request: Request, article_id: str, engine: TheEngine, words: TheWords, settings: TheSettings
) -> Response:
    found = engine.article(article_id)
    if found is None:
        return missing_page(words, settings)
    address = str(request.base_url).rstrip("/") + article_path(article_id)
    return article_page(found, engine.sentences(article_id), engine.neighbours(found), address, words, settings)


@router.get("/healthz")
def health(request: Request, engine: TheEngine) -> HealthRecord | StatusRecord:
    """Answered with 200 as soon as the server listens; "starting" until there is an index."""
    facts, progress = engine.facts(), engine.progress()
    refused = engine.refusal()
    status = _status(facts.generation is not None, refused is not None)
    if request.state.person is None:
        return StatusRecord(status=status)
    return HealthRecord(
        status=status,
        generation=facts.generation,
        articles=facts.articles,
        refused=refused,
        indexing=None if progress is None else ProgressRecord(done=progress.done, total=progress.total),
    )


def _status(served: bool, refused: bool) -> Status:
    if served:
        return "degraded" if refused else "ok"
    return "unusable" if refused else "starting"


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, words: TheWords) -> Response:
    """The figures for Prometheus; to strangers there are none."""
    address = request.state.address
    if address is None or not is_within(address, request.app.state.metrics_from):
        return problem("not_found", words).response()
    return Response(request.app.state.telemetry.figures(), media_type=CONTENT_TYPE_LATEST)


@router.get("/", include_in_schema=False)
def home(words: TheWords) -> Response:
    """To the page in the reader's language; relative, so that it holds behind any prefix."""
    return RedirectResponse(f"{words.code}/", status_code=307, headers={"vary": "Accept-Language"})


class EventStream(StreamingResponse):
    """Events, which are no longer made once the caller is gone."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(events, media_type=EVENT_STREAM, headers={"cache-control": "no-store"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events):
            await super().__call__(scope, receive, send)


def _json(record: Record) -> Response:
    return Response(record.model_dump_json(), media_type="application/json")


async def _chunks(data: Iterable[str]) -> AsyncGenerator[bytes, None]:
    for chunk in data:
        yield format_sse_event(data_str=chunk)


async def _worded_chunks(
    writer: "Writer", answer: Answer, follow_up: "FollowUp", made: Chunks, abstention: str, root_path: str
) -> AsyncGenerator[bytes, None]:
    from assistant.worded_completions import worded_chunks

    async with aclosing(writer.word(answer, follow_up=follow_up)) as events:
        async for chunk in worded_chunks(events, answer_record(answer, root_path), made, abstention, root_path):
            yield format_sse_event(data_str=chunk)


async def _events(
    record: AnswerRecord, writer: "Writer | None", answer: Answer, root_path: str, follow_up: "FollowUp | None"
) -> AsyncGenerator[bytes, None]:
    for name, told in answer_events(record):
        yield _event(name, told)
    if writer is None:
        return
    from assistant.worded import worded_events

    async with aclosing(writer.word(answer, follow_up=follow_up)) as events:
        async for name, told in worded_events(events, root_path):
            yield _event(name, told)


def _event(name: str, told: Record) -> bytes:
    return format_sse_event(event=name, data_str=told.model_dump_json())


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T | None:
    """What ``work`` returns; it is cancelled when the caller goes away, and then there is nothing."""
    working = asyncio.create_task(work)
    tasks = working, asyncio.create_task(_gone(request))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return problem("malformed", _words(request)).response()
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return problem("invalid", _words(request), field=field).response()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _of_status(error.status_code, _words(request)).response()


async def _unavailable(request: Request, error: Exception) -> Response:
    return problem("unavailable", _words(request)).response()


def _of_status(status: int, words: Words) -> Problem:
    """What the framework refused by itself, as one of our problems."""
    if status == 413:
        return problem("too_large", words, limit=BODY_LIMIT // 1024)
    codes = {400: "malformed", 404: "not_found", 405: "method_not_allowed"}
    return problem(codes.get(status, "failed"), words)
