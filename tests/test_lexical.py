import sqlite3

import pytest

from assistant import lexical
from assistant.text import words

PASSAGES = [
    "Interpol a identifié 14\u2009000 combattants étrangers en Syrie.",
    "L’armée turque a frappé une milice kurde.",
    "Les élections régionales auront lieu dimanche.",
    "La tour mesure 330 mètres.",
]


@pytest.fixture
def index():
    connection = sqlite3.connect(":memory:")
    connection.executescript(lexical.SCHEMA.format(partition=0))
    for row, passage in enumerate(PASSAGES):
        connection.execute("insert into words_0 (rowid, terms) values (?,?)", (row, " ".join(words(passage, "fr"))))
    return connection


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        ("14 000", 0),
        ("14000", 0),
        ("14\u00a0000", 0),
        ("14.000 combattants", 0),
        ("armée", 1),
        ("L'ARMEE", 1),
        ("l’armée", 1),
        ("l'election regionale", 2),
        ("dimanche", 2),
        ("330", 3),
    ],
)
def test_words_are_found_however_they_are_typed(index, typed, row):
    (best, score), *_ = lexical.search(index, [0], words(typed, "fr"), 5)
    assert best == row
    assert score > 0


@pytest.mark.parametrize("terms", [[], ['a"b'], ["inconnu"], ["NEAR"], ["*"], ["AND", "OR"]])
def test_nothing_found_is_an_empty_list(index, terms):
    assert lexical.search(index, [0], terms, 5) == []


def test_a_rare_word_tells_more_than_a_common_one(index):
    index.execute("insert into words_0 (rowid, terms) values (9, 'combatt syri')")
    weight = lexical.weights(index, [0], ["combatt", "interpol", "absent"], 5)
    assert weight["combatt"] < weight["interpol"] < weight["absent"]


def test_share_is_weighted():
    weight = {"a": 3.0, "b": 1.0}
    assert lexical.share(["a", "b"], {"a"}, weight) == 0.75
    assert lexical.share(["a", "b"], {"a", "b", "c"}, weight) == 1
    assert lexical.share([], {"a"}, weight) == 0


def test_question_words_are_analysed_for_each_language_without_the_questions_small_words():
    terms = lexical.question_terms("Qui sont les combattants de Raqa ?", "fr", ["fr", "en"])
    assert terms["fr"] == ["combatt", "raq"]
    assert "les" not in terms["en"]
    assert "raqa" in terms["en"]
