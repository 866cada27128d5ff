"""Misspelled questions, with the words of a small corpus as the dictionary."""

import time

import pytest

from assistant.engine import open_engine
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.spelling import corrected

TEXT = (
    "Le viaduc de Millau a été inauguré en décembre 2004 par le président. Il enjambe le Tarn sur deux kilomètres.\n\n"
    "La compagnie des autoroutes a financé la construction, confiée à l'équipe de Norman Foster. "
    "Quelle hauteur a-t-il ? Le tablier culmine à 270 mètres, et les piles sont les plus hautes du monde. "
    "Du bord de la vallée, on le voit en entier."
)
ENGLISH = """---
language: en
---

The volcano under the glacier erupted in April, and its ash grounded a hundred thousand flights all over Europe.
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("spelling")
    (folder / "viaduc.txt").write_text(TEXT, encoding="utf-8")
    (folder / "volcano.md").write_text(ENGLISH, encoding="utf-8")
    ingest([folder / "viaduc.txt", folder / "volcano.md"], folder / "index", embedder)
    return open_engine(Settings(index=folder / "index"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Qui a financé la conqtruction du viaduc ?", "Qui a financé la construction du viaduc ?"),  # beside s
        ("Qui a financé la construcction du viaduc ?", "Qui a financé la construction du viaduc ?"),  # one too many
        ("Qui a financé la constrction du viaduc ?", "Qui a financé la construction du viaduc ?"),  # one too few
        ("Qui a financé la consturction du viaduc ?", "Qui a financé la construction du viaduc ?"),  # exchanged
        ("Qjand le viaduc a-t-il été inauguré ?", "Quand le viaduc a-t-il été inauguré ?"),  # no article says "quand"
        ("L'équiôe de Norman Fosyer", "L'équipe de Norman Foster"),  # accents aside
        ("VIADCU DE MILLAU", "VIADUC DE MILLAU"),
        ("Le viaduc dz Millau", "Le viaduc dz Millau"),  # too short to tell
    ],
)
def test_a_slip_of_the_fingers_is_undone(engine, embedder, typed, meant):
    assert corrected(typed, "fr", engine.generation(), embedder.count_tokens) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Qui a financé la construction du viaduc ?",
        "Quelle est la hauteur du pont de Tancarville ?",  # a name that no article has
        "Que fait la NASA à Millau ?",
        "Who paid for that bridge nowadays?",
        "Qui habite au nord du viaduc ?",  # a frequent word, one slip from "bord"
        "Quand le volcan est-il entré en éruption ?",  # an English article has "volcano"
        "Que fait Tablie à Millau ?",  # a name, one slip from "tablier"
        "",
        "?!",
        "x" * 2000,
    ],
)
def test_what_is_no_slip_is_left_alone(engine, embedder, question):
    assert corrected(question, "fr", engine.generation(), embedder.count_tokens) == question


def test_a_corrected_question_is_shown_as_it_was_understood(engine):
    answer = engine.ask("Quand le viasuc de Millau a-t-il été inauguré ?")
    assert answer.question == "Quand le viasuc de Millau a-t-il été inauguré ?"
    assert answer.understood_as == "Quand le viaduc de Millau a-t-il été inauguré ?"
    assert engine.ask("Quand le viaduc de Millau a-t-il été inauguré ?").understood_as is None


def test_a_question_in_a_language_that_no_article_is_in_is_left_alone(engine):
    assert engine.ask("When did the viasuc of Millau open to the public?", language="en").understood_as is None


def test_a_long_question_of_nonsense_costs_little_more_than_one_of_words(engine, embedder):
    def seconds(question):
        start = time.perf_counter()
        corrected(question, "fr", engine.generation(), embedder.count_tokens)
        return time.perf_counter() - start

    nonsense = " ".join(f"zxqv{'bcdfghj'[n % 7]}{'klmnprt'[n % 5]}wx" for n in range(200))
    assert seconds(nonsense) < 50 * max(seconds("viaduc " * 200), 0.001)
