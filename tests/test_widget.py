"""The widget on pages of other sites, in a real browser; the page that hands it out; the demo."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
from fake_engine import ARTICLES, FakeEngine
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect
from serving import Site, another_site, running

from assistant.api import create_app
from assistant.page.widget import Look, look_of, script_tag
from assistant.settings import Settings
from assistant.words import CATALOGUE
from demo.intranet import open_intranet

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]
QUESTION = "Combien de combattants étrangers en Syrie ? La Turquie participe-t-elle ? Quinze pays représentés ?"

#: Bytes that the widget may cost a page before it is asked for.
LAUNCHER_WEIGHT = 6 * 1024


@pytest.fixture(scope="module")
def host() -> Iterator[Site]:
    """A site that may hold the widget."""
    with another_site() as site:
        yield site


@pytest.fixture(scope="module")
def stranger() -> Iterator[Site]:
    """A site that may not."""
    with another_site() as site:
        yield site


@pytest.fixture(scope="module")
def address(host: Site) -> Iterator[str]:
    with running(FakeEngine(), Settings(port=0, widget_origins=host.origin)) as address:
        yield address


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="de-DE", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    expect.set_options(timeout=20_000)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    page.close()


def visit(page: Page, site: Site, address: str, attributes: str = 'data-lang="fr"', **more: str) -> None:
    """A page of ``site`` with the widget; ``more``: further ``head`` and ``body``."""
    site.html = (
        f'<!doctype html><html lang="nl"><head><title>Intranet</title><link rel="icon" href="data:,">'
        f'{more.get("head", "")}<script src="{address}/widget.js" {attributes}></script></head>'
        f'<body><button id="own">Zoeken</button><p>Tekst</p>{more.get("body", "")}</body></html>'
    )
    page.goto(site.origin)


def open_chat(page: Page) -> FrameLocator:
    launcher(page).click()
    frame = page.frame_locator("sourcier-widget iframe")
    expect(page.locator("sourcier-widget .note, sourcier-widget p")).to_be_empty()
    return frame


def launcher(page: Page):  # type: ignore[no-untyped-def]
    return page.locator("sourcier-widget button.launcher")


def panel(page: Page):  # type: ignore[no-untyped-def]
    return page.locator("sourcier-widget [role=dialog]")


def ask(frame: FrameLocator) -> None:
    frame.locator("#question textarea").fill(QUESTION)
    frame.locator("#question textarea").press("Enter")
    expect(frame.locator("#chat .statement")).to_have_count(3)


def complaints(page: Page) -> list[str]:
    """What the browser will complain of."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def without_autofocus(complaints: list[str]) -> list[str]:
    """A frame of another site may not take the focus by itself, which is as it should be."""
    return [complaint for complaint in complaints if "autofocusing" not in complaint]


def focused(page: Page) -> str:
    """What has the focus in the widget: a name, or a tag."""
    return str(
        page.evaluate(
            "() => { const one = document.querySelector('sourcier-widget').shadowRoot.activeElement;"
            " return one ? one.ariaLabel ?? one.localName : document.activeElement.id; }"
        )
    )


# --- Before the first click ---------------------------------------------------------------------------------


def test_a_page_pays_one_small_request_and_nothing_moves(page: Page, host: Site, address: str) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    visit(page, host, address, head="<script>addEventListener('load', () => {})</script>")
    expect(launcher(page)).to_be_visible()
    assert [url for url in requests if not url.startswith((host.origin, "data:"))] == [f"{address}/widget.js"]
    shifts = (
        "() => new Promise((done) => { const seen = []; const observer = new PerformanceObserver((list) =>"
        " seen.push(...list.getEntries())); observer.observe({ type: 'layout-shift', buffered: true });"
        " requestAnimationFrame(() => requestAnimationFrame(() => done(seen.length))); })"
    )
    assert page.evaluate(shifts) == 0
    script = page.context.request.get(f"{address}/widget.js")
    assert len(script.body()) <= LAUNCHER_WEIGHT
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert script.headers["content-type"].startswith("text/javascript")


# --- The journey --------------------------------------------------------------------------------------------


def test_a_question_is_asked_and_its_citation_read_in_the_panel(page: Page, host: Site, address: str) -> None:
    visit(page, host, address, 'async data-lang="fr" data-title="Les archives"')
    frame = open_chat(page)
    expect(panel(page)).to_have_attribute("aria-label", "Les archives")
    expect(panel(page).locator("b")).to_have_text("Les archives")
    assert page.frames[1].url.startswith(f"{address}/fr/?embed=1")
    ask(frame)
    frame.locator("#chat blockquote .cite").first.click()
    expect(frame.locator("#panel mark")).to_be_visible()
    expect(frame.locator("#article-title")).to_have_text(ARTICLES[0].title)


def test_escape_closes_what_is_open_inside_then_the_panel(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    frame = open_chat(page)
    ask(frame)
    frame.locator("#chat blockquote .cite").first.click()
    expect(frame.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(frame.locator("#panel")).to_be_hidden()
    expect(panel(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == FRENCH.ask_here
    launcher(page).click()  # The conversation is as it was left.
    expect(frame.locator("#chat .statement")).to_have_count(3)
    page.get_by_role("link", name=FRENCH.widget_tab).focus()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == FRENCH.ask_here


def test_the_keyboard_stays_in_the_panel(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    launcher(page).focus()
    page.keyboard.press("Enter")
    expect(page.locator("sourcier-widget p")).to_be_empty()
    page.get_by_role("button", name=FRENCH.widget_close).focus()
    page.keyboard.press("Tab")
    assert focused(page) == "iframe"
    passed = {focused(page)}
    for _ in range(30):
        page.keyboard.press("Tab")
        passed.add(focused(page))
    assert passed == {"iframe", FRENCH.widget_tab, FRENCH.widget_close}
    page.get_by_role("link", name=FRENCH.widget_tab).focus()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "iframe"


def test_everything_in_the_widget_has_a_name_and_room(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    expect(launcher(page)).to_have_accessible_name(FRENCH.ask_here)
    open_chat(page)
    expect(page.get_by_role("dialog")).to_have_accessible_name(FRENCH.title)
    expect(page.locator("sourcier-widget iframe")).to_have_attribute("title", FRENCH.title)
    expect(page.get_by_role("link", name=FRENCH.widget_tab)).to_have_attribute("href", f"{address}/fr/")
    for name in ("a", ".head button"):
        box = page.locator(f"sourcier-widget {name}").bounding_box()
        assert box is not None and box["width"] >= 24 and box["height"] >= 24
    assert page.get_by_role("banner").count() == 0


def test_the_page_opens_and_closes_it_and_is_told(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    page.evaluate(
        "window.told = []; for (const what of ['open', 'close', 'ready', 'refused'])"
        " document.addEventListener(`sourcier:${what}`, (event) => told.push(event.type.slice(9)))"
    )
    page.evaluate("sourcier.open(); sourcier.open()")
    expect(page.locator("sourcier-widget p")).to_be_empty()
    page.evaluate("sourcier.toggle(); sourcier.close()")
    expect(panel(page)).to_be_hidden()
    page.evaluate("sourcier.toggle()")
    expect(panel(page)).to_be_visible()
    assert page.evaluate("told") == ["open", "ready", "close", "open"]


def test_a_page_that_closes_it_keeps_the_focus_it_has(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    open_chat(page)
    page.locator("#own").focus()
    page.evaluate("sourcier.close()")
    assert focused(page) == "own"


@pytest.mark.parametrize("wide", [True, False])
def test_opened_from_the_start_it_leaves_focus_and_phones_alone(
    page: Page, host: Site, address: str, wide: bool
) -> None:
    page.set_viewport_size({"width": 1280 if wide else 375, "height": 700})
    visit(page, host, address, 'data-open="true"', body="<script>document.querySelector('#own').focus()</script>")
    expect(panel(page) if wide else launcher(page)).to_be_visible()
    assert panel(page).is_visible() is wide
    assert focused(page) == "own"


def test_loaded_twice_there_is_one(page: Page, host: Site, address: str) -> None:
    again = f'<script src="{address}/widget.js" async data-lang="en"></script>'
    visit(page, host, address, body=again * 2)
    page.wait_for_load_state()
    expect(page.locator("sourcier-widget")).to_have_count(1)


# --- Attributes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('data-lang="en"', ENGLISH.ask_here),
        ('data-lang="xx"', ENGLISH.ask_here),
        ('data-lang="constructor"', ENGLISH.ask_here),
        ('data-lang="fr/../../api/ask?x="', ENGLISH.ask_here),
        ("", ENGLISH.ask_here),
    ],
)
def test_the_language_is_one_of_ours(page: Page, host: Site, address: str, attributes: str, name: str) -> None:
    visit(page, host, address, attributes)
    expect(launcher(page)).to_have_accessible_name(name)


def test_without_a_language_it_is_that_of_the_page(page: Page, host: Site, address: str) -> None:
    visit(page, host, address, "", head="<script>document.documentElement.lang = 'fr-BE'</script>")
    expect(launcher(page)).to_have_accessible_name(FRENCH.ask_here)


def test_attributes_change_how_it_looks(page: Page, host: Site, address: str) -> None:
    visit(page, host, address, 'data-lang="fr" data-color="#FFD700" data-position="bottom-left" data-theme="dark"')
    expect(launcher(page)).to_have_css("background-color", "rgb(255, 215, 0)")
    expect(launcher(page)).to_have_css("color", "rgb(0, 0, 0)")
    box = launcher(page).bounding_box()
    assert box is not None and box["x"] == 16
    launcher(page).click()
    expect(panel(page)).to_have_css("background-color", "rgb(21, 24, 26)")
    assert "theme=dark" in str(page.locator("sourcier-widget iframe").get_attribute("src"))


@pytest.mark.parametrize(
    "attributes",
    [
        'data-color="red;}*{display:none" data-position="top" data-theme="dark;" data-timeout="0"',
        'data-color="#fff0" data-position="bottom-left;x" data-open="yes" data-timeout="1e9"',
        'data-color="url(https://evil.example)" data-base-url="https://evil.example" data-src="javascript:1"',
        f'data-title="{"x" * 61}" data-model="gpt" data-prompt="lie" data-k="1" data-embed="0"',
    ],
)
def test_what_is_not_documented_counts_as_nothing(page: Page, host: Site, address: str, attributes: str) -> None:
    visit(page, host, address, attributes)
    expect(launcher(page)).to_have_css("background-color", "rgb(10, 92, 107)")
    box = launcher(page).bounding_box()
    assert box is not None and box["x"] == 1280 - 16 - 56
    launcher(page).click()
    expect(page.locator("sourcier-widget iframe")).to_have_attribute("src", f"{address}/en/?embed=1&theme=")
    expect(panel(page)).to_have_attribute("aria-label", "Sourcier")


def test_a_title_is_text(page: Page, host: Site, address: str) -> None:
    title = "<img src=x onerror=alert(1)> « L’actualité »"
    visit(page, host, address, f'data-title="{title.replace("<", "&lt;")}"')
    launcher(page).click()
    expect(panel(page).locator("b")).to_have_text(title)
    assert page.locator("sourcier-widget img").count() == 0


@pytest.mark.parametrize("color", ["#000000", "#767676", "#777777", "#0a5c6b", "#ff0000", "#00ff00", "#7a5cff"])
def test_what_is_written_on_a_colour_can_be_read(page: Page, host: Site, address: str, color: str) -> None:
    visit(page, host, address, f'data-color="{color}"')
    ground, ink = (
        launcher(page).evaluate(f"one => getComputedStyle(one).{name}") for name in ("backgroundColor", "color")
    )
    lighter, darker = sorted((luminance(ground), luminance(ink)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2) of a colour as browsers write it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", color)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# --- Sites that are not made for it -------------------------------------------------------------------------


def test_a_strict_policy_of_the_site_is_enough(page: Page, host: Site, address: str) -> None:
    violations = complaints(page)
    host.headers = {
        "content-security-policy": f"default-src 'self'; img-src data:; script-src {address}; frame-src {address};"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    }
    try:
        visit(page, host, address)
        ask(open_chat(page))
        expect(launcher(page)).to_have_css("position", "fixed")
    finally:
        host.headers = {}
    assert without_autofocus(violations) == []


def test_an_isolated_site_can_hold_it(page: Page, host: Site, address: str) -> None:
    host.headers = {
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-opener-policy": "same-origin",
    }
    try:
        visit(page, host, address)
        assert page.evaluate("crossOriginIsolated") is True
        ask(open_chat(page))
    finally:
        host.headers = {}


def test_rules_of_the_site_do_not_reach_it(page: Page, host: Site, address: str) -> None:
    rules = (
        "<style>button { background: red !important; width: 500px !important }"
        " body * { all: unset !important; display: none !important; font-size: 99px !important }"
        " sourcier-widget { display: none !important; opacity: 0 !important; --ground: red; --left: 0 }</style>"
    )
    visit(page, host, address, head=rules)
    expect(launcher(page)).to_have_css("background-color", "rgb(10, 92, 107)")
    expect(launcher(page)).to_have_css("width", "56px")
    launcher(page).click()
    expect(panel(page)).to_be_visible()
    expect(panel(page).locator("b")).to_have_css("font-size", "16px")


def test_it_needs_no_cookie(browser: Browser, host: Site, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    # Another name for this machine: to the browser, another site.
    visit(page, host, address.replace("127.0.0.1", "localhost"))
    ask(open_chat(page))
    assert context.cookies() == []
    context.close()


def test_it_is_not_printed(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    page.emulate_media(media="print")
    expect(launcher(page)).to_be_hidden()


def test_motion_is_left_out_for_those_who_prefer_so(page: Page, host: Site, address: str) -> None:
    visit(page, host, address)
    launcher(page).click()
    expect(panel(page)).to_have_css("animation-name", "rise")
    page.emulate_media(reduced_motion="reduce")
    expect(panel(page)).to_have_css("animation-name", "none")


@pytest.mark.parametrize("size", [(375, 667), (320, 568), (640, 800), (900, 400)])
def test_on_a_small_screen_it_fills_it(page: Page, host: Site, address: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(reduced_motion="reduce")
    visit(page, host, address)
    launcher(page).click()
    assert panel(page).bounding_box() == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    expect(page.get_by_role("button", name=FRENCH.widget_close)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# --- Who may hold it ----------------------------------------------------------------------------------------


def test_a_site_that_is_not_let_in_is_told_so(page: Page, stranger: Site, address: str) -> None:
    visit(page, stranger, address, 'data-lang="fr" data-timeout="2"')
    page.evaluate("document.addEventListener('sourcier:refused', () => (window.refused = true))")
    launcher(page).click()
    expect(page.locator("sourcier-widget p")).to_have_text(FRENCH.widget_loading)
    note = page.locator("sourcier-widget [role=status]")
    expect(note).to_contain_text(FRENCH.widget_refused)
    expect(note.locator("a")).to_have_attribute("href", f"{address}/fr/")
    expect(page.locator("sourcier-widget iframe")).to_be_hidden()
    assert page.evaluate("refused") is True
    page.get_by_role("link", name=FRENCH.widget_tab).first.focus()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "a", "the link in the message takes the place of the frame"
    with page.context.expect_page() as opened:
        note.locator("a").click()
    expect(opened.value).to_have_url(f"{address}/fr/")
    opened.value.close()


def test_after_a_refusal_opening_again_is_another_try(page: Page, host: Site, address: str) -> None:
    visit(page, host, address, 'data-timeout="1"')
    page.context.route("**/en/?embed=1*", lambda route: route.abort())
    launcher(page).click()
    expect(page.locator("sourcier-widget p")).to_contain_text(ENGLISH.widget_refused)
    page.context.unroute("**/en/?embed=1*")
    page.keyboard.press("Escape")
    launcher(page).click()
    expect(page.locator("sourcier-widget p")).to_be_empty()  # Ready, in time or late.
    expect(page.locator("sourcier-widget iframe")).to_be_visible()


def test_only_the_frame_is_listened_to(page: Page, host: Site, address: str) -> None:
    visit(page, host, address, body='<iframe name="other" srcdoc="&lt;p&gt;Ander kader&lt;/p&gt;"></iframe>')
    open_chat(page)
    page.evaluate("window.heard = 0; addEventListener('message', () => heard++)")
    page.evaluate("postMessage({ type: 'sourcier:escape' }, '*')")
    page.frame("other").evaluate("parent.postMessage({ type: 'sourcier:escape' }, '*')")
    page.wait_for_function("heard === 2")
    expect(panel(page)).to_be_visible()


@pytest.mark.parametrize("path", ["/fr/", "/en/", "/articles/hostile", "/healthz", "/static/ui.js"])
def test_by_default_no_other_site_may(path: str) -> None:
    client = TestClient(create_app(FakeEngine(), Settings()), base_url="http://127.0.0.1:7860")
    response = client.get(path, headers={"origin": "https://intranet.example"})
    assert response.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert "access-control-allow-origin" not in response.headers
    assert "x-frame-options" not in response.headers
    mine = response.headers["cross-origin-resource-policy"]
    assert mine == ("cross-origin" if path in ("/fr/", "/en/") else "same-origin")


# --- The page that hands it out -----------------------------------------------------------------------------


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_line_follows_the_form_and_is_copied(context: BrowserContext, page: Page, address: str, words) -> None:  # type: ignore[no-untyped-def]
    page.goto(f"{address}/{words.code}/embed")
    expect(page.locator("html")).to_have_attribute("lang", words.code)
    src = f'<script src="{address}/widget.js" async'
    expect(page.locator("#tag")).to_have_text(f'{src} data-lang="{words.code}"></script>')
    page.get_by_label(words.embed_language).select_option("fr")
    page.get_by_label(words.embed_position).select_option(label=words.embed_positions[1])
    page.get_by_label(words.embed_color).fill("#7a1f5c")
    page.get_by_label(words.embed_title).fill('« L’info » & "plus"')
    look = 'data-position="bottom-left" data-color="#7a1f5c" data-title="« L’info » &amp; &#34;plus&#34;"'
    line = f'{src} data-lang="fr" {look}></script>'
    expect(page.locator("#tag")).to_have_text(line)
    page.get_by_role("button", name=words.embed_copy, exact=True).click()
    expect(page.locator("#told")).to_have_text(words.embed_copied)
    assert page.evaluate("navigator.clipboard.readText()") == line
    page.get_by_role("button", name=words.embed_try).click()
    expect(launcher(page)).to_have_css("background-color", "rgb(122, 31, 92)")
    expect(page.locator("#tag")).to_have_text(line)


def test_the_line_as_it_is_handed_out_works(page: Page, host: Site, address: str) -> None:
    page.goto(f"{address}/fr/embed?{urlencode({'title': '<b>À & « B »</b>', 'lang': 'en', 'color': '#123456'})}")
    host.html = f"<!doctype html><title>Intranet</title>{page.locator('#tag').text_content()}"
    page.goto(host.origin)
    expect(launcher(page)).to_have_css("background-color", "rgb(18, 52, 86)")
    launcher(page).click()
    expect(panel(page).locator("b")).to_have_text("<b>À & « B »</b>")


def test_without_javascript_the_form_does_it(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/fr/embed")
    expect(page.locator("#copy")).to_be_hidden()
    page.get_by_label(FRENCH.embed_title).fill("Archives")
    page.get_by_role("button", name=FRENCH.embed_try).click()
    expect(page.locator("#tag")).to_contain_text('data-title="Archives"')
    context.close()


def test_it_says_which_sites_are_let_in(page: Page, host: Site, address: str) -> None:
    page.goto(f"{address}/fr/embed")
    expect(page.locator("main li")).to_have_text([host.origin])
    expect(page.get_by_text("ASSISTANT_WIDGET_ORIGINS")).to_be_visible()
    client = TestClient(create_app(FakeEngine(), Settings()), base_url="http://127.0.0.1:7860")
    assert FRENCH.embed_none_admitted in client.get("/fr/embed").text


@pytest.mark.parametrize("width", [320, 375])
def test_it_fits_a_narrow_screen(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{address}/fr/embed?title={'M' * 60}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("query", "look"),
    [
        ({}, Look("fr")),
        ({"lang": "en", "position": "bottom-left", "color": "#ABCDEF"}, Look("en", "bottom-left", "#abcdef")),
        ({"lang": "xx", "position": "top", "color": "red"}, Look("fr")),
        ({"color": "#abcdef\n", "title": "  a \n b  "}, Look("fr", title="a b")),
        ({"title": "x" * 100}, Look("fr", title="x" * 60)),
    ],
)
def test_a_look_is_made_of_known_values(query: dict[str, str], look: Look) -> None:
    assert look_of(query, Look("fr")) == look


@pytest.mark.parametrize(("accent", "color"), [("", "#0a5c6b"), ("#1a2", "#11aa22"), ("#123456", "#123456")])
def test_its_colour_is_the_accent_of_the_settings(accent: str, color: str) -> None:
    client = TestClient(create_app(FakeEngine(), Settings(accent=accent)), base_url="http://127.0.0.1:7860")
    assert f'"{color}"' in client.get("/widget.js").text
    page = client.get("/en/embed").text
    assert f'value="{color}"' in page and "data-color" not in page


def test_nothing_of_a_title_becomes_markup() -> None:
    tag = script_tag("https://a.example/widget.js", Look("fr", title='"><script>alert(1)</script>'), Look("fr"))
    assert tag.count("<") == 2 and "&#34;&gt;&lt;script&gt;" in tag


# --- The demo -----------------------------------------------------------------------------------------------


def test_the_sample_page_holds_the_widget(page: Page) -> None:
    """Each is told of the other before it runs, so the page gets its port first."""
    failures = complaints(page)
    site, origin = open_intranet("http://127.0.0.1:1", 0)
    site.server_close()
    with running(FakeEngine(), Settings(port=0, widget_origins=origin)) as address:
        site, again = open_intranet(address, int(origin.rpartition(":")[2]))
        assert again == origin
        with site:
            Thread(target=site.serve_forever, daemon=True).start()
            page.goto(origin)
            expect(page.locator("h1")).to_have_css("font-family", "Verdana, Geneva, sans-serif")
            ask(open_chat(page))
            site.shutdown()
    assert without_autofocus(failures) == []


def test_the_demo_names_a_taken_port(host: Site, tmp_path: Path) -> None:
    port = int(host.origin.rpartition(":")[2]) - 1
    ran = subprocess.run(
        [sys.executable, "-m", "demo"],
        env={"ASSISTANT_PORT": str(port)},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2 and "ASSISTANT_PORT" in ran.stderr and ran.stderr.count("\n") == 1
