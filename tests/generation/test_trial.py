import re

import pytest
from llm_server import SCENARIOS, LlmServer, given, llm_server, says

from assistant.generate.client import load
from assistant.generate.service import Service
from assistant.generate.trial import trial

pytest.importorskip("langchain_openai")


@pytest.fixture(scope="module")
def server():
    load()
    SCENARIOS["cites-well"] = says(lambda body: f"{given(body)[0]} [1]" if given(body) else "oui")
    SCENARIOS["invents"] = says(lambda body: "L'aéroport a fermé en 1999. [1]")
    with llm_server() as running:
        yield running
    del SCENARIOS["cites-well"], SCENARIOS["invents"]


def told(url: str, model: str, **changes: object) -> tuple[list[bool], str]:
    times = {"connect_timeout": 0.5, "first_token_timeout": 1.0, "idle_timeout": 1.0, "total_timeout": 2.0}
    lines = list(trial(Service(url, model, **(times | changes))))  # type: ignore[arg-type]
    return [fine for fine, _ in lines], lines[-1][1]


def test_a_server_that_does_well(server: LlmServer):
    fine, last = told(server.url, "cites-well")
    assert fine == [True] * 4
    assert "412" in last


def test_a_server_that_lies(server: LlmServer):
    fine, last = told(server.url, "invents")
    assert fine == [True, True, True, False]
    assert "llm_unverified" in last and "larger model" in last


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        ("nope", "It has: .*ollama pull"),
        ("401", "ASSISTANT_LLM_KEY_VARIABLE"),
        ("404-model", "ollama pull"),
        ("503-loading", "Wait until"),
        ("slow-first", "too slow"),
        ("html", "/v1"),
        ("500", "its log"),
    ],
)
def test_what_is_wrong_is_told_with_the_way_out(server: LlmServer, model: str, way_out: str):
    fine, last = told(server.url, model)
    assert not fine[-1] and all(fine[:-1])
    assert re.search(way_out, last)


def test_nobody_listens():
    fine, last = told("http://127.0.0.1:9/v1", "m")
    assert fine == [True, False]
    assert "ollama serve" in last
