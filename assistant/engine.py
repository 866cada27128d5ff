"""Questions answered from the current generation of the index, whichever that is.

One question sees one generation only; ``served.py`` tells which.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import islice

import numpy as np

from assistant.browse import browse
from assistant.calibration import Calibration, Decision, load_calibration
from assistant.citations import number, state
from assistant.decide import evidence
from assistant.digest import choose, looked_at
from assistant.embedding import Embedder, load_embedder
from assistant.errors import IndexUnusable, UsageError
from assistant.extract import (
    best_hits,
    best_sentences,
    group_of,
    one_of_copies,
    ranked_sentences,
    runner_up,
    sentences_before,
    telling,
)
from assistant.index import Generation, SentenceRow
from assistant.languages import question_language
from assistant.lexical import question_terms
from assistant.news.annotations import annotated
from assistant.news.disagreement import disagreement
from assistant.news.followups import understand
from assistant.news.quotes import FoundQuote, find_quote
from assistant.news.shapes import shape_of
from assistant.news.wishes import Wishes, leaning, preferred, wishes_of
from assistant.read import is_worth_reading, read
from assistant.reader import Reader, load_reader
from assistant.retrieve import Candidates, Question, propose, score_passages, score_sentences
from assistant.served import Served
from assistant.settings import Settings, listed
from assistant.spelling import corrected
from assistant.text import clean
from assistant.types import (
    Answer,
    Article,
    Citation,
    CorpusFacts,
    Digest,
    Disagreement,
    Explanation,
    Hit,
    Listing,
    Progress,
    RankedSentence,
    Selection,
    Sentence,
    Trace,
)

#: Written by ``ingest`` while it works, beside the store.
PROGRESS = "progress.json"

#: At most this many statements in an answer, and nearest sentences without one.
STATEMENTS = 3
#: The same where the question asks for a list.
STATEMENTS_OF_A_LIST = 5
#: Sentences among which one is looked for that differs from the best.
COMPARED = 10

#: Passages and sentences in a trace.
TRACED = 100


def open_engine(settings: Settings, *, wary: bool = False) -> "Engine":
    """The engine for ``settings``; it may be opened before there is an index.

    :raises UsageError: If nothing is known about the risk in them.


    A ``wary`` one outlives a damaged index, and is slower to start: see ``served.py``.
    """
    # Made when the first question leaves a doubt: on the command line most do not.
    reader = cache(lambda: load_reader(settings)) if settings.reader else None
    calibration = load_calibration()
    calibration.unread.threshold(settings.risk)  # an unknown risk is told now, not at the first question
    return Engine(settings, load_embedder(settings), calibration, reader, wary=wary)


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
        self._without = frozenset(listed(settings.without))
        self._embedder = embedder
        self._calibration = calibration
        self._reader = reader
        self._served = Served(settings.index, embedder.identity, wary=wary)
        #: Of the reader; None is one who may read everything.
        self._groups: frozenset[str] | None = None

    def seen_by(self, groups: frozenset[str]) -> "Engine":
        """The same engine for a member of ``groups``: as if the index held no articles that they may not read."""
        view = copy(self)
        view._groups = groups
        return view

    def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        *,
        explain: bool = False,
        as_of: date | None = None,
    ) -> Answer:
        """Sentences that answer ``question``, or an abstention; with ``explain``, also why.

        :param history: earlier questions, oldest first; a question that leans on them is completed by them.
        :param as_of: the day that "last week" and "the latest" are read against; today if it is not given.
        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            considered = self._consider(question, history, language, as_of=as_of)
            answer = self._answer(considered)
            return replace(answer, explanation=self._explanation(considered, answer)) if explain else answer

    def digest(
        self,
        subject: str,
        language: str | None = None,
        *,
        since: date | None = None,
        until: date | None = None,
        only: Iterable[str] | None = None,
    ) -> Digest:
        """The best sentence of each of at most five articles that speak of ``subject``, the oldest first.

        ``since`` and ``until`` are the first and last day that they may be from; with ``only``, these articles are
        summed up, whatever they speak of.

        :raises UsageError: If the subject is empty or too long, or the last day is before the first.
        :raises IndexUnusable: If there is no index yet.
        """
        if since and until and until < since:
            raise UsageError(f"'{until}' is before '{since}'. Give the first day, then the last.")
        with self._served.reading():
            watch = _Stopwatch()
            generation = self.generation()
            with watch.stage("embed"):
                prepared = self.prepare(subject, language, generation)
            with watch.stage("retrieve"):
                proposed = self._propose(generation, prepared)
                kept = set(only) if only is not None else looked_at(generation, prepared, proposed, since, until)
                candidates = self._propose(generation, prepared, only=kept)
                scores, passage_scores = self._score(candidates)
                chosen = choose(generation, prepared, candidates, scores, only is not None)
            return Digest(
                answer=Answer(
                    question=subject,
                    language=prepared.language,
                    statements=state(self._cited(generation, candidates, chosen.best)),
                    confidence=self._calibration.unread.confidence_of(evidence(candidates, scores, scores)),
                    nearest=(),
                    hits=best_hits(generation, candidates, passage_scores),
                    understood_as=prepared.text if prepared.text != clean(subject).strip() else None,
                    timings_ms=watch.timings(),
                ),
                sentences=tuple(map(generation.sentence, chosen.given)),
            )

    def _cited(
        self, generation: Generation, candidates: Candidates, rows: Sequence[SentenceRow], asked: str | None = None
    ) -> tuple[Citation, ...]:
        """These sentences numbered, with what is known of each; with ``asked``, also the words that answer it."""
        sentences = [generation.sentence(row) for row in rows]
        numbered = number(sentences, sentences_before(generation, sentences))
        copied = (_with_copies(generation, candidates, *pair) for pair in zip(numbered, rows, strict=True))
        return annotated(copied, asked, self._without)

    def trace(
        self,
        question: str,
        history: Sequence[str] = (),
        language: str | None = None,
        without: Iterable[str] = (),
        only: Iterable[str] | None = None,
        as_of: date | None = None,
    ) -> Trace:
        """The answer of ``ask`` with the rankings it was chosen from.

        ``without`` names articles to hide, ``only`` the articles to keep to.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            considered = self._consider(question, history, language, without, only, as_of)
            return Trace(
                answer=self._answer(considered),
                threshold=considered.threshold,
                passages=best_hits(considered.generation, considered.candidates, considered.passage_scores, TRACED),
                sentences=self._ranked(considered),
            )

    def hits(self, question: str) -> tuple[Hit, ...]:
        """The best passages alone, as ``ask`` lists them, without deciding on an answer.

        :raises UsageError: If the question is empty or too long.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            generation = self.generation()
            candidates = self._propose(generation, self.prepare(question, generation=generation))
            _, passage_scores = self._score(candidates)
            return best_hits(generation, candidates, passage_scores)

    def _consider(
        self,
        question: str,
        history: Sequence[str],
        language: str | None,
        without: Iterable[str] = (),
        only: Iterable[str] | None = None,
        as_of: date | None = None,
    ) -> "_Considered":
        """Understand, search, score, read and weigh, up to where an answer is chosen or not."""
        watch = _Stopwatch()
        generation = self.generation()
        with watch.stage("embed"):
            completed = None if "follow-ups" in self._without else understand(question, history)
            prepared = self.prepare(completed or question, language, generation)
        with watch.stage("retrieve"):
            candidates = self._propose(generation, prepared, without, only)
            sentence_scores, passage_scores = self._score(candidates)
            today = as_of or date.today()
            wishes = wishes_of(prepared.text, today, self._without)
        with watch.stage("read"):
            decision = self._calibration.unread
            found = evidence(candidates, sentence_scores, sentence_scores)
            if self._reader and is_worth_reading(decision.confidence_of(found)):
                leans = _leans(generation, candidates, wishes, today)
                odds = read(self._reader(), generation, prepared.text, candidates, passage_scores + leans)
                signal_scores, sentence_scores = sentence_scores, sentence_scores + self._calibration.odds * odds
                decision = self._calibration.read
                found = evidence(candidates, signal_scores, sentence_scores, odds)
        return _Considered(
            question=question,
            understood_as=prepared.text if prepared.text != clean(question).strip() else None,
            asked=prepared.text,
            today=today,
            wishes=wishes,
            language=prepared.language,
            generation=generation,
            candidates=candidates,
            sentence_scores=sentence_scores,
            passage_scores=passage_scores,
            decision=decision,
            evidence=found,
            threshold=decision.threshold(self._settings.risk),
            watch=watch,
        )

    def _propose(
        self, generation: Generation, question: Question, without: Iterable[str] = (), only: Iterable[str] | None = None
    ) -> Candidates:
        candidates = propose(generation, question, without, only)
        return replace(candidates, copies={}) if "copies" in self._without else candidates

    def _score(self, candidates: Candidates) -> tuple[np.ndarray, np.ndarray]:
        """A score a sentence and a score a passage, by their signals."""
        sentence_scores = score_sentences(candidates, self._calibration.sentence)
        return sentence_scores, score_passages(candidates, sentence_scores, self._calibration.passage)

    def _answer(self, considered: "_Considered") -> Answer:
        """Statements where the confidence suffices, else the nearest sentences."""
        generation, candidates, scores = considered.generation, considered.candidates, considered.sentence_scores
        confidence = considered.decision.confidence_of(considered.evidence)
        answered = bool(len(scores)) and confidence >= considered.threshold
        shape = shape_of(considered.asked)
        limit = STATEMENTS_OF_A_LIST if answered and shape == "list" else STATEMENTS
        rows = best_sentences(candidates, scores, COMPARED, considered.decision.margin if answered else float("inf"))
        rows = one_of_copies(generation, candidates, rows)
        differing = None
        if answered:
            rows = _as_wished(considered, telling(generation, rows))
        if answered and "disagreement" not in self._without:
            rows, differing = _differing_first(considered, rows, limit)
        citations = self._cited(generation, candidates, rows[:limit], considered.asked if answered else None)
        return Answer(
            question=considered.question,
            language=considered.language,
            statements=state(citations) if answered else (),
            confidence=confidence,
            nearest=() if answered else citations,
            hits=best_hits(generation, candidates, considered.passage_scores),
            understood_as=considered.understood_as,
            shape=shape,
            disagreement=differing,
            timings_ms=considered.watch.timings(),
        )

    @staticmethod
    def _ranked(considered: "_Considered") -> tuple[RankedSentence, ...]:
        return ranked_sentences(considered.generation, considered.candidates, considered.sentence_scores, TRACED)

    def _explanation(self, considered: "_Considered", answer: Answer) -> Explanation:
        ranked = self._ranked(considered)
        shown = [citation.sentence for citation in answer.citations or answer.nearest]
        return Explanation(
            outcome="answered" if not answer.abstained else "unsure" if ranked else "empty",
            threshold=considered.threshold,
            risk=self._settings.risk,
            read=considered.decision is self._calibration.read,
            intercept=considered.decision.intercept,
            signals=considered.decision.signals(considered.evidence),
            best=ranked[0] if ranked else None,
            runner_up=runner_up(ranked, shown),
        )

    def prepare(self, question: str, language: str | None = None, generation: Generation | None = None) -> Question:
        """The question ready for the search: misspelled words corrected, its language, its vector, its words.

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
        of_corpus = generation.languages
        language = language or self._language(text, of_corpus)
        if language in of_corpus:
            text = corrected(text, language, generation, self._embedder.count_tokens)
        return Question(text, language, self._embedder.question(text), question_terms(text, language, of_corpus))

    @staticmethod
    def _language(text: str, of_corpus: Sequence[str | None]) -> str:
        """Among French, English and the corpus's own; where it can't be told, the corpus's most frequent one."""
        codes = [code for code in of_corpus if code]
        return question_language(text, sorted({"fr", "en", *codes}), otherwise=next(iter(codes), "fr"))

    def find_quote(self, quotation: str) -> FoundQuote:
        """Where a quotation comes from, and whether it stands there word for word.

        :raises UsageError: If it is too long, or has no word that tells anything.
        :raises IndexUnusable: If there is no index yet.
        """
        with self._served.reading():
            return find_quote(quotation, self.generation())

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
        """How far an ingest of this index is, whoever started it; None when none is under way.

        A reader is not told where it counts articles that are not for everyone.
        """
        try:
            found = json.loads((self._settings.index / PROGRESS).read_text(encoding="ascii"))
            os.kill(found["process"], 0)
            hidden = found["restricted"] and self._groups is not None
            return None if hidden else Progress(found["done"], found["total"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def sample_questions(self, language: str, count: int = 3) -> list[str]:
        """Questions that this corpus answers: from the questions file, where it belongs to this corpus."""
        with self._served.reading():
            found = list(islice(self._own_questions(language), 40))
        step = max(1, len(found) // count)
        return found[::step][:count]

    def generation(self) -> Generation:
        """The generation in use; a newer one is swapped in when it is ready.

        :raises IndexUnusable: If there is none that can be used.
        """
        generation = self._served.generation()
        return generation if self._groups is None else generation.seen_by(self._groups)

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


def _leans(generation: Generation, candidates: Candidates, wishes: Wishes, today: date) -> np.ndarray:
    """What passages gain with the reader by the days of their articles, shape (passages,)."""
    published = [generation.article_at(passage.article).published for passage in candidates.passages]
    return np.array(leaning(wishes, published, today), np.float32)


def _as_wished(considered: "_Considered", rows: list[SentenceRow]) -> list[SentenceRow]:
    """Of sentences nearly as good as the best, those that the question wishes for first."""
    sentences = [considered.generation.sentence(row) for row in rows]
    places = preferred(considered.asked, considered.wishes, sentences, considered.today)
    return [rows[place] for place in places]


def _differing_first(
    considered: "_Considered", rows: list[SentenceRow], limit: int
) -> tuple[list[SentenceRow], Disagreement | None]:
    """``rows``, best first, with those before them that differ in what they answer, the newest first."""
    known = [row for row in rows if not _is_later(considered, row)]
    sentences = [considered.generation.sentence(row) for row in known]
    groups = [group_of(considered.candidates, row.article) for row in known]
    found = disagreement(considered.asked, sentences, limit, groups)
    if found is None or (considered.wishes.latest and 0 not in found[1]):  # nothing comes before the newest
        return rows, None
    matter, places = found
    differing = [known[place] for place in places]
    return [*differing, *(row for row in rows if row not in differing)], Disagreement(
        matter, tuple(range(1, len(places) + 1))
    )


def _is_later(considered: "_Considered", row: SentenceRow) -> bool:
    published = considered.generation.article_at(row.article).published
    return published is not None and published > considered.today


def _with_copies(generation: Generation, candidates: Candidates, citation: Citation, row: SentenceRow) -> Citation:
    """With the other articles that are copies of the one cited."""
    others = [other for other in candidates.copies.get(row.article, ()) if other != row.article]
    return replace(citation, copies=tuple(map(generation.article_at, others)))


@dataclass(frozen=True, slots=True)
class _Considered:
    """A question up to where an answer is chosen or not."""

    question: str
    #: Where it is not searched for as it was asked.
    understood_as: str | None
    #: As it was searched for.
    asked: str
    #: The day it is asked on.
    today: date
    wishes: Wishes
    language: str
    generation: Generation
    candidates: Candidates
    #: Of shape (sentences,) and (passages,).
    sentence_scores: np.ndarray
    passage_scores: np.ndarray
    decision: Decision
    evidence: Mapping[str, float]
    threshold: float
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
