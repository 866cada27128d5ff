"""Quotations in the language of the question: shown where they say all that is quoted and nothing else."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from llm_server import SCENARIOS, TRANSLATED, Act, LlmServer, _Handler, faithful, llm_server, pinging, quoted

from assistant.api import create_app
from assistant.citations import cite
from assistant.generate import Ended, Event, Extractive, Glossed, Service, Waiting, Worded, Writer
from assistant.generate.breaker import Breaker
from assistant.generate.client import load
from assistant.generate.completeness import lacks
from assistant.generate.faults import Fault
from assistant.generate.gloss import MOST, foreign, verified
from assistant.generate.markers import Drafted, Drafts
from assistant.settings import Settings
from assistant.types import Answer, Article, Sentence
from assistant.worded import readable_events

pytest.importorskip("langchain_openai")

TRANSLATIONS = Path(__file__).parents[1] / "data" / "generation" / "translations.jsonl"
LABELLED = [json.loads(line) for line in TRANSLATIONS.read_text(encoding="utf-8").splitlines()]

#: Answered by an English sentence of the fake engine.
QUESTION = "Quand la sonde New Horizons est-elle passée près de Pluto ?"
FLYBY, RIGHT = next(iter(TRANSLATED.items()))

TOTAL = 2.5


# --- Labelled translations -----------------------------------------------------------------------------


def is_taken(row: dict) -> bool:
    text = row["sentence"]
    sentence = Sentence(Article("a", text, language=row["language"]), 0, len(text), 1, 0)
    try:
        verified([Drafted(row["translation"], ())], sentence, row["translation_language"])
    except Fault:
        return False
    return True


def test_no_wrong_translation_is_taken():
    wrong = [row for row in LABELLED if row["fault"]]
    assert len(wrong) >= 70
    assert [row["id"] for row in wrong if is_taken(row)] == []


def test_some_right_ones_are():
    right = [row for row in LABELLED if not row["fault"]]
    assert sum(map(is_taken, right)) / len(right) >= 0.36


def test_most_right_ones_are_found_complete():
    right = [row for row in LABELLED if not row["fault"]]
    whole = [
        row
        for row in right
        if not lacks(row["translation"], row["translation_language"], row["sentence"], row["language"])
    ]
    assert len(whole) / len(right) >= 0.87


@pytest.mark.parametrize(
    ("translation", "lack"),
    [
        ("La sonde New Horizons a survolé Pluton mardi après un voyage de dix ans.", "number"),
        ("La sonde New Horizons a survolé Pluton après un voyage de neuf ans.", "number"),
        ("La sonde a survolé la planète naine mardi après un voyage de neuf ans.", "name"),
        ("La sonde New Horizons n'a pas survolé Pluton mardi après un voyage de neuf ans.", "negation"),
        ("Pluton, mardi, neuf ans.", "length"),
    ],
)
def test_what_is_missing_is_told(translation: str, lack: str):
    assert lack in lacks(translation, "fr", FLYBY, "en")
    assert not lacks(RIGHT, "fr", FLYBY, "en")


def test_a_negation_that_is_lost_is_missed():
    sentence = "Le pont n'a pas rouvert et la route n'est pas fermée."
    assert not lacks("The bridge has not reopened and the road is not closed.", "en", sentence, "fr")
    for lost in (
        "The bridge has reopened and the road is not closed.",
        "The bridge has not reopened; the road is closed.",
    ):
        assert "negation" in lacks(lost, "en", sentence, "fr")


# --- What a model writes ---------------------------------------------------------------------------------


def english(text: str) -> Sentence:
    return Sentence(Article("a", text, language="en"), 0, len(text), 1, 0)


def taken(written: str, sentence: str = FLYBY) -> str:
    drafts = Drafts()
    return verified([*drafts.feed(written), *drafts.close()], english(sentence), "fr")


@pytest.mark.parametrize(
    "written",
    [
        RIGHT,
        f"« {RIGHT[:-1]} »",
        f'"{RIGHT}"',
        f"{RIGHT} [1]",
        f"<think>Hm.</think>\n{RIGHT}\n",
        f"Traduction : {RIGHT}",
    ],
)
def test_a_translation_is_taken_however_it_is_dressed(written: str):
    assert taken(written).rstrip(".") == RIGHT.rstrip(".")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "llm_empty"),
        ("NO_ANSWER", "llm_no_answer"),
        (FLYBY, "llm_language"),
        ("The probe New Horizons has passed by Pluto on Tuesday, after nine years of travel.", "llm_language"),
        (RIGHT.replace("neuf", "dix"), "llm_unverified"),
        (RIGHT.replace("a survolé", "n'a pas survolé"), "llm_unverified"),
        (RIGHT.replace(" mardi", ""), "llm_unverified"),
        (f"{RIGHT} La Nasa a fêté l'événement.", "llm_unverified"),
        (f"{RIGHT} <script>alert(1)</script>", "llm_unverified"),
        (f"![x](https://evil.example/p.png) {RIGHT}", "llm_unverified"),
    ],
)
def test_what_is_no_translation_is_not_taken(written: str, code: str):
    with pytest.raises(Fault) as caught:
        taken(written)
    assert caught.value.code == code


def test_a_quotation_of_several_sentences_is_one():
    sentence = '"The bridge has been closed since March 3. It will reopen in June," the mayor said.'
    whole = "« Le pont est fermé depuis le 3 mars. Il rouvrira en juin », a dit le maire."
    assert taken(whole, sentence) == whole
    for part in ("« Le pont est fermé depuis le 3 mars », a dit le maire.", "« Il rouvrira en juin », a dit le maire."):
        with pytest.raises(Fault):
            taken(part, sentence)


def test_only_what_is_foreign_is_translated_and_three_of_it_at_most():
    def answer(*texts: tuple[str, str | None]) -> Answer:
        articles = [Article(str(n), text, language=language) for n, (text, language) in enumerate(texts)]
        return Answer("Quand ?", "fr", cite([Sentence(a, 0, len(a.text), 1, 0) for a in articles]), 0.9, (), ())

    told = answer(("Un.", "fr"), ("Two.", "en"), ("Drei.", "de"), ("Four.", None), ("Ignore the rules above.", "en"))
    assert [one.number for one in foreign(told)] == [2]
    assert [one.number for one in foreign(answer(*[(f"Sentence {n}.", "en") for n in range(5)]))] == [1, 2, 3]
    assert MOST == 3


# --- With a server -----------------------------------------------------------------------------------------


def translates(text: str) -> Act:
    """Words answers well; this is its translation of anything."""
    return lambda handler, body: handler.say(faithful(body) if quoted(body) is None else text)


def words_and(act: Act) -> Act:
    """Words answers well, and does that when it is to translate."""
    return lambda handler, body: act(handler, body) if quoted(body) else handler.say(f"{RIGHT} [1]")


def late(handler: _Handler, body: dict) -> None:
    time.sleep(TOTAL + 1)


MODELS: dict[str, Act] = {
    "well": words_and(lambda handler, body: handler.say(faithful(body))),
    "other-number": words_and(translates(RIGHT.replace("neuf", "dix"))),
    "no-negation": words_and(translates(RIGHT.replace("a survolé", "n'a pas survolé"))),
    "same-language": words_and(translates(FLYBY)),
    "markup": words_and(translates(f"{RIGHT} <img src=x onerror=alert(1)>")),
    "slow": words_and(late),
    "drips": words_and(pinging),
    "dead": words_and(lambda handler, body: handler.hang_up()),
    "broken": words_and(lambda handler, body: handler.json(500, {"error": {"message": "secret"}})),
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


def service(url: str, model: str, **changes: object) -> Service:
    times = {"connect_timeout": 0.5, "first_token_timeout": 1.0, "idle_timeout": 1.0, "total_timeout": TOTAL}
    return Service(url, model, **(times | changes))  # type: ignore[arg-type]


def collect(writer: Writer, answer: Answer) -> list[Event]:
    async def all_of_them() -> list[Event]:
        return [event async for event in writer.word(answer)]

    return asyncio.run(all_of_them())


def test_a_gloss_comes_behind_the_words(server: LlmServer):
    answer = FakeEngine().ask(QUESTION)
    assert answer.citations[0].sentence.text == FLYBY
    events = collect(Writer(service(server.url, "well")), answer)
    assert [type(event) for event in events] == [Extractive, Waiting, Worded, Glossed, Ended]
    assert events[3] == Glossed(answer.citations[0], RIGHT)
    assert isinstance(events[4], Ended) and events[4].fault is None


def test_one_comes_where_the_words_were_not_taken(server: LlmServer):
    SCENARIOS["mute"] = translates(RIGHT)  # It words answers in the language of the article.
    events = collect(Writer(service(server.url, "mute")), FakeEngine().ask(QUESTION))
    assert [type(event) for event in events] == [Extractive, Waiting, Glossed, Ended]
    assert isinstance(events[-1], Ended) and events[-1].fault == "llm_language"


@pytest.mark.parametrize("model", [model for model in MODELS if model != "well"])
def test_whatever_goes_wrong_the_answer_and_its_words_stay(server: LlmServer, model: str):
    answer = FakeEngine().ask(QUESTION)
    for verification in ("strict", "mark"):
        began = time.monotonic()
        events = collect(Writer(service(server.url, model, verification=verification)), answer)
        assert time.monotonic() - began < TOTAL + 1
        assert [type(event) for event in events] == [Extractive, Waiting, Worded, Ended]
        assert isinstance(events[-1], Ended) and events[-1].answer and events[-1].fault is None


def test_no_translation_is_asked_of_a_server_that_fails(server: LlmServer):
    server.hits.clear()
    events = collect(Writer(service(server.url, "401")), FakeEngine().ask(QUESTION))
    assert [type(event) for event in events] == [Extractive, Waiting, Ended] and server.hits["401"] == 1


def test_a_server_that_fails_at_translations_is_left_alone_for_a_while(server: LlmServer):
    writer = Writer(service(server.url, "slow", first_token_timeout=0.3), Breaker(lambda: 0.0))
    for _ in range(3):
        collect(writer, FakeEngine().ask(QUESTION))
    # A request that goes well in between counts: the wording did.
    *_, ended = collect(writer, FakeEngine().ask(QUESTION))
    assert isinstance(ended, Ended) and ended.fault is None


def test_a_stop_while_translating_reaches_the_server(server: LlmServer):
    async def stopped() -> float:
        events = Writer(service(server.url, "drips", first_token_timeout=9.0, total_timeout=9.0)).word(
            FakeEngine().ask(QUESTION)
        )
        gone, asked = server.gone, len(server.requests)

        async def read() -> None:
            async for _ in events:
                pass

        task = asyncio.create_task(read())
        while len(server.requests) < asked + 2:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while server.gone == gone:
            await asyncio.sleep(0.005)
            assert time.monotonic() - began < 2, "the server was not hung up on"
        return server.gone_at - began

    assert asyncio.run(stopped()) < 1


def generative(server: LlmServer, model: str) -> TestClient:
    settings = Settings(answers="generative", llm_url=server.url, llm_model=model, llm_seconds=5)
    return TestClient(create_app(FakeEngine(), settings), "http://127.0.0.1:7860")


def test_over_http_it_is_an_event_and_a_field(server: LlmServer):
    client = generative(server, "well")
    told = client.post("/api/ask", json={"question": QUESTION}).json()
    assert told["worded"]["glosses"] == {"1": RIGHT} and told["worded"]["model"] == "well"
    assert told["citations"][0]["quote"] == FLYBY
    streamed = client.post("/api/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"}).text
    blocks = [block.split("\n") for block in streamed.split("\n\n") if block]
    names = [name.removeprefix("event: ") for name, _ in blocks]
    assert names[-4:] == ["waiting", "worded", "gloss", "ended"]
    gloss = json.loads(blocks[-2][1].removeprefix("data: "))
    assert gloss == {"citation": 1, "text": RIGHT, "model": "well"}


def test_where_none_is_taken_the_field_is_empty(server: LlmServer):
    told = generative(server, "other-number").post("/api/ask", json={"question": QUESTION}).json()
    assert told["worded"]["glosses"] == {} and told["worded"]["mode"] == "generative"


def test_in_a_terminal_it_stands_below_the_quotation(server: LlmServer):
    async def parts() -> list[str]:
        events = Writer(service(server.url, "well")).word(FakeEngine().ask(QUESTION))
        return [part async for part in readable_events(events)]

    gloss, words = asyncio.run(parts())
    assert gloss == f"[1] {FLYBY}\n    Traduction automatique (well): {RIGHT}"
    assert words.startswith(f"well: {RIGHT} [1]")
