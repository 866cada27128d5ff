"""Parsers run in a process that may be lost: it has limits on memory, on time and on what it answers.

One worker reads file after file. It is started by the first file that needs it, and again after it was lost. Where
the system does not limit memory (macOS), the limits on time and on the size of files and archives remain.
"""

import atexit
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from time import monotonic
from typing import IO, Any, cast

from assistant import child
from assistant.formats.draft import Draft, Fault, Unreadable
from assistant.formats.frames import OUT_OF_MEMORY, receive, send

#: Bytes of the worker's own: with the libraries it maps, it stays below 512 MB. A dense page of 5 MB takes 350.
MEMORY_LIMIT = 448 * 2**20
#: Seconds of computing for one file. The slowest honest file seen, a feed of 14 MB, takes 17.
CPU_LIMIT = 30
#: Seconds from request to answer, for parsers that wait instead of computing, on a machine four times too busy.
WALL_LIMIT = 120
#: Bytes of all answers for one file: of 50 MB, millions of records can be made.
ANSWER_LIMIT = 200 * 2**20


class _Lost(Exception):
    """The worker did not answer in full; the message is the reason shown to people."""


class _TimedOut(_Lost):
    """It was stopped for the time it took: it would take as long once more."""


class Sandbox:
    """Reads files by a worker; threads take turns."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    def read(self, suffix: str, data: bytes) -> Iterator[Draft | Fault]:
        """What the reader of ``suffix`` finds in ``data``, once all of it is read.

        :raises Unreadable: If the rest of the file cannot be read, or the worker was lost over it.
        """
        with self._lock:
            found, reason = self._ask(suffix, data)
        yield from found
        if reason is not None:
            raise Unreadable(reason)

    def stop(self) -> None:
        """End the worker; the next file starts another."""
        if self._worker is not None:
            _end(self._worker)
            self._worker = None

    def _ask(self, suffix: str, data: bytes) -> tuple[list[Draft | Fault], str | None]:
        fresh = self._worker is None or self._worker.poll() is not None
        if fresh:
            self.stop()
            self._worker = _start()
        worker = cast("subprocess.Popen[bytes]", self._worker)
        try:
            with _watched(worker):
                return _answered(worker, suffix, data)
        except _Lost as loss:
            if fresh or isinstance(loss, _TimedOut):
                raise Unreadable(str(loss)) from None
        # What the files before left in the worker's memory is not this one's fault.
        return self._ask(suffix, data)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        child.command("assistant.formats.worker", str(MEMORY_LIMIT), str(CPU_LIMIT)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # OpenBLAS, which a parser imports, sets memory aside for every core.
        env=child.environment() | {"OPENBLAS_NUM_THREADS": "1"},
    )


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        with suppress(BrokenPipeError):
            cast(IO[bytes], pipe).close()


@contextmanager
def _watched(worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills the worker when its time is over or it is left in the middle of an answer.

    :raises _Lost: If it ended.
    """
    late = Timer(WALL_LIMIT, worker.kill)
    late.daemon = True
    late.start()
    began = monotonic()
    answered = False
    try:
        yield
        answered = True
    except (EOFError, BrokenPipeError):
        code = worker.wait()
        if code == -signal.SIGKILL and monotonic() - began >= WALL_LIMIT:
            raise _TimedOut(f"takes longer than {WALL_LIMIT} s to be read") from None
        raise _loss(code) from None
    finally:
        late.cancel()
        if not answered:  # nor may what is left of this answer be taken for the next file's
            _end(worker)


def _loss(code: int) -> _Lost:
    if code == -signal.SIGXCPU:
        return _TimedOut(f"takes more than {CPU_LIMIT} s of computing to be read")
    if code == OUT_OF_MEMORY:
        return _Lost(f"takes more than {MEMORY_LIMIT // 2**20} MB of memory to be read")
    if code < 0:
        return _Lost(f"its parser was ended by {signal.Signals(-code).name}")
    return _Lost(f"its parser failed (exit code {code})")


def _answered(worker: subprocess.Popen[bytes], suffix: str, data: bytes) -> tuple[list[Draft | Fault], str | None]:
    requests, answers = cast(IO[bytes], worker.stdin), cast(IO[bytes], worker.stdout)
    send(requests, suffix.encode())
    send(requests, data)
    requests.flush()
    found: list[Draft | Fault] = []
    left = ANSWER_LIMIT
    while True:
        try:
            frame = receive(answers, left)
        except ValueError:
            raise Unreadable(f"grows beyond {ANSWER_LIMIT // 2**20} MB when read") from None
        left -= len(frame)
        answer: dict[str, Any] = json.loads(frame.decode("utf-8", "surrogatepass"))
        if "end" in answer:
            return found, answer["end"]
        found.append(_draft(**answer["draft"]) if "draft" in answer else Fault(**answer["fault"]))


def _draft(groups: list[str], **others: Any) -> Draft:
    return Draft(groups=tuple(groups), **others)  # JSON has no tuples


_SANDBOX = Sandbox()
atexit.register(_SANDBOX.stop)
read = _SANDBOX.read
