"""Answers to compare with: words alone, the evidence handed over, the evidence hidden."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from assistant import lexical
from assistant.citations import cite
from assistant.engine import TRACED, Engine
from assistant.evaluation.types import ResolvedQuestion
from assistant.extract import HITS
from assistant.index import SentenceRow
from assistant.types import Answer, Article, Hit, RankedSentence, Sentence, Trace

Row = TypeVar("Row")

#: One question put to an answerer.
Ask = Callable[[ResolvedQuestion], Trace]


class Answerer(Protocol):
    """Answers questions from articles, and tells what it chose from; articles can be hidden from it."""

    def articles(self) -> Iterable[Article]: ...

    def sentences(self, article_id: str) -> Sequence[Sentence]: ...

    def trace(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        without: Iterable[str] = (),
        only: Iterable[str] | None = None,
        as_of: date | None = None,
    ) -> Trace: ...


def as_it_stands(answerer: Answerer) -> Ask:
    """As people ask: the language is not told."""
    return lambda asked: answerer.trace(asked.question.question, asked.question.history, as_of=asked.question.as_of)


def oracle(answerer: Answerer) -> Ask:
    """With perfect retrieval: the gold articles are the only ones searched."""
    return lambda asked: answerer.trace(
        asked.question.question,
        asked.question.history,
        only=asked.articles if asked.gold else None,
        as_of=asked.question.as_of,
    )


def leave_gold_out(answerer: Answerer) -> Ask:
    """With the gold articles as good as not in the corpus."""
    return lambda asked: answerer.trace(
        asked.question.question, asked.question.history, without=asked.articles, as_of=asked.question.as_of
    )


def left_out(question: ResolvedQuestion) -> ResolvedQuestion:
    """What ``question`` becomes once its gold articles are hidden: one that the corpus does not answer.

    It keeps its gold, which tells what to hide.
    """
    asked = question.question
    twin = replace(
        asked, id=f"{asked.id}~left_out", answerable=False, answers=(), facts=(), why_unanswerable="leave_gold_out"
    )
    return replace(question, question=twin)


def bm25(engine: Engine) -> Ask:
    """BM25 alone ranks the passages; the answer is the sentence that shares most with the question.

    Words count by how rare they are. The confidence is the share of the question's words in that sentence, and any
    will do, so that this one abstains only where nothing is found: its risk–coverage curve tells the rest.
    """
    return lambda asked: _by_words(engine, asked.question.question)


def _by_words(engine: Engine, question: str) -> Trace:
    generation = engine.generation()
    prepared = engine.prepare(question, generation=generation)
    every_term = [term for terms in prepared.terms.values() for term in terms]
    scores = dict(generation.worded_passages(every_term, TRACED))
    weight = generation.weights(every_term)

    def share(sentence: SentenceRow) -> float:
        terms = prepared.terms[generation.article_at(sentence.article).language]
        return lexical.share(terms, sentence.terms, weight)

    passages = generation.passage_rows(scores)
    sentences = generation.sentence_rows(passages)
    hits = tuple(
        Hit(generation.passage(row), score, rank)
        for rank, (row, score) in enumerate(_best_first(passages, lambda passage: scores[passage.row]), 1)
    )
    ranked = tuple(
        RankedSentence(generation.sentence(row), score, rank)
        for rank, (row, score) in enumerate(_best_first(sentences, share)[:TRACED], 1)
    )
    answer = Answer(
        question=question,
        language=prepared.language,
        statements=cite([one.sentence for one in ranked[:1]]),
        confidence=ranked[0].score if ranked else 0.0,
        nearest=(),
        hits=hits[:HITS],
    )
    return Trace(answer, threshold=0.0, passages=hits, sentences=ranked)


def _best_first(rows: Iterable[Row], score: Callable[[Row], float]) -> list[tuple[Row, float]]:
    """With their scores; equal ones in the order given."""
    return sorted(((row, score(row)) for row in rows), key=lambda pair: -pair[1])
