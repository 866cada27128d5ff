"""What no figure may fall below: ``make evaluate``, or ``python -m benchmarks.floors [SET …]``.

Each set is asked by ``assistant evaluate`` into ``build/evaluation/SET``, with its floors in ``floors.toml`` as gates.

Behind the shipped set the parts that read news are scored on the halves of their labelled sets that are held out, and
added to its report; their floors are those of the set ``news``. The exit code is 1 where a floor does not hold, where
a set is not the one that its floors were set on, and where a floor was lowered, in this checkout or in any commit of
this branch, without a written reason.
"""

import math
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from assistant.embedding import load_embedder
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.command import evaluate
from assistant.evaluation.compare import COMPARED
from assistant.evaluation.figures import DIRECTIONS
from assistant.evaluation.formats import read_questions
from assistant.evaluation.gates import TOLERANCE, Gate, read_gate
from assistant.evaluation.outputs import Shown, write_outputs
from assistant.evaluation.questions import write_native
from assistant.evaluation.results import read_run
from assistant.evaluation.types import Figure, GateResult, Part
from assistant.ingest import ingest
from assistant.settings import Settings
from benchmarks import news
from benchmarks.development import INDEXES, SHARED

ROOT = Path(__file__).parent.parent
FILE = ROOT / "benchmarks" / "floors.toml"
RUNS = ROOT / "build" / "evaluation"

#: The figures that a floor is proposed for.
GATED = (*COMPARED, "auroc_answerable", "risk", "verbatim_validity", "grounded_chars")


@dataclass(frozen=True, slots=True)
class GatedSet:
    """Questions, and the articles that they are about."""

    name: str
    questions: Path
    corpus: Path


SHIPPED = GatedSet("shipped", ROOT / "corpus" / "questions.jsonl", ROOT / "corpus" / "articles")
SETS = (
    SHIPPED,
    *(
        GatedSet(name, SHARED / name / "questions.jsonl", SHARED / name / "corpus.jsonl")
        for name in ("piaf_fr_dev", "orangesum_news_fr_2016_2018")
    ),
)

#: The labelled sets of the parts that read news, scored behind the shipped set.
NEWS = GatedSet("news", news.DATA, news.CORPUS)


@dataclass(frozen=True, slots=True)
class Floors:
    """What is asked of one set, and the fingerprints of what it was when that was written."""

    questions: str
    corpus: str
    #: By figure: the least it may be; of one that is better when lower, the most.
    values: Mapping[str, float]

    @property
    def gates(self) -> list[Gate]:
        """
        :raises UsageError: If there is no such figure.
        """
        return [read_gate(f"{name}={value}") for name, value in self.values.items()]


@dataclass(frozen=True, slots=True)
class Lowered:
    """A floor that was made worse on purpose."""

    name: str
    figure: str
    before: float
    #: None where it is not asked any more.
    after: float | None


@dataclass(frozen=True, slots=True)
class FloorsFile:
    """``floors.toml``, of now or of a commit."""

    sets: Mapping[str, Floors]
    lowered: Sequence[Lowered] = ()


# --- The file and its history ------------------------------------------------------------------------


def read_floors(text: str) -> FloorsFile:
    """
    :raises UsageError: If ``text`` is not in the form that ``floors.toml`` describes at its top.
    """
    try:
        tables = tomllib.loads(text)
        lowered = [_lowered(entry) for entry in tables.pop("lowered", [])]
        sets = {
            name: Floors(table["questions"], table["corpus"], {k: float(v) for k, v in table["floors"].items()})
            for name, table in tables.items()
        }
    except KeyError as error:
        raise UsageError(f"floors.toml: {error} is missing. Its top says what must be there") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"floors.toml: {error}. Its top says what must be there") from error
    return FloorsFile(sets, lowered)


def _lowered(entry: Mapping[str, Any]) -> Lowered:
    if not str(entry["reason"]).strip() or not isinstance(entry["date"], date):
        raise ValueError(f"{entry['figure']} of {entry['set']} was lowered without a reason or a date")
    after = entry.get("to")
    return Lowered(
        str(entry["set"]), str(entry["figure"]), float(entry["from"]), None if after is None else float(after)
    )


def earlier_floors(file: Path) -> list[FloorsFile]:
    """What ``file`` was in each commit of this branch that changed it, oldest first; without those that cannot be read.

    :raises UsageError: If there is no history to look at, or only the end of it.
    """
    try:
        if _git(file, "rev-parse", "--is-shallow-repository").strip() == "true":
            raise UsageError("this clone has the last commits only. Fetch the others: git fetch --unshallow")
        log = ("log", "--first-parent", "--diff-filter=AM", "--reverse", "--format=%H")
        commits = _git(file, *log, "--", file.name).split()
        texts = [_git(file, "show", f"{commit}:./{file.name}") for commit in commits]
    except (OSError, subprocess.CalledProcessError):
        raise UsageError("there is no git history here") from None
    found = []
    for text in texts:
        with suppress(UsageError):
            found.append(read_floors(text))
    return found


def _git(file: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=file.parent, capture_output=True, encoding="utf-8", check=True)
    return ran.stdout


def silently_lowered(versions: Sequence[FloorsFile]) -> list[str]:
    """A sentence on each floor that got worse, or went, between two versions, where the last one gives no reason."""
    reasons = versions[-1].lowered
    return [
        f"{step.name}: {step.figure} went from {step.before:g} to {'nothing' if step.after is None else step.after}"
        " without a reason. Raise it again, or write an entry [[lowered]]"
        for old, new in pairwise(versions)
        for step in _worsened(old, new)
        if not any(_covers(reason, step) for reason in reasons)
    ]


def _worsened(old: FloorsFile, new: FloorsFile) -> Iterator[Lowered]:
    for name, floors in old.sets.items():
        now = new.sets[name].values if name in new.sets else {}
        for figure, before in floors.values.items():
            after = now.get(figure)
            if after is None or _is_worse(figure, after, before):
                yield Lowered(name, figure, before, after)


def _covers(reason: Lowered, step: Lowered) -> bool:
    """Whether ``reason`` is about a step from at least as good a floor to one at least as bad."""
    if (reason.name, reason.figure) != (step.name, step.figure) or _is_worse(step.figure, reason.before, step.before):
        return False
    return reason.after is None or (step.after is not None and not _is_worse(step.figure, step.after, reason.after))


def _is_worse(figure: str, value: float, than: float) -> bool:
    return DIRECTIONS.get(figure, 1) * (value - than) < 0


# --- A set -------------------------------------------------------------------------------------------


def gate(one: GatedSet, floors: Floors | None) -> int:
    """Ask a set and hold it to its floors; returns 0 where all is well, else 1.

    :raises AssistantError: If it cannot be asked, or its figures tell nothing.
    """
    run = RUNS / one.name
    gates = [f"--fail-under={gate.name}={gate.bound}" for gate in (floors.gates if floors else ())]
    code = evaluate([str(_alone(one)), f"--index={_index(one)}", f"--out={run}", "--fresh", *gates])
    return _held(one, floors, propose(one, floors, read_run(run).figures), code)


def gate_parts(floors: Floors | None) -> int:
    """Score the parts that read news, add them to the report of the shipped set, and hold them to their floors.

    Returns 0 where all is well, else 1.
    """
    engine = news.sample_engine()
    parts = [news.measured(part, held_out=True, engine=engine) for part in news.PARTS]
    figures = part_figures(parts)
    results = part_results(figures, floors)
    run = read_run(RUNS / SHIPPED.name)
    write_outputs(replace(run, parts=parts, gates=[*run.gates, *results]), Shown(), (), None)
    for part in parts:
        print(f"{part.name:<20} F1 {part.f1.value:.3f}   {part.f1.low:.3f} to {part.f1.high:.3f}   n = {part.cases}")
    for result in results:
        print(f"{'holds ' if result.passed else 'BROKEN'} {result.condition}: {result.message}")
    (RUNS / NEWS.name).mkdir(exist_ok=True)
    code = 0 if all(result.passed for result in results) else 1
    return _held(NEWS, floors, propose(NEWS, floors, figures, tuple(figures)), code)


def part_figures(parts: Sequence[Part]) -> dict[str, Figure]:
    """Those that a floor is set on, by name: ``speakers_precision``, ``speakers_f1``."""
    found = [(part.name, figure) for part in parts for figure in (part.precision, part.f1)]
    return {f"{name}_{figure.name}": replace(figure, name=f"{name}_{figure.name}") for name, figure in found}


def part_results(figures: Mapping[str, Figure], floors: Floors | None) -> list[GateResult]:
    """Whether each floor holds; one of a part that is no more does not."""
    return [_part_result(name, floor, figures.get(name)) for name, floor in (floors.values if floors else {}).items()]


def _part_result(name: str, floor: float, figure: Figure | None) -> GateResult:
    condition = Gate(name, floor).condition
    if figure is None or figure.value is None:
        return GateResult(condition, False, f"no part has {name}")
    shown = f"{name} is {figure.value:.4g} ({figure.low:.4g} to {figure.high:.4g}); at least {floor:g} is asked"
    return GateResult(condition, figure.value >= floor - TOLERANCE, shown)


def _held(one: GatedSet, floors: Floors | None, proposed: Floors, code: int) -> int:
    """``code``, or 1 where the set is not the one that its floors were set on; writes and tells those proposed."""
    written = RUNS / one.name / FILE.name
    written.write_text(section(one.name, proposed), encoding="utf-8")
    for fault in unlike(one, floors):
        print(f"{one.name}: {fault}. If that is meant, put {written} in the place of its part of {FILE}")
        code = 1
    if code == 0 and floors and proposed.values != floors.values:
        print(f"{one.name}: better than its floors ask. To raise them, take {written}")
    return code


def unlike(one: GatedSet, floors: Floors | None) -> list[str]:
    """What of the set is not as it was when its floors were set."""
    if floors is None:
        return ["no floors are set"]
    paths = ((one.questions, floors.questions), (one.corpus, floors.corpus))
    return [f"{path} is not what the floors were set on" for path, known in paths if fingerprint(path) != known]


def fingerprint(path: Path) -> str:
    """Of the bytes of a file; of the names and bytes of the files in a folder, but for hidden ones."""
    digest = sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if not file.name.startswith("."):
            digest.update(f"{file.name}\0".encode() + sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def propose(
    one: GatedSet, floors: Floors | None, figures: Mapping[str, Figure], names: Sequence[str] = GATED
) -> Floors:
    """The worse end of each figure's 95 % interval; a floor that is better than that and holds is kept."""
    values = {name: _worse_end(figures[name]) for name in names if name in figures and figures[name].value is not None}
    for name, floor in (floors.values if floors else {}).items():
        value = figures[name].value if name in figures else None
        if value is not None and not _is_worse(name, value, floor) and _is_worse(name, values.get(name, floor), floor):
            values[name] = floor
    return Floors(fingerprint(one.questions), fingerprint(one.corpus), values)


def _worse_end(figure: Figure) -> float:
    """To three digits, away from the value."""
    assert figure.value is not None
    if DIRECTIONS.get(figure.name, 1) > 0:
        return math.floor(1000 * (figure.value if figure.low is None else figure.low)) / 1000
    return math.ceil(1000 * (figure.value if figure.high is None else figure.high)) / 1000


def section(name: str, floors: Floors) -> str:
    """The part of ``floors.toml`` about one set."""
    values = "".join(f'"{figure}" = {value}\n' for figure, value in floors.values.items())
    return f'[{name}]\nquestions = "{floors.questions}"\ncorpus = "{floors.corpus}"\n\n[{name}.floors]\n{values}'


def _alone(one: GatedSet) -> Path:
    """A file of the questions that make sense alone or have no answer: that of the set, where all do."""
    questions = read_questions(one.questions)
    kept = [question for question in questions if not question.answerable or "not-standalone" not in question.tags]
    if len(kept) == len(questions):
        return one.questions
    file = RUNS / f"{one.name}.jsonl"
    RUNS.mkdir(parents=True, exist_ok=True)
    write_native(kept, file)
    return file


def _index(one: GatedSet) -> Path:
    """The index of the articles as they are now."""
    print(f"reading {one.corpus}; the first time takes longer", flush=True)
    ingest([one.corpus], INDEXES / one.name, load_embedder(Settings()), prune=True)
    return INDEXES / one.name


def main(names: Sequence[str]) -> int:
    try:
        floors = read_floors(FILE.read_text(encoding="utf-8"))
        if faults := silently_lowered([*_earlier(), floors]):
            print(*faults, sep="\n")
            return 1
        return max(_gate_each(_named(names), floors))
    except AssistantError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _earlier() -> list[FloorsFile]:
    try:
        return earlier_floors(FILE)
    except UsageError as error:
        print(f"whether a floor was lowered cannot be told: {error}")
        return []


def _named(names: Sequence[str]) -> list[GatedSet]:
    """
    :raises UsageError: If there is no set of such a name.
    """
    known = {one.name: one for one in SETS}
    for name in names:
        if name not in known:
            raise UsageError(f"no set is called {name}. There are {', '.join(known)}")
    return [one for one in SETS if not names or one.name in names]


def _gate_each(sets: Sequence[GatedSet], floors: FloorsFile) -> Iterator[int]:
    for one in sets:
        print(f"\n## {one.name}\n", flush=True)
        if one.corpus.exists():
            yield gate(one, floors.sets.get(one.name))
            if one == SHIPPED:
                print(f"\n## {NEWS.name}\n", flush=True)
                yield gate_parts(floors.sets.get(NEWS.name))
        else:
            print(f"left out: {one.corpus} is not there")
            yield 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
