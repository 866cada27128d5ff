"""What costs most and never changes is computed once: vectors and readings, kept in ``build/bench/memory.db``.

Keys name the model and the text, so a changed model or text is computed anew.
"""

import sqlite3
from collections.abc import Callable, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from typing import cast

import numpy as np

from assistant.embedding import Embedder
from assistant.reader import Reader, Reading, graph
from assistant.reader.weights import FILE as WEIGHTS
from assistant.settings import Settings

FILE = Path(__file__).parent.parent / "build" / "bench" / "memory.db"


class Memory:
    """Float32 rows by key, in one file."""

    def __init__(self, file: Path = FILE) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("create table if not exists rows (key blob primary key, row blob) without rowid")

    def rows(self, keys: Sequence[bytes], compute: Callable[[list[int]], Sequence[np.ndarray]]) -> list[np.ndarray]:
        """The row of each key; ``compute`` is given the places of those that are not kept yet."""
        found = [self._connection.execute("select row from rows where key = ?", (key,)).fetchone() for key in keys]
        missing = [place for place, row in enumerate(found) if row is None]
        computed = dict(zip(missing, compute(missing) if missing else (), strict=True))
        self._connection.execute("begin")
        self._connection.executemany(
            "insert or replace into rows values (?,?)",
            [(keys[place], row.astype("<f4").tobytes()) for place, row in computed.items()],
        )
        self._connection.execute("commit")
        return [computed[n] if n in computed else np.frombuffer(row[0], "<f4") for n, row in enumerate(found)]


class RememberingEmbedder:
    """An embedder that embeds each text once."""

    def __init__(self, inner: Embedder, memory: Memory) -> None:
        self._inner = inner
        self._memory = memory

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        keys = [_key(self._inner.identity, "passage", text) for text in texts]
        return np.stack(self._memory.rows(keys, lambda missing: self._inner.passages([texts[n] for n in missing])))

    def question(self, text: str) -> np.ndarray:
        key = _key(self._inner.identity, "question", text)
        return self._memory.rows([key], lambda _: [self._inner.question(text)])[0]


class RememberingReader:
    """A reader that reads each passage once for a question."""

    def __init__(self, load: Callable[[], Reader], identity: str, memory: Memory) -> None:
        """``load`` is called when something has to be read; ``identity`` names what it loads."""
        self._load = load
        self._identity = identity
        self._memory = memory

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        keys = [_key(self._identity, question, title, *sentences) for title, sentences in passages]
        rows = self._memory.rows(
            keys,
            lambda missing: [
                np.append(reading.sentences, np.float32(reading.none))
                for reading in self._load().read(question, [passages[n] for n in missing])
            ],
        )
        return [Reading(row[:-1], float(row[-1])) for row in rows]


def remembering(embedder: Embedder) -> Embedder:
    return cast(Embedder, RememberingEmbedder(embedder, Memory()))


def reader_identity(settings: Settings) -> str:
    """Names the reader of ``settings``, the weights of the one that is shipped, and how it computes."""
    built_in = sha256(WEIGHTS.read_bytes() + Path(graph.__file__).read_bytes())
    return f"{settings.reader} {built_in.hexdigest()[:16]}"


def _key(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
