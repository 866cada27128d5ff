"""All measures of one question: what is right, in which language, and what there is nothing to say about."""

from dataclasses import replace

import pytest
from cases import abstained, answered, best_first, cited, gold, question, ranked, scored, unanswerable, whole

from assistant.evaluation.figures import DIRECTIONS, figures
from assistant.evaluation.score import score
from assistant.evaluation.types import CitedSpan, ReferenceQuestion, ResolvedQuestion, Told
from assistant.types import Article

ANSWERED = ("14 000", "quatorze mille")
TWO_FACTS = (("14 000",), ("phr 04",))

#: Question and outcome → right, right if answered.
CASES = {
    "the answer is said": (question(gold(4), answers=ANSWERED), answered(cited(3)), (1, 1)),
    "another thing is said": (question(gold(4), answers=ANSWERED), answered(cited(4)), (0, 0)),
    "the answer is nearest": (question(gold(4), answers=ANSWERED), abstained(cited(3)), (0, 1)),
    "nothing is nearest": (question(gold(4), answers=ANSWERED), abstained(), (0, 0)),
    "every fact is said": (question(gold(4), facts=TWO_FACTS), answered(cited(3), cited(4)), (1, 1)),
    "a fact is missing": (question(gold(4), facts=TWO_FACTS), answered(cited(3)), (0, 0)),
    "evidence is cited": (question(gold(4), gold(9)), answered(cited(5), cited(4)), (1, 1)),
    "no evidence is cited": (question(gold(4), gold(9)), answered(cited(5)), (0, 0)),
    "the article is cited": (question(whole("b")), answered(cited(5), cited(9, "b")), (1, 1)),
    "another article is cited": (question(whole("b")), answered(cited(5)), (0, 0)),
    "something forbidden is said too": (
        question(gold(4), answers=("phr 04",), forbidden=("14 000",)),
        answered(cited(4), cited(3)),
        (0, 0),
    ),
    "nothing says what is right": (question(), answered(cited(5)), (None, None)),
    "nothing says what is right, and nothing is said": (question(), abstained(cited(5)), (0, None)),
    "there is no answer and none is given": (unanswerable(), abstained(cited(5)), (1, 0)),
    "there is no answer and one is given": (unanswerable(), answered(cited(5)), (0, 0)),
    "an error": (question(gold(4), answers=ANSWERED), abstained(cited(3), error="timed out"), (0, 0)),
    "an error instead of an abstention": (unanswerable(), abstained(error="timed out"), (0, 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_right(case):
    resolved, outcome, expected = CASES[case]
    measures = scored(resolved, outcome).measures
    assert (measures["right"], measures["right_if_answered"]) == expected


def test_every_question_has_every_measure():
    names = {frozenset(scored(resolved, outcome).measures) for resolved, outcome, _ in CASES.values()}
    assert len(names) == 1
    assert set(DIRECTIONS) - names.pop() == {
        "abstain_f1", "balanced_accuracy", "aurc", "e_aurc", "coverage@risk5", "coverage@risk10", "ece",
        "accuracy@coverage50", "accuracy@coverage80", "auroc_answerable", "ap_answerable", "auroc_right", "ap_right",
    }  # fmt: skip


def test_what_was_hidden_to_make_a_question_unanswerable_is_not_missed():
    hidden = ResolvedQuestion(ReferenceQuestion("q", "q", answerable=False), ((gold(4),),))
    measures = scored(hidden, abstained(cited(5))).measures
    assert measures["sentence_recall@1"] is measures["citation_f1"] is None
    assert measures["rejection_rate_u"] == 1.0
    assert scored(hidden, abstained()).cluster == "a"


def test_the_answer_counts_within_three_statements():
    resolved = question(gold(4), answers=ANSWERED)
    filler = [cited(n, "b") for n in range(3)]
    assert scored(resolved, answered(*filler[:2], cited(3))).measures["right"] == 1
    assert scored(resolved, answered(*filler, cited(3))).measures["right"] == 0


def test_answers_are_compared_in_the_language_of_the_question_or_else_of_the_evidence():
    text = "Le bilan est de 1.500 morts."
    resolved = ResolvedQuestion(ReferenceQuestion("q", "q", answers=("1 500",)), ((gold(0, "f"),),))
    outcome = answered(CitedSpan("f", 0, len(text), text))

    def right(question_language, article_language):
        asked = replace(resolved, question=replace(resolved.question, language=question_language))
        return score(asked, outcome, {"f": Article("f", text, language=article_language)}).measures["right"]

    assert (right("fr", "en"), right(None, "fr")) == (1, 1)
    assert (right("en", "fr"), right(None, "en")) == (0, 0)


def test_a_perfect_answer_is_perfect_in_everything():
    ranking = best_first(ranked(4), ranked(9, "b"))
    asked = question(
        gold(4), answers=("a phr 04",), facts=(("phr 04",),), forbidden=("14 000",), reference="a phr 04 ."
    )
    told = {"highlight": "a phr 04", "told": (Told("a phr 04"),)}
    outcome = answered(cited(4), confidence=1.0, passages=ranking, sentences=ranking, **told)
    declined = unanswerable(plausible=("14 000",))
    found = figures([scored(asked, outcome), scored(declined, abstained(confidence=0.0, id="u"))])
    lower = {name: figure.value for name, figure in found.items() if DIRECTIONS[name] < 0}
    assert lower == dict.fromkeys(lower, 0.0) | {"cited_sentences": 1.0, "cited_words": 3.0, "aurc": 0.25}
    higher = {name: figure.value for name, figure in found.items() if DIRECTIONS[name] > 0}
    half = (
        "crag_raw",
        "coverage@risk5",
        "coverage@risk10",
        "accuracy@coverage80",
    )  # half of the questions have answers
    assert higher == pytest.approx(dict.fromkeys(higher, 1.0) | dict.fromkeys(half, 0.5))
