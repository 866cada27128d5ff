"""A generation checked in a child process that need not import Chroma: it is forked from one that has.

An interpreter of its own takes a second a check, and the fault tests check hundreds of times; that one is tested in
``test_publish.py`` and by every test that runs a command.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from assistant.errors import IndexUnusable
from assistant.index import MEND
from assistant.verify import verify

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["chromadb.api.rust", "chromadb.errors", "quick_check"])


def quick_check(folder: Path) -> None:
    """As ``publish.check_in_child``."""
    told, tell = _context.Pipe(duplex=False)
    child = _context.Process(target=_check, args=(folder, tell))
    child.start()
    tell.close()
    child.join()
    if child.exitcode:
        try:
            reason = told.recv()
        except EOFError:  # it died of what it read
            reason = f"{folder}: the check ended with {child.exitcode}. {MEND}"
        raise IndexUnusable(reason)


def _check(folder: Path, tell: Connection) -> None:
    try:
        verify(folder)
    except IndexUnusable as error:
        tell.send(f"{folder}: {error}")
        raise SystemExit(1) from error


#: Where the real one is looked up.
PLACES = ("assistant.publish", "assistant.served", "assistant.check")


def put_in_place(patch: Callable[[str, object], None]) -> None:
    for place in PLACES:
        patch(f"{place}.check_in_child", quick_check)
