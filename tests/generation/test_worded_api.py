"""Worded answers over HTTP: behind the answer from the articles, and stopped when nobody waits for them."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from llm_server import LlmServer, llm_server
from serving import running, wait_until

from assistant.api import create_app
from assistant.errors import UsageError
from assistant.generate.client import load
from assistant.records import answer_record
from assistant.settings import Settings

pytest.importorskip("langchain_openai")

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"
UNANSWERED = "Quelle est la capitale du Pérou ?"
EVENTS = {"accept": "text/event-stream"}


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    load()
    with llm_server() as started:
        yield started


def generative(server: LlmServer, model: str, **more: object) -> Settings:
    return Settings(answers="generative", llm_url=server.url, llm_model=model, llm_seconds=5, **more)  # type: ignore[arg-type]


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(FakeEngine(), settings), "http://127.0.0.1:7860")


def events(client: TestClient, question: str = QUESTION) -> list[tuple[str, dict]]:
    content = client.post("/api/ask", json={"question": question}, headers=EVENTS).text
    pairs = [block.split("\n") for block in content.split("\n\n") if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def test_the_words_of_the_model_come_behind_the_answer(server: LlmServer) -> None:
    told = events(client_of(generative(server, "faithful")))
    whole = answer_record(FakeEngine().ask(QUESTION)).model_dump(mode="json")
    before = [*(("statement", statement) for statement in whole["statements"]), ("answer", whole)]
    assert told[: len(before)] == before
    waiting, worded, ended = told[len(before) :]
    assert waiting == ("waiting", {"model": "faithful"})
    first = whole["citations"][0]
    assert worded[0] == "worded" and worded[1]["statement"]["citations"] == [1] and worded[1]["reasons"] == []
    assert [(one["number"], one["quote"], one["url"]) for one in worded[1]["citations"]] == [
        (1, first["quote"], first["url"])
    ]
    assert ended == ("ended", {"code": None, "retryable": False, "withheld": 0})


def test_without_a_stream_they_are_a_field(server: LlmServer) -> None:
    told = client_of(generative(server, "faithful")).post("/api/ask", json={"question": QUESTION}).json()
    worded = told.pop("worded")
    whole = answer_record(FakeEngine().ask(QUESTION)).model_dump(mode="json")
    assert whole.pop("worded") is None and told == whole
    assert (worded["mode"], worded["fault"], worded["withheld"]) == ("generative", None, 0)
    assert [one["citations"] for one in worded["statements"]] == [[1]]
    assert worded["citations"][0]["quote"] == whole["citations"][0]["quote"]


@pytest.mark.parametrize(
    ("model", "code", "retryable", "withheld"),
    [("500", "llm_failed", True, 0), ("liar", "llm_unverified", False, 1), ("html", "llm_not_api", False, 0)],
)
def test_what_goes_wrong_is_told_by_code_and_the_answer_stays(
    server: LlmServer, model: str, code: str, retryable: bool, withheld: int
) -> None:
    client = client_of(generative(server, model))
    told = events(client)
    assert [name for name, _ in told if name != "statement"] == ["answer", "waiting", "ended"]
    assert told[-1][1] == {"code": code, "retryable": retryable, "withheld": withheld}
    response = client.post("/api/ask", json={"question": QUESTION})
    assert response.json()["worded"] == {
        "mode": "extractive", "statements": [], "citations": [], "fault": code, "retryable": retryable,
        "withheld": withheld, "glosses": {}, "model": model,
    }  # fmt: skip
    assert response.json()["statements"] and "secret" not in response.text


def test_an_unsupported_sentence_comes_with_its_reasons_where_that_is_asked_for(server: LlmServer) -> None:
    told = events(client_of(generative(server, "inventor", llm_verify="mark")))
    (worded,) = [data for name, data in told if name == "worded"]
    assert worded["reasons"] and worded["citations"] == [] == worded["statement"]["citations"]


def test_where_the_articles_are_silent_no_model_is_asked(server: LlmServer) -> None:
    asked = len(server.requests)
    client = client_of(generative(server, "faithful"))
    assert [name for name, _ in events(client, UNANSWERED)] == ["answer", "ended"]
    assert client.post("/api/ask", json={"question": UNANSWERED}).json()["worded"]["fault"] is None
    assert len(server.requests) == asked


def test_variables_of_openai_change_nothing(server: LlmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-stray")
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client_of(Settings()).post("/api/ask", json={"question": QUESTION}).json()["worded"] is None
    assert events(client_of(generative(server, "faithful")))[-1][1]["code"] is None
    assert "sk-stray" not in str(server.headers[-1])


def test_a_wrong_setting_is_told_at_the_start() -> None:
    with pytest.raises(UsageError, match="ASSISTANT_LLM_URL is empty"):
        client_of(Settings(answers="generative"))
    with pytest.raises(UsageError, match="'answers' has value 'magic'"):
        client_of(Settings(answers="magic"))


def test_nothing_of_language_models_is_imported_where_answers_are_extractive() -> None:
    code = """
import sys; sys.path.insert(0, "tests")
from fake_engine import FakeEngine
from assistant.page.chat import gradio_host
from assistant.server import open_server
from assistant.settings import Settings
gradio_host(FakeEngine(), Settings(), None)
server, listener = open_server(FakeEngine(), Settings(port=0))
listener.close()
print([name for name in sys.modules if name.startswith(("assistant.generate", "assistant.worded", "openai"))])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_caller_who_goes_away_stops_the_model_within_a_second(server: LlmServer) -> None:
    """Fifty times of fifty: half of them read the stream, half wait for the whole."""
    took = []
    body = json.dumps({"question": QUESTION}).encode()
    with running(FakeEngine(), generative(server, "pings", port=0, rate_limit=0)) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        for accept in ["text/event-stream", "application/json"] * 25:
            asked, gone = len(server.requests), server.gone
            with socket.create_connection((host, int(port))) as caller:
                head = f"POST /api/ask HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n"
                head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                caller.sendall(head.encode() + body)
                wait_until(lambda asked=asked: len(server.requests) > asked)
                began = time.monotonic()
            wait_until(lambda gone=gone: server.gone > gone)
            took.append(server.gone_at - began)
    assert len(took) == 50 and max(took) < 1
