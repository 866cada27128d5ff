"""A run on one screen of Markdown: a comment on a change, or the summary of a build."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape

from assistant.evaluation.causes import CAUSES
from assistant.evaluation.compare import regressions
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.report.sections import SLICED, baselines, slices
from assistant.evaluation.report.wording import Wording, wording
from assistant.evaluation.results import FEW, RunFolder
from assistant.evaluation.statistics import what_n_can_show
from assistant.evaluation.types import Change, Figure

#: In the order of a question's way: found, cited, said, declined.
SHOWN = (
    "{level}_recall@{k}",
    "citation_f1",
    "verbatim_validity",
    "answer_containment",
    "answer_rate_a",
    "rejection_rate_u",
    "risk",
    "crag",
    "coverage@risk5",
    "auroc_answerable",
)

#: Behind a value of few questions.
MARK = "°"


def summary(
    run: RunFolder,
    language: str,
    changes: Sequence[Change] = (),
    baseline: RunFolder | None = None,
    depths: Sequence[int] = (5,),
) -> str:
    """``depths`` are the cut-offs of recall that are shown."""
    words = wording(language)
    parts = [
        f"## {_verdict(run, changes, words)}",
        "\n".join(_about(run, words)),
        "\n".join(_figures(run, depths, words)),
        "\n".join(_gates(run, words)),
        "\n".join(_changes(changes, baseline, words)),
        "\n".join(_causes(run, words)),
        "\n".join(_variants(run, words)),
        "\n".join(_slices(run, words)),
        _cost(run, words),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(run: RunFolder, changes: Sequence[Change], words: Wording) -> str:
    if failed := sum(not gate.passed for gate in run.gates):
        return words.counted("summary_failed", failed, all=words.number(len(run.gates)))
    if regressions(changes):
        return str(words.text["summary_worse"])
    return str(words.text["summary_passed" if run.gates else "summary_plain"])


def _about(run: RunFolder, words: Wording) -> Iterator[str]:
    yield words.counted(
        "summary_about",
        len(run.counted),
        answerable=words.number(sum(one.resolved.question.answerable for one in run.counted)),
        articles=words.number(run.manifest["identity"]["corpus"]["articles"]),
    )
    names = {one.outcome.id: words.named(one.resolved.question) for one in run.scored}
    for why, ids in (run.left_out | {"errors": run.errors}).items():
        if ids:
            yield words.text[f"summary_{why}"].format(ids=_listed([names[id] for id in ids], words))
    if run.manifest.get("kept"):
        yield words.text["alert_kept"]


def _listed(names: Sequence[str], words: Wording, most: int = 10) -> str:
    more = [words.text["summary_more"].format(n=words.number(len(names) - most))] if len(names) > most else []
    return "; ".join([*map(escaped, names[:most]), *more])


def _figures(run: RunFolder, depths: Sequence[int], words: Wording) -> Iterator[str]:
    rows = baselines(run)
    heads = ["figure", "value", "interval", "count"]
    yield from _head([*(words.text[head] for head in heads), *(words.baselines[name][0] for name in rows)])
    few = False
    for name in _names(depths):
        found = [run.figures, *(run.baselines[row] for row in rows)]
        figures = [one.get(name, Figure(name, None, 0)) for one in found]
        if any(figure.value is not None for figure in figures):
            first = figures[0]
            cells = [_value(figure, words) for figure in figures]
            yield _row([_named(name, words), cells[0], words.range(first), words.number(first.n), *cells[1:]])
            few = few or any(cell.endswith(MARK) for cell in cells)
    if few:
        yield f"\n{words.text['summary_few'].format(few=FEW)}"


def _names(depths: Sequence[int]) -> Iterator[str]:
    for name in SHOWN:
        if "{" in name:
            yield from (name.format(level=level, k=k) for level in ("article", "sentence") for k in depths)
        else:
            yield name


def _named(name: str, words: Wording) -> str:
    return f"{words.name(name)} (`{name}`)"


def _value(figure: Figure | None, words: Wording) -> str:
    if figure is None or figure.value is None:
        return "–"
    return words.value(figure.name, figure.value) + (MARK if figure.n < FEW else "")


def _gates(run: RunFolder, words: Wording) -> Iterator[str]:
    if run.gates:
        yield f"### {words.text['summary_gates']}\n"
    for gate in run.gates:
        mark, word = ("✅", "passed") if gate.passed else ("❌", "failed")
        yield f"- {mark} `{gate.condition}` {words.text[word]}: {gate.message}"


def _changes(changes: Sequence[Change], baseline: RunFolder | None, words: Wording) -> Iterator[str]:
    if baseline is None:
        return
    yield f"### {words.text['summary_changes'].format(baseline=escaped(baseline.path.name))}\n"
    yield from _head([words.text[head] for head in ("figure", "before", "after", "change", "interval", "reading")])
    for one in changes:
        yield _row(
            [
                _named(one.name, words),
                words.value(one.name, one.baseline),
                words.value(one.name, one.value),
                words.difference(one.name, one.difference),
                words.difference_range(one),
                str(words.text[words.reading(one, DIRECTIONS[one.name])]),
            ]
        )
    if n := max((one.n for one in changes), default=0):
        half, change = (words.number(100 * share, 1) for share in what_n_can_show(n))
        shown = {"n": words.number(n), "half": half, "change": change, "same": words.text["same"]}
        yield "\n" + words.text["summary_reach"].format(**shown)


def _causes(run: RunFolder, words: Wording) -> Iterator[str]:
    counts = Counter(one.cause for one in run.counted if one.cause)
    if counts:
        yield f"### {words.text['losses']}\n"
    for cause in CAUSES:
        if counts[cause]:
            yield f"- {words.number(counts[cause])} × {words.causes[cause][0]}"


def _variants(run: RunFolder, words: Wording) -> Iterator[str]:
    if not run.variants:
        return
    names = list(dict.fromkeys(one.name for found in run.variants.values() for one in found))
    yield f"### {words.text['variants']}\n"
    yield from _head(["", *map(words.name, names)])
    for kind, found in run.variants.items():
        by_name = {one.name: one for one in found}
        cells = [words.difference(name, by_name[name].difference) if name in by_name else "–" for name in names]
        yield _row([words.variants.get(kind, kind), *cells])


def _slices(run: RunFolder, words: Wording) -> Iterator[str]:
    if not (told := slices(run, words)):
        return
    yield f"<details><summary>{words.text['slices']}</summary>\n"
    yield from _head(["", "", *map(words.name, SLICED)])
    for kind, by_value in told.items():
        for value, figures in by_value.items():
            cells = [_value(figures.get(name), words) for name in SLICED]
            yield _row([words.slices.get(kind, kind), escaped(words.slice_value(kind, value)), *cells])
    yield "\n</details>"


def _cost(run: RunFolder, words: Wording) -> str:
    total = run.cost["latency_ms"].get("total")
    if not total:
        return ""
    return str(words.text["summary_cost"]).format(
        p50=words.milliseconds(total["p50"]),
        p95=words.milliseconds(total["p95"]),
        memory=words.number(run.cost.get("peak_rss_mib") or 0),
    )


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(cells)
    yield "|" + "---|" * len(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text of a stranger, that no reader of Markdown obeys."""
    return re.sub(r"[\\`*\[\]#!|~@:\r\n]", lambda sign: f"&#{ord(sign[0])};", escape(text))
