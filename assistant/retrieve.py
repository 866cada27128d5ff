"""A question into candidates: passages found by their vectors and by their words, with the signals of each sentence.

The two searches propose; the sentence vectors, the passage vectors and the shared words then say which sentence
is near. A passage is worth its best sentence and its own nearness, which puts the right one first more often than
passage vectors do (docs/quality.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant import lexical
from assistant.answer_type import answer_type, holds
from assistant.index import Generation, PassageRow, SentenceRow
from assistant.matrix import Matrix

#: Passages that each of the two searches proposes. On PIAF both together then hold the right one for every
#: question, where either alone misses one in a hundred.
PROPOSED = 40

#: Where more of the passages proposed are of copies, others are looked for besides.
CROWDED = 0.5

#: What is known of a candidate sentence; all between 0 and 1 or nearly so.
SIGNALS = ("sentence", "passage", "sentence_words", "passage_words", "type", "foreign")


@dataclass(frozen=True, slots=True)
class Question:
    """A question ready for the search."""

    text: str
    language: str
    #: Float32, of shape (dimension,).
    vector: np.ndarray
    #: Its words as each language of the corpus analyses them.
    terms: Mapping[str | None, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages proposed for a question, and their sentences with signals."""

    passages: Sequence[PassageRow]
    sentences: Sequence[SentenceRow]
    #: For each sentence, the place of its passage in ``passages``.
    owners: np.ndarray
    #: Float32, of shape (sentences, SIGNALS).
    signals: np.ndarray
    #: How many passages were searched: among more of them, one is near by chance more often.
    searched: int
    #: By row of an article, the rows of it and its copies among the articles searched, the oldest first.
    copies: Mapping[int, Sequence[int]] = field(default_factory=dict)


def propose(
    generation: Generation,
    question: Question,
    without: Iterable[str] = (),
    only: Iterable[str] | None = None,
) -> Candidates:
    """Search by vectors and by words, and read the signals of every sentence found.

    The articles ``without`` are as good as not in the corpus; with ``only``, the passages of those alone are found.
    """
    hidden_ids, kept_ids = frozenset(without), None if only is None else frozenset(only)
    every_term = [term for terms in question.terms.values() for term in terms]
    if kept_ids is None:
        hidden = generation.rows_of(hidden_ids)
        rows, searched = _search(generation, question.vector, every_term, hidden), generation.passages - len(hidden)
        crowd = _later_copies(generation, rows)
        if len(rows & crowd) > CROWDED * len(rows):
            rows |= _search(generation, question.vector, every_term, hidden | crowd)
    else:
        rows = generation.rows_of(kept_ids - hidden_ids)
        searched = len(rows)
    passages = generation.passage_rows(sorted(rows))
    sentences = generation.sentence_rows(passages)
    owners = np.repeat(np.arange(len(passages)), [p.last_sentence - p.first_sentence + 1 for p in passages])
    weight = generation.weights(every_term)
    signals = _signals(generation, question, passages, sentences, owners, weight)

    def is_searched(row: int) -> bool:
        id = generation.article_at(row).id
        return id not in hidden_ids and (kept_ids is None or id in kept_ids)

    groups = generation.copies({passage.article for passage in passages})
    copies = {row: list(filter(is_searched, group)) for row, group in groups.items()}
    return Candidates(passages, sentences, owners, signals, searched, copies)


def _search(generation: Generation, vector: np.ndarray, terms: Sequence[str], hidden: set[int]) -> set[int]:
    """Rows of the passages that either search proposes, as if those ``hidden`` did not exist."""
    deep = PROPOSED + len(hidden)
    by_vectors = generation.nearest_passages(vector, deep)
    by_words = [row for row, _ in generation.worded_passages(terms, deep)]
    return {row for ranking in (by_vectors, by_words) for row in [r for r in ranking if r not in hidden][:PROPOSED]}


def _later_copies(generation: Generation, rows: set[int]) -> set[int]:
    """Rows of every passage of the articles found, or copies of them, that have an older copy."""
    groups = generation.copies({passage.article for passage in generation.passage_rows(rows)})
    later = {article for group in groups.values() for article in group[1:]}
    return {passage.row for article in later for passage in generation.passages_of(article)}


def _signals(
    generation: Generation,
    question: Question,
    passages: Sequence[PassageRow],
    sentences: Sequence[SentenceRow],
    owners: np.ndarray,
    weight: Mapping[str, float],
) -> np.ndarray:
    near_passages = _similarities(generation.passage_vectors, [p.row for p in passages], question.vector)
    near_sentences = _similarities(generation.sentence_vectors, [s.row for s in sentences], question.vector)
    terms = [question.terms[generation.article_at(p.article).language] for p in passages]
    found = [frozenset[str]()] * len(passages)
    for owner, sentence in zip(owners, sentences, strict=True):
        found[owner] = found[owner] | sentence.terms
    passage_words = np.array([lexical.share(t, f, weight) for t, f in zip(terms, found, strict=True)], np.float32)
    sentence_words = np.array(
        [lexical.share(terms[owner], s.terms, weight) for owner, s in zip(owners, sentences, strict=True)],
        np.float32,
    )
    kind = answer_type(question.text)
    of_type = np.array([holds(generation.sentence(row).text, kind) for row in sentences], np.float32)
    # A question shares fewer words with an article in another language: the weights are told, not misled.
    languages = [generation.article_at(p.article).language for p in passages]
    foreign = np.array([language not in (None, question.language) for language in languages], np.float32)
    by_sentence = (
        near_sentences, near_passages[owners], sentence_words, passage_words[owners], of_type, foreign[owners]
    )  # fmt: skip
    return np.stack(by_sentence, axis=1) if len(sentences) else np.zeros((0, len(SIGNALS)), np.float32)


def _similarities(vectors: Matrix, rows: list[int], question: np.ndarray) -> np.ndarray:
    return vectors[rows].astype(np.float32) @ question if rows else np.zeros(0, np.float32)


def score_sentences(candidates: Candidates, weights: Mapping[str, float]) -> np.ndarray:
    """One score a sentence: the weighted sum of its signals."""
    return candidates.signals @ np.array([weights[name] for name in SIGNALS], np.float32)


def score_passages(candidates: Candidates, sentence_scores: np.ndarray, weights: Mapping[str, float]) -> np.ndarray:
    """One score a passage: that of its best sentence, and its own signals."""
    scores = np.full(len(candidates.passages), -np.inf, np.float32)
    own = candidates.signals @ np.array([weights.get(name, 0.0) for name in SIGNALS], np.float32)
    np.maximum.at(scores, candidates.owners, sentence_scores + own)
    return scores
