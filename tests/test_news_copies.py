import pytest
from news_scores import cases, copies, sample_article, total, varied

from assistant.news.copies import are_copies, copy_groups, shingles
from assistant.types import Article


@pytest.mark.parametrize("held_out", [False, True])
def test_copies_of_the_set_are_found_and_nothing_else(held_out):
    score = total(map(copies, cases("copies", held_out)))
    assert score.precision >= 0.98
    assert score.recall >= 0.95


def test_runs_of_four_words():
    assert shingles("Un, deux : TROIS «quatre» cinq") == {"un deux trois quatre", "deux trois quatre cinq"}
    assert shingles("Un deux trois") == set()


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
