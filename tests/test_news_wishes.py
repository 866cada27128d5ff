from datetime import date

import pytest

from assistant.engine import open_engine
from assistant.news.wishes import Wishes, leaning, preferred, wishes_of
from assistant.settings import Settings
from benchmarks.news import lone_sentence, scores, total

TODAY = date(2023, 2, 15)


def test_the_newest_figure_is_first(sample_engine):
    score = total([*scores("latest", False, sample_engine), *scores("latest", True, sample_engine)])
    assert score.wanted >= 20
    assert score.recall >= 0.9


@pytest.mark.parametrize(
    ("question", "wishes"),
    [
        ("Quel est le dernier bilan du séisme ?", Wishes(True, None, None)),
        ("What is the current height of Mont Blanc?", Wishes(True, None, None)),
        ("Qui est désormais ministre ?", Wishes(True, None, None)),
        ("Combien de morts la semaine dernière ?", Wishes(False, (date(2023, 2, 6), date(2023, 2, 12), True), None)),
        ("Combien de manifestants le 7 mars 2022 ?", Wishes(False, (date(2022, 3, 7), date(2022, 3, 7), False), None)),
        ("Qu'a déclaré Jim Mattis sur la Turquie ?", Wishes(False, None, "mattis")),
        ("Qu’a dit M. Erdogan ?", Wishes(False, None, "erdogan")),
        ("What did Mr. Cameron say about the vote?", Wishes(False, None, "cameron")),
        ("Qu'a déclaré le ministre ?", Wishes(False, None, None)),
        ("Qui a rencontré Jim Mattis ?", Wishes(False, None, None)),
    ],
)
def test_what_a_question_wishes(question, wishes):
    assert wishes_of(question, TODAY) == wishes


def test_parts_left_out_are_not_wished_for():
    assert wishes_of("Quel est le dernier bilan ?", TODAY, frozenset({"times"})) == Wishes(False, None, None)
    assert wishes_of("Qu'a dit M. Erdogan ?", TODAY, frozenset({"speakers"})) == Wishes(False, None, None)


def told(*days, text="Le bilan est de 12 morts."):
    return [lone_sentence(day, {"text": text, "published": day, "title": "", "language": "fr"}) for day in days]


def test_the_newest_that_answers_comes_first_and_what_came_later_last():
    question = "Quel est le dernier bilan ?"
    sentences = told("2023-02-06", "2023-02-24", "2023-02-10")
    assert preferred(question, wishes_of(question, TODAY), sentences, TODAY) == [2, 0, 1]
    sentences += told("2023-02-14", text="Le bilan n'est pas connu.")
    assert preferred(question, wishes_of(question, TODAY), sentences, TODAY) == [2, 0, 3, 1]


def test_what_the_newest_article_tells_of_long_ago_is_not_the_newest():
    question = "Quel est le dernier bilan ?"
    sentences = [*told("2023-02-14", text="En 2001, le bilan était de 12 morts."), *told("2023-02-06")]
    assert preferred(question, wishes_of(question, TODAY), sentences, TODAY) == [1, 0]


def test_the_time_asked_about_comes_first_without_leaving_others_out():
    question = "Quel était le bilan la semaine dernière ?"
    sentences = [
        *told("2023-02-01", "2023-02-08"),
        *told("2023-02-14", text="Le bilan était de 12 morts mercredi dernier."),
    ]
    assert preferred(question, wishes_of(question, TODAY), sentences, TODAY) == [1, 2, 0]


def test_without_a_wish_the_order_stays():
    sentences = told("2023-02-06", "2023-02-14", "2023-02-10")
    assert preferred("Quel est le bilan ?", wishes_of("Quel est le bilan ?", TODAY), sentences, TODAY) == [0, 1, 2]


def test_the_reader_leans_to_the_newest_and_away_from_what_came_later():
    days = [date(2023, 2, 6), date(2023, 2, 14), None, date(2023, 2, 24)]
    assert leaning(Wishes(True, None, None), days, TODAY) == [3.0, 6.0, 0.0, -6.0]
    assert leaning(Wishes(False, None, None), days, TODAY) == [0.0, 0.0, 0.0, -6.0]


def test_the_words_of_a_person_come_first(sample_engine, sample_index):
    question = "Qu'a déclaré Jim Mattis sur la Turquie ?"
    first = sample_engine.ask(question).citations[0]
    assert first.speaker.name == "Jim Mattis"
    plain = open_engine(Settings(index=sample_index, without="speakers")).ask(question).citations
    assert first.sentence in [citation.sentence for citation in plain]
    assert plain[0].sentence != first.sentence
