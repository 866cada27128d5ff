import pytest

from assistant.generate.vacuity import is_vacuous
from assistant.generate.verify import faults

ATTOSECOND = "Une attoseconde vaut un milliardième de milliardième de seconde."


@pytest.mark.parametrize(
    ("claim", "sentence", "language"),
    [
        ("C'est une attoseconde.", ATTOSECOND, "fr"),
        ("C’est une attoseconde.", ATTOSECOND, "fr"),
        ("Il est président.", "Le président de la région a visité Sauville.", "fr"),
        ("Ce sont des loups.", "Les loups ont tué trois brebis en mai.", "fr"),
        ("It is an attosecond.", "An attosecond is a billionth of a billionth of a second.", "en"),
        ("They are wolves.", "Wolves killed three sheep in May.", "en"),
    ],
)
def test_a_pronoun_and_a_word_that_is_merely_named_say_nothing(claim: str, sentence: str, language: str):
    assert is_vacuous(claim, language, sentence)
    assert "coverage" in faults(claim, language, sentence, language)


@pytest.mark.parametrize(
    ("claim", "sentence", "language"),
    [
        ("C'est une attoseconde.", "La plus courte ? C’est une attoseconde.", "fr"),
        ("Il est président.", "À Sauville, il est président depuis mai.", "fr"),
        ("It is an attosecond.", "The shortest: it is an attosecond.", "en"),
    ],
)
def test_but_where_the_sentence_says_just_that(claim: str, sentence: str, language: str):
    assert not is_vacuous(claim, language, sentence)
    assert not faults(claim, language, sentence, language)


@pytest.mark.parametrize(
    "claim",
    [
        ATTOSECOND,
        "Une attoseconde vaut un milliardième de seconde.",
        "Elle vaut un milliardième de milliardième de seconde.",
        "Cette attoseconde est brève.",
    ],
)
def test_a_claim_with_more_to_it_is_none(claim: str):
    assert not is_vacuous(claim, "fr", ATTOSECOND)
