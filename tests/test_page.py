"""The chat page and the article page in a real browser, over a real socket."""

import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from fake_engine import ARTICLES, PAYLOADS, SAMPLES, FakeEngine, sentences_of
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from assistant.errors import IndexUnusable, UsageError
from assistant.guard import page_needs
from assistant.page import blocks
from assistant.page.messages import escaped
from assistant.server import open_server
from assistant.settings import Settings
from assistant.types import Article, Progress
from assistant.words import CATALOGUE, Words

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUESTION = "Combien de combattants étrangers en Syrie ? La Turquie participe-t-elle ? Quinze pays représentés ?"
UNANSWERED = "Combien de personnes au Danemark en ville ?"

#: Bytes over the wire that a first visit may cost.
COLD_WEIGHT = 350 * 1024


@contextmanager
def running(engine: FakeEngine, settings: Settings) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    listening: list[str] = []
    server, listener = open_server(engine, settings, listening.append)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        wait_until(lambda: bool(listening))
        yield listening[0].rstrip("/")
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the server does not stop"


def wait_until(done, seconds: float = 15) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def shared_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def address(shared_engine: FakeEngine) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "REFRESH", 0.3)
        with running(shared_engine, Settings(port=0)) as address:
            yield address


@pytest.fixture
def engine(shared_engine: FakeEngine) -> FakeEngine:
    """The engine behind the running server, as new."""
    shared_engine.__init__()  # type: ignore[misc]
    return shared_engine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile with a warm cache, of a reader whose browser speaks neither of the page's languages."""
    context = browser.new_context(locale="de-DE", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page in which, whatever a test does, nothing may fail or leave for another host."""
    with watched(context.new_page(), address) as page:
        yield page


@contextmanager
def watched(page: Page, address: str) -> Iterator[Page]:
    requests: list[str] = []
    failures: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert [url for url in requests if not url.startswith((f"{address}/", "data:", "blob:"))] == []
    assert [failure for failure in failures if "status of 404" not in failure] == []


def visit(page: Page, address: str, language: str = "fr") -> None:
    page.goto(f"{address}/{language}/")
    expect(page.locator("#question textarea")).to_be_visible()


def ask(page: Page, question: str) -> Locator:
    """The reply to a question that was typed and sent with Enter."""
    before = page.locator("#chat .bot-row").count()
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")
    reply = page.locator("#chat .bot-row").nth(before)
    expect(reply.locator(".sources, .problem, .abstention").first).to_be_visible()
    return reply


# --- The first visit --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_first_visit_tells_what_can_be_asked(page: Page, address: str, engine: FakeEngine, words: Words) -> None:
    visit(page, address, words.code)
    assert page.title() == "Sourcier" and page.locator("h1").inner_text() == "Sourcier"
    expect(page.locator("html")).to_have_attribute("lang", words.code)
    expect(page.get_by_text(words.purpose)).to_be_visible()
    expect(page.get_by_text(words.invitation)).to_be_visible()
    expect(page.locator("#samples button:visible")).to_have_text(SAMPLES[words.code])
    corpus = {
        "fr": "4 articles, le plus récent du 9 mai 2017",
        "en": "4 articles, the newest from 9 May 2017",
    }
    expect(page.locator("#corpus")).to_have_text(corpus[words.code])
    expect(page.locator("#question textarea")).to_be_focused()


@pytest.mark.parametrize(("words", "other"), [(FRENCH, ENGLISH), (ENGLISH, FRENCH)], ids=["fr", "en"])
def test_a_page_is_in_one_language_whatever_the_browser_speaks(
    page: Page, address: str, engine: FakeEngine, words: Words, other: Words
) -> None:
    visit(page, address, words.code)
    ask(page, "The New Horizons probe flew past Pluto").locator(".cite").first.click()
    expect(page.locator("#panel mark")).to_be_visible()
    shown = page.locator("body").inner_text()
    names = [name for _, name in accessible(page)]
    for field in (
        "purpose",
        "question_hint",
        "new_conversation",
        "copy_answer",
        "open_article",
        "close",
        "send",
    ):
        theirs = getattr(other, field)
        assert theirs not in shown and theirs not in names
    assert words.send in names and words.close in names and words.question in names


def accessible(page: Page) -> list[tuple[str, str]]:
    """Role and name of everything one can operate, as assistive technology is told."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "textbox", "log")
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in roles
    ]


def test_everything_one_can_operate_has_a_name(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    assert [node for node in accessible(page) if not node[1]] == []
    ask(page, QUESTION).locator(".cite").first.click()
    expect(page.locator("#panel mark")).to_be_visible()
    named = accessible(page)
    assert [node for node in named if not node[1]] == []
    assert ("log", FRENCH.conversation) in named and ("button", FRENCH.next_citation) in named
    assert page.locator("[aria-label*='<']").count() == 0


def test_the_other_language_is_one_click_away(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    # Leaving while Gradio still loads makes it complain of requests cut off.
    expect(page.locator("#samples button:visible")).to_have_text(SAMPLES["fr"])
    page.get_by_role("link", name="English").click()
    expect(page.locator("#samples button:visible")).to_have_text(SAMPLES["en"])
    expect(page).to_have_url(f"{address}/en/")
    expect(page.get_by_text(ENGLISH.invitation)).to_be_visible()


def test_a_first_visit_is_light(browser: Browser, address: str, engine: FakeEngine) -> None:
    page = browser.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    received: list[int] = []
    failed: list[str] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    visit(page, address)
    expect(page.locator("#samples button:visible").first).to_be_visible()
    page.close()
    assert 0 < sum(received) <= COLD_WEIGHT
    assert len(received) <= 60 and failed == []


def test_samples_are_asked_by_a_click(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    page.locator("#samples button:visible").first.click()
    expect(page.locator("#chat .question")).to_have_text(SAMPLES["fr"][0])
    expect(page.locator("#chat .statement .quote").first).to_contain_text("14\u2009000 combattants")
    expect(page.locator("#samples")).to_be_hidden()
    expect(page.locator("#question textarea")).to_be_focused()


def test_a_page_opened_before_there_is_an_index_follows_the_indexing(
    page: Page, address: str, engine: FakeEngine
) -> None:
    engine.generation, engine.building = None, Progress(1, 40)
    visit(page, address)
    expect(page.locator("#corpus .banner")).to_have_text("1 article sur 40 indexé")
    assert page.locator("#samples button:visible").count() == 0
    engine.building = Progress(12, 40)
    expect(page.locator("#corpus .banner")).to_have_text("12 articles sur 40 indexés")
    engine.building = None
    expect(page.locator("#corpus .banner")).to_have_text(FRENCH.nothing_indexed)
    engine.generation = "g2"
    expect(page.locator("#corpus")).to_have_text("4 articles, le plus récent du 9 mai 2017")
    expect(page.locator("#samples button:visible")).to_have_count(2)


# --- Answers ----------------------------------------------------------------------------------------------


def test_an_answer_is_quotations_with_numbers_and_their_sources(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    reply = ask(page, QUESTION)
    expected = [statement.text for statement in FakeEngine().ask(QUESTION).statements]
    assert reply.locator(".quote").evaluate_all("all => all.map(one => one.textContent)") == expected
    expect(reply.locator("blockquote .cite")).to_have_text(["[1]", "[2]", "[3]"])
    expect(reply.locator(".quote").first).to_have_attribute("lang", "fr")
    expect(reply.locator(".sources li")).to_have_count(1)  # All three are from one article.
    source = reply.locator(".sources li")
    for text in ("[1]", "[3]", ARTICLES[0].title, "9 mai 2017", "AFP", "fr"):
        expect(source).to_contain_text(text)
    expect(page.locator("#question textarea")).to_have_value("")


def test_an_article_without_a_date_says_so(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    expect(ask(page, "Combien de morts le séisme a-t-il fait en Turquie ?").locator(".sources")).to_contain_text(
        "date inconnue"
    )


def test_an_abstention_says_so_and_marks_what_comes_nearest(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    reply = ask(page, UNANSWERED)
    expect(reply.locator(".abstention")).to_have_text(FRENCH.abstention)
    expect(reply.locator(".caution")).to_have_text(FRENCH.nearest)
    expect(reply.locator("blockquote.nearest .cite").first).to_have_text("[1]")
    assert reply.locator(".statement, .copy").count() == 0
    reply.locator("blockquote .cite").first.click()
    expect(page.locator("#panel mark")).to_be_visible()


def test_earlier_questions_go_with_the_next_until_the_conversation_is_begun_anew(
    page: Page, address: str, engine: FakeEngine
) -> None:
    visit(page, address)
    ask(page, QUESTION)
    reply = ask(page, "Et la Turquie ?")
    assert engine.asked[-1] == ("Et la Turquie ?", (QUESTION,), None)
    expect(reply.locator(".understood")).to_have_text(f"Compris comme : Et la Turquie ? ({QUESTION})")
    page.get_by_role("button", name=FRENCH.new_conversation).click()
    expect(page.locator("#chat .message-row")).to_have_count(0)
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.get_by_text(FRENCH.invitation)).to_be_visible()
    ask(page, "Et la Turquie ?")
    assert engine.asked[-1] == ("Et la Turquie ?", (), None)


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        ("a" * 2001, None, "La question dépasse 2\u202f000 caractères. Raccourcissez-la."),
        (QUESTION, IndexUnusable("no index"), FRENCH.problems["no_index"]),
        (QUESTION, RuntimeError("a bug"), FRENCH.problems["failed"]),
    ],
    ids=["too long", "no index", "bug"],
)
def test_a_question_without_an_answer_is_given_back(
    page: Page, address: str, engine: FakeEngine, question: str, error: Exception | None, message: str
) -> None:
    visit(page, address)
    engine.error = error
    reply = ask(page, question)
    expect(reply.locator(".problem")).to_have_text(message)
    expect(page.locator("#question textarea")).to_have_value(question)
    engine.error = None
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#chat .statement")).to_have_count(3)
    assert page.locator("#chat .problem").count() == 0 and engine.asked[-1][1] == ()


def test_an_empty_question_is_not_asked(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    page.locator("#question textarea").fill("  ")
    with page.expect_response(lambda response: "queue/data" in response.url):
        page.locator("#question textarea").press("Enter")
    page.wait_for_timeout(300)  # The event is over when nothing more comes.
    assert page.locator("#chat .message-row").count() == 0 and engine.asked == []
    ask(page, QUESTION)
    assert [asked[0] for asked in engine.asked] == [QUESTION]


def test_shift_enter_begins_a_line_instead_of_sending(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    page.locator("#question textarea").press_sequentially("Un")
    page.locator("#question textarea").press("Shift+Enter")
    page.locator("#question textarea").press_sequentially("deux")
    expect(page.locator("#question textarea")).to_have_value("Un\ndeux")
    assert engine.asked == []


def test_an_answer_is_copied_with_its_sources(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION).get_by_role("button", name=FRENCH.copy_answer).click()
    expect(page.locator("#said")).to_have_text(FRENCH.copied)
    citations = FakeEngine().ask(QUESTION).citations
    quoted = "\n\n".join(f"{c.sentence.text} [{c.number}]" for c in citations)
    listed = "\n".join(
        f"[{c.number}] {ARTICLES[0].title}, 9 mai 2017, AFP\n{address}/articles/2017-05-09-raqa#s{c.sentence.number}"
        for c in citations
    )
    assert page.evaluate("navigator.clipboard.readText()") == f"{quoted}\n\nSource\n{listed}"


def test_an_answer_is_in_view_from_its_question_on(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    engine.cited = sentences_of(ARTICLES[0])
    ask(page, "Première question")
    reply = ask(page, "Seconde question")
    expect(page.get_by_text("Seconde question")).to_be_in_viewport()
    expect(reply.locator(".quote").first).to_be_in_viewport()
    expect(page.get_by_text("Première question")).not_to_be_in_viewport()


# --- Hostile text -----------------------------------------------------------------------------------------


def test_hostile_sentences_are_shown_as_they_are_stored(page: Page, address: str, engine: FakeEngine) -> None:
    hostile = engine.articles["hostile"]
    engine.cited = sentences_of(hostile)
    visit(page, address)
    reply = ask(page, "Charge ?")
    texts = "all => all.map(one => one.textContent)"
    assert reply.locator(".quote").evaluate_all(texts) == PAYLOADS
    select = "all => all.map(one => (getSelection().selectAllChildren(one), getSelection().toString()))"
    assert reply.locator(".quote").evaluate_all(select) == PAYLOADS
    assert reply.locator(".sources .title").evaluate_all(texts) == [hostile.title]
    assert reply.locator(".sources .fact").evaluate_all(texts)[1:] == [hostile.source]
    assert reply.locator("img, script, iframe, style, svg, table, code, input, .katex").count() == 0

    reply.locator("blockquote .cite").first.click()
    expect(page.locator("#panel mark")).to_be_visible()
    assert page.locator("#article-text").evaluate("one => one.textContent") == hostile.text
    assert page.locator("#article-title").evaluate("one => one.textContent") == hostile.title
    page.locator("#close").click()

    reply.locator(".copy").click()
    copied = "\n\n".join(f"{payload} [{number}]" for number, payload in enumerate(PAYLOADS, 1))
    assert page.evaluate("navigator.clipboard.readText()").startswith(copied)
    assert page.evaluate("window.pwned") is None


def test_hostile_questions_are_echoed_as_they_were_typed(page: Page, address: str, engine: FakeEngine) -> None:
    engine.error = IndexUnusable("no index")
    visit(page, address)
    for payload in PAYLOADS:
        page.locator("#question textarea").fill(payload)
        page.locator("#question textarea").press("Enter")
        expect(page.locator("#chat .question")).to_contain_text(" ".join(payload.split())[:20])
        expect(page.locator("#chat .problem")).to_be_visible()
        assert page.locator("#chat .question").evaluate("one => one.textContent") == payload
        assert page.locator("#question textarea").input_value() == payload
    assert page.evaluate("window.pwned") is None


def test_nothing_in_escaped_text_means_anything() -> None:
    every = "".join(chr(code) for code in range(1, 128))
    assert re.fullmatch(r"(?:&#\d+;|[0-9A-Za-z ])*", escaped(every))


# --- The panel --------------------------------------------------------------------------------------------


def test_a_citation_opens_its_article_at_the_sentence(page: Page, address: str, engine: FakeEngine) -> None:
    engine.cited = [sentences_of(ARTICLES[0])[-1]]
    visit(page, address)
    chip = ask(page, QUESTION).locator("blockquote .cite")
    chip.focus()
    page.keyboard.press("Enter")
    mark = page.locator("#panel mark")
    expect(mark).to_have_text("L'offensive finale sur Raqa devait commencer avant la fin du printemps.")
    expect(mark).to_be_in_viewport()
    assert page.locator("#article-text").evaluate("one => one.textContent") == ARTICLES[0].text
    expect(page.locator("#article-title")).to_have_text(ARTICLES[0].title)
    expect(page.locator("#article-facts")).to_contain_text("9 mai 2017")
    expect(page.locator("#article-title")).to_be_focused()
    expect(page.locator("#whole")).to_have_attribute("href", "../articles/2017-05-09-raqa?ui=fr#s30")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(chip).to_be_focused()


def test_the_cited_sentence_stands_in_the_middle_of_the_panel(page: Page, address: str, engine: FakeEngine) -> None:
    engine.cited = [sentences_of(ARTICLES[0])[14]]
    visit(page, address)
    ask(page, QUESTION).locator("blockquote .cite").click()
    box = page.locator("#panel mark").bounding_box()
    assert box is not None
    assert 0.35 < (box["y"] + box["height"] / 2) / page.viewport_size["height"] < 0.7  # type: ignore[index]


def test_offsets_beyond_the_first_plane_mark_the_right_sentence(page: Page, address: str, engine: FakeEngine) -> None:
    """Strings of the browser count UTF-16 units, offsets count code points."""
    engine.cited = [s for s in sentences_of(engine.articles["hostile"]) if "gabarit" in s.text]
    visit(page, address)
    ask(page, QUESTION).locator("blockquote .cite").click()
    assert page.locator("#panel mark").evaluate("one => one.textContent") == engine.cited[0].text


def test_one_walks_through_the_citations_of_an_answer(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    reply = ask(page, QUESTION)
    sentences = [citation.sentence.text for citation in FakeEngine().ask(QUESTION).citations]
    reply.locator("blockquote .cite").first.click()
    expect(page.locator("#panel mark")).to_have_text(sentences[0])
    expect(page.locator("#place")).to_have_text("1 sur 3")
    expect(page.locator("#previous")).to_be_disabled()
    page.locator("#next").click()
    expect(page.locator("#panel mark")).to_have_text(sentences[1])
    page.locator("#next").click()
    expect(page.locator("#panel mark")).to_have_text(sentences[2])
    expect(page.locator("#next")).to_be_disabled()
    expect(reply.locator("blockquote .cite[aria-current]")).to_have_text("[3]")
    page.locator("#close").click()
    expect(reply.locator("blockquote .cite").first).to_be_focused()


def test_a_source_in_the_list_opens_the_panel_too(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION).locator(".sources .cite").nth(1).click()
    expect(page.locator("#place")).to_have_text("2 sur 3")


def test_an_article_that_is_gone_is_explained(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    chip = ask(page, QUESTION).locator("blockquote .cite").first
    removed = engine.articles.pop("2017-05-09-raqa")
    chip.click()
    expect(page.locator("#article-title")).to_have_text(FRENCH.article_gone)
    expect(page.locator("#whole")).to_be_hidden()
    page.keyboard.press("Escape")
    engine.articles[removed.id] = removed
    chip.click()
    expect(page.locator("#panel mark")).to_be_visible()


def test_an_article_under_an_awkward_id_opens(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, "Combien de morts le séisme a-t-il fait en Turquie ?").locator(".cite").first.click()
    expect(page.locator("#panel mark")).to_contain_text("50\u202f000 morts")
    with page.context.expect_page() as opened:
        page.locator("#whole").click()
    expect(opened.value.locator(":target")).to_contain_text("50\u202f000 morts")


# --- Small screens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [375, 320])
def test_nothing_is_cut_off_on_a_narrow_screen(page: Page, address: str, engine: FakeEngine, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    engine.cited = sentences_of(engine.articles["hostile"])
    visit(page, address)
    reply = ask(page, "mot" * 100)
    overflow = "one => one.scrollWidth - one.clientWidth"
    assert page.locator("html").evaluate(overflow) <= 0
    assert page.locator("#chat [role=log]").evaluate(overflow) <= 0
    for chip in reply.locator(".cite").all()[:3]:
        box = chip.bounding_box()
        assert box is not None and box["width"] >= 24 and box["height"] >= 24
    reply.locator("blockquote .cite").first.click()
    expect(page.locator("#close")).to_be_in_viewport()
    assert page.locator("#reading").evaluate(overflow) <= 0
    page.goto(f"{address}/articles/hostile")
    assert page.locator("html").evaluate(overflow) <= 0


# --- The article page -------------------------------------------------------------------------------------


def test_an_article_page_marks_the_sentence_without_a_script(
    browser: Browser, address: str, engine: FakeEngine
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/articles/2017-05-09-raqa#s15")
    target = page.locator(":target")
    expect(target).to_be_in_viewport()
    expect(target).to_have_css("background-color", "rgb(252, 235, 173)")
    box = target.bounding_box()
    assert box is not None and 0.3 < box["y"] / 720 < 0.6
    context.close()


@pytest.mark.parametrize("one", ARTICLES, ids=lambda one: one.id)
def test_what_is_copied_from_an_article_page_is_what_is_stored(
    page: Page, address: str, engine: FakeEngine, one: Article
) -> None:
    page.goto(f"{address}/articles/{quote(one.id, safe='')}")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.text'))")
    assert page.evaluate("getSelection().toString()") == one.text
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == one.text
    assert page.evaluate("window.pwned") is None


# --- The server -------------------------------------------------------------------------------------------


def get(address: str, path: str, **headers: str) -> tuple[int, str]:
    """Status and text of a path sent exactly as given."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    status, text = response.status, response.read().decode()
    connection.close()
    return status, text


def test_of_gradio_s_routes_only_those_that_the_page_needs_answer(address: str, engine: FakeEngine) -> None:
    from gradio.routes import App

    assert get(address, "/fr/config")[0] == 200
    application = App.create_app(blocks.build_page("fr", engine, Settings()))
    routes = [*application.routes]
    for nested in [route for route in routes if hasattr(route, "original_router")]:
        routes += nested.original_router.routes
    paths = {"/fr" + re.sub(r"\{[^}]*\}", "x", getattr(route, "path", "")) for route in routes}
    refused = {path for path in paths if not page_needs(path)}
    assert len(refused) > 60 and paths - refused == {
        "/fr", "/fr/", "/fr/config", "/fr/theme.css", "/fr/assets/x", "/fr/gradio_api/queue/join",
        "/fr/gradio_api/queue/data", "/fr/gradio_api/heartbeat/x",
    }  # fmt: skip
    for path in refused:
        assert get(address, quote(path, safe="/={}"))[0] == 404


def test_the_address_of_another_host_is_never_repeated(address: str, engine: FakeEngine) -> None:
    status, config = get(address, "/fr/config", **{"X-Forwarded-Host": "evil.example"})
    assert status == 200 and "evil.example" not in config


def test_gradio_grants_nothing_to_other_origins(address: str, engine: FakeEngine) -> None:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", "/fr/config", headers={"Origin": "https://evil.example"})
    response = connection.getresponse()
    response.read()
    assert not [name for name, _ in response.getheaders() if name.lower().startswith("access-control-allow")]


def test_an_id_that_looks_quoted_is_found(address: str, engine: FakeEngine) -> None:
    engine.articles["100 %25"] = Article("100 %25", "Une phrase.")
    engine.sentences = lambda _: []  # type: ignore[method-assign]
    try:
        assert '"id":"100 %25"' in get(address, "/api/articles/100%20%2525")[1]
    finally:
        del engine.sentences


def test_the_server_answers_before_the_chat_page_is_built() -> None:
    begun = time.monotonic()
    with running(FakeEngine(), Settings(port=0)) as address:
        assert get(address, "/healthz")[0] == 200
        assert FRENCH.purpose in get(address, "/fr/")[1]
        assert time.monotonic() - begun < 1
        assert get(address, "/fr/config")[0] == 200


def test_the_server_stops_at_once_though_a_page_is_open(browser: Browser) -> None:
    with running(FakeEngine(), Settings(port=0)) as address:
        page = browser.new_page()
        visit(page, address)
        ask(page, QUESTION)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 3
    page.close()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_ends_well(stop: signal.Signals) -> None:
    code = (
        "from fake_engine import FakeEngine; from assistant.server import serve; "
        "from assistant.settings import Settings; "
        "serve(FakeEngine(), Settings(port=0), lambda address: print(address, flush=True))"
    )
    tests = Path(__file__).parent
    environ = os.environ | {"PYTHONPATH": f"{tests}:{tests.parent}"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and errors == ""


def test_a_taken_port_is_named(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(UsageError, match=rf"Cannot listen on 127\.0\.0\.1:{port} .*ASSISTANT_PORT"):
        open_server(FakeEngine(), Settings(port=port))


class Stripping(socketserver.BaseRequestHandler):
    """A reverse proxy that serves a server under ``/qa`` and tells it nothing of the prefix."""

    behind: tuple[str, int]

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            received = self.request.recv(65536)
            if not received:
                return
            head += received
        head = head.replace(b" /qa/", b" /", 1)
        head = re.sub(rb"(?im)^connection: .*$", b"Connection: close\r", head, count=1)
        with socket.create_connection(self.behind) as upstream:
            upstream.sendall(head)
            threading.Thread(target=self._pump, args=(self.request, upstream), daemon=True).start()
            self._pump(upstream, self.request)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while received := source.recv(65536):
                sink.sendall(received)
        except OSError:
            pass  # Either side hung up.


def test_the_page_works_behind_a_proxy_that_strips_a_prefix(browser: Browser) -> None:
    with running(FakeEngine(), Settings(port=0, root_path="/qa")) as address:
        host, port = address.removeprefix("http://").split(":")
        handler = type("Behind", (Stripping,), {"behind": (host, int(port))})
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as proxy:
            proxy.daemon_threads = True
            threading.Thread(target=proxy.serve_forever, daemon=True).start()
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{proxy.server_address[1]}/qa/")
            expect(page).to_have_url(re.compile(r"/qa/en/$"))
            ask(page, QUESTION).locator(".cite").first.click()
            expect(page.locator("#panel mark")).to_be_visible()
            page.close()
            proxy.shutdown()
