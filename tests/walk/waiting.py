"""Waiting for what other processes do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(
    look: Callable[[], Awaitable[T | None]], *, seconds: float = 60.0, what: str = "it", every: float = 0.1
) -> T:
    """What `look` gives as soon as it gives something. Fails with `what` was waited for."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (found := await look()):
        assert loop.time() < deadline, f"{what} did not happen within {seconds:g} s"
        await asyncio.sleep(every)
    return found
