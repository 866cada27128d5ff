import time

import pytest

from assistant.news.shapes import answering_words, shape_of
from benchmarks.news import answers, cases, shapes, total


@pytest.mark.parametrize("held_out", [False, True])
def test_answering_words_of_the_set(held_out):
    score = total(map(answers, cases("answers", held_out)))
    assert score.precision >= 0.80
    assert score.recall >= 0.75


@pytest.mark.parametrize("held_out", [False, True])
def test_shapes_of_the_set(held_out):
    score = total(map(shapes, cases("answers", held_out)))
    assert score.precision >= 0.95
    assert score.recall >= 0.90


def marked(question, sentence):
    found = answering_words(question, sentence)
    return found and sentence[slice(*found)]


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("Combien de combattants ?", "Interpol a recensé 14\u2009000 combattants.", "14\u2009000 combattants"),
        ("Combien de sorties ?", "En 199 jours, il a fait quatre sorties.", "quatre sorties"),
        ("Combien de temps ?", "En 199 jours, il a fait quatre sorties.", "199 jours"),
        ("Combien de blessés ?", "Sept bus et douze camions ont brûlé.", None),
        ("Quand le pont a-t-il ouvert ?", "Ouvert le 3 mai 2012, le pont est gratuit.", "le 3 mai 2012"),
        ("Qui l'a dit ?", "Rien de tout cela n'est vrai.", None),
        ("Comment ?", "Il a pris le train de 14 h 30.", None),
    ],
)
def test_what_is_marked(question, sentence, expected):
    assert marked(question, sentence) == expected


@pytest.mark.parametrize(
    ("question", "shape"),
    [
        ("Qui préside le Louvre, et depuis quand ?", "when"),
        ("Combien de visiteurs au Louvre, et pourquoi ?", "why"),
        ("Who found the boys, and where?", "where"),
        ("Qui préside le Louvre, fermé depuis lundi ?", "who"),
    ],
)
def test_a_question_word_that_is_added_tells_the_shape(question, shape):
    assert shape_of(question) == shape


def test_a_run_of_letters_is_read_no_further_than_a_sentence_goes():
    started = time.perf_counter()
    for text in ("l'" * 50_000, "le X par Y " * 10_000, "« 12 " * 20_000):
        for question in ("Qui a gagné la finale ?", "Combien de buts ?", "Où ?"):
            answering_words(question, text)
    assert time.perf_counter() - started < 10
