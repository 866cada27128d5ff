"""What passes between the sandbox and its worker: frames of four bytes of length, then so many bytes."""

import struct
from typing import IO

_LENGTH = struct.Struct("!I")

#: Exit code of a worker whose file needs more memory than is allowed.
OUT_OF_MEMORY = 71


def send(stream: IO[bytes], frame: bytes) -> None:
    stream.write(_LENGTH.pack(len(frame)))
    stream.write(frame)


def receive(stream: IO[bytes], limit: int) -> bytes:
    """The next frame.

    :raises EOFError: If the stream ends before it does.
    :raises ValueError: If it is longer than ``limit`` bytes.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > limit:
        raise ValueError(f"a frame of {length} bytes is longer than {limit}")
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found
