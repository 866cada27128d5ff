"""The page of one article: read, cite, go on to the next; over a real socket where a browser is needed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from urllib.parse import quote, unquote

import pytest
from fake_engine import ARTICLES, FakeEngine, sentences_of
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from serving import another_site, running

from assistant.api import create_app
from assistant.page.articles import reference
from assistant.settings import Settings
from assistant.types import Article
from assistant.words import CATALOGUE, Words

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]
RAQA, SEISM, PLUTO, HOSTILE = ARTICLES


def page_of(one: Article, language: str = "fr", engine: FakeEngine | None = None, root_path: str = "") -> str:
    app = create_app(engine or FakeEngine(), Settings())
    client = TestClient(app, base_url="http://127.0.0.1:7860", root_path=root_path)
    response = client.get(f"{root_path}/articles/{quote(one.id, safe='')}?ui={language}")
    assert response.status_code == 200
    return response.text


def cited(one: Article, words: Words) -> str:
    """The text of a reference, with each of its spaces."""
    return unescape(re.sub("</?bdi>", "", reference(one, words)))


# --- What is cited ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "words", "expected"),
    [
        (
            RAQA,
            FRENCH,
            "Jean-Yves Ménard, «\u00a0Raqa\u00a0: les États-Unis veulent associer la Turquie à l’offensive\u00a0», "
            "AFP, 9 mai 2017",
        ),
        (
            RAQA,
            ENGLISH,
            "Jean-Yves Ménard, “Raqa\u00a0: les États-Unis veulent associer la Turquie à l’offensive”, AFP, 9 May 2017",
        ),
        (Article("a", "x", title="{title} {0}"), FRENCH, "«\u00a0{title} {0}\u00a0», date inconnue"),
        (Article("a", "x", source="AFP"), ENGLISH, "“Untitled”, AFP, date unknown"),
    ],
)
def test_an_article_is_cited_as_newspapers_do(one: Article, words: Words, expected: str) -> None:
    assert cited(one, words) == expected


def test_a_reference_holds_nothing_but_text() -> None:
    assert "&lt;script&gt;" in reference(HOSTILE, FRENCH) and "<script" not in reference(HOSTILE, FRENCH)


def test_the_reference_ends_with_the_address_of_the_page() -> None:
    address = f"http://127.0.0.1:7860/qa/articles/{quote(SEISM.id, safe='')}"
    assert f'<span id="address">{address}</span>' in page_of(SEISM, root_path="/qa")


def test_neighbours_by_date_are_linked() -> None:
    pages = {one.id: page_of(one) for one in ARTICLES}
    order = [PLUTO, RAQA, SEISM, HOSTILE]
    order[2:] = sorted(order[2:], key=lambda one: one.id)  # Those without a date.
    for before, one, after in zip([None, *order], order, [*order[1:], None], strict=False):
        for neighbour, rel in ((before, "prev"), (after, "next")):
            link = neighbour and f'<a href="../articles/{quote(neighbour.id, safe="")}?ui=fr" rel="{rel}">'
            assert (f'rel="{rel}"' in pages[one.id]) is (neighbour is not None)
            assert not link or link in pages[one.id]


def test_an_article_alone_has_no_neighbours() -> None:
    assert "neighbours" not in page_of(PLUTO, engine=FakeEngine([PLUTO]))


def test_the_other_language_and_all_articles_are_a_click_away() -> None:
    page = page_of(RAQA)
    assert f'href="../articles/{RAQA.id}?ui=en" lang="en"' in page and 'href="../fr/articles"' in page


# --- In a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(FakeEngine(), Settings(port=0)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith(f"{address}/") else failures.append(request.url))
    yield page
    context.close()
    assert failures == []


def test_a_page_about_a_sentence_cites_it(page: Page, address: str) -> None:
    at = f"{address}/articles/{RAQA.id}"
    page.goto(f"{at}?ui=fr#s4")
    page.get_by_text(FRENCH.cite_sentence.format(n=4, total=30)).click()
    quotation = sentences_of(RAQA)[3].text
    reference = f"«\u00a0{quotation}\u00a0» — {cited(RAQA, FRENCH)}, {at}#s4"
    assert page.locator(".reference").evaluate("one => one.textContent") == reference
    page.get_by_role("button", name=FRENCH.embed_copy).click()
    expect(page.get_by_role("status")).to_have_text(FRENCH.reference_copied)
    assert page.evaluate("navigator.clipboard.readText()") == reference


def test_selecting_the_reference_copies_it_with_its_spaces(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    page.get_by_text(FRENCH.cite).first.click()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.reference'))")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{cited(RAQA, FRENCH)}, {address}/articles/{RAQA.id}"


def test_sentences_are_chosen_one_after_the_other(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/{PLUTO.id}?ui=en")
    back, on = (page.get_by_role("button", name=name) for name in (ENGLISH.previous_sentence, ENGLISH.next_sentence))
    expect(back).to_be_disabled()
    on.click()
    expect(page.locator(".text :target")).to_have_text(sentences_of(PLUTO)[0].text)
    on.click()
    expect(page.locator("#cited")).to_have_text("Cite sentence 2 of 2")
    expect(on).to_be_disabled()
    back.click()
    back.click()
    expect(page.locator("#cited")).to_have_text(ENGLISH.cite)
    assert page.locator(".text :target").count() == 0
    page.go_back()
    assert page.url == "about:blank"  # Choosing left nothing in the history.


def test_a_click_chooses_a_sentence_where_it_is_and_lets_go_of_it(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    page.evaluate("scrollTo(0, 200)")
    for cited, url in ((FRENCH.cite_sentence.format(n=6, total=30), "?ui=fr#s6"), (FRENCH.cite, "?ui=fr")):
        box = page.locator("#s6").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 60, box["y"] + 8)
        expect(page.locator("#cited")).to_have_text(cited)
        assert page.url == f"{address}/articles/{RAQA.id}{url}"
        assert page.locator(".text :target").count() == url.count("#")
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert abs(page.evaluate("scrollY") - 200) <= 3  # The mark is a little higher than the sentence.


def test_without_a_script_the_page_reads_and_cites(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr#s29")
    expect(page.locator("#s29")).to_be_in_viewport()
    assert page.locator("#citing button:visible, #in-original:visible").count() == 0
    page.get_by_text(FRENCH.cite).first.click()
    expect(page.locator(".reference")).to_contain_text(f"{address}/articles/{RAQA.id}")
    expect(page.get_by_role("link", name=FRENCH.original)).to_have_attribute("href", RAQA.url)
    context.close()


def test_a_chosen_sentence_stays_clear_of_what_is_below(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    for number in (1, 15, 30):
        page.goto(f"{address}/articles/{RAQA.id}?ui=fr#s{number}")
        sentence, bar = (page.locator(one).bounding_box() for one in (f"#s{number}", "#citing"))
        assert sentence and bar and sentence["y"] >= 0 and sentence["y"] + sentence["height"] <= bar["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


def test_on_paper_are_the_article_and_its_reference(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr#s4")
    page.emulate_media(media="print")
    expect(page.locator(".reference")).to_be_visible()
    assert page.locator("button:visible, nav:visible, summary:visible").count() == 0
    assert page.evaluate("document.querySelector('.text').textContent") == RAQA.text


def test_a_line_has_about_65_characters(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    measure = page.locator(".text").evaluate(
        """text => {
          const ruler = document.createElement("span");
          ruler.style = "position: absolute; white-space: pre";
          ruler.textContent = text.textContent.replace(/\\s+/g, " ").slice(0, 1000);
          text.append(ruler);
          return (1000 * text.getBoundingClientRect().width) / ruler.getBoundingClientRect().width;
        }"""
    )
    assert 50 <= measure <= 75  # Between a wide serif and a narrow one.
    page.close()


# --- To the original --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "directive"),
    [
        ("Un mot.", "Un mot"),
        ("«\u202fOui\u202f», a dit M. Mattis.", "Oui\u202f», a dit M. Mattis".replace("\u202f", " ")),
        ("a-b, c & d", "a%2Db%2C%20c%20%26%20d"),
        ("50 % #1 ? +", "50%20%25%20%231"),
        ("un deux trois quatre cinq six " + "et " * 60 + "vingt-et-un deux trois quatre cinq six.", None),
    ],
)
def test_a_text_directive_is_encoded_as_the_draft_says(page: Page, address: str, sentence: str, directive: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    made = page.evaluate("async text => (await import('/static/fragment.js')).textDirective(text)", sentence)
    if directive is None:
        expected = "un%20deux%20trois%20quatre%20cinq%20six,vingt%2Det%2Dun%20deux%20trois%20quatre%20cinq%20six"
    else:
        expected = directive if "%" in directive else quote(directive, safe="'()*!~")
    assert made == f"text={expected}"


@pytest.mark.parametrize(
    ("address_of_original", "expected"),
    [
        ("https://a.example/b", "https://a.example/b#:~:text=mot"),
        ("https://a.example/b#c", "https://a.example/b#c:~:text=mot"),
        ("https://a.example/b#:~:text=autre", "https://a.example/b#:~:text=mot"),
    ],
)
def test_a_fragment_that_is_there_stays(page: Page, address: str, address_of_original: str, expected: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    script = "async address => (await import('/static/fragment.js')).addressOf(address, 'mot')"
    assert page.evaluate(script, address_of_original) == expected


@pytest.mark.parametrize("number", [4, 30])
def test_the_original_opens_at_the_sentence(browser: Browser, number: int) -> None:
    sentences = sentences_of(RAQA)
    with another_site() as site:
        gap = '<p style="height: 150vh"></p>'
        site.html = "".join(f"{gap}<p id=n{one.number}>{one.text}</p>" for one in sentences)
        engine = FakeEngine([replace(RAQA, url=f"{site.origin}/raqa")])
        with running(engine, Settings(port=0)) as address:
            page = browser.new_page()
            page.goto(f"{address}/articles/{RAQA.id}?ui=fr#s{number}")
            link = page.get_by_role("link", name=FRENCH.in_original)
            assert ":~:text=" in str(link.get_attribute("href"))
            link.click()
            expect(page.locator(f"#n{number}")).to_be_in_viewport(timeout=15_000)
            page.close()


def test_a_plain_page_links_the_original_as_it_is(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/{RAQA.id}?ui=fr")
    expect(page.get_by_role("link", name=FRENCH.original)).to_have_attribute("href", RAQA.url)
    expect(page.get_by_role("link", name=FRENCH.in_original)).to_be_hidden()


def test_nothing_hostile_runs_while_every_sentence_is_cited(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/hostile?ui=fr")
    page.get_by_text(FRENCH.cite).first.click()
    on = page.get_by_role("button", name=FRENCH.next_sentence)
    for sentence in sentences_of(HOSTILE):
        on.click()
        expect(page.locator("#cited")).to_have_text(
            FRENCH.cite_sentence.format(n=sentence.number, total=len(sentences_of(HOSTILE)))
        )
        quoted = page.locator("#quotation").evaluate("one => one.textContent")
        assert quoted == f"{FRENCH.quoted.format(text=sentence.text)} — "
    assert page.evaluate("window.pwned") is None
    assert unquote(page.url).endswith(f"#s{len(sentences_of(HOSTILE))}")
