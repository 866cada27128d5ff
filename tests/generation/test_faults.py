"""Whatever the model and its server do, the answer from the articles is there at once and the end in time."""

import asyncio
import time

import pytest
from fake_engine import FakeEngine
from llm_server import SCENARIOS, LlmServer, llm_server, says

from assistant.generate.breaker import FAILURES, Breaker
from assistant.generate.client import load
from assistant.generate.events import Ended, Event, Extractive, Waiting, Worded
from assistant.generate.faults import CODES, message
from assistant.generate.service import Service
from assistant.generate.writer import Writer
from assistant.types import Answer

pytest.importorskip("langchain_openai")

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"
TOTAL = 2.5

#: What is told at the end, None where the answer is worded whole.
EXPECTED = {
    **dict.fromkeys(
        [
            "faithful",
            "one-by-one",
            "all-at-once",
            "thinks",
            "sloppy-marks",
            "uncited",
            "wrong-id",
            "id-99",
            "odd-fields",
            "no-done",
            "context-half",
            "500-once",
        ]
    ),
    "no-stream": "llm_not_api",
    "liar": "llm_unverified",
    "inventor": "llm_unverified",
    "contrary": "llm_unverified",
    "foreign": "llm_language",
    "refuses": "llm_no_answer",
    "blank": "llm_empty",
    "empty": "llm_empty",
    "marks-only": "llm_empty",
    "repeats": "llm_loop",
    "drones": "llm_loop",
    "endless": "llm_loop",
    "drips": "llm_timeout",
    "length": "llm_interrupted",
    "filtered": "llm_interrupted",
    "401": "llm_auth",
    "403": "llm_auth",
    "404-model": "llm_model_missing",
    "404-html": "llm_not_api",
    "429": "llm_rate_limited",
    "500": "llm_failed",
    "503-loading": "llm_loading",
    "400": "llm_refused",
    "context-llama": "llm_context",
    "context-vllm": "llm_context",
    "html": "llm_not_api",
    "redirect": "llm_not_api",
    "json-200": "llm_not_api",
    "slow-headers": "llm_timeout",
    "slow-first": "llm_timeout",
    "pings": "llm_timeout",
    "stalls": "llm_timeout",
    "ends-early": "llm_interrupted",
    "cut": "llm_interrupted",
    "reset": "llm_interrupted",
    "reset-at-once": "llm_interrupted",
    "bad-json": "llm_interrupted",
    "bad-bytes": "llm_interrupted",
    "error-within": "llm_failed",
    "no-finish": "llm_interrupted",
    "null": "llm_not_api",
}


@pytest.fixture(scope="module")
def server():
    load()
    with llm_server() as running:
        yield running


def service(url: str, model: str, **changes: object) -> Service:
    times = {"connect_timeout": 0.5, "first_token_timeout": 1.0, "idle_timeout": 1.0, "total_timeout": TOTAL}
    return Service(url, model, **(times | changes))  # type: ignore[arg-type]


def answer(question: str = QUESTION) -> Answer:
    return FakeEngine().ask(question)


def word(writer: Writer, asked: Answer) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in writer.word(asked)]

    return asyncio.run(collect())


def test_every_scenario_is_expected_to_end_somehow():
    assert set(EXPECTED) == set(SCENARIOS)
    assert len(SCENARIOS) >= 30


@pytest.mark.parametrize("model", SCENARIOS)
def test_it_ends_in_time_with_an_answer(server: LlmServer, model: str):
    server.hits.clear()
    asked = answer()
    began = time.monotonic()
    events = word(Writer(service(server.url, model)), asked)
    assert time.monotonic() - began < TOTAL + 1
    assert events[0] == Extractive(asked)
    assert [type(event) for event in events[:2]] == [Extractive, Waiting]
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert ended.fault == EXPECTED[model]
    worded = [event for event in events if isinstance(event, Worded)]
    assert all(event.verified and event.statement.citations for event in worded)
    assert (ended.answer.statements if ended.answer else ()) == tuple(event.statement for event in worded)
    if ended.fault is None:
        assert "14\u2009000" in worded[0].statement.text or "14 000" in worded[0].statement.text
        assert worded[0].statement.citations[0].sentence == asked.citations[0].sentence


def test_a_verified_sentence_stays_when_the_rest_goes_wrong(server: LlmServer):
    *_, ended = word(Writer(service(server.url, "repeats")), answer())
    assert isinstance(ended, Ended)
    assert ended.answer is not None and len(ended.answer.statements) == 1
    assert ended.fault == "llm_loop"


def test_nobody_listens():
    *_, ended = word(Writer(service("http://127.0.0.1:9/v1", "m")), answer())
    assert isinstance(ended, Ended) and ended.fault == "llm_unreachable" and ended.retryable


def test_an_abstention_asks_no_model(server: LlmServer):
    asked = answer("Quelle est la capitale du Pérou ?")
    assert asked.abstained
    before = len(server.requests)
    events = word(Writer(service(server.url, "faithful")), asked)
    assert [type(event) for event in events] == [Extractive, Ended]
    assert len(server.requests) == before


def test_unsupported_sentences_are_shown_as_such_where_that_is_asked_for(server: LlmServer):
    events = word(Writer(service(server.url, "inventor", verification="mark")), answer())
    shown = [event for event in events if isinstance(event, Worded)]
    assert len(shown) == 1 and not shown[0].verified and not shown[0].statement.citations
    assert isinstance(events[-1], Ended) and events[-1].answer is None


def test_spans_are_asked_for_by_grammar_and_shown_with_their_sentence(server: LlmServer):
    SCENARIOS["copies"] = says(lambda body: "14 000 combattants étrangers")
    asked = answer()
    events = word(Writer(service(server.url, "copies", protocol="spans")), asked)
    del SCENARIOS["copies"]
    (shown,) = [event for event in events if isinstance(event, Worded)]
    assert shown.statement.citations[0].sentence == asked.citations[0].sentence
    sent = server.requests[-1]
    assert sent["grammar"] == sent["structured_outputs"]["grammar"]
    assert sent["grammar"].startswith('root ::= "NO_ANSWER" | ')


def test_a_server_that_is_down_is_left_alone_for_a_while():
    now = [0.0]
    writer = Writer(service("http://127.0.0.1:9/v1", "m"), Breaker(lambda: now[0]))
    told = []
    for _ in range(FAILURES + 1):
        *_, ended = word(writer, answer())
        assert isinstance(ended, Ended)
        told.append(ended.fault)
    assert told == ["llm_unreachable"] * FAILURES + ["llm_paused"]
    now[0] = 31.0
    *_, ended = word(writer, answer())
    assert isinstance(ended, Ended) and ended.fault == "llm_unreachable"


def test_one_answer_at_a_time(server: LlmServer):
    writer = Writer(service(server.url, "drips"))

    async def both() -> list[Ended]:
        async def last() -> Ended:
            events = [event async for event in writer.word(answer())]
            assert isinstance(events[-1], Ended)
            return events[-1]

        return list(await asyncio.gather(last(), last()))

    assert [ended.fault for ended in asyncio.run(both())] == ["llm_timeout", "llm_busy"]


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_stop_reaches_the_server_within_a_second(server: LlmServer, way: str):
    """Fifty times of fifty, half of them before the first word."""

    async def once(model: str) -> float:
        events = Writer(service(server.url, model, first_token_timeout=9.0, total_timeout=9.0)).word(answer())
        gone, asked = server.gone, len(server.requests)

        async def read() -> None:
            async for _ in events:
                pass

        task = asyncio.create_task(read())
        while len(server.requests) == asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if way == "close":
            await events.aclose()
        while server.gone == gone:
            await asyncio.sleep(0.005)
            assert time.monotonic() - began < 2, "the server was not hung up on"
        return server.gone_at - began

    async def all_of_them() -> list[float]:
        return [await once(model) for model in ["pings", "talks"] * 12 + ["pings"]]

    SCENARIOS["talks"] = SCENARIOS["pings"]
    took = asyncio.run(all_of_them())
    del SCENARIOS["talks"]
    assert max(took) < 1


def test_what_a_server_says_is_not_shown(server: LlmServer):
    for model in ("500", "401", "error-within"):
        *_, ended = word(Writer(service(server.url, model)), answer())
        assert "secret" not in repr(ended)


@pytest.mark.parametrize("code", CODES)
def test_every_fault_has_a_french_and_an_english_text(code):
    assert message(code, "fr") != message(code, "en")
    assert message(code, "de") == message(code, "en")
