"""Candidates into what is shown: hits, and at most three sentences, none of them twice."""

from collections.abc import Sequence

import numpy as np

from assistant.dangling import dangles
from assistant.index import Generation, SentenceRow
from assistant.retrieve import Candidates
from assistant.types import Hit, RankedSentence, Sentence

#: Passages listed with an answer.
HITS = 20

#: Two sentences that share at least this part of their words say the same (copies of one dispatch do).
SAME = 0.8


def best_hits(
    generation: Generation, candidates: Candidates, passage_scores: np.ndarray, limit: int = HITS
) -> tuple[Hit, ...]:
    """Passages, best first; equal scores by row, so that two runs agree."""
    order = np.argsort(-passage_scores, kind="stable")[:limit]
    return tuple(
        Hit(generation.passage(candidates.passages[place]), round(float(passage_scores[place]), 6), rank)
        for rank, place in enumerate(order, 1)
    )


def ranked_sentences(
    generation: Generation, candidates: Candidates, sentence_scores: np.ndarray, limit: int
) -> tuple[RankedSentence, ...]:
    """Sentences, best first, copies too; equal scores by row."""
    order = np.argsort(-sentence_scores, kind="stable")[:limit]
    return tuple(
        RankedSentence(generation.sentence(candidates.sentences[place]), round(float(sentence_scores[place]), 6), rank)
        for rank, place in enumerate(order, 1)
    )


def best_sentences(
    candidates: Candidates, sentence_scores: np.ndarray, limit: int, margin: float = np.inf
) -> list[SentenceRow]:
    """Up to ``limit`` sentences, best first, whose score is within ``margin`` of the best; copies are skipped."""
    chosen: list[SentenceRow] = []
    for place in np.argsort(-sentence_scores, kind="stable"):
        if len(chosen) == limit or sentence_scores[place] < sentence_scores.max() - margin:
            break
        sentence = candidates.sentences[place]
        if not any(_say_the_same(sentence, other) for other in chosen):
            chosen.append(sentence)
    return chosen


def runner_up(ranked: Sequence[RankedSentence], shown: Sequence[Sentence]) -> RankedSentence | None:
    """The best sentence that is not among those shown, nor in the very words of one."""
    texts = {sentence.text for sentence in shown}
    return next((one for one in ranked if one.sentence.text not in texts), None)


def sentences_before(generation: Generation, shown: Sequence[Sentence]) -> list[Sentence | None]:
    """For each sentence, the one before it, where it cannot be read without and no sentence shown above it is that."""
    before = [_needed_before(generation, sentence) for sentence in shown]
    return [None if one in shown[:place] else one for place, one in enumerate(before)]


def _needed_before(generation: Generation, sentence: Sentence) -> Sentence | None:
    if sentence.number == 1 or not dangles(sentence.text, sentence.article.language):
        return None
    return generation.sentences(sentence.article)[sentence.number - 2]


def _say_the_same(one: SentenceRow, other: SentenceRow) -> bool:
    together = one.terms | other.terms
    return bool(together) and len(one.terms & other.terms) / len(together) >= SAME
