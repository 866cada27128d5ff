"""A matrix in a .npy file, read a few rows at a time.

A map of the file would do the same, but where the file is torn or its disk fails a map ends the process (SIGBUS), and
a read raises an error.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.errors import IndexUnusable


class Matrix:
    """An open file of shape (rows, columns). Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """
        :raises IndexUnusable: If it cannot be read.
        """
        self._path = path
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - it stays open
            np.lib.format.read_magic(self._file)
            (self._rows, columns), _, dtype = np.lib.format.read_array_header_1_0(self._file)
        except (OSError, ValueError) as error:
            raise self._unusable(error) from error
        self._empty = np.empty((0, columns), dtype)
        self._start = self._file.tell()

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, rows: Sequence[int]) -> np.ndarray:
        """The rows of these numbers, of shape (len(rows), columns).

        :raises IndexUnusable: If the file does not have them.
        """
        size = self._empty.shape[1] * self._empty.itemsize
        try:
            read = b"".join(os.pread(self._file.fileno(), size, self._start + row * size) for row in rows)
        except OSError as error:
            raise self._unusable(error) from error
        if len(read) != len(rows) * size:
            raise self._unusable("it is cut off")
        return np.frombuffer(read, self._empty.dtype).reshape(len(rows), -1)

    def _unusable(self, reason: object) -> IndexUnusable:
        return IndexUnusable(f"{self._path} cannot be read: {reason}. Run `assistant ingest` to build the index again.")
