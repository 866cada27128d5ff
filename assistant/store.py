"""The truth: one SQLite file that keeps every article whole, its sentences and passages, and every embedding.

Only the writer opens it. Readers open a generation of the index, which is made from it (``index.py``).
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import numpy as np

from assistant.errors import StoreError
from assistant.types import Article, Passage, Sentence

#: Changes when the tables do.
SCHEMA_VERSION = 1

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
    language text
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
    vector blob not null
) without rowid;
"""

ARTICLE_COLUMNS = "id, text, title, source, url, author, published, language, origin"


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
        rows = self._connection.execute("select id, content_hash, analysis, origin from articles")
        return {id: Known(content_hash, analysis, origin) for id, content_hash, analysis, origin in rows}

    def put(self, article: Article, sentences: Sequence[Sentence], passages: Sequence[Passage], analysis: str) -> None:
        """Add the article, or replace the one of the same id."""
        with self._transaction() as connection:
            connection.execute("delete from articles where id = ?", (article.id,))
            connection.execute(
                f"insert into articles ({ARTICLE_COLUMNS}, content_hash, analysis) values (?,?,?,?,?,?,?,?,?,?,?)",
                (*article_row(article), article.content_hash, analysis),
            )
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
        """Every article, by id."""
        for row in self._connection.execute(f"select {ARTICLE_COLUMNS} from articles order by id"):
            yield article_from_row(row)

    def sentences(self, article: Article) -> list[Sentence]:
        rows = self._connection.execute(
            "select start, end, number, paragraph from sentences where article = ? order by number",
            (article.id,),
        )
        return [Sentence(article, *row) for row in rows]

    def passages(self, article: Article) -> list[Passage]:
        rows = self._connection.execute(
            "select start, end from passages where article = ? order by start", (article.id,)
        )
        return [Passage(article, *row) for row in rows]

    def missing_embeddings(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of ``keys`` that have no vector yet."""
        find = "select 1 from embeddings where key = ?"
        return {key for key in keys if self._connection.execute(find, (key,)).fetchone() is None}

    def put_embeddings(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep ``vectors``, float32 of shape (len(keys), dimension)."""
        with self._transaction() as connection:
            connection.executemany(
                "insert or replace into embeddings values (?,?)",
                [(key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)],
            )

    def embeddings(self, keys: Sequence[bytes], dimension: int) -> np.ndarray:
        """The vectors of ``keys``, float32 of shape (len(keys), dimension).

        :raises StoreError: If one is missing or has another dimension.
        """
        vectors = np.empty((len(keys), dimension), np.float32)
        for row, key in enumerate(keys):
            found = self._connection.execute("select vector from embeddings where key = ?", (key,)).fetchone()
            if found is None or len(found[0]) != 4 * dimension:
                raise StoreError(f"the store lacks embedding {key.hex()}. Run `assistant ingest` again.")
            vectors[row] = np.frombuffer(found[0], "<f4")
        return vectors

    def drop_embeddings_except(self, keys: set[bytes]) -> int:
        """Forget vectors that nothing uses any more; returns how many."""
        stored = [row[0] for row in self._connection.execute("select key from embeddings")]
        unused = [(key,) for key in stored if key not in keys]
        with self._transaction() as connection:
            connection.executemany("delete from embeddings where key = ?", unused)
        return len(unused)

    def close(self) -> None:
        self._connection.close()

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
                raise StoreError(
                    f"the store could not be written: {error}. Free space or rights, then retry."
                ) from error
            raise


@contextmanager
def open_store(folder: Path) -> Iterator[Store]:
    """The store in ``folder``, made if there is none, locked for this process alone.

    :raises StoreError: If another process holds it, or the file is damaged or of another version.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}. Name another folder with --index.") from error
    with _lock(folder / "store.lock"):
        path = folder / "store.db"
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(connection)
            yield Store(connection)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path}: {error}. Restore it from a backup, or remove it and ingest again.") from error
        finally:
            connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == 0:
        connection.executescript(f"begin; {SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;")
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"the store has version {version}, this program reads {SCHEMA_VERSION}. Ingest into a new --index."
        )


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold ``path`` for this process; the lock goes with the process however it ends."""
    with open(path, "a+", encoding="ascii") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StoreError(
                f"{path.parent}: process {file.read().strip() or '?'} is writing this index. Wait for it, or stop it."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def article_row(article: Article) -> tuple[str | None, ...]:
    """The values of ``ARTICLE_COLUMNS``."""
    published = article.published.isoformat() if article.published else None
    return (
        article.id, article.text, article.title, article.source, article.url, article.author,
        published, article.language, article.origin,
    )  # fmt: skip


def article_from_row(row: Sequence[str | None]) -> Article:
    id, text, title, source, url, author, published, language, origin = row
    return Article(
        id=id or "", text=text or "", title=title or "", source=source or "", url=url or "", author=author or "",
        published=date.fromisoformat(published) if published else None, language=language, origin=origin or "",
    )  # fmt: skip
