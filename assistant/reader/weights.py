"""The trained weights, ``reader.safetensors``: tensors and a header, no code to run.

A matrix is stored in blocks of 32 along its rows, as ``scale * (byte - 128)``: ``NAME.bytes`` (rows, blocks, 32)
and ``NAME.scales`` (rows, blocks). Read here in a few lines, so that the ``safetensors`` package is not needed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.embedding.weights import BLOCK, SHA256
from assistant.errors import ModelError

FILE = Path(__file__).parent / "reader.safetensors"
#: Changes when tensors or inputs do.
FORMAT = "sourcier-reader-1"

_TYPES: dict[str, np.dtype[np.generic]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "U8": np.dtype("u1"),
}
_WAY_OUT = "Install the assistant again, or make the file anew (benchmarks/reader/README.md)."

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trained:
    """The tensors by name: those of layers are named as in the encoder's file, "l6.q.w"."""

    path: Path
    tensors: dict[str, Array]

    def floats(self, name: str) -> Floats:
        """A tensor as float32, in its own shape."""
        return self._tensor(name).astype(np.float32)

    def matrix(self, name: str) -> Floats:
        """A matrix stored in blocks as float32, shape (rows, columns)."""
        stored = self._tensor(f"{name}.bytes").astype(np.float32)
        stored -= 128
        stored *= self.floats(f"{name}.scales")[..., np.newaxis]
        return stored.reshape(len(stored), -1)

    def __contains__(self, name: str) -> bool:
        return name in self.tensors or f"{name}.bytes" in self.tensors

    def _tensor(self, name: str) -> Array:
        if name not in self.tensors:
            raise ModelError(f"Weight file '{self.path}' has no tensor '{name}'. {_WAY_OUT}")
        return self.tensors[name]


def open_trained(path: Path) -> Trained:
    """Map the file at ``path``.

    :raises ModelError: If it is missing, damaged, or made for another encoder.
    """
    try:
        mapped = np.memmap(path, np.uint8, "r").view(np.ndarray)
        size = int(mapped[:8].view("<u8")[0])
        header = json.loads(mapped[8 : 8 + size].tobytes())
        about = header.pop("__metadata__")
        tensors = {name: _array(mapped[8 + size :], **entry) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ModelError(f"Weight file '{path}' of the reader cannot be read: {error}. {_WAY_OUT}") from error
    if about.get("format") != FORMAT or about.get("encoder") != SHA256:
        raise ModelError(f"Weight file '{path}' is not made for this version and its encoder. {_WAY_OUT}")
    return Trained(path, tensors)


def _array(data: npt.NDArray[np.uint8], dtype: str, shape: list[int], data_offsets: list[int]) -> Array:
    start, end = data_offsets
    array: Array = np.frombuffer(data[start:end], _TYPES[dtype]).reshape(shape)
    return array


def in_blocks(matrix: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """A matrix (rows, columns) in eight bits: bytes (rows, blocks, 32) and scales (rows, blocks)."""
    blocks = matrix.reshape(len(matrix), -1, BLOCK)
    scales = (np.abs(blocks).max(axis=-1) / 127).astype(np.float16)
    steps = np.where(scales == 0, 1, scales).astype(np.float32)
    whole = np.rint(blocks / steps[..., np.newaxis]).clip(-127, 127) + 128
    return whole.astype(np.uint8), scales
