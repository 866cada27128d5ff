"""What the chat page costs and how long it keeps a reader waiting: ``python -m benchmarks.page``.

In Chromium, on the sample corpus, server and browser on the same machine. Times are the browser's own: from the key or
the click to the frame in which there is something to see.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.embedding import load_embedder
from assistant.engine import open_engine
from assistant.ingest import ingest
from assistant.protocols import Engine
from assistant.server import open_server
from assistant.settings import Settings
from assistant.types import Answer

ROUNDS = 5
#: Readers who ask in the same moment, and the seconds that the engine then takes.
READERS, TAKES = 8, 2.0
SAMPLE = Settings(port=0, questions=Path("corpus/questions.jsonl"), rate_limit=0)

QUESTIONS = (
    "Combien de combattants étrangers Interpol a-t-il identifiés ?",
    "Qui a gagné la Coupe du monde en 2018 ?",
    "Combien de visiteurs le Louvre a-t-il accueillis en 2023 ?",
)

#: Milliseconds from an event to the next frame in which something is there, kept as a promise in ``window.waited``.
WAIT = """([event, selector]) => {
  const there = () => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility());
  window.waited = new Promise((done) => addEventListener(event, () => {
    const begun = performance.now();
    const look = () => (there() ? done(performance.now() - begun) : requestAnimationFrame(look));
    look();
  }, { capture: true, once: true }));
}"""

#: Milliseconds from the beginning of the visit to the frame in which the question box is there.
BOX = """new Promise((done) => {
  const look = () =>
    document.querySelector("#question textarea") ? done(performance.now()) : requestAnimationFrame(look);
  look();
})"""


@dataclass(slots=True)
class Timed:
    """An engine that knows how long its last answer took, or gives it once more after a pause."""

    engine: Engine
    answer: Answer | None = None
    milliseconds: float = 0
    pause: float = 0

    def ask(self, *question: Any, **how: Any) -> Answer:
        if self.answer is not None and self.pause:
            time.sleep(self.pause)
            return self.answer
        begun = time.perf_counter()
        self.answer = self.engine.ask(*question, **how)
        self.milliseconds = 1000 * (time.perf_counter() - begun)
        return self.answer

    def seen_by(self, groups: frozenset[str]) -> "Timed":
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


@dataclass(slots=True)
class Traffic:
    """What a page has received."""

    addresses: list[str] = field(default_factory=list)
    weight: int = 0

    def follow(self, page: Page) -> "Traffic":
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda event: self.addresses.append(event["request"]["url"]))
        session.on("Network.loadingFinished", lambda event: self._add(event["encodedDataLength"]))
        return self

    def _add(self, weight: int) -> None:
        self.weight += weight


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("This is measured with chromium, which is not installed.")
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = replace(SAMPLE, index=Path(folder))
        ingest([Path("corpus/articles")], settings.index, load_embedder(settings))
        engine = Timed(open_engine(settings))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print("| what | p50 | worst |\n|---|---|---|")
        with serving(engine, settings) as address:
            browser.new_page().goto(f"{address}/fr/config")  # Gradio has been imported.
            measure_visits(browser, address)
            measure_answers(browser, address, engine)
            measure_crowd(browser, address, engine)
        browser.close()


def measure_visits(browser: Browser, address: str) -> None:
    cold, warm, weights, requests, elsewhere = [], [], [], [], []
    for _ in range(ROUNDS):
        context = browser.new_context()
        page = context.new_page()
        traffic = Traffic().follow(page)
        cold.append(visit(page, address))
        page.wait_for_timeout(500)
        weights.append(traffic.weight / 1024)
        requests.append(len(web(traffic.addresses)))
        elsewhere.append(len([one for one in web(traffic.addresses) if not one.startswith(f"{address}/")]))
        warm.append(visit(page, address))
        context.close()
    row("requests of a first visit", requests)
    row("of these to other hosts", elsewhere)
    row("weight of a first visit, KiB", weights)
    row("question box usable, first visit, ms", cold)
    row("question box usable, later visits, ms", warm)


def measure_answers(browser: Browser, address: str, engine: Timed) -> None:
    beyond, highlighted = [], []
    for question in QUESTIONS * ROUNDS:
        page = browser.new_page()
        visit(page, address)
        page.locator("#question textarea").fill(question)
        page.evaluate(WAIT, ["keydown", "#chat .statement"])
        page.locator("#question textarea").press("Enter")
        beyond.append(page.evaluate("waited") - engine.milliseconds)
        page.locator("#chat .turn").wait_for(state="attached")
        page.evaluate(WAIT, ["click", "#panel mark"])
        page.locator("#chat blockquote .cite").first.click()
        highlighted.append(page.evaluate("waited"))
        page.close()
    row("Enter to first sentence, beyond the engine's own time, ms", beyond)
    row("click on a citation to the sentence in its article, ms", highlighted)


def measure_crowd(browser: Browser, address: str, engine: Timed) -> None:
    """Whether readers wait for each other: they all ask in the same moment."""
    contexts = [browser.new_context() for _ in range(READERS)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        visit(page, address)
        page.locator("#question textarea").fill(QUESTIONS[0])
        page.evaluate(WAIT, ["keydown", "#chat .statement"])
    engine.pause = TAKES
    for page in pages:
        page.locator("#question textarea").press("Enter")
    waited = [page.evaluate("waited") for page in pages]
    row(f"Enter to first sentence, {READERS} readers at once, an engine that only waits {TAKES:.0f} s, ms", waited)
    for context in contexts:
        context.close()


def visit(page: Page, address: str) -> float:
    """Milliseconds until the question box is there."""
    page.goto(f"{address}/fr/", wait_until="commit")
    usable = float(page.evaluate(BOX))
    expect(page.locator("#samples button:visible").first).to_be_visible()
    return usable


def web(addresses: list[str]) -> list[str]:
    return [one for one in addresses if one.startswith("http")]


def row(what: str, values: Sequence[float]) -> None:
    ordered = sorted(values)
    print(f"| {what} | {ordered[len(ordered) // 2]:.0f} | {ordered[-1]:.0f} |", flush=True)


@contextmanager
def serving(engine: Engine, settings: Settings) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    told: list[str] = []
    server, listener = open_server(engine, settings, told.append)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not told:
        time.sleep(0.01)
    yield told[0].rstrip("/")
    server.should_exit = True
    thread.join()


if __name__ == "__main__":
    main()
