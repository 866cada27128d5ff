"""The screens of the pages, one for each state that was designed, brought about in a browser.

Run (``make screens``), it takes their pictures for ``docs/screens`` from the sample corpus; the tests of accessibility
look for barriers in the same screens.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from serving import Site, another_site, running

from assistant.embedding import load_embedder
from assistant.engine import open_engine
from assistant.ingest import ingest
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.types import Answer, Article, Progress
from assistant.words import CATALOGUE, Words

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "screens"

#: Of a window, in CSS pixels.
DESKTOP, PHONE = (1280, 800), (375, 720)

#: Of which there are pictures on a dark desktop and on a phone too.
IN_THE_DARK = ("first-visit", "answer", "panel", "abstention", "article", "articles")
ON_A_PHONE = ("first-visit", "answer", "panel", "article", "articles", "widget")


@dataclass(frozen=True, slots=True)
class Script:
    """What is asked of a corpus in one language."""

    question: str
    #: Of another article.
    second: str
    unanswered: str
    #: Words that some articles hold.
    words: str
    #: An article, and one of its sentences.
    article: str
    sentence: int


SAMPLE = {
    "fr": Script(
        question="Combien de combattants étrangers Interpol a-t-il identifiés ?",
        second="Qui a gagné la Coupe du monde en 2018 ?",
        unanswered="Pourquoi la bibliothèque d’Alexandrie a-t-elle brûlé ?",
        words="incendie cathédrale",
        article="2019-04-16-notre-dame-incendie",
        sentence=3,
    ),
    "en": Script(
        question="How close did New Horizons come to Pluto?",
        second="When did the United Kingdom leave the European Union?",
        unanswered="Who painted the ceiling of the Sistine Chapel?",
        words="mission",
        article="2015-07-15-new-horizons-reaches-pluto",
        sentence=3,
    ),
}


class Staged:
    """An engine that can be made to wait, to be indexing, and to have lost an article."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: Answers wait for it.
        self.held = Event()
        self.as_new()

    def as_new(self) -> None:
        self.held.set()
        self.building: Progress | None = None
        self.lost = False

    def ask(self, *question: Any, **how: Any) -> Answer:
        self.held.wait(60)
        return self._engine.ask(*question, **how)

    def article(self, article_id: str) -> Article | None:
        return None if self.lost else self._engine.article(article_id)

    def progress(self) -> Progress | None:
        return self.building

    def seen_by(self, groups: frozenset[str]) -> "Staged":
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@dataclass(frozen=True, slots=True)
class Stage:
    """A browser's page and all that a screen is made of, in one language."""

    page: Page
    address: str
    #: A site that may hold the widget.
    site: Site
    engine: Staged
    words: Words
    script: Script

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}/{path}")

    def chat(self) -> None:
        self.open(f"{self.words.code}/")
        expect(self.page.locator("#samples button:visible").first).to_be_visible()

    def send(self, question: str) -> None:
        self.page.locator("#question textarea").fill(question)
        self.page.locator("#question textarea").press("Enter")

    def ask(self, question: str) -> Locator:
        """The last answer once it is whole."""
        before = self.page.locator("#chat .turn").count()
        self.send(question)
        expect(self.page.locator("#chat .turn")).to_have_count(before + 1)
        return self.page.locator("#chat .answer").last

    def answer(self) -> Locator:
        self.chat()
        return self.ask(self.script.question)

    def host(self, origin: str, patience: int = 60) -> None:
        """The sample page of a site of someone else, with the widget, which gives up after ``patience`` seconds."""
        page = (ROOT / "demo" / "intranet.html").read_text(encoding="utf-8")
        style = (ROOT / "demo" / "intranet.css").read_text(encoding="utf-8")
        self.site.html = (
            page.replace('<link rel="stylesheet" href="intranet.css">', f"<style>{style}</style>")
            .replace("{assistant}", self.address)
            .replace('data-lang="fr"', f'data-lang="{self.words.code}" data-timeout="{patience}"')
        )
        self.page.goto(origin)
        expect(self.page.locator("sourcier-widget button.launcher")).to_be_visible()


# --- The chat ---------------------------------------------------------------------------------------------


def first_visit(stage: Stage) -> None:
    stage.chat()


def thinking(stage: Stage) -> None:
    stage.chat()
    stage.engine.held.clear()
    stage.send(stage.script.question)
    expect(stage.page.locator("#chat .thinking")).to_be_visible()


def answer(stage: Stage) -> None:
    stage.answer()


def answers(stage: Stage) -> None:
    stage.answer()
    stage.ask(stage.script.second)


def card(stage: Stage) -> None:
    stage.answer().locator("blockquote .cite").first.hover()
    expect(stage.page.locator("#card")).to_be_visible()


def panel(stage: Stage) -> None:
    stage.answer().locator("blockquote .cite").first.click()
    expect(stage.page.locator("#panel mark")).to_be_visible()


def abstention(stage: Stage) -> None:
    stage.chat()
    stage.ask(stage.script.unanswered)


def removed(stage: Stage) -> None:
    chip = stage.answer().locator("blockquote .cite").first
    stage.engine.lost = True
    chip.click()
    expect(stage.page.locator("#article-title")).to_have_text(stage.words.article_gone)


def indexing(stage: Stage) -> None:
    stage.engine.building = Progress(12, 40)
    stage.chat()


def unreachable(stage: Stage) -> None:
    stage.answer()
    stage.page.route("**/queue/join*", lambda route: route.abort())
    stage.send(stage.script.second)
    expect(stage.page.get_by_role("alert")).to_be_visible()


def rate_limited(stage: Stage) -> None:
    stage.answer()
    stage.page.route("**/queue/join*", lambda route: route.fulfill(status=429, headers={"retry-after": "7"}))
    stage.send(stage.script.second)
    expect(stage.page.get_by_role("alert")).to_be_visible()


def too_long(stage: Stage) -> None:
    stage.chat()
    stage.send((f"{stage.script.question} " * 100)[:2400])
    expect(stage.page.locator("#chat .problem")).to_be_visible()


def stopped(stage: Stage) -> None:
    thinking(stage)
    stage.page.get_by_role("button", name=stage.words.stop).click()
    expect(stage.page.locator("#chat .stopped")).to_be_visible()


def export(stage: Stage) -> None:
    stage.answer()
    stage.page.get_by_role("button", name=stage.words.export).click()
    expect(stage.page.locator("#exports")).to_be_visible()


def rating(stage: Stage) -> None:
    stage.answer().get_by_role("button", name=stage.words.not_useful).click()
    expect(stage.page.get_by_role("dialog", name=stage.words.what_is_wrong)).to_be_visible()


def conversations(stage: Stage) -> None:
    stage.answer()
    stage.page.get_by_role("button", name=stage.words.conversations).click()
    expect(stage.page.locator("#history .open")).not_to_have_count(0)


# --- The articles -----------------------------------------------------------------------------------------


def article(stage: Stage) -> None:
    stage.open(f"articles/{stage.script.article}?ui={stage.words.code}#s{stage.script.sentence}")
    expect(stage.page.locator(":target")).to_be_in_viewport()


def citing(stage: Stage) -> None:
    article(stage)
    stage.page.locator("#cited").click()
    expect(stage.page.locator(".reference")).to_be_visible()


def articles(stage: Stage) -> None:
    stage.open(f"{stage.words.code}/articles")
    expect(stage.page.locator("ol.articles")).to_be_visible()


def found(stage: Stage) -> None:
    stage.open(f"{stage.words.code}/articles?q={stage.script.words}")
    expect(stage.page.locator("ol.articles mark").first).to_be_visible()


def nothing_found(stage: Stage) -> None:
    stage.open(f"{stage.words.code}/articles?q=zeppelin&from=1937")
    expect(stage.page.locator(".nothing")).to_be_visible()


def missing(stage: Stage) -> None:
    stage.open(f"articles/1999-12-31?ui={stage.words.code}")
    expect(stage.page.locator("h1")).to_have_text(stage.words.article_gone)


# --- Other sites ------------------------------------------------------------------------------------------


def embed(stage: Stage) -> None:
    stage.open(f"{stage.words.code}/embed")
    expect(stage.page.locator("#copy")).to_be_visible()


def host(stage: Stage) -> None:
    stage.host(stage.site.origin)


def widget(stage: Stage) -> None:
    stage.host(stage.site.origin)
    stage.page.locator("sourcier-widget button.launcher").click()
    frame = stage.page.frame_locator("sourcier-widget iframe")
    expect(frame.locator("#samples button:visible").first).to_be_visible()
    frame.locator("#question textarea").fill(stage.script.question)
    frame.locator("#question textarea").press("Enter")
    expect(frame.locator("#chat .turn")).to_have_count(1)


def widget_refused(stage: Stage) -> None:
    stage.host(stage.site.origin.replace("127.0.0.1", "localhost"), 1)  # Another origin, which is not let in.
    stage.page.locator("sourcier-widget button.launcher").click()
    expect(stage.page.get_by_text(stage.words.widget_refused)).to_be_visible()


SCREENS: dict[str, Callable[[Stage], None]] = {
    screen.__name__.replace("_", "-"): screen
    for screen in (
        first_visit, thinking, answer, answers, card, panel, abstention, removed, indexing, unreachable, rate_limited,
        too_long, stopped, export, rating, conversations, article, citing, articles, found, nothing_found, missing,
        embed, host, widget, widget_refused,
    )
}  # fmt: skip


# --- The stage --------------------------------------------------------------------------------------------

#: Brings about a screen on a page that it returns; named by the screen and the language.
Show = Callable[..., Page]


@contextmanager
def staged(browser: Browser, engine: Engine, scripts: dict[str, Script], index: Path) -> Iterator[Show]:
    """Where screens can be shown with ``engine`` behind them."""
    stumbling = Staged(engine)
    settings = Settings(port=0, index=index, rate_limit=0)
    with another_site() as site, running(stumbling, replace(settings, widget_origins=site.origin)) as address:
        context = browser.new_context()
        context.set_default_timeout(30_000)
        context.add_init_script("if (origin !== 'null') { localStorage.clear(); sessionStorage.clear(); }")
        page = context.new_page()

        def show(name: str, language: str, size: tuple[int, int] = DESKTOP) -> Page:
            stumbling.as_new()
            page.unroute_all()
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.mouse.move(0, 0)
            SCREENS[name](Stage(page, address, site, stumbling, CATALOGUE[language], scripts[language]))
            return page

        yield show
        stumbling.as_new()
        context.close()


# --- Pictures ---------------------------------------------------------------------------------------------


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Pictures are taken with chromium, which is not installed.")
    expect.set_options(timeout=30_000)
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = Settings(index=Path(folder), questions=ROOT / "corpus" / "questions.jsonl")
        ingest([ROOT / "corpus" / "articles"], settings.index, load_embedder(settings))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with staged(browser, open_engine(settings), SAMPLE, settings.index) as show:
            for language in SAMPLE:
                for name in SCREENS:
                    take_pictures(show, name, language)
        browser.close()


def take_pictures(show: Show, name: str, language: str) -> None:
    """In the light and, of some screens, in the dark and on a phone."""
    page = show(name, language)
    take_picture(page, f"{name}.{language}")
    if name in IN_THE_DARK:
        page.emulate_media(color_scheme="dark")
        take_picture(page, f"{name}.{language}.dark")
        page.emulate_media(color_scheme="light")
    if name in ON_A_PHONE:
        take_picture(show(name, language, PHONE), f"{name}.{language}.phone")


def take_picture(page: Page, name: str) -> None:
    """With a palette, which text on plain ground looks the same with, at a third of the size."""
    taken = Image.open(BytesIO(page.screenshot(caret="hide", animations="disabled")))
    taken.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
