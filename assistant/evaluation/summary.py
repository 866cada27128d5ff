"""A run on one screen of Markdown: a comment on a change, or the summary of a build."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from assistant.evaluation.causes import CAUSES
from assistant.evaluation.compare import regressions
from assistant.evaluation.figures import DIRECTIONS
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
BASELINES = ("bm25", "oracle", "always_abstain", "never_abstain", "leave_gold_out")

#: Behind a value of few questions.
MARK = "°"

TEXT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "passed": "Evaluation: every gate holds",
        "failed": "Evaluation: gates that do not hold, {failed} of {gates}",
        "worse": "Evaluation: worse than the baseline",
        "plain": "Evaluation",
        "about": "{counted} questions, {answerable} of them answerable from {articles} articles.",
        "invalid": "Left out, since their evidence is not in the corpus: {ids}.",
        "disputed": "Left out as disputed: {ids}.",
        "errors": "Failed: {ids}.",
        "more": "and {n} more",
        "head": "Figure|Value|95 % interval|Questions",
        "few": "° fewer than {few} questions: no ground for a conclusion.",
        "gates": "Gates",
        "holds": "holds",
        "broken": "does not hold",
        "changes": "Against {baseline}",
        "change_head": "Figure|Before|Now|Difference|95 % interval|Reading",
        "reach": "{n} questions tell a rate of 80 % to within {half} points, and two versions apart from a difference"
        " of {change} points. Less than that is “{same}”, which is not “equal”.",
        "causes": "What went wrong",
        "variants": "Reworded",
        "slices": "By kind of question",
        "cost": "A question takes {p50} (median) to {p95} (95th percentile); {memory} MiB of memory.",
    },
    "fr": {
        "passed": "Évaluation\u00a0: toutes les conditions sont remplies",
        "failed": "Évaluation\u00a0: conditions non remplies, {failed} sur {gates}",
        "worse": "Évaluation\u00a0: moins bien que la version comparée",
        "plain": "Évaluation",
        "about": "{counted} questions, dont {answerable} trouvent réponse dans les {articles} articles.",
        "invalid": "Écartées, car leur preuve n’est pas dans le corpus\u00a0: {ids}.",
        "disputed": "Écartées, car contestées\u00a0: {ids}.",
        "errors": "En erreur\u00a0: {ids}.",
        "more": "et {n} autres",
        "head": "Mesure|Valeur|Intervalle à 95\u00a0%|Questions",
        "few": "° moins de {few} questions\u00a0: n’en concluez rien.",
        "gates": "Conditions",
        "holds": "remplie",
        "broken": "non remplie",
        "changes": "Face à {baseline}",
        "change_head": "Mesure|Avant|Maintenant|Différence|Intervalle à 95\u00a0%|Lecture",
        "reach": "{n} questions donnent une proportion de 80\u00a0% à {half} points près, et distinguent deux versions"
        " à partir d’un écart de {change} points. En deçà, «\u00a0{same}\u00a0» ne veut pas dire «\u00a0égal\u00a0».",
        "causes": "Ce qui n’a pas été",
        "variants": "Écrites autrement",
        "slices": "Par sorte de question",
        "cost": "Une question prend {p50} (médiane) à {p95} (95e centile)\u00a0; {memory} Mio de mémoire.",
    },
}


def summary(
    run: RunFolder,
    language: str,
    changes: Sequence[Change] = (),
    baseline: RunFolder | None = None,
    depths: Sequence[int] = (5,),
) -> str:
    """``depths`` are the cut-offs of recall that are shown."""
    say, text = wording(language), TEXT[language]
    parts = [
        f"## {_verdict(run, changes, text)}",
        "\n".join(_about(run, text)),
        "\n".join(_figures(run, depths, say, text)),
        "\n".join(_gates(run, text)),
        "\n".join(_changes(run, changes, baseline, say, text)),
        "\n".join(_causes(run, say, text)),
        "\n".join(_variants(run, say, text)),
        "\n".join(_slices(run, say, text)),
        _cost(run, say, text),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(run: RunFolder, changes: Sequence[Change], text: Mapping[str, str]) -> str:
    failed = sum(not gate.passed for gate in run.gates)
    if failed:
        return text["failed"].format(failed=failed, gates=len(run.gates))
    if regressions(changes):
        return text["worse"]
    return text["passed"] if run.gates else text["plain"]


def _about(run: RunFolder, text: Mapping[str, str]) -> Iterator[str]:
    counted = run.counted
    yield text["about"].format(
        counted=len(counted),
        answerable=sum(one.resolved.question.answerable for one in counted),
        articles=run.manifest["identity"]["corpus"]["articles"],
    )
    for why, ids in (run.left_out | {"errors": run.errors}).items():
        if ids:
            yield text[why].format(ids=_listed(ids, text))


def _listed(ids: Sequence[str], text: Mapping[str, str], most: int = 10) -> str:
    more = [text["more"].format(n=len(ids) - most)] if len(ids) > most else []
    return ", ".join([*map(escaped, ids[:most]), *more])


def _figures(run: RunFolder, depths: Sequence[int], say: Wording, text: Mapping[str, str]) -> Iterator[str]:
    rows = [name for name in BASELINES if name in run.baselines]
    yield from _head([*text["head"].split("|"), *(say.baselines[name][0] for name in rows)])
    few = False
    for name in _names(depths):
        found = [run.figures, *(run.baselines[row] for row in rows)]
        figures = [one.get(name, Figure(name, None, 0)) for one in found]
        if any(figure.value is not None for figure in figures):
            first = figures[0]
            cells = [_value(figure, say) for figure in figures]
            yield _row([f"{say.name(name)} (`{name}`)", cells[0], say.range(first), str(first.n), *cells[1:]])
            few = few or any(cell.endswith(MARK) for cell in cells)
    if few:
        yield f"\n{text['few'].format(few=FEW)}"


def _names(depths: Sequence[int]) -> Iterator[str]:
    for name in SHOWN:
        if "{" in name:
            yield from (name.format(level=level, k=k) for level in ("article", "sentence") for k in depths)
        else:
            yield name


def _value(figure: Figure | None, say: Wording) -> str:
    if figure is None or figure.value is None:
        return "–"
    return say.value(figure.name, figure.value) + (MARK if figure.n < FEW else "")


def _gates(run: RunFolder, text: Mapping[str, str]) -> Iterator[str]:
    if run.gates:
        yield f"### {text['gates']}\n"
    for gate in run.gates:
        mark, word = ("✅", "holds") if gate.passed else ("❌", "broken")
        yield f"- {mark} `{gate.condition}` {text[word]}: {gate.message}"


def _changes(
    run: RunFolder, changes: Sequence[Change], baseline: RunFolder | None, say: Wording, text: Mapping[str, str]
) -> Iterator[str]:
    if baseline is None:
        return
    yield f"### {text['changes'].format(baseline=escaped(baseline.path.name))}\n"
    yield from _head(text["change_head"].split("|"))
    for one in changes:
        yield _row(
            [
                f"{say.name(one.name)} (`{one.name}`)",
                say.value(one.name, one.baseline),
                say.value(one.name, one.value),
                say.difference(one.name, one.difference),
                f"{say.difference(one.name, one.low)} … {say.difference(one.name, one.high)}",
                str(say.text[say.reading(one, DIRECTIONS[one.name])]),
            ]
        )
    n = max((one.n for one in changes), default=0)
    if n:
        half, change = what_n_can_show(n)
        shown = {"half": say.number(100 * half, 1), "change": say.number(100 * change, 1), "same": say.text["same"]}
        yield "\n" + text["reach"].format(n=n, **shown)


def _causes(run: RunFolder, say: Wording, text: Mapping[str, str]) -> Iterator[str]:
    counts = Counter(one.cause for one in run.counted if one.cause)
    if counts:
        yield f"### {text['causes']}\n"
    for cause in CAUSES:
        if counts[cause]:
            yield f"- {counts[cause]} × {say.causes[cause][0]}"


def _variants(run: RunFolder, say: Wording, text: Mapping[str, str]) -> Iterator[str]:
    if not run.variants:
        return
    names = list(dict.fromkeys(one.name for found in run.variants.values() for one in found))
    yield f"### {text['variants']}\n"
    yield from _head(["", *(say.name(name) for name in names)])
    for kind, found in run.variants.items():
        by_name = {one.name: one for one in found}
        cells = [say.difference(name, by_name[name].difference) if name in by_name else "–" for name in names]
        yield _row([say.variants.get(kind, kind), *cells])


def _slices(run: RunFolder, say: Wording, text: Mapping[str, str]) -> Iterator[str]:
    told = [(kind, by_value) for kind, by_value in run.slices.items() if len(by_value) > 1]
    if not told:
        return
    names = ["article_recall@5", "citation_f1", "answer_containment", "rejection_rate_u"]
    yield f"<details><summary>{text['slices']}</summary>\n"
    yield from _head(["", "", *(say.name(name) for name in names)])
    for kind, by_value in told:
        for value, figures in by_value.items():
            cells = [_value(figures.get(name), say) for name in names]
            yield _row([say.slices.get(kind, kind), escaped(say.slice_value(kind, value)), *cells])
    yield "\n</details>"


def _cost(run: RunFolder, say: Wording, text: Mapping[str, str]) -> str:
    total = run.cost["latency_ms"].get("total")
    if not total:
        return ""
    return text["cost"].format(
        p50=say.milliseconds(total["p50"]),
        p95=say.milliseconds(total["p95"]),
        memory=say.number(run.cost.get("peak_rss_mib") or 0),
    )


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(cells)
    yield "|" + "---|" * len(cells)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text of a stranger, that no reader of Markdown obeys."""
    return re.sub(r"[\\`*\[\]#!|~@:\r\n]", lambda sign: f"&#{ord(sign[0])};", escape(text))
