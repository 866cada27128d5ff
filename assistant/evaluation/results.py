"""The run folder: written line by line while questions are answered, finished by the figures, read back for a report.

::

    manifest.json    what was run, and the hashes of the results
    questions.jsonl  the questions with their evidence as found in the corpus
    results.jsonl    one line a question, in the order of the questions
    timings.jsonl    one line a question, outside every hash
    articles.jsonl   the articles that a report shows
    metrics.json     the figures; written last, so that it is there only in a whole run
    bm25/ oracle/ leave_gold_out/ variants/
                     questions, results and timings of another answerer, or of other questions

Killed anywhere, the results hold whole lines and at most one torn one, which the next run drops.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from assistant.errors import UsageError
from assistant.evaluation.manifest import FORMAT
from assistant.evaluation.records import (
    article_from,
    article_record,
    canonical,
    change_from,
    change_record,
    figures_from,
    figures_record,
    gate_from,
    gate_record,
    part_from,
    part_record,
    resolved_from,
    resolved_record,
    rounded,
    scored_from,
    scored_record,
)
from assistant.evaluation.types import Change, Figure, GateResult, Part, ResolvedQuestion, Scored
from assistant.types import Article

MANIFEST = "manifest.json"
QUESTIONS = "questions.jsonl"
RESULTS = "results.jsonl"
TIMINGS = "timings.jsonl"
ARTICLES = "articles.jsonl"
METRICS = "metrics.json"
OUTPUTS = ("summary.md", "junit.xml", "run.trec", "squad_predictions.json", "na_prob.json", "report.html")

#: Passes besides the questions as they stand, each in a folder of its name.
PASSES = ("bm25", "oracle", "leave_gold_out", "variants")

#: Ranked sentences of a question that a report can show, so that their articles are kept.
SENTENCES = 10

#: Fewer questions than this are no ground for a conclusion.
FEW = 20

#: Results are safe from a power cut at every so many questions; from a kill, at each.
SYNC_EVERY = 25


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A finished run, read back."""

    path: Path
    manifest: dict[str, Any]
    scored: list[Scored]
    figures: dict[str, Figure]
    #: By kind of slice and value.
    slices: dict[str, dict[str, dict[str, Figure]]]
    #: ``always_abstain``, ``never_abstain``, ``bm25``, ``oracle``, ``leave_gold_out``, as far as they were run.
    baselines: dict[str, dict[str, Figure]]
    #: By kind of variant, ``worst`` for the worst of all: against the questions as they stand.
    variants: dict[str, list[Change]]
    #: By id: those that are gold, cited, nearest, or among the five best sentences.
    articles: dict[str, Article] = field(repr=False)
    #: One a question: ``id``, ``ms`` by stage, and ``first`` where it was the first of its process.
    timings: list[dict[str, Any]] = field(repr=False)
    gates: list[GateResult]
    #: Time and memory.
    cost: dict[str, Any]
    #: Where the parts of the assistant were scored on sets of their own besides.
    parts: list[Part] = field(default_factory=list)

    @property
    def counted(self) -> list[Scored]:
        """The questions that the figures are about."""
        return counted(self.scored)

    @property
    def left_out(self) -> dict[str, list[str]]:
        """Ids of the questions that the figures leave out, by why."""
        return {
            "invalid": [s.outcome.id for s in self.scored if s.resolved.invalid],
            "disputed": [s.outcome.id for s in self.scored if s.resolved.question.disputed],
        }

    @property
    def errors(self) -> list[str]:
        """Ids of the questions that failed."""
        return [scored.outcome.id for scored in self.scored if scored.outcome.error]


def counted(scored: Iterable[Scored]) -> list[Scored]:
    """Without what is invalid or disputed."""
    return [s for s in scored if not s.resolved.invalid and not s.resolved.question.disputed]


class ResultLog:
    """The results and timings of one pass, appended and flushed line by line."""

    def __init__(self, results: IO[bytes], timings: IO[bytes], done: int) -> None:
        self._results = results
        self._timings = timings
        #: Questions that are answered already.
        self.done = done

    def add(self, scored: Scored, timing: Mapping[str, Any]) -> None:
        # The timing first: one without a result is dropped on resuming, a result keeps its timing.
        _append(self._timings, timing)
        _append(self._results, scored_record(scored))
        self.done += 1
        if self.done % SYNC_EVERY == 0:
            os.fsync(self._results.fileno())


def _append(file: IO[bytes], record: Mapping[str, Any]) -> None:
    file.write(canonical(record) + b"\n")
    file.flush()


@contextmanager
def open_log(folder: Path, questions: Sequence[ResolvedQuestion]) -> Iterator[ResultLog]:
    """The log of a pass over ``questions``, behind what an interrupted run left.

    :raises UsageError: If what is there are results of other questions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / QUESTIONS, map(resolved_record, questions))
    ids = _keep_whole_lines(folder / RESULTS)
    if ids != [question.question.id for question in questions[: len(ids)]]:
        raise UsageError(f"{folder / RESULTS} holds results of other questions. Use --fresh to start again")
    _keep_whole_lines(folder / TIMINGS, only=set(ids))
    with open(folder / RESULTS, "ab") as results, open(folder / TIMINGS, "ab") as timings:
        yield ResultLog(results, timings, len(ids))
        os.fsync(results.fileno())


def _keep_whole_lines(path: Path, only: set[str] | None = None) -> list[str]:
    """The ids in the file ``path``, whose torn last line, and lines of other ids, are dropped."""
    content = path.read_bytes() if path.exists() else b""
    lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
    kept = {id: line for line in lines if (id := _id_of(line, path)) and (only is None or id in only)}
    if (whole := b"".join(kept.values())) != content:
        _replace(path, whole)
    return list(kept)


def _id_of(line: bytes, path: Path) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: a line is damaged ({error}). Use --fresh to start again") from error


def read_pass(folder: Path) -> list[Scored]:
    """The questions of a pass with what was answered; none where there was no such pass.

    :raises UsageError: If a file is damaged.
    """
    if not (folder / RESULTS).exists():
        return []
    resolved = {question.question.id: question for question in map(resolved_from, read_lines(folder / QUESTIONS))}
    return [scored_from(record, resolved[record["id"]]) for record in read_lines(folder / RESULTS)]


def write_pass(folder: Path, scored: Iterable[Scored]) -> None:
    """Replace the results of a pass."""
    write_lines(folder / RESULTS, map(scored_record, scored))


def read_run(path: Path) -> RunFolder:
    """
    :raises UsageError: If there is no finished run in ``path``, or a file of it is damaged.
    """
    manifest = read_manifest(path)
    if not is_finished(path):
        raise UsageError(f"the run in {path} is unfinished. Run the same command again to finish it")
    metrics = read_json(path / METRICS)
    return RunFolder(
        path=path,
        manifest=manifest,
        scored=read_pass(path),
        figures=figures_from(metrics["figures"]),
        slices={
            kind: {value: figures_from(record) for value, record in by_value.items()}
            for kind, by_value in metrics["slices"].items()
        },
        baselines={name: figures_from(record) for name, record in metrics["baselines"].items()},
        variants={kind: list(map(change_from, changes)) for kind, changes in metrics["variants"].items()},
        articles={article.id: article for article in map(article_from, read_lines(path / ARTICLES))},
        timings=list(read_lines(path / TIMINGS)),
        gates=list(map(gate_from, metrics["gates"])),
        cost=metrics["cost"],
        parts=list(map(part_from, metrics.get("parts", ()))),
    )


def is_finished(path: Path) -> bool:
    """Whether the run in ``path`` is whole: the figures are written last."""
    return (path / METRICS).exists()


def write_metrics(run: RunFolder) -> None:
    write_json(run.path / METRICS, metrics_record(run))


def metrics_record(run: RunFolder) -> dict[str, Any]:
    """What ``metrics.json`` holds. All but ``cost`` is the same for the same results."""
    causes = [scored.cause for scored in run.counted if scored.cause]
    record = {
        "figures": figures_record(run.figures),
        "questions": {
            "asked": len(run.scored),
            "counted": len(run.counted),
            "answerable": sum(scored.resolved.question.answerable for scored in run.counted),
            **run.left_out,
            "errors": run.errors,
        },
        "causes": {cause: causes.count(cause) for cause in sorted(set(causes))},
        "baselines": {name: figures_record(figures) for name, figures in run.baselines.items()},
        "slices": {
            kind: {value: _slice_record(figures) for value, figures in by_value.items()}
            for kind, by_value in run.slices.items()
        },
        "variants": {kind: list(map(change_record, changes)) for kind, changes in run.variants.items()},
        "gates": list(map(gate_record, run.gates)),
        "parts": list(map(part_record, run.parts)),
        "cost": run.cost,
    }
    return dict(rounded(record))


def _slice_record(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: record | {"few": record["n"] < FEW} for name, record in figures_record(figures).items()}


def write_articles(path: Path, passes: Iterable[Sequence[Scored]], articles: Mapping[str, Article]) -> None:
    """Keep the articles that a report shows or a measure looks into, so that neither needs the index."""
    ids = {id for scored in passes for one in scored for id in _articles_of(one)}
    write_lines(path / ARTICLES, (article_record(articles[id]) for id in sorted(ids) if id in articles))


def _articles_of(scored: Scored) -> Iterator[str]:
    yield from scored.resolved.articles
    outcome = scored.outcome
    yield from (span.article for span in (*outcome.citations, *outcome.nearest))
    yield from (span.article for span in outcome.sentences[:SENTENCES])


def result_hashes(path: Path) -> dict[str, str]:
    """SHA-256 of every file that two runs of one identity have in common, by name."""
    folders = (path, *(path / name for name in PASSES))
    found = [folder / name for folder in folders for name in (QUESTIONS, RESULTS, ARTICLES)]
    return {file.relative_to(path).as_posix(): sha256(file.read_bytes()).hexdigest() for file in found if file.exists()}


def read_manifest(path: Path) -> dict[str, Any]:
    """
    :raises UsageError: If ``path`` is no run folder, or that of another version.
    """
    if not (path / MANIFEST).is_file():
        raise UsageError(
            f"{path} is no run folder: it has no {MANIFEST}. Name one such as runs/20250131T120000Z-1a2b3c"
        )
    manifest = read_json(path / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise UsageError(f"{path}: run format {manifest.get('format')}, this program reads {FORMAT}. Run it again")
    return manifest


def read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} cannot be read ({error}). Run the evaluation again") from error


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    text = json.dumps(rounded(record), ensure_ascii=False, indent=1, allow_nan=False)
    _replace(path, text.encode("utf-8", "backslashreplace") + b"\n")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().split(b"\n")
        yield from (json.loads(line) for line in lines if line)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}). Run the evaluation again") from error


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    _replace(path, b"".join(canonical(record) + b"\n" for record in records))


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(content)
    os.replace(aside, path)
