"""Questions with their candidates as the assistant finds them, and which of them are right: what is fitted on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np

from assistant.calibration import load_calibration
from assistant.embedding import Embedder, load_embedder
from assistant.engine import Engine
from assistant.index import Generation
from assistant.read import read
from assistant.reader import Reader, load_reader
from assistant.retrieve import Candidates, propose, score_passages, score_sentences
from assistant.settings import Settings
from benchmarks.development import Reference
from benchmarks.memory import Memory, RememberingReader, reader_identity, remembering
from benchmarks.sets import MOST, SETS


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its candidates."""

    set: str
    reference: Reference
    #: As it is searched for.
    question: str
    candidates: Candidates
    #: Of each sentence, whether it answers; all False where it is not known which do.
    right: np.ndarray
    #: Of each passage, whether its article is a gold one.
    gold_passages: np.ndarray
    generation: Generation
    #: The reader's log-odds of each sentence, once read.
    odds: np.ndarray


def cases_of(name: str, most: int = MOST, articles: int | None = None) -> Iterator[Case]:
    """Each question of a set as the assistant sees it, not read yet.

    :param articles: Size of a corpus that is drawn for each question anew, from the set's and with the article that
        the question is about, where it is about one.
    """
    measured, embedder = SETS[name], _embedder()
    engine = Engine(Settings(index=measured.index(embedder)), embedder, load_calibration())
    generation = engine.generation()
    ids = sorted(article.id for article in generation.articles())
    for reference in measured.references(most):
        prepared = engine.prepare(reference.question)
        only = None
        if articles:
            drawn = Random(reference.id).sample(ids, min(articles, len(ids)))
            only = [reference.about, *drawn[1:]] if reference.about in ids else drawn
        candidates = propose(generation, prepared, only=only)
        gold = [generation.article_at(p.article).id in reference.articles for p in candidates.passages]
        right = [reference.is_answered_by(generation.sentence(row)) for row in candidates.sentences]
        yield Case(
            name, reference, prepared.text, candidates, np.array(right, bool), np.array(gold, bool), generation,
            np.zeros(0, np.float32),
        )  # fmt: skip


def with_odds(case: Case, sentence: dict[str, float], passage: dict[str, float]) -> Case:
    """The same with the passages read that are best by these weights."""
    ranked = score_passages(case.candidates, score_sentences(case.candidates, sentence), passage)
    return replace(case, odds=read(_reader(), case.generation, case.question, case.candidates, ranked))


def without_gold(case: Case) -> Case:
    """The same question where the articles that answer it are not in the corpus."""
    kept = np.flatnonzero(~case.gold_passages)
    sentences = np.flatnonzero(~case.gold_passages[case.candidates.owners])
    return replace(
        case,
        reference=replace(case.reference, kind="far", answers=(), articles=frozenset(), quotes=()),
        candidates=Candidates(
            [case.candidates.passages[place] for place in kept.tolist()],
            [case.candidates.sentences[place] for place in sentences.tolist()],
            np.searchsorted(kept, case.candidates.owners[sentences]),
            case.candidates.signals[sentences],
            case.candidates.searched - len(case.candidates.passages) + len(kept),
        ),
        right=np.zeros(len(sentences), bool),
        gold_passages=np.zeros(len(kept), bool),
    )


@cache
def _embedder() -> Embedder:
    return remembering(load_embedder(Settings()))


@cache
def _reader() -> Reader:
    return RememberingReader(cache(lambda: load_reader(Settings())), reader_identity(Settings()), Memory())
