"""A question under way, which whoever asked may give up waiting for."""

from collections.abc import Callable
from concurrent.futures import Executor
from threading import Event
from typing import Generic, TypeVar

T = TypeVar("T")


class Asking(Generic[T]):
    """The engine itself is never interrupted: an answer that nobody waits for any more is let go of."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._settled = Event()

    def stop(self) -> None:
        self._settled.set()

    def wait(self, executor: Executor) -> T | None:
        """The answer, or None if it was given up; raises what the engine raises."""
        answer = executor.submit(self._ask)
        answer.add_done_callback(lambda _: self._settled.set())
        self._settled.wait()
        return answer.result() if answer.done() else None
