"""Short and long texts, with and without a choice of languages."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.languages import PRESS_LANGUAGES, detect_language

ASKED = ("fr", "en", "de", "es", "it", "pt", "nl")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Les secours cherchent encore des survivants sous les décombres.", "fr"),
        ("Rescuers are still searching for survivors under the rubble.", "en"),
        ("Wie viele Länder waren vertreten?", "de"),
        ("¿Cuántos países estaban representados en la reunión?", "es"),
        ("Сколько стран было представлено?", "ru"),
        ("谁邀请了他参加会议?", "zh"),
        ("LES ÉTATS-UNIS VONT ASSOCIER LA TURQUIE AUX OPÉRATIONS", "fr"),
        ("Et depuis quand ?", "fr"),
        ("Pourquoi ?", "fr"),
    ],
)
def test_the_language_of_a_text_is_told(text, language):
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", " ", "14 000", "?!", "\U0001f600", "Jim Mattis", "Raqa"])
def test_what_could_be_any_language_is_none(text):
    assert detect_language(text) is None


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Et depuis quand ?", "fr"),
        ("Qui l'a invité ?", "fr"),
        ("Et après ?", "fr"),
        ("Où ça ?", "fr"),
        ("Et en Espagne ?", "fr"),
        ("And since when?", "en"),
        ("How many?", "en"),
        ("Wie viele?", "de"),
        ("¿Quién?", "es"),
    ],
)
def test_a_short_question_is_told_among_the_languages_asked_in(question, language):
    assert detect_language(question, ASKED) == language


@pytest.mark.parametrize("question", ["كم عدد الدول", "谁邀请了他?", "Сколько стран?", "ΠΟΥ ΕΙΝΑΙ;"])
def test_a_question_in_none_of_the_candidates_is_not_forced_into_one(question):
    assert detect_language(question, ("fr", "en")) is None


def test_candidates_unknown_to_the_model_are_ignored():
    assert detect_language("Et depuis quand ?", ("fr", "xx", "tlh")) == "fr"
    assert detect_language("Et depuis quand ?", ()) is None


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters()))
def test_any_text_has_a_known_language_or_none(text):
    assert detect_language(text) in PRESS_LANGUAGES | {None}


@pytest.mark.parametrize(
    ("folder", "language"),
    [("orangesum_news_fr_2016_2018", "fr"), ("piaf_fr_dev", "fr"), ("squad2_en_dev", "en")],
)
def test_questions_and_articles_of_the_evaluation_data_are_told(shared, folder, language):
    for name, field, floor in (("questions.jsonl", "question", 0.96), ("corpus.jsonl", "text", 0.995)):
        lines = (shared / folder / name).read_text(encoding="utf-8").split("\n")[:400]
        found = [detect_language(json.loads(line)[field]) for line in lines if line]
        assert found.count(language) >= floor * len(found)
        assert len(found) - found.count(language) - found.count(None) <= 0.01 * len(found)
