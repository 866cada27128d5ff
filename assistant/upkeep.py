"""The index kept up with its corpus: an ingest in a process of its own, while the server answers.

Writing an index takes the interpreter for seconds at a time, so the serving process never does it.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from assistant import child
from assistant.errors import IndexUnusable
from assistant.index import GENERATIONS, connect, current_name
from assistant.settings import Settings


@contextmanager
def kept_up(settings: Settings) -> Iterator[None]:
    """Ingest the corpus beside the server, where the index is that corpus's or there is none; stop with the server."""
    ingesting = _start(settings) if _is_due(settings) else None
    try:
        yield
    finally:
        if ingesting and ingesting.poll() is None:
            ingesting.terminate()
            ingesting.wait()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    words = ("ingest", str(settings.corpus), "--index", str(settings.index), "--prune", "--quiet")
    return subprocess.Popen(child.command("assistant", *words), env=child.environment(), stdout=subprocess.DEVNULL)


def _is_due(settings: Settings) -> bool:
    """Somebody else's articles are not mixed with the corpus of this folder unasked."""
    if not settings.corpus.exists():
        return False
    try:
        name = current_name(settings.index)
    except IndexUnusable:
        return True
    if name is None:
        return True
    path = settings.index / GENERATIONS / name / "articles.db"
    if not path.exists():
        return True
    start = f"{settings.corpus.absolute()}{os.sep}"
    query = "select 1 from articles where substr(origin, 1, ?) = ? limit 1"
    connection = connect(path)
    try:
        return connection.execute(query, (len(start), start)).fetchone() is not None
    finally:
        connection.close()
