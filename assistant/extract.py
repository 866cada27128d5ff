"""Candidates into what is shown: hits, and at most three sentences, none of them twice."""

from collections.abc import Sequence

import numpy as np

from assistant.dangling import dangles
from assistant.index import Generation, PassageRow, SentenceRow
from assistant.retrieve import Candidates
from assistant.text import words
from assistant.types import Hit, RankedSentence, Sentence

#: Passages listed with an answer.
HITS = 20

#: Two sentences that share at least this part of their words say the same (copies of one dispatch do).
SAME = 0.8

_CLOSING = " \u00a0\u202f\u2009\"'»”’)]"

#: A passage that has at least this part of the words of one in a copy is the same.
MOSTLY = 0.6


def best_hits(
    generation: Generation, candidates: Candidates, passage_scores: np.ndarray, limit: int = HITS
) -> tuple[Hit, ...]:
    """Passages, best first; equal scores by row, so that two runs agree. Of copies the oldest that has it is shown."""
    found: dict[PassageRow, float] = {}
    shown: dict[int, int] = {}
    for place in np.argsort(-passage_scores, kind="stable").tolist():
        if len(found) == limit:
            break
        passage = _oldest_passage(generation, candidates, place)
        if _speaks_for_its_copies(candidates, passage.article, shown):
            found.setdefault(passage, round(float(passage_scores[place]), 6))
    return tuple(Hit(generation.passage(row), score, rank) for rank, (row, score) in enumerate(found.items(), 1))


def one_of_copies(generation: Generation, candidates: Candidates, rows: Sequence[SentenceRow]) -> list[SentenceRow]:
    """Sentences as the oldest copy has them that does, once; of the articles that are copies, one speaks for all."""
    shown: dict[int, int] = {}
    oldest = {row.row: row for row in (_oldest_sentence(generation, candidates, row) for row in rows)}
    return [row for row in oldest.values() if _speaks_for_its_copies(candidates, row.article, shown)]


def telling(generation: Generation, rows: Sequence[SentenceRow]) -> list[SentenceRow]:
    """The best sentence, and of the others those that ask nothing: on the development sets no question answers one."""
    asks = [generation.sentence(row).text.rstrip(_CLOSING).endswith("?") for row in rows]
    return [row for place, row in enumerate(rows) if place == 0 or not asks[place]]


def group_of(candidates: Candidates, article: int) -> int:
    """The row of the oldest copy of an article."""
    return next(iter(candidates.copies.get(article, ())), article)


def _speaks_for_its_copies(candidates: Candidates, article: int, shown: dict[int, int]) -> bool:
    """Whether an article is the first of its copies, which is then kept in ``shown``."""
    return shown.setdefault(group_of(candidates, article), article) == article


def _oldest_sentence(generation: Generation, candidates: Candidates, sentence: SentenceRow) -> SentenceRow:
    """The same sentence in the oldest copy of its article that has it."""
    for article in _older_copies(candidates, sentence.article):
        own = _own_terms(generation, sentence)
        for other in generation.sentence_rows(generation.passages_of(article)):
            if _are_the_same(own, _own_terms(generation, other)):
                return other
    return sentence


def _oldest_passage(generation: Generation, candidates: Candidates, place: int) -> PassageRow:
    """The passage of the oldest copy that has most of the words of one."""
    passage = candidates.passages[place]
    for article in _older_copies(candidates, passage.article):
        terms = _terms(generation, passage)
        for other in generation.passages_of(article):
            shared = terms & _terms(generation, other)
            if len(shared) >= MOSTLY * len(terms):
                return other
    return passage


def _older_copies(candidates: Candidates, article: int) -> Sequence[int]:
    group = candidates.copies.get(article, ())
    return group[: group.index(article)] if article in group else ()


def _terms(generation: Generation, passage: PassageRow) -> frozenset[str]:
    return frozenset().union(*(sentence.terms for sentence in generation.sentence_rows([passage])))


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
    return _are_the_same(one.terms, other.terms)


def _own_terms(generation: Generation, row: SentenceRow) -> frozenset[str]:
    """Without those of the title, which copies change."""
    sentence = generation.sentence(row)
    return frozenset(words(sentence.text, sentence.article.language))


def _are_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Nearly the same words, and the same figures: a later version of a story changes those alone."""
    together, apart = one | other, one ^ other
    return bool(together) and len(apart) <= (1 - SAME) * len(together) and not any(map(_is_figure, apart))


def _is_figure(term: str) -> bool:
    return any(char.isdigit() for char in term)
