"""Measures of rankings: by hand, and as trec_eval computes them."""

import random
from math import log2

import pytest
import pytrec_eval
from cases import ARTICLES, best_first, cited, gold, question, ranked, unanswerable, whole
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.retrieval import MEASURES, article_ranking, in_order, retrieval_measures
from assistant.evaluation.types import GoldSpan, Outcome, RankedSpan


def measured(resolved, passages=(), sentences=(), **given):
    outcome = Outcome("q", passages=tuple(passages), sentences=tuple(sentences), **given)
    return retrieval_measures(resolved, outcome, ARTICLES)


# --- Order -------------------------------------------------------------------------------------------


def test_equal_scores_are_ordered_by_article_then_by_start():
    spans = [ranked(2, "b", 1.0), ranked(7, "a", 1.0), ranked(3, "a", 1.0), ranked(0, "c", 2.0)]
    assert in_order(spans) == [spans[3], spans[2], spans[1], spans[0]]


def test_articles_rank_as_their_best_passages_do():
    passages = best_first(ranked(1, "b"), ranked(2, "a"), ranked(3, "b"), ranked(4, "c"))
    assert [passage.article for passage in article_ranking(passages)] == ["b", "a", "c"]


@given(st.permutations(range(8)), st.data())
def test_the_order_of_a_ranking_is_that_of_its_scores(order, data):
    scores = data.draw(st.lists(st.integers(0, 3), min_size=8, max_size=8))
    spans = [ranked(n, "ab"[n % 2], float(score)) for n, score in enumerate(scores)]
    resolved = question(gold(3, "b"), gold(4))
    assert measured(resolved, spans, spans) == measured(resolved, [spans[n] for n in order], [spans[n] for n in order])


# --- By hand -----------------------------------------------------------------------------------------


def test_two_groups_of_which_one_is_found_second_and_the_other_sixth():
    spans = best_first(*(ranked(n, "b") for n in range(5)), ranked(9, "c"))
    found = measured(question(gold(1, "b"), gold(9, "c")), spans, spans)
    for level in ("passage", "sentence"):
        assert [found[f"{level}_recall@{k}"] for k in (1, 3, 5, 10, 20)] == [0.0, 0.5, 0.5, 1.0, 1.0]
        assert [found[f"{level}_hit@{k}"] for k in (1, 3, 5, 10, 20)] == [0.0, 1.0, 1.0, 1.0, 1.0]
        assert [found[f"{level}_all@{k}"] for k in (1, 3, 5, 10, 20)] == [0.0, 0.0, 0.0, 1.0, 1.0]
        assert found[f"{level}_mrr@10"] == 0.5
        assert found[f"{level}_ndcg@10"] == pytest.approx((1 / log2(3) + 1 / log2(7)) / (1 + 1 / log2(3)))
    assert [found[f"article_recall@{k}"] for k in (1, 3)] == [0.5, 1.0]
    assert found["article_mrr@10"] == found["article_ndcg@10"] == 1.0


def test_beyond_the_tenth_there_is_no_rank_to_speak_of():
    spans = best_first(*(ranked(n, "b") for n in range(10)), ranked(4))
    found = measured(question(gold(4)), spans, spans)
    assert found["sentence_recall@20"] == 1.0
    assert found["sentence_mrr@10"] == found["sentence_ndcg@10"] == 0.0


def test_any_alternative_will_do_and_counts_once():
    found = measured(question([gold(4), gold(5, "b")]), best_first(ranked(5, "b"), ranked(4)))
    assert found["passage_all@1"] == found["passage_ndcg@10"] == found["article_all@1"] == 1.0


def test_a_passage_that_holds_two_groups_is_ideal_alone():
    resolved = question(gold(4), gold(5))
    assert measured(resolved, best_first(ranked(4, length=2)))["passage_ndcg@10"] == 1.0
    second = measured(resolved, best_first(ranked(0, "b"), ranked(4, length=2)))
    assert second["passage_ndcg@10"] == pytest.approx(1 / log2(3))
    half = measured(resolved, best_first(ranked(4)))
    assert half["passage_ndcg@10"] == pytest.approx(1 / (1 + 1 / log2(3)))


@pytest.mark.parametrize(("start", "end", "hit"), [(0, 45, 1.0), (0, 44, 0.0), (55, 99, 0.0), (42, 48, 1.0)])
def test_a_passage_covers_half_of_the_evidence(start, end, hit):
    evidence = GoldSpan("a", 40, 50)
    assert measured(question(evidence), [RankedSpan("a", start, end, 1.0)])["passage_hit@1"] == hit


@pytest.mark.parametrize(
    ("evidence", "hit"),
    [((45, 55), 1.0), ((46, 56), 0.0), ((43, 45), 1.0), ((30, 60), 1.0), ((49, 51), 1.0), ((50, 60), 0.0)],
)
def test_a_sentence_shares_half_of_the_shorter_with_the_evidence(evidence, hit):
    assert measured(question(GoldSpan("a", *evidence)), sentences=[ranked(4)])["sentence_hit@1"] == hit


def test_the_same_place_of_another_article_is_another_place():
    found = measured(question(gold(4, "a")), [ranked(4, "b")], [ranked(4, "b")])
    assert found["article_hit@20"] == found["passage_hit@20"] == found["sentence_hit@20"] == 0.0


def test_an_article_named_as_a_whole_has_no_passage_or_sentence():
    found = measured(question(whole("a")), [ranked(4, "b"), ranked(5, "a")], [ranked(4)])
    assert found["article_mrr@10"] == 1.0
    assert {name for name, value in found.items() if value is None} == {
        name for name in MEASURES if not name.startswith("article_")
    }


def test_without_evidence_there_is_nothing_to_find():
    assert set(measured(unanswerable(), [ranked(1)], [ranked(1)]).values()) == {None}


def test_nothing_found_is_zero():
    assert set(measured(question(gold(1))).values()) == {0.0}


# --- Budgets and what is shown -----------------------------------------------------------------------


def test_what_fits_into_a_budget_of_words():
    # Fifty sentences of three words a passage, so 150 words: six fit into a thousand, thirteen into two.
    passages = best_first(*(RankedSpan(id, 0, 500, 1.0) for id in "bcdefgh"), *(ranked(0, "b", length=50),) * 5)
    early, late = question(gold(1, "g")), question(gold(1, "h"))
    assert [measured(early, passages)[f"passage_budget_recall@{n}"] for n in ("1k", "2k", "4k")] == [1.0, 1.0, 1.0]
    assert [measured(late, passages)[f"passage_budget_recall@{n}"] for n in ("1k", "2k", "4k")] == [0.0, 1.0, 1.0]


def test_words_of_unknown_articles_are_not_counted():
    outcome = Outcome("q", passages=(ranked(4),))
    assert retrieval_measures(question(gold(4)), outcome)["passage_budget_recall@1k"] is None


def test_what_is_shown_is_what_is_cited_or_else_nearest():
    resolved = question(gold(4), gold(5))
    assert measured(resolved, abstained=False, citations=(cited(4),))["shown_recall"] == 0.5
    assert measured(resolved, nearest=(cited(4), cited(5)))["shown_recall"] == 1.0
    assert measured(resolved)["shown_recall"] == 0.0


# --- As trec_eval ------------------------------------------------------------------------------------


def random_topics(n, seed):
    """Grades of the relevant articles and scores of those retrieved, none twice; an article may be in both or not."""
    draw = random.Random(seed)
    names = [f"d{number:03}" for number in range(120)]
    for number in range(n):
        relevant = draw.sample(names, draw.randint(1, 25))
        retrieved = draw.sample(names, draw.randint(1, 100))
        scores = draw.sample(range(1000), len(retrieved))
        yield (
            f"q{number}",
            {name: draw.choice([1, 1, 2, 3]) for name in relevant},
            dict(zip(retrieved, map(float, scores), strict=True)),
        )


def test_every_measure_agrees_with_trec_eval_to_eight_digits():
    topics = list(random_topics(400, seed=9))
    names = {f"recall.{k}" for k in (1, 3, 5, 10, 20)} | {f"success.{k}" for k in (1, 3, 5, 10, 20)}
    evaluator = pytrec_eval.RelevanceEvaluator({id: qrel for id, qrel, _ in topics}, names | {"ndcg_cut.10"})
    expected = evaluator.evaluate({id: run for id, _, run in topics})
    first_ten = {id: dict(sorted(run.items(), key=lambda hit: -hit[1])[:10]) for id, _, run in topics}
    reciprocal = pytrec_eval.RelevanceEvaluator({id: qrel for id, qrel, _ in topics}, {"recip_rank"})
    ranks = reciprocal.evaluate(first_ten)
    for id, qrel, run in topics:
        resolved = question(*(GoldSpan(name, 0, 10, grade=grade) for name, grade in qrel.items()))
        spans = [RankedSpan(name, 0, 10, score) for name, score in run.items()]
        found = retrieval_measures(resolved, Outcome(id, passages=tuple(spans), sentences=tuple(spans)))
        for level in ("article", "passage", "sentence"):
            for k in (1, 3, 5, 10, 20):
                assert found[f"{level}_recall@{k}"] == pytest.approx(expected[id][f"recall_{k}"], abs=1e-8)
                assert found[f"{level}_hit@{k}"] == expected[id][f"success_{k}"]
            assert found[f"{level}_ndcg@10"] == pytest.approx(expected[id]["ndcg_cut_10"], abs=1e-8)
            assert found[f"{level}_mrr@10"] == pytest.approx(ranks[id]["recip_rank"], abs=1e-8)
