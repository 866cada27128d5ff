import json

import pytest

from assistant.calibration import load_calibration
from assistant.copies import are_copies, copy_groups, shingles
from assistant.engine import Engine, open_engine
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.types import Article
from benchmarks.news import cases, copies, sample_article, total, varied


@pytest.mark.parametrize("held_out", [False, True])
def test_copies_of_the_set_are_found_and_nothing_else(held_out):
    score = total(map(copies, cases("copies", held_out)))
    assert score.precision >= 0.98
    assert score.recall >= 0.95


def test_runs_of_four_words():
    assert len(shingles("Un, deux : TROIS «quatre» cinq")) == 2
    assert list(shingles("Été, deux : TROIS «quatre»")) == list(shingles("e\u0301te deux trois quatre"))
    assert len(shingles("Un deux trois")) == 0


def test_too_short_to_tell():
    runs = shingles("Le pont est fermé depuis lundi pour des travaux.")
    assert not are_copies(runs, runs)


def test_groups_keep_the_order_given_and_leave_the_others_out(sample_engine):
    articles = list(sample_engine.articles())
    (group,) = copy_groups(articles)
    assert [article.id for article in group] == [
        "2021-12-25-ariane-5-place-webb-sur-orbite",
        "2021-12-25-james-webb-decolle-de-kourou",
        "2021-12-25-un-telescope-pour-noel",
    ]
    assert copy_groups([]) == []
    assert copy_groups([articles[0]]) == []


def test_copies_of_copies_are_one_group():
    text = sample_article("2018-07-16-coupe-du-monde-les-bleus-champions")
    versions = [text, varied(text, text, ["cut 0.5"]), varied(text, text, ["agency", "move"])]
    (group,) = copy_groups([Article(str(n), version) for n, version in enumerate(versions)])
    assert len(group) == 3


TELESCOPE = ["2021-12-25-james-webb-decolle-de-kourou", "2021-12-25-un-telescope-pour-noel"]
QUESTION = "Quand le télescope James-Webb a-t-il décollé de Kourou ?"


def test_copies_take_one_place_in_an_answer_and_are_named(sample_engine):
    answer = sample_engine.ask(QUESTION)
    cited = {citation.sentence.article.id: citation for citation in answer.citations}
    first = cited["2021-12-25-ariane-5-place-webb-sur-orbite"]
    assert [copy.id for copy in first.copies] == TELESCOPE
    assert not set(TELESCOPE) & {*cited, *(hit.passage.article.id for hit in answer.hits)}
    assert len({(hit.passage.article.id, hit.passage.start) for hit in answer.hits}) == len(answer.hits)


def test_a_copy_is_found_where_the_oldest_is_hidden(sample_engine):
    answer = sample_engine.trace(QUESTION, without=["2021-12-25-ariane-5-place-webb-sur-orbite"]).answer
    (citation, *_) = answer.citations
    assert citation.sentence.article.id == TELESCOPE[0]
    assert [copy.id for copy in citation.copies] == TELESCOPE[1:]
    alone = sample_engine.trace(QUESTION, only=TELESCOPE[:1]).answer
    assert [citation.copies for citation in alone.citations] == [()] * len(alone.citations)


def test_copies_stay_reachable_one_by_one(sample_engine):
    for id in TELESCOPE:
        assert sample_engine.article(id).id == id
        assert sample_engine.sentences(id)


def test_copies_can_be_left_out(sample_index):
    answer = open_engine(Settings(index=sample_index, without="copies")).ask(QUESTION)
    assert [citation.copies for citation in answer.citations] == [()] * len(answer.citations)
    assert len({hit.passage.article.id for hit in answer.hits[:3]}) > 1


TEXT = sample_article("2018-07-16-coupe-du-monde-les-bleus-champions")


@pytest.fixture
def restricted(tmp_path, hashed, quickly, monkeypatch):
    """One dispatch, whole for everyone, cut for one group and cut otherwise for another; the link is for "b" alone."""
    monkeypatch.setattr("assistant.publish.ALIKE", 0.5)  # vectors of single words are further apart
    paragraphs = TEXT.split("\n\n")
    half = len(paragraphs) // 2
    versions = {"first": paragraphs[:half], "whole": paragraphs, "second": paragraphs[half:]}
    groups = {"first": None, "whole": ["b"], "second": ["a"]}
    file = tmp_path / "articles.jsonl"
    lines = (
        {"id": id, "title": id, "text": "\n\n".join(parts), "date": f"2018-07-1{day}", "groups": groups[id] or []}
        for day, (id, parts) in enumerate(versions.items())
    )
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ingest([file], tmp_path / "index", hashed)
    return Engine(Settings(index=tmp_path / "index"), hashed, load_calibration())


def test_a_reader_is_told_of_no_copy_that_they_may_not_read(restricted):
    def groups_of(*readers):
        generation = restricted.seen_by(frozenset(readers)).generation()
        rows = {generation.article_at(row).id: row for row in range(3)}
        rows = {id: row for id, row in rows.items() if generation.article(id)}
        found = generation.copies(rows.values())
        return {id: [generation.article_at(other).id for other in found.get(row, [])] for id, row in rows.items()}

    whole = ["first", "whole", "second"]
    assert groups_of("a", "b") == dict.fromkeys(whole, whole)
    assert groups_of("b") == {"first": ["first", "whole"], "whole": ["first", "whole"]}
    assert groups_of("a") == {"first": [], "second": []}
    assert groups_of() == {"first": []}


def test_a_crowd_of_copies_hides_no_other_article(tmp_path, hashed, quickly):
    planted = [(f"planted-{number}", TEXT) for number in range(60)]
    other = (
        "Les rues de la capitale russe étaient pleines de monde bien après minuit. Des chanteurs montés sur des tables "
        "ont fait danser les passants, et les cafés ont servi jusqu'à l'aube sans que personne songe à rentrer."
    )
    file = tmp_path / "articles.jsonl"
    lines = ({"id": id, "title": "", "text": text} for id, text in [*planted, ("other", other)])
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ingest([file], tmp_path / "index", hashed)
    engine = Engine(Settings(index=tmp_path / "index"), hashed, load_calibration())
    found = [hit.passage.article.id for hit in engine.hits("Qui a gagné la finale de la Coupe du monde ?")]
    assert "other" in found
    assert len({*found} - {"other"}) == 1
