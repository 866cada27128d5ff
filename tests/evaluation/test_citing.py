"""Measures of citations, by hand."""

from dataclasses import replace

import pytest
from cases import ARTICLES, abstained, answered, cited, gold, question, unanswerable, whole
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.citing import MEASURES, SPAN_WORDS, citation_measures
from assistant.evaluation.types import CitedSpan, GoldSpan, Outcome
from assistant.types import Article

OF_EVIDENCE = {
    "citation_precision",
    "citation_recall",
    "citation_f1",
    "citation_precision_lenient",
    "first_citation_hit",
    "span_char_f1",
    "span_word_f1",
}


def measured(resolved, outcome, articles=ARTICLES):
    return citation_measures(resolved, outcome, "fr", articles)


# --- Against the evidence ----------------------------------------------------------------------------


def test_one_right_sentence_of_three_and_one_group_of_two():
    found = measured(question(gold(4), gold(8)), answered(cited(3), cited(4), cited(5, "b")))
    assert found["citation_precision"] == pytest.approx(1 / 3)
    assert found["citation_recall"] == 0.5
    assert found["citation_f1"] == pytest.approx(0.4)
    assert found["first_citation_hit"] == 0.0
    assert found["citation_article_precision"] == pytest.approx(2 / 3)
    assert found["citation_article_recall"] == 1.0
    assert [found[f"{name}_answered"] for name in ("citation_precision", "citation_recall", "citation_f1")] == [
        found[name] for name in ("citation_precision", "citation_recall", "citation_f1")
    ]


def test_an_alternative_is_as_good_and_both_are_not_better():
    resolved = question([gold(4), gold(4, "b")])
    for citations in ((cited(4),), (cited(4, "b"),), (cited(4), cited(4, "b"))):
        found = measured(resolved, answered(*citations))
        assert {found[name] for name in OF_EVIDENCE} == {1.0}


def test_abstaining_is_zero_overall_and_nothing_among_answers():
    found = measured(question(gold(4)), abstained(cited(4)))
    assert {found[name] for name in OF_EVIDENCE} == {0.0}
    assert found["citation_f1_answered"] is None
    assert found["verbatim_validity"] is found["grounded_chars"] is found["cited_sentences"] is None


def test_an_answer_without_citations_cites_nothing_right():
    found = measured(question(gold(4)), Outcome("q", abstained=False, shown="Tiens."))
    assert found["citation_precision"] == found["citation_f1_answered"] == found["grounded_chars"] == 0.0
    assert found["verbatim_validity"] is None
    assert found["cited_sentences"] == 0.0


def test_an_unanswerable_question_has_no_right_citations():
    found = measured(unanswerable(), answered(cited(4)))
    assert {found[name] for name in (*OF_EVIDENCE, "citation_article_precision", "citation_f1_answered")} == {None}
    assert found["cited_sentences"] == 1.0


def test_of_an_article_named_as_a_whole_only_the_article_is_judged():
    found = measured(question(whole("a")), answered(cited(4), cited(5, "b")))
    assert {found[name] for name in OF_EVIDENCE} == {None}
    assert (found["citation_article_precision"], found["citation_article_recall"]) == (0.5, 1.0)


@pytest.mark.parametrize(("answer", "right"), [("14 000", 1.0), ("14000", 1.0), ("4 000", 0.0)])
def test_a_sentence_of_the_article_that_says_the_answer_is_right_leniently(answer, right):
    resolved = question(gold(4), answers=(answer,))
    found = measured(resolved, answered(cited(3)))
    assert found["citation_precision"] == 0.0
    assert found["citation_precision_lenient"] == right


def test_another_article_that_says_the_answer_is_not_right_leniently():
    found = measured(question(gold(4, "b"), answers=("14 000",)), answered(cited(3, "a")))
    assert found["citation_precision_lenient"] == 0.0


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), max_size=5), st.integers(6, 9))
def test_a_wrong_citation_never_raises_precision_nor_lowers_recall(places, wrong):
    resolved = question(gold(2), [gold(4), gold(5, "b")])
    citations = [cited(*place) for place in places]
    before, after = (measured(resolved, answered(*shown)) for shown in (citations, [*citations, cited(wrong, "c")]))
    for name in ("citation_precision", "citation_precision_lenient", "citation_article_precision", "span_char_f1"):
        assert after[name] <= before[name]
    assert after["citation_recall"] == before["citation_recall"]


def test_citing_a_sentence_twice_earns_nothing():
    found = measured(question(gold(4)), answered(cited(4), cited(4), cited(5)))
    assert found["citation_precision"] == 0.5
    assert found["cited_sentences"] == 2.0


# --- Characters and words ----------------------------------------------------------------------------


def test_overlap_by_characters_and_by_words():
    # "a phr 04 ." is cited; of the evidence, "04 .a phr" from 46 on, four characters and one word are in it.
    found = measured(question(GoldSpan("a", 46, 55)), answered(cited(4)))
    assert found["span_char_f1"] == pytest.approx(2 * 4 / (10 + 9))
    assert [found[name] for name in SPAN_WORDS] == [1.0, 3.0, 3.0]
    assert found["span_word_f1"] == pytest.approx(2 * 1 / (3 + 3))


def test_what_is_quoted_of_other_alternatives_does_not_count():
    found = measured(question([GoldSpan("a", 40, 50), GoldSpan("a", 55, 80)]), answered(cited(4), cited(5)))
    # All of the first, and five characters of the second alternative, which count neither for nor against.
    assert found["span_char_f1"] == pytest.approx(2 * 10 / (15 + 10))


def test_overlapping_evidence_counts_once():
    found = measured(question(GoldSpan("a", 40, 48), GoldSpan("a", 42, 50)), answered(cited(4)))
    assert found["span_char_f1"] == 1.0


def test_french_words_are_cut_at_apostrophes():
    text = "L’armée d'aujourd’hui a 14\u2009000 hommes."
    articles = {"f": Article("f", text)}
    outcome = answered(CitedSpan("f", 0, len(text), text))
    found = measured(question(GoldSpan("f", 0, len(text))), outcome, articles)
    assert found["cited_words"] == found["span_words_gold"] == 9.0  # L armée d aujourd hui a 14 000 hommes


def test_a_script_without_spaces_is_counted_by_the_character():
    articles = {"z": Article("z", "国际刑警组织 2017")}
    found = measured(question(GoldSpan("z", 0, 2)), answered(CitedSpan("z", 0, 6, "国际刑警组织")), articles)
    assert [found[name] for name in SPAN_WORDS] == [2.0, 6.0, 2.0]


def test_words_of_unknown_articles_are_not_counted():
    found = measured(question(gold(4)), answered(cited(4)), None)
    assert found["span_char_f1"] == 1.0
    assert found["span_word_f1"] is found["span_words_gold"] is None


# --- Against the articles ----------------------------------------------------------------------------


def test_a_word_changed_is_not_verbatim():
    altered = replace(cited(4), shown="a phr 05 .")
    found = measured(question(gold(4)), answered(cited(4), altered))
    assert found["verbatim_validity"] == 0.5


@pytest.mark.parametrize("place", [("a", 41, 51), ("zz", 40, 50), ("a", 900, 910)])
def test_another_place_is_not_verbatim(place):
    shown = CitedSpan(*place, cited(4).shown)
    assert measured(question(gold(4)), answered(shown))["verbatim_validity"] == 0.0


def test_a_letter_and_its_accent_apart_are_the_same_text():
    articles = {"e": Article("e", "un e\u0301te\u0301.")}
    outcome = Outcome("q", False, citations=(CitedSpan("e", 3, 9, "été."),), shown="e\u0301te\u0301.")
    found = measured(unanswerable(), outcome, articles)
    assert found["verbatim_validity"] == found["grounded_chars"] == 1.0


def test_without_articles_nothing_is_said_about_being_verbatim():
    assert measured(question(gold(4)), answered(cited(4)), None)["verbatim_validity"] is None


def test_words_around_a_quotation_are_not_grounded():
    outcome = replace(answered(cited(4)), shown="Selon l’AFP : a phr 04 .")
    assert measured(question(gold(4)), outcome)["grounded_chars"] == pytest.approx(7 / 18)


def test_every_measure_is_there_for_every_question():
    for resolved in (question(gold(4)), question(whole()), unanswerable()):
        for outcome in (answered(cited(4)), abstained()):
            assert set(measured(resolved, outcome)) == {*MEASURES, *SPAN_WORDS}
