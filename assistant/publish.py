"""The store into a new generation of the index, checked and then published by one atomic pointer.

::

    build in NAME-PROCESS.building -> sync -> manifest -> check in a child process -> rename -> CURRENT -> prune

Killed anywhere, or out of space, CURRENT still names a complete generation; the next run sweeps the half-built folder.
Chroma overwrites its files in place without syncing them, so it only ever writes into a folder nobody reads, and in a
process that nobody misses: see ``fill.py``.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Any

import numpy as np

from assistant import child
from assistant.copies import ALIKE, Runs, copy_pairs, shingles
from assistant.errors import IndexUnusable, StoreError
from assistant.failpoints import failpoint
from assistant.index import (
    BUILDING,
    CHROMA,
    CURRENT,
    FORMAT,
    GENERATIONS,
    MANIFEST,
    MEND,
    SCHEMA,
    current_name,
    generations,
    read_manifest,
    remove_unless_held,
)
from assistant.lexical import SCHEMA as WORDS_SCHEMA
from assistant.store import Store, article_row
from assistant.text import words
from assistant.types import Article
from assistant.vectors import embedded_texts, embedding_key

#: Rows of one write to Chroma: the limit of its hosted engine, so that scaling out stays a setting.
BATCH = 300

#: Generations kept besides the current one, for readers that are still in it and for going back.
KEPT = 1

#: Different sets of groups: each is searched on its own.
PARTITIONS = 100

#: A check that takes longer hangs: a million passages take a minute.
CHECK_SECONDS = 600

#: Seconds that the writing of the search may give no sign, whatever its size and for each passage: with the last ones,
#: all are linked. On a machine ten times too busy that takes a quarter of it.
PATIENCE = 120.0
PATIENCE_EACH = 0.02

FREE_SPACE = "Free space or mend its rights, then ingest again."
FREE_MEMORY = "Free memory, then ingest again."

#: In nanoseconds; some file systems keep no less.
SECOND = 1_000_000_000

Progress = Callable[[int, int], None]


def corpus_digest(store: Store, embedder_identity: str) -> str:
    """A hash of everything that decides what a generation holds: equal digests, equal answers."""
    digest = hashlib.sha256(f"{FORMAT}\0{embedder_identity}".encode())
    for id, known in sorted(store.known().items()):
        digest.update(f"\0{id}\0{known.content_hash}\0{known.analysis}".encode())
    return digest.hexdigest()


def publish(
    store: Store, index: Path, embedder_identity: str, dimension: int, progress: Progress | None = None
) -> str | None:
    """Build and publish a generation from ``store``; returns its name, or None if CURRENT is the same already.

    :raises IndexUnusable: If the new generation fails its check; CURRENT is then left as it was.
    :raises StoreError: If the store is damaged, or there is no space; CURRENT is then left as it was.
    """
    digest = corpus_digest(store, embedder_identity)
    if _is_current(index, digest):
        return None
    with _writing(index):
        return _publish(store, index, digest, embedder_identity, dimension, progress)


def _publish(
    store: Store, index: Path, digest: str, embedder_identity: str, dimension: int, progress: Progress | None
) -> str:
    folder = index / GENERATIONS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(folder)
    name = _free_name(folder, digest)
    # A name of this run's own: what fills that of a killed one may still be writing.
    building = folder / f"{name}-{os.getpid()}{BUILDING}"
    manifest = _build(store, building, embedder_identity, dimension, progress)
    failpoint("built")
    manifest |= {"digest": digest, "files": _sync(building)}
    failpoint("synced")
    _write_synced(building / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
    failpoint("described")
    check_in_child(building)
    _make_newest(building, index)
    os.rename(building, folder / name)
    sync_folder(folder)
    failpoint("renamed")
    _point_to(index, name)
    failpoint("published")
    _prune(index, name)
    failpoint("cleared")
    return name


@contextmanager
def _writing(index: Path) -> Iterator[None]:
    """What the disk or the memory refuses while a generation is written, in one line, and its space given back."""
    try:
        yield
    except StoreError:
        _sweep(index / GENERATIONS)
        raise
    except (OSError, sqlite3.DatabaseError) as error:
        _sweep(index / GENERATIONS)
        raise StoreError(f"{index / GENERATIONS} cannot be written: {error}. {FREE_SPACE}") from error


def check_in_child(folder: Path) -> None:
    """Open and search a generation in a process of its own: damaged vector files can end the one that reads them.

    :raises IndexUnusable: If the child found a fault, or did not survive.
    """
    try:
        ran = subprocess.run(
            child.command("assistant.verify", str(folder)),
            env=child.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=CHECK_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise IndexUnusable(f"{folder}: the check did not end within {CHECK_SECONDS} s. {MEND}") from None
    except OSError as error:
        raise IndexUnusable(f"{folder}: the check cannot be started: {error.strerror}. Free memory.") from error
    if ran.returncode:
        found = ran.stderr.strip().splitlines()
        reason = found[-1] if found else f"the check ended with exit code {ran.returncode}"
        place = "" if str(folder) in reason else f"{folder}: "
        raise IndexUnusable(f"{place}{reason}" if MEND in reason else f"{place}{reason}. {MEND}")


def _is_current(index: Path, digest: str) -> bool:
    """Whether CURRENT names a whole generation of this very corpus; a damaged one is built again."""
    try:
        name = current_name(index)
        if name is None or read_manifest(index / GENERATIONS / name)["digest"] != digest:
            return False
        check_in_child(index / GENERATIONS / name)
        return True
    except IndexUnusable:
        return False


def _free_name(folder: Path, digest: str) -> str:
    name = digest[:12]
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(one for one in names if not (folder / one).exists())


def _build(store: Store, folder: Path, identity: str, dimension: int, progress: Progress | None) -> dict[str, Any]:
    """Write every file of a generation but the manifest, which is returned without its file list."""
    folder.mkdir(mode=0o700)
    failpoint("begun")
    database = sqlite3.connect(folder / "articles.db", isolation_level=None)
    database.execute("pragma journal_mode = off")
    database.execute("pragma synchronous = off")
    database.executescript(f"{SCHEMA} begin;")
    contents = _Contents(identity)
    for article in store.articles():
        _insert(database, store, article, contents)
    _insert_copies(database, store, contents, dimension)
    for partition in contents.partitions:
        database.execute(f"insert into {partition.words} ({partition.words}) values ('optimize')")
    database.execute("commit")
    database.execute("vacuum")
    database.close()
    failpoint("copied")
    _write_vectors(store, folder / "sentences.npy", contents.sentences, dimension)
    _write_vectors(store, folder / "passages.npy", contents.passages, dimension)
    _fill_chroma(store, folder / CHROMA, contents, dimension, progress)
    return contents.manifest(dimension)


@dataclass
class _Partition:
    """The articles that the same groups may read, counted while they go by."""

    number: int
    groups: frozenset[str]
    articles: int = 0
    sentences: int = 0
    newest: str = ""
    languages: Counter[str] = field(default_factory=Counter)
    #: Rows of its passages.
    passages: list[int] = field(default_factory=list)

    @property
    def words(self) -> str:
        return f"words_{self.number}"

    def manifest(self) -> dict[str, Any]:
        return {
            "groups": sorted(self.groups),
            "articles": self.articles,
            "passages": len(self.passages),
            "sentences": self.sentences,
            "newest": self.newest or None,
            "languages": dict(self.languages),
        }


class _Contents:
    """What a generation holds, gathered while articles go by."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        #: Keys of vectors, by row.
        self.passages: list[bytes] = []
        self.sentences: list[bytes] = []
        #: By row of article: its runs of words with the number of its partition, and the rows of its passages.
        self.runs: list[tuple[Runs, int]] = []
        self.passages_of: list[list[int]] = []
        self._partitions: dict[frozenset[str], _Partition] = {}

    @property
    def partitions(self) -> list[_Partition]:
        return list(self._partitions.values())

    @property
    def articles(self) -> int:
        return sum(partition.articles for partition in self.partitions)

    def partition_of(self, article: Article, database: sqlite3.Connection) -> _Partition:
        """That of the groups that may read ``article``, begun where it is the first.

        :raises StoreError: If there are too many.
        """
        partition = self._partitions.get(article.groups)
        if partition is None:
            partition = _Partition(len(self._partitions), article.groups)
            if partition.number >= PARTITIONS:
                raise StoreError(
                    f"the articles name over {PARTITIONS} different sets of groups. Give more of them the same groups."
                )
            for statement in filter(str.strip, WORDS_SCHEMA.format(partition=partition.number).split(";")):
                database.execute(statement)
            self._partitions[article.groups] = partition
        return partition

    def manifest(self, dimension: int) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "embedder": self.identity,
            "dimension": dimension,
            "chroma": version("chromadb"),
            "articles": self.articles,
            "passages": len(self.passages),
            "sentences": len(self.sentences),
            "partitions": [partition.manifest() for partition in self.partitions],
        }


def _insert(database: sqlite3.Connection, store: Store, article: Article, contents: _Contents) -> None:
    """One article with its sentences, passages and words."""
    partition, row = contents.partition_of(article, database), contents.articles
    values = (row, *article_row(article), partition.number)
    database.execute("insert into articles values (?,?,?,?,?,?,?,?,?,?,?,?)", values)
    partition.articles += 1
    partition.newest = max(partition.newest, article.published.isoformat() if article.published else "")
    partition.languages[article.language or ""] += 1
    title_terms = words(article.title, article.language)
    sentences, passages = store.sentences(article), store.passages(article)
    terms = [words(sentence.text, article.language) for sentence in sentences]
    first = len(contents.sentences)
    database.executemany(
        "insert into sentences values (?,?,?,?,?,?,?)",
        [
            (
                first + n,
                row,
                s.start,
                s.end,
                s.number,
                s.paragraph,
                " ".join(dict.fromkeys(title_terms + found)),
            )
            for n, (s, found) in enumerate(zip(sentences, terms, strict=True))
        ],
    )
    n, rows = 0, list[int]()
    for passage in passages:
        inside = n
        while n < len(sentences) and sentences[n].end <= passage.end:
            n += 1
        number = len(contents.passages) + len(rows)
        rows.append(number)
        database.execute(
            "insert into passages values (?,?,?,?,?,?)",
            (number, row, passage.start, passage.end, first + inside, first + n - 1),
        )
        found = title_terms + [term for sentence in terms[inside:n] for term in sentence]
        database.execute(f"insert into {partition.words} (rowid, terms) values (?,?)", (number, " ".join(found)))
    partition.passages += rows
    contents.runs.append((shingles(article.text), partition.number))
    contents.passages_of.append(rows)
    partition.sentences += len(sentences)
    for keys, spans in ((contents.sentences, sentences), (contents.passages, passages)):
        keys += [embedding_key(contents.identity, text) for text in embedded_texts(spans)]


def _insert_copies(database: sqlite3.Connection, store: Store, contents: _Contents, dimension: int) -> None:
    """Which articles are copies, both ways.

    Pairs, not groups: what a reader may not see is then no link between two articles that they may.
    """

    def mean(row: int) -> np.ndarray:
        vectors = store.embeddings([contents.passages[passage] for passage in contents.passages_of[row]], dimension)
        centre: np.ndarray = vectors.sum(axis=0)
        centre /= np.linalg.norm(centre)
        return centre

    def are_alike(one: int, other: int) -> bool:
        return bool(mean(one) @ mean(other) >= ALIKE)

    pairs = copy_pairs(contents.runs, are_alike)
    database.executemany(
        "insert into copies values (?,?)", (ends for one, other in pairs for ends in ((one, other), (other, one)))
    )


def _write_vectors(store: Store, path: Path, keys: list[bytes], dimension: int) -> None:
    """Half precision: a cosine changes by less than 0.0005, and a million sentences take 0.8 GB less."""
    head = {"descr": "<f2", "fortran_order": False, "shape": (len(keys), dimension)}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, head)
        for start in range(0, len(keys), 4096):
            file.write(store.embeddings(keys[start : start + 4096], dimension).astype("<f2").tobytes())


def _fill_chroma(store: Store, folder: Path, contents: _Contents, dimension: int, progress: Progress | None) -> None:
    done, total = 0, len(contents.passages)
    with _Filler(folder, PATIENCE + PATIENCE_EACH * total) as filler:
        for partition in contents.partitions:
            filler.tell(f"{partition.number} {len(partition.passages)}".encode())
            for start in range(0, len(partition.passages), BATCH):
                rows = partition.passages[start : start + BATCH]
                vectors = store.embeddings([contents.passages[row] for row in rows], dimension)
                filler.tell(np.array(rows, "<i8").tobytes(), vectors.astype("<f4").tobytes())
                failpoint("filling")
                done += len(rows)
                if progress:
                    progress(done, total)
        filler.tell(b"")


class _Filler:
    """The process that writes the search, which is ended where it gives no sign for ``patience`` seconds."""

    def __init__(self, folder: Path, patience: float) -> None:
        self._folder = folder
        self._patience = patience

    def __enter__(self) -> "_Filler":
        self._channel, theirs = Pipe()
        with theirs:
            self._process = start_filler(self._folder, theirs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()

    def tell(self, *messages: bytes) -> None:
        """Hand over what is to be written, and wait until it is.

        :raises StoreError: If it cannot be.
        """
        try:
            for message in messages:
                self._channel.send_bytes(message)
            if not self._channel.poll(self._patience):
                raise StoreError(f"{self._folder}: nothing was written for {self._patience:.0f} s. {FREE_MEMORY}")
            reason = self._channel.recv_bytes().decode()
        except (EOFError, ConnectionError):
            raise StoreError(f"{self._folder}: {self._end()}. {FREE_MEMORY}") from None
        if reason:
            raise StoreError(f"{self._folder} cannot be written: {reason}. Free space or memory, then ingest again.")

    def _end(self) -> str:
        """How it ended."""
        said = self._process.communicate()[1].strip().splitlines()
        if self._process.returncode < 0:
            return f"the process that writes it was ended by {Signals(-self._process.returncode).name}"
        return said[-1] if said else f"the process that writes it ended with exit code {self._process.returncode}"


def start_filler(folder: Path, channel: "Connection[Any, Any]") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        child.command("assistant.fill", str(folder)),
        env=child.environment(),
        stdin=channel.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _files(folder: Path) -> Iterator[Path]:
    """What the manifest vouches for."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST)


def _sync(folder: Path) -> dict[str, tuple[int, str]]:
    """Bring every file to the disk; returns size and SHA-256 by name."""
    found = {}
    for path in _files(folder):
        with open(path, "rb") as file:
            found[path.relative_to(folder).as_posix()] = (
                path.stat().st_size,
                hashlib.file_digest(file, "sha256").hexdigest(),
            )
            os.fsync(file.fileno())
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync_folder(path)
    return found


def _write_synced(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_newest(building: Path, index: Path) -> None:
    """Date a generation after every other one, whatever was done to the clock: that is the order they are tried in."""
    newest = max((path.stat().st_mtime_ns for path in generations(index)), default=0)
    if building.stat().st_mtime_ns <= newest:
        os.utime(building, ns=(newest + SECOND, newest + SECOND))


def _point_to(index: Path, name: str) -> None:
    _write_synced(index / f"{CURRENT}.new", name + "\n")
    failpoint("pointing")
    os.replace(index / f"{CURRENT}.new", index / CURRENT)
    sync_folder(index)


def _sweep(folder: Path) -> None:
    """Remove what a run that was stopped left behind."""
    for path in folder.glob(f"*{BUILDING}"):
        shutil.rmtree(path, ignore_errors=True)


def _prune(index: Path, current: str) -> None:
    """Remove older generations, but those that a process still has open."""
    others = [path for path in generations(index) if path.name != current]
    for path in others[KEPT:]:
        remove_unless_held(path)
