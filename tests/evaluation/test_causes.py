"""One cause for each question that went wrong, and none for the others."""

from collections import Counter
from dataclasses import replace

import pytest
from cases import (
    ARTICLES,
    abstained,
    answered,
    best_first,
    cited,
    gold,
    many,
    question,
    ranked,
    unanswerable,
    whole,
)

from assistant.evaluation.causes import CAUSES, FOUND
from assistant.evaluation.score import score

ASKED = question(gold(4), gold(9, "b"), answers=("14 000",))
FOUND_ALL = best_first(ranked(4), ranked(9, "b"))
FOUND_ARTICLES = best_first(ranked(5), ranked(8, "b"))
TOO_DEEP = best_first(*(ranked(n, "c") for n in range(FOUND)), *FOUND_ALL)


def cause(resolved, outcome, passages=FOUND_ALL, sentences=FOUND_ALL, articles=ARTICLES):
    return score(resolved, replace(outcome, passages=passages, sentences=sentences), articles).cause


CASES = {
    "error": (ASKED, abstained(error="timed out"), {}),
    "not_indexed": (ASKED, answered(cited(5)), {"articles": {"a": ARTICLES["a"]}, "sentences": FOUND_ARTICLES}),
    "article_not_found": (ASKED, answered(cited(4)), {"passages": best_first(ranked(4)), "sentences": ()}),
    "sentence_not_found": (ASKED, abstained(cited(5)), {"sentences": TOO_DEEP}),
    "false_abstention": (ASKED, abstained(cited(4), cited(3)), {}),
    "found_not_cited": (ASKED, answered(cited(5)), {}),
    "incomplete": (ASKED, answered(cited(9, "b")), {}),
    "distractor_hit": (unanswerable(plausible=("14 000",)), answered(cited(3)), {}),
    "over_cited": (ASKED, answered(cited(4), cited(9, "b"), cited(1, "c"), cited(3)), {}),
    "answer_absent": (ASKED, answered(cited(4), cited(9, "b")), {}),
    "answered_unanswerable": (unanswerable(plausible=("14 000",)), answered(cited(4)), {}),
}


def test_every_cause_has_a_case():
    assert tuple(CASES) == CAUSES


@pytest.mark.parametrize("name", CASES)
def test_a_cause(name):
    resolved, outcome, found = CASES[name]
    assert cause(resolved, outcome, **found) == name


@pytest.mark.parametrize(
    ("resolved", "outcome"),
    [
        (ASKED, answered(cited(3))),
        (question(gold(4)), answered(cited(5), cited(6), cited(4))),
        (unanswerable(), abstained(cited(4))),
        (question(), answered(cited(4))),
    ],
    ids=["answered", "right among others", "declined", "nothing to judge by"],
)
def test_what_is_not_wrong_has_no_cause(resolved, outcome):
    assert cause(resolved, outcome, passages=(), sentences=()) is None


def test_evidence_cited_from_beyond_the_first_twenty_was_found():
    outcome = answered(cited(4), cited(9, "b"))
    assert cause(ASKED, outcome, passages=TOO_DEEP, sentences=TOO_DEEP) == "answer_absent"


def test_a_sentence_found_is_an_article_found():
    assert cause(ASKED, answered(cited(5)), passages=(), sentences=FOUND_ALL) == "found_not_cited"


def test_an_error_is_no_fault_of_the_search():
    assert cause(unanswerable(), abstained(error="timed out"), passages=(), sentences=()) == "error"


def test_something_forbidden_beside_the_evidence():
    resolved = question(gold(4), answers=("phr 04",), forbidden=("14 000",))
    assert cause(resolved, answered(cited(4), cited(3))) == "distractor_hit"


def test_an_article_named_as_a_whole():
    resolved = question(whole("b"), answers=("14 000",))
    assert cause(resolved, answered(cited(5)), sentences=()) == "found_not_cited"
    assert cause(resolved, answered(cited(5, "b")), sentences=()) == "found_not_cited"
    assert cause(resolved, abstained(), sentences=()) == "false_abstention"
    assert cause(resolved, abstained(), passages=(), sentences=()) == "article_not_found"


def test_without_evidence_only_the_answer_can_be_blamed():
    resolved = question(answers=("14 000",))
    assert cause(resolved, answered(cited(4)), passages=(), sentences=()) == "answer_absent"
    assert cause(resolved, abstained(), passages=(), sentences=()) == "false_abstention"


def test_an_alternative_that_is_indexed_is_enough():
    resolved = question([gold(4), gold(9, "b")], answers=("14 000",))
    articles = {"a": ARTICLES["a"]}
    assert cause(resolved, answered(cited(5)), sentences=FOUND_ARTICLES, articles=articles) == "sentence_not_found"
    assert cause(resolved, answered(cited(5)), articles=None, passages=(), sentences=()) == "article_not_found"


def test_the_causes_and_the_right_answers_add_up():
    results = many(300, seed=4)
    lost = Counter(one.cause for one in results if one.cause)
    assert set(lost) <= set(CAUSES)
    assert len(lost) >= 4
    assert sum(lost.values()) + sum(one.measures["right"] == 1 for one in results) == len(results)
    assert all((one.cause is None) == (one.measures["right"] == 1) for one in results)
