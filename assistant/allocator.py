"""How the C library under Python keeps memory that is not in use any more."""

import ctypes
from contextlib import suppress

#: ``mallopt(3)``: from how many bytes on a buffer is of its own, and given back to the system when it is freed. By
#: default glibc keeps buffers of up to 32 MB once one was freed: a model that is made, or an index that is let go of,
#: leaves a hole of its size.
_MMAP_THRESHOLD, _LARGE = -3, 1 << 20
#: Pools that threads share. By default there are eight a core, and each keeps what the largest question took in it.
_ARENA_MAX, _POOLS = -8, 2


def keep_memory_small() -> None:
    """For a process that lives long; elsewhere than on glibc nothing happens."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_ARENA_MAX, _POOLS)
