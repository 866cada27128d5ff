"""The answers of a run summed up: its figures, by slice, beside the baselines, and how rewording changes them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.evaluation.compare import COMPARED, changes
from assistant.evaluation.cost import latencies
from assistant.evaluation.figures import DIRECTIONS, always_abstain, figures, never_abstain
from assistant.evaluation.records import article_from
from assistant.evaluation.results import (
    ARTICLES,
    TIMINGS,
    RunFolder,
    counted,
    read_lines,
    read_manifest,
    read_pass,
)
from assistant.evaluation.run import RETRIEVAL
from assistant.evaluation.slices import slices
from assistant.evaluation.types import Change, Scored
from assistant.evaluation.variants import VARIANTS
from assistant.types import Article

#: What rewording a question may change, besides what is cited (``same_citations``).
REWORDED = ("article_recall@5", "citation_f1", "answer_containment", "answer_rate_a", "rejection_rate_u", "crag")

#: What is told of each slice.
SLICED = (*COMPARED, "squad2_containment", "risk")

#: Intervals of slices and baselines are read by eye: fewer resamples will do.
RESAMPLES = 1000

#: By kind of slice and value.
Groups = dict[str, dict[str, list[Scored]]]


def sum_up(path: Path, cost: Mapping[str, Any], kinds: Sequence[str] = ()) -> RunFolder:
    """The run in ``path``, all of whose questions are answered.

    :param cost: What was measured besides the timings.
    :param kinds: Of slices; all of them if empty.
    """
    manifest = read_manifest(path)
    plan = manifest["identity"]["plan"]
    seed = plan["seed"]
    names = [name for name in DIRECTIONS if not plan["retrieval_only"] or name.startswith(RETRIEVAL)]
    sliced = [name for name in names if name in SLICED]
    scored = read_pass(path)
    usable = counted(scored)
    articles = {article.id: article for article in map(article_from, read_lines(path / ARTICLES))}
    timings = list(read_lines(path / TIMINGS))
    return RunFolder(
        path=path,
        manifest=manifest,
        scored=scored,
        figures=figures(usable, seed, names=names),
        slices={
            kind: {value: figures(group, seed, RESAMPLES, sliced) for value, group in groups.items()}
            for kind, groups in _groups(usable, articles).items()
            if not kinds or kind in kinds
        },
        baselines={
            name: figures(rows, seed, RESAMPLES, names)
            for name, rows in _baselines(path, usable, articles, plan["retrieval_only"]).items()
        },
        variants=_variants(usable, counted(read_pass(path / "variants")), seed),
        articles=articles,
        timings=timings,
        gates=[],
        cost=latencies(timings) | dict(cost),
    )


def _groups(scored: Sequence[Scored], articles: Mapping[str, Article]) -> Groups:
    by_id = {one.outcome.id: one for one in scored}
    found = slices([one.resolved for one in scored], articles)
    return {
        kind: {value: [by_id[id] for id in ids] for value, ids in by_value.items()} for kind, by_value in found.items()
    }


def _baselines(
    path: Path, scored: Sequence[Scored], articles: Mapping[str, Article], retrieval_only: bool
) -> dict[str, list[Scored]]:
    """The answers of each baseline; with the evidence hidden, beside those to the same questions as they stand."""
    rows = {name: counted(read_pass(path / name)) for name in ("bm25", "oracle")}
    if not retrieval_only:
        trivial = {"always_abstain": always_abstain(scored, articles), "never_abstain": never_abstain(scored, articles)}
        rows = trivial | rows
    hidden = counted(read_pass(path / "leave_gold_out"))
    rows["leave_gold_out"] = [one for one in scored if one.resolved.gold] + hidden if hidden else []
    return {name: rows for name, rows in rows.items() if rows}


def _variants(scored: Sequence[Scored], reworded: Sequence[Scored], seed: int) -> dict[str, list[Change]]:
    """By kind of variant: what it changes. ``worst`` takes, figure by figure, the worst of a question's variants."""
    originals = {one.outcome.id: _with_citations(one, one) for one in scored}
    pairs: dict[str, list[tuple[Scored, Scored]]] = defaultdict(list)
    for one in reworded:
        original = originals[str(one.resolved.question.variant_of)]
        kind = one.outcome.id.removeprefix(f"{original.outcome.id}~")
        pairs[kind].append((original, _with_citations(one, original)))
    if len(pairs) > 1:
        pairs["worst"] = _worst([pair for of_kind in pairs.values() for pair in of_kind])
    return {
        kind: changes(pairs[kind], (*REWORDED, "same_citations"), seed)
        for kind in (*VARIANTS, "worst")
        if kind in pairs
    }


def _with_citations(scored: Scored, original: Scored) -> Scored:
    """Measured for whether it cites the same as ``original``, or abstains as it does."""
    same = _places(scored) == _places(original)
    return replace(scored, measures={**scored.measures, "same_citations": float(same)})


def _places(scored: Scored) -> set[tuple[str, int, int]]:
    return {(cited.article, cited.start, cited.end) for cited in scored.outcome.citations}


def _worst(pairs: Sequence[tuple[Scored, Scored]]) -> list[tuple[Scored, Scored]]:
    of_question: dict[str, list[tuple[Scored, Scored]]] = defaultdict(list)
    for original, variant in pairs:
        of_question[original.outcome.id].append((original, variant))
    return [(found[0][0], _worst_of([variant for _, variant in found])) for found in of_question.values()]


def _worst_of(variants: Sequence[Scored]) -> Scored:
    """One that has the worst value of each measure."""
    worst: dict[str, float | None] = {}
    for name in (*REWORDED, "same_citations"):
        values = [value for one in variants if (value := one.measures.get(name)) is not None]
        direction = DIRECTIONS.get(name, 1)
        worst[name] = direction * min(direction * value for value in values) if values else None
    return replace(variants[0], measures=worst)
