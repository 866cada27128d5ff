"""Speed of the built-in embedding model beside sentence-transformers: ``python -m benchmarks.embedding``.

Both have the same weights. Prints a Markdown table. Each contender runs in processes of its own, in turn and
twice, and the better value of each figure counts, so that a busy machine hurts both alike. Texts are PIAF
paragraphs where the evaluation data lies beside this checkout, else paragraphs of the articles in ``corpus``.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

ROOT = Path(__file__).parent.parent
PIAF = ROOT.parent / "shared" / "data" / "piaf_fr_dev"
CORPUS = ROOT / "corpus"
ROUNDS = 2
QUESTIONS = 100
#: Paragraphs shorter than this, in characters, are headings and the like.
SHORTEST = 200

BUILTIN = "builtin"
#: The other contender by the size of its batches: its default, and one that suits the caches of a processor.
BATCHES = {"sentence-transformers": 32, "sentence-transformers, batches of 4": 4}
CONTENDERS = [BUILTIN, *BATCHES]

#: From nothing to one vector: what a command-line question waits for.
FIRST_BUILTIN = (
    "from assistant.embedding import load_embedder; from assistant.settings import Settings; "
    "load_embedder(Settings()).question('Quand Lyon a-t-elle été fondée ?')"
)
FIRST_OTHER = (
    "import sys; from sentence_transformers import SentenceTransformer; "
    "SentenceTransformer(sys.argv[1]).encode_query('Quand Lyon a-t-elle été fondée ?')"
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured; memory in MB, resident, at its greatest."""

    load_seconds: float
    loaded_mb: float
    mb: float
    passages_per_second: float
    passages_per_cpu_second: float
    question_p50_ms: float
    question_p95_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=200, help="how many to embed (default: 200)")
    parser.add_argument("--measure", nargs=2, metavar=("CONTENDER", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        contender, folder = options.measure
        print(json.dumps(asdict(_measure(contender, Path(folder), options.passages))))
        return
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), options.passages)


def _compare(folder: Path, passages: int) -> None:
    # In a process of its own: a child's greatest memory begins at that of its parent.
    export = [sys.executable, "-m", "assistant", "export-model", str(folder / "model")]
    subprocess.run(export, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    before = os.getloadavg()[0]
    runs: dict[str, list[Run]] = {contender: [] for contender in CONTENDERS}
    first: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
    for _ in range(ROUNDS):
        for contender in CONTENDERS:
            runs[contender].append(_run(contender, folder, passages))
            first[contender].append(_seconds_to_first_vector(contender, folder))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; load {before:.2f} before; {_describe(passages)}\n")
    _print_table({name: _best(runs[name]) for name in runs}, {name: min(first[name]) for name in first})
    ours, theirs = (np.load(folder / f"{contender}.npy") for contender in CONTENDERS[:2])
    print(f"\nLeast cosine between the two over all passages: {np.min(np.sum(ours * theirs, axis=1)):.7f}")


def _run(contender: str, folder: Path, passages: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.embedding", "--measure", contender, str(folder)]
    done = subprocess.run(
        [*command, "--passages", str(passages)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def _seconds_to_first_vector(contender: str, folder: Path) -> float:
    begin = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        FIRST_BUILTIN if contender == BUILTIN else FIRST_OTHER,
        str(folder / "model"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - begin


def _measure(contender: str, folder: Path, count: int) -> Run:
    """In a process of its own: load, embed passages, embed questions; leaves the vectors in ``folder``."""
    texts, questions = _texts(count)
    begin = time.perf_counter()
    embed_passages, embed_question = _load(contender, folder / "model")
    embed_question("Combien de temps cela prend-il ?")
    load_seconds, loaded_mb = time.perf_counter() - begin, _megabytes()
    embed_passages(texts[:4])
    begin, cpu = time.perf_counter(), time.process_time()
    vectors = embed_passages(texts)
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    np.save(folder / f"{contender}.npy", vectors)
    p50, p95 = np.percentile([_milliseconds(embed_question, question) for question in questions], [50, 95])
    speed, thrift = len(texts) / wall, len(texts) / cpu
    return Run(load_seconds, loaded_mb, _megabytes(), speed, thrift, float(p50), float(p95))


def _load(contender: str, model: Path) -> tuple[Callable[[list[str]], Vectors], Callable[[str], Vectors]]:
    if contender == BUILTIN:
        from assistant.embedding import load_embedder
        from assistant.settings import Settings

        embedder = load_embedder(Settings())
        return embedder.passages, embedder.question
    from sentence_transformers import SentenceTransformer

    transformer = SentenceTransformer(str(model), local_files_only=True)
    encode = partial(transformer.encode_document, batch_size=BATCHES[contender])
    return encode, transformer.encode_query


def _milliseconds(embed: Callable[[str], Vectors], question: str) -> float:
    begin = time.perf_counter()
    embed(question)
    return (time.perf_counter() - begin) * 1000


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _texts(count: int) -> tuple[list[str], list[str]]:
    """``count`` different paragraphs, or as many as there are, and different questions."""
    if PIAF.is_dir():
        paragraphs = [json.loads(line)["text"] for line in _lines(PIAF / "corpus.jsonl")]
        questions = PIAF / "questions.jsonl"
    else:
        articles = sorted((CORPUS / "articles").glob("*.md"))
        whole = "\n\n".join(article.read_text(encoding="utf-8") for article in articles)
        paragraphs = whole.split("\n\n")
        questions = CORPUS / "questions.jsonl"
    texts = [text for text in paragraphs if len(text) >= SHORTEST][:count]
    return texts, [json.loads(line)["question"] for line in _lines(questions)][:QUESTIONS]


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _describe(count: int) -> str:
    from assistant.embedding import load_embedder
    from assistant.settings import Settings

    count_tokens = load_embedder(Settings()).count_tokens
    texts, questions = _texts(count)
    tokens = [float(np.mean([count_tokens(text) for text in group])) for group in (texts, questions)]
    return f"{len(texts)} passages of {tokens[0]:.0f} tokens, {len(questions)} questions of {tokens[1]:.0f}"


def _best(runs: list[Run]) -> Run:
    """The better value of each figure."""
    higher_is_better = {"passages_per_second", "passages_per_cpu_second"}
    values = {name: [getattr(run, name) for run in runs] for name in asdict(runs[0])}
    better = {name: (max if name in higher_is_better else min)(seen) for name, seen in values.items()}
    return Run(**better)


def _print_table(runs: dict[str, Run], first: dict[str, float]) -> None:
    columns = [
        "",
        "passages/s",
        "passages/CPU-s",
        "question p50 / p95, ms",
        "import + load, s",
        "start to first vector, s",
        "memory loaded / greatest, MB",
    ]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for name, run in runs.items():
        speed = f"{run.passages_per_second:.1f} | {run.passages_per_cpu_second:.1f}"
        question = f"{run.question_p50_ms:.1f} / {run.question_p95_ms:.1f}"
        memory = f"{run.loaded_mb:.0f} / {run.mb:.0f}"
        print(f"| {name} | {speed} | {question} | {run.load_seconds:.2f} | {first[name]:.2f} | {memory} |")
    ours = runs[BUILTIN]
    bulk = ours.passages_per_second / max(runs[name].passages_per_second for name in BATCHES)
    single = min(runs[name].question_p50_ms for name in BATCHES) / ours.question_p50_ms
    start = min(first[name] for name in BATCHES) / first[BUILTIN]
    print(f"| against the better | {bulk:.2f} × | | {single:.1f} × | | {start:.1f} × | |")


if __name__ == "__main__":
    main()
