"""Worded answers for other chat front ends and for programs that speak the Model Context Protocol."""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import PAYLOADS, FakeEngine
from fastapi.testclient import TestClient
from llm_server import SCENARIOS, LlmServer, faithful, given, leans, llm_server, quoted, says
from markdown_it import MarkdownIt
from serving import running, wait_until

from assistant.api import create_app
from assistant.generate.client import load
from assistant.generate.faults import message
from assistant.settings import Settings
from assistant.types import Article, Sentence

pytest.importorskip("langchain_openai")

ROOT = Path(__file__).parents[2]
QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"
#: Answered by several sentences.
OF_TWO = "Offensive et séisme en Turquie et en Syrie ?"
UNANSWERED = "Quelle est la capitale du Pérou ?"
LEANS = "Où vont les combattants ?"
MEANT = "Où vont les combattants étrangers qu'Interpol a identifiés en Syrie ?"


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    load()
    before = dict(SCENARIOS)
    SCENARIOS["understands"] = says(lambda body: MEANT if leans(body) else faithful(body))
    SCENARIOS["two"] = says(lambda body: f"{given(body)[0]} [1] Le pape a fui. [2] {given(body)[1]} [2]")
    SCENARIOS["quotes"] = says(lambda body: quoted(body) or f"{given(body)[0]} [1]")
    with llm_server() as started:
        yield started
    SCENARIOS.clear()
    SCENARIOS.update(before)


def settings(server: LlmServer, model: str, **more: object) -> Settings:
    return Settings(answers="generative", llm_url=server.url, llm_model=model, llm_seconds=5, **more)  # type: ignore[arg-type]


def client_of(given_settings: Settings, engine: FakeEngine | None = None) -> TestClient:
    return TestClient(create_app(engine or FakeEngine(), given_settings), "http://127.0.0.1:7860")


def asked(*questions: str, model: str = "sourcier-worded", **more: object) -> dict:
    return {"model": model, "messages": [{"role": "user", "content": question} for question in questions], **more}


def complete(client: TestClient, *questions: str, **more: object) -> dict:
    return client.post("/v1/chat/completions", json=asked(*questions, **more)).json()


def streamed(client: TestClient, *questions: str) -> list[dict]:
    text = client.post("/v1/chat/completions", json=asked(*questions, stream=True)).text
    data = [block.removeprefix("data: ") for block in text.split("\n\n") if block]
    assert data[-1] == "[DONE]"
    return [json.loads(chunk) for chunk in data[:-1]]


def contents(chunks: list[dict]) -> list[str]:
    return [content for chunk in chunks if (content := chunk["choices"][0]["delta"].get("content"))]


# --- Chat completions --------------------------------------------------------------------------------------


def test_the_second_name_is_there_where_answers_are_worded(server: LlmServer) -> None:
    def names(of: Settings) -> list[str]:
        return [model["id"] for model in client_of(of).get("/v1/models").json()["data"]]

    assert names(settings(server, "faithful")) == ["sourcier", "sourcier-worded"]
    assert names(Settings()) == ["sourcier"]


def test_the_default_name_stays_extractive_and_asks_no_model(server: LlmServer) -> None:
    before = len(server.requests)
    for model in ("sourcier", "gpt-4"):
        told = complete(client_of(settings(server, "faithful")), QUESTION, model=model)
        assert told["model"] == "sourcier" and told["sourcier"]["worded"] is None
        assert told == {**complete(client_of(Settings()), QUESTION), "id": told["id"], "created": told["created"]}
    assert len(server.requests) == before


def test_the_content_is_the_model_s_with_its_citations(server: LlmServer) -> None:
    told = complete(client_of(settings(server, "two")), OF_TWO)
    worded = told["sourcier"]["worded"]
    assert told["model"] == "sourcier-worded" and len(worded["statements"]) == 2 and worded["withheld"] == 1
    content = told["choices"][0]["message"]["content"]
    assert content.startswith(f"{worded['statements'][0]['text']} [1] {worded['statements'][1]['text']} [2]\n\n[1] ")
    assert "pape" not in content
    for citation in worded["citations"]:
        assert citation["url"].startswith("http://127.0.0.1:7860/articles/") and citation["url"] in content


def test_a_stream_tells_the_same_sentence_by_sentence(server: LlmServer) -> None:
    client = client_of(settings(server, "two"))
    whole, chunks = complete(client, OF_TWO), streamed(client, OF_TWO)
    assert {chunk["model"] for chunk in chunks} == {"sourcier-worded"}
    told = contents(chunks)
    assert "".join(told) == whole["choices"][0]["message"]["content"]
    texts = [statement["text"] for statement in whole["sourcier"]["worded"]["statements"]]
    assert told[:2] == [f"{texts[0]} [1]", f" {texts[1]} [2]"] and len(told) == 3
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["sourcier"] == whole["sourcier"]


@pytest.mark.parametrize(
    ("model", "code"), [("liar", "llm_unverified"), ("500", "llm_failed"), ("foreign", "llm_language")]
)
def test_else_it_is_the_articles_under_the_line_that_says_why(server: LlmServer, model: str, code: str) -> None:
    client = client_of(settings(server, model, llm_verify="mark"))
    told = complete(client, QUESTION)
    quoted_alone = complete(client, QUESTION, model="sourcier")["choices"][0]["message"]["content"]
    content = told["choices"][0]["message"]["content"]
    assert content == f"{message(code, 'fr')}\n\n{quoted_alone}"  # type: ignore[arg-type]
    assert told["sourcier"]["worded"]["fault"] == code and "secret" not in json.dumps(told)
    assert "".join(contents(streamed(client, QUESTION))) == content


def test_an_abstention_says_so_and_a_question_that_leans_is_understood(server: LlmServer) -> None:
    client = client_of(settings(server, "understands"))
    silent = complete(client, UNANSWERED)
    assert silent["choices"][0]["message"]["content"].startswith("Les articles ne répondent pas")
    assert "".join(contents(streamed(client, UNANSWERED))) == silent["choices"][0]["message"]["content"]
    told = complete(client, QUESTION, LEANS)
    assert told["sourcier"]["understood_as"] == MEANT and told["sourcier"]["worded"]["statements"]
    chunks = streamed(client, QUESTION, LEANS)
    assert "".join(contents(chunks)) == told["choices"][0]["message"]["content"]
    assert chunks[-1]["sourcier"]["understood_as"] == MEANT


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_model_repeats_is_neither_picture_nor_link_nor_html(server: LlmServer, payload: str) -> None:
    one = Article("a", payload, title=payload, source=payload, language="fr")
    engine = FakeEngine()
    engine.cited = [Sentence(one, 0, len(payload), 1, 0)]
    for chunked in (False, True):
        client = client_of(settings(server, "quotes"), engine)
        if chunked:
            content = "".join(contents(streamed(client, "Charge ?")))
        else:
            content = complete(client, "Charge ?")["choices"][0]["message"]["content"]
        tokens = [token for block in MarkdownIt().parse(content) for token in block.children or []]
        assert {token.type for token in tokens} <= {"text", "softbreak", "text_special"}


def test_a_caller_who_goes_away_stops_the_model(server: LlmServer) -> None:
    body = json.dumps(asked(QUESTION, stream=True)).encode()
    with running(FakeEngine(), settings(server, "pings", port=0, rate_limit=0)) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        for stream in (True, False) * 3:
            body = json.dumps(asked(QUESTION, stream=stream)).encode()
            before, gone = len(server.requests), server.gone
            with socket.create_connection((host, int(port))) as caller:
                head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
                head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                caller.sendall(head.encode() + body)
                wait_until(lambda before=before: len(server.requests) > before)
                began = time.monotonic()
            wait_until(lambda gone=gone: server.gone > gone)
            assert server.gone_at - began < 1


# --- The Model Context Protocol ------------------------------------------------------------------------------


def called(index: Path, environ: dict[str, str], *arguments: dict) -> tuple[list, list]:
    """The tools that a process offers, and what it answers to calls of ``ask``."""
    from mcp import Client, StdioServerParameters

    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "assistant", "mcp", "--index", str(index)],
        cwd=ROOT,
        env={**os.environ, **environ},
    )

    async def call() -> tuple[list, list]:
        async with Client(command) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool("ask", given_to) for given_to in arguments]

    return asyncio.run(call())


ASKED = "Qui a gagné la Coupe du monde en 2018 ?"


def test_a_tool_words_its_answer_where_it_is_asked_to(server: LlmServer, sample_index: Path) -> None:
    pytest.importorskip("mcp")
    environ = {"ASSISTANT_ANSWERS": "generative", "ASSISTANT_LLM_URL": server.url, "ASSISTANT_LLM_MODEL": "quotes"}
    before = len(server.requests)
    tools, (plain, worded, silent, wrong) = called(
        sample_index,
        environ,
        {"question": ASKED},
        {"question": ASKED, "worded": True},
        {"question": "Combien coûte un abonnement au métro de Tokyo ?", "worded": True},
        {"question": " ", "worded": True},
    )
    assert tools[0].input_schema["properties"]["worded"]["default"] is False
    assert [tool.name for tool in tools] == ["ask", "quote", "show"]
    assert plain.structured_content["worded"] is None
    told = worded.structured_content["worded"]
    assert told["mode"] == "generative" and told["statements"][0]["citations"] == [1] and told["model"] == "quotes"
    assert worded.content[0].text.startswith(plain.content[0].text) and "\n\nquotes: " in worded.content[0].text
    assert silent.structured_content["abstained"] and silent.structured_content["worded"]["statements"] == []
    assert wrong.is_error and "the question is empty" in wrong.content[0].text
    assert len(server.requests) == before + 1


def test_without_a_model_there_is_no_such_argument(sample_index: Path) -> None:
    pytest.importorskip("mcp")
    tools, (told,) = called(sample_index, {}, {"question": ASKED, "worded": True})
    assert "worded" not in tools[0].input_schema["properties"]
    assert told.is_error and "'worded': Extra inputs are not permitted" in told.content[0].text
