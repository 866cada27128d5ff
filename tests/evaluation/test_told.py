"""What answers tell besides their sentences: measured where the file says what would be right, counted elsewhere."""

from datetime import date

import pytest
from cases import abstained, answered, cited, gold, question, scored, unanswerable

from assistant.citations import state
from assistant.evaluation.run import outcome_of, rankings_only
from assistant.evaluation.types import Told
from assistant.types import Answer, Article, Citation, Disagreement, Sentence, Speaker, TimeExpression, Trace

ANSWERS = ("14 000", "quatorze mille")
HELD, OTHER = cited(3), cited(4)


def measures(*citations, told, resolved=None, **given):
    asked = resolved or question(gold(3), answers=ANSWERS)
    return scored(asked, answered(*citations, told=told, **given)).measures


@pytest.mark.parametrize(
    ("told", "right", "marked"),
    [
        ((Told("14\u2009000 m"), Told()), 1, 1),
        ((Told("14000"), Told("phr")), 1, 1),  # what is marked in another sentence counts nothing
        ((Told("m"), Told()), 0, 1),
        ((Told(), Told("phr 04")), None, 0),
        ((), None, None),  # a run of an earlier version
    ],
)
def test_marked_words_are_right_where_they_are_of_the_answer(told, right, marked):
    found = measures(HELD, OTHER, told=told)
    assert (found["answering_right"], found["answering_marked"]) == (right, marked)


def test_of_several_sentences_each_counts():
    found = measures(HELD, HELD, HELD, told=(Told("14 000"), Told("m"), Told()))
    assert found["answering_right"] == 1 / 2
    assert found["answering_marked"] == 2 / 3


def test_facts_are_answers_and_without_any_nothing_is_measured():
    facts = question(gold(3), facts=(("14 000",), ("phr 04",)))
    assert measures(HELD, OTHER, told=(Told("14 000"), Told("m")), resolved=facts)["answering_right"] == 1 / 2
    for resolved in (question(gold(3)), unanswerable()):
        found = measures(HELD, told=(Told("14 000"),), resolved=resolved)
        assert found["answering_right"] is found["answering_marked"] is None


def test_a_disagreement_is_counted_over_answers():
    asked = question(gold(3), answers=ANSWERS)
    assert measures(HELD, told=(Told(),), disagreement="number")["disagreement_told"] == 1
    assert measures(HELD, told=(Told(),))["disagreement_told"] == 0
    assert scored(asked, abstained(HELD)).measures["disagreement_told"] is None


def test_only_questions_without_earlier_ones_count_as_changed():
    alone, follow_up = question(gold(3), answers=ANSWERS), question(gold(3), answers=ANSWERS, history=("Et avant ?",))
    assert scored(alone, answered(HELD, understood_as="Autrement ?")).measures["alone_changed"] == 1
    assert scored(alone, answered(HELD)).measures["alone_changed"] == 0
    assert scored(follow_up, answered(HELD, understood_as="Autrement ?")).measures["alone_changed"] is None


TEXT = "« 14\u2009000 sont partis mardi », a dit M. Mattis."


def trace():
    day = date(2017, 5, 9)
    article = Article("a", TEXT, published=day, language="fr")
    citation = Citation(
        1,
        Sentence(article, 0, len(TEXT), 1, 0),
        speaker=Speaker("Jim Mattis"),
        times=(TimeExpression(TEXT.index("mardi"), TEXT.index("mardi") + 5, day, day, relative=True),),
        answering=(2, 8),
        copies=(Article("b", TEXT), Article("c", TEXT)),
    )
    answer = Answer(
        "Combien ?", "fr", state([citation]), 0.9, (), (), shape="number", disagreement=Disagreement("number", (1,))
    )
    return Trace(answer, 0.5, (), ())


def test_what_an_answer_tells_is_kept():
    outcome = outcome_of("q", trace())
    assert outcome.shape == "number"
    assert outcome.told == (Told("14\u2009000", "Jim Mattis", times=1, copies=2),)
    assert outcome.disagreement == "number"


def test_rankings_alone_tell_nothing_of_it():
    kept = rankings_only(scored(question(gold(3)), outcome_of("q", trace()))).outcome
    assert (kept.told, kept.disagreement, kept.citations) == ((), None, ())
