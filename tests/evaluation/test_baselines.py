"""Answers to compare with, from the sample corpus."""

import pytest

from assistant.evaluation.baselines import bm25, leave_gold_out, left_out, oracle
from assistant.evaluation.resolve import resolve
from assistant.evaluation.run import corpus_behind
from assistant.evaluation.types import Evidence, ReferenceQuestion

ARTICLE = "2017-05-09-raqa-coalition-copenhague"
QUESTION = "Combien de combattants étrangers Interpol a-t-il recensés ?"


@pytest.fixture(scope="module")
def question(sample_engine):
    asked = ReferenceQuestion(
        QUESTION,
        "raqa",
        answers=("14 000",),
        evidence=((Evidence(ARTICLE, "Interpol en a recensé 14 000"),),),
    )
    (resolved,) = resolve([asked], corpus_behind(sample_engine))
    assert not resolved.invalid
    return resolved


def articles_of(trace):
    return {hit.passage.article.id for hit in trace.passages}


def test_words_alone_rank_passages_and_cite_the_sentence_that_shares_most(sample_engine, question):
    trace = bm25(sample_engine)(question)
    scores = [hit.score for hit in trace.passages]
    assert scores == sorted(scores, reverse=True)
    assert trace.passages[0].passage.article.id == ARTICLE
    (citation,) = trace.answer.citations
    assert "Interpol" in citation.sentence.text
    assert trace.answer.statements[0].text == citation.sentence.text
    assert 0 < trace.answer.confidence <= 1
    assert trace.answer.confidence == trace.sentences[0].score
    assert len(trace.passages) <= 100 and len(trace.sentences) <= 100


def test_words_alone_take_no_account_of_meaning(sample_engine, question):
    nothing = ReferenceQuestion("xylophages zinzinulants ?", "x")
    trace = bm25(sample_engine)(resolve([nothing], corpus_behind(sample_engine))[0])
    assert trace.answer.abstained
    assert (trace.answer.confidence, trace.passages, trace.sentences) == (0.0, (), ())


def test_with_perfect_retrieval_only_the_gold_articles_are_searched(sample_engine, question):
    assert articles_of(oracle(sample_engine)(question)) == {ARTICLE}


def test_an_unanswerable_question_is_asked_as_it_stands(sample_engine):
    (truffles,) = resolve(
        [ReferenceQuestion("Quel est le prix des truffes ?", "t", answerable=False)], corpus_behind(sample_engine)
    )
    assert len(articles_of(oracle(sample_engine)(truffles))) > 1


def test_with_the_evidence_hidden_nothing_answers(sample_engine, question):
    twin = left_out(question)
    assert twin.question.id == "raqa~left_out"
    assert not twin.question.answerable
    assert twin.question.answers == ()
    trace = leave_gold_out(sample_engine)(twin)
    assert ARTICLE not in articles_of(trace)
    assert ARTICLE not in {one.sentence.article.id for one in trace.sentences}
    assert trace.answer.confidence < oracle(sample_engine)(question).answer.confidence
