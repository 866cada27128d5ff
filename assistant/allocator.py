"""How memory is kept that is not in use any more, by the C library (glibc alone) and by Python's garbage collector."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Numbers of ``mallopt(3)``.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

#: Pools that threads share. By default there are eight a core, and each keeps what the largest question took in it.
_POOLS = 2

#: From how many bytes on a buffer is the system's again once it is freed. While a model is made, those of the size of a
#: weight; else none that a question takes, for getting them anew each time costs the reader a third of its time.
_OF_A_WEIGHT, _OF_A_QUESTION = 1 << 20, 32 << 20


def share_pools() -> None:
    """For a process of many threads, at its start."""
    _set(_ARENA_MAX, _POOLS)


@contextmanager
def buffers_given_back() -> Iterator[None]:
    """What is freed inside leaves no hole: a model is made from several times the memory that it keeps."""
    _set(_MMAP_THRESHOLD, _OF_A_WEIGHT)
    try:
        yield
    finally:
        # Once set, glibc no longer adapts them to what is freed.
        _set(_MMAP_THRESHOLD, _OF_A_QUESTION)
        _set(_TRIM_THRESHOLD, 2 * _OF_A_QUESTION)


def settle() -> None:
    """Have the garbage collector leave alone what is here by now and stays: looking at all of it takes a tenth of a
    second, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()


def _set(option: int, value: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(option, value)
