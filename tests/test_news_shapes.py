import pytest
from news_scores import answers, cases, total

from assistant.news.shapes import answering_words, shape_of


@pytest.mark.parametrize("held_out", [False, True])
def test_answering_words_of_the_set(held_out):
    score = total(map(answers, cases("answers", held_out)))
    assert score.precision >= 0.80
    assert score.recall >= 0.75


@pytest.mark.parametrize("held_out", [False, True])
def test_shapes_of_the_set(held_out):
    labelled = cases("answers", held_out)
    assert sum(shape_of(case["question"]) == case["shape"] for case in labelled) >= 0.9 * len(labelled)


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
