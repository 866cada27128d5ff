"""What the assistant answers on the development sets, end to end: ``python -m benchmarks.quality [--afresh] [SET …]``.

Every question goes through ``Engine.ask`` as it would from the page. Vectors and readings are remembered from run to
run (``memory.py``) unless ``--afresh`` is given, which also times the questions. Intervals are 95 %, by bootstrap over
articles; each figure is paired with the last run's, which is kept in ``build/bench/last.json``.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from assistant.calibration import load_calibration
from assistant.embedding import load_embedder
from assistant.engine import Engine, open_engine
from assistant.reader import load_reader
from assistant.settings import Settings, load_settings
from assistant.types import Answer
from benchmarks.development import Kind, Reference
from benchmarks.memory import FILE as MEMORY
from benchmarks.memory import Memory, RememberingEmbedder, RememberingReader, reader_identity
from benchmarks.sets import SETS

LAST = MEMORY.parent / "last.json"
RESAMPLES = 400
#: Share of wrong answers at which coverage is told.
RISK = 0.1


@dataclass(frozen=True, slots=True)
class Result:
    """One question with what was answered: all that the figures need."""

    id: str
    kind: Kind
    about: str
    #: Whether it is known which sentences answer.
    marked: bool
    #: Of the first right article among those that the hits are in; a large number where there is none.
    article_rank: int
    answered: bool
    confidence: float
    #: For each statement, or nearest sentence of an abstention, whether it answers.
    shown: tuple[bool, ...]
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether a sentence shown answers; where it is not known which do, whether the question can be answered."""
        return any(self.shown) if self.marked else self.kind == "answerable"


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.quality")
    options.add_argument("--afresh", action="store_true")
    options.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all of them if none is named")
    given = options.parse_args()
    last = json.loads(LAST.read_text(encoding="utf-8")) if LAST.is_file() else {}
    print("| set | figure | n | value | 95 % interval | since the last run |\n|---|---|---|---|---|---|")
    for name in given.sets or SETS:
        results = ask_all(name, remember=not given.afresh)
        before = {record["id"]: Result(**record | {"shown": tuple(record["shown"])}) for record in last.get(name, ())}
        for row in rows(results, [before.get(result.id) for result in results]):
            print(f"| {name} | {row}", flush=True)
        if given.afresh:
            p50, p95 = np.percentile([result.milliseconds for result in results], [50, 95])
            print(f"| {name} | milliseconds, p50 and p95 | {len(results)} | {p50:.0f}, {p95:.0f} | | |")
        last[name] = [asdict(result) for result in results]
        LAST.parent.mkdir(parents=True, exist_ok=True)
        LAST.write_text(json.dumps(last, ensure_ascii=False), encoding="utf-8")


def ask_all(name: str, step: int = 1, *, remember: bool = False) -> list[Result]:
    """Every ``step``-th question of the set, answered; each citation checked against the stored text."""
    measured = SETS[name]
    engine = _remembering(measured.index) if remember else open_engine(_settings(measured.index(_embedder())))
    return [ask(engine, reference) for reference in measured.references()[::step]]


def ask(engine: Engine, reference: Reference) -> Result:
    answer = engine.ask(reference.question)
    _check(engine, answer)
    found = dict.fromkeys(hit.passage.article.id for hit in answer.hits)
    ranks = [rank for rank, article in enumerate(found, 1) if article in reference.articles]
    return Result(
        id=reference.id,
        kind=reference.kind,
        about=reference.about,
        marked=reference.marked,
        article_rank=min(ranks, default=10**6),
        answered=not answer.abstained,
        confidence=answer.confidence,
        shown=tuple(reference.is_answered_by(c.sentence) for c in answer.citations or answer.nearest),
        milliseconds=answer.timings_ms["total"],
    )


@cache
def _embedder():  # type: ignore[no-untyped-def]
    return load_embedder(Settings())


def _settings(index: Path) -> Settings:
    return load_settings(index=index)


def _remembering(index_of: Callable[..., Path]) -> Engine:
    memory = Memory()
    embedder = RememberingEmbedder(_embedder(), memory)
    settings = _settings(index_of(embedder))
    reader = RememberingReader(cache(lambda: load_reader(settings)), reader_identity(settings), memory)
    return Engine(settings, embedder, load_calibration(), (lambda: reader) if settings.reader else None)


def _check(engine: Engine, answer: Answer) -> None:
    """
    :raises AssertionError: If a citation is not, character for character, in the stored article.
    """
    for citation in (*answer.citations, *answer.nearest):
        sentence = citation.sentence
        stored = engine.article(sentence.article.id)
        assert stored is not None and stored.text[sentence.start : sentence.end] == sentence.text


# --- Figures: of some results, NaN where none counts ------------------------------------------------------

Figure = Callable[[Sequence[Result]], float]


def article_in_top(k: int) -> Figure:
    return lambda results: _share([r.article_rank <= k for r in results if _answerable(r)])


def first_right(results: Sequence[Result]) -> float:
    """Of answerable questions with answers marked: the best sentence holds one, shown or offered as nearest."""
    return _share([r.shown[:1] == (True,) for r in results if _answerable(r) and r.marked])


def any_right(results: Sequence[Result]) -> float:
    return _share([any(r.shown) for r in results if _answerable(r) and r.marked])


def answered_right(results: Sequence[Result]) -> float:
    """Of the same: answered, and a statement holds an answer; abstaining counts as a failure."""
    return _share([r.answered and any(r.shown) for r in results if _answerable(r) and r.marked])


def answered(results: Sequence[Result]) -> float:
    return _share([r.answered for r in results if _answerable(r)])


def declined(kind: Kind) -> Figure:
    return lambda results: _share([not r.answered for r in results if r.kind == kind])


def auroc(kind: Kind) -> Figure:
    """Of the confidence: answerable questions against unanswerable ones of ``kind``."""

    def figure(results: Sequence[Result]) -> float:
        chosen = [r for r in results if r.kind in ("answerable", kind)]
        labels = [_answerable(r) for r in chosen]
        return float(roc_auc_score(labels, [r.confidence for r in chosen])) if len(set(labels)) == 2 else np.nan

    return figure


def wrong_of_given(results: Sequence[Result]) -> float:
    return _share([not r.right for r in results if r.answered])


def coverage(results: Sequence[Result]) -> float:
    """The most that can be answered of all questions, by confidence, with at most RISK of the answers wrong."""
    order = sorted(results, key=lambda r: -r.confidence)
    risks = np.cumsum([not r.right for r in order]) / np.arange(1, len(order) + 1)
    return float(np.flatnonzero(risks <= RISK).max(initial=-1) + 1) / len(order)


def decided_right(results: Sequence[Result]) -> float:
    """Answered with a sentence that answers, or declined with reason."""
    return _share([r.right if r.answered else not _answerable(r) for r in results])


def always_abstaining(results: Sequence[Result]) -> float:
    return _share([not _answerable(r) for r in results])


def statements(results: Sequence[Result]) -> float:
    return _share([len(r.shown) for r in results if r.answered])


def _answerable(result: Result) -> bool:
    return result.kind == "answerable"


def _share(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else np.nan


FIGURES: dict[str, Figure] = {
    "right article first": article_in_top(1),
    "right article in the first five": article_in_top(5),
    "first sentence answers": first_right,
    "one of at most three does": any_right,
    "answered, and a statement answers": answered_right,
    "answerable ones answered": answered,
    "far ones declined": declined("far"),
    "near ones declined": declined("near"),
    "adversarial ones declined": declined("adversarial"),
    "AUROC against far ones": auroc("far"),
    "AUROC against near ones": auroc("near"),
    "AUROC against adversarial ones": auroc("adversarial"),
    "wrong among answers given": wrong_of_given,
    "coverage at 10 % risk": coverage,
    "right decisions": decided_right,
    "right decisions if always abstaining": always_abstaining,
    "statements an answer": statements,
}


def rows(results: Sequence[Result], before: Sequence[Result | None]) -> list[str]:
    """One line a figure that can be told: its value, its interval, and how it differs from before."""
    compared = [(now, then) for now, then in zip(results, before, strict=True) if then]
    found = []
    for name, figure in FIGURES.items():
        value = figure(results)
        if np.isnan(value):
            continue
        low, high = interval(results, figure)
        since = ""
        if compared:
            difference = figure([now for now, _ in compared]) - figure([then for _, then in compared])
            since = f"{difference:+.3f}"
            if difference:
                since += " ({:+.3f} to {:+.3f})".format(*_interval_of_difference(compared, figure))
        found.append(f"{name} | {len(results)} | {value:.3f} | {low:.3f}–{high:.3f} | {since} |")
    return found


def interval(results: Sequence[Result], figure: Figure) -> tuple[float, float]:
    """95 % percentile interval when articles are drawn anew: questions on one hang together."""
    return _percentiles([figure([results[n] for n in sample]) for sample in _samples([r.about for r in results])])


def _interval_of_difference(pairs: Sequence[tuple[Result, Result]], figure: Figure) -> tuple[float, float]:
    samples = _samples([now.about for now, _ in pairs])
    return _percentiles(
        [figure([pairs[n][0] for n in sample]) - figure([pairs[n][1] for n in sample]) for sample in samples]
    )


def _samples(about: Sequence[str]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for place, article in enumerate(about):
        groups.setdefault(article, []).append(place)
    drawn, random = list(groups.values()), np.random.default_rng(0)
    return [
        [place for group in random.integers(0, len(drawn), len(drawn)) for place in drawn[group]]
        for _ in range(RESAMPLES)
    ]


def _percentiles(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
