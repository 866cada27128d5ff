import os
import subprocess
import sys

import pytest

from assistant.errors import UsageError
from assistant.evaluation.types import ReferenceQuestion
from assistant.evaluation.variants import TYPO_EVERY, VARIANTS, variants

QUESTION = ReferenceQuestion(
    "D’où l'Œuvre d’Hervé vient-elle, d'après le n° 14\u202f000 ?", "q1", language="fr", answers=("Évian",), tags=("a",)
)


def vary(text: str, name: str, language: str | None = "fr", seed: int = 0, question_id: str = "q1") -> str | None:
    """The text of the variant, None where it is left out."""
    made = variants(ReferenceQuestion(text, question_id, language=language), [name], seed)
    return made[0].question if made else None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no_accents", "D’ou l'OEuvre d’Herve vient-elle, d'apres le n° 14\u202f000 ?"),
        ("lower", "d’où l'œuvre d’hervé vient-elle, d'après le n° 14\u202f000 ?"),
        ("upper", "D’OÙ L'ŒUVRE D’HERVÉ VIENT-ELLE, D'APRÈS LE N° 14\u202f000 ?"),
        ("straight_apostrophes", "D'où l'Œuvre d'Hervé vient-elle, d'après le n° 14\u202f000 ?"),
        ("curly_apostrophes", "D’où l’Œuvre d’Hervé vient-elle, d’après le n° 14\u202f000 ?"),
        ("no_apostrophes", "Doù lŒuvre dHervé vient-elle, daprès le n° 14\u202f000 ?"),
        ("no_question_mark", "D’où l'Œuvre d’Hervé vient-elle, d'après le n° 14\u202f000"),
        ("keywords", "Œuvre Hervé vient-elle après 14 000"),
        (
            "polite",
            "Bonjour, pourriez-vous me dire\u00a0: D’où l'Œuvre d’Hervé vient-elle, d'après le n° 14\u202f000 ?",
        ),
    ],
)
def test_a_variant_is_the_question_as_others_type_it(name: str, text: str) -> None:
    assert vary(QUESTION.question, name) == text


@pytest.mark.parametrize(
    ("name", "language", "text", "varied"),
    [
        ("no_question_mark", "es", "¿Quién? ¿Cuándo?", "Quién Cuándo"),
        ("no_question_mark", "zh", "首都是哪里？", "首都是哪里"),
        ("no_accents", "ja", "東京ガス", None),
        ("no_accents", "en", "Who?", None),
        ("lower", "en", "who?", None),
        ("typos", "zh", "首都是哪里", None),
        ("keywords", "fr", "Qui est-ce ?", None),
        ("keywords", "fr", "Qu’a-t-il dit aujourd’hui à Jean-Yves Le Drian ?", "dit Jean-Yves Drian"),
        (
            "keywords",
            "en",
            "How many points did the Panthers' defense surrender?",
            "many points Panthers defense surrender",
        ),
        ("polite", "en", "Who?", "Hello, could you tell me: Who?"),
        ("keywords", "xx", "Kie estas la urbo?", None),
        ("polite", "de", "Wer?", None),
    ],
)
def test_variants_heed_the_language(name: str, language: str, text: str, varied: str | None) -> None:
    assert vary(text, name, language) == varied


def test_the_language_is_told_from_the_question_where_nobody_said_it() -> None:
    question = "Combien de combattants étrangers ont été identifiés par Interpol ?"
    assert vary(question, "polite", None) == f"Bonjour, pourriez-vous me dire\u00a0: {question}"


def test_a_variant_keeps_all_but_the_wording() -> None:
    (lower,) = variants(QUESTION, ["lower"], 0)
    assert (lower.id, lower.variant_of) == ("q1~lower", "q1")
    assert (lower.answers, lower.tags, lower.language) == (QUESTION.answers, QUESTION.tags, "fr")


def test_variants_come_in_the_order_asked_for() -> None:
    assert [variant.id for variant in variants(QUESTION, ["upper", "typos"], 0)] == ["q1~upper", "q1~typos"]
    assert len(variants(QUESTION, list(VARIANTS), 0)) == len(VARIANTS)


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'reversed'.*no_accents"):
        variants(QUESTION, ["lower", "reversed"], 0)


# --- Typing errors ------------------------------------------------------------------------------------

LONG = "Combien de combattants la France a-t-elle perdus en Syrie et en Irak depuis 2014 ?"


@pytest.mark.parametrize(("text", "errors"), [(LONG, len(LONG) // TYPO_EVERY), ("Qui ?", 1), ("a" * 24, 2)])
def test_one_letter_in_twelve_is_wrong(text: str, errors: int) -> None:
    typed = vary(text, "typos")
    assert typed is not None
    assert len(typed) == len(text)
    wrong = [(right, was) for right, was in zip(text, typed, strict=True) if right != was]
    assert len(wrong) == errors
    assert all(right.isalpha() and right.isupper() == was.isupper() for right, was in wrong)


@pytest.mark.parametrize(
    ("language", "letter", "beside"),
    [
        ("fr", "a", "zq"),
        ("fr", "G", "FHTYVB"),
        ("fr", "m", "lp"),
        ("fr", "w", "qsx"),
        ("en", "a", "qwsz"),
        ("en", "g", "fhtyvb"),
        ("en", "m", "njk"),
        ("es", "p", "ol"),
    ],
)
def test_the_wrong_letter_is_beside_the_right_one(language: str, letter: str, beside: str) -> None:
    assert {vary(letter, "typos", language, seed) for seed in range(100)} == set(beside)


def test_typing_errors_depend_on_the_seed_and_the_question_alone() -> None:
    typed = vary(LONG, "typos")
    assert typed == vary(LONG, "typos")
    assert typed != vary(LONG, "typos", seed=1)
    assert typed != vary(LONG, "typos", question_id="q2")


def test_variants_are_the_same_in_every_process() -> None:
    code = (
        "from assistant.evaluation.types import ReferenceQuestion as Q\n"
        "from assistant.evaluation.variants import VARIANTS, variants\n"
        f"print([ascii(v.question) for v in variants(Q({LONG!r}, 'q1', language='fr'), list(VARIANTS), 7)])"
    )
    here = str([ascii(v.question) for v in variants(ReferenceQuestion(LONG, "q1", language="fr"), list(VARIANTS), 7)])
    for seed in ("1", "2"):
        process = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert process.stdout.decode().strip() == here
