"""Files that a command is given: what cannot be read ends it with one sentence."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from proactive.errors import Unusable

T = TypeVar("T")


def contents(path: Path) -> bytes:
    """Raises `Unusable`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path} can't be read: {error.strerror}.") from error


async def read_sheet(path: Path, read: Callable[[bytes], T]) -> T:
    """What `read` finds in a spreadsheet. Raises `Unusable`."""
    from proactive.sheets import Unreadable

    try:
        return read(await asyncio.to_thread(contents, path))
    except Unreadable as error:
        raise Unusable(f"{path} can't be read: {error.problems[0].why} {error.problems[0].mend}") from error
