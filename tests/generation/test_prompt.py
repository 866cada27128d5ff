import re

import pytest

from assistant.generate.completeness import lacks
from assistant.generate.grammar import span_grammar
from assistant.generate.language import TASKS, language_of
from assistant.generate.prompt import MOST_CHARACTERS, MOST_SENTENCES, given, messages
from assistant.generate.standalone import flaws
from assistant.types import Article, Sentence


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(Article(f"a{n}", text), 0, len(text), 1, 0) for n, text in enumerate(texts)]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_instructions_three_examples_and_the_question(language):
    told = messages("Où est le pont ?", language, sentences("Le pont est\n à Lille.", "Il est fermé."))
    assert [role for role, _ in told] == ["system", *["user", "assistant"] * 3, "user"]
    assert "NO_ANSWER" in told[0][1]
    assert sum(text == "NO_ANSWER" for role, text in told if role == "assistant") == 1
    assert "[1] Le pont est à Lille.\n[2] Il est fermé." in told[-1][1]
    assert told[-1][1].endswith("Où est le pont ?")


def test_another_language_has_english_instructions():
    assert language_of("de") == language_of("en") != language_of("fr")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("task", ["answer", "digest"])
def test_the_examples_are_right(language, task):
    """Each answer cites the sentences that it is made of, word for word of theirs."""
    for example in language_of(language).instructions[task].examples:
        for said, number in re.findall(r"(\S[^\[]*?) \[(\d)\]", example.answer):
            words = set(re.findall(r"\w+", said))
            assert words <= set(re.findall(r"\w+", example.sentences[int(number) - 1]))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_translations_of_the_examples_are_whole(language):
    other = {"fr": "en", "en": "fr"}[language]
    for example in language_of(language).instructions["translation"].examples:
        assert not lacks(example.answer, language, example.sentences[0], other)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_questions_of_the_examples_stand_for_those_asked(language):
    for example in language_of(language).instructions["follow_up"].examples:
        shown = [Sentence(Article("a", text, language=language), 0, len(text), 1, 0) for text in example.sentences]
        assert not flaws(example.answer, example.question, language, example.earlier, shown)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_task_has_its_instructions_and_the_texts_it_is_about(language):
    asked = sentences("Le pont est fermé.", "Il rouvre mardi.")
    told = {
        task: messages("Et après ?", language, asked, task=task, earlier=["Où est le pont ?"])
        for task in language_of(language).instructions
    }
    assert len({system for (_, system), *_ in told.values()}) == len(TASKS)
    assert told["translation"][-1][1].endswith(": Le pont est fermé.")
    assert "- Où est le pont ?\n" in told["follow_up"][-1][1] and told["follow_up"][-1][1].endswith("Et après ?")
    assert "[2] Il rouvre mardi." in told["digest"][-1][1]


def test_braces_of_an_article_are_left_alone():
    *_, (_, asked) = messages("{sentences} ?", "fr", sentences("Un {question} de plus."))
    assert "Un {question} de plus." in asked and asked.endswith("{sentences} ?")


def test_as_many_sentences_as_the_model_can_take():
    assert len(given(sentences(*[f"Phrase {n}." for n in range(20)]))) == MOST_SENTENCES
    long = "mot " * (MOST_CHARACTERS // 8)
    assert len(given(sentences(*[f"{long}{n}." for n in range(5)]))) == 2
    assert len(given(sentences("mot " * MOST_CHARACTERS))) == 1


def test_the_grammar_lets_only_words_in_a_row_through():
    """Read as the regular expression that it is."""
    grammar = span_grammar(['Le "pont" est\u2009fermé.', "Il\\n a rouvert."])
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())

    def matches(text: str, rule: str) -> bool:
        word = re.fullmatch(r'"((?:[^"\\]|\\.)*)"(?: \(" " (\S+)\)(\?))?', rules[rule]).group(1)
        word = re.sub(r"\\(.)", r"\1", word)
        next_rule = re.search(r"s\d+-\d+", rules[rule].split('"')[-1])
        if text == word:
            return True
        return bool(next_rule) and text.startswith(f"{word} ") and matches(text[len(word) + 1 :], next_rule[0])

    def accepted(text: str) -> bool:
        return text == "NO_ANSWER" or any(matches(text, name) for name in rules["root"].split(" | ")[1:])

    assert rules["root"].startswith('"NO_ANSWER" | ')
    assert accepted('"pont" est') and accepted("fermé.") and accepted("Il\\n a rouvert.") and accepted("NO_ANSWER")
    assert not accepted("Le rouvert.") and not accepted("est Le") and not accepted("pont")
