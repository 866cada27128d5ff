"""``assistant evaluate``: a file of questions into a run folder; runs compared, and measured again."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from assistant.engine import open_engine
from assistant.errors import UsageError
from assistant.evaluation import manifest
from assistant.evaluation.claim import begin_run, claim_run, end_run, in_use
from assistant.evaluation.compare import COMPARED, check_comparable, compare, regressions
from assistant.evaluation.cost import peak_memory, size_on_disk
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.formats import corpus_records, read_questions
from assistant.evaluation.from_feedback import export_feedback
from assistant.evaluation.gates import LATENCIES, Gate, check_gateable, check_gates, check_measured, read_gate
from assistant.evaluation.known_item import known_item_questions
from assistant.evaluation.manifest import Plan
from assistant.evaluation.metrics import sum_up
from assistant.evaluation.options import PROGRAM, mapping, parse
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.progress import shown_progress
from assistant.evaluation.question_files import convert_file, merge_files, print_template, say, validate_files
from assistant.evaluation.records import canonical, change_record
from assistant.evaluation.report import write_report
from assistant.evaluation.rescore import rescore
from assistant.evaluation.resolve import resolve
from assistant.evaluation.results import (
    RunFolder,
    metrics_record,
    read_run,
)
from assistant.evaluation.run import ask_all, corpus_behind, passes
from assistant.evaluation.types import Change, ReferenceQuestion, ResolvedQuestion
from assistant.readable import printable
from assistant.settings import Settings, load_settings

#: Printed after a run.
PRINTED = (*COMPARED, "risk", "coverage@risk5", "verbatim_validity")

#: Invalid questions named before a run.
NAMED = 20


def evaluate(arguments: Sequence[str]) -> int:
    """Run ``assistant evaluate`` with ``arguments``; returns the exit code: 0 fine, 1 a condition does not hold.

    :raises AssistantError: If something goes wrong that can be mended; its ``exit_code`` is 2 for a bad file or wrong
        usage, 3 where no verdict can be given.
    """
    name, options = parse(arguments)
    return _COMMANDS[name](options)


def _evaluate(options: argparse.Namespace) -> int:
    gates = _gates(options)
    settings = _settings(options)
    questions = [] if options.known_item else _questions(options)
    _ingest(options, settings)
    started = time.perf_counter()
    engine = open_engine(settings)
    corpus = corpus_behind(engine)
    opened = time.perf_counter() - started
    if options.known_item:
        questions = known_item_questions(corpus.articles.values())
    resolved = resolve(_selected(questions, options), corpus)
    _tell_invalid(resolved, options.strict)
    plan = Plan(options.seed, options.retrieval_only, options.leave_gold_out, options.variants)
    identity = manifest.identity(resolved, corpus, manifest.of_engine(engine, settings), plan)
    baseline = _baseline(options, identity)
    path = claim_run(options.out, identity, options.resume, options.fresh)
    with in_use(path):
        begin_run(path, identity, manifest.of_file(options.questions), [PROGRAM, *options.arguments])
        if not options.quiet:
            say(f"running in {path}")
        with shown_progress(options.quiet) as report:
            ask_all(path, passes(resolved, engine, plan), corpus, plan, report)
        end_run(path)
        cost = {
            "open_ms": 1000 * opened,
            "peak_rss_mib": peak_memory(),
            "index_mib": size_on_disk(engine.generation().folder),
        }
        return _finish(sum_up(path, cost, options.slice), baseline, gates, options)


def _gates(options: argparse.Namespace) -> list[Gate]:
    if options.max_drop and not options.baseline:
        raise UsageError(f"--max-drop {options.max_drop[0]}: compared with what? Name a run with --baseline")
    return [read_gate(given) for given in options.fail_under] + [read_gate(given, True) for given in options.max_drop]


def _settings(options: argparse.Namespace) -> Settings:
    """Articles that the questions bring get an index of their own, unless one is named."""
    index = options.index
    if options.corpus_from_questions and not index:
        name = sha256(str(Path(options.questions or "").resolve()).encode()).hexdigest()[:12]
        index = Path("runs", "indexes", name)
    settings = load_settings(index=index)
    return replace(settings, reader="") if options.retrieval_only else settings


def _questions(options: argparse.Namespace) -> list[ReferenceQuestion]:
    if options.questions is None:
        raise UsageError(f"no file of questions. Name one, or start one: {PROGRAM} template > questions.csv")
    return read_questions(options.questions, options.format, mapping(options.map))


def _selected(questions: Sequence[ReferenceQuestion], options: argparse.Namespace) -> list[ReferenceQuestion]:
    found = [
        question
        for question in questions
        if options.split in (None, question.split) and (options.only is None or options.only in question.tags)
    ]
    if not found:
        raise UsageError("no question is left to ask. Loosen --split and --only, or name another file")
    return found[: options.limit]


def _ingest(options: argparse.Namespace, settings: Settings) -> None:
    """Read the articles named into the index; those that are there already cost nothing."""
    from assistant.embedding import load_embedder
    from assistant.ingest import ingest

    paths = [options.corpus] if options.corpus else []
    if options.corpus_from_questions:
        settings.index.mkdir(parents=True, exist_ok=True)
        brought = settings.index / "from-questions.jsonl"
        records = corpus_records(options.questions, options.format)
        brought.write_bytes(b"".join(canonical(record) + b"\n" for record in records))
        paths.append(brought)
    if not paths:
        return
    found = ingest(paths, settings.index, load_embedder(settings))
    for refusal in found.refused:
        say(f"refused {refusal.origin}: {refusal.reason}")
    if not options.quiet:
        say(
            f"{settings.index}: {len(found.added) + len(found.changed)} articles read, {len(found.unchanged)} as before"
        )


def _tell_invalid(resolved: Sequence[ResolvedQuestion], strict: bool) -> None:
    invalid = [one for one in resolved if one.invalid]
    for one in invalid[:NAMED]:
        say(f"left out: {one.question.origin}: {one.invalid}")
    if len(invalid) > NAMED:
        say(f"left out: {len(invalid) - NAMED} more; `{PROGRAM} validate` names them all")
    if invalid and strict:
        raise UsageError(f"{len(invalid)} questions have no evidence in the corpus. Mend them, or leave --strict out")
    if len(invalid) == len(resolved):
        raise UsageError("no question has its evidence in this corpus. Name the right --index or --corpus")


def _baseline(options: argparse.Namespace, identity: Mapping[str, Any]) -> RunFolder | None:
    if options.baseline is None:
        return None
    found = read_run(options.baseline)
    if not options.allow_different:
        check_comparable(identity, found)
    return found


def _finish(run: RunFolder, baseline: RunFolder | None, gates: Sequence[Gate], options: argparse.Namespace) -> int:
    """Judge, write everything, print, and tell the exit code."""
    names = [gate.name for gate in gates if gate.name not in LATENCIES] or COMPARED
    changes = compare(run, baseline, list(dict.fromkeys(names)), _seed(run)) if baseline else []
    run = replace(run, gates=check_gates(gates, run, baseline, changes, options.gate))
    write_outputs(run, Shown(options.lang, options.k, options.report), changes, baseline)
    if options.json:
        print(json.dumps({"run": str(run.path)} | metrics_record(run), indent=1))
    elif not options.quiet:
        print(*_table(run, changes), sep="\n")
    check_measured(gates, run, baseline)
    check_gateable(run)
    return 1 if regressions(changes) or not all(gate.passed for gate in run.gates) else 0


def _seed(run: RunFolder) -> int:
    return int(run.manifest["identity"]["plan"]["seed"])


def _table(run: RunFolder, changes: Sequence[Change]) -> Iterator[str]:
    for name in PRINTED:
        figure = run.figures.get(name)
        if figure and figure.value is not None:
            between = "" if figure.low is None else f"{figure.low:.3f} to {figure.high:.3f}"
            yield f"{name:<20} {figure.value:6.3f}   {between:<16} n = {figure.n}"
    yield from _change_lines(changes)
    for gate in run.gates:
        yield f"{'holds ' if gate.passed else 'BROKEN'} {gate.condition}: {gate.message}"
    for why, ids in (run.left_out | {"failed": run.errors}).items():
        if ids:
            yield printable(f"{why}: {', '.join(ids)}")
    yield f"{run.path}: report.html, summary.md, metrics.json"


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    for one in changes:
        better = DIRECTIONS[one.name] * one.difference > 0
        reading = ("better" if better else "WORSE") if one.distinguishable else "not distinguishable"
        yield (
            f"{one.name:<20} {one.baseline:.3f} -> {one.value:.3f} ({one.difference:+.3f},"
            f" {one.low:+.3f} to {one.high:+.3f}, p = {one.p_corrected:.3f}): {reading}"
        )


def _compare(options: argparse.Namespace) -> int:
    baseline, run = read_run(options.baseline), read_run(options.run)
    if not options.allow_different:
        check_comparable(run.manifest["identity"], baseline)
    changes = compare(run, baseline, seed=_seed(run))
    if options.report:
        write_report(run, options.report, options.lang, changes, baseline)
    if options.json:
        print(json.dumps(list(map(change_record, changes)), indent=1))
    else:
        print(*_change_lines(changes), sep="\n")
    return 1 if regressions(changes) else 0


def _rescore(options: argparse.Namespace) -> int:
    gates = _gates(options)
    with in_use(options.run):
        run = rescore(options.run, options.slice)
        return _finish(run, _baseline(options, run.manifest["identity"]), gates, options)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "evaluate": _evaluate,
    "compare": _compare,
    "rescore": _rescore,
    "validate": validate_files,
    "convert": convert_file,
    "template": print_template,
    "merge": merge_files,
    "from-feedback": export_feedback,
}
