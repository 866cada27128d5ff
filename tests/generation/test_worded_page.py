"""Worded answers on the chat page, in a real browser: whatever the model does, an answer is there and stays."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from fake_engine import ARTICLES, PAYLOADS, FakeEngine
from llm_server import SCENARIOS, LlmServer, llm_server, says
from playwright.sync_api import Browser, Locator, Page, expect
from serving import running, wait_until

from assistant.generate.client import load
from assistant.generate.faults import message
from assistant.page.blocks import Converser
from assistant.page.messages import answer_message
from assistant.page.turns import Turn, remembered, turn_of, without_stale_words
from assistant.records import StatementRecord, WordedRecord
from assistant.settings import Settings
from assistant.words import CATALOGUE

pytest.importorskip("langchain_openai")

FRENCH = CATALOGUE["fr"]

QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés en Syrie ?"
SECOND = "Quinze pays sont-ils représentés ?"
UNANSWERED = "Combien de personnes au Danemark en ville ?"
SENTENCE = "Interpol a identifié 14 000 combattants étrangers qui ont rejoint la Syrie et l'Irak."

#: Seconds that a worded answer may take, and a slow machine besides.
DEADLINE, PATIENCE = 2, 20


@pytest.fixture(scope="module")
def server() -> Iterator[LlmServer]:
    load()
    with llm_server() as started:
        yield started


@contextmanager
def open_page(browser: Browser, url: str, model: str, **more: object) -> Iterator[Page]:
    settings = Settings(port=0, answers="generative", llm_url=url, llm_model=model, **more)  # type: ignore[arg-type]
    with running(FakeEngine(), settings) as address:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{address}/fr/")
        expect(page.locator("#worded input")).to_be_checked(timeout=PATIENCE * 1000)
        yield page
        context.close()


def ask(page: Page, question: str = QUESTION) -> Locator:
    """The reply once the articles have answered."""
    before = page.locator("#chat .turn").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#chat .turn")).to_have_count(before + 1, timeout=PATIENCE * 1000)
    return page.locator("#chat .answer").nth(before)


def ask_to_the_end(page: Page, question: str = QUESTION) -> Locator:
    reply = ask(page, question)
    expect(reply.locator(".wording")).to_have_count(0, timeout=PATIENCE * 1000)
    return reply


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("faithful", None),
        ("liar", "llm_unverified"),
        ("slow-headers", "llm_timeout"),
        ("drips", "llm_timeout"),
        ("500", "llm_failed"),
        ("html", "llm_not_api"),
        ("unreachable", "llm_unreachable"),
    ],
)
def test_whatever_the_model_does_an_answer_is_on_the_page(
    browser: Browser, server: LlmServer, model: str, fault: str | None
) -> None:
    url = server.url if model != "unreachable" else "http://127.0.0.1:9/v1"
    with open_page(browser, url, model, llm_seconds=DEADLINE) as page:
        reply = ask(page)
        expect(reply.locator("blockquote.statement .cite")).to_have_text(["[1]"])
        expect(reply.locator(".wording")).to_have_count(0, timeout=PATIENCE * 1000)
        if fault:
            expect(reply.locator(".fault")).to_have_text(message(fault, "fr"))  # type: ignore[arg-type]
            expect(reply.locator("blockquote.statement")).to_be_visible()
            assert reply.locator(".worded").count() == 0
        else:
            expect(reply.locator(".worded")).to_have_text(f"{SENTENCE}\u00a0[1] {FRENCH.verified}")
            expect(reply.locator("blockquote.statement")).to_be_hidden()
            reply.get_by_text(FRENCH.quotations).click()
            expect(reply.locator("blockquote.statement")).to_be_visible()
        expect(page.get_by_role("button", name=FRENCH.send)).to_be_visible()


def test_a_worded_sentence_leads_to_its_source(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "faithful") as page:
        chip = ask_to_the_end(page).locator(".worded .cite")
        chip.hover()
        expect(page.locator("#card .quote")).to_contain_text("14\u2009000 combattants")
        chip.click()
        expect(page.locator("#panel mark")).to_contain_text("14\u2009000 combattants")
        expect(chip).to_have_attribute("aria-current", "true")


def test_a_sentence_that_nothing_supports_is_marked_and_cites_nothing(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    invented = f"Le pape a visité Marseille {PAYLOADS[0]} [1]"
    monkeypatch.setitem(SCENARIOS, "hostile", says(lambda body: invented))
    with open_page(browser, server.url, "hostile", llm_verify="mark") as page:
        reply = ask_to_the_end(page)
        expect(reply.locator(".worded.unverified").first).to_contain_text("Le pape a visité Marseille")
        expect(reply.locator(".worded .verdict").first).to_have_text(FRENCH.unverified)
        assert reply.locator(".by-model :is(a, img, script, iframe)").count() == 0
        expect(reply.locator("blockquote.statement")).to_be_visible()


def test_the_model_is_asked_only_where_the_reader_and_the_articles_let_it(browser: Browser, server: LlmServer) -> None:
    asked = len(server.requests)
    with open_page(browser, server.url, "faithful") as page:
        expect(ask(page, UNANSWERED).locator(".abstention")).to_be_visible()
        page.get_by_label(FRENCH.worded_answers).uncheck()
        reply = ask(page)
        expect(reply.locator("blockquote.statement")).to_be_visible()
        assert reply.locator(".by-model, .quotations").count() == 0
        page.reload()
        expect(page.locator("#worded input")).not_to_be_checked(timeout=PATIENCE * 1000)
        expect(page.locator("#chat .turn")).to_have_count(2)
        assert ask(page, SECOND).locator(".by-model").count() == 0 and len(server.requests) == asked
        page.get_by_label(FRENCH.worded_answers).check()
        page.get_by_role("button", name=FRENCH.ask_again).last.click()
        expect(page.locator("#chat .worded")).to_have_count(1)
        assert len(server.requests) == asked + 1


def test_without_a_model_there_is_no_switch(browser: Browser) -> None:
    with running(FakeEngine(), Settings(port=0)) as address:
        page = browser.new_page()
        page.goto(f"{address}/fr/")
        expect(page.locator("#samples button:visible").first).to_be_visible(timeout=PATIENCE * 1000)
        assert page.locator("#worded").count() == 0
        assert ask(page).locator(".by-model, .quotations").count() == 0
        page.close()


# --- Stopping ---------------------------------------------------------------------------------------------


def test_a_stop_hangs_up_on_the_model_within_a_second(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "pings") as page:
        for _ in range(3):
            asked, gone = len(server.requests), server.gone
            reply = ask(page)
            expect(reply.locator(".wording")).to_have_text(FRENCH.wording)
            wait_until(lambda asked=asked: len(server.requests) > asked)
            began = time.monotonic()
            page.get_by_role("button", name=FRENCH.stop).click()
            expect(reply.locator(".wording")).to_have_count(0)
            wait_until(lambda gone=gone: server.gone > gone)
            assert server.gone_at - began < 1
            expect(reply.locator("blockquote.statement")).to_be_visible()
            expect(page.get_by_role("button", name=FRENCH.send)).to_be_visible()


def test_the_next_question_hangs_up_on_the_model(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "pings") as page:
        asked, gone = len(server.requests), server.gone
        first = ask(page)
        wait_until(lambda: len(server.requests) > asked)
        second = ask(page, SECOND)
        expect(first.locator(".wording")).to_have_count(0)
        expect(second.locator(".wording")).to_have_count(1)
        wait_until(lambda: server.gone > gone and len(server.requests) == asked + 2)
        expect(page.locator("#chat .question")).to_have_text([QUESTION, SECOND])
        page.get_by_role("button", name=FRENCH.stop).click()
        expect(second.locator(".wording")).to_have_count(0)


def test_a_reader_who_goes_away_does_not_keep_the_model_busy(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "pings") as page:
        asked, gone = len(server.requests), server.gone
        ask(page)
        wait_until(lambda: len(server.requests) > asked)
        page.close()
        wait_until(lambda: server.gone > gone, 9)  # It would go on for ten seconds.


# --- What is kept -----------------------------------------------------------------------------------------


#: Whether the browser has kept the words of a model.
KEPT = "() => JSON.parse(localStorage.getItem('sourcier.conversations'))?.[0].turns[0].answer.worded?.statements.length"


def test_a_worded_answer_survives_a_reload_and_is_copied_as_what_it_is(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "faithful") as page:
        reply = ask_to_the_end(page)
        page.wait_for_function(KEPT)
        shown = page.locator("#chat .message-wrap").inner_text()
        page.reload()
        expect(page.locator("#chat .worded")).to_have_count(1)
        assert page.locator("#chat .message-wrap").inner_text() == shown
        for tool in (FRENCH.copy_answer, FRENCH.copy_markdown):
            page.evaluate("navigator.clipboard.writeText('')")
            reply.get_by_role("button", name=tool).click()
            page.wait_for_function("async () => await navigator.clipboard.readText()")
            text = page.evaluate("navigator.clipboard.readText()").replace("\\", "").replace("**", "")
            parts = [FRENCH.by_model, SENTENCE, ARTICLES[0].title, FRENCH.quotations, "14\u2009000 combattants"]
            places = [text.index(part) for part in parts]
            assert places == sorted(places)
        page.get_by_role("button", name=FRENCH.export).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=FRENCH.export_html).click()
        html = download.value.path().read_text(encoding="utf-8")
        assert html.index(FRENCH.by_model) < html.index(SENTENCE) < html.index(FRENCH.quotations)


def test_worded_sentences_are_read_out_after_the_quotations(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "faithful") as page:
        ask_to_the_end(page)
        expect(page.locator("#heard p")).to_have_count(4)
        heard = page.locator("#heard p").all_inner_texts()
        assert heard[0] == FRENCH.thinking and heard[1].endswith("[1]")
        assert heard[2:] == [FRENCH.by_model, f"{SENTENCE}\u00a0[1] {FRENCH.verified}"]


def worded_turn(engine: FakeEngine, text: str = SENTENCE, fault: str | None = None) -> Turn:
    turn = turn_of(engine.ask(QUESTION), "g1")
    worded = WordedRecord(
        mode="generative",
        statements=[StatementRecord(text=text, citations=[1])],
        citations=turn.answer.citations,
        fault=fault,
        retryable=False,
        withheld=0,
    )
    return turn.model_copy(update={"answer": turn.answer.model_copy(update={"worded": worded})})


def recalled(turn: Turn, engine: FakeEngine) -> str:
    """The reply of a page without a model."""
    with ThreadPoolExecutor(1) as threads:
        messages, _ = Converser(engine, 2000, FRENCH, threads, None).recall(f"[{turn.model_dump_json()}]")
    return messages[-1]["content"]


def test_what_a_model_worded_is_not_shown_where_it_no_longer_stands() -> None:
    engine = FakeEngine()
    turn = worded_turn(engine)
    assert without_stale_words(turn, engine) == turn
    del engine.articles[ARTICLES[0].id]
    assert without_stale_words(turn, engine).answer.worded is None
    assert "by-model" not in recalled(worded_turn(FakeEngine()), FakeEngine())


def test_a_browser_s_memory_of_words_is_not_believed() -> None:
    turn = worded_turn(FakeEngine(), '<img src="x">', "<script>")
    reply = answer_message(turn, FRENCH)
    assert "<img" not in reply and "<script" not in reply
    assert remembered(f"[{turn.model_dump_json()}]") == (turn,)
    without = turn.answer.worded.model_copy(update={"citations": []})  # type: ignore[union-attr]
    broken = turn.model_copy(update={"answer": turn.answer.model_copy(update={"worded": without})})
    assert remembered(f"[{broken.model_dump_json()}]") == ()
