from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.answers import MEASURES, answer_measures, contains_answer, rouge_l
from assistant.evaluation.types import ReferenceQuestion

INTERPOL = "Interpol a identifié 14\u2009000 de ces combattants étrangers."
COALITION = "Selon Florence Parly, «\u00a0l’étau se resserre\u00a0» autour de Raqa."


def measures(
    shown: Sequence[str], highlight: str | None = None, language: str = "fr", **of_question: Any
) -> dict[str, float | None]:
    question = ReferenceQuestion("Combien de combattants ?", "raqa-1", **of_question)
    return answer_measures(question, shown, highlight, language)


# --- Containment --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "answer", "language", "contained"),
    [
        (INTERPOL, "14 000", "fr", True),
        (INTERPOL, "14.000 combattants", "fr", False),  # "de ces" stands between
        (INTERPOL, "les 14 000", "fr", True),
        (INTERPOL, "14", "fr", False),
        (INTERPOL, "000", "fr", False),
        (COALITION, "L'étau se resserre", "fr", True),
        (COALITION, "tau", "fr", False),
        (COALITION, "l'etau", "fr", False),
        ("Il y en a 15.", "5", "fr", False),
        ("soit 3,5 %", "5", "fr", False),
        ("soit 3,5 %", "3.5", "fr", True),
        ("Le journal Le Un est paru", "Le Un", "fr", True),
        ("Le journal est paru", "Le Un", "fr", False),
        ("Obama's speech", "Obama", "en", True),
        ("东京是日本的首都", "日本", "zh", True),
        ("anything", "…", "en", False),
        ("", "", "en", False),
    ],
)
def test_an_answer_is_a_run_of_whole_tokens(text: str, answer: str, language: str, contained: bool) -> None:
    assert contains_answer(text, [answer], language) is contained
    assert contains_answer(text, ["introuvable", answer], language) is contained


def test_no_answer_is_contained_where_there_is_none() -> None:
    assert not contains_answer(INTERPOL, [], "fr")


WORDS = st.lists(
    st.sampled_from(["Raqa", "l’étau", "d'un", "la", "Œuvre", "aujourd’hui", "«\u00a0x\u00a0»"]), max_size=5
)


@given(WORDS, WORDS.filter(bool), WORDS)
def test_a_quoted_answer_is_contained(before: list[str], answer: list[str], after: list[str]) -> None:
    assert contains_answer(" ".join(before + answer + after), [" ".join(answer)], "fr")


def test_containment_is_measured_overall_and_in_the_first_statement() -> None:
    scores = measures([COALITION, INTERPOL], answers=("quatorze", "14 000"))
    assert scores["answer_containment"] == 1
    assert scores["first_containment"] == 0
    assert measures([INTERPOL, COALITION], answers=("14 000",))["first_containment"] == 1


def test_accents_count_except_in_the_folded_figure() -> None:
    scores = measures([COALITION], answers=("l'etau",))
    assert (scores["answer_containment"], scores["answer_containment_folded"]) == (0, 1)


def test_only_the_first_three_statements_count() -> None:
    assert measures(["a", "b", INTERPOL], answers=("14 000",))["answer_containment"] == 1
    assert measures(["a", "b", "c", INTERPOL], answers=("14 000",))["answer_containment"] == 0


@pytest.mark.parametrize(
    ("before", "contained"),
    [
        (394, 1),  # "Raqa" ends with character 399, and a full stop is the 400th
        (395, 1),  # ends with the 400th
        (396, 0),
    ],
)
def test_only_the_first_400_characters_count(before: int, contained: float) -> None:
    shown = ["x" * before + " Raqa.", "Raqa"]
    assert measures(shown, answers=("Raqa",))["answer_containment"] == contained


def test_half_a_word_is_no_word() -> None:
    assert measures(["x" * 395 + " Raqah"], answers=("Raqa",))["answer_containment"] == 0
    assert measures(["京" * 500], answers=("京" * 400,), language="zh")["answer_containment"] == 1


def test_facts_are_all_needed() -> None:
    facts = (("14 000", "quatorze mille"), ("Florence Parly",), ("Danemark",))
    scores = measures([INTERPOL, COALITION], facts=facts, answers=("inconnu",))
    assert scores["answer_containment"] == scores["facts_recall"] == pytest.approx(2 / 3)
    assert scores["first_containment"] == pytest.approx(1 / 3)
    assert scores["all_facts"] == 0
    assert measures([INTERPOL, COALITION], facts=facts[:2])["all_facts"] == 1


def test_what_is_forbidden_may_stand_nowhere() -> None:
    assert measures([INTERPOL], forbidden=("15 000",))["forbidden_hit"] == 0
    assert measures(["a", "b", "c", "d " * 300, INTERPOL], forbidden=("15 000", "14 000"))["forbidden_hit"] == 1
    assert measures([INTERPOL], forbidden=("14 000",), answerable=False)["forbidden_hit"] == 1


# --- Tokens and quantities ----------------------------------------------------------------------------


def test_token_recall_is_the_share_of_the_best_answer() -> None:
    shown = ["Les soldats danois ont quitté Raqa"]
    # Of "soldats", "danois", "soldats", "syriens" two are there, since "soldats" stands there once.
    assert measures(shown, answers=("les soldats danois, les soldats syriens",))["token_recall"] == 1 / 2
    assert measures(shown, answers=("Danemark", "trois soldats danois"))["token_recall"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("answers", "shown", "matched"),
    [
        (("quatorze mille",), INTERPOL, 1),
        (("14 000 combattants",), INTERPOL, 1),
        (("15 000",), INTERPOL, 0),
        (("14 000", "15 000"), INTERPOL, 1),
        (("27/06/2017",), "Le 27 juin 2017, à Raqa.", 1),
        (("27 juin",), "Le 27 juin 2017, à Raqa.", 1),
        (("27 juin 2017",), "En juin 2017, à Raqa.", 0),
        (("de 7 000 à 12 000",), "Ils touchent 7\u202f000 euros.", 0),
        (("Raqa",), INTERPOL, None),
        (("Raqa", "14 000"), COALITION, None),  # an answer without a number would do
    ],
)
def test_quantities_match_in_any_notation(answers: tuple[str, ...], shown: str, matched: float | None) -> None:
    assert measures([shown], answers=answers)["quantity_match"] == matched


# --- Short answers ------------------------------------------------------------------------------------


def test_exact_match_and_f1_are_measured_on_a_highlight_only() -> None:
    scores = measures([INTERPOL], answers=("14 000",))
    assert [scores[name] for name in ("em", "f1", "em_squad", "f1_squad")] == [None] * 4


def test_articles_count_in_squad_but_not_in_french() -> None:
    scores = measures([COALITION], highlight="l’étau", answers=("étau",))
    assert (scores["em"], scores["f1"], scores["em_squad"], scores["f1_squad"]) == (1, 1, 0, 0)


def test_the_answer_that_suits_best_counts() -> None:
    scores = measures(["…"], "the cat sat on mat", "en", answers=("a dog", "a cat on the mat"))
    assert scores["em"] == scores["em_squad"] == 0
    assert scores["f1"] == scores["f1_squad"] == pytest.approx(6 / 7)


# --- ROUGE-L ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reference", "score"),
    [
        ("L'été à Évian", "l’été dernier à Évian", 8 / 9),  # 4 of 4 and 4 of 5
        ("police killed the gunman", "the gunman police killed", 1 / 2),  # 2 of 4 both ways
        ("été", "téléphonée", 0),
        ("Москва столица", "столица", 2 / 3),
        ("", "été", 0),
        ("", "", 0),
    ],
)
def test_rouge_l_counts_whole_tokens_in_order(text: str, reference: str, score: float) -> None:
    assert rouge_l(text, reference, "fr") == pytest.approx(score)


def test_rouge_l_needs_a_reference() -> None:
    assert measures([INTERPOL], answers=("14 000",))["rouge_l"] is None
    assert measures([INTERPOL], reference=INTERPOL)["rouge_l"] == 1


# --- What does not apply ------------------------------------------------------------------------------


def test_every_measure_is_named_and_none_applies_to_nothing() -> None:
    assert measures([INTERPOL]) == dict.fromkeys(MEASURES)


def test_an_unanswerable_question_has_no_right_answer() -> None:
    scores = measures([INTERPOL], "14 000", answerable=False, answers=("14 000",), reference="x")
    assert scores == dict.fromkeys(MEASURES)


def test_abstaining_tells_nothing() -> None:
    told = measures([], answers=("14 000",), facts=(("14 000",),), forbidden=("15 000",), reference="14 000")
    assert {name for name, score in told.items() if score is None} == {"em", "f1", "em_squad", "f1_squad"}
    assert not any(told.values())


def test_a_perfect_answer_scores_1_throughout() -> None:
    told = measures(
        [INTERPOL], "14 000", answers=("14 000",), facts=(("14 000",),), forbidden=("15",), reference=INTERPOL
    )
    assert told.pop("forbidden_hit") == 0
    assert told.pop("em_squad") == told.pop("f1_squad") == told.pop("em") == told.pop("f1") == 1
    assert set(told.values()) == {1}
