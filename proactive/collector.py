"""Python's collector of reference cycles, for processes through which many rows pass."""

import gc


def calm_memory() -> None:
    """Let the collector of reference cycles look less often: rows have none, and looking for them costs a third of all
    time when tens of thousands of rows a second pass through. What is loaded by now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
