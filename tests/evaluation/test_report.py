"""The report as a reader has it: one file, opened from disk in a real browser, with and without its script."""

import json
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from cases import ARTICLES, answered, best_first, cited, gold, question, ranked, scored
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from synthetic_run import synthetic_changes, synthetic_run

from assistant.evaluation.causes import CAUSES
from assistant.evaluation.figures import DIRECTIONS, figures
from assistant.evaluation.questions import question_id, question_record, read_native
from assistant.evaluation.report import page as report_page
from assistant.evaluation.report import plots, sections, write_report
from assistant.evaluation.report.cases import Depth, case_data, grouped_cases
from assistant.evaluation.report.wording import wording
from assistant.evaluation.results import RunFolder
from assistant.evaluation.score import score
from assistant.evaluation.slices import KINDS
from assistant.evaluation.types import (
    Change,
    CitedSpan,
    Figure,
    GateResult,
    GoldSpan,
    Outcome,
    Part,
    RankedSpan,
    ReferenceQuestion,
    ResolvedQuestion,
    Told,
)
from assistant.evaluation.variants import VARIANTS
from assistant.types import Article
from benchmarks.news import PARTS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LANGUAGES = ("fr", "en")
FOLDER = Path(report_page.__file__).parent

#: Bytes of a report of 500 questions.
WEIGHT = 1_000_000


@pytest.fixture(scope="module")
def baseline() -> RunFolder:
    return synthetic_run(500)


@pytest.fixture(scope="module")
def run() -> RunFolder:
    return synthetic_run(500, 0.12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, run: RunFolder, baseline: RunFolder) -> Path:
    """Reports ``fr.html`` and ``en.html`` against a baseline, and ``alone.html`` without one."""
    folder = tmp_path_factory.mktemp("reports")
    changes = synthetic_changes(run, baseline)
    for language in LANGUAGES:
        write_report(run, folder / f"{language}.html", language, changes, baseline)
    write_report(baseline, folder / "alone.html", "fr")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def open_report(context: BrowserContext) -> Iterator:
    """Opens a report from disk; whatever a test does there, nothing may be asked for and nothing may fail."""
    wrong: list[str] = []
    addresses: list[str] = []

    def opened(path: Path, fragment: str = "") -> Page:
        page = context.new_page()
        addresses.append(path.as_uri())
        page.on("request", lambda request: wrong.append(request.url) if is_foreign(request.url) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(path.as_uri() + fragment)
        return page

    def is_foreign(url: str) -> bool:
        return url.partition("#")[0] not in addresses and not url.startswith("blob:")

    yield opened
    assert wrong == []


# --- One file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_of_500_questions_is_under_a_megabyte(folder: Path, language: str) -> None:
    assert 200_000 < (folder / f"{language}.html").stat().st_size < WEIGHT


def test_a_report_of_500_failures_in_long_articles_is_under_a_megabyte(run: RunFolder, tmp_path: Path) -> None:
    long = {id: replace(article, text=f"{article.text} {'mot ' * 1000}") for id, article in run.articles.items()}
    failed = [replace(one, cause="false_abstention") for one in run.scored]
    write_report(replace(run, scored=failed, articles=long), tmp_path / "report.html", "fr", (), run)
    assert (tmp_path / "report.html").stat().st_size < WEIGHT


def test_the_same_run_gives_the_same_bytes(folder: Path, baseline: RunFolder, tmp_path: Path) -> None:
    write_report(baseline, tmp_path / "again.html", "fr")
    assert (tmp_path / "again.html").read_bytes() == (folder / "alone.html").read_bytes()


def test_nothing_runs_but_what_the_policy_names(folder: Path) -> None:
    html = (folder / "fr.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy and policy[1].startswith("default-src 'none'; ")
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        inside = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert len(inside) == 1
        digest = b64encode(sha256(inside[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1]
    assert not re.search(r"<[^>]+ (?:src|on\w+|style)=", html)
    assert re.findall(r'href="(?!#)', html) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_from_disk_and_asks_for_nothing(folder: Path, open_report, language: str) -> None:
    page = open_report(folder / f"{language}.html")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#filters")).to_be_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_without_a_script_all_but_the_filters_is_there(browser: Browser, folder: Path, run: RunFolder) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "fr.html").as_uri())
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#cases noscript")).to_be_visible()
    failing = [one for one in run.scored if one.cause]
    assert page.locator("section.group[data-cause] details.case").count() == len(failing)
    case = page.locator("details.case").first
    case.locator("summary").click()
    expect(case.locator(".expected")).to_contain_text("Réponse")
    expect(case.locator(".expected blockquote")).to_be_visible()
    for section in ("verdict", "headline", "figures", "losses", "confidence", "slices", "latency", "manifest"):
        expect(page.locator(f"#{section} h2")).to_be_visible()
    context.close()


# --- What is told besides ---------------------------------------------------------------------------------


def telling(run: RunFolder) -> RunFolder:
    """The run as one whose answers tell of news, with follow-up questions and a part scored on a set of its own."""
    told = [
        replace(
            one,
            resolved=replace(one.resolved, question=replace(one.resolved.question, history=("Et avant ?",) * (n % 2))),
            outcome=replace(one.outcome, told=tuple(Told("mardi", "X", 1, 0) for _ in one.outcome.citations)),
        )
        for n, one in enumerate(run.scored[:60])
    ]
    scored = [score(one.resolved, one.outcome, run.articles) for one in told]
    by_value = {"follow-up": scored[1::2], "alone": scored[::2]}
    part = Part(
        "speakers", 42, Figure("precision", 0.911, 40, 0.8, 1.0), Figure("recall", 0.5, 42), Figure("f1", 0.6, 42)
    )
    return replace(
        run,
        scored=scored,
        figures=figures(scored, resamples=100),
        slices={"conversation": {value: figures(of, resamples=100) for value, of in by_value.items()}},
        parts=[part],
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ("Actualité", "Désaccord dit", "avec des questions avant elle", "Locuteurs", "91,1\u202f%")),
        ("en", ("News", "Disagreement told", "with earlier questions", "Speakers", "91.1%")),
    ],
)
def test_what_answers_tell_besides_has_a_section(
    run: RunFolder, tmp_path: Path, open_report, language: str, said: tuple[str, ...]
) -> None:
    write_report(telling(run), tmp_path / "report.html", language)
    page = open_report(tmp_path / "report.html")
    section = page.locator("#news")
    for words in said:
        expect(section).to_contain_text(words)
    expect(page.locator("#slices")).not_to_contain_text(said[2])
    expect(page.locator('.contents a[href="#news"]')).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_run_that_tells_nothing_has_no_such_section(folder: Path, open_report) -> None:
    page = open_report(folder / "alone.html")
    assert page.locator("#news").count() == page.locator('a[href="#news"]').count() == 0


def test_marked_words_and_copies_are_counted_over_the_sentences_shown(run: RunFolder) -> None:
    telling_run = telling(run)
    found = sections.news(telling_run, [])
    assert found is not None and found.conversation is None
    cited = sum(len(one.outcome.citations) for one in telling_run.scored)
    assert found.counts == {
        "sentences": cited, "answering": cited, "speaker": cited, "times": cited, "copies": 0, "disagreement": 0,
    }  # fmt: skip


# --- What it says ---------------------------------------------------------------------------------------


def test_the_first_screen_answers_what_an_editor_asks(folder: Path, open_report, run: RunFolder) -> None:
    page = open_report(folder / "fr.html")
    assert page.locator("#verdict .lead").inner_text() == "✗ Une condition n’est pas tenue."
    cards = page.locator(".cards li")
    assert cards.locator("h3").all_inner_texts() == [
        "Réponses justes",
        "Réponses fausses",
        "Silence à bon escient",
        "Citations",
    ]
    for place, name in enumerate(sections.CARDS[card] for card in ("right", "wrong", "silence", "citations")):
        value = run.figures[name].value
        assert cards.nth(place).locator("strong").inner_text() == f"{100 * value:.0f}\u202f%"
    expect(cards.nth(3)).to_contain_text("mot pour mot")


def test_the_waterfall_loses_no_question(run: RunFolder) -> None:
    total, *lost, right = sections.waterfall(run.scored)
    assert total.n == 500 == sum(step.n for step in lost) + right.n
    assert [step.name for step in lost] == sorted((step.name for step in lost), key=CAUSES.index)
    # Each step hangs from the end of the one before.
    edges = [[float(edge) for edge in re.findall(r' (?:x|width)="([\d.]+)"', step.chart)] for step in lost]
    assert edges[0][0] + edges[0][1] == pytest.approx(200, abs=0.5)
    for (_, _), ((x, width), (before, _)) in zip(edges[1:], zip(edges[1:], edges, strict=False), strict=True):
        assert x + width == pytest.approx(before, abs=0.5)


def test_what_cannot_be_judged_is_neither_right_nor_lost(run: RunFolder) -> None:
    one = run.scored[0]
    unjudged = replace(one, cause=None, measures={**one.measures, "right": None})
    assert [(step.name, step.n) for step in sections.waterfall([unjudged])] == [
        ("all", 1),
        ("unjudged", 1),
        ("right", 0),
    ]


def test_figures_are_drawn_and_written(folder: Path, open_report) -> None:
    page = open_report(folder / "en.html")
    for plot in page.locator("svg[role=img]").all():
        title, description = plot.get_attribute("aria-labelledby").split()
        assert page.locator(f"#{title}").text_content() and page.locator(f"#{description}").text_content()
    assert page.locator("svg[role=img]").count() == page.locator("figure table").count() == 2
    # All others stand in a row that says the same, and are kept from screen readers.
    assert page.locator("svg:not([role=img]):not([aria-hidden=true])").count() == 0
    row = page.locator("#figures tr", has_text="Right answers").first
    expect(row).to_contain_text("0.0%")
    assert row.locator("circle.value").count() == 1 and row.locator(".other").count() == 4


def test_fewer_than_twenty_questions_are_greyed(run: RunFolder, tmp_path: Path, open_report) -> None:
    kinds = {
        "type": {
            "qui": {"citation_f1": Figure("citation_f1", 0.5, 19)},
            "quand": {"citation_f1": Figure("citation_f1", 0.5, 20)},
        }
    }
    write_report(replace(run, slices=kinds), tmp_path / "report.html", "fr")
    page = open_report(tmp_path / "report.html")
    assert page.locator("#slices td.few").count() == 1
    expect(page.locator("#slices tr", has_text="qui").locator("td")).to_have_class("few")


def change(name: str = "citation_f1", before: float = 0.5, now: float = 0.56, p: float = 0.2) -> Change:
    return Change(name, before, now, 334, now - before - 0.05, now - before + 0.05, p, p, 30, 280, 24)


@pytest.mark.parametrize(
    ("given", "reading"),
    [
        (change(p=0.2), "same"),
        (change(p=0.001), "better"),
        (change(now=0.4, p=0.001), "worse"),
        (change("risk", now=0.4, p=0.001), "better"),
        (change("risk", p=0.001), "worse"),
    ],
)
def test_a_change_is_read_by_its_direction_and_only_where_it_can_be_told(given: Change, reading: str) -> None:
    assert sections.compared([given], wording("fr"))[0].reading == reading


def test_what_cannot_be_told_apart_has_no_arrow(run: RunFolder, tmp_path: Path, open_report) -> None:
    write_report(run, tmp_path / "report.html", "fr", [change("answer_containment", p=0.2)], synthetic_run(500))
    page = open_report(tmp_path / "report.html")
    expect(page.locator("#comparison .reading")).to_have_text("indiscernable")
    expect(page.locator(".cards .reading")).to_have_text("indiscernable")
    for reading in page.locator("#headline .reading, #comparison .reading").all():
        assert reading.evaluate("one => getComputedStyle(one, '::before').content") in ("none", "normal")


def gate(run: RunFolder, condition: str, passed: bool, changes: tuple[Change, ...] = ()) -> sections.Gate:
    gated = replace(run, gates=[GateResult(condition, passed, "as told")])
    return sections.gates(gated, changes, wording("en"))[0]


def test_gates_are_told_in_words(run: RunFolder) -> None:
    of_f1 = {"citation_f1": Figure("citation_f1", 0.7812, 334, 0.75, 0.81), "risk": Figure("risk", 0.1, 200)}
    known = replace(run, figures=of_f1)
    level = gate(known, "fail-under citation_f1=0.8", False)
    assert (level.name, level.asked, level.found) == ("Citation F1", "at least 80.0%", "78.1% (75.0 to 81.0%)")
    assert gate(known, "fail-under citation_f1=0.78", False).asked == "at least 78.0%, at the worse end of the interval"
    assert gate(known, "fail-under risk=0.2", True).asked == "at most 20.0%"
    drop = gate(known, "max-drop citation_f1=0.02", True, (change(before=0.79, now=0.7812),))
    assert (drop.asked, drop.found) == ("a loss of at most 2.0 points", "79.0% → 78.1%")
    latency = gate(known, "max-drop latency_p95=0.5", True)
    assert (latency.name, latency.asked, latency.found) == ("95th percentile of time", "", "as told")


def test_readers_are_warned_before_they_believe(run: RunFolder) -> None:
    few = run.scored[:30]
    answerable = [one for one in few if one.resolved.question.answerable]
    invalid = replace(few[2], resolved=replace(few[2].resolved, invalid="not in the corpus"))
    said = sections.alerts(replace(run, scored=[*answerable, invalid]), wording("en"))
    assert said == [
        f"One question is left out of the figures, since its evidence is not in the corpus: {invalid.outcome.id}.",
        "Only 20 questions: intervals are wide. Aim for at least 200.",
        "0% of the questions have no answer in the articles. Aim for at least 30%: without them, nothing measures "
        "invented answers.",
    ]
    altered = replace(answerable[0], measures={**answerable[0].measures, "verbatim_validity": 0.0})
    assert "differs from its article" in sections.alerts(replace(run, scored=[altered]), wording("en"))[0]


def test_of_mostly_articles_without_answers_both_are_told(run: RunFolder) -> None:
    known = {
        "answer_containment": Figure("answer_containment", 0.4, 50),
        "article_hit@5": Figure("article_hit@5", 0.8, 150),
    }
    assert list(sections.cards(replace(run, figures=known))) == ["right", "found"]
    known["answer_containment"] = Figure("answer_containment", 0.4, 120)
    assert list(sections.cards(replace(run, figures=known))) == ["right"]
    del known["answer_containment"]
    assert list(sections.cards(replace(run, figures=known))) == ["found"]


def test_a_landmark_that_is_the_same_is_not_told_again(run: RunFolder, tmp_path: Path, open_report) -> None:
    figures = {"citation_f1": Figure("citation_f1", 0.5, 19, 0.4, 0.6)}
    others = {"bm25": Figure("citation_f1", 0.5, 19), "oracle": Figure("citation_f1", 0.75, 19)}
    baselines = {name: {"citation_f1": figure} for name, figure in others.items()}
    write_report(replace(run, figures=figures, baselines=baselines), tmp_path / "report.html", "en")
    row = open_report(tmp_path / "report.html").locator("#figures .figures tr", has_text="Citation F1")
    assert row.locator(".baseline").all_inner_texts() == ["=", "75.0%"]
    assert row.locator(".other").count() == 1
    assert row.locator("td.few").count() == 2  # the value and its interval: 19 questions tell little


def test_what_could_not_be_measured_again_is_told_first(run: RunFolder) -> None:
    kept = replace(run, manifest={**run.manifest, "kept": ["passage_budget_recall@2k"]})
    assert "all but the passage recall within so many words" in sections.alerts(kept, wording("en"))[-1]


def test_what_was_measured_is_told_as_far_as_it_is_known(run: RunFolder) -> None:
    found = dict(sections.measured(run, wording("en")))
    assert found == {
        "Folder of this evaluation": run.path.name,
        "Questions asked": "500",
        "Articles searched": "166",
        "Threshold of confidence": "0.42",
    }
    whole = {
        "file": {"name": "questions.csv"},
        "identity": {"program": {"version": "1.2"}, "assistant": {"embedder": "e5"}},
        "command": ["assistant evaluate", "mes questions.csv"],
    }
    found = dict(sections.measured(replace(run, manifest=whole), wording("fr")))
    assert found["Fichier de questions"] == "questions.csv" and found["Modèle de vecteurs"] == "e5"
    assert found["Commande"] == "assistant evaluate 'mes questions.csv'"


def test_what_so_many_questions_show(run: RunFolder) -> None:
    rows = sections.reach(run.scored)
    assert [(label, n) for label, n, *_ in rows[:3]] == [("here", 500), ("answerable", 334), ("unanswerable", 166)]
    assert rows[0][2] == pytest.approx(0.0351, abs=1e-4)


def test_times_are_told_without_the_first_question() -> None:
    timings = [{"ms": {"total": 900.0, "embed": 800.0}, "first": True}]
    timings += [{"ms": {"total": 10.0 * n, "embed": float(n)}, "first": False} for n in range(1, 102)]
    timings += [{"ms": {}, "first": False}]
    latency = sections.latency(timings, wording("fr"))
    assert latency and latency.decades == (1, 10, 100, 1000, 10000)
    assert [(stage.name, stage.median, stage.longest) for stage in latency.stages] == [
        ("embed", 51, 101),
        ("total", 510, 1010),
    ]
    assert sections.latency([], wording("fr")) is None and sections.latency(timings[:1], wording("fr")) is None


# --- Cases ----------------------------------------------------------------------------------------------


def visible_cases(page: Page) -> int:
    return page.locator("details.case:visible").count()


def test_cases_are_filtered_by_cause_kind_state_and_text(folder: Path, open_report, run: RunFolder) -> None:
    page = open_report(folder / "fr.html")
    every = page.locator("details.case").count()
    expect(page.locator("#shown-count")).to_have_text(f"{every} cas montrés")

    silent = [one for one in run.scored if one.cause == "false_abstention"]
    page.get_by_label("Cause").select_option("false_abstention")
    assert visible_cases(page) == len(silent)
    assert page.locator("section.group:visible").count() == 1
    page.get_by_label("Sorte de question").select_option(label="qui")
    of_kind = [one for one in silent if one.resolved.question.type == "qui"]
    assert 0 < len(of_kind) == visible_cases(page)

    page.get_by_role("button", name="Tout montrer").click()
    expect(page.locator("#shown-count")).to_have_text(f"{every} cas montrés")
    page.get_by_label("Face à la comparaison").select_option("fixed")
    assert visible_cases(page) == page.locator(".state.fixed").count() > 0

    page.get_by_role("button", name="Tout montrer").click()
    # Accents, case and the kind of apostrophe do not matter; all words must be there.
    page.get_by_label("Texte", exact=True).fill("EPINAL d'habitants")
    found = page.locator("details.case:visible").all_text_contents()
    assert 0 < len(found) < every and all("d’habitants" in text and "Épinal" in text for text in found)
    page.get_by_label("Texte", exact=True).fill("zzz")
    expect(page.locator("#shown-count")).to_have_text("0 cas montré")


def test_a_cause_in_the_waterfall_leads_to_its_cases(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html")
    page.locator("#losses a", has_text="Silence à tort").click()
    expect(page.get_by_label("Cause")).to_have_value("false_abstention")
    expect(page.locator("#cause-false_abstention h3")).to_be_in_viewport()
    assert page.locator("section.group:visible").count() == 1


def test_cases_are_walked_through_by_keyboard(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html")
    page.get_by_label("Cause").select_option("answered_unanswerable")
    page.locator("details.case:visible > summary").first.focus()
    page.keyboard.press("ArrowDown")
    second = page.locator("details.case:visible").nth(1)
    expect(second.locator("> summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(second.get_by_role("button", name="Copier en JSONL")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.locator("details.case:visible > summary").first).to_be_focused()


def test_an_address_opens_a_case(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html", "#case-7")
    expect(page.locator("#case-7 .retrieved")).to_be_visible()
    expect(page.locator("#case-7 > summary")).to_be_in_viewport()


def article_with_everything() -> Article:
    text = (
        "🗞️ Ouverture 🎉 du journal.\nInterpol a identifié 14\u2009000 de ces combattants, «\u00a0encore en vie\u00a0». "
        "</script><script>alert(1)</script><!-- <b>gras</b>\u2028suite.\n\u202eSens inverse\u202c et مرحبا.\n"
    )
    return Article("x", text, title='Titre </title><img src=x onerror="alert(2)"> \u202etitre', language="fr")


def hostile_run(answerable: bool = True) -> RunFolder:
    """One question, whose expected sentence stands behind emoji, missed by the assistant."""
    article = article_with_everything()
    start, end = article.text.index("Interpol"), article.text.index(" </script>")
    first, last = (0, article.text.index("\n")), (article.text.index("\u202e"), len(article.text) - 1)
    question = ReferenceQuestion(
        'Combien ? </script><script>alert(3)</script><!-- "\ud800 \u2028 &amp; 🤔',
        "<b>id</b>",
        language="fr",
        answerable=answerable,
        answers=("14 000", "<i>mille</i>") if answerable else (),
        tags=('<u>"étiquette"</u>', "autre"),
    )
    shown = [CitedSpan("x", *span, article.text[slice(*span)]) for span in (first, last)]
    outcome = Outcome(
        question.id,
        abstained=False,
        confidence=0.9,
        threshold=0.4,
        passages=(RankedSpan("x", 0, len(article.text), 1.0),),
        sentences=tuple(RankedSpan("x", *span, 1.0 - n / 10) for n, span in enumerate((first, (start, end), last))),
        citations=tuple(shown),
        shown=" ".join(one.shown for one in shown),
    )
    gold = ((GoldSpan("x", start, end),),) if answerable else ()
    scored = [score(ResolvedQuestion(question, gold), outcome, {"x": article})]
    return RunFolder(
        path=Path("runs/<b>hostile</b>"),
        manifest={"command": "</script><script>alert(4)</script>", "packages": {"numpy": None}},
        scored=scored,
        figures=figures(scored, resamples=20),
        slices={"tag": {tag: figures(scored, resamples=20) for tag in question.tags}},
        baselines={},
        variants={},
        articles={"x": article},
        timings=[],
        gates=[GateResult("<b>gate</b>", False, "<script>alert(5)</script>")],
        cost={},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_is_shown_and_never_run(tmp_path: Path, open_report, language: str) -> None:
    run = hostile_run()
    write_report(run, tmp_path / "report.html", language)
    page = open_report(tmp_path / "report.html", "#case-1")
    case = page.locator("#case-1")
    question = run.scored[0].resolved.question.question.replace("\ud800", "?")
    assert case.locator("summary .question").text_content() == question
    assert page.locator("b, i, img, #cases script, main u:not(.passage u)").count() == 0
    assert page.locator("h1").count() == 1 and "alert(4)" in page.locator("#manifest").text_content()
    # What runs from right to left is kept from what stands around it.
    assert case.locator("blockquote:not([dir=auto]), .source:not(:has(bdi))").count() == 0


def test_the_expected_sentence_is_marked_to_the_character(tmp_path: Path, open_report) -> None:
    run = hostile_run()
    write_report(run, tmp_path / "report.html", "fr")
    case = open_report(tmp_path / "report.html", "#case-1").locator("#case-1")
    article, [[gold]] = run.articles["x"], run.scored[0].resolved.gold
    assert case.locator("mark").text_content() == article.text[gold.start : gold.end]
    assert "14\u2009000" in case.locator("mark").text_content()
    cited = [article.text[span.start : span.end] for span in run.scored[0].outcome.citations]
    assert case.locator("u").all_text_contents() == cited
    rows = case.locator(".retrieved tbody tr")
    assert rows.locator("th").all_text_contents() == ["1", "2", "3"]
    assert rows.locator(".verdict").all_text_contents() == [
        "article attendu, autre phrase",
        "phrase attendue",
        "article attendu, autre phrase",
    ]
    assert rows.nth(1).locator("blockquote").text_content() == case.locator("mark").text_content()
    assert rows.nth(1).locator(".number").text_content() == "0,900"
    # The mark is a sign and words, not a colour alone.
    marks = rows.locator(".verdict").evaluate_all("all => all.map(one => getComputedStyle(one, '::before').content)")
    assert [mark[1] for mark in marks] == ["≈", "✓", "≈"]


@pytest.mark.parametrize(("place", "ranks"), [(4, [1, 2, 3]), (3, [1, 2, 3]), (2, [1, 2, 3]), (8, [1, 2, 3, 8])])
def test_the_expected_sentence_is_listed_however_far_down_it_was_found(place: int, ranks: list[int]) -> None:
    found = best_first(*(ranked(n) for n in range(10, 20)))
    expected = question(gold(9 + place), answers=("14 000",))
    if place == 4:  # one of two is among the first
        expected = question(gold(9 + place), gold(11), answers=("14 000",))
    one = scored(expected, answered(cited(30), sentences=found, passages=found))
    (group,) = grouped_cases([one], {}, ARTICLES, {})
    (record,) = case_data(group.cases, ARTICLES, {}, Depth(retrieved=3, around=0, whole=0))["cases"]
    assert [rank for *_, rank, _, _ in record["retrieved"]] == ranks


def test_where_nothing_was_expected_nothing_is_marked(tmp_path: Path, open_report) -> None:
    write_report(hostile_run(answerable=False), tmp_path / "report.html", "fr")
    case = open_report(tmp_path / "report.html", "#case-1").locator("#case-1")
    expect(case.locator(".expected")).to_contain_text("aucun article ne répond")
    assert set(case.locator(".verdict").all_text_contents()) == {"rien n’était attendu"}
    assert case.locator("mark").count() == 0


def test_the_baselines_answer_stands_beside(folder: Path, open_report, run: RunFolder, baseline: RunFolder) -> None:
    page = open_report(folder / "fr.html")
    fixed = page.locator("details.case:has(.state.fixed)").first
    fixed.locator("summary").click()
    id = fixed.locator("summary bdi").last.text_content()
    before = next(one for one in baseline.scored if one.outcome.id == id)
    assert before.cause and next(one for one in run.scored if one.outcome.id == id).cause is None
    shown = fixed.locator(".before blockquote").all_text_contents()
    assert shown == [citation.shown for citation in before.outcome.citations]
    expect(fixed.locator(".before h4")).to_contain_text("issue fausse")


def test_a_record_is_copied_as_it_is_in_a_question_file(folder: Path, open_report, run: RunFolder, context) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_report(folder / "fr.html", "#case-1")
    page.locator("#case-1").get_by_role("button", name="Copier en JSONL").click()
    expect(page.locator("#said")).to_have_text("Copié.")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    asked = next(one.resolved.question for one in run.scored if one.resolved.question.id == copied["id"])
    assert copied == json.loads(json.dumps(question_record(asked)))


def test_where_copying_is_refused_the_text_is_there_to_take(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html", "#case-1")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    page.locator("#case-1").get_by_role("button", name="Copier en JSONL").click()
    expect(page.locator("#by-hand")).to_be_visible()
    assert json.loads(page.evaluate("getSelection().toString()"))["question"]


def test_disputed_questions_are_collected_kept_and_saved(folder: Path, open_report, tmp_path: Path) -> None:
    page = open_report(folder / "fr.html")
    for number in (1, 5):
        page.locator(f"#case-{number} > summary").click()
        page.locator(f"#case-{number}").get_by_role("button", name="Contester").click()
    expect(page.locator("#case-5 .flag")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#dispute-count")).to_have_text("2")
    with page.expect_download() as download:
        page.get_by_role("button", name="Enregistrer la liste").click()
    download.value.save_as(tmp_path / "disputed.jsonl")
    questions = read_native(tmp_path / "disputed.jsonl")
    assert len(questions) == 2 and all(question.disputed for question in questions)
    page.locator("#disputed a").first.click()
    expect(page.locator("#case-1 .flag")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Vider la liste").click()
    expect(page.locator("#disputed")).to_be_hidden()
    expect(page.locator("#case-1 .flag")).to_have_attribute("aria-pressed", "false")


def test_articles_go_along_as_far_as_they_are_needed() -> None:
    first, second, third = "Un début. Encore.", "La phrase attendue. Sa suite.", "Tout autre chose, plus loin."
    article = Article("x", "\n".join((first, second, third)))
    start = len(first) + 1
    gold = GoldSpan("x", start, start + len("La phrase attendue."))
    far = RankedSpan("x", start + len(second) + 1, len(article.text), 0.5)
    near = RankedSpan("x", gold.start, gold.end, 0.9)
    question = ResolvedQuestion(ReferenceQuestion("Quoi ?", "q", answers=("attendue",)), ((gold,),))
    outcome = Outcome("q", sentences=(far, near, RankedSpan("gone", 0, 5, 0.1)))
    groups = grouped_cases([score(question, outcome, {"x": article})], {}, {"x": article}, {})

    def pieces(depth: Depth) -> list:
        data = case_data(groups[0].cases, {"x": article}, {}, depth)
        return data["articles"][0][2:]

    assert pieces(Depth(9, 100, 1000)) == [[0, article.text]]
    assert pieces(Depth(9, 100, 0)) == [[start, second], [far.start, third]]
    assert pieces(Depth(0, 100, 0)) == [[start, second]]
    assert pieces(Depth(0, 4, 0)) == [[start, "La phrase attendue. Sa "]]
    data = case_data(groups[0].cases, {"x": article}, {}, Depth(9, 0, 0))
    assert [found[3:] for found in data["cases"][0]["retrieved"]] == [[1, 0.5, "article"], [2, 0.9, "gold"]]


def test_a_run_of_next_to_nothing_has_a_report(tmp_path: Path, open_report) -> None:
    resolved = ResolvedQuestion(ReferenceQuestion("Quoi ?", "q"), invalid="no evidence")
    nothing = replace(
        hostile_run(), scored=[score(resolved, Outcome("q"), {})], figures=figures([]), slices={}, gates=[]
    )
    write_report(nothing, tmp_path / "report.html", "fr")
    page = open_report(tmp_path / "report.html")
    expect(page.locator("#verdict")).to_contain_text("Aucune condition")
    expect(page.locator("#cases")).to_contain_text("no evidence")
    expect(page.locator("#comparison")).to_contain_text("--baseline")


# --- For everyone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fr", "en", "alone"])
def test_headings_skip_no_level(folder: Path, open_report, name: str) -> None:
    page = open_report(folder / f"{name}.html", "#case-1")
    expect(page.locator("#case-1 .buttons")).to_be_visible()
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_everything_one_can_operate_has_a_name(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html", "#case-1")
    page.locator("#case-1 .flag").click()
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "textbox", "searchbox", "combobox", "DisclosureTriangle", "form", "image", "navigation")
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in roles
    ]
    assert {role for role, _ in named} >= {"button", "link", "searchbox", "combobox", "form", "image", "navigation"}
    assert [role for role, name in named if not name.strip()] == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_cut_off_on_the_side(folder: Path, open_report, width: int) -> None:
    page = open_report(folder / "fr.html", "#case-1")
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("#figures details summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_it_is_dark_in_the_dark_and_white_on_paper(folder: Path, open_report) -> None:
    page = open_report(folder / "fr.html")
    colour = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) == "rgb(21, 24, 26)"
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate(colour) == "rgba(0, 0, 0, 0)"
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator(".contents")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 700


# --- Words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_has_a_name_and_every_figure_an_explanation(language: str) -> None:
    words = wording(language)
    assert [name for name in DIRECTIONS if words.name(name) == name and name != "rouge_l"] == []
    assert [name for name in DIRECTIONS if not words.line(name).endswith((".", "?"))] == []
    assert set(words.causes) == set(words.advice) == set(CAUSES)
    assert set(words.slices) == set(KINDS)
    assert set(words.variants) == {*VARIANTS, "worst"}
    assert set(words.baselines) == {"value", *sections.BASELINES}
    assert set(words.parts) == set(PARTS)


def test_both_languages_say_the_same_things() -> None:
    french, english = map(wording, LANGUAGES)
    assert french.text.keys() == english.text.keys()
    assert french.figures.keys() == english.figures.keys() and french.retrieval.keys() == english.retrieval.keys()
    fields = re.compile(r"\{\w+\}")
    for name, text in english.text.items():
        assert set(fields.findall(str(text))) == set(fields.findall(str(french.text[name]))), name


def test_no_string_is_there_for_nothing() -> None:
    files = [path for path in FOLDER.glob("*.*") if path.suffix != ".toml"]
    sources = "".join(path.read_text(encoding="utf-8") for path in [*files, FOLDER.parent / "summary.py"])
    built = re.compile(
        r"(?:to|card|group|mark|reach|alert|measured)_\w+|(?:broken|fixed|both_wrong|unjudged|right)(?:_line)?"
        r"|summary_(?:invalid|disputed|errors)"
    )
    unused = [
        name for name in wording("en").text if not re.search(rf"\b{name}\b", sources) and not built.fullmatch(name)
    ]
    assert unused == []


def test_french_is_set_as_french_is(folder: Path, open_report) -> None:
    words = wording("fr")
    strings = json.dumps(
        [words.text, words.figures, words.causes, words.advice, words.baselines, words.retrieval, words.parts],
        ensure_ascii=False,
    )
    assert re.findall(r".{9} [;:?!%»]|.{9}« ", strings) == []
    assert words.share(0.784, 1) == "78,4\u202f%" and words.number(14000) == "14\u202f000"
    assert words.difference("citation_f1", -0.021) == "−2,1 points" and words.difference("crag", 0.02) == "+0,020"
    assert words.range(Figure("citation_f1", 0.8, 9, 0.712, 0.849)) == "71,2 à 84,9\u202f%"
    assert words.p_value(0.0004) == "<\u00a00,001" and words.p_value(0.0312) == "0,031"
    assert words.milliseconds(9.06) == "9,1\u00a0ms" and words.milliseconds(1240) == "1,2\u00a0s"
    assert words.name("passage_budget_recall@2k") == "Passage\u00a0: rappel en 2\u202f000 mots"
    shown = open_report(folder / "fr.html").locator("main").inner_text()
    assert re.findall(r"\d\.\d+ ?%|\d %", shown) == []


def test_a_question_goes_by_its_id_or_else_by_its_place() -> None:
    given = ReferenceQuestion("Qui ?", "raqa-007", origin="q.csv, row 7")
    made = replace(given, id=question_id("Qui ?"))
    assert [words.named(given) for words in map(wording, LANGUAGES)] == ["raqa-007"] * 2
    assert [words.named(made) for words in map(wording, LANGUAGES)] == ["q.csv, ligne\u00a07", "q.csv, row\u00a07"]
    assert wording("fr").named(replace(made, origin="")) == made.id


def test_english_is_set_as_english_is() -> None:
    words = wording("en")
    assert words.share(0.784, 1) == "78.4%" and words.number(14000) == "14,000"
    assert words.range(Figure("crag", 0.1, 9, -0.2, 0.4)) == "−0.200 to 0.400"
    assert words.name("sentence_recall@5") == "Sentence recall at 5"


# --- Charts ---------------------------------------------------------------------------------------------


def test_charts_draw_values_where_they_are() -> None:
    assert plots.Axis(0, 1, 6, 194).at(0.5) == 100 and plots.Axis(-1, 1, 6, 194).at(2) == 194
    assert 'x="6.0" y="5" width="94.0"' in plots.bar((0, 1), 0.5, None, None)
    # Below zero a bar goes to the left of it.
    assert 'x="53.0" y="5" width="47.0"' in plots.bar((-1, 1), -0.5, None, None)
    drawn = plots.dots((0, 1), 0.5, (0.25, 0.75), {"bm25": 0.0})
    assert 'cx="100.0"' in drawn and "M53.0 10.0H147.0" in drawn and "M6.0 5.5" in drawn
    assert 'cx="150.0"' in plots.difference(0.1, 0.0532, (0.0, 0.1), "same")
    assert [plots.top_tick(value) for value in (0.05, 0.1, 0.3, 0.41, 0.9)] == [0.1, 0.1, 0.4, 0.6, 1.0]
    assert plots.decades(3, 240) == (0, 3) and plots.decades(10, 10) == (1, 2)


def test_the_risk_curve_shows_the_threshold_in_use(run: RunFolder) -> None:
    drawing, values = sections.risk_plot(run.scored, [], wording("en"))
    answered = [one for one in run.scored if not one.outcome.abstained]
    wrong = sum(one.cause is not None for one in answered) / len(answered)
    assert f"answers {100 * len(answered) / 500:.0f}% of the questions, {100 * wrong:.0f}% of them wrongly" in drawing
    assert values[-1][0] == 1.0 and len(values) == 10


def test_the_luck_of_the_first_questions_is_not_drawn(run: RunFolder) -> None:
    ranked = sorted(run.scored, key=lambda one: -one.outcome.confidence)
    surest = [replace(one, outcome=replace(one.outcome, confidence=1 - n / 1000)) for n, one in enumerate(ranked)]
    wrong = [
        replace(one, measures={**one.measures, "right_if_answered": float(n >= 10)}) for n, one in enumerate(surest)
    ]
    drawing, _ = sections.risk_plot(wrong, [], wording("en"))
    ticks = re.findall(r'text-anchor="end">([\d.]+)%', drawing)
    assert ticks[-1] == "40"  # ten wrong ones first: 10 of 25 at 5 %
