"""Looking through the articles: the search in a generation, and its page."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import HashEmbedder
from fake_engine import ARTICLES, FakeEngine
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from serving import running

from assistant.api import create_app
from assistant.browse import WORDS, browse, marks
from assistant.index import Generation, open_generation
from assistant.ingest import ingest
from assistant.page.browse import PAGE, WORDS_LIMIT, marked, query_of
from assistant.settings import Settings
from assistant.text import words as words_of
from assistant.types import Article, CorpusFacts, ListedArticle, Listing, Selection
from assistant.words import CATALOGUE, Words

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]

#: By id: title, text, date, source, language.
CORPUS = {
    "millau": (
        "Le viaduc de Millau",
        "Le viaduc a été inauguré en décembre 2004. Il enjambe le Tarn.",
        "2004-12-15", "AFP", "fr",
    ),
    "normandie": (
        "Un pont sur la Seine",
        "Le pont de Normandie a été inauguré en 1995. Il coûte 14\u202f000\u202f000 de francs par an.",
        "1995-01-20", "AFP", "fr",
    ),
    "elections": (
        "Élections\u202f: l’abstention gagne",
        "Les électeurs ont boudé les urnes. L’élection du maire est reportée. Le pont reste fermé.",
        "2004-12-15", "Le Monde", "fr",
    ),
    "bridge": ("A bridge in France", "The Millau viaduct spans the Tarn. It opened in 2004.", None, "Reuters", "en"),
    "chunnel": ("The tunnel", "The tunnel was opened by the Queen in 1994.", "1994-05-07", "Reuters", "en"),
}  # fmt: skip


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    folder = tmp_path_factory.mktemp("browse")
    return generation_of(folder, CORPUS)


def generation_of(folder: Path, corpus: dict[str, tuple[str, str, str | None, str, str]]) -> Generation:
    names = ("title", "text", "date", "source", "language")
    lines = [json.dumps({"id": id, **dict(zip(names, facts, strict=True))}) for id, facts in corpus.items()]
    (folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
    embedder = HashEmbedder()
    ingest([folder / "articles.jsonl"], folder / "index", embedder)
    return open_generation(folder / "index", embedder.identity)


def listing(
    generation: Generation, start: int = 0, count: int = 20, by_date: bool = True, reader: str = "fr", **wanted: object
) -> Listing:
    return browse(generation, Selection(**wanted), reader, by_date, start, count)  # type: ignore[arg-type]


def ids(found: Listing) -> list[str]:
    return [one.article.id for one in found.articles]


def marked_words(one: ListedArticle) -> list[str]:
    assert one.sentence is not None
    return [one.sentence.text[start:end] for start, end in one.sentence_marks]


# --- The list ---------------------------------------------------------------------------------------------


def test_all_articles_come_newest_first_and_those_without_a_date_last(generation: Generation) -> None:
    found = listing(generation)
    assert ids(found) == ["elections", "millau", "normandie", "chunnel", "bridge"]
    assert found.total == 5
    assert [one.sentence.text for one in found.articles if one.sentence][1] == (
        "Le viaduc a été inauguré en décembre 2004."
    )
    assert not any(one.title_marks or one.sentence_marks for one in found.articles)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"since": date(2004, 12, 15)}, ["elections", "millau"]),
        ({"until": date(1995, 1, 20)}, ["normandie", "chunnel"]),
        ({"since": date(1995, 1, 20), "until": date(1995, 1, 20)}, ["normandie"]),
        ({"since": date(2004, 1, 1), "until": date(2003, 1, 1)}, []),
        ({"source": "AFP"}, ["millau", "normandie"]),
        ({"source": "afp' or 1 --"}, []),
        ({"language": "en"}, ["chunnel", "bridge"]),
        ({"language": "xx\0"}, []),
        ({"source": "Reuters", "language": "en", "since": date(1990, 1, 1)}, ["chunnel"]),
    ],
)
def test_filters_hold_together(generation: Generation, wanted: dict[str, object], expected: list[str]) -> None:
    found = listing(generation, **wanted)
    assert ids(found) == expected and found.total == len(expected)


def test_a_stretch_of_the_list_knows_the_whole(generation: Generation) -> None:
    assert ids(listing(generation, 2, 2)) == ["normandie", "chunnel"]
    beyond = listing(generation, 40, 20)
    assert (beyond.articles, beyond.total) == ((), 5)


def test_sources_come_by_the_number_of_their_articles(generation: Generation) -> None:
    assert generation.sources(9) == ["AFP", "Reuters", "Le Monde"]
    assert generation.sources(1) == ["AFP"]


def test_neighbours_follow_the_calendar_then_the_id_and_undated_articles_end_it(generation: Generation) -> None:
    order = ["chunnel", "normandie", "elections", "millau", "bridge"]
    for before, one, after in zip([None, *order], order, [*order[1:], None], strict=False):
        article = generation.article(one)
        assert article is not None
        assert [found and found.id for found in generation.neighbours(article)] == [before, after]


# --- Words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("élection", ["elections"]),
        ("ELECTIONS", ["elections"]),
        ("l'abstention", ["elections"]),
        ("pont", ["elections", "normandie"]),
        ("pont seine", ["normandie"]),
        ("seine maire", []),
        ("14 000 000", ["normandie"]),
        ("14000000", ["normandie"]),
        ("le pont de la", ["elections", "normandie"]),
        ("Tarn", ["millau", "bridge"]),
        ("qui", []),
        ("«\u202f?\u202f»", []),
        ('" OR "pont', []),
        ("NEAR(pont maire)", []),
        ("pont*", ["elections", "normandie"]),
        ("\ud800 pont", ["elections", "normandie"]),
    ],
)
def test_articles_that_hold_all_the_words_are_found(generation: Generation, words: str, expected: list[str]) -> None:
    found = listing(generation, words=words)
    assert ids(found) == expected and found.total == len(expected)


def test_stop_words_are_those_of_the_reader_too(generation: Generation) -> None:
    assert ids(listing(generation, words="le Tarn", reader="fr")) == ["millau", "bridge"]
    assert ids(listing(generation, words="the Tarn", reader="en")) == ["millau", "bridge"]


def test_words_may_stand_in_different_passages(tmp_path: Path) -> None:
    filling = " ".join(f"Phrase numéro {n} sur la ville et ses faubourgs." for n in range(60))
    text = f"Le zèbre dort. {filling} Le yak veille."
    generation = generation_of(tmp_path, {"zoo": ("Au zoo", text, None, "AFP", "fr")})
    assert generation.facts().passages > 1
    assert ids(listing(generation, words="zèbre yak")) == ["zoo"]


def test_the_best_match_comes_first_unless_the_date_decides(generation: Generation) -> None:
    assert ids(listing(generation, words="pont", by_date=False)) == ["normandie", "elections"]
    assert ids(listing(generation, words="pont", by_date=True)) == ["elections", "normandie"]


def test_the_excerpt_is_the_sentence_with_most_of_the_words(generation: Generation) -> None:
    (one,) = listing(generation, words="elections maire").articles
    assert one.sentence is not None and one.sentence.number == 2
    assert marked_words(one) == ["élection", "maire"]
    assert [one.article.title[start:end] for start, end in one.title_marks] == ["Élections"]


def test_where_only_the_title_has_the_word_the_excerpt_is_the_first_sentence(generation: Generation) -> None:
    (one,) = listing(generation, words="Seine").articles
    assert one.sentence is not None and one.sentence.number == 1 and one.sentence_marks == ()
    assert [one.article.title[start:end] for start, end in one.title_marks] == ["Seine"]


def test_words_and_filters_hold_together(generation: Generation) -> None:
    assert ids(listing(generation, words="Tarn", language="fr")) == ["millau"]
    assert ids(listing(generation, words="pont", source="AFP", until=date(2000, 1, 1))) == ["normandie"]
    assert ids(listing(generation, words="Tarn", since=date(2000, 1, 1))) == ["millau"]


def test_hundreds_of_words_are_no_trouble(generation: Generation) -> None:
    many = " ".join(["pont", *(f"mot{n}" for n in range(3 * WORDS))])
    assert listing(generation, words=many).total == 0


def test_a_page_costs_the_same_queries_however_many_articles_it_shows(tmp_path: Path) -> None:
    corpus = {
        f"a{n}": (f"Titre {n}", f"Le pont numéro {n} est ouvert. Il est beau.", f"2017-05-{n % 28 + 1:02}", "AFP", "fr")
        for n in range(40)
    }
    generation = generation_of(tmp_path, corpus)
    statements: list[str] = []
    listing(generation, words="pont")  # The first search has the word index read its own settings.
    generation.connection.set_trace_callback(statements.append)

    def cost(**wanted: object) -> int:
        statements.clear()
        listing(generation, **wanted)  # type: ignore[arg-type]
        return sum(not statement.startswith("--") for statement in statements)  # Those are FTS5's own.

    assert 0 < cost(count=1) == cost(count=20) <= 4
    assert 0 < cost(count=1, words="pont") == cost(count=20, words="pont") <= 6


@pytest.mark.parametrize(
    ("text", "language", "looked_for", "expected"),
    [
        ("L’armée, l'armée et les armées", "fr", "armée", ["armée", "armée", "armées"]),
        ("l\u2019e\u0301lection de l'élu", "fr", "election", ["e\u0301lection"]),
        ("14\u2009000 hommes, 14.000, 14000 et 000", "fr", "14 000", ["14\u2009000", "14.000", "14000"]),
        ("3,5 % puis 3.5", "fr", "3,5", ["3,5", "3.5"]),
        ("Pluto's moons and Pluto", "en", "pluto", ["Pluto's", "Pluto"]),
        ("O'Brien and Brien", "en", "O'Brien", ["O'Brien"]),
        ("L'O.N.U. et l’ONU", "fr", "onu", ["O.N.U.", "ONU"]),
        ("rien", "fr", "", []),
    ],
)
def test_words_are_marked_as_they_stand(text: str, language: str, looked_for: str, expected: list[str]) -> None:
    found = marks(text, language, words_of(looked_for, language))
    assert [text[start:end] for start, end in found] == expected


@given(st.text(), st.text(max_size=5))
def test_marks_are_in_order_and_change_nothing(text: str, looked_for: str) -> None:
    found = marks(text, "fr", words_of(looked_for, "fr"))
    assert all(start < end for start, end in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    bare = re.sub("</?mark>", "", str(marked(text, found)))
    assert bare == str(marked(text, ()))


# --- The page ---------------------------------------------------------------------------------------------


class Many(FakeEngine):
    """As many articles as one likes, of one sentence each."""

    def __init__(self, count: int) -> None:
        super().__init__([Article(f"a{n}", "Une phrase.", title=f"Titre {n}", source="AFP") for n in range(count)])

    def browse(self, selection: Selection, reader_language: str, by_date: bool, start: int, count: int) -> Listing:
        found = [ListedArticle(one, None) for one in self.articles.values()]
        return Listing(tuple(found[start : start + count]), len(found))

    def facts(self) -> CorpusFacts:
        return CorpusFacts(len(self.articles), 1, 1, None, ("fr",), self.generation)


class Read(HTMLParser):
    """The links, chosen options, field values and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.tags if tag == "a"]

    def values(self) -> dict[str, str | None]:
        fields = {str(a["name"]): a.get("value") for tag, a in self.tags if tag == "input"}
        names = iter([str(a["name"]) for tag, a in self.tags if tag == "select"])
        name = ""
        for tag, attributes in self.tags:
            name = next(names) if tag == "select" else name
            if tag == "option" and "selected" in attributes:
                fields[name] = attributes["value"]
        return fields


def read(engine: FakeEngine, address: str, status: int = 200) -> Read:
    client = TestClient(create_app(engine, Settings()), base_url="http://127.0.0.1:7860")
    response = client.get(address)
    assert response.status_code == status
    return Read(response.text)


@pytest.mark.parametrize(("words", "count"), [(FRENCH, "4 articles"), (ENGLISH, "4 articles")], ids=["fr", "en"])
def test_the_list_is_in_the_language_of_its_address(words: Words, count: str) -> None:
    page = read(FakeEngine(), f"/{words.code}/articles")
    assert page.tags[0] == ("html", {"lang": words.code})
    assert count in page.text and words.browse in page.text and words.search_words in page.text
    assert [f"../articles/{quote(one.id, safe='')}?ui={words.code}" for one in (ARTICLES[0], ARTICLES[2])] == [
        link for link in page.links() if link.startswith("../articles/")
    ][:2]
    other = ENGLISH if words is FRENCH else FRENCH
    assert other.browse not in page.text and f"../{other.code}/articles" in page.links()


def test_the_form_asks_the_engine_and_shows_what_it_asked() -> None:
    engine = FakeEngine()
    address = "/fr/articles?q=%20Quinze%20%20pays&from=2017-01-01&to=2017-12-31&source=AFP&language=fr"
    page = read(engine, address)
    selection = Selection("Quinze pays", date(2017, 1, 1), date(2017, 12, 31), "AFP", "fr")
    assert engine.browsed == [(selection, "fr", False, 0, PAGE)]
    assert page.values() == {
        "q": "Quinze pays", "from": "2017-01-01", "to": "2017-12-31", "source": "AFP", "language": "fr",
    }  # fmt: skip
    assert "1 article" in page.text
    assert f"../articles/{ARTICLES[0].id}?ui=fr#s3" in page.links()
    query = "?q=Quinze+pays&from=2017-01-01&to=2017-12-31&source=AFP&language=fr"
    assert {f"articles{query}", f"articles{query}&sort=date", f"../en/articles{query}", "articles"} <= set(page.links())
    read(engine, f"/fr/articles{query}&sort=date")
    assert engine.browsed[-1] == (selection, "fr", True, 0, PAGE)


def test_languages_are_named_in_the_reader_s_own() -> None:
    assert "anglais" in read(FakeEngine(), "/fr/articles").text
    assert "French" in read(FakeEngine(), "/en/articles").text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=abc", FRENCH.not_a_date.format(value="abc")),
        ("to=2017-02-30", FRENCH.not_a_date.format(value="2017-02-30")),
        ("from=" + "9" * 5000, FRENCH.not_a_date.format(value="9" * 40)),
        ("from=%00%F0", FRENCH.not_a_date.format(value="\0�")),
        ("page=-1", FRENCH.no_such_page.format(value="-1")),
        ("page=0", FRENCH.no_such_page.format(value="0")),
        ("page=2", FRENCH.no_such_page.format(value="2")),
        ("page=²", FRENCH.no_such_page.format(value="²")),
        ("page=" + "9" * 5000, FRENCH.no_such_page.format(value="9" * 40)),
    ],
)
def test_a_value_that_means_nothing_is_told_and_left_out(query: str, message: str) -> None:
    page = read(FakeEngine(), f"/fr/articles?{query}")
    assert message.replace("\0", "") in page.text.replace("\0", "")
    assert "4 articles" in page.text


@given(st.dictionaries(st.sampled_from(["q", "from", "to", "source", "language", "page", "sort"]), st.text()))
def test_any_query_string_can_be_read_and_linked(asked: dict[str, str]) -> None:
    query, _ = query_of(asked, FRENCH)
    assert len(query.selection.words) <= WORDS_LIMIT and query.page >= 1
    assert query.link() == "" or query.link().startswith("?")


def test_a_long_list_comes_in_pages() -> None:
    engine = Many(2 * PAGE + 1)
    first = read(engine, "/en/articles")
    assert "41 articles" in first.text and "Page 1 of 3" in first.text
    assert "articles?page=2" in first.links() and ENGLISH.previous_page not in first.text
    last = read(engine, "/en/articles?page=3")
    assert "Titre 40" in last.text and "Titre 39" not in last.text
    assert ("ol", {"class": "articles", "start": "41"}) in last.tags
    assert "articles?page=2" in last.links() and ENGLISH.next_page not in last.text


def test_nothing_found_offers_ways_on() -> None:
    page = read(FakeEngine(), "/fr/articles?q=licorne+%22%26&source=AFP")
    assert FRENCH.none_found in page.text and FRENCH.none_found_hint in page.text
    assert "./?q=licorne%20%22%26" in page.links() and "articles" in page.links()


def test_before_there_is_an_index_the_page_says_so() -> None:
    engine = FakeEngine()
    engine.generation = None
    page = read(engine, "/fr/articles?q=x")
    assert FRENCH.nothing_indexed in page.text and engine.browsed == []


def test_nothing_of_an_article_or_a_query_becomes_markup() -> None:
    query = quote('"><script>window.pwned=1</script>')
    for address in (
        "/fr/articles",
        f"/fr/articles?q={query}&source={query}&language={query}&from={query}&page={query}",
    ):
        page = read(FakeEngine(), address)
        assert not {tag for tag, _ in page.tags} & {"script", "img", "svg", "iframe", "style", "b"}
        assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]
    marked_page = read(FakeEngine(), f"/fr/articles?q={quote('<script>window.pwned = 1</script>')}")
    assert ("mark", {}) in marked_page.tags and "<script>window.pwned = 1</script> utile." in marked_page.text


def test_a_stranger_s_filter_values_stay_in_the_form() -> None:
    values = read(FakeEngine(), "/en/articles?source=Le+Monde&language=de").values()
    assert (values["source"], values["language"]) == ("Le Monde", "de")


def test_the_real_engine_lists_and_searches_the_sample_corpus(sample_engine) -> None:  # type: ignore[no-untyped-def]
    everything = sample_engine.browse(Selection(), "fr", True, 0, 20)
    assert everything.total == sample_engine.facts().articles and len(everything.articles) == 20
    found = sample_engine.browse(Selection("l’inauguration du viaduc"), "fr", False, 0, 20)
    assert found.articles[0].article.id == "2004-12-15-viaduc-de-millau-inauguration"
    assert sample_engine.sources(3)
    newest = everything.articles[0].article
    assert sample_engine.neighbours(newest)[0] == everything.articles[1].article


def test_the_list_works_in_a_browser_without_scripts(browser: Browser) -> None:
    with running(FakeEngine(), Settings(port=0)) as address:
        context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
        page = context.new_page()
        page.goto(f"{address}/fr/articles")
        page.get_by_label(FRENCH.search_words).fill("Quinze pays")
        page.get_by_label(FRENCH.since, exact=True).fill("2017-01-01")
        page.get_by_role("button", name=FRENCH.search).click()
        expect(page.locator("mark")).to_have_text("Quinze pays")
        expect(page.get_by_label(FRENCH.since, exact=True)).to_have_value("2017-01-01")
        page.get_by_role("link", name=ARTICLES[0].title).click()
        expect(page).to_have_url(f"{address}/articles/{ARTICLES[0].id}?ui=fr#s3")
        page.get_by_role("link", name=FRENCH.browse).click()
        expect(page.get_by_role("heading", name=FRENCH.browse)).to_be_visible()
        context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_list_fits_and_its_controls_can_be_hit(browser: Browser, width: int) -> None:
    with running(FakeEngine(), Settings(port=0)) as address:
        page = browser.new_page(viewport={"width": width, "height": 700})
        page.goto(f"{address}/fr/articles?q=Charge")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [one.bounding_box() for one in page.locator("button, input, select, .count a, .pages a").all()]
        assert boxes and all(box and box["height"] >= 24 for box in boxes)
        page.close()
