"""A generation filled and checked in child processes that need not import Chroma: they are forked from one that has.

An interpreter of its own takes a second each, and the fault tests publish hundreds of times; that one is tested in
``test_publish.py`` and by every test that runs a command.
"""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from assistant.errors import IndexUnusable
from assistant.index import MEND
from assistant.verify import verify

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["chromadb.api.rust", "assistant.fill", "quick_check"])


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


class QuickFiller:
    """As ``publish.start_filler``, and what is used of a ``subprocess.Popen``."""

    def __init__(self, folder: Path, channel: Connection) -> None:
        self._process = _context.Process(target=_fill, args=(folder, channel))
        self._process.start()
        self.returncode: int | None = None

    def kill(self) -> None:
        self._process.kill()

    def communicate(self) -> tuple[None, str]:
        self._process.join()
        self.returncode = self._process.exitcode
        return None, ""


def _fill(folder: Path, channel: Connection) -> None:
    from assistant.fill import fill

    with suppress(EOFError):
        fill(folder, channel)


#: Where the real check is looked up.
PLACES = ("assistant.publish", "assistant.served", "assistant.check")


def put_in_place(patch: Callable[[str, object], None]) -> None:
    patch("assistant.publish.start_filler", QuickFiller)
    for place in PLACES:
        patch(f"{place}.check_in_child", quick_check)
