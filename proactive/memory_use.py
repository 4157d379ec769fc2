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


def settle() -> None:
    """What is loaded by now is never looked at again by the collector of reference cycles: looking at the rule book and
    all modules takes a quarter of a second, in which a process of pages answers nobody."""
    gc.collect()
    gc.freeze()


def calm_memory() -> None:
    """Let the collector also look less often: rows have no reference cycles, and looking for them costs a third of all
    time when tens of thousands of rows a second pass through."""
    settle()
    gc.set_threshold(200_000, 20, 20)
