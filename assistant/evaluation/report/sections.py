"""The sections of the report as the template shows them: which figures, in which order, with which chart."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from markupsafe import Markup

from assistant.evaluation import told
from assistant.evaluation.abstention import reliability, risk_coverage
from assistant.evaluation.causes import CAUSES
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.records import rounded
from assistant.evaluation.report import plots
from assistant.evaluation.report.plots import Curve, Point, Tick
from assistant.evaluation.report.wording import COUNTS, Wording
from assistant.evaluation.results import RunFolder
from assistant.evaluation.slices import KINDS
from assistant.evaluation.statistics import what_n_can_show
from assistant.evaluation.types import Change, Figure, GateResult, Part, ReferenceQuestion, Scored

#: What an editor asks first.
CARDS = {
    "right": "answer_containment",
    "found": "article_hit@5",
    "wrong": "risk",
    "silence": "rejection_rate_u",
    "citations": "citation_precision_answered",
}

GROUPS = {
    "answers": ("answer_containment", "risk", "squad2_containment", "quantity_match", "all_facts", "f1", "crag"),
    "citations": ("citation_f1", "citation_precision_lenient", "citation_recall", "verbatim_validity"),
    "silence": ("answer_rate_a", "rejection_rate_u", "coverage@risk5", "auroc_answerable", "ece"),
    "search": ("article_recall@5", "passage_recall@10", "sentence_recall@5", "sentence_ndcg@10"),
}

#: Of what is told besides the sentences.
NEWS = told.MEASURES

#: What of a sentence's ``Told`` is counted.
TOLD = ("answering", "speaker", "times", "copies")

#: In the order of their columns.
BASELINES = ("always_abstain", "never_abstain", "bm25", "oracle", "leave_gold_out")

#: Shown for every slice, where there are values, and for every variant.
SLICED = ("answer_containment", "citation_f1", "rejection_rate_u", "article_recall@5")
VARIED = (*SLICED, "same_citations")

#: Questions left out that are named at once; all of them are at the end of the cases.
NAMED = 5

#: Questions of a run, and the share of them that no article answers.
ENOUGH, ENOUGH_UNANSWERABLE = 200, 0.3

#: What is told of the machine, by its name in the costs of a run.
COSTS = ("open_ms", "first_question_ms", "questions_per_second", "peak_rss_mib", "index_mib")

#: What of the manifest an editor asks for, by the way to it.
MEASURED = {
    "file": ("file", "name"),
    "questions": ("identity", "questions", "count"),
    "articles": ("identity", "corpus", "articles"),
    "model": ("identity", "assistant", "embedder"),
    "program": ("identity", "program", "version"),
    "command": ("command",),
}

#: The risk of fewer questions than this share is a matter of luck.
DRAWN = 0.05

#: Numbers of questions to compare this one with.
ROUND = (100, 200, 500, 1000)

_BINS = 30
_SHORTEST = 0.1  # milliseconds, on a scale that cannot show none

Times = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition in words."""

    result: GateResult
    #: Name of its figure; empty where it is about none.
    name: str
    asked: str
    found: str


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its chart."""

    figure: Figure
    chart: Markup
    #: Values of the baselines, in the order of ``BASELINES``; None where one has none, "=" where it is the same.
    others: tuple[float | Literal["="] | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Questions that got lost for one cause; or all of them, or those that did not."""

    name: str
    n: int
    share: float
    chart: Markup


@dataclass(frozen=True, slots=True)
class Slice:
    kind: str
    #: Names of the figures shown.
    names: tuple[str, ...]
    #: Value → a row a figure, in the order of ``names``; None where there is no value.
    rows: Mapping[str, tuple[Row | None, ...]]


@dataclass(frozen=True, slots=True)
class News:
    """What is told besides the sentences, and how well the parts that tell it do on sets of their own."""

    rows: list[Row]
    #: Sentences shown, those of them that have what ``TOLD`` names, and answers that tell of a disagreement.
    counts: Mapping[str, int]
    #: Follow-up questions beside the others; None where there are none.
    conversation: Slice | None
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    median: float
    p95: float
    longest: float
    chart: Markup


@dataclass(frozen=True, slots=True)
class Latency:
    #: Powers of ten from one end of the scale to the other, in milliseconds.
    decades: tuple[float, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    change: Change
    reading: str
    chart: Markup


def gates(run: RunFolder, changes: Sequence[Change], words: Wording) -> list[Gate]:
    """The conditions in words; those on what is no figure as they were told."""
    changed = {change.name: change for change in changes}
    return [_gate(result, run, changed, words) for result in run.gates]


def alerts(run: RunFolder, words: Wording) -> list[str]:
    """What a reader must know before believing a figure."""
    scored = run.counted
    unanswerable = sum(not one.resolved.question.answerable for one in scored) / max(1, len(scored))
    left_out = {
        "invalid": [one.resolved.question for one in run.scored if one.resolved.invalid],
        "disputed": [one.resolved.question for one in run.scored if one.resolved.question.disputed],
    }
    found = {
        "alert_verbatim": sum(one.measures.get("verbatim_validity", 1.0) not in (None, 1.0) for one in scored),
        "alert_errors": sum(one.outcome.error is not None for one in scored),
        "alert_invalid": len(left_out["invalid"]),
        "alert_disputed": len(left_out["disputed"]),
        "alert_few": len(scored) if len(scored) < ENOUGH else 0,
    }
    names = {f"alert_{why}": _listed(questions, words) for why, questions in left_out.items()}
    said = [words.counted(key, n, names=names.get(key, "")) for key, n in found.items() if n]
    if unanswerable < ENOUGH_UNANSWERABLE:
        said.append(words.text["alert_unanswerable"].format(share=words.share(unanswerable)))
    if run.manifest.get("kept"):
        said.append(words.text["alert_kept"])
    return said


def _listed(questions: Sequence[ReferenceQuestion], words: Wording) -> str:
    more = ["…"] if len(questions) > NAMED else []
    return "; ".join([words.named(question) for question in questions[:NAMED]] + more)


def cards(run: RunFolder) -> dict[str, Figure]:
    """The figures of the first screen; articles found only where of most questions no right answer is known."""
    shown = {card: run.figures[name] for card, name in CARDS.items() if _has_value(run.figures, name)}
    if {"right", "found"} <= shown.keys() and 2 * shown["right"].n > shown["found"].n:
        del shown["found"]
    return shown


def figure_groups(run: RunFolder) -> dict[str, list[Row]]:
    groups = {
        group: [_row(run, run.figures[name]) for name in names if _has_value(run.figures, name)]
        for group, names in GROUPS.items()
    }
    return {group: rows for group, rows in groups.items() if rows}


def baselines(run: RunFolder) -> tuple[str, ...]:
    return tuple(name for name in BASELINES if run.baselines.get(name))


def waterfall(scored: Sequence[Scored]) -> list[Step]:
    """All questions, those lost for each cause in the order of decision, and those that are left."""
    total = len(scored)
    lost = Counter("right" if is_right(one) else one.cause or "unjudged" for one in scored)
    steps = [_step("all", total, total, 0, "whole")]
    left = total
    for cause in (*CAUSES, "unjudged"):
        if lost[cause]:
            left -= lost[cause]
            steps.append(_step(cause, lost[cause], total, left, "lost"))
    return [*steps, _step("right", left, total, 0, "right")]


def is_right(scored: Scored) -> bool:
    """Whether the outcome is right, rather than wrong or not to be judged."""
    return scored.cause is None and scored.measures.get("right") == 1.0


def slices(run: RunFolder, words: Wording) -> dict[str, dict[str, Mapping[str, Figure]]]:
    """By kind, values in the order of their names, then by questions; a kind with one value only is left out."""
    order = {key: place for place, key in enumerate(words.slice_values)}

    def place(kind: str, value: str, figures: Mapping[str, Figure]) -> tuple[int, int]:
        return order.get(f"{kind}={value}", -1), -sum(figure.n for figure in figures.values())

    return {
        kind: dict(sorted(by_value.items(), key=lambda row: place(kind, *row)))
        for kind in KINDS
        if len(by_value := run.slices.get(kind, {})) > 1
    }


def slice_tables(run: RunFolder, words: Wording) -> list[Slice]:
    return [_slice(run, kind, by_value) for kind, by_value in slices(run, words).items()]


def news(run: RunFolder, tables: Iterable[Slice]) -> News | None:
    """None where nothing is told, no question follows others, and no part was scored.

    :param tables: Those of the slices.
    """
    outcomes = [one.outcome for one in run.counted]
    sentences = [one for outcome in outcomes for one in outcome.told]
    counts = {name: sum(bool(getattr(one, name)) for one in sentences) for name in TOLD}
    counts["disagreement"] = sum(outcome.disagreement is not None for outcome in outcomes)
    conversation = next((table for table in tables if table.kind == "conversation"), None)
    if not any(counts.values()) and conversation is None and not run.parts:
        return None
    rows = [_row(run, run.figures[name]) for name in NEWS if _has_value(run.figures, name)]
    return News(rows, {"sentences": len(sentences)} | counts, conversation, run.parts)


def latency(timings: Sequence[Mapping[str, Any]], words: Wording) -> Latency | None:
    """Milliseconds by stage, in the order of their names; the first question, which warms everything up, apart."""
    warm = [one["ms"] for one in timings if not one["first"]]
    names = dict.fromkeys(stage for ms in warm for stage in ms)
    times = {stage: np.array([ms[stage] for ms in warm if stage in ms]) for stage in names}
    every = np.concatenate([*times.values(), []]).clip(_SHORTEST)
    if not len(every):
        return None
    first, last = plots.decades(float(every.min()), float(every.max()))
    order = {stage: place for place, stage in enumerate(words.stages)}
    in_order = sorted(times, key=lambda stage: order.get(stage, -1))
    return Latency(
        tuple(10.0**power for power in range(first, last + 1)),
        tuple(_stage(stage, times[stage], first, last) for stage in in_order),
    )


def costs(cost: Mapping[str, Any], words: Wording) -> list[str]:
    """What the run took besides the time of a question, one sentence each."""
    known = [(key, cost[key]) for key in COSTS if cost.get(key) is not None]
    return [
        words.text[key].format(value=words.milliseconds(value) if key.endswith("_ms") else words.amount(value))
        for key, value in known
    ]


def reach(scored: Sequence[Scored]) -> list[tuple[str, int, float, float]]:
    """What this many questions can show, and what others could: label, questions, half an interval, change seen."""
    answerable = sum(one.resolved.question.answerable for one in scored)
    here = {"here": len(scored), "answerable": answerable, "unanswerable": len(scored) - answerable}
    rows = [*here.items(), *(("other", n) for n in ROUND if n != len(scored))]
    return [(label, n, *what_n_can_show(n)) for label, n in rows if n]


def compared(changes: Iterable[Change], words: Wording, names: Iterable[str] | None = None) -> list[Compared]:
    """Changes with their reading; those in ``names``, or all. Shares are on one scale, counts on another."""
    kept = [change for change in changes if names is None or change.name in names]
    return [_compared(change, _reach(change, kept), words) for change in kept]


def measured(run: RunFolder, words: Wording) -> list[tuple[str, str]]:
    """What was measured, as far as it is known: label and value."""
    found = {"folder": run.path.resolve().name} | {name: _at(run.manifest, path) for name, path in MEASURED.items()}
    thresholds = sorted({words.number(one.outcome.threshold, 2) for one in run.counted})
    found["threshold"] = ", ".join(thresholds) or None
    return [
        (words.text[f"measured_{name}"], _plain(value, words)) for name, value in found.items() if value is not None
    ]


def _at(nested: Any, path: Iterable[str]) -> Any:
    for name in path:
        nested = (nested or {}).get(name)
    return nested


def _plain(value: Any, words: Wording) -> str:
    if isinstance(value, list):  # a command, whose name is two words
        return " ".join([value[0], shlex.join(value[1:])])
    return words.number(value) if isinstance(value, int) else str(value)


# --- Plots of confidence --------------------------------------------------------------------------------


def risk_plot(scored: Sequence[Scored], before: Sequence[Scored], words: Wording) -> tuple[Markup, list[Point]] | None:
    """Risk over coverage, with the threshold in use as a dot, and the curve of the baseline; with its values."""
    curve = _drawn(scored)
    answered = [one for one in scored if not one.outcome.abstained]
    if len(curve) < 2:
        return None
    coverage = len(answered) / len(scored)
    risk = _risk_at(curve, coverage)
    lines = [Curve("now", curve), *([Curve("before", _drawn(before))] if before else [])]
    top = plots.top_tick(max(risk for line in lines for _, risk in line.points))
    drawing = plots.plot(
        "risk",
        words.text["risk_title"],
        words.text["risk_description"].format(coverage=words.share(coverage), risk=words.share(risk)),
        (
            (words.text["risk_across"], _percent_ticks(1.0, words)),
            (words.text["risk_up"], _percent_ticks(top, words)),
        ),
        lines,
        [Curve("now", [(coverage, risk)])] if answered else [],
    )
    return drawing, [(share / 10, _risk_at(curve, share / 10)) for share in range(1, 11)]


def reliability_plot(scored: Sequence[Scored], words: Wording) -> tuple[Markup, list[tuple[float, float, int]]] | None:
    """Success observed over confidence announced, in groups of equal size; with its values."""
    groups = reliability(scored)
    if not groups:
        return None
    ticks = [Tick(value, words.number(value, 1)) for value in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    drawing = plots.plot(
        "reliability",
        words.text["reliability_title"],
        words.text["reliability_description"],
        (
            (words.text["reliability_across"], ticks),
            (words.text["reliability_up"], _percent_ticks(1.0, words)),
        ),
        [Curve("ideal", [(0, 0), (1, 1)]), Curve("now", [(confidence, right) for confidence, right, _ in groups])],
        [Curve("now", [(confidence, right) for confidence, right, _ in groups])],
    )
    return drawing, groups


def _drawn(scored: Sequence[Scored]) -> list[Point]:
    return [point for point in risk_coverage(scored) if point[0] >= DRAWN]


def _risk_at(curve: Sequence[Point], coverage: float) -> float:
    """Risk of the first point of the curve that covers as much."""
    return next((risk for share, risk in curve if share >= coverage - 1e-9), curve[-1][1])


def _percent_ticks(top: float, words: Wording) -> list[Tick]:
    return [Tick(top * quarter / 4, words.share(top * quarter / 4, 0 if top > 0.1 else 1)) for quarter in range(5)]


# --- Gates ----------------------------------------------------------------------------------------------

_CONDITION = re.compile(r"(?P<kind>fail-under|max-drop) (?P<name>[\w@]+)=(?P<bound>[-\d.e]+)")


def _gate(result: GateResult, run: RunFolder, changed: Mapping[str, Change], words: Wording) -> Gate:
    match = _CONDITION.fullmatch(result.condition)
    name = match["name"] if match else ""
    if not match or name not in run.figures:
        return Gate(result, words.name(name), "", result.message)
    bound, figure = float(match["bound"]), run.figures[name]
    value = words.value(name, figure.value)
    if match["kind"] == "fail-under":
        key = "at_least" if DIRECTIONS[name] > 0 else "at_most"
        asked = words.text[key].format(value=words.value(name, bound))
        if not result.passed and figure.value is not None and DIRECTIONS[name] * (figure.value - bound) >= 0:
            asked = words.text["worse_end"].format(asked=asked)
        return Gate(result, words.name(name), asked, f"{value} ({words.range(figure)})")
    asked = words.text["loss_at_most"].format(value=words.difference(name, bound).lstrip("+"))
    change = changed.get(name)
    return Gate(result, words.name(name), asked, f"{words.value(name, change.baseline)} → {value}" if change else value)


# --- Rows -----------------------------------------------------------------------------------------------


def _has_value(figures: Mapping[str, Figure], name: str) -> bool:
    return name in figures and figures[name].value is not None


def _interval(figure: Figure) -> tuple[float, float] | None:
    return None if figure.low is None or figure.high is None else (figure.low, figure.high)


def _axis(name: str) -> tuple[float, float]:
    return (-1.0, 1.0) if name.startswith("crag") else (0.0, 1.0)


def _row(run: RunFolder, figure: Figure) -> Row:
    others = {name: run.baselines.get(name, {}).get(figure.name) for name in BASELINES}
    values = {name: rounded(other.value) for name, other in others.items() if other and other.value is not None}
    differing = {name: value for name, value in values.items() if value != rounded(figure.value)}
    chart = plots.dots(_axis(figure.name), figure.value, _interval(figure), differing)
    told = tuple(differing.get(name, "=" if name in values else None) for name in baselines(run))
    return Row(figure, chart, told)


def _slice(run: RunFolder, kind: str, by_value: Mapping[str, Mapping[str, Figure]]) -> Slice:
    names = tuple(name for name in SLICED if any(_has_value(figures, name) for figures in by_value.values()))
    return Slice(
        kind,
        names,
        {
            value: tuple(_bar(run, figures[name]) if _has_value(figures, name) else None for name in names)
            for value, figures in by_value.items()
        },
    )


def _compared(change: Change, reach: float, words: Wording) -> Compared:
    reading = words.reading(change, DIRECTIONS.get(change.name, 1))
    chart = plots.difference(reach, change.difference, (change.low, change.high), reading)
    return Compared(change, reading, chart)


def _reach(change: Change, changes: Iterable[Change]) -> float:
    """How far differences of its unit go."""
    alike = [other for other in changes if (other.name in COUNTS) == (change.name in COUNTS)]
    return max(abs(end) for other in alike for end in (other.low, other.high)) or 1.0


def _step(name: str, n: int, total: int, start: int, style: str) -> Step:
    return Step(name, n, n / max(1, total), plots.step(total, start, n, f"bar {style}"))


def _bar(run: RunFolder, figure: Figure) -> Row:
    assert figure.value is not None
    overall = run.figures[figure.name].value if figure.name in run.figures else None
    return Row(figure, plots.bar(_axis(figure.name), figure.value, _interval(figure), overall))


def _stage(name: str, times: Times, first: int, last: int) -> Stage:
    counts, _ = np.histogram(np.log10(times.clip(_SHORTEST)), bins=_BINS, range=(first, last))
    median, p95 = (float(value) for value in np.percentile(times, (50, 95)))
    marks = [(np.log10(max(value, _SHORTEST)) - first) / (last - first) for value in (median, p95)]
    chart = plots.histogram(counts.tolist(), last - first, marks)
    return Stage(name, median, p95, float(times.max()), chart)
