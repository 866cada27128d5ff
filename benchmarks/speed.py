"""Speed where people feel it: ``python -m benchmarks.speed [INDEX]`` (default: the largest development set's index).

The command line from process start, a thousand questions in a batch, and the word index beside its rival.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.embedding import load_embedder
from assistant.index import read_manifest
from assistant.settings import Settings
from benchmarks.development import index_of
from benchmarks.sets import SETS

LARGE = "orangesum_news_fr_2016_2018"
BATCH = "piaf_fr_dev"
RUNS = 9


def main() -> None:
    embedder = load_embedder(Settings())
    large = Path(sys.argv[1]) if len(sys.argv) > 1 else index_of(LARGE, embedder)
    name = (large / "CURRENT").read_text(encoding="ascii").strip()
    passages = read_manifest(large / "generations" / name)["passages"]
    print("| what | p50 | p95 |\n|---|---|---|")
    row(f"`assistant ask` from process start, {passages} passages, ms", command_line(large))
    questions = [reference.question for reference in SETS[BATCH].references()]
    for index, label in ((index_of(BATCH, embedder), BATCH), (large, f"{passages} passages")):
        row(f"a question in a batch of 1,000, {label}, ms", batch(index, (questions * 2)[:1000]))


def row(what: str, values: Sequence[float]) -> None:
    ordered = sorted(values)
    print(f"| {what} | {ordered[len(ordered) // 2]:.1f} | {ordered[int(len(ordered) * 0.95)]:.1f} |")


def command_line(index: Path) -> list[float]:
    """Milliseconds of whole processes, the first one left out: the files are in memory then."""
    command = [sys.executable, "-m", "assistant", "ask", "Qui a gagné la Coupe du monde ?", "--index", str(index)]
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(1000 * (time.perf_counter() - start))
    return taken[1:]


def batch(index: Path, questions: Sequence[str]) -> list[float]:
    """``timings_ms.total`` of each answer."""
    lines = "".join(json.dumps({"id": n, "question": question}) + "\n" for n, question in enumerate(questions))
    command = [sys.executable, "-m", "assistant", "ask", "--batch", "-", "--index", str(index)]
    ran = subprocess.run(command, input=lines, check=True, capture_output=True, text=True)
    return [json.loads(line)["timings_ms"]["total"] for line in ran.stdout.splitlines()]


if __name__ == "__main__":
    main()
