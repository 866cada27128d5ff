"""The index kept up with its corpus: an ingest in a process of its own, while the server answers.

Writing an index takes the interpreter for seconds at a time, so the serving process never does it.
"""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from assistant import child
from assistant.index import connect, generations
from assistant.settings import Settings


@contextmanager
def kept_up(settings: Settings) -> Iterator[None]:
    """Ingest the corpus beside the server, where the index is that corpus's or there is none; stop with the server."""
    ingesting = _start(settings) if is_due(settings) else None
    try:
        yield
    finally:
        if ingesting and ingesting.poll() is None:
            ingesting.terminate()
            ingesting.wait()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    words = ("ingest", str(settings.corpus), "--index", str(settings.index), "--prune", "--quiet")
    return subprocess.Popen(child.command("assistant", *words), env=child.environment(), stdout=subprocess.DEVNULL)


def is_due(settings: Settings) -> bool:
    """Somebody else's articles are not mixed with the corpus of this folder unasked."""
    if not settings.corpus.exists():
        return False
    answers = (_is_of(folder, settings.corpus) for folder in generations(settings.index))
    return next((answer for answer in answers if answer is not None), True)


def _is_of(folder: Path, corpus: Path) -> bool | None:
    """Whether a generation holds articles of ``corpus``; None where it cannot be read."""
    start = f"{corpus.absolute()}{os.sep}"
    query = "select 1 from articles where substr(origin, 1, ?) = ? limit 1"
    try:
        with closing(connect(folder / "articles.db")) as connection:
            return connection.execute(query, (len(start), start)).fetchone() is not None
    except sqlite3.DatabaseError:
        return None
