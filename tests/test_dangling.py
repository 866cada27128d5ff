from itertools import pairwise

import pytest

from assistant.citations import number
from assistant.dangling import dangles
from assistant.extract import sentences_before

DANGLING = {
    "fr": [
        "Il a été élu en 2004.", "Elle\u00a0? Non.", "Ils ont refusé.", "Ce dernier a démissionné.",
        "Cette dernière a parlé.", "Ces derniers sont partis.", "Celui-ci a refusé.", "Celles-ci sont closes.",
        "Cela a duré trois jours.", "C’est la troisième fois.", "C'était prévu.", "Cette réunion a eu lieu mardi.",
        "Son épouse l'accompagnait.", "Leurs avocats protestent.", "En 2004, il est élu.", "Mais elle a refusé.",
        "«\u202fIl est parti\u202f», a-t-elle dit.", "Les deux hommes se connaissent.",
    ],
    "en": [
        "He was elected in 2004.", "She said no.", "They refused.", "It opened in March.", "The latter resigned.",
        "This was the third time.", "Its director resigned.", "In 2004, he was elected.", "But they refused.",
        "“It’s over,” she said.",
    ],
}  # fmt: skip
READABLE = {
    "fr": [
        "Il y a trois ponts.", "Il faut partir.", "Il fallut attendre le mardi.", "Il s’agit du maire.",
        "Ilan Halimi est né.",
        "Celui de Lyon est fermé.", "Sonia parle.", "La réunion a eu lieu.", "Cela-Trans est une société.", "",
        "Selon lui, le maire a refusé.", "Pour Jean Dupont, maire de Lyon, le pont, qu'il connaît, est beau.",
    ],
    "en": ["Helen Ward said so.", "Items were sold.", "Theyers is a town.", "The museum opened.", ""],
    "de": ["Er wurde gewählt."],
}  # fmt: skip


@pytest.mark.parametrize(("language", "sentence"), [(code, s) for code, found in DANGLING.items() for s in found])
def test_a_sentence_that_hangs_on_the_one_before(language, sentence):
    assert dangles(sentence, language)


@pytest.mark.parametrize(("language", "sentence"), [(code, s) for code, found in READABLE.items() for s in found])
def test_a_sentence_that_stands_alone(language, sentence):
    assert not dangles(sentence, language)


def test_the_sentence_before_is_the_articles_own(sample_engine):
    generation = sample_engine.generation()
    shown = 0
    for article in generation.articles():
        for sentence in generation.sentences(article):
            (before,) = sentences_before(generation, [sentence])
            if before:
                shown += 1
                assert before.number == sentence.number - 1
                assert before.end <= sentence.start
                assert article.text[before.start : before.end] == before.text
                assert number([sentence], [before])[0].before == before
    assert shown > 20


def test_what_was_shown_above_is_not_shown_again(sample_engine):
    generation = sample_engine.generation()
    for article in generation.articles():
        sentences = generation.sentences(article)
        for first, second in pairwise(sentences):
            if sentences_before(generation, [second]) == [first]:
                assert sentences_before(generation, [first, second])[1] is None
                assert sentences_before(generation, [second, first])[0] == first
                return
    raise AssertionError("no sentence of the corpus hangs on the one before")
