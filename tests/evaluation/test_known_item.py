"""Questions from titles."""

import random

from assistant.evaluation.corpus import corpus_of
from assistant.evaluation.known_item import known_item_questions
from assistant.evaluation.resolve import resolve
from assistant.evaluation.types import Evidence
from assistant.types import Article

LONG = "Rien de neuf. " * 20


def test_a_title_asks_for_its_article():
    article = Article("a1", LONG, "Le viaduc de Millau fête ses vingt ans", language="fr", origin="a.txt")
    (question,) = known_item_questions([article])
    assert question.question == article.title
    assert question.id == "known-item:a1"
    assert (question.language, question.origin, question.tags) == ("fr", "a.txt", ("known-item",))
    assert question.evidence == ((Evidence("a1"),),)
    (resolved,) = resolve([question], corpus_of([article]))
    assert resolved.gold[0][0].whole


def test_articles_of_one_title_are_alternatives():
    titles = {
        "b": "L'été «\u2009chaud\u2009» inquiète Évian",
        "a": "L’ÉTÉ \u201cchaud\u201d inquiète Évian",
        "c": "Un hiver froid inquiète Évian",
    }
    questions = known_item_questions([Article(id, LONG, title, language="fr") for id, title in titles.items()])
    assert {tuple(one.article for one in question.evidence[0]) for question in questions} == {("a", "b"), ("c",)}


def test_titles_that_tell_nothing_are_left_out():
    text = f"Le viaduc de Millau\u00a0fête ses vingt ans cette semaine dans l’Aveyron. {LONG}"
    articles = [
        Article("subject", LONG, "Égypte", language="fr"),
        Article("small words", LONG, "Ce que nous en avons", language="fr"),
        Article("none", LONG, ""),
        Article("its first sentence", text, "Le viaduc de Millau fête ses vingt ans cette semaine dans l’Aveyron."),
        Article("cut", text, "Le viaduc de Millau fête ses vingt ans cette semaine…"),
    ]
    assert known_item_questions(articles) == []


def test_the_order_depends_on_the_ids_alone_and_is_a_fair_sample():
    articles = [Article(f"a{n:03}", LONG, f"Le viaduc numéro {n} fête son anniversaire") for n in range(200)]
    ids = [question.id for question in known_item_questions(articles)]
    shuffled = random.Random(1).sample(articles, len(articles))
    assert [question.id for question in known_item_questions(shuffled)] == ids
    first = [int(id.removeprefix("known-item:a")) for id in ids[:60]]
    assert 15 <= sum(number < 100 for number in first) <= 45
