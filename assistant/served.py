"""Which generation a process answers from, and why that is not the newest one.

::

    CURRENT names another generation -> check it in a child process -> open it -> swap the reference
                                        damaged: go on with the one in use, or the newest whole one

One question sees one generation. The one that was swapped out is closed when its last question lets go of it.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import AssistantError, IndexUnusable
from assistant.index import GENERATIONS, MANIFEST, MEND, Generation, generations, open_generation, wanted_name
from assistant.publish import check_in_child

log = logging.getLogger(__name__)

#: Seconds after which a generation that could not be used is checked again.
CHECK_AGAIN = 60


class Served:
    """The generation in use. Every method may be called from any thread."""

    def __init__(self, index: Path, embedder_identity: str, *, wary: bool) -> None:
        """``wary`` is for a process that has to live on: it checks the first generation too, and falls back."""
        self._index = index
        self._identity = embedder_identity
        self._wary = wary
        self._generation: Generation | None = None
        self._changing = threading.Lock()
        self._doubted = False
        self._refusal: str | None = None
        #: Why a generation is not used, and since when, by its folder and the time of its manifest.
        self._faults: dict[tuple[Path, int], tuple[str, float]] = {}

    def generation(self) -> Generation:
        """The generation in use; a newer one is swapped in when it is ready.

        :raises IndexUnusable: If there is none that can be used.
        """
        if self._generation is None:
            with self._changing:
                if self._generation is None:
                    self._generation = self._choose()
        elif self._is_outdated() and self._changing.acquire(blocking=False):
            self._begin_swap()
        return self._generation

    def _begin_swap(self) -> None:
        """In a thread of its own, or without memory for one with a later question."""
        try:
            threading.Thread(target=self._swap, name="swap", daemon=True).start()
        except RuntimeError as error:
            self._changing.release()
            self._note(str(error))

    def refusal(self) -> str | None:
        """Why the generation that should be used is not; None where it is, or where there is none yet."""
        return None if self._refusal is None else self._refusal.replace(f"{self._index}{os.sep}", "")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the generation in use; one that turns out to be damaged is checked, and another one used.

        :raises IndexUnusable: If it is.
        :raises AssistantError: If this process has no memory or no descriptors for it.
        """
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._doubted = self._generation is not None
            raise IndexUnusable(f"the index in {self._index} is damaged: {error}. {MEND}") from error
        except (MemoryError, OSError) as error:
            raise AssistantError(
                f"no answer: {error or 'out of memory'}. Give the server more, or try again."
            ) from error
        except IndexUnusable:
            self._doubted = self._generation is not None
            raise

    def _is_outdated(self) -> bool:
        assert self._generation is not None
        if self._doubted:
            return True
        try:
            name = wanted_name(self._index)
        except IndexUnusable as error:
            self._note(str(error))
            return False
        if name == self._generation.name:
            self._note(None)
            return False
        fault = self._fault(_version(self._index / GENERATIONS / name))
        if fault:
            self._note(fault)
        return fault is None

    def _note(self, refusal: str | None) -> None:
        """Keep why the generation that should be used is not, and tell the operator once."""
        if refusal and refusal != self._refusal:
            log.error("the index that should be used is not used: %s", refusal)
        self._refusal = refusal

    def _swap(self) -> None:
        """Use the newest generation that is whole. Holds the lock taken by the caller."""
        try:
            self._generation = self._choose()
            self._doubted = False
        except (IndexUnusable, OSError) as error:
            self._note(str(error))
        finally:
            self._changing.release()

    def _choose(self) -> Generation:
        """The generation that CURRENT names; else, where this process is wary, the newest one that is whole.

        :raises IndexUnusable: If there is none: why the first was not used.
        """
        first: IndexUnusable | None = None
        for name in self._candidates():
            try:
                found = self._open(name or wanted_name(self._index))
            except IndexUnusable as error:
                first = first or error
            else:
                self._note(str(first) if first else None)
                return found
        assert first is not None
        self._note(str(first) if generations(self._index) else None)
        raise first

    def _candidates(self) -> Iterator[str | None]:
        """Names of generations in the order in which they are tried; None for the one that CURRENT names."""
        yield None
        if self._generation:
            yield self._generation.name
        if self._wary:
            yield from (folder.name for folder in generations(self._index))

    def _open(self, name: str) -> Generation:
        """
        :raises IndexUnusable: If it is damaged, or made with another embedding model.
        """
        folder = self._index / GENERATIONS / Path(name).name
        used = self._generation
        if used and used.name == folder.name and not self._doubted:
            return used
        version = _version(folder)
        fault = self._fault(version)
        if fault:
            raise IndexUnusable(fault)
        try:
            if self._wary or used:
                check_in_child(folder)
            if used and used.name == folder.name:
                return used
            found = open_generation(self._index, self._identity, name)
            if self._wary:
                found.load()
            return found
        except IndexUnusable as error:
            self._faults[version] = str(error), time.monotonic()
            raise

    def _fault(self, version: tuple[Path, int]) -> str | None:
        """What is known to be wrong with a generation; after a while it may be the disk that was full."""
        fault, since = self._faults.get(version, (None, 0.0))
        return fault if time.monotonic() - since < CHECK_AGAIN else None


def _version(folder: Path) -> tuple[Path, int]:
    try:
        return folder, (folder / MANIFEST).stat().st_mtime_ns
    except OSError:
        return folder, 0
