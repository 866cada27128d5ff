"""Questions answered from the current generation of the index, whichever that is.

One question sees one generation only; ``served.py`` tells which.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np

from assistant.browse import browse
from assistant.calibration import Calibration, load_calibration
from assistant.citations import cite, number
from assistant.decide import evidence
from assistant.embedding import Embedder, load_embedder
from assistant.errors import IndexUnusable, UsageError
from assistant.extract import best_hits, best_sentences, ranked_sentences
from assistant.index import Generation
from assistant.languages import question_language
from assistant.lexical import question_terms
from assistant.read import is_certain, read
from assistant.reader import Reader, load_reader
from assistant.retrieve import Candidates, Question, propose, score_passages, score_sentences
from assistant.served import Served
from assistant.settings import Settings
from assistant.text import clean
from assistant.types import Answer, Article, CorpusFacts, Hit, Listing, Progress, Selection, Sentence, Trace

#: Written by ``ingest`` while it works, beside the store.
PROGRESS = "progress.json"

#: At most this many statements in an answer, and nearest sentences without one.
STATEMENTS = 3

#: Passages and sentences in a trace.
TRACED = 100


def open_engine(settings: Settings, *, wary: bool = False) -> "Engine":
    """The engine for ``settings``; it may be opened before there is an index.

    A ``wary`` one outlives a damaged index, and is slower to start: see ``served.py``.
    """
    # Made when the first question leaves a doubt: on the command line most do not.
    reader = cache(lambda: load_reader(settings)) if settings.reader else None
    return Engine(settings, load_embedder(settings), load_calibration(), reader, wary=wary)


class Engine:
    """Answers questions. Every method may be called from any thread."""

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        calibration: Calibration,
        reader: Callable[[], Reader] | None = None,
        *,
        wary: bool = False,
    ) -> None:
        self._settings = settings
        self._embedder = embedder
        self._calibration = calibration
        self._reader = reader
        self._served = Served(settings.index, embedder.identity, wary=wary)

    def ask(self, question: str, history: Sequence[str] = (), language: str | None = None) -> Answer:
        """Sentences that answer ``question``, or an abstention.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            return self._answer(self._consider(question, language))

    def trace(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        without: Iterable[str] = (),
        only: Iterable[str] | None = None,
    ) -> Trace:
        """The answer of ``ask`` with the rankings it was chosen from.

        ``without`` names articles to hide, ``only`` the articles to keep to.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            considered = self._consider(question, language, without, only)
            generation, candidates = considered.generation, considered.candidates
            return Trace(
                answer=self._answer(considered),
                threshold=considered.threshold,
                passages=best_hits(generation, candidates, considered.passage_scores, TRACED),
                sentences=ranked_sentences(generation, candidates, considered.sentence_scores, TRACED),
            )

    def hits(self, question: str) -> tuple[Hit, ...]:
        """The best passages alone, as ``ask`` lists them, without deciding on an answer.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        generation = self.generation()
        candidates = propose(generation, self.prepare(question, generation=generation))
        _, passage_scores = self._score(candidates)
        return best_hits(generation, candidates, passage_scores)

    def _consider(
        self, question: str, language: str | None, without: Iterable[str] = (), only: Iterable[str] | None = None
    ) -> "_Considered":
        """Search, score, read and weigh, up to where an answer is chosen or not."""
        watch = _Stopwatch()
        generation = self.generation()
        with watch.stage("embed"):
            prepared = self.prepare(question, language, generation)
        with watch.stage("retrieve"):
            candidates = propose(generation, prepared, without, only)
            sentence_scores, passage_scores = self._score(candidates)
        with watch.stage("read"):
            decision = self._calibration.unread
            confidence = decision.confidence_of(evidence(candidates, sentence_scores))
            if self._reader and not is_certain(confidence):
                odds = read(self._reader(), generation, prepared.text, candidates, passage_scores)
                sentence_scores = sentence_scores + self._calibration.odds * odds
                decision = self._calibration.read
                confidence = decision.confidence_of(evidence(candidates, sentence_scores, odds))
        return _Considered(
            question=question,
            language=prepared.language,
            generation=generation,
            candidates=candidates,
            sentence_scores=sentence_scores,
            passage_scores=passage_scores,
            confidence=confidence,
            threshold=decision.threshold if self._settings.threshold is None else self._settings.threshold,
            margin=decision.margin,
            watch=watch,
        )

    def _score(self, candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
        """A score a sentence and a score a passage, by their signals."""
        sentence_scores = score_sentences(candidates, self._calibration.sentence)
        return sentence_scores, score_passages(candidates, sentence_scores, self._calibration.passage)

    @staticmethod
    def _answer(considered: "_Considered") -> Answer:
        """Statements where the confidence suffices, else the nearest sentences."""
        generation, candidates, scores = considered.generation, considered.candidates, considered.sentence_scores
        answered = bool(len(scores)) and considered.confidence >= considered.threshold
        rows = best_sentences(candidates, scores, STATEMENTS, considered.margin if answered else float("inf"))
        sentences = [generation.sentence(row) for row in rows]
        return Answer(
            question=considered.question,
            language=considered.language,
            statements=cite(sentences) if answered else (),
            confidence=considered.confidence,
            nearest=() if answered else number(sentences),
            hits=best_hits(generation, candidates, considered.passage_scores),
            timings_ms=considered.watch.timings(),
        )

    def prepare(self, question: str, language: str | None = None, generation: Generation | None = None) -> Question:
        """The question ready for the search: its language, its vector, its words.

        :raises UsageError: If it is empty or too long.
        """
        generation = generation or self.generation()
        text = clean(question).strip()
        if not text:
            raise UsageError("the question is empty. Ask something, such as: Qui a gagné la Coupe du monde en 2018 ?")
        if len(text) > self._settings.question_limit:
            raise UsageError(
                f"the question has {len(text)} characters, {self._settings.question_limit} are taken. Shorten it."
            )
        of_corpus = [code or None for code in generation.manifest["languages"]]
        language = language or self._language(text, of_corpus)
        return Question(text, language, self._embedder.question(text), question_terms(text, language, of_corpus))

    @staticmethod
    def _language(text: str, of_corpus: Sequence[str | None]) -> str:
        """Among French, English and the corpus's own; where it can't be told, the corpus's most frequent one."""
        codes = [code for code in of_corpus if code]
        return question_language(text, sorted({"fr", "en", *codes}), otherwise=next(iter(codes), "fr"))

    def article(self, article_id: str) -> Article | None:
        with self._served.reading():
            return self.generation().article(article_id)

    def sentences(self, article_id: str) -> list[Sentence]:
        """The sentences of an article; none if there is no such article."""
        with self._served.reading():
            generation = self.generation()
            article = generation.article(article_id)
            return generation.sentences(article) if article else []

    def neighbours(self, article: Article) -> tuple[Article | None, Article | None]:
        """The articles before and after one, by date and then by id; those without a date come last."""
        with self._served.reading():
            return self.generation().neighbours(article)

    def browse(self, selection: Selection, reader_language: str, by_date: bool, start: int, count: int) -> Listing:
        """Articles ``start`` to ``start + count`` of a selection, newest first or, where it has words, best first.

        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            return browse(self.generation(), selection, reader_language, by_date, start, count)

    def sources(self, count: int) -> list[str]:
        """The ``count`` sources that most articles are from, the most frequent first."""
        with self._served.reading():
            return self.generation().sources(count)

    def articles(self) -> Iterator[Article]:
        """Every article."""
        return self.generation().articles()

    def facts(self) -> CorpusFacts:
        """What the index holds; all zero where there is none yet."""
        try:
            return self.generation().facts()
        except IndexUnusable:
            return CorpusFacts(0, 0, 0, None, (), None)

    def refusal(self) -> str | None:
        """Why the index that should be used is not: it is damaged, or does not fit the settings."""
        return self._served.refusal()

    def progress(self) -> Progress | None:
        """How far an ingest of this index is, whoever started it; None when none is under way."""
        try:
            found = json.loads((self._settings.index / PROGRESS).read_text(encoding="ascii"))
            os.kill(found["process"], 0)
            return Progress(found["done"], found["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def sample_questions(self, language: str, count: int = 3) -> list[str]:
        """Questions that this corpus answers: from the questions file, where it belongs to this corpus."""
        found = list(islice(self._own_questions(language), 40))
        step = max(1, len(found) // count)
        return found[::step][:count]

    def generation(self) -> Generation:
        """The generation in use; a newer one is swapped in when it is ready.

        :raises IndexUnusable: If there is none that can be used.
        """
        return self._served.generation()

    def _own_questions(self, language: str) -> Iterator[str]:
        """Answerable, self-contained questions of the questions file whose articles are in the index."""
        path = self._settings.questions
        if not path.is_file() or self.facts().generation is None:
            return
        generation = self.generation()
        with open(path, encoding="utf-8") as lines:
            for record in (json.loads(line) for line in lines if line.strip()):
                evidence = record.get("evidence") or []
                alternatives = [e.get("any_of", [e])[0] for e in evidence]
                if record.get("lang") != language or record.get("history") or not alternatives:
                    continue
                if all(generation.article(e["article"]) for e in alternatives):
                    yield record["question"]


@dataclass(frozen=True, slots=True)
class _Considered:
    """A question up to where an answer is chosen or not."""

    question: str
    language: str
    generation: Generation
    candidates: Candidates
    #: Of shape (sentences,) and (passages,).
    sentence_scores: np.ndarray
    passage_scores: np.ndarray
    confidence: float
    threshold: float
    #: How far below the best a further statement may score.
    margin: float
    watch: "_Stopwatch"


class _Stopwatch:
    """Milliseconds a stage and in all."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._stages[name] = time.perf_counter() - start

    def timings(self) -> dict[str, float]:
        stages = self._stages | {"total": time.perf_counter() - self._start}
        return {name: round(1000 * seconds, 2) for name, seconds in stages.items()}
