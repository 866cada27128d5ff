"""The process that parsers run in: ``python -m assistant.formats.worker MEMORY SECONDS``.

A request is two frames: suffix and bytes of a file. The answer is a frame of JSON for each thing found in it, then
one with the reason why no more could be read, or null. Ends with its input, and where memory ran out.
"""

import json
import math
import os
import resource
import signal
import sys
from dataclasses import asdict
from typing import IO

from assistant.formats import readers
from assistant.formats.draft import Draft, Unreadable
from assistant.formats.files import SIZE_LIMIT
from assistant.formats.frames import OUT_OF_MEMORY, receive, send

#: No parser has a reason to do any of this, whatever a file asks of it.
_FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.posix_spawn",
        "os.system",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)


def main(memory: int, seconds: int) -> None:
    """Answer requests; ``memory`` is in bytes for the process, ``seconds`` of computing are for each file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked decides
    _limit(resource.RLIMIT_CORE, 0)
    # Memory of the process's own, unlike RLIMIT_AS not the files it maps. macOS knows the limit and ignores it.
    _limit(resource.RLIMIT_DATA, memory)
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a parser prints is no answer
    sys.addaudithook(_forbid)
    while True:
        try:
            suffix, data = receive(requests, SIZE_LIMIT).decode(), receive(requests, SIZE_LIMIT)
        except EOFError:
            return
        _limit(resource.RLIMIT_CPU, math.ceil(_computed()) + seconds)
        try:
            _answer(answers, suffix, data)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)


def _limit(what: int, soft: int) -> None:
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _computed() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _forbid(event: str, _: object) -> None:
    if event in _FORBIDDEN:
        raise PermissionError(f"{event} is not allowed here")


def _answer(answers: IO[bytes], suffix: str, data: bytes) -> None:
    reason = None
    try:
        for found in readers.read(suffix, data):
            _send(answers, {"draft" if isinstance(found, Draft) else "fault": asdict(found)})
    except Unreadable as fault:
        reason = str(fault)
    _send(answers, {"end": reason})
    answers.flush()


def _send(answers: IO[bytes], answer: object) -> None:
    send(answers, json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
