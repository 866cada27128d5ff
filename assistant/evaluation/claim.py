"""Which folder a run goes into, and that one process at a time is in it.

The same command goes on with an interrupted run: its results are whole up to where it stopped. A run of anything
else, be it one setting or one line of the program, is another run.
"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation.manifest import FORMAT, differences, environment, key, now
from assistant.evaluation.results import (
    ARTICLES,
    MANIFEST,
    METRICS,
    OUTPUTS,
    PASSES,
    QUESTIONS,
    RESULTS,
    TIMINGS,
    is_finished,
    read_manifest,
    result_hashes,
    write_json,
)

#: Where runs go unless told otherwise.
RUNS = Path("runs")


def claim_run(out: Path | None, identity: Mapping[str, Any], resume: bool = False, fresh: bool = False) -> Path:
    """The folder to run in: ``out`` or a new one, or that of an unfinished run of the same identity.

    :raises UsageError: If ``out`` holds a finished run or one of something else and ``fresh`` is not asked for, or if
        there is nothing to resume and ``resume`` is.
    """
    if out is None:
        unfinished = [] if fresh else sorted(_unfinished(RUNS), reverse=True)
        same = [path for path in unfinished if read_manifest(path)["key"] == key(identity) and not _is_in_use(path)]
        if resume and not same:
            raise UsageError(_nothing_to_resume(unfinished, identity))
        return same[0] if same else RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        if resume:
            raise UsageError(f"{out}: there is no run to resume. Leave --resume out")
        return out
    found = read_manifest(out)
    if _is_in_use(out):
        raise UsageError(f"{out}: another process is running there. Wait for it, or give another --out")
    if fresh:
        _clear(out)
    elif found["key"] != key(identity):
        told = "; ".join(differences(found["identity"], identity))
        raise UsageError(f"{out} holds a run of something else ({told}). Give another --out, or --fresh to replace it")
    elif is_finished(out) and not resume:
        raise UsageError(f"{out} holds a finished run. Give another --out, or --fresh to replace it")
    return out


def _unfinished(runs: Path) -> Iterator[Path]:
    for path in runs.glob(f"*/{MANIFEST}"):
        try:
            read_manifest(path.parent)
        except UsageError:  # of another version: not ours to go on with
            continue
        if not is_finished(path.parent):
            yield path.parent


def _nothing_to_resume(unfinished: Sequence[Path], identity: Mapping[str, Any]) -> str:
    if not unfinished:
        return f"there is no unfinished run in {RUNS}. Leave --resume out"
    told = "; ".join(differences(read_manifest(unfinished[0])["identity"], identity)) or "it is in use"
    return f"{unfinished[0]} is not a run of this ({told}). Leave --resume out to start another"


def _clear(out: Path) -> None:
    """Remove the files of a run, and nothing that somebody else put there."""
    for folder in (out, *(out / name for name in PASSES)):
        for name in (MANIFEST, QUESTIONS, RESULTS, TIMINGS, ARTICLES, METRICS, *OUTPUTS):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Hold the run folder ``path``, made where it is missing, for this process.

    :raises UsageError: If another process holds it, or it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Give another --out") from error
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        flock(handle, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{path}: another process is running there. Wait for it, or give another --out") from None


def _is_in_use(path: Path) -> bool:
    try:
        with in_use(path):
            return False
    except UsageError:
        return True


def begin_run(path: Path, identity: Mapping[str, Any], file: Mapping[str, str] | None, command: Sequence[str]) -> None:
    """Write the manifest of a run that has begun; one that goes on keeps its own."""
    if not (path / MANIFEST).exists():
        written = {
            "format": FORMAT,
            "key": key(identity),
            "identity": identity,
            "file": file,
            "environment": environment(),
            "command": list(command),
            "started": now(),
        }
        write_json(path / MANIFEST, written)


def end_run(path: Path, word: str = "ended") -> None:
    """Note in the manifest that every question is answered, and the hashes of the results."""
    write_json(path / MANIFEST, read_manifest(path) | {word: now(), "sha256": result_hashes(path)})
