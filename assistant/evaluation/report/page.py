"""The report as one HTML file that asks for nothing: its style and script stand in it, named by their hashes."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.report import plots, sections
from assistant.evaluation.report.cases import DEPTHS, Case, Group, case_data, grouped_cases, thinned
from assistant.evaluation.report.wording import Wording, wording
from assistant.evaluation.results import FEW, RunFolder
from assistant.evaluation.slices import slices
from assistant.evaluation.types import Change, Scored

#: Bytes of a report, for each question that it is about; one of fewer than 500 may be as large as theirs.
BYTES_A_QUESTION = 2000

_FOLDER = Path(__file__).parent
_DATA = '<script type="application/json" id="data">'

#: Of the texts, those that the script says.
_SCRIPT_TEXTS = str.split(
    "copied copy_failed copy_record dispute elsewhere in_article mark mark_article mark_gold mark_none mark_other "
    "rank retrieved score sentence shown_count"
)


def write_report(
    run: RunFolder, path: Path, language: str, changes: Sequence[Change] = (), baseline: RunFolder | None = None
) -> None:
    """Write the report of ``run`` in ``language`` to ``path``.

    :param changes: Figures against ``baseline``, which the cases are compared with too.
    :raises KeyError: If the report does not speak ``language``.
    """
    # Half a character, which a question may hold, has no bytes.
    path.write_text(_report(run, wording(language), changes, baseline), encoding="utf-8", errors="replace")


def _report(run: RunFolder, words: Wording, changes: Sequence[Change], baseline: RunFolder | None) -> str:
    scored = run.counted
    before = {one.outcome.id: one for one in baseline.counted} if baseline else {}
    by_kind = slices([one.resolved for one in scored], run.articles)
    kinds = [f"{kind}={value}" for kind, values in by_kind.items() for value in values]
    groups = grouped_cases(scored, before, run.articles, _kinds_by_question(by_kind))
    content = {
        "words": words,
        "text": words.text,
        "file": (run.manifest.get("file") or {}).get("name") or run.path.resolve().name,
        "baseline_name": baseline.path.resolve().name if baseline else "",
        "day": date.fromisoformat(run.manifest["started"][:10]) if "started" in run.manifest else None,
        **_inlined("style", "report.css"),
        **_inlined("script", "report.js"),
        **_figures(run, scored, words, changes),
        **_charts(run, scored, list(before.values()), words),
        **_cases(scored, [case for group in groups for case in group.cases]),
        "slice_options": _numbered(kinds),
        "left_out": [one for one in run.scored if one.resolved.invalid or one.resolved.question.disputed],
        "measured": sections.measured(run, words),
        "manifest": list(_flat(run.manifest)),
    }
    return _fitting(run, groups, content, kinds, words)


def _fitting(
    run: RunFolder, groups: Sequence[Group], content: Mapping[str, Any], kinds: Sequence[str], words: Wording
) -> str:
    """The report with as many cases, and as much around them, as there is room for."""
    limit = BYTES_A_QUESTION * max(500, len(run.scored))
    share = 1.0
    while True:
        shown = thinned(groups, share)
        cases = [case for group in shown for case in group.cases]
        missing = sum(group.total for group in groups) - len(cases)
        page = _template().render(content, groups=shown, missing_cases=missing)
        before, tag, behind = page.partition(_DATA)
        report = before + tag + _data(run, cases, kinds, words, limit - _size(page)) + behind
        if _size(report) <= limit or len(cases) <= len(groups):
            return report
        share *= 0.9 * limit / _size(report)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(gauge=plots.gauge, mark=plots.mark, few=FEW, directions=DIRECTIONS)
    return environment.get_template("report.html.j2")


def _inlined(name: str, file: str) -> dict[str, Markup | str]:
    """A file of ours, and its hash as a content security policy names it."""
    content = (_FOLDER / file).read_text(encoding="utf-8")
    digest = b64encode(sha256(content.encode()).digest()).decode()
    return {name: Markup(content), f"{name}_hash": f"sha256-{digest}"}


def _figures(run: RunFolder, scored: Sequence[Scored], words: Wording, changes: Sequence[Change]) -> dict[str, Any]:
    compared = sections.compared(changes, words)
    validity = run.figures.get("verbatim_validity")
    return {
        "counted": scored,
        "gates": sections.gates(run, changes, words),
        "alerts": sections.alerts(run, words),
        "cards": sections.cards(run),
        "all_verbatim": validity is not None and validity.value == 1.0,
        "figures": list(run.figures.values()),
        "figure_groups": sections.figure_groups(run),
        "baselines": sections.baselines(run),
        "compared": compared,
        "changed": {one.change.name: one for one in compared},
        "reach": sections.reach(scored),
    }


def _charts(run: RunFolder, scored: Sequence[Scored], before: Sequence[Scored], words: Wording) -> dict[str, Any]:
    slice_tables = sections.slice_tables(run, words)
    return {
        "waterfall": sections.waterfall(scored),
        "risk_plot": sections.risk_plot(scored, before, words),
        "reliability_plot": sections.reliability_plot(scored, words),
        "slices": [table for table in slice_tables if table.kind != "conversation"],
        "news": sections.news(run, slice_tables),
        "variants": {
            name: sections.compared(changes, words, sections.VARIED) for name, changes in run.variants.items()
        },
        "latency": sections.latency(run.timings, words),
        "costs": sections.costs(run.cost, words),
    }


def _cases(scored: Sequence[Scored], cases: Sequence[Case]) -> dict[str, Any]:
    return {
        "case_count": sum(case.scored.cause is not None for case in cases),
        "states": Counter(case.state for case in cases if case.state),
        "right": [one for one in scored if sections.is_right(one)],
    }


def _kinds_by_question(by_kind: Mapping[str, Mapping[str, Iterable[str]]]) -> dict[str, list[str]]:
    """``kind=value`` of each question, by its id."""
    found: dict[str, list[str]] = {}
    for kind, by_value in by_kind.items():
        for value, ids in by_value.items():
            for id in ids:
                found.setdefault(id, []).append(f"{kind}={value}")
    return found


def _numbered(kinds: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """The values of each kind with their places among ``kinds``."""
    found: dict[str, list[tuple[int, str]]] = {}
    for place, slice in enumerate(kinds):
        kind, _, value = slice.partition("=")
        found.setdefault(kind, []).append((place, value))
    return found


def _flat(manifest: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _data(run: RunFolder, cases: Sequence[Case], kinds: Sequence[str], words: Wording, room: int) -> str:
    """What the script adds, as deep as fits into ``room`` bytes."""
    places = {kind: place for place, kind in enumerate(kinds)}
    texts = {name: words.text[name] for name in _SCRIPT_TEXTS} | {"singular": words.words.singular}
    for depth in DEPTHS:
        data = case_data(cases, run.articles, places, depth) | {"words": texts, "run": run.path.resolve().name}
        written = _embedded(data)
        if _size(written) <= room:
            break
    return written


def _embedded(data: object) -> str:
    """JSON that no parser of HTML or JavaScript can take for anything else."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})
