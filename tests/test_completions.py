"""Answers in the shape of OpenAI's chat completions."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from fake_engine import PAYLOADS, FakeEngine
from fastapi.testclient import TestClient
from markdown_it import MarkdownIt
from pydantic import ValidationError
from serving import running

from assistant.api import create_app
from assistant.completions import CompletionRequest, asked, chunks, completion
from assistant.errors import IndexUnusable, UsageError
from assistant.records import AnswerRecord, answer_record
from assistant.settings import Settings
from assistant.types import Article, Sentence

NOTHING = "Les articles ne répondent pas."


def record(question: str = "Combien de combattants étrangers Interpol a-t-il identifiés ?") -> AnswerRecord:
    return answer_record(FakeEngine().ask(question))


def request(*messages: tuple[str, object], **more: object) -> CompletionRequest:
    told = [{"role": role, "content": content} for role, content in messages]
    return CompletionRequest.model_validate({"model": "gpt-4", "messages": told, "temperature": 1, **more})


def test_the_last_message_of_the_user_is_the_question():
    found = asked(
        request(("system", "Sois bref."), ("user", "Qui ?"), ("assistant", "Lui. [1]"), ("user", "Et quand ?"))
    )
    assert (found.question, found.history) == ("Et quand ?", ["Qui ?"])


def test_a_message_may_come_in_parts():
    parts = [
        {"type": "text", "text": "Qui"},
        {"type": "image_url", "image_url": {"url": "x"}},
        {"type": "text", "text": "?"},
    ]
    assert asked(request(("user", parts))).question == "Qui\n?"


def test_without_a_question_the_way_out_is_told():
    with pytest.raises(UsageError, match="role 'user'"):
        asked(request(("system", "Bonjour")))


@pytest.mark.parametrize(
    "messages", [[], "x", [{"role": "robot", "content": "x"}], [{"role": "user", "content": "\ud800"}]]
)
def test_what_is_no_conversation_is_refused(messages):
    with pytest.raises(ValidationError):
        CompletionRequest.model_validate({"messages": messages})


def test_an_answer_with_its_citations():
    found = completion(record(), "r1", 1700000000, NOTHING)
    told = json.loads(found.model_dump_json())
    assert told["object"] == "chat.completion"
    content = told["choices"][0]["message"]["content"]
    assert content.startswith(record().answer + "\n\n[1] ")
    citation = told["sourcier"]["citations"][0]
    assert citation["quote"] in content and citation["url"] in content
    assert told["choices"][0]["finish_reason"] == "stop"


def test_an_abstention_says_so():
    found = completion(record("Quelle est la capitale du Pérou ?"), "r1", 1, NOTHING)
    assert found.choices[0].message.content == NOTHING
    assert found.sourcier.abstained and found.sourcier.nearest is not None


@pytest.mark.parametrize(
    "question", ["Combien de combattants étrangers Interpol a-t-il identifiés ?", "Capitale du Pérou ?"]
)
def test_a_stream_tells_the_same(question):
    told = list(chunks(record(question), "r1", 1, NOTHING))
    assert told[-1] == "[DONE]"
    read = [json.loads(chunk) for chunk in told[:-1]]
    assert {chunk["object"] for chunk in read} == {"chat.completion.chunk"}
    content = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in read)
    assert content == completion(record(question), "r1", 1, NOTHING).choices[0].message.content
    assert read[-1]["choices"][0]["finish_reason"] == "stop"
    assert read[-1]["sourcier"] == record(question).model_dump(mode="json")


# --- Over HTTP --------------------------------------------------------------------------------------------

ASKED = {"messages": [{"role": "user", "content": "Combien de combattants étrangers Interpol a-t-il identifiés ?"}]}


def client_of(engine: FakeEngine, **settings: object) -> TestClient:
    app = create_app(engine, Settings(**settings))
    return TestClient(app, "http://127.0.0.1:7860", raise_server_exceptions=False)


def test_a_completion_is_the_answer_of_the_api_with_whole_addresses():
    engine = FakeEngine()
    told = client_of(engine).post("/v1/chat/completions", json={"model": "gpt-4", **ASKED}).json()
    whole = record().model_dump(mode="json")
    urls = [citation.pop("url") for citation in told["sourcier"]["citations"]]
    assert urls == [f"http://127.0.0.1:7860{citation.pop('url')}" for citation in whole["citations"]]
    assert told["sourcier"] == whole
    assert told["id"].startswith("chatcmpl-") and told["created"] > 1_700_000_000
    assert engine.asked == [(whole["question"], (), None)]


def test_behind_a_prefix_the_addresses_have_it():
    app = create_app(FakeEngine(), Settings(hosts="news.example"))
    client = TestClient(app, "http://news.example", root_path="/qa")
    told = client.post("/qa/v1/chat/completions", json=ASKED).json()
    assert told["sourcier"]["citations"][0]["url"].startswith("http://news.example/qa/articles/2017-05-09-raqa#s")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_an_article_says_is_neither_picture_nor_link_nor_html(payload):
    one = Article("a", payload, title=payload, source=payload)
    engine = FakeEngine()
    engine.cited = [Sentence(one, 0, len(payload), 1, 0)]
    told = client_of(engine).post("/v1/chat/completions", json=ASKED).json()
    content = told["choices"][0]["message"]["content"]
    tokens = [token for block in MarkdownIt().parse(content) for token in block.children or []]
    assert {token.type for token in tokens} <= {"text", "softbreak", "text_special"}
    assert told["sourcier"]["citations"][0]["quote"] == payload
    shown = "".join(token.content for token in tokens)
    assert "".join(shown.split()).startswith("".join(payload.split()))


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind", "code"),
    [
        ({"messages": []}, {}, 422, "invalid_request_error", "invalid"),
        ({"messages": [{"role": "system", "content": "Bonjour"}]}, {}, 422, "invalid_request_error", "invalid"),
        (
            {"messages": [{"role": "user", "content": "a" * 2001}]},
            {},
            422,
            "invalid_request_error",
            "question_too_long",
        ),
        (ASKED, {"origin": "https://evil.example"}, 403, "permission_error", "origin_refused"),
        (ASKED, {"host": "evil.example"}, 400, "invalid_request_error", "host_refused"),
    ],
)
def test_a_refusal_has_the_shape_of_openais(body, headers, status, kind, code):
    response = client_of(FakeEngine()).post("/v1/chat/completions", json=body, headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (status, kind, code)
    assert error["message"]


def test_access_and_limits_are_those_of_questions():
    signed_on = {"auth_header": "X-Remote-User", "trusted_proxies": "127.0.0.1"}
    closed = client_of(FakeEngine(), **signed_on)
    for response in (closed.post("/v1/chat/completions", json=ASKED), closed.get("/v1/models")):
        assert (response.status_code, response.json()["error"]["type"]) == (401, "authentication_error")
    app = create_app(FakeEngine(), Settings(rate_limit=1))
    client = TestClient(app, "http://127.0.0.1", client=("192.0.2.1", 1))
    answers = [client.post("/v1/chat/completions", json=ASKED) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["type"] == "rate_limit_error"


def test_trouble_is_told_as_such():
    engine = FakeEngine()
    engine.error = IndexUnusable("none yet")
    response = client_of(engine).post("/v1/chat/completions", json=ASKED)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (503, "server_error", "no_index")


# --- With OpenAI's own client ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def openai_client():
    openai = pytest.importorskip("openai")
    import httpx  # noqa: F401 - whole, before the page imports it in another thread: the client looks into it

    with running(FakeEngine(), Settings(port=0)) as address:
        yield openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


def test_its_client_reads_an_answer(openai_client):
    found = openai_client.chat.completions.create(model="sourcier", **ASKED)
    assert found.choices[0].message.content.startswith("Interpol a identifié 14\u2009000 combattants")
    assert found.choices[0].finish_reason == "stop"
    assert found.sourcier["citations"][0]["article_id"] == "2017-05-09-raqa"
    assert [model.id for model in openai_client.models.list()] == [found.model] == ["sourcier"]


def test_its_client_reads_a_stream(openai_client):
    read = list(openai_client.chat.completions.create(model="sourcier", stream=True, **ASKED))
    content = "".join(chunk.choices[0].delta.content or "" for chunk in read)
    whole = openai_client.chat.completions.create(model="sourcier", **ASKED)
    assert content == whole.choices[0].message.content
    assert read[-1].choices[0].finish_reason == "stop"
    assert read[-1].sourcier["citations"] == whole.sourcier["citations"]


def test_its_client_knows_the_errors(openai_client):
    import openai

    with pytest.raises(openai.UnprocessableEntityError) as caught:
        openai_client.chat.completions.create(model="sourcier", messages=[{"role": "system", "content": "x"}])
    assert (caught.value.code, caught.value.type) == ("invalid", "invalid_request_error")


def test_the_command_of_the_documentation_runs():
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    page = (Path(__file__).parent.parent / "docs" / "interfaces.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ (curl .*?)$", page, re.DOTALL | re.MULTILINE)[:1]
    with running(FakeEngine(), Settings(port=0)) as address:
        ran = shlex.split(command.replace("http://127.0.0.1:7860", address))
        told = json.loads(subprocess.run([curl, *ran[1:]], capture_output=True, check=True).stdout)
    assert told["object"] == "chat.completion" and told["sourcier"]["citations"]
