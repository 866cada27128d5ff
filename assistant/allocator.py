"""How the C library under Python keeps memory that is not in use any more."""

import ctypes
from contextlib import suppress

#: ``mallopt(3)``: from how many bytes on a buffer is of its own, and given back to the system when it is freed.
_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def give_large_buffers_back() -> None:
    """By default glibc keeps them up to 32 MB once one was freed: a model that is made, or an index that is let go of,
    then leaves a hole of its size. Elsewhere than on glibc nothing happens.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)
