"""What the assistant answers on a development set, end to end: ``python -m benchmarks.quality [SET …]``.

Every question goes through ``Engine.ask`` as it would from the page; intervals are 95 %, by bootstrap over articles.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from assistant.embedding import load_embedder
from assistant.engine import Engine, open_engine
from assistant.settings import Settings, load_settings
from assistant.types import Answer
from benchmarks.development import Reference, contains_answer, index_of, read_questions

RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Result:
    """One question with what was answered."""

    reference: Reference
    answer: Answer

    @property
    def shown(self) -> list[bool]:
        """For each statement, or nearest sentence of an abstention, whether it holds the answer."""
        citations = self.answer.citations or self.answer.nearest
        return [contains_answer(c.sentence.text, self.reference.answers) for c in citations]

    @property
    def article_rank(self) -> int:
        """Of the first hit in a right article; a large number where there is none."""
        ranks = [h.rank for h in self.answer.hits if h.passage.article.id in self.reference.articles]
        return min(ranks, default=10**6)


def main(names: Sequence[str]) -> None:
    print("| set | figure | value | 95 % interval |\n|---|---|---|---|")
    for name in names:
        results = ask_all(name)
        for figure, measure in FIGURES.items():
            value, low, high = with_interval(results, measure)
            print(f"| {name} | {figure} | {value:.3f} | {low:.3f}–{high:.3f} |")
        milliseconds = sorted(result.answer.timings_ms["total"] for result in results)
        p50, p95 = (milliseconds[int(len(milliseconds) * share)] for share in (0.5, 0.95))
        print(f"| {name} | milliseconds a question, p50 and p95 | {p50:.1f}, {p95:.1f} | |")


def ask_all(name: str, step: int = 1) -> list[Result]:
    """Every ``step``-th question of the set, answered; each citation checked against the stored text."""
    engine = open_engine(load_settings(index=index_of(name, load_embedder(Settings()))))
    return [
        Result(reference, checked(engine, engine.ask(reference.question))) for reference in read_questions(name)[::step]
    ]


def checked(engine: Engine, answer: Answer) -> Answer:
    """
    :raises AssertionError: If a citation is not, character for character, in the stored article.
    """
    for citation in (*answer.citations, *answer.nearest):
        sentence = citation.sentence
        stored = engine.article(sentence.article.id)
        assert stored is not None and stored.text[sentence.start : sentence.end] == sentence.text
    return answer


def article_in_top(k: int) -> Callable[[Sequence[Result]], float]:
    return lambda results: float(np.mean([r.article_rank <= k for r in results if r.reference.answerable]))


def first_right(results: Sequence[Result]) -> float:
    """Of answerable questions with answers marked: the best sentence holds one, shown or offered as nearest."""
    return float(np.mean([r.shown[:1] == [True] for r in _marked(results)]))


def any_right(results: Sequence[Result]) -> float:
    return float(np.mean([any(r.shown) for r in _marked(results)]))


def answered_right(results: Sequence[Result]) -> float:
    """Of the same: answered, and a statement holds an answer; abstaining counts as a failure."""
    return float(np.mean([not r.answer.abstained and any(r.shown) for r in _marked(results)]))


def declined(results: Sequence[Result]) -> float:
    return float(np.mean([float(r.answer.abstained) for r in results if not r.reference.answerable] or [float("nan")]))


def answered(results: Sequence[Result]) -> float:
    return float(np.mean([not r.answer.abstained for r in results if r.reference.answerable]))


def wrong_of_given(results: Sequence[Result]) -> float:
    given = [r for r in results if not r.answer.abstained and (r.reference.answers or not r.reference.answerable)]
    return float(np.mean([float(not (r.reference.answerable and any(r.shown))) for r in given] or [float("nan")]))


def auroc(results: Sequence[Result]) -> float:
    labels = [r.reference.answerable for r in results]
    return float(roc_auc_score(labels, [r.answer.confidence for r in results])) if len(set(labels)) == 2 else np.nan


def statements(results: Sequence[Result]) -> float:
    return float(
        np.mean([float(len(r.answer.statements)) for r in results if not r.answer.abstained] or [float("nan")])
    )


def _marked(results: Sequence[Result]) -> list[Result]:
    return [r for r in results if r.reference.answerable and r.reference.answers]


FIGURES: dict[str, Callable[[Sequence[Result]], float]] = {
    "article in the first hit": article_in_top(1),
    "article in the first five hits": article_in_top(5),
    "first sentence holds the answer": first_right,
    "one of at most three does": any_right,
    "answered, and a statement holds the answer": answered_right,
    "answerable ones answered": answered,
    "unanswerable ones declined": declined,
    "wrong among answers given": wrong_of_given,
    "AUROC of confidence, answerable or not": auroc,
    "statements an answer": statements,
}


def with_interval(
    results: Sequence[Result], measure: Callable[[Sequence[Result]], float]
) -> tuple[float, float, float]:
    """The figure, and its 95 % percentile interval when articles are drawn anew (questions on one hang together)."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(min(result.reference.articles, default=result.reference.id), []).append(result)
    drawn, random = list(groups.values()), np.random.default_rng(0)
    values = []
    for _ in range(RESAMPLES):
        sample = [r for place in random.integers(0, len(drawn), len(drawn)) for r in drawn[place]]
        values.append(measure(sample))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return measure(results), float(low), float(high)


if __name__ == "__main__":
    main(sys.argv[1:] or ["piaf_fr_dev"])
