"""What several articles say of a subject: which they are, which sentence of each, in which order."""

import json
from datetime import date
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from fastapi.testclient import TestClient
from hash_embedder import HashEmbedder

from assistant.api import create_app
from assistant.calibration import load_calibration
from assistant.cli import main
from assistant.digest import ARTICLES, SENTENCES
from assistant.engine import Engine
from assistant.errors import IndexUnusable, UsageError
from assistant.ingest import ingest
from assistant.records import DigestRequest, digest_record
from assistant.settings import Settings
from assistant.types import Digest

SUBJECTS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "digest.jsonl").read_text(encoding="utf-8").splitlines()
]
EARTHQUAKE = [
    "2023-02-06-seisme-turquie-syrie",
    "2023-02-08-seisme-erdogan-lacunes",
    "2023-02-10-seisme-survivants-cinquieme-jour",
    "2023-02-15-seisme-bilan-39000",
    "2023-02-24-seisme-cinquante-mille-morts",
]


def articles(digest: Digest) -> list[str]:
    return [citation.sentence.article.id for citation in digest.answer.citations]


# --- The sample corpus ---------------------------------------------------------------------------------


def test_the_articles_are_those_that_speak_of_the_subject(sample_engine: Engine):
    told = [(set(articles(sample_engine.digest(one["subject"]))), set(one["articles"])) for one in SUBJECTS]
    right = sum(len(found & wanted) for found, wanted in told)
    assert right / sum(len(found) for found, _ in told) >= 0.97
    assert right / sum(len(wanted) for _, wanted in told) >= 0.86
    absent = [found for found, wanted in told if not wanted]
    assert sum(not found for found in absent) / len(absent) >= 0.95 and len(absent) >= 20


def test_a_sentence_of_each_the_oldest_first(sample_engine: Engine):
    digest = sample_engine.digest("le séisme en Turquie")
    assert articles(digest) == EARTHQUAKE
    assert [citation.number for citation in digest.answer.citations] == [1, 2, 3, 4, 5]
    for statement, citation in zip(digest.answer.statements, digest.answer.citations, strict=True):
        sentence = citation.sentence
        assert statement.text == sentence.text == sentence.article.text[sentence.start : sentence.end]
    assert len(digest.sentences) == SENTENCES
    ids = [sentence.article.id for sentence in digest.sentences]
    assert sorted(ids.count(one) for one in EARTHQUAKE) == [1, 1, 2, 2, 2]
    places = [(sentence.article.published, sentence.number) for sentence in digest.sentences]
    assert places == sorted(places)


def test_only_those_of_the_days_asked_for(sample_engine: Engine):
    def dated(since: date | None, until: date | None) -> list[str]:
        return articles(sample_engine.digest("le séisme en Turquie", since=since, until=until))

    assert dated(date(2023, 2, 8), date(2023, 2, 15)) == EARTHQUAKE[1:4]
    assert dated(date(2023, 2, 24), None) == EARTHQUAKE[4:]
    assert dated(None, date(2023, 2, 6)) == EARTHQUAKE[:1]
    assert dated(None, date(2022, 12, 31)) == []


def test_an_article_is_found_by_the_year_that_it_is_from(sample_engine: Engine):
    assert articles(sample_engine.digest("séisme Turquie Syrie 2023")) == EARTHQUAKE
    assert articles(sample_engine.digest("séisme Turquie Syrie 1850")) == []


def test_copies_take_one_place(sample_engine: Engine):
    digest = sample_engine.digest("le télescope James-Webb")
    (citation,) = digest.answer.citations
    assert citation.sentence.article.id == "2021-12-25-ariane-5-place-webb-sur-orbite" and len(citation.copies) == 2


def test_given_articles_are_summed_up_whatever_they_speak_of(sample_engine: Engine):
    given = ["2018-07-16-coupe-du-monde-les-bleus-champions", "2024-05-24-loups-recul-france", "nowhere"]
    assert articles(sample_engine.digest("Combien ?", only=given)) == given[:2]
    assert articles(sample_engine.digest("Combien ?", only=["nowhere"])) == []


@pytest.mark.parametrize(
    ("subject", "days", "told"),
    [
        (" \n", {}, "is empty"),
        ("a" * 3000, {}, "3000 characters"),
        ("le Louvre", {"since": date(2024, 1, 1), "until": date(2023, 1, 1)}, "'2023-01-01' is before '2024-01-01'"),
    ],
)
def test_what_is_no_subject_is_told(sample_engine: Engine, subject: str, days: dict, told: str):
    with pytest.raises(UsageError, match=told):
        sample_engine.digest(subject, **days)


# --- A small one ---------------------------------------------------------------------------------------


def town(number: int, **more: object) -> dict[str, object]:
    """An article about the bridge of a town, from another day each."""
    return {
        "id": f"a{number}",
        "title": f"Nouvelles n° {number}",
        "text": f"Qui paiera ? Le pont de Sauville a coûté {number}0 millions. Il est long. La mairie a {number} lits.",
        "date": f"2024-01-{number:02}",
        "language": "fr",
        **more,
    }


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory, quickly: None) -> Engine:
    folder = tmp_path_factory.mktemp("towns")
    written = [town(number) for number in range(1, 9)]
    written += [town(9, groups=["presse"]), town(10, date=None), town(11, text="La mer est calme à Dinard.")]
    (folder / "articles.jsonl").write_text("\n".join(map(json.dumps, written)), encoding="utf-8")
    ingest([folder / "articles.jsonl"], folder / "index", HashEmbedder())
    return Engine(Settings(index=folder / "index", without="copies"), HashEmbedder(), load_calibration())


def test_five_articles_at_most_and_no_sentence_that_asks_or_leans(towns: Engine):
    digest = towns.digest("le pont de Sauville")
    assert len(articles(digest)) == ARTICLES
    assert all("Le pont de Sauville" in statement.text for statement in digest.answer.statements)
    dates = [citation.sentence.article.published or date.max for citation in digest.answer.citations]
    assert dates == sorted(dates)
    assert not any(sentence.text.endswith("?") for sentence in digest.sentences)


def test_what_a_reader_may_not_see_is_in_no_digest(towns: Engine):
    day = date(2024, 1, 9)
    assert articles(towns.digest("le pont de Sauville", since=day, until=day)) == ["a9"]
    for groups, found in ((frozenset[str](), []), (frozenset(["rh"]), []), (frozenset(["presse"]), ["a9"])):
        reader = towns.seen_by(groups)
        assert articles(reader.digest("le pont de Sauville", since=day, until=day)) == found
        assert articles(reader.digest("le pont de Sauville", only=["a9"])) == found


# --- As people get it ------------------------------------------------------------------------------------


def test_on_the_command_line(sample_index: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["digest", "le séisme en Turquie", "--until", "2023-02-08", "--index", str(sample_index)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("6 février 2023: Un tremblement de terre") and "\n8 février 2023: " in told
    assert "\n[2] " in told and "Erdogan admet" in told
    assert main(["digest", "the Beatles", "--index", str(sample_index)]) == 0
    assert capsys.readouterr().out == "The articles do not speak of this subject.\n"
    with pytest.raises(SystemExit) as caught:
        main(["digest", "le Louvre", "--since", "2024-02-30"])
    assert caught.value.code == 2 and "'2024-02-30' is no day" in capsys.readouterr().err


def test_as_json(sample_index: Path, sample_engine: Engine, capsys: pytest.CaptureFixture[str]):
    days = {"since": date(2023, 2, 7), "until": date(2023, 2, 14)}
    arguments = ["--since", "2023-02-07", "--until", "2023-02-14", "--json"]
    assert main(["digest", "le séisme en Turquie", *arguments, "--index", str(sample_index)]) == 0
    told = json.loads(capsys.readouterr().out)
    record = digest_record(
        sample_engine.digest("le séisme en Turquie", **days), DigestRequest(subject="le séisme en Turquie", **days)
    )
    expected = record.model_dump(mode="json")
    assert {**told, "timings_ms": 0} == {**expected, "timings_ms": 0}
    assert told["digest"].endswith("[2]") and told["worded"] is None and not told["abstained"]


def client_of(engine: FakeEngine) -> TestClient:
    return TestClient(create_app(engine, Settings()), "http://127.0.0.1:7860", raise_server_exceptions=False)


def test_over_http():
    engine = FakeEngine()
    asked = {"subject": "La Turquie, la Syrie et les secours", "since": "2017-01-01", "until": "2030-01-01"}
    told = client_of(engine).post("/api/digest", json=asked).json()
    assert engine.digested == [(asked["subject"], date(2017, 1, 1), date(2030, 1, 1), None)]
    assert told["citations"][0]["article_id"] == "2017-05-09-raqa" and told["statements"][0]["citations"] == [1]
    assert (told["subject"], told["worded"], told["abstained"]) == (asked["subject"], None, False)
    silent = client_of(engine).post("/api/digest", json={"subject": "xyzzy"}).json()
    assert silent["abstained"] and silent["digest"] == "" and silent["statements"] == silent["citations"] == []


@pytest.mark.parametrize(
    ("body", "error", "status", "code"),
    [
        ({}, None, 422, "invalid"),
        ({"subject": "x", "k": 3}, None, 422, "invalid"),
        ({"subject": "x", "since": "hier"}, None, 422, "invalid"),
        ({"subject": ""}, None, 422, "question_empty"),
        ({"subject": "a" * 2001}, None, 422, "question_too_long"),
        ({"subject": "le Louvre"}, IndexUnusable("none yet"), 503, "no_index"),
    ],
)
def test_a_refusal_is_told(body: dict, error: Exception | None, status: int, code: str):
    engine = FakeEngine()
    engine.error = error
    response = client_of(engine).post("/api/digest", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
