"""The chat page and the article page in a real browser, over a real socket."""

import json
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
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
from fake_engine import ARTICLES, PAYLOADS, SAMPLES, FakeEngine, sentences_of
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from serving import running, wait_until

from assistant.errors import IndexUnusable, UsageError
from assistant.feedback import FILE
from assistant.guard import page_needs
from assistant.page import blocks
from assistant.page.markup import escaped
from assistant.page.theme import accent_style, contrast
from assistant.page.turns import remembered, stale_numbers, turn_of, without_stale_runner_up
from assistant.server import open_server
from assistant.settings import Settings
from assistant.types import Article, Progress
from assistant.words import CATALOGUE, Words

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]

QUESTION = "Combien de combattants étrangers en Syrie ? La Turquie participe-t-elle ? Quinze pays représentés ?"
TOLD = "Combien de combattants étrangers ? Que fera la Turquie, selon le secrétaire américain Jim Mattis ?"
DISPUTED = "Combien de combattants étrangers, combien de morts en Turquie et en Syrie ?"
UNANSWERED = "Combien de personnes au Danemark en ville ?"

#: Bytes over the wire that a first visit may cost.
COLD_WEIGHT = 350 * 1024

#: Requests of a first visit.
REQUESTS = 60


@pytest.fixture(scope="module")
def shared_engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the running server keeps what readers think."""
    return tmp_path_factory.mktemp("page") / "index"


@pytest.fixture(scope="module")
def address(shared_engine: FakeEngine, index: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "REFRESH", 0.3)
        with running(shared_engine, Settings(port=0, index=index)) as address:
            yield address


@pytest.fixture
def engine(shared_engine: FakeEngine) -> FakeEngine:
    """The engine behind the running server, as new."""
    shared_engine.__init__()  # type: ignore[misc]
    return shared_engine


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


def wait_until_kept(page: Page, turns: int) -> None:
    """The browser keeps a conversation a moment after its last answer is there."""
    kept = "n => JSON.parse(localStorage.getItem('sourcier.conversations') ?? '[]').some(one => one.turns.length === n)"
    page.wait_for_function(kept, arg=turns)


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
    expect(page.locator("#corpus a")).to_have_text([corpus[words.code], words.check_quotation, words.embed])
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


def test_a_further_language_is_one_file(tmp_path: Path) -> None:
    package = Path(blocks.__file__).parent.parent
    words = tmp_path / "assistant" / "words"
    shutil.copytree(package / "words", words)
    for part in package.iterdir():
        if part.name != "words":
            (words.parent / part.name).symlink_to(part)
    english = (words / "en.toml").read_text(encoding="utf-8")
    german = english.replace('name = "English"', 'name = "Deutsch"').replace("All articles", "Alle Artikel")
    (words / "de.toml").write_text(german, encoding="utf-8")
    code = """if True:
        from fake_engine import FakeEngine
        from fastapi.testclient import TestClient
        from assistant.api import create_app
        from assistant.page.chat import add_chat
        from assistant.settings import Settings
        app = create_app(FakeEngine(), Settings())
        add_chat(app, FakeEngine(), Settings())
        client = TestClient(app, base_url="http://127.0.0.1")
        for path in ("de/", "de/articles", "de/embed", "articles/hostile?ui=de", "articles/gone?ui=de"):
            page = client.get(f"/{path}")
            assert '<html lang="de"' in page.text and ">English</a>" in page.text, path
        assert "Alle Artikel" in client.get("/de/articles").text and ">Deutsch</a>" in client.get("/fr/").text
        assert '"de":' in client.get("/widget.js").text
        assert client.get("/", headers={"accept-language": "de"}, follow_redirects=False).headers["location"] == "de/"
    """
    environ = os.environ | {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parent}"}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_first_visit_is_light(browser: Browser, address: str, engine: FakeEngine) -> None:
    page = browser.new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked: list[str] = []
    received: list[int] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    visit(page, address)
    expect(page.locator("#samples button:visible").first).to_be_visible()
    page.close()
    assert 0 < sum(received) <= COLD_WEIGHT
    assert len(asked) <= REQUESTS and failed == []


def test_all_articles_and_the_widget_are_a_click_away(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    for link, heading in (("#corpus .all a", FRENCH.browse), ("#corpus .embed a", FRENCH.embed)):
        with page.context.expect_page() as opened:
            page.locator(link).click()
        expect(opened.value.locator("h1")).to_have_text(heading)
        opened.value.close()
    ask(page, QUESTION)
    expect(page.locator("#corpus .embed")).to_be_hidden()


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
    expect(page.locator("#corpus .all")).to_have_text("4 articles, le plus récent du 9 mai 2017")
    expect(page.locator("#corpus .banner")).to_have_count(0)
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


def test_what_is_known_of_a_sentence_stands_below_it_and_is_not_copied(
    page: Page, address: str, engine: FakeEngine
) -> None:
    visit(page, address)
    reply = ask(page, TOLD)
    expect(reply.locator("blockquote mark.answering")).to_have_text("14\u2009000 combattants")
    expect(reply.locator(".told .fact")).to_have_text(
        ["Déclaré par Jim Mattis", "«\u00a0mardi\u00a0»\u00a0: mardi 9 mai 2017"]
    )
    texts = "all => all.map(one => one.textContent)"
    quoted = [statement.text for statement in FakeEngine().ask(TOLD).statements]
    assert reply.locator(".quote").evaluate_all(texts) == quoted
    text = copied(page, reply, FRENCH.copy_answer)
    assert all(quote in text for quote in quoted)
    assert "Déclaré" not in text and "mardi 9 mai" not in text


def test_articles_that_differ_stand_under_their_dates(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    reply = ask(page, DISPUTED)
    expect(reply.locator(".disagreement")).to_have_text(FRENCH.disagreements["number"])
    expect(reply.locator(".dateline .date")).to_have_text(["9 mai 2017", "date inconnue"])
    assert FRENCH.disagreements["number"] in copied(page, reply, FRENCH.copy_markdown)


def test_an_answer_and_an_abstention_are_explained_to_who_asks(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    for question, why in ((QUESTION, FRENCH.why_answer), (UNANSWERED, FRENCH.why_nothing)):
        reply = ask(page, question)
        expect(reply.locator(".explained .outcome")).to_be_hidden()
        reply.get_by_text(why).focus()
        page.keyboard.press("Enter")
        expect(reply.locator(".explained .outcome")).to_be_in_viewport()
        expect(reply.locator(".signals .number")).to_have_count(3)
        assert reply.locator(".bar").count() == 4
    # What was unfolded stays so while the conversation goes on.
    expect(page.locator(".explained .outcome").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".explained").first).to_be_hidden()


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
    expect(page.locator("#chat .question", has_text="Seconde")).to_be_in_viewport()
    expect(reply.locator(".quote").first).to_be_in_viewport()
    expect(page.locator("#chat .question", has_text="Première")).not_to_be_in_viewport()


def test_no_line_ends_within_a_number(page: Page, address: str, engine: FakeEngine) -> None:
    """Newspapers put a thin space into it, at which browsers would end a line."""
    visit(page, address)
    ask(page, "Combien de combattants étrangers en Syrie ?").locator("blockquote .cite").first.click()
    expect(page.locator("#panel mark")).to_contain_text("14\u2009000")
    for width in range(320, 420, 7):
        page.set_viewport_size({"width": width, "height": 700})
        lines = page.locator(".whole").evaluate_all("all => all.map(one => one.getClientRects().length)")
        assert lines and set(lines) == {1}


def test_eight_readers_do_not_wait_for_each_other(browser: Browser, address: str, engine: FakeEngine) -> None:
    engine.hold = Event()
    contexts = [browser.new_context() for _ in range(8)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(f"{address}/fr/")
    for page in pages:
        page.locator("#question textarea").fill(QUESTION)
        page.locator("#question textarea").press("Enter")
    wait_until(lambda: len(engine.asked) == 8)  # All of them before the first has an answer.
    engine.hold.set()
    for page in pages:
        expect(page.locator("#chat .statement")).to_have_count(3, timeout=30_000)
    for context in contexts:
        context.close()


# --- What can be done with an answer ----------------------------------------------------------------------


def copied(page: Page, reply: Locator, tool: str, said: str = FRENCH.copied) -> str:
    """What a tool of an answer puts into the clipboard."""
    reply.get_by_role("button", name=tool).click()
    expect(page.locator("#said")).to_have_text(said)
    return str(page.evaluate("navigator.clipboard.readText()"))


#: What plain text and links are made of.
PLAIN = {"text", "text_special", "softbreak", "link_open", "link_close"}


def markdown_quotes(markdown: str) -> list[str]:
    """The text of each block quote as a reader of Markdown sees it, spaces aside; nothing in it is marked up."""
    texts: list[str] = []
    quoting = False
    for token in MarkdownIt().enable(["table", "strikethrough"]).parse(markdown):
        if token.type == "blockquote_open":
            texts.append("")
        quoting = (quoting or token.type == "blockquote_open") and token.type != "blockquote_close"
        if quoting and token.type == "inline":
            assert token.children is not None and {child.type for child in token.children} <= PLAIN
            texts[-1] += " " + "".join(" " if child.type == "softbreak" else child.content for child in token.children)
    return [" ".join(text.split()) for text in texts]


def test_an_answer_is_copied_as_markdown_that_shows_what_is_stored(
    page: Page, address: str, engine: FakeEngine
) -> None:
    engine.cited = sentences_of(engine.articles["hostile"])
    visit(page, address)
    markdown = copied(page, ask(page, "Charge ?"), FRENCH.copy_markdown)
    expected = [" ".join(f"{payload} [{number}]".split()) for number, payload in enumerate(PAYLOADS, 1)]
    assert markdown_quotes(markdown) == expected
    addresses = re.findall(r"\]\(<([^>]*)>\)", markdown)
    assert len(addresses) == 2 * len(PAYLOADS)
    assert all(one.startswith(f"{address}/articles/hostile#s") for one in addresses)


def downloaded(page: Page, tool: str) -> str:
    page.get_by_role("button", name=FRENCH.export).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=tool, exact=True).click()
    return download.value.path().read_text(encoding="utf-8")


def test_a_conversation_is_exported_as_markdown(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, "# Combien de combattants *étrangers* en Syrie, selon Interpol ?")
    ask(page, UNANSWERED)
    exported = downloaded(page, FRENCH.export_markdown)
    assert exported.startswith("# Sourcier, ")
    assert "\n## \\# Combien de combattants \\*étrangers\\* en Syrie, selon Interpol ?\n" in exported
    assert FRENCH.abstention in exported and FRENCH.nearest in exported
    assert "> Interpol a identifié 14\u2009000 combattants étrangers" in exported


def test_a_conversation_is_exported_as_one_page_without_a_script(
    page: Page, browser: Browser, address: str, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.cited = sentences_of(engine.articles["hostile"])
    visit(page, address)
    ask(page, "Charge <script>window.pwned = 8</script> ?")
    file = tmp_path / "conversation.html"
    file.write_text(downloaded(page, FRENCH.export_html), encoding="utf-8")
    opened = browser.new_page()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.goto(file.as_uri())
    texts = "all => all.map(one => one.textContent)"
    assert opened.locator(".quote").evaluate_all(texts) == PAYLOADS
    assert opened.locator("h2").evaluate_all(texts) == ["Charge <script>window.pwned = 8</script> ?"]
    assert opened.locator("script, img, iframe, svg, link, object").count() == 0
    links = opened.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links and all(one.startswith(f"{address}/articles/hostile#s") for one in links)
    assert requests == [file.as_uri()] and opened.evaluate("window.pwned") is None
    opened.close()


def test_a_link_brings_the_question_and_leaves_asking_to_the_reader(
    page: Page, address: str, engine: FakeEngine
) -> None:
    question = "Quinze pays représentés ? 100 % «\u202foui\u202f» & <b>"
    visit(page, address)
    link = copied(page, ask(page, question), FRENCH.copy_link, FRENCH.link_copied)
    assert link.startswith(f"{address}/fr/?q=")
    engine.asked.clear()
    other = page.context.new_page()
    other.goto(link)
    expect(other.locator("#question textarea")).to_have_value(question)
    expect(other.locator("#question textarea")).to_be_focused()
    expect(other.locator("#samples button:visible").first).to_be_visible()
    assert engine.asked == [] and other.locator("#chat .message-row").count() == 0
    other.close()


def test_an_answer_is_rated(page: Page, address: str, engine: FakeEngine, index: Path) -> None:
    visit(page, address)
    reply = ask(page, QUESTION)
    reply.get_by_role("button", name=FRENCH.useful, exact=True).click()
    expect(page.locator("#said")).to_have_text(FRENCH.rating_kept)
    expect(reply.locator(".up")).to_have_attribute("aria-pressed", "true")
    reply.get_by_role("button", name=FRENCH.not_useful).click()
    dialog = page.get_by_role("dialog", name=FRENCH.what_is_wrong)
    assert dialog.get_by_role("radio").count() == 5
    dialog.get_by_label(FRENCH.reasons["incomplete"]).check()
    dialog.get_by_label(FRENCH.comment).fill("Il manque\nla date.")
    dialog.get_by_role("button", name=FRENCH.send_rating).click()
    expect(reply.locator(".down")).to_have_attribute("aria-pressed", "true")
    up, down = [json.loads(line) for line in (index / FILE).read_text(encoding="utf-8").splitlines()[-2:]]
    assert (up["rating"], up["reason"], up["comment"]) == ("up", None, "")
    assert (down["rating"], down["reason"], down["comment"]) == ("down", "incomplete", "Il manque\nla date.")
    assert down["question"] == QUESTION and down["generation"] == "g1"
    quoted = [(c["article_id"], c["start"], c["end"], c["quote"]) for c in down["answer"]["citations"]]
    sentences = [citation.sentence for citation in FakeEngine().ask(QUESTION).citations]
    assert quoted == [(s.article.id, s.start, s.end, s.text) for s in sentences]


def test_a_rating_that_is_called_off_is_not_sent(page: Page, address: str, engine: FakeEngine, index: Path) -> None:
    visit(page, address)
    reply = ask(page, UNANSWERED)
    before = (index / FILE).read_bytes() if (index / FILE).exists() else b""
    reply.get_by_role("button", name=FRENCH.not_useful).click()
    assert page.locator("#rating [type=radio]:visible").count() == 2
    page.get_by_role("button", name=FRENCH.cancel).click()
    reply.get_by_role("button", name=FRENCH.not_useful).click()
    page.keyboard.press("Escape")
    expect(page.locator("#rating")).to_be_hidden()
    assert ((index / FILE).read_bytes() if (index / FILE).exists() else b"") == before


def test_the_question_as_understood_is_corrected_in_its_box(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION)
    ask(page, "Et la Turquie ?").locator(".revise").click()
    expect(page.locator("#question textarea")).to_have_value(f"Et la Turquie ? ({QUESTION})")
    expect(page.locator("#question textarea")).to_be_focused()


def test_on_paper_there_are_questions_answers_and_sources_alone(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION)
    reply = ask(page, "Combien de morts le séisme a-t-il fait en Turquie ?")
    page.emulate_media(media="print")
    assert page.locator("button:visible, textarea:visible, nav:visible").count() == 0
    for shown in (page.locator("h1"), page.locator("#chat .question").first, reply.locator(".sources")):
        expect(shown).to_be_visible()
    assert page.locator("html").evaluate("one => one.scrollHeight > document.querySelector('.answer').clientHeight")


# --- While a question is under way ------------------------------------------------------------------------


def test_a_question_under_way_says_so_and_the_answer_takes_its_place(
    page: Page, address: str, engine: FakeEngine
) -> None:
    page.set_viewport_size({"width": 1280, "height": 1000})
    visit(page, address)
    engine.hold = Event()
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    expect(page.locator("#chat .thinking")).to_have_text(FRENCH.thinking)
    asked, waiting = page.locator("#chat .question").bounding_box(), page.locator("#chat .thinking").bounding_box()
    engine.hold.set()
    expect(page.locator("#chat .statement")).to_have_count(3)
    expect(page.locator("#chat .thinking")).to_have_count(0)
    assert page.locator("#chat .question").bounding_box() == asked
    first = page.locator("#chat .statement").first.bounding_box()
    assert first is not None and waiting is not None and first["y"] == waiting["y"]


def test_a_question_under_way_can_be_stopped(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION)
    engine.hold = Event()
    page.locator("#question textarea").fill("Et la Turquie ?")
    page.locator("#question textarea").press("Enter")
    expect(page.get_by_role("button", name=FRENCH.send)).to_be_hidden()
    page.get_by_role("button", name=FRENCH.stop).click()
    expect(page.locator("#chat .stopped")).to_have_text(FRENCH.stopped)
    expect(page.get_by_role("button", name=FRENCH.stop)).to_be_hidden()
    expect(page.locator("#question textarea")).to_have_value("Et la Turquie ?")
    engine.hold.set()
    page.get_by_role("button", name=FRENCH.retry).click()
    expect(page.locator("#chat .understood")).to_be_visible()
    expect(page.locator("#chat .question")).to_have_count(2)
    assert engine.asked[-1][1] == (QUESTION,)


def test_the_last_question_is_asked_again_in_place_of_its_answer(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION)
    reply = ask(page, "Et la Turquie ?")
    expect(page.locator("#chat .again:visible")).to_have_count(1)
    engine.cited = [sentences_of(ARTICLES[0])[4]]
    reply.get_by_role("button", name=FRENCH.ask_again).click()
    expect(page.locator("#chat .statement").last).to_contain_text("Les États-Unis n'envisagent pas")
    expect(page.locator("#chat .question")).to_have_count(2)
    assert [(question, history) for question, history, _ in engine.asked[-2:]] == [("Et la Turquie ?", (QUESTION,))] * 2


def test_each_sentence_of_an_answer_is_read_out_once(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, "Combien de morts ?")
    ask(page, QUESTION)
    citations = FakeEngine().ask(QUESTION).citations
    heard = [FRENCH.thinking] + [f"{c.sentence.text}\u00a0[{c.number}]" for c in citations]
    heard += ["Déclaré par Jim Mattis", "«\u00a0mardi\u00a0»\u00a0: mardi 9 mai 2017"]  # Of the last one.
    assert page.locator("#heard p").evaluate_all("all => all.map(one => one.textContent)") == heard
    expect(page.locator("#heard")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#chat [role=log]")).to_have_attribute("aria-live", "off")


def test_room_for_the_question_is_told_once_it_matters(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    box, room = page.locator("#question textarea"), page.locator("#count")
    box.fill("a" * 1599)
    expect(room).to_be_hidden()
    box.fill("𝒜" * 1700)
    expect(room).to_have_text("1\u202f700 caractères sur 2\u202f000")
    box.fill("a" * 2001)
    expect(room).to_have_class("over")
    box.fill("")
    expect(room).to_be_hidden()


# --- Trouble on the way to the server ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ({"status": 429, "headers": {"retry-after": "7"}}, FRENCH.problems["rate_limited"].format(seconds=7)),
        ({"status": 502}, FRENCH.unreachable),
        (None, FRENCH.unreachable),
    ],
    ids=["rate limited", "bad gateway", "no connection"],
)
def test_a_question_that_is_not_taken_stays_and_can_be_sent_again(
    page: Page, address: str, engine: FakeEngine, failure: dict[str, Any] | None, message: str
) -> None:
    quiet_page = page.context.new_page()  # In which requests may fail.
    visit(quiet_page, address)
    expect(quiet_page.locator("#samples button:visible").first).to_be_visible()
    ask(quiet_page, "Quinze pays représentés ?")
    quiet_page.route("**/queue/join*", lambda route: route.fulfill(**failure) if failure else route.abort())
    quiet_page.locator("#question textarea").fill(QUESTION)
    quiet_page.locator("#question textarea").press("Enter")
    expect(quiet_page.get_by_role("alert")).to_contain_text(message)
    expect(quiet_page.locator("#question textarea")).to_have_value(QUESTION)
    expect(quiet_page.locator("#chat .question")).to_have_count(1)
    assert quiet_page.locator(".toast-wrap:visible").count() == 0
    quiet_page.unroute("**/queue/join*")
    quiet_page.get_by_role("alert").get_by_role("button", name=FRENCH.retry).click()
    expect(quiet_page.locator("#chat .question")).to_have_count(2)
    expect(quiet_page.locator("#chat .sources")).to_have_count(2)
    expect(quiet_page.locator("#trouble")).to_be_hidden()
    quiet_page.close()


def test_a_conversation_goes_on_after_the_server_was_started_again(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    settings = Settings(port=0, index=tmp_path)
    with running(FakeEngine(), settings) as address:
        visit(page, address)
        ask(page, QUESTION)
    page.locator("#question textarea").fill("Et la Turquie ?")
    page.locator("#question textarea").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(FRENCH.unreachable)
    engine = FakeEngine()
    with running(engine, replace(settings, port=int(address.rpartition(":")[2]))):
        page.get_by_role("alert").get_by_role("button").click()
        expect(page.locator("#chat .understood")).to_be_visible(timeout=20_000)
        expect(page.locator("#chat .question")).to_have_text([QUESTION, "Et la Turquie ?"])
        assert engine.asked == [("Et la Turquie ?", (QUESTION,), None)]
    page.close()


# --- What the browser keeps -------------------------------------------------------------------------------


def test_a_conversation_survives_a_reload_and_goes_on(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, QUESTION)
    ask(page, UNANSWERED)
    wait_until_kept(page, 2)
    shown = page.locator("#chat .message-wrap").inner_text()
    page.reload()
    expect(page.locator("#chat .question")).to_have_count(2)
    assert page.locator("#chat .message-wrap").inner_text() == shown
    ask(page, "Et la Turquie ?")
    assert engine.asked[-1] == ("Et la Turquie ?", (QUESTION, UNANSWERED), None)
    wait_until_kept(page, 3)
    page.get_by_role("link", name="English").click()
    expect(page.locator("#chat .question")).to_have_count(3)
    expect(page.locator("#chat .abstention").first).to_have_text(ENGLISH.abstention)


def test_a_quotation_that_no_longer_stands_is_not_shown_as_a_citation(
    page: Page, address: str, engine: FakeEngine
) -> None:
    engine.cited = [sentences_of(ARTICLES[0])[3], sentences_of(engine.articles[ARTICLES[1].id])[0]]
    visit(page, address)
    ask(page, QUESTION)
    wait_until_kept(page, 1)
    del engine.articles[ARTICLES[0].id]
    page.reload()
    reply = page.locator("#chat .answer")
    expect(reply.locator("blockquote .cite.gone")).to_have_text("[1]")
    expect(reply.locator("blockquote a.cite")).to_have_text("[2]")
    expect(reply.locator(".sources li").first).to_contain_text(FRENCH.citation_gone)
    expect(reply.locator(".sources li").last).not_to_contain_text(FRENCH.citation_gone)


def test_a_best_sentence_not_shown_is_forgotten_once_it_no_longer_stands() -> None:
    engine = FakeEngine()
    turn = turn_of(engine.ask("Combien de combattants étrangers en Turquie ?", explain=True), "g1")
    assert turn.answer.explain is not None and turn.answer.explain.runner_up is not None
    assert without_stale_runner_up(turn, engine) == turn
    engine.articles.clear()
    stale = without_stale_runner_up(turn, engine).answer.explain
    assert stale == turn.answer.explain.model_copy(update={"runner_up": None})


def test_a_turn_of_an_older_shape_is_shown_or_dropped() -> None:
    kept = turn_of(FakeEngine().ask(TOLD, explain=True), "g1").model_dump(mode="json")
    for added in ("shape", "disagreement", "explain"):
        del kept["answer"][added]
    for citation in kept["answer"]["citations"]:
        for added in ("speaker", "times", "answering", "copies"):
            del citation[added]
    (turn,) = remembered(json.dumps([kept]))
    assert [one.quote for one in turn.answer.citations] == [one["quote"] for one in kept["answer"]["citations"]]
    assert remembered(json.dumps([kept, kept | {"once": "known"}])) == ()


def test_a_kept_citation_is_compared_with_its_sentence_to_the_character() -> None:
    engine = FakeEngine()
    turn = turn_of(engine.ask(QUESTION), "g1")
    assert stale_numbers(turn, engine) == frozenset()
    wrong = {"start": 0, "end": 9999, "quote": "Vingt-cinq pays.", "article_id": "nowhere", "url": "/articles/a#s999"}
    for field, value in wrong.items():
        first = turn.answer.citations[0].model_copy(update={field: value})
        answer = turn.answer.model_copy(update={"citations": [first, *turn.answer.citations[1:]]})
        assert stale_numbers(turn.model_copy(update={"answer": answer}), engine) == {1}
    engine.generation = None
    assert stale_numbers(turn, engine) == {1, 2, 3}


def test_the_conversations_of_this_browser_are_listed_opened_and_erased(
    page: Page, address: str, engine: FakeEngine
) -> None:
    visit(page, address)
    page.evaluate("localStorage.clear()")
    ask(page, "Quinze pays représentés ?")
    wait_until_kept(page, 1)
    page.get_by_role("button", name=FRENCH.new_conversation).click()
    expect(page.locator("#chat .message-row")).to_have_count(0)
    ask(page, QUESTION)
    ask(page, UNANSWERED)
    wait_until_kept(page, 2)
    page.get_by_role("button", name=FRENCH.conversations).click()
    listed = page.get_by_role("dialog", name=FRENCH.conversations).locator(".open")
    expect(listed).to_contain_text(["2 questions", "1 question"])
    listed.last.click()
    expect(page.locator("#chat .question")).to_have_text(["Quinze pays représentés ?"])
    page.get_by_role("button", name=FRENCH.conversations).click()
    page.get_by_role("button", name=FRENCH.erase.format(question=QUESTION)).click()
    expect(listed).to_have_count(1)
    expect(page.locator("#chat .question")).to_have_count(1)
    page.get_by_role("button", name=FRENCH.erase_all).click()
    expect(page.locator("#chat .question")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('sourcier.conversations')") == "[]"


def test_a_browser_that_keeps_nothing_holds_a_conversation_all_the_same(
    page: Page, address: str, engine: FakeEngine
) -> None:
    refuse = "Object.defineProperty(window, '{}', {{ get() {{ throw new DOMException('no', 'SecurityError'); }} }});"
    page.add_init_script(refuse.format("localStorage") + refuse.format("sessionStorage"))
    visit(page, address)
    ask(page, QUESTION)
    ask(page, "Et la Turquie ?")
    assert engine.asked[-1][1] == (QUESTION,)
    page.get_by_role("button", name=FRENCH.conversations).click()
    expect(page.locator("#history .note")).to_have_text(FRENCH.conversations_not_kept)
    expect(page.locator("#history .open")).to_contain_text(["2 questions"])


@pytest.mark.parametrize("memory", ["{", "{}", '[{"turns": []}]', '[{"id": "a", "turns": [{"answer": 1}]}]', "null"])
def test_a_memory_of_something_else_is_passed_over(page: Page, address: str, engine: FakeEngine, memory: str) -> None:
    page.add_init_script(f"localStorage.setItem('sourcier.conversations', {json.dumps(memory)})")
    page.add_init_script("sessionStorage.setItem('sourcier.current', 'a')")
    visit(page, address)
    expect(page.get_by_text(FRENCH.invitation)).to_be_visible()
    ask(page, QUESTION)


def test_of_a_very_long_conversation_the_last_turns_come_back(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    page.evaluate("localStorage.clear()")
    ask(page, QUESTION)
    wait_until_kept(page, 1)
    page.evaluate("""() => {
        const [one] = JSON.parse(localStorage.getItem('sourcier.conversations'));
        const turn = (n) => ({ ...one.turns[0], answer: { ...one.turns[0].answer, question: `Question ${n}` } });
        one.turns = Array.from({ length: 100 }, (_, n) => turn(n + 1));
        localStorage.setItem('sourcier.conversations', JSON.stringify([one]));
    }""")
    page.reload()
    expect(page.locator("#chat .question").last).to_have_text("Question 100")
    shown = page.locator("#chat .question").count()
    assert 10 < shown < 100
    expect(page.locator("#chat .question").first).to_have_text(f"Question {101 - shown}")


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
    assert reply.locator("img, script, iframe, style, svg:not(.bar), table, code, input, .katex").count() == 0

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


# --- The card ---------------------------------------------------------------------------------------------


def test_a_citation_tells_what_it_stands_for_under_the_pointer_and_the_focus(
    page: Page, address: str, engine: FakeEngine
) -> None:
    visit(page, address)
    engine.cited = [engine.sentences("hostile")[11], sentences_of(ARTICLES[0])[3]]
    chips = ask(page, QUESTION).locator("blockquote a.cite")
    card = page.locator("#card")
    chips.first.hover()
    expect(card).to_be_visible()
    assert card.locator(".quote").evaluate("one => one.textContent") == PAYLOADS[11]
    assert card.locator(".title").evaluate("one => one.textContent") == engine.articles["hostile"].title
    expect(card.locator(".facts")).to_contain_text("date inconnue")
    expect(chips.first).to_have_attribute("aria-describedby", "card")
    card.hover()  # It stays for a pointer that goes onto it…
    page.mouse.move(5, 400, steps=5)  # …and goes with it.
    expect(card).to_be_hidden()
    chips.first.focus()
    page.keyboard.press("Tab")
    expect(chips.last).to_be_focused()
    expect(card.locator(".quote")).to_contain_text("14\u2009000 combattants")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(chips.last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(card).to_be_visible()
    page.keyboard.press("Tab")
    expect(chips.last).not_to_have_attribute("aria-describedby", "card")


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
    reply = ask(page, QUESTION)
    reply.locator(".sources .cite").nth(1).click()
    expect(page.locator("#place")).to_have_text("2 sur 3")
    reply.locator(".sources").get_by_role("link", name=ARTICLES[0].title).click()
    expect(page.locator("#place")).to_have_text("1 sur 3")


def test_an_article_that_is_gone_is_explained(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    chip = ask(page, QUESTION).locator("blockquote .cite").first
    removed = engine.articles.pop("2017-05-09-raqa")
    chip.click()
    expect(page.locator("#article-title")).to_have_text(FRENCH.article_gone)
    expect(page.locator("#whole")).to_be_hidden()
    expect(page.locator("#chat .cite.gone")).to_have_count(6)
    expect(page.locator("#chat .sources .why")).to_have_text(FRENCH.article_gone)
    page.keyboard.press("Escape")
    engine.articles[removed.id] = removed
    chip.click()
    expect(page.locator("#panel mark")).to_be_visible()
    expect(page.locator("#chat .cite.gone, #chat .why")).to_have_count(0)


def test_an_article_under_an_awkward_id_opens(page: Page, address: str, engine: FakeEngine) -> None:
    visit(page, address)
    ask(page, "Combien de morts le séisme a-t-il fait en Turquie ?").locator(".cite").first.click()
    expect(page.locator("#panel mark")).to_contain_text("50\u202f000 morts")
    with page.context.expect_page() as opened:
        page.locator("#whole").click()
    expect(opened.value.locator(":target")).to_contain_text("50\u202f000 morts")


# --- In a frame -------------------------------------------------------------------------------------------


def test_in_a_frame_the_page_is_small_and_tells_two_words(page: Page, address: str, engine: FakeEngine) -> None:
    page.goto(f"{address}/articles/hostile")
    page.evaluate("""() => {
        window.told = [];
        addEventListener("message", ({ data }) => told.push(data));
        const frame = document.createElement("iframe");
        frame.src = "../fr/?embed=1&theme=dark";
        frame.style = "width: 380px; height: 600px";
        document.body.replaceChildren(frame);
    }""")
    frame = page.frame_locator("iframe")
    expect(frame.locator("#samples button:visible").first).to_be_visible()
    wait_until(lambda: page.evaluate("told.length") == 1)
    heading = frame.locator("h1").bounding_box()
    assert heading is not None and heading["width"] <= 1
    expect(frame.locator("html")).to_have_css("color-scheme", "dark")
    frame.locator("#question textarea").fill(QUESTION)
    frame.locator("#question textarea").press("Enter")
    frame.locator("blockquote a.cite").first.click()
    expect(frame.locator("#panel mark")).to_be_visible()
    page.keyboard.press("Escape")
    expect(frame.locator("#panel")).to_be_hidden()
    assert page.evaluate("told.length") == 1
    page.mouse.move(0, 0)
    expect(frame.locator("#card")).to_be_hidden()
    page.keyboard.press("Escape")
    wait_until(lambda: page.evaluate("told.length") == 2)
    assert page.evaluate("told") == [{"type": "sourcier:ready"}, {"type": "sourcier:escape"}]


# --- The look of an organisation --------------------------------------------------------------------------


def test_accent_and_logo_come_from_the_settings(browser: Browser, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>')
    with running(FakeEngine(), Settings(port=0, index=tmp_path, accent="#ffcc00", logo=str(logo))) as address:
        page = browser.new_page()
        with watched(page, address):
            for path in ("articles/hostile", "articles/gone", "fr/articles", "fr/embed", "fr/?embed=1", "fr/"):
                page.goto(f"{address}/{path}")
                expect(page.locator(".logo")).to_be_visible()
                assert page.locator(".logo").evaluate("one => one.naturalWidth") > 0
                expect(page.locator("nav :is(a, button)").first).not_to_have_css("color", "rgb(10, 92, 107)")
            send = page.locator("#question .submit-button")
            light, dark = re.findall(r"rgb\((\d+), (\d+), (\d+)\)", send.evaluate(COLOURS))
            assert contrast(*[tuple(int(part) / 255 for part in one) for one in (light, dark)]) >= 4.5  # type: ignore[arg-type]


#: The two colours of a button.
COLOURS = "one => `${getComputedStyle(one).color} ${getComputedStyle(one).backgroundColor}`"


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_accent_can_be_read(accent: tuple[int, int, int]) -> None:
    style = accent_style("#" + bytes(accent).hex())
    light, dark, on_light, on_dark = [
        tuple(value / 255 for value in bytes.fromhex(digits)) for digits in re.findall("#([0-9a-f]{6})", style)
    ]
    tenth = [tuple(0.1 * a + 0.9 * b for a, b in zip(colour, surface, strict=True)) for colour, surface in (
        (light, (1.0, 1.0, 1.0)), (dark, (0x1D / 255, 0x21 / 255, 0x24 / 255)))]  # fmt: skip
    assert contrast(light, tenth[0]) >= 4.5 and contrast(dark, tenth[1]) >= 4.5  # type: ignore[arg-type]
    assert contrast(on_light, light) >= 4.5 and contrast(on_dark, dark) >= 4.5  # type: ignore[arg-type]


def test_an_accent_that_can_be_read_is_left_alone() -> None:
    assert "light-dark(#0a5c6b, " in accent_style("#0A5C6B")
    assert accent_style("#fff") == accent_style("#ffffff")


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = 0x76 / 255  # The lightest grey that can be read on white.
    assert contrast((grey, grey, grey), (1, 1, 1)) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("accent", ["red", "#12345", "#0a5c6b; color: red", "#0a5c6b\n", "0a5c6b"])
def test_an_accent_that_is_no_colour_is_named(accent: str) -> None:
    with pytest.raises(UsageError, match="accent"):
        open_server(FakeEngine(), Settings(port=0, accent=accent))


@pytest.mark.parametrize("logo", ["missing.png", "logo.txt"])
def test_a_logo_that_is_no_image_is_named(logo: str, tmp_path: Path) -> None:
    (tmp_path / "logo.txt").write_text("x")
    with pytest.raises(UsageError, match="logo"):
        open_server(FakeEngine(), Settings(port=0, logo=str(tmp_path / logo)))


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
    application = App.create_app(blocks.build_page("fr", engine, Settings(), None))
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
    environ = os.environ | {"PYTHONPATH": f"{tests}:{tests.parent}:{os.environ['PYTHONPATH']}"}
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
