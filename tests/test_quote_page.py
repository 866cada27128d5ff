"""Looking up a quotation over HTTP and on its page."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fake_engine import ARTICLES, FakeEngine, sentences_of
from fastapi.testclient import TestClient
from hash_embedder import HashEmbedder
from playwright.sync_api import Browser, expect
from serving import running

from assistant.api import create_app
from assistant.calibration import load_calibration
from assistant.engine import Engine
from assistant.errors import IndexUnusable, StoreError
from assistant.ingest import ingest
from assistant.limits import Desk
from assistant.news.quotes import Difference, FoundQuote
from assistant.page.quote import corrected, look_up, told
from assistant.settings import Settings
from assistant.types import Article, Citation, Sentence
from assistant.words import CATALOGUE

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]

#: A title and paragraphs with French typography, and markup to be shown as it is.
TEXT = (
    "«\u202fNous étions 14\u2009000 à Millau ce jour-là\u202f», a déclaré M.\u00a0Durand mardi. "
    "Le pont n'a pas été fermé depuis <b>2004</b>, selon l'exploitant.\n\n"
    "Quinze pays de la coalition étaient représentés à la réunion de Copenhague."
)
SAID = "Nous étions 14\u202f000 à Millau ce jour-là"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("quoted")
    (folder / "a.md").write_text(
        f"---\ntitle: Le <i>viaduc</i>\ndate: 2024-05-14\nlanguage: fr\n---\n\n{TEXT}", encoding="utf-8"
    )
    ingest([folder], folder / "index", HashEmbedder())
    return Engine(Settings(index=folder / "index"), HashEmbedder(), load_calibration())


def client_of(engine: object, **settings: object) -> TestClient:
    app = create_app(engine, Settings(**settings))  # type: ignore[arg-type]
    return TestClient(app, "http://127.0.0.1:7860", raise_server_exceptions=False, headers={"accept-language": "en"})


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return client_of(engine)


def looked_up(client: TestClient, quotation: str, language: str = "fr") -> str:
    return client.get(f"/{language}/quote?{urlencode({'q': quotation})}").text


def seen(html: str) -> str:
    """The text of the result, as it is read out."""
    return " ".join(re.sub(r"<[^>]*>", "", html.partition('<section class="verdict')[2]).partition(">")[2].split())


# --- Over HTTP --------------------------------------------------------------------------------------------


def test_an_altered_quotation_is_told_with_the_place_of_each_difference(client: TestClient) -> None:
    found = client.post("/api/quote", json={"quotation": "Nous étions 40\u202f000 à Millau"}).json()
    assert found["status"] == "altered"
    cited = found["citation"]
    assert cited["url"] == f"/articles/{cited['article_id']}#s1"
    (difference,) = found["differences"]
    assert (difference["quoted"], difference["original"], difference["meaning"]) == (
        "40\u202f000", "14\u2009000", ["number"],
    )  # fmt: skip
    text = client.get(f"/api/articles/{cited['article_id']}").json()["text"]
    assert text[difference["start"] : difference["end"]] == "14\u2009000"
    assert text[cited["start"] : cited["end"]] == cited["quote"] == "Nous étions 14\u2009000 à Millau"


def test_exact_and_absent_ones_too(client: TestClient) -> None:
    assert client.post("/api/quote", json={"quotation": f"“{SAID}…”"}).json()["status"] == "exact"
    absent = client.post("/api/quote", json={"quotation": "Personne n'a jamais dit cela à aucun journaliste"})
    assert absent.json() == {"status": "absent", "citation": None, "speaker": None, "differences": []}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"quotation": "« … »"}, 422, "quotation_empty"),
        ({"quotation": " "}, 422, "quotation_empty"),
        ({"quotation": "mot " * 600}, 422, "quotation_too_long"),
        ({"quotation": "et de la"}, 422, "quotation_too_common"),
        ({"quotation": "\ud800"}, 422, "invalid"),
        ({"quotation": 12}, 422, "invalid"),
        ({"quotation": "q", "k": 1}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_by_name(
    client: TestClient, body: dict[str, object], status: int, code: str
) -> None:
    content = re.sub(r"\ud800", r"\\ud800", str(body).replace("'", '"'))
    response = client.post("/api/quote", content=content, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (IndexUnusable("none"), 503, "no_index"),
        (StoreError("locked"), 503, "unavailable"),
        (RuntimeError("a bug with a /secret/path"), 500, "failed"),
    ],
)
def test_trouble_behind_it_is_told_without_a_traceback(error: Exception, status: int, code: str) -> None:
    engine = FakeEngine()
    engine.error = error
    client = client_of(engine)
    response = client.post("/api/quote", json={"quotation": SAID})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    page = client.get("/en/quote?q=Millau")
    assert page.status_code == status and "secret" not in page.text
    assert ENGLISH.problems[code] in page.text


def test_it_waits_at_the_desk_like_a_question(engine: Engine) -> None:
    client = client_of(engine)
    client.app.state.desk = Desk(at_once=1, waiting=-1)  # type: ignore[attr-defined]
    response = client.post("/api/quote", json={"quotation": SAID})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "busy")
    assert client.get("/fr/quote?q=Millau").status_code == 503


def test_what_a_reader_may_not_see_is_absent(tmp_path: Path) -> None:
    line = '{"id": "%s", "title": "%s", "text": "%s", "language": "fr", "groups": [%s]}'
    secret = "Le budget secret de la direction atteint neuf millions d'euros."
    lines = [line % ("rh", "Note", secret, '"rh"'), line % ("tous", "Pont", "Le pont est fermé depuis lundi.", "")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ingest([tmp_path / "a.jsonl"], tmp_path / "index", HashEmbedder())
    engine = Engine(Settings(index=tmp_path / "index"), HashEmbedder(), load_calibration())
    assert engine.find_quote(secret).status == "exact"
    assert engine.seen_by(frozenset({"rh"})).find_quote(secret).status == "exact"
    client = client_of(engine)
    assert client.post("/api/quote", json={"quotation": secret}).json()["status"] == "absent"
    assert FRENCH.verdicts["absent"] in looked_up(client, secret) and "Note" not in looked_up(client, secret)


# --- The page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CATALOGUE)
def test_the_page_asks_for_a_quotation(client: TestClient, code: str) -> None:
    page = client.get(f"/{code}/quote")
    assert page.status_code == 200 and f'<html lang="{code}">' in page.text
    assert CATALOGUE[code].check_quotation in page.text and 'class="verdict' not in page.text
    assert "<script" not in page.text


def test_the_words_that_differ_are_marked_and_said(client: TestClient) -> None:
    told = seen(looked_up(client, "Le pont a été fermé depuis 2014"))
    assert told.startswith("Citation modifiée")
    assert "(seulement dans la citation) 2014" in told
    assert "Omis : « pas » change la négation" in told
    assert "« 2014 » au lieu de" in told and "change un nombre" in told


def test_the_whole_sentence_is_shown_around_a_part_of_it(client: TestClient) -> None:
    page = looked_up(client, "étaient représentés à la réunion")
    assert FRENCH.verdicts["exact"] in page and FRENCH.rest_of_sentence in page
    assert '<span class="rest">Quinze pays de la coalition </span>étaient représentés' in page
    assert '<span class="rest"> de Copenhague.</span></blockquote>' in page
    whole = looked_up(client, "Quinze pays de la coalition étaient représentés à la réunion de Copenhague")
    assert FRENCH.verdicts["exact"] in whole and FRENCH.rest_of_sentence not in whole


def test_article_date_and_speaker_are_named_with_a_link_to_the_sentence(client: TestClient) -> None:
    page = looked_up(client, SAID)
    assert "14 mai 2024" in page and "Durand" in seen(page)
    assert re.search(r'href="\.\./articles/[^"]+\?ui=fr#s1"', page)


def test_nothing_of_an_article_or_a_quotation_becomes_markup(client: TestClient) -> None:
    page = looked_up(client, "Le pont n'a pas été <script>fermé</script> depuis <img src=x> 2004, selon l'exploitant")
    assert "&lt;i&gt;viaduc" in page
    assert not re.findall(r"<(?:script|img|i|b)\b", page)


def test_what_cannot_be_looked_up_is_told_above_the_quotation(client: TestClient) -> None:
    page = client.get(f"/fr/quote?{urlencode({'q': '« … »'})}")
    assert page.status_code == 422 and FRENCH.problems["quotation_empty"] in page.text
    assert "« … »</textarea>" in page.text


def edited(text: str, *differences: tuple[str, int, int]) -> str:
    one = Article("a", text)
    places = [Difference(quoted, text[start:end], start, end, ()) for quoted, start, end in differences]
    html = corrected(Sentence(one, 0, len(text), 1, 0), places, ENGLISH)
    return re.sub(r'<span class="unseen">[^<]*</span>', "", html)


@pytest.mark.parametrize(
    ("differences", "html"),
    [
        ([], "un deux trois"),
        ([("2", 3, 7)], "un <del>2</del> <ins>deux</ins> trois"),
        ([("", 3, 7)], "un <ins>deux</ins> trois"),
        ([("et demi", 2, 2)], "un <del>et demi</del> deux trois"),
        ([("zéro", 0, 0)], "<del>zéro</del> un deux trois"),
        ([("quatre", 13, 13)], "un deux trois <del>quatre</del>"),
    ],
)
def test_a_difference_is_marked_in_its_place(differences: list[tuple[str, int, int]], html: str) -> None:
    assert edited("un deux trois", *differences) == html


@pytest.mark.parametrize(
    ("quoted", "original", "line"),
    [
        ("deux", "trois", "“<bdi>deux</bdi>” instead of “<bdi>trois</bdi>”"),
        ("deux", "", "Added: “<bdi>deux</bdi>”"),
        ("", "{0}", "Left out: “<bdi>{0}</bdi>”"),
    ],
)
def test_a_difference_is_told_in_a_line(quoted: str, original: str, line: str) -> None:
    assert told(Difference(quoted, original, 0, 0, ()), ENGLISH) == line


def test_a_quotation_over_two_sentences_has_both_around_it() -> None:
    one = ARTICLES[0]
    _, second, third, *_ = sentences_of(one)
    cited = Sentence(one, second.end - 20, third.start + 6, second.number, second.paragraph)

    class Quoting(FakeEngine):
        def find_quote(self, quotation: str) -> FoundQuote:
            return FoundQuote("exact", Citation(1, cited))

    found = look_up(Quoting(), "x")
    assert found.before + cited.text + found.after == one.text[second.start : third.end]


def test_a_reader_looks_a_quotation_up_without_a_script(browser: Browser, engine: Engine, tmp_path: Path) -> None:
    with running(engine, Settings(port=0, index=tmp_path)) as address:  # type: ignore[arg-type]
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{address}/fr/articles")
        page.get_by_role("link", name=FRENCH.check_quotation).click()
        page.get_by_role("textbox", name=FRENCH.quotation).fill(f"« {SAID} »")
        page.get_by_role("button", name=FRENCH.check).click()
        expect(page.get_by_role("heading", name=FRENCH.verdicts["exact"])).to_be_visible()
        expect(page.get_by_role("textbox")).to_have_value(f"« {SAID} »")
        page.locator(".from a").click()
        expect(page.locator(":target")).to_contain_text("Nous étions 14")
        context.close()
