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
from urllib.parse import urlencode
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from serving import Site, another_site, running

from assistant.embedding import load_embedder
from assistant.engine import open_engine
from assistant.ingest import ingest
from assistant.protocols import Engine
from assistant.settings import Settings
from assistant.types import Answer, Article, Citation, Progress
from assistant.words import CATALOGUE, Words

sys.path.append(str(Path(__file__).with_name("generation")))

from llm_server import SCENARIOS, Act, given, llm_server, quoted, says

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "screens"

#: The name of the model that is played.
MODEL = "qwen2.5:3b"

#: Of a window, in CSS pixels.
DESKTOP, PHONE = (1280, 800), (375, 720)

#: Of which there are pictures on a dark desktop and on a phone too.
IN_THE_DARK = (
    "first-visit", "answer", "told", "disagreement", "worded", "glossed", "digest", "explained", "panel", "abstention",
    "article", "articles",
)  # fmt: skip
ON_A_PHONE = (
    "first-visit", "answer", "told", "disagreement", "copies", "worded", "glossed", "digest", "explained", "panel",
    "article", "articles", "widget",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Script:
    """What is asked of a corpus in one language."""

    question: str
    #: Of another article.
    second: str
    #: Answered with somebody's words, and with a time that is counted from the article's day.
    told: str
    #: Articles answer it differently; in the sample corpus, French ones.
    disputed: str
    unanswered: str
    #: Answered by a sentence in another language, and what a model makes of that.
    foreign: str
    translation: str
    #: Answered by several articles; in the sample corpus, French ones.
    several: str
    #: Words that some articles hold.
    words: str
    #: An article, and one of its sentences.
    article: str
    sentence: int
    #: As it stands in an article, and with other words.
    quotation: str
    altered: str


SAMPLE = {
    "fr": Script(
        question="Combien de combattants étrangers Interpol a-t-il identifiés ?",
        second="Qui a gagné la Coupe du monde en 2018 ?",
        told="Combien les compagnies aériennes allaient-elles perdre en 2010 ?",
        disputed="Combien de personnes ont manifesté contre la réforme des retraites le 7 mars 2023 ?",
        unanswered="Pourquoi la bibliothèque d’Alexandrie a-t-elle brûlé ?",
        foreign="Combien de personnes avaient participé au programme qui a envoyé Apollo 11 sur la Lune ?",
        translation="Quelque 400 000 personnes avaient travaillé sur le programme.",
        several="Quelle est l’altitude du mont Blanc ?",
        words="incendie cathédrale",
        article="2019-04-16-notre-dame-incendie",
        sentence=3,
        quotation="les uns aux côtés des autres, pour prendre Raqa",
        altered="Notre intention est de collaborer avec les Kurdes, les uns aux côtés des autres, pour prendre Raqa",
    ),
    "en": Script(
        question="How close did New Horizons come to Pluto?",
        second="When did the United Kingdom leave the European Union?",
        told="How much was the airline industry forecast to lose in 2010?",
        disputed="Combien de personnes ont manifesté contre la réforme des retraites le 7 mars 2023 ?",
        unanswered="Who painted the ceiling of the Sistine Chapel?",
        foreign="How many American soldiers were in Syria when the assault on Raqqa began?",
        translation="Some 300,000 people lived in Raqqa under the yoke of IS, of whom 80,000 were displaced from other "
        "regions.",
        several="Combien de personnes ont manifesté contre la réforme des retraites le 7 mars 2023 ?",
        words="mission",
        article="2015-07-15-new-horizons-reaches-pluto",
        sentence=3,
        quotation="covered some three billion miles in nine and a half years",
        altered="It swung past Jupiter in March 2007, slept through the trip and covered some three billion miles",
    ),
}


class Staged:
    """An engine that can be made to wait, to be indexing, to have lost an article, and to know copies of all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: Answers wait for it.
        self.held = Event()
        self.as_new()

    def as_new(self) -> None:
        self.held.set()
        self.building: Progress | None = None
        self.lost = False
        self.reprinted = False

    def ask(self, *question: Any, **how: Any) -> Answer:
        self.held.wait(60)
        answer = self._engine.ask(*question, **how)
        return with_copies(answer) if self.reprinted else answer

    def article(self, article_id: str) -> Article | None:
        return None if self.lost else self._engine.article(article_id)

    def progress(self) -> Progress | None:
        return self.building

    def seen_by(self, groups: frozenset[str]) -> "Staged":
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def with_copies(answer: Answer) -> Answer:
    """The answer as if three more papers had printed each article cited."""

    def copied(citation: Citation) -> Citation:
        of = citation.sentence.article
        papers = ("L’Écho du Nord", "The Evening Courier", "Le Matin")
        return replace(citation, copies=tuple(replace(of, id=f"{of.id}-{n}", source=at) for n, at in enumerate(papers)))

    statements = (replace(one, citations=tuple(map(copied, one.citations))) for one in answer.statements)
    return replace(answer, statements=tuple(statements))


class Model:
    """A language model that does what it is told, and may be made to take its time."""

    def __init__(self) -> None:
        self.held = Event()
        self.as_new()

    def as_new(self) -> None:
        self.does: Act = SCENARIOS["faithful"]
        self.held.set()

    def act(self, handler: Any, body: dict[str, Any]) -> None:
        self.does(handler, body)


@dataclass(frozen=True, slots=True)
class Stage:
    """A browser's page and all that a screen is made of, in one language."""

    page: Page
    address: str
    #: Where answers are worded, by this model.
    wording_address: str
    model: Model
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

    def answer_in_words(self, question: str = "") -> Locator:
        self.page.goto(f"{self.wording_address}/{self.words.code}/")
        expect(self.page.locator("#worded input")).to_be_checked()
        return self.ask(question or self.script.second)

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


def told(stage: Stage) -> None:
    stage.chat()
    expect(stage.ask(stage.script.told).locator(".told .fact").first).to_be_visible()


def disagreement(stage: Stage) -> None:
    stage.chat()
    expect(stage.ask(stage.script.disputed).locator(".disagreement")).to_be_visible()


def copies(stage: Stage) -> None:
    stage.engine.reprinted = True
    stage.answer().locator(".copies summary").first.click()
    expect(stage.page.locator(".copies a").first).to_be_visible()


def worded(stage: Stage) -> None:
    expect(stage.answer_in_words().locator(".wording")).to_have_count(0)
    expect(stage.page.locator("#chat .verdict").first).to_have_text(stage.words.verified)


def wording(stage: Stage) -> None:
    stage.model.held.clear()
    stage.model.does = lambda handler, body: (handler.begin(), stage.model.held.wait(60), handler.end())[0]
    expect(stage.answer_in_words().locator(".wording")).to_be_visible()


def unconfirmed(stage: Stage) -> None:
    stage.model.does = says(lambda body: f"{given(body)[0]} [1] {INVENTED[stage.words.code]} [1]")
    expect(stage.answer_in_words().locator(".verdict")).to_have_text([stage.words.verified, stage.words.unverified])


def unworded(stage: Stage) -> None:
    stage.model.does = SCENARIOS["500"]
    expect(stage.answer_in_words().locator(".fault")).to_be_visible()


def glossed(stage: Stage) -> None:
    stage.model.does = says(lambda body: stage.script.translation if quoted(body) else "NO_ANSWER")
    answer = stage.answer_in_words(stage.script.foreign)
    expect(answer.locator(".wording")).to_have_count(0)
    expect(answer.locator(".translation").first).to_be_visible()


def digest(stage: Stage) -> None:
    stage.model.does = says(lambda body: " ".join(f"{text} [{n}]" for n, text in enumerate(given(body), 1)))
    expect(stage.answer_in_words(stage.script.several).locator(".wording")).to_have_count(0)
    stage.page.get_by_role("button", name=stage.words.digest).click()
    summary = stage.page.locator("#chat .digested")
    expect(summary.locator(".wording")).to_have_count(0)
    expect(summary.locator(".worded").first).to_be_visible()


#: What no article of a corpus holds.
INVENTED = {
    "fr": "Le pape François a visité Marseille avec 300 évêques.",
    "en": "Pope Francis visited Marseille with 300 bishops.",
}


def explained(stage: Stage) -> None:
    explain(stage.answer())


def abstention_explained(stage: Stage) -> None:
    stage.chat()
    explain(stage.ask(stage.script.unanswered))


def explain(answer: Locator) -> None:
    answer.locator(".explained summary").click()
    expect(answer.locator(".explained .reader")).to_be_in_viewport()


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


def quotation(stage: Stage) -> None:
    look_up(stage, stage.script.quotation, "exact")


def altered(stage: Stage) -> None:
    look_up(stage, stage.script.altered, "altered")


def absent(stage: Stage) -> None:
    look_up(stage, "Lorem ipsum dolor sit amet", "absent")


def look_up(stage: Stage, quotation: str, status: str) -> None:
    stage.open(f"{stage.words.code}/quote?{urlencode({'q': quotation})}")
    expect(stage.page.locator(".verdict h2")).to_have_text(stage.words.verdicts[status])


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
        first_visit, thinking, answer, answers, told, disagreement, copies, worded, wording, unconfirmed, unworded,
        glossed, digest,
        explained, card, panel, abstention, abstention_explained, removed, indexing, unreachable, rate_limited,
        too_long, stopped, export, rating, conversations, article, citing, articles, found, nothing_found, missing,
        quotation, altered, absent,
        embed, host, widget, widget_refused,
    )
}  # fmt: skip


# --- The stage --------------------------------------------------------------------------------------------

#: Brings about a screen on a page that it returns; named by the screen and the language.
Show = Callable[..., Page]


@contextmanager
def staged(browser: Browser, engine: Engine, scripts: dict[str, Script], index: Path) -> Iterator[Show]:
    """Where screens can be shown with ``engine`` behind them."""
    stumbling, model = Staged(engine), Model()
    SCENARIOS[MODEL] = model.act
    settings = Settings(port=0, index=index, rate_limit=0)
    wording = replace(settings, answers="generative", llm_model=MODEL, llm_verify="mark")
    with (
        another_site() as site,
        llm_server() as llm,
        running(stumbling, replace(settings, widget_origins=site.origin)) as address,
        urlopen(f"{address}/fr/config"),  # Gradio builds one server's pages at a time.
        running(stumbling, replace(wording, llm_url=llm.url)) as wording_address,
    ):
        context = browser.new_context()
        context.set_default_timeout(30_000)
        context.add_init_script("if (origin !== 'null') { localStorage.clear(); sessionStorage.clear(); }")
        page = context.new_page()

        def show(name: str, language: str, size: tuple[int, int] = DESKTOP) -> Page:
            stumbling.as_new()
            model.as_new()
            page.unroute_all()
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.mouse.move(0, 0)
            words, script = CATALOGUE[language], scripts[language]
            SCREENS[name](Stage(page, address, wording_address, model, site, stumbling, words, script))
            return page

        yield show
        stumbling.as_new()
        model.as_new()
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
