"""The truth: one SQLite file that keeps every article whole, its sentences and passages, and every embedding.

Only the writer opens it. Readers open a generation of the index, which is made from it (``index.py``).
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from assistant.errors import StoreError
from assistant.failpoints import failpoint
from assistant.types import Article, Passage, Sentence

#: Changes when the tables do.
SCHEMA_VERSION = 3

#: The file of a store, in the folder of its index.
STORE = "store.db"

#: What reading a damaged store raises; SQLite quotes what it found in its messages, which need not be UTF-8.
DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)

#: The way out where the store itself is lost.
RESTORE = "Run `assistant restore` with a backup of it, or ingest into a new --index."

SCHEMA = """
create table articles (
    id text primary key,
    origin text not null,
    content_hash text not null,
    analysis text not null,
    text text not null,
    title text not null,
    source text not null,
    url text not null,
    author text not null,
    published text,
    language text,
    groups text not null
) without rowid;
create index articles_by_origin on articles (origin);
create table sentences (
    article text not null references articles (id) on delete cascade,
    number integer not null,
    start integer not null,
    end integer not null,
    paragraph integer not null,
    primary key (article, number)
) without rowid;
create table passages (
    article text not null references articles (id) on delete cascade,
    start integer not null,
    end integer not null,
    primary key (article, start)
) without rowid;
create table embeddings (
    key blob primary key,
    vector blob not null,
    sum integer not null
) without rowid;
"""

ARTICLE_COLUMNS = "id, text, title, source, url, author, published, language, origin, groups"


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whether a stored article is still the one in the file."""

    content_hash: str
    #: The version of the rules that made its sentences and passages.
    analysis: str
    origin: str


class Store:
    """One open store. Each writing method is one transaction: when it returns, the change survives a crash."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def known(self) -> dict[str, Known]:
        """What is stored, by article id."""
        rows = self._rows("select id, content_hash, analysis, origin from articles")
        return {id: Known(content_hash, analysis, origin) for id, content_hash, analysis, origin in rows}

    def put(self, article: Article, sentences: Sequence[Sentence], passages: Sequence[Passage], analysis: str) -> None:
        """Add the article, or replace the one of the same id."""
        with self._transaction() as connection:
            connection.execute("delete from articles where id = ?", (article.id,))
            connection.execute(
                f"insert into articles ({ARTICLE_COLUMNS}, content_hash, analysis) values (?,?,?,?,?,?,?,?,?,?,?,?)",
                (*article_row(article), article.content_hash, analysis),
            )
            failpoint("storing")
            connection.executemany(
                "insert into sentences values (?,?,?,?,?)",
                [(article.id, s.number, s.start, s.end, s.paragraph) for s in sentences],
            )
            connection.executemany(
                "insert into passages values (?,?,?)", [(article.id, p.start, p.end) for p in passages]
            )

    def moved(self, article_id: str, origin: str) -> None:
        """Note that an unchanged article now comes from another file."""
        with self._transaction() as connection:
            connection.execute("update articles set origin = ? where id = ?", (origin, article_id))

    def remove(self, article_ids: Iterable[str]) -> None:
        with self._transaction() as connection:
            connection.executemany("delete from articles where id = ?", [(id,) for id in article_ids])

    def articles(self) -> Iterator[Article]:
        """Every article, by id.

        :raises StoreError: If one is not as it was stored.
        """
        for *row, content_hash in self._rows(f"select {ARTICLE_COLUMNS}, content_hash from articles order by id"):
            article = article_from_row(row)
            if article.content_hash != content_hash:
                raise StoreError(f"article '{article.id}' is not what was stored. {RESTORE}")
            yield article

    def is_restricted(self) -> bool:
        """Whether any article is for some groups only."""
        return next(self._rows("select 1 from articles where groups <> '' limit 1"), None) is not None

    def sentences(self, article: Article) -> list[Sentence]:
        rows = self._rows(
            "select start, end, number, paragraph from sentences where article = ? order by number",
            (article.id,),
        )
        return [Sentence(article, *row) for row in rows]

    def passages(self, article: Article) -> list[Passage]:
        rows = self._rows("select start, end from passages where article = ? order by start", (article.id,))
        return [Passage(article, *row) for row in rows]

    def missing_embeddings(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of ``keys`` that have no vector yet."""
        find = "select 1 from embeddings where key = ?"
        return {key for key in keys if next(self._rows(find, (key,)), None) is None}

    def put_embeddings(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep ``vectors``, float32 of shape (len(keys), dimension)."""
        with self._transaction() as connection:
            connection.executemany(
                "insert or replace into embeddings values (?,?,?)",
                [(key, kept, crc32(kept)) for key, kept in zip(keys, map(_bytes_of, vectors), strict=True)],
            )

    def embeddings(self, keys: Sequence[bytes], dimension: int) -> np.ndarray:
        """The vectors of ``keys``, float32 of shape (len(keys), dimension).

        :raises StoreError: If one is missing, has another dimension or is not as it was stored.
        """
        vectors = np.empty((len(keys), dimension), np.float32)
        for row, key in enumerate(keys):
            kept, sum = next(self._rows("select vector, sum from embeddings where key = ?", (key,)), (b"", None))
            if len(kept) != 4 * dimension:
                raise StoreError(f"the store lacks embedding {key.hex()}. Run `assistant ingest` again.")
            _check_sum(key, kept, sum)
            vectors[row] = np.frombuffer(kept, "<f4")
        return vectors

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Copy everything, as it is now, into an empty database."""
        self._connection.backup(other)

    def drop_embeddings_except(self, keys: set[bytes]) -> int:
        """Forget vectors that nothing uses any more; returns how many."""
        stored = [key for (key,) in self._rows("select key from embeddings")]
        unused = [(key,) for key in stored if key not in keys]
        with self._transaction() as connection:
            connection.executemany("delete from embeddings where key = ?", unused)
        return len(unused)

    def verify(self) -> tuple[int, int]:
        """Read everything; returns how many articles and embeddings there are.

        :raises StoreError: If anything is not as it was stored.
        """
        (fault,) = next(self._rows("pragma integrity_check(1)"))
        if fault != "ok":
            raise StoreError(f"the store is damaged: {' '.join(fault.split())}. {RESTORE}")
        articles = sum(1 for _ in self.articles())
        embeddings = 0
        for embedding in self._rows("select key, vector, sum from embeddings"):
            _check_sum(*embedding)
            embeddings += 1
        return articles, embeddings

    def _rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query, values)
        except DAMAGED as error:
            raise StoreError(f"the store cannot be read: {error}. {_way_out(error)}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._connection.execute("begin immediate")
            yield self._connection
            self._connection.execute("commit")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("rollback")
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"the store cannot be written: {error}. {_way_out(error)}") from error
            raise


@contextmanager
def open_store(folder: Path, *, new: bool = True) -> Iterator[Store]:
    """The store in ``folder``, locked for this process alone; made if there is none, and ``new`` allows it.

    :raises StoreError: If another process holds it, or the file is missing, damaged or of another version.
    """
    with locked(folder), closing(connect(folder / STORE, new=new)) as connection:
        yield Store(connection)


@contextmanager
def read_store(folder: Path) -> Iterator[Store]:
    """The store in ``folder``, to be read only, while another process may write it.

    :raises StoreError: If there is none, or it is damaged or of another version.
    """
    with closing(connect(folder / STORE, new=False)) as connection:
        yield Store(connection)


def connect(path: Path, *, new: bool = True) -> sqlite3.Connection:
    """A connection to the store at ``path``; only who holds its lock may write.

    :raises StoreError: If the file is damaged or of another version, or missing and not to be made.
    """
    if not new and not path.is_file():
        raise StoreError(f"{path} is missing. {RESTORE}")
    with ExitStack() as failed:
        try:
            connection = failed.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            _prepare(connection, path, new)
        except DAMAGED as error:
            raise StoreError(f"{path}: {error}. {_way_out(error)}") from error
        failed.pop_all()
        return connection


def _prepare(connection: sqlite3.Connection, path: Path, new: bool) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == 0 and not new:
        raise StoreError(f"{path} is empty. {RESTORE}")
    if version == 0:
        connection.executescript(f"begin; {SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;")
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has version {version}, this program reads {SCHEMA_VERSION}. Ingest into a new --index."
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the store in ``folder`` for this process; the lock goes with the process however it ends.

    :raises StoreError: If another process holds it, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "store.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}. Mend it, or name another folder with --index.") from error
    try:
        _take(lock, folder)
        yield
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        process = str(os.getpid()).encode()
        os.pwrite(lock, process, 0)
        os.ftruncate(lock, len(process))
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode("ascii", "replace") or "?"
        raise StoreError(f"{folder}: process {holder} is writing this index. Wait for it, or stop it.") from None
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}. Free space or mend its rights, then ingest again.") from error


def _way_out(error: Exception) -> str:
    """By SQLite's primary result code; there is none where text is no UTF-8 any more."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        return RESTORE
    if code == sqlite3.SQLITE_BUSY:
        return "Close the program that has it open, then retry."
    return "Free space or mend its rights, then retry."


def _check_sum(key: bytes, kept: bytes, sum: int) -> None:
    if crc32(kept) != sum:
        raise StoreError(f"embedding {key.hex()} is not what was stored. {RESTORE}")


def _bytes_of(vector: np.ndarray) -> bytes:
    return vector.astype("<f4").tobytes()


def article_row(article: Article) -> tuple[str | None, ...]:
    """The values of ``ARTICLE_COLUMNS``."""
    published = article.published.isoformat() if article.published else None
    return (
        article.id, article.text, article.title, article.source, article.url, article.author,
        published, article.language, article.origin, "\n".join(sorted(article.groups)),
    )  # fmt: skip


def article_from_row(row: Sequence[str | None]) -> Article:
    id, text, title, source, url, author, published, language, origin, groups = row
    return Article(
        id=id or "", text=text or "", title=title or "", source=source or "", url=url or "", author=author or "",
        published=date.fromisoformat(published) if published else None, language=language, origin=origin or "",
        groups=frozenset((groups or "").splitlines()),
    )  # fmt: skip
