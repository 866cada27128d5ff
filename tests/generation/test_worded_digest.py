"""Several articles summed up by a model: one paragraph, each sentence verified, two articles cited or none of it."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from llm_server import SCENARIOS, LlmServer, given, llm_server, says

from assistant.api import create_app
from assistant.citations import cite
from assistant.cli import main
from assistant.generate import DIGEST, Ended, Event, Extractive, Service, Waiting, Worded, Writer
from assistant.generate.client import load
from assistant.generate.faults import message
from assistant.settings import Settings
from assistant.types import Answer, Article, Digest, Sentence

pytest.importorskip("langchain_openai")

SUBJECT = "le pont de Sauville"
TEXTS = [
    ("Le pont de Sauville a fermé en mars.", "La mairie de Sauville a promis une enquête."),
    ("Le pont de Sauville a rouvert en juin.", "Il a coûté 12 millions d'euros."),
    ("Les péages du pont de Sauville ont augmenté.",),
]
TOTAL = 2.5


def digest(count: int = 3) -> Digest:
    sentences = []
    for number, texts in enumerate(TEXTS[:count]):
        article = Article(f"a{number}", " ".join(texts), title="Le pont de Sauville", language="fr")
        places = [article.text.index(text) for text in texts]
        sentences += [
            Sentence(article, at, at + len(text), n, 0)
            for n, (at, text) in enumerate(zip(places, texts, strict=True), 1)
        ]
    best = [sentence for sentence in sentences if sentence.number == 1]
    return Digest(Answer(SUBJECT, "fr", cite(best), 0.9, (), ()), tuple(sentences))


def all_given(body: dict) -> str:
    return " ".join(f"{text} [{number}]" for number, text in enumerate(given(body), 1))


MODELS = {
    "sums-up": says(lambda body: f"{TEXTS[0][0]} [1] {TEXTS[1][0]} [3]"),
    "all": says(all_given),
    "one-article": says(lambda body: f"{TEXTS[0][0]} [1] {TEXTS[0][1]} [2]"),
    "invents-one": says(lambda body: f"{TEXTS[0][0]} [1] Le pont de Sauville est rose. [2] {TEXTS[1][0]} [3]"),
    "invents": says(lambda body: "Le pont de Sauville est rose. [1] Le maire a fui en Italie. [3]"),
    "goes-on": says(lambda body: f"{all_given(body)} {TEXTS[0][1]} [2]"),
    "joins": says(lambda body: "Le pont de Sauville a fermé en mars et a rouvert en juin. [1][3]"),
    "speaks-up": says(lambda body: f"{given(body)[0]} [1] {given(body)[-1]} [2]"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    load()
    before = dict(SCENARIOS)
    SCENARIOS.update(MODELS)
    with llm_server() as running:
        yield running
    SCENARIOS.clear()
    SCENARIOS.update(before)


def events(server: LlmServer, model: str, of: Digest, **changes: object) -> list[Event]:
    times = {"connect_timeout": 0.5, "first_token_timeout": 1.0, "idle_timeout": 1.0, "total_timeout": TOTAL}
    writer = Writer(Service(server.url, model, **(times | changes)))  # type: ignore[arg-type]

    async def collect() -> list[Event]:
        return [event async for event in writer.word(of.answer, of.sentences, DIGEST)]

    return asyncio.run(collect())


def worded(told: list[Event]) -> list[Worded]:
    return [event for event in told if isinstance(event, Worded)]


def ended(told: list[Event]) -> Ended:
    assert isinstance(told[-1], Ended)
    return told[-1]


def test_a_paragraph_of_several_articles(server: LlmServer):
    told = events(server, "sums-up", digest())
    assert [type(event) for event in told] == [Extractive, Waiting, Worded, Worded, Ended]
    answer = ended(told).answer
    assert answer is not None and answer.text == f"{TEXTS[0][0]} [1] {TEXTS[1][0]} [2]"
    assert [citation.sentence.article.id for citation in answer.citations] == ["a0", "a1"]
    assert ended(told).fault is None


def test_it_is_asked_with_instructions_of_its_own_and_the_sentences_in_order(server: LlmServer):
    events(server, "sums-up", digest(), protocol="spans")
    sent = server.requests[-1]
    assert "grammar" not in sent
    assert "plusieurs articles" in sent["messages"][0]["content"]
    assert given(sent) == [text for texts in TEXTS for text in texts]
    assert sent["messages"][-1]["content"].endswith(f"Sujet : {SUBJECT}")


def test_five_sentences_at_most(server: LlmServer):
    for model in ("all", "goes-on"):
        told = events(server, model, digest())
        assert len(worded(told)) == 5 and ended(told).fault is None


def test_what_nothing_supports_is_left_out(server: LlmServer):
    told = events(server, "invents-one", digest())
    assert [event.statement.text for event in worded(told)] == [TEXTS[0][0], TEXTS[1][0]]
    assert ended(told).withheld == 1


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("one-article", "llm_one_article"),
        ("invents", "llm_unverified"),
        ("joins", "llm_unverified"),
        ("refuses", "llm_no_answer"),
        ("foreign", "llm_language"),
        ("500", "llm_failed"),
        ("slow-first", "llm_timeout"),
        ("drips", "llm_timeout"),
        ("reset-at-once", "llm_interrupted"),
    ],
)
@pytest.mark.parametrize("verification", ["strict", "mark"])
def test_else_the_sentences_of_the_articles_stand(server: LlmServer, model: str, code: str, verification: str):
    began = time.monotonic()
    told = events(server, model, digest(), verification=verification)
    assert time.monotonic() - began < TOTAL + 1
    assert worded(told) == []
    assert (ended(told).answer, ended(told).fault) == (None, code)
    assert told[0] == Extractive(digest().answer)


def test_of_one_article_there_is_nothing_to_ask(server: LlmServer):
    asked = len(server.requests)
    told = events(server, "sums-up", digest(1))
    assert [type(event) for event in told] == [Extractive, Ended] and ended(told).fault == "llm_one_article"
    assert len(server.requests) == asked


def test_what_was_told_stays_when_the_rest_goes_wrong(server: LlmServer):
    SCENARIOS["repeats-all"] = says(lambda body: f"{TEXTS[0][0]} [1] {TEXTS[1][0]} [3] {TEXTS[1][0]} [3]")
    told = events(server, "repeats-all", digest())
    assert len(worded(told)) == 2 and ended(told).fault == "llm_loop" and ended(told).answer is not None


# --- As people get it ------------------------------------------------------------------------------------

TURKEY = "La Turquie, la Syrie et les secours"


def client_of(server: LlmServer, model: str) -> TestClient:
    settings = Settings(answers="generative", llm_url=server.url, llm_model=model, llm_seconds=5)
    return TestClient(create_app(FakeEngine(), settings), "http://127.0.0.1:7860")


def test_over_http(server: LlmServer):
    told = client_of(server, "speaks-up").post("/api/digest", json={"subject": TURKEY}).json()
    assert told["worded"]["mode"] == "generative" and told["worded"]["model"] == "speaks-up"
    assert len({citation["article_id"] for citation in told["worded"]["citations"]}) == 2
    failed = client_of(server, "500").post("/api/digest", json={"subject": TURKEY})
    assert failed.json()["worded"]["fault"] == "llm_failed" and "secret" not in failed.text
    assert failed.json()["statements"] == told["statements"]


@pytest.fixture
def generative(monkeypatch: pytest.MonkeyPatch, server: LlmServer):
    monkeypatch.setenv("ASSISTANT_ANSWERS", "generative")
    monkeypatch.setenv("ASSISTANT_LLM_URL", server.url)
    return lambda model: monkeypatch.setenv("ASSISTANT_LLM_MODEL", model)


def test_on_the_command_line(generative, sample_index: Path, capsys: pytest.CaptureFixture[str]):
    command = ["digest", "le mont Blanc", "--index", str(sample_index)]
    generative("speaks-up")
    assert main(command) == 0
    quoted, paragraph = capsys.readouterr().out.split("\nspeaks-up: ")
    assert quoted.count(" 20") >= 3 and paragraph.splitlines()[0].endswith("[2]") and "[1]" in paragraph.splitlines()[0]
    generative("one-article")
    assert main(command) == 0
    assert message("llm_unverified", "fr") in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["worded"]["fault"] == "llm_unverified"
