"""A store in one file that can be carried away, and back.

A backup is a SQLite database: the tables of the store, copied while others may write to it, and a table ``backup`` of
one row that tells when and from what it was made, what it holds, and a digest of every row. The index is not in it:
it is made from the store.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant import __version__
from assistant.embedding import Embedder
from assistant.errors import StoreError, UsageError
from assistant.index import generations
from assistant.ingest import ingest
from assistant.publish import sync_folder
from assistant.store import DAMAGED, SCHEMA_VERSION, STORE, Store, connect, locked, read_store

TABLES = ("articles", "embeddings", "passages", "sentences")

SCHEMA = """
create table backup (
    created text not null, program text not null, articles integer not null, embeddings integer not null,
    digest text not null
)
"""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    #: UTC, to the second.
    created: str
    #: The version that made it.
    program: str
    articles: int
    embeddings: int
    digest: str


def backup(index: Path, file: Path) -> Backup:
    """Copy the store of ``index`` to ``file``, which is complete or not there.

    :raises UsageError: If ``file`` is there already.
    :raises StoreError: If there is no store, it is damaged, or ``file`` cannot be written.
    """
    if file.exists():
        raise UsageError(f"{file} is there already. Name a new file.")
    aside = file.with_name(f"{file.name}.new")
    try:
        with _told(file), read_store(index) as store:
            aside.unlink(missing_ok=True)
            with closing(sqlite3.connect(aside, isolation_level=None)) as copy:
                store.copy_to(copy)
                copy.execute("pragma journal_mode = delete")
                made = _describe(copy)
            with open(aside, "rb") as written:
                os.fsync(written.fileno())
            os.replace(aside, file)
            sync_folder(file.absolute().parent)
            return made
    finally:
        aside.unlink(missing_ok=True)


def restore(file: Path, index: Path, embedder: Embedder, *, force: bool = False) -> Backup:
    """Put the store in ``file`` in the place of that of ``index``, and build the index from it.

    The store is replaced in one transaction, or not at all.

    :raises UsageError: If ``file`` is no backup, or ``index`` is not empty and ``force`` is not given.
    :raises StoreError: If ``file`` is damaged, or the store is being written or cannot be.
    """
    made = verify_backup(file)
    with locked(index):
        if not force and ((index / STORE).exists() or generations(index)):
            raise UsageError(f"{index} is not empty. Name a new folder with --index, or replace it with --force.")
        _replace(file, index / STORE)
    ingest([], index, embedder)
    return made


def verify_backup(file: Path) -> Backup:
    """What ``file`` holds, once every row of it has been read and found to be as it was.

    :raises UsageError: If it is no backup, or one of another version.
    :raises StoreError: If it is damaged.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file. Name one that `assistant backup` made.")
    with _told(file), closing(_read_only(file)) as copy:
        if copy.execute("select 1 from sqlite_master where name = 'backup'").fetchone() is None:
            raise UsageError(f"{file} is no backup. Name a file that `assistant backup` made.")
        made = Backup(*copy.execute("select created, program, articles, embeddings, digest from backup").fetchone())
        version = copy.execute("pragma user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise UsageError(
                f"{file} was made by version {made.program}: its store has version {version}, this program reads"
                f" {SCHEMA_VERSION}. Restore it with that version."
            )
        if _digest(copy) != made.digest or copy.execute("pragma integrity_check(1)").fetchone()[0] != "ok":
            raise StoreError(f"{file} is not as it was written. Restore another backup.")
        return made


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise StoreError(f"{file} cannot be copied: {error}. Free space, or take another backup.") from error
    except OSError as error:
        raise StoreError(f"{error.filename or file}: {error.strerror}. Free space or mend its rights.") from error


def _describe(copy: sqlite3.Connection) -> Backup:
    articles, embeddings = Store(copy).verify()
    created = datetime.now(UTC).isoformat(timespec="seconds")
    made = Backup(created, __version__, articles, embeddings, _digest(copy))
    copy.execute("drop table if exists backup")
    copy.execute(SCHEMA)
    copy.execute("insert into backup values (?,?,?,?,?)", astuple(made))
    return made


def _digest(copy: sqlite3.Connection) -> str:
    """SHA-256 of every value of every row, in the order of their keys."""
    digest = hashlib.sha256()
    for table in TABLES:
        for row in copy.execute(f"select * from {table} order by 1, 2"):
            digest.update(f"\0{table}\0{row!r}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _replace(file: Path, store: Path) -> None:
    try:
        connect(store).close()
    except StoreError:  # it cannot be written over; what is left of it is kept
        for path in store.parent.glob(f"{STORE}*"):
            os.replace(path, path.with_name(f"damaged-{path.name}"))
    with _told(store), closing(_read_only(file)) as copy, closing(connect(store)) as connection:
        copy.backup(connection)
        connection.execute("drop table backup")


def _read_only(file: Path) -> sqlite3.Connection:
    uri = file.absolute().as_uri()
    return sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
