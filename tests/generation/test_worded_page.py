"""Worded answers on the chat page, in a real browser: whatever the model does, an answer is there and stays."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from fake_engine import ARTICLES, PAYLOADS, FakeEngine
from llm_server import SCENARIOS, TRANSLATED, Act, LlmServer, faithful, given, leans, llm_server, says
from playwright.sync_api import Browser, Locator, Page, expect
from serving import running, wait_until

from assistant.generate.client import load
from assistant.generate.faults import message
from assistant.page.blocks import Converser
from assistant.page.markup import escaped
from assistant.page.messages import answer_message
from assistant.page.turns import Turn, digest_asked, remembered, turn_of, without_stale_words
from assistant.records import StatementRecord, WordedRecord
from assistant.settings import Settings
from assistant.worded import NOTHING_TOLD
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


# --- Quotations in another language -----------------------------------------------------------------------

#: Answered by an English sentence.
FOREIGN = "Quand la sonde New Horizons est-elle passée près de Pluto ?"
FLYBY, TRANSLATION = next(iter(TRANSLATED.items()))


def test_a_quotation_in_another_language_has_its_translation_below_it(browser: Browser, server: LlmServer) -> None:
    with open_page(browser, server.url, "faithful") as page:
        reply = ask_to_the_end(page, FOREIGN)
        below = reply.locator("blockquote.statement + .told + .translation")
        expect(below.locator(".by")).to_have_text("Traduction automatique (faithful)")
        expect(below).to_contain_text(TRANSLATION)
        expect(below.locator("[lang]")).to_have_attribute("lang", "fr")
        expect(reply.locator("blockquote.statement .quote")).to_have_text(FLYBY)
        expect(page.locator("#heard")).to_contain_text(TRANSLATION)
        shown = page.locator("#chat .message-wrap").inner_text()
        page.reload()
        expect(page.locator("#chat .translation")).to_have_count(1)
        assert page.locator("#chat .message-wrap").inner_text() == shown
        for tool in (FRENCH.copy_answer, FRENCH.copy_markdown):
            page.evaluate("navigator.clipboard.writeText('')")
            reply.get_by_role("button", name=tool).click()
            page.wait_for_function("async () => await navigator.clipboard.readText()")
            copied = page.evaluate("navigator.clipboard.readText()").replace("\\", "")
            assert "New Horizons probe flew past" in copied and "survolé" not in copied


def test_a_translation_that_is_not_taken_leaves_the_quotation_as_it_is(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "mistaken", says(lambda body: TRANSLATION.replace("neuf", "dix")))
    with open_page(browser, server.url, "mistaken", llm_verify="mark") as page:
        reply = ask_to_the_end(page, FOREIGN)
        expect(reply.locator("blockquote.statement .quote")).to_have_text(FLYBY)
        assert reply.locator(".translation").count() == 0


def glossed_turn(engine: FakeEngine, text: str = TRANSLATION) -> Turn:
    turn = turn_of(engine.ask(FOREIGN), "g1")
    worded = NOTHING_TOLD.model_copy(update={"glosses": {1: text}, "model": "<b>m</b>"})
    return turn.model_copy(update={"answer": turn.answer.model_copy(update={"worded": worded})})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_whatever_a_translation_holds_it_stays_a_text(payload: str) -> None:
    shown = answer_message(glossed_turn(FakeEngine(), payload), FRENCH)
    assert escaped(payload.split(maxsplit=1)[0]) in shown and "<b>" not in shown
    assert not re.search(r"<(?:script|img|svg|style|iframe|a href=\"javascript)", shown)


def test_a_translation_goes_with_what_it_translates() -> None:
    engine = FakeEngine()
    turn = glossed_turn(engine)
    assert remembered(f"[{turn.model_dump_json()}]") == (turn,)
    assert without_stale_words(turn, engine) == turn
    del engine.articles["2015-07-15-pluto"]
    assert without_stale_words(turn, engine).answer.worded.glosses == {}  # type: ignore[union-attr]
    assert remembered(f"[{turn.model_dump_json()}]".replace('"glosses":{"1"', '"glosses":{"7"')) == ()


# --- Questions that lean on earlier ones -----------------------------------------------------------------

LEANS = "Où vont les combattants ?"
MEANT = "Où vont les combattants étrangers qu'Interpol a identifiés en Syrie ?"


def rewords(text: str) -> Act:
    return says(lambda body: faithful(body) if leans(body) is None else text)


def test_a_question_that_leans_on_another_is_understood_by_the_model(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "understands", rewords(MEANT))
    with open_page(browser, server.url, "understands") as page:
        ask_to_the_end(page)
        reply = ask(page, LEANS)
        expect(reply.locator(".understood .revise")).to_have_text(MEANT, timeout=PATIENCE * 1000)
        expect(reply.locator(".wording")).to_have_count(0, timeout=PATIENCE * 1000)
        expect(reply.locator(".worded")).to_have_text(f"{SENTENCE}\u00a0[1] {FRENCH.verified}")
        assert reply.locator(".abstention").count() == 0
        expect(page.locator("#chat .question")).to_have_text([QUESTION, LEANS])
        expect(page.locator("#heard")).to_contain_text(MEANT)
        reply.locator(".understood .revise").click()
        expect(page.locator("#question textarea")).to_have_value(MEANT)
        page.reload()
        expect(page.locator("#chat .understood .revise")).to_have_text(MEANT)


def test_what_a_model_makes_up_of_a_question_leaves_the_abstention(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "makes-up", rewords(MEANT.replace("Syrie", "Libye")))
    with open_page(browser, server.url, "makes-up", llm_verify="mark") as page:
        ask_to_the_end(page)
        reply = ask_to_the_end(page, LEANS)
        expect(reply.locator(".abstention")).to_be_visible()
        assert reply.locator(".understood, .by-model, .fault").count() == 0


def test_while_the_model_reads_the_question_that_is_told_and_can_be_stopped(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        SCENARIOS, "ponders", lambda handler, body: SCENARIOS["pings" if leans(body) else "faithful"](handler, body)
    )
    with open_page(browser, server.url, "ponders") as page:
        ask_to_the_end(page)
        gone = server.gone
        reply = ask(page, LEANS)
        expect(reply.locator(".wording")).to_have_text(FRENCH.rewording)
        expect(reply.locator(".abstention")).to_be_visible()
        page.get_by_role("button", name=FRENCH.stop).click()
        expect(reply.locator(".wording")).to_have_count(0)
        wait_until(lambda: server.gone > gone)
        expect(reply.locator(".abstention")).to_be_visible()


# --- Several articles summed up --------------------------------------------------------------------------

#: Answered by sentences of two articles.
OF_TWO = "Offensive et séisme en Turquie et en Syrie ?"


def sums_up(body: dict) -> str:
    return f"{given(body)[0]} [1] {given(body)[-1]} [{len(given(body))}]"


def test_the_articles_of_an_answer_are_summed_up(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "sums-up", says(sums_up))
    with open_page(browser, server.url, "sums-up") as page:
        ask_to_the_end(page, OF_TWO)
        page.get_by_role("button", name=FRENCH.digest).click()
        reply = page.locator("#chat .answer.digested")
        expect(reply.locator(".worded")).to_have_count(2, timeout=PATIENCE * 1000)
        expect(reply.locator(".wording")).to_have_count(0, timeout=PATIENCE * 1000)
        expect(page.locator("#chat .question")).to_have_text([OF_TWO, FRENCH.digest_of.format(subject=OF_TWO)])
        assert reply.locator(".worded").first.evaluate("one => getComputedStyle(one).display") == "inline"
        expect(reply.locator(".by-model .sources li")).to_have_count(2)
        shown = page.locator("#chat .message-wrap").inner_text()
        reply.get_by_text(FRENCH.quotations).click()
        dates = reply.locator(".dateline .date").all_inner_texts()
        assert dates == ["9 mai 2017", FRENCH.unknown_date]
        assert reply.get_by_role("button", name=FRENCH.digest).count() == 0
        assert reply.locator(".rating").count() == 0
        page.reload()
        expect(page.locator("#chat .digested .worded")).to_have_count(2)
        assert page.locator("#chat .message-wrap").inner_text() == shown
        next_one = ask_to_the_end(page, "Et au Danemark ?")
        expect(next_one.locator(".understood .revise")).to_contain_text(OF_TWO)


def test_where_the_model_cites_one_article_a_sentence_of_each_stays(
    browser: Browser, server: LlmServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_page(browser, server.url, "faithful") as page:
        ask_to_the_end(page, OF_TWO)
        page.get_by_role("button", name=FRENCH.digest).click()
        reply = page.locator("#chat .answer.digested")
        expect(reply.locator(".fault")).to_have_text(message("llm_one_article", "fr"), timeout=PATIENCE * 1000)
        expect(reply.locator("blockquote.statement")).to_have_count(2)
        expect(reply.locator("blockquote.statement").first).to_be_visible()
        assert reply.locator(".worded").count() == 0


def test_a_summary_is_offered_for_several_articles_and_while_answers_are_worded(
    browser: Browser, server: LlmServer
) -> None:
    with open_page(browser, server.url, "faithful") as page:
        assert ask_to_the_end(page).get_by_role("button", name=FRENCH.digest).count() == 0
        offered = ask_to_the_end(page, OF_TWO).get_by_role("button", name=FRENCH.digest)
        expect(offered).to_be_visible()
        page.get_by_label(FRENCH.worded_answers).uncheck()
        expect(offered).to_be_hidden()


def test_without_a_model_no_summary_is_offered() -> None:
    assert 'class="digest"' not in answer_message(turn_of(FakeEngine().ask(OF_TWO), "g1"), FRENCH)
    assert 'class="digest"' in answer_message(turn_of(FakeEngine().ask(OF_TWO), "g1"), FRENCH, digests=True)


@pytest.mark.parametrize("asked", ["", "null", "{}", '{"subject": "x", "articles": ["a"]}', '{"subject": 3}', "[1]"])
def test_what_names_no_articles_is_left_alone(asked: str) -> None:
    assert digest_asked(asked) is None


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
