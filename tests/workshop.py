"""Where ingests are killed, starved and looked at: a corpus that has changed, the index before, and that after."""

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ingest_process import EMBED_BATCH

from assistant.index import GENERATIONS, current_name, open_generation, read_manifest
from assistant.store import read_store
from assistant.verify import verify

IDENTITY = "hashed words"

SENTENCES = (
    "Le viaduc de Millau a été inauguré en décembre {n}04.",
    "«\u202fNous étions 14\u2009000\u202f», a déclaré M. Durand, élu de la {n}e circonscription.",
    "L'armée n'a pas confirmé ce chiffre, aujourd\u2019hui contesté par {n} témoins.",
    "Quelque {n}50 personnes s'étaient réunies sur la place du village.",
)


@dataclass
class Workshop:
    """One for all rounds of a test file."""

    process: subprocess.Popen
    folder: Path
    #: What an ingest takes that is left alone.
    seconds: float = 0
    #: The error that the last one ended with.
    told: str = ""

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def before(self) -> Path:
        return self.folder / "before"

    @property
    def after(self) -> Path:
        return self.folder / "after"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def ingest(self, index: Path | None = None, **order) -> int:
        """The exit code of an ingest; minus nine if it was killed."""
        given = {"corpus": str(self.folder / "corpus"), "index": str(index or self.index), "log": str(self.log)}
        self.process.stdin.write(json.dumps(given | order) + "\n")
        self.process.stdin.flush()
        self.told = json.loads(self.process.stdout.readline())
        return json.loads(self.process.stdout.readline())

    def memory(self) -> int:
        """Bytes of address space that an ingest begins with."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[0]
        return int(pages) * resource.getpagesize()

    def begin(self, first: bool) -> None:
        """A round on an index of the corpus before the change, or on none."""
        shutil.rmtree(self.index, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        if not first:
            shutil.copytree(self.before, self.index)

    def noted(self) -> list[tuple[str, str, str]]:
        """What was logged: a kind, a name, a hash or nothing."""
        if not self.log.exists():
            return []
        return [(*json.loads(line), "")[:3] for line in self.log.read_text(encoding="ascii").splitlines()]


@contextmanager
def opened_workshop(folder: Path) -> Iterator[Workshop]:
    command = [sys.executable, Path(__file__).with_name("ingest_process.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        workshop = Workshop(process, folder)
        write(folder / "corpus", range(10, 22))
        assert workshop.ingest(workshop.before) == 0
        for n in range(19, 22):
            (folder / "corpus" / f"article-{n}.txt").unlink()
        write(folder / "corpus", range(12, 15), " Une phrase de plus, pour le seul plaisir.")
        write(folder / "corpus", range(30, 36))
        start = time.monotonic()
        assert workshop.ingest(workshop.after) == 0
        workshop.seconds = time.monotonic() - start
        yield workshop
        process.stdin.close()


def write(folder: Path, numbers: Iterable[int], suffix: str = "") -> None:
    folder.mkdir(exist_ok=True)
    for n in numbers:
        text = " ".join(sentence.format(n=n) for sentence in SENTENCES) + suffix
        (folder / f"article-{n}.txt").write_text(text, encoding="utf-8")


def contents(index: Path):
    """What a generation holds, but for the time it was made."""
    generation = open_generation(index, IDENTITY)
    whole = [(a.id, a.text, [(s.start, s.end) for s in generation.sentences(a)]) for a in generation.articles()]
    vectors = generation.sentence_vectors[range(len(generation.sentence_vectors))]
    return generation.manifest["digest"], whole, vectors.tobytes()


def look(workshop: Workshop, first: bool) -> None:
    """What must hold after any death, before anything is mended."""
    acknowledged = {article: content for kind, article, content in workshop.noted() if kind == "stored"}
    if acknowledged or not first:
        with read_store(workshop.index) as store:
            store.verify()
            stored = {id: known.content_hash for id, known in store.known().items()}
        assert acknowledged.items() <= stored.items()
    name = current_name(workshop.index)
    if name is None:
        assert first
        return
    verify(workshop.index / GENERATIONS / name)
    generation = open_generation(workshop.index, IDENTITY)
    allowed = [workshop.after] if first else [workshop.before, workshop.after]
    assert generation.manifest["digest"] in [digest(index) for index in allowed]
    vector = generation.passage_vectors[[1]][0].astype(np.float32)
    assert 1 in generation.nearest_passages(vector, 5)
    assert generation.article("article-12").text.startswith("Le viaduc de Millau")


def digest(index: Path) -> str:
    return read_manifest(index / GENERATIONS / current_name(index))["digest"]


def converge(workshop: Workshop, expected, deaths: int) -> None:
    """The next run ends where a run that was never killed ends, and embeds nothing that was kept."""
    assert workshop.ingest() == 0, workshop.told
    assert contents(workshop.index) == expected
    assert not list(workshop.index.rglob("*.building"))
    assert not (workshop.index / "progress.json").exists()
    kept: set[str] = set()
    embedded = []
    for kind, key, _ in workshop.noted():
        if kind == "kept":
            kept.add(key)
        elif kind == "embedding":
            assert key not in kept, "embedded twice"
            embedded.append(key)
    assert len(embedded) - len(set(embedded)) <= deaths * EMBED_BATCH
