import pytest

from assistant.engine import open_engine
from assistant.news.disagreement import differ, disagreement
from assistant.settings import Settings
from benchmarks.news import cases, lone_sentence, total
from benchmarks.news import disagreement as scored

QUESTION = "Combien de personnes ont manifesté contre la réforme des retraites le 7 mars 2023 ?"


def sentence(name, text, published="2017-05-09", title="", language="fr"):
    return lone_sentence(name, {"text": text, "published": published, "title": title, "language": language})


@pytest.mark.parametrize("held_out", [False, True])
def test_differences_of_the_set_are_told_and_no_others(held_out):
    score = total(map(scored, cases("disagreement", held_out)))
    assert score.precision >= 0.95
    assert score.recall >= 0.70


def test_one_article_does_not_disagree_with_itself():
    one = sentence("a", "Raqa compte 200 000 habitants.")
    other = sentence("a", "Raqa compte 350 000 habitants.")
    assert differ("Combien d'habitants compte Raqa ?", one, other) is None
    assert differ("Combien d'habitants compte Raqa ?", one, sentence("b", other.text)) == "number"


def test_those_that_differ_are_given_newest_first_and_the_best_of_them():
    question = "Combien d'habitants compte Raqa ?"
    told = [("2017-05-09", "220 000"), ("2019-05-09", "350 000"), ("2020-05-09", "220 000"), ("2018-05-09", "90 000")]
    sentences = [sentence(day, f"Raqa compte {count} habitants.", day) for day, count in told]
    assert disagreement(question, sentences, 3) == ("number", [1, 3, 0])
    assert disagreement(question, sentences, 2) == ("number", [1, 0])
    assert disagreement(question, sentences[:1], 3) is None
    assert disagreement(question, [], 3) is None
    assert disagreement("Qui dirige Raqa ?", sentences, 3) is None


def test_two_counts_of_one_demonstration_are_both_shown(sample_engine):
    answer = sample_engine.ask(QUESTION)
    assert answer.disagreement.matter == "number"
    assert answer.disagreement.numbers == (1, 2)
    newer, older = (citation.sentence for citation in answer.citations[:2])
    assert newer.article.published > older.article.published
    assert ("3,5 millions" in newer.text, "1,28 million" in older.text) == (True, True)


def test_it_can_be_left_out(sample_index):
    answer = open_engine(Settings(index=sample_index, without="disagreement")).ask(QUESTION)
    assert not answer.abstained
    assert answer.disagreement is None
