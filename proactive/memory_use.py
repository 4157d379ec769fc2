"""Memory of processes through which many rows pass."""

import contextlib
import ctypes
import gc

M_ARENA_MAX = -8
"""Of glibc's mallopt: how many heaps there may be."""


def one_heap() -> None:
    """Let all threads of this process share one heap, from the start: each lane would keep its own, and a worker holds
    a fifth more. Where the C library is another one, nothing is done."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def calm_memory() -> None:
    """Let the collector of reference cycles look less often: rows have none, and looking for them costs a third of all
    time when tens of thousands of rows a second pass through. What is loaded by now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
