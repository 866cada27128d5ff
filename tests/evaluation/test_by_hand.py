"""Every figure of five questions, computed on paper."""

from dataclasses import replace

import pytest
from cases import abstained, answered, best_first, cited, gold, question, ranked, scored, unanswerable

from assistant.evaluation.figures import DIRECTIONS, figures
from assistant.evaluation.types import Told


def five_questions():
    """Two with evidence, of which one is answered; one without; two that nothing answers, of which one is answered."""
    found = best_first(ranked(4), ranked(20, "e"), ranked(21, "e"), ranked(9, "b"))
    q1 = question(gold(4), gold(9, "b"), id="q1", answers=("14 000",), forbidden=("phr 30",))
    said = answered(cited(4), cited(3), id="q1", confidence=0.8, highlight="les 14\u2009000")
    said = replace(said, told=(Told(), Told(answering="14\u2009000 m")))
    # Seven whole articles of 150 words each are found before the right one; five sentences before the right one.
    q2 = question(gold(7), id="q2", answers=("phr 07",))
    articles = best_first(*(ranked(0, id, length=50) for id in "cdefghba"))
    sentences = best_first(*(ranked(n, "c") for n in range(5)), ranked(7))
    declined = abstained(cited(7), id="q2", confidence=0.4, passages=articles, sentences=sentences, understood_as="Q ?")
    facts = (("phr 04",), ("phŕ 04",))
    q3 = question(id="q3", facts=facts, forbidden=("14 000",), reference="a phr 04, phr 30", history=("Q ?",))
    differing = {"told": (Told(), Told(answering="m")), "disagreement": "number"}
    u1, u2 = (unanswerable(id, plausible=("phr 01",)) for id in ("u1", "u2"))
    altered = answered(replace(cited(1, "d"), shown="D PHR 01 ."), id="u2", confidence=0.6)
    return [
        scored(q1, replace(said, passages=found, sentences=found)),
        scored(q2, declined),
        scored(q3, answered(cited(4), cited(3), id="q3", confidence=0.5, **differing)),
        scored(u1, abstained(cited(1, "c"), id="u1", confidence=0.2)),
        scored(u2, replace(altered, shown="Oui\u00a0: D PHR 01 .")),
    ]


BY_HAND = {
    # q1 has its two articles at ranks 1 and 3, q2 its only one at 8.
    "article_recall@1": 1 / 4, "article_hit@1": 1 / 2, "article_all@1": 0,
    "article_recall@3": 1 / 2, "article_hit@3": 1 / 2, "article_all@3": 1 / 2,
    "article_recall@5": 1 / 2, "article_hit@5": 1 / 2, "article_all@5": 1 / 2,
    "article_recall@10": 1, "article_hit@10": 1, "article_all@10": 1,
    "article_recall@20": 1, "article_hit@20": 1, "article_all@20": 1,
    "article_mrr@10": (1 + 1 / 8) / 2,
    "article_ndcg@10": (1.5 / 1.630930 + 1 / 3.169925) / 2,  # log2(3) = 1.584963, log2(9) = 3.169925
    # Its passages at 1 and 4, and at 8.
    "passage_recall@1": 1 / 4, "passage_hit@1": 1 / 2, "passage_all@1": 0,
    "passage_recall@3": 1 / 4, "passage_hit@3": 1 / 2, "passage_all@3": 0,
    "passage_recall@5": 1 / 2, "passage_hit@5": 1 / 2, "passage_all@5": 1 / 2,
    "passage_recall@10": 1, "passage_hit@10": 1, "passage_all@10": 1,
    "passage_recall@20": 1, "passage_hit@20": 1, "passage_all@20": 1,
    "passage_mrr@10": (1 + 1 / 8) / 2,
    "passage_ndcg@10": (1.430677 / 1.630930 + 1 / 3.169925) / 2,  # 1 / log2(5) = 0.430677
    # Its sentences at 1 and 4, and at 6.
    "sentence_recall@1": 1 / 4, "sentence_hit@1": 1 / 2, "sentence_all@1": 0,
    "sentence_recall@3": 1 / 4, "sentence_hit@3": 1 / 2, "sentence_all@3": 0,
    "sentence_recall@5": 1 / 2, "sentence_hit@5": 1 / 2, "sentence_all@5": 1 / 2,
    "sentence_recall@10": 1, "sentence_hit@10": 1, "sentence_all@10": 1,
    "sentence_recall@20": 1, "sentence_hit@20": 1, "sentence_all@20": 1,
    "sentence_mrr@10": (1 + 1 / 6) / 2,
    "sentence_ndcg@10": (1.430677 / 1.630930 + 1 / 2.807355) / 2,  # log2(7) = 2.807355
    # q1: 12 words; q2: the eighth article ends at word 1,200.
    "passage_budget_recall@1k": 1 / 2, "passage_budget_recall@2k": 1, "passage_budget_recall@4k": 1,
    "shown_recall": (1 / 2 + 1) / 2,
    # Three answers, one of them altered, with four characters of seven of its own.
    "verbatim_validity": 2 / 3, "grounded_chars": (1 + 1 + 7 / 11) / 3,
    "cited_sentences": 5 / 3, "cited_words": (6 + 6 + 3) / 3,
    # q1 cites one sentence of two, one of them right; q2 none.
    "citation_precision": 1 / 4, "citation_recall": 1 / 4, "citation_f1": 1 / 4,
    "citation_precision_answered": 1 / 2, "citation_recall_answered": 1 / 2, "citation_f1_answered": 1 / 2,
    "citation_precision_lenient": 1 / 2,  # the other one is of the same article and says 14 000
    "citation_article_precision": 1 / 2, "citation_article_recall": 1 / 4, "first_citation_hit": 1 / 2,
    "span_word_f1": 2 * 3 / (6 + 6 + 3), "span_char_f1": (1 / 2 + 0) / 2,
    # Of what is wanted q1 says all in its second sentence, q2 nothing, q3 one of two, or both but for an accent.
    "answer_containment": (1 + 0 + 1 / 2) / 3, "answer_containment_folded": 2 / 3, "first_containment": 1 / 6,
    "facts_recall": 1 / 2, "all_facts": 0, "forbidden_hit": 1 / 2, "token_recall": 1 / 2, "quantity_match": 1 / 2,
    # "les 14 000" against "14 000": without the article the same; to SQuAD three words, two of them shared.
    "em": 1, "f1": 1, "em_squad": 0, "f1_squad": 4 / 5,
    "rouge_l": 2 * 3 / (5 + 5),  # a phr 04 14000 m | a phr 04 phr 30
    "answer_rate_a": 2 / 3, "false_abstention_rate": 1 / 3, "rejection_rate_u": 1 / 2, "false_answer_rate": 1 / 2,
    "abstain_precision": 1 / 2, "abstain_recall": 1 / 2, "abstain_f1": 1 / 2, "balanced_accuracy": (2 / 3 + 1 / 2) / 2,
    "squad2_containment": (1 + 0 + 1 / 2 + 1 + 0) / 5,
    "crag": (1 + 0 - 1 + 1 - 1) / 5, "crag_raw": (1 + 0 - 1 + 0 - 1) / 5,
    "risk": 2 / 3, "distractor_hit_rate": 1 / 2,
    # A sentence with the answer is marked in q1, and rightly; in q3 only the other one is. q2 was asked otherwise.
    "answering_right": 1, "answering_marked": (1 + 0) / 2, "disagreement_told": 1 / 3, "alone_changed": 1 / 4,
    # By confidence, with what would have been right: q1 yes, u2 no, q3 no, q2 yes, u1 no.
    "aurc": (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5,
    "e_aurc": (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5 - (0 + 0 + 1 / 3 + 2 / 4 + 3 / 5) / 5,
    "coverage@risk5": 1 / 5, "coverage@risk10": 1 / 5,
    "accuracy@coverage50": 1 / 3, "accuracy@coverage80": 2 / 4,
    "auroc_right": 4 / 6, "ap_right": (1 + 2 / 4) / 2,
    "auroc_answerable": 4 / 6, "ap_answerable": (1 + 2 / 3 + 3 / 4) / 3,
    "brier": (0.2**2 + 0.6**2 + 0.5**2 + 0.6**2 + 0.2**2) / 5,
    "ece": (0.2 + 0.6 + 0.5 + 0.6 + 0.2) / 5,
}  # fmt: skip


def test_every_figure_has_been_computed_by_hand():
    assert set(BY_HAND) == set(DIRECTIONS)


@pytest.fixture(scope="module")
def found():
    return {name: figure.value for name, figure in figures(five_questions(), resamples=10).items()}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_figure_by_hand(found, name):
    assert found[name] == pytest.approx(BY_HAND[name], abs=1e-6)
