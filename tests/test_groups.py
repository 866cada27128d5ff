"""Who may read what: whatever a reader asks, it is answered as if the articles of other groups did not exist.

The measure of every test is an index of the articles that the reader may read, and no other: the answers, counts,
pages and errors of the two have to be the same.
"""

import html
import json
import os
import re
from dataclasses import replace
from itertools import chain, combinations
from pathlib import Path
from statistics import median
from time import process_time

import httpx
import pytest
from fastapi.testclient import TestClient
from hash_embedder import HashEmbedder
from serving import running

from assistant.api import create_app
from assistant.calibration import load_calibration
from assistant.engine import PROGRESS, Engine
from assistant.errors import StoreError
from assistant.formats import read_articles
from assistant.ingest import ingest
from assistant.records import answer_record
from assistant.settings import Settings
from assistant.types import Article, Progress, Refusal, Selection

pytestmark = pytest.mark.usefixtures("quickly")

GROUPS = ("direction", "rh", "presse")
TOWNS = ("Annecy", "Brest", "Calais", "Dijon", "Épinal", "Foix", "Gap", "Hyères")


def article(number: int) -> dict[str, object]:
    """Of every third article one group may read, of every fifth two; each group has a word of its own."""
    groups = [GROUPS[number % 3]] if number % 3 else []
    groups += ["rh", "presse"] if number % 5 == 4 else []
    town = TOWNS[number % len(TOWNS)]
    secret = f" Le mot secret est {'-'.join(sorted(set(groups)))}{number}." if groups else ""
    return {
        "id": f"a{number}",
        "title": f"Budget de {town}",
        "text": f"Le maire de {town} a présenté un budget de {number}\u202f000 euros.{secret} Il s'en dit content.",
        "date": f"2024-0{1 + number % 9}-1{number % 10}",
        "source": f"Source {'-'.join(groups) or 'publique'}",
        "language": "de" if "direction" in groups else "fr",
        "groups": sorted(set(groups)),
    }


ARTICLES = [article(number) for number in range(40)]
READERS = [frozenset(found) for found in chain.from_iterable(combinations(GROUPS, size) for size in range(4))]
QUESTIONS = [f"Quel est le budget de {town} ?" for town in TOWNS] + [
    f"Que dit le mot secret {'-'.join(one['groups'])}{one['id'][1:]} ?" for one in ARTICLES if one["groups"]
]


def engine_of(articles: list[dict[str, object]], folder: Path) -> Engine:
    folder.mkdir()
    file = folder / "articles.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in articles), encoding="utf-8")
    ingest([file], folder / "index", HashEmbedder())
    return Engine(Settings(index=folder / "index"), HashEmbedder(), load_calibration())


@pytest.fixture(scope="module")
def whole(tmp_path_factory, quickly) -> Engine:
    return engine_of(ARTICLES, tmp_path_factory.mktemp("whole") / "all")


@pytest.fixture(scope="module", params=READERS, ids=lambda groups: "-".join(sorted(groups)) or "nobody")
def reader(request, tmp_path_factory, whole) -> tuple[frozenset[str], Engine, Engine]:
    """Groups, the engine as their members see it, and one that never had anything else."""
    readable = [one for one in ARTICLES if not one["groups"] or request.param & set(one["groups"])]
    alone = engine_of(readable, tmp_path_factory.mktemp("alone") / "some")
    return request.param, whole.seen_by(request.param), alone


def told(engine: Engine, question: str) -> dict[str, object]:
    return answer_record(engine.ask(question)).model_dump(exclude={"timings_ms"})


def ids(found) -> list[str]:
    return [one.id for one in found]


# --- Asking -----------------------------------------------------------------------------------------------


def test_nobody_is_answered_from_what_they_may_not_read(reader, record_property):
    groups, seen, alone = reader
    allowed = set(ids(alone.articles()))
    for question in QUESTIONS:
        answer = seen.ask(question)
        shown = {hit.passage.article.id for hit in answer.hits}
        shown |= {citation.sentence.article.id for citation in (*answer.citations, *answer.nearest)}
        assert shown <= allowed, question
        assert set(ids(hit.passage.article for hit in seen.hits(question))) <= allowed
    record_property("figure", f"{len(QUESTIONS)} questions by {'-'.join(sorted(groups)) or 'nobody'}: 0 leaks")


def test_who_is_in_no_group_is_answered_as_if_the_others_did_not_exist(reader):
    """Word for word, confidence included: neither the order nor the weight of a word tells of hidden articles."""
    groups, seen, alone = reader
    if groups:
        pytest.skip("several partitions are ranked each for itself")
    for question in QUESTIONS:
        assert told(seen, question) == told(alone, question)


def test_a_word_of_hidden_articles_alone_weighs_as_one_that_is_in_none(reader):
    _, seen, alone = reader
    terms = ["secret", "budget", "direction22", "inexistant"]
    assert seen.generation().weights(terms) == alone.generation().weights(terms)


def test_an_article_may_be_traced_only_by_who_may_read_it(whole):
    hidden = next(one["id"] for one in ARTICLES if one["groups"] == ["rh"])
    assert whole.seen_by(frozenset({"rh"})).trace("Budget ?", only=[hidden]).answer.hits
    assert not whole.seen_by(frozenset({"presse"})).trace("Budget ?", only=[hidden]).answer.hits


#: Articles that most readers may not read, and how often each question is asked to compare times.
MANY, TIMES = 400, 41


@pytest.fixture(scope="module")
def of_many_and_of_one(tmp_path_factory, quickly) -> list[Engine]:
    """What nobody in particular sees of an index with many hidden articles, and of one with a single one."""
    public, folder = [one for one in ARTICLES if not one["groups"]], tmp_path_factory.mktemp("times")
    hidden = [article(number) | {"groups": ["rh"]} for number in range(100, 100 + MANY)]
    hidden = [one | {"text": f"{one['text']} Le mot zibeline y est."} for one in hidden]
    return [engine_of(public + hidden[:count], folder / str(count)).seen_by(frozenset()) for count in (MANY, 1)]


def test_the_time_of_an_answer_does_not_tell_of_hidden_articles(of_many_and_of_one, record_property):
    """Neither how many there are, nor whether they have the words of the question."""
    many, one = of_many_and_of_one
    places = [(many, "Que dit la zibeline ?"), (many, "Que dit le zygomar ?"), (one, "Que dit la zibeline ?")]
    taken: list[list[float]] = [[] for _ in places]
    for turn in range(TIMES):
        for place in (turn % 3, (turn + 1) % 3, (turn + 2) % 3):
            engine, question = places[place]
            before = process_time()
            engine.ask(question)
            taken[place].append(process_time() - before)
    their_word, no_word, alone = map(median, taken)
    record_property(
        "figure",
        f"{MANY} hidden articles: {their_word / no_word:.2f} times as long for a word that they alone have, "
        f"{their_word / alone:.2f} times as long as with one",
    )
    assert 0.67 < their_word / no_word < 1.5
    assert 0.67 < their_word / alone < 1.5


# --- Looking ----------------------------------------------------------------------------------------------


def test_counts_dates_and_languages_are_those_of_what_may_be_read(reader):
    _, seen, alone = reader
    assert replace(seen.facts(), generation=None) == replace(alone.facts(), generation=None)


def test_sources_are_those_of_what_may_be_read(reader):
    _, seen, alone = reader
    assert seen.sources(50) == alone.sources(50)


@pytest.mark.parametrize("words", ["", "budget", "maire Annecy", "secret", "rh1"])
@pytest.mark.parametrize("by_date", [True, False])
def test_the_list_is_that_of_what_may_be_read(reader, words, by_date):
    _, seen, alone = reader
    found, expected = (e.browse(Selection(words), "fr", by_date, 0, 100) for e in (seen, alone))
    assert found.total == expected.total
    assert sorted(one.article.id for one in found.articles) == sorted(one.article.id for one in expected.articles)
    if by_date:
        assert [one.article.id for one in found.articles] == [one.article.id for one in expected.articles]


def test_articles_and_their_neighbours_are_those_of_what_may_be_read(reader):
    _, seen, alone = reader
    for one in ARTICLES:
        found, expected = seen.article(one["id"]), alone.article(one["id"])
        assert (found and found.text) == (expected and expected.text)
        assert len(seen.sentences(one["id"])) == len(alone.sentences(one["id"]))
        if found:
            around, expected_around = seen.neighbours(found), alone.neighbours(found)
            assert [a and a.id for a in around] == [a and a.id for a in expected_around]
    assert ids(seen.articles()) == ids(alone.articles())


def test_samples_are_asked_of_what_may_be_read(whole, tmp_path):
    hidden = next(one["id"] for one in ARTICLES if one["groups"] == ["rh"])
    record = {"lang": "fr", "question": "Quel budget ?", "evidence": [{"article": hidden}]}
    (tmp_path / "questions.jsonl").write_text(json.dumps(record), encoding="utf-8")
    index = whole.generation().folder.parent.parent
    settings = Settings(index=index, questions=tmp_path / "questions.jsonl")
    engine = Engine(settings, HashEmbedder(), load_calibration())
    assert engine.seen_by(frozenset({"rh"})).sample_questions("fr") == ["Quel budget ?"]
    assert engine.seen_by(frozenset({"presse"})).sample_questions("fr") == []


def test_how_many_articles_are_being_indexed_is_not_told_where_some_are_hidden(whole):
    path = whole.generation().folder.parent.parent / PROGRESS
    state = {"process": os.getpid(), "done": 3, "total": 9}
    for restricted, expected in ((True, None), (False, Progress(3, 9))):
        path.write_text(json.dumps(state | {"restricted": restricted}), encoding="ascii")
        assert whole.seen_by(frozenset(GROUPS)).progress() == expected
        assert whole.progress() == Progress(3, 9)
    path.unlink()


# --- Over HTTP --------------------------------------------------------------------------------------------

SIGNED_ON = {"auth_header": "X-Remote-User", "groups_header": "X-Remote-Groups", "trusted_proxies": "127.0.0.1"}
HIDDEN = next(one for one in ARTICLES if one["groups"] == ["rh"])


def person(groups: str) -> dict[str, str]:
    return {"X-Remote-User": "camille", "X-Remote-Groups": groups}


@pytest.fixture(scope="module")
def address(whole):
    index = whole.generation().folder.parent.parent
    with running(whole, Settings(index=index, port=0, **SIGNED_ON)) as found:
        yield found


def test_pages_and_records_of_hidden_articles_are_like_those_of_none(address):
    for path in ("/api/articles/{}", "/articles/{}"):
        allowed = httpx.get(address + path.format(HIDDEN["id"]), headers=person("presse, rh"))
        refused = httpx.get(address + path.format(HIDDEN["id"]), headers=person("presse"))
        unknown = httpx.get(address + path.format("a99999"), headers=person("presse"))
        assert (allowed.status_code, refused.status_code, unknown.status_code) == (200, 404, 404)
        same = [re.sub(rf"{HIDDEN['id']}|a99999|request_id\W+\w+", "", found.text) for found in (refused, unknown)]
        assert same[0] == same[1]


def test_the_api_answers_for_the_groups_of_who_asks(address):
    question = {"question": f"Que dit le mot secret rh{HIDDEN['id'][1:]} ?"}
    for groups, found in (("rh", True), ("presse", False), ("", False), ("RH", False)):
        answer = httpx.post(f"{address}/api/ask", json=question, headers=person(groups), timeout=30).json()
        assert (HIDDEN["id"] in {hit["article_id"] for hit in answer["hits"]}) is found


def test_the_list_and_the_health_page_count_for_the_groups_of_who_asks(address, whole):
    for groups in ("rh", "presse", ""):
        count = whole.seen_by(frozenset(filter(None, [groups]))).facts().articles
        assert httpx.get(f"{address}/healthz", headers=person(groups)).json()["articles"] == count
        listed = httpx.get(f"{address}/fr/articles", headers=person(groups)).text
        assert str(count) in listed
        assert bool(re.search(r"Source rh(?!-)", listed)) is (groups == "rh")


def test_the_chat_answers_for_the_groups_of_who_asks(address):
    question = f"Que dit le mot secret rh{HIDDEN['id'][1:]} ?"
    link = f"/articles/{HIDDEN['id']}#s"
    assert link in chatted(address, question, "rh")
    assert link not in chatted(address, question, "presse")


def chatted(address: str, question: str, groups: str) -> str:
    """What Gradio's queue sends back for a question, as its own client asks it."""
    gradio = f"{address}/fr/gradio_api"
    with httpx.Client(headers={**person(groups), "origin": address}, timeout=60) as client:
        config = client.get(f"{address}/fr/config").json()
        number = next(d["id"] for d in config["dependencies"] if d["targets"][0][1] == "submit")
        body = {"data": [question, None], "fn_index": number, "session_hash": f"s{groups}", "event_data": None}
        client.post(f"{gradio}/queue/join", json=body).raise_for_status()
        sent = []
        with client.stream("GET", f"{gradio}/queue/data", params={"session_hash": f"s{groups}"}) as events:
            for line in events.iter_lines():
                sent.append(line)
                if '"process_completed"' in line:
                    break
    return html.unescape("\n".join(sent))


def test_nobody_in_particular_is_a_reader_without_groups(whole):
    """An application without sign-on, and every place that forgets to ask who it is."""
    index = whole.generation().folder.parent.parent
    app = create_app(whole, Settings(index=index))
    client = TestClient(app, base_url="http://127.0.0.1")
    assert client.get(f"/articles/{HIDDEN['id']}").status_code == 404
    assert app.state.engine.facts().articles == whole.seen_by(frozenset()).facts().articles


# --- The way in -------------------------------------------------------------------------------------------


def read(path: Path, content: str) -> list[Article | Refusal]:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(content, encoding="utf-8")
    return list(read_articles(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"id": "a", "text": "Un texte.", "groups": ["rh", "La direction"]}'),
        ("a.jsonl", '{"id": "a", "text": "Un texte.", "Groupes": " rh ,La direction"}'),
        ("a.csv", 'id;texte;groupes\na;Un texte.;"rh, La direction"\n'),
        ("a.md", "---\ngroups: [rh, La direction]\n---\nUn texte."),
        ("a.md", "---\ngroups:\n  - rh\n  - La direction\n---\nUn texte."),
    ],
)
def test_groups_are_read(tmp_path, name, content):
    (found,) = read(tmp_path / name, content)
    assert found.groups == {"rh", "La direction"}


@pytest.mark.parametrize("groups", ["null", '""', "[]"])
def test_without_groups_an_article_is_for_everyone(tmp_path, groups):
    (found,) = read(tmp_path / "a.jsonl", f'{{"text": "Un texte.", "groups": {groups}}}')
    assert found.groups == frozenset()


@pytest.mark.parametrize("groups", ["1", "true", "false", '{"rh": 1}', "[1]", '["rh", null]', '[""]', '","', '"rh,,b"'])
def test_groups_that_are_not_clear_are_refused(tmp_path, groups):
    (found,) = read(tmp_path / "a.jsonl", f'{{"text": "Un texte.", "groups": {groups}}}')
    assert isinstance(found, Refusal) and "groups" in found.reason


def test_a_folder_tells_for_files_that_cannot(tmp_path):
    (tmp_path / ".groups").write_text("rh\n\ndirection\n", encoding="utf-8")
    assert read(tmp_path / "a.txt", "Un texte.")[0].groups == {"rh", "direction"}
    assert read(tmp_path / "b" / "c" / "a.txt", "Un texte.")[0].groups == {"rh", "direction"}
    assert read(tmp_path / "a.jsonl", '{"text": "Un texte.", "groups": "presse"}')[0].groups == {"presse"}
    (tmp_path / "b" / ".groups").write_text("presse", encoding="utf-8")
    assert read(tmp_path / "b" / "c" / "a.txt", "Un texte.")[0].groups == {"presse"}


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_folder_that_does_not_tell_clearly_is_refused(tmp_path, content):
    (tmp_path / ".groups").write_bytes(content)
    (found,) = read(tmp_path / "a.txt", "Un texte.")
    assert isinstance(found, Refusal) and ".groups" in found.reason


def test_a_change_of_groups_is_a_change_and_embeds_nothing(tmp_path):
    embedder = HashEmbedder()
    engine = Engine(Settings(index=tmp_path / "index"), embedder, load_calibration())
    for groups, visible in ((["rh"], False), ([], True), (["presse"], False)):
        record = {"id": "a", "text": "Le préfet a parlé.", "groups": groups}
        (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
        summary = ingest([tmp_path / "a.jsonl"], tmp_path / "index", embedder)
        assert summary.published
        fresh = Engine(Settings(index=tmp_path / "index"), embedder, load_calibration())
        assert bool(fresh.seen_by(frozenset()).article("a")) is visible
    assert len(embedder.embedded) == len(set(embedder.embedded))
    assert engine.article("a").groups == {"presse"}


def test_too_many_sets_of_groups_are_told(tmp_path):
    records = [{"id": str(n), "text": f"Texte {n}.", "groups": [f"g{n}"]} for n in range(101)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    with pytest.raises(StoreError, match="over 100 different sets of groups"):
        ingest([tmp_path / "a.jsonl"], tmp_path / "index", HashEmbedder())
