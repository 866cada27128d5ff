"""A server that cannot be reached is left alone for a while, so that not every question waits for it."""

import time
from collections.abc import Callable
from threading import Lock

FAILURES = 3
PAUSE = 30.0


class Breaker:
    """Counts failures in a row; may be used from any thread. After a pause one question tries again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0

    def allows(self) -> bool:
        with self._lock:
            return self._clock() >= self._until

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._until = self._clock() + PAUSE

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._until = 0, 0.0
