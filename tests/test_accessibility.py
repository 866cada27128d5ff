"""No barriers: axe-core and Chromium's accessibility tree over every screen, wide and narrow, light and dark."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from fake_engine import FakeEngine
from playwright.sync_api import Browser, Frame, Page, expect
from screens import SCREENS, Script, Show, staged

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

#: The rules of axe-core that are about WCAG 2.2, levels A and AA, and those of good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

WIDTHS = (1280, 375, 320)
SCHEMES = ("light", "dark")

#: Roles of what one can operate.
CONTROLS = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "radio",
    "menuitem",
    "DisclosureTriangle",
    "Date",
}

SCRIPTS = {
    "fr": Script(
        question="Combien de combattants étrangers en Syrie ? La Turquie participe-t-elle ? Quinze pays représentés ?",
        second="Et combien de morts le séisme a-t-il fait en Turquie ?",
        told="Combien de combattants étrangers ? Que fera la Turquie, selon le secrétaire américain Jim Mattis ?",
        disputed="Combien de combattants étrangers, combien de morts en Turquie et en Syrie ?",
        unanswered="Combien de personnes au Danemark en ville ?",
        foreign="Quand la sonde New Horizons est-elle passée près de Pluto ?",
        translation="La sonde New Horizons a survolé Pluton mardi après un voyage de neuf ans.",
        several="Offensive et séisme en Turquie et en Syrie ?",
        words="séisme",
        article="2017-05-09-raqa",
        sentence=4,
        quotation="Interpol a identifié 14\u2009000 combattants étrangers qui ont rejoint la Syrie et l'Irak",
        altered="Interpol n'a pas identifié 4\u2009000 combattants étrangers qui ont rejoint la Syrie",
    ),
    "en": Script(
        question="The New Horizons probe flew past Pluto after how many years?",
        second="Combien de combattants étrangers en Syrie ?",
        told="Did mission scientists say how close it came to the dwarf planet on Tuesday?",
        disputed="Combien de combattants étrangers, combien de morts en Turquie et en Syrie ?",
        unanswered="Which mission scientists live in Denmark?",
        foreign="Quand la sonde New Horizons est-elle passée près de Pluto ?",
        translation="La sonde New Horizons a survolé Pluton mardi après un voyage de neuf ans.",
        several="Offensive et séisme en Turquie et en Syrie ?",
        words="Pluto",
        article="2015-07-15-pluto",
        sentence=2,
        quotation="The New Horizons probe flew past Pluto on Tuesday after a journey of nine years",
        altered="The New Horizons probe flew past Pluto on Monday after a long journey of nine years",
    ),
}


@pytest.fixture(scope="module")
def show(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    expect.set_options(timeout=30_000)
    with staged(browser, FakeEngine(), SCRIPTS, tmp_path_factory.mktemp("screens") / "index") as show:
        yield show


@pytest.mark.parametrize("language", SCRIPTS)
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_has_no_barriers(show: Show, name: str, language: str) -> None:
    page = show(name, language)
    frames = [frame for frame in page.frames if frame.url.startswith("http")]
    for frame in frames:
        frame.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert [frame.evaluate(OVERFLOW) for frame in frames] == [0] * len(frames)
        assert unnamed(page) == []
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert [barrier for frame in frames for barrier in barriers(frame)] == [], (width, scheme)


def test_barriers_would_be_found(show: Show) -> None:
    page = show("missing", "en")
    page.locator("main").evaluate("one => one.innerHTML += '<button></button><p style=\"color: #aaa\">grey</p>'")
    page.evaluate(AXE)
    assert [rule for rule, _ in barriers(page.main_frame)] == ["button-name", "color-contrast"]
    assert len(unnamed(page)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "answer",
        "worded",
        "explained",
        "copies",
        "panel",
        "rating",
        "article",
        "found",
        "altered",
        "embed",
        "widget-refused",
    ],
)
def test_the_focus_is_seen_wherever_it_goes(show: Show, name: str) -> None:
    page = show(name, "fr")
    reached: list[str] = []
    while len(reached) < 80:
        page.keyboard.press("Tab")
        place, seen = page.evaluate(FOCUSED)
        if place in reached:
            break
        assert seen, place
        reached.append(place)
    assert len(reached) >= 3


def test_nothing_moves_for_those_who_prefer_so(show: Show) -> None:
    page = show("thinking", "fr")
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate("document.getAnimations().length") == 1  # The line that says to wait.


OVERFLOW = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"

#: Where the focus is, and whether it shows, on the element or around it.
FOCUSED = """() => {
  let one = document.activeElement;
  while (one.shadowRoot) one = one.shadowRoot.activeElement;
  const drawn = (one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  };
  const path = [];
  for (let at = one; at?.parentNode; at = at.parentNode) path.push([...at.parentNode.children].indexOf(at));
  const turn = ["body", "span"].includes(one.localName); // The end of the page, or of the widget.
  return [path.join(), turn || drawn(one) || drawn(one.parentElement)];
}"""


def barriers(frame: Frame) -> list[tuple[str, list[str]]]:
    """The rules that are broken, with where they are."""
    options = {"runOnly": RULES, "resultTypes": ["violations"], "iframes": False, "preload": False}
    violations = frame.evaluate("async options => (await axe.run(options)).violations", options)
    return [(one["id"], [f"{node['target']} {node['failureSummary']}" for node in one["nodes"]]) for one in violations]


def unnamed(page: Page) -> list[dict[str, Any]]:
    """Controls that assistive technology is told no name of."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Page.getFrameTree")["frameTree"]
    frames = [one["frame"]["id"] for one in (tree, *tree.get("childFrames", []))]
    trees = [session.send("Accessibility.getFullAXTree", {"frameId": frame})["nodes"] for frame in frames]
    session.detach()
    return [
        node
        for nodes in trees
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"] in CONTROLS
        and not node.get("name", {}).get("value", "").strip()
    ]
