"""The wire to an OpenAI-compatible server: the only module that knows its library, and loads it when first used.

``BaseChatOpenAI`` rather than ``ChatOpenAI``: it sends ``max_tokens``, which every server knows. Its stream is read
directly: an output parser behind it would read on after a stop. Its own timeouts start anew with every byte that
comes, pings too, so the deadlines are ours.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from assistant.generate.faults import Code, Fault
from assistant.generate.prompt import Message
from assistant.generate.service import Service

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk
    from langchain_openai.chat_models.base import BaseChatOpenAI
    from openai import DefaultAsyncHttpxClient

log = logging.getLogger(__name__)

#: Tokens and characters of an answer; what is longer is no answer to a question.
MOST_TOKENS = 256
MOST_CHARACTERS = 3000

#: Of what a server said, in the log.
DETAIL = 300

#: Headers that the library fills in from the environment; they are not for this server.
_STRAY = ("openai-organization", "openai-project")

_CONTEXT = re.compile(r"context.{0,40}(?:length|size|window)|exceed_context|too many tokens|maximum.{0,20}tokens", re.I)
_LOADING = re.compile(r"load", re.I)
_OF_STATUS: dict[int, Code] = {401: "llm_auth", 403: "llm_auth", 404: "llm_model_missing", 429: "llm_rate_limited"}


def load() -> None:
    """Import the library, which takes a second: in a thread, so that nothing else waits."""
    import langchain_openai.chat_models.base  # noqa: F401


async def stream(
    service: Service, messages: Sequence[Message], deadline: float, grammar: str | None = None
) -> AsyncGenerator[str, None]:
    """The pieces of the model's answer; closed early, it closes the connection.

    :param deadline: On the clock of the running event loop.
    :raises Fault: If the server does not answer, or not to the end.
    """
    async with _http_client(service) as client:
        model = _chat_model(service, client, grammar)
        characters, finished = 0, None
        answered = cast("AsyncGenerator[AIMessageChunk, None]", model.astream(list(messages)))
        async with aclosing(answered) as chunks:
            iterator, patience = aiter(chunks), service.first_token_timeout
            while (chunk := await _next(iterator, min(deadline, _now() + patience))) is not None:
                finished = chunk.response_metadata.get("finish_reason") or finished
                piece = chunk.text
                if not piece:
                    continue
                patience = service.idle_timeout
                characters += len(piece)
                if characters > MOST_CHARACTERS:
                    raise Fault("llm_loop", f"more than {MOST_CHARACTERS} characters")
                yield piece
        if finished != "stop":
            raise Fault("llm_interrupted", f"finish_reason {finished}")


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _next(chunks: AsyncIterator[Any], until: float) -> Any | None:
    """The next chunk, None at the end.

    :raises Fault: If there is none until then, or the server or the library fails.
    """
    import openai

    try:
        async with asyncio.timeout_at(until):
            return await anext(chunks, None)
    except (TimeoutError, openai.APITimeoutError) as error:
        raise Fault("llm_timeout", _detail(error)) from error
    except openai.APIStatusError as error:
        raise Fault(_code(error.status_code, str(error.body or error)), _detail(error)) from error
    except openai.APIConnectionError as error:
        raise Fault(_of_connection(error), _detail(error)) from error
    except openai.APIError as error:  # told within the stream
        raise Fault("llm_context" if _CONTEXT.search(str(error)) else "llm_failed", _detail(error)) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Fault("llm_interrupted", _detail(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # what the library makes of a strange answer
        raise Fault("llm_not_api", _detail(error)) from error
    except _http_errors() as error:
        raise Fault("llm_interrupted", _detail(error)) from error


def _code(status: int, body: str) -> Code:
    if status < 400 or (status == 404 and "model" not in body.lower()):
        return "llm_not_api"
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status == 503 and _LOADING.search(body):
        return "llm_loading"
    if status >= 500:
        return "llm_failed"
    return "llm_context" if _CONTEXT.search(body) else "llm_refused"


def _of_connection(error: BaseException | None) -> Code:
    """Never connected, or broken off while answering: the causes tell."""
    while error is not None:
        if type(error).__name__ in ("ReadError", "RemoteProtocolError"):
            return "llm_interrupted"
        error = error.__cause__ or error.__context__
    return "llm_unreachable"


def _http_errors() -> tuple[type[Exception], ...]:
    import httpx2

    return (httpx2.HTTPError, httpx2.StreamError)


def _detail(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:DETAIL].replace("\n", " ")


def _http_client(service: Service) -> "DefaultAsyncHttpxClient":
    """A client of its own for each answer: it is closed with it, and asks no proxy for the way to this machine."""
    import httpx2
    from openai import DefaultAsyncHttpxClient

    async def without_strays(request: Any) -> None:
        for name in _STRAY:
            request.headers.pop(name, None)

    return DefaultAsyncHttpxClient(
        trust_env=not service.is_local,
        follow_redirects=False,
        timeout=httpx2.Timeout(service.total_timeout, connect=service.connect_timeout),
        event_hooks={"request": [without_strays]},
    )


def _chat_model(service: Service, client: "DefaultAsyncHttpxClient", grammar: str | None) -> "BaseChatOpenAI":
    from langchain_openai.chat_models.base import BaseChatOpenAI
    from pydantic import SecretStr

    return BaseChatOpenAI(
        base_url=service.url,
        model=service.model,
        api_key=SecretStr(service.key or "none"),  # without one, that of the environment is sent anywhere
        openai_proxy="",
        http_async_client=client,
        max_retries=0,
        temperature=0,
        max_tokens=MOST_TOKENS,
        streaming=True,
        stream_usage=False,
        stream_chunk_timeout=None,  # with one, a stop is lost now and then (CPython gh-86296)
        extra_body={"grammar": grammar, "structured_outputs": {"grammar": grammar}} if grammar else None,
    )
