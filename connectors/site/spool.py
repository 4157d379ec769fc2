"""The spool: what was read and is not yet with the platform, in one SQLite file of the site's own disk.

Events and the position up to which they were read are kept in one transaction, written through to the disk before it
counts. An event is deleted when the platform has acknowledged it; a crash between the two sends it once more under the
same id. The spool is bounded: with `most_bytes` in it, or little room left on the disk, it takes nothing until it
has told some of what it holds.

The folder must be readable by its owner alone. Deleted rows are overwritten in the file.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Self, TypeVar

from connectors.site import _tables as tables
from connectors.site._file import Full, Spooled, SpoolFile, Statement
from connectors.site.events import Event
from connectors.site.state import Note, Reading
from proactive.ports.clock import Clock
from proactive.ports.register import Position

__all__ = ["Full", "Spool", "Spooled"]

REMEMBER = timedelta(hours=1)
"""How long an acknowledged id is known, so that a source that gives its newest rows again is not told again."""

FREE_BYTES = 64 * 1024 * 1024
"""The room on the disk that the spool leaves to others, and to itself for letting go of what it holds."""

T = TypeVar("T")


class Spool:
    """The spool of one folder, held by this process alone until it is closed. All work is done in a thread of its own.

    Raises `Unusable` when the folder is another's or can be read by others, `Full` when it cannot be written to.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int, clock: Clock, free_bytes: int = FREE_BYTES, alone: bool = True
    ) -> None:
        """`alone` is whoever reads and sends; commands that mend something may come beside it."""
        self._open = lambda: SpoolFile(folder, most_bytes=most_bytes, free_bytes=free_bytes, clock=clock, alone=alone)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._file: SpoolFile

    async def __aenter__(self) -> Self:
        self._file = await self._do(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._do(self._file.close)
        self._thread.shutdown()

    @property
    def salt(self) -> bytes:
        """The key of the events' ids, made with the spool."""
        return self._file.salt

    # -- What comes in

    async def reading(self, register: str) -> Reading:
        """How far this register was read."""
        return await self._do(lambda: self._file.reading(register))

    async def readings(self) -> Mapping[str, Reading]:
        """How far each register was read."""
        return await self._do(self._file.readings)

    async def has_room(self) -> bool:
        return await self._do(self._file.has_room)

    async def put(
        self,
        events: Sequence[Event],
        position: Position,
        *,
        of: str,
        telling: int,
        end: Event | None = None,
        keys: bool = False,
    ) -> int:
        """Keep these and the position of register `of` behind them, all or nothing; gives how many were news.

        `end` is kept behind them the first time that the register's end is in sight; with `keys` it is remembered under
        which keys there are rows. Raises `Full`; `Overtaken` when another telling has begun.
        """
        return await self._do(lambda: self._file.put(events, position, of, telling, end, keys))

    async def there(self, register: str, *, after: str, limit: int) -> Sequence[tuple[str, int]]:
        """The next keys after this one under which there were rows, and the versions of those."""
        return await self._do(lambda: self._file.there(register, after, limit))

    async def how_many(self, register: str) -> int:
        """Under how many keys there were rows."""
        return await self._do(lambda: self._file.how_many(register))

    async def begin_anew(self, register: str) -> None:
        """Read and tell this register from the beginning, under new ids; what was put aside of it comes again too."""
        of = {"register": register, "at": self._file.now()}
        await self._write((tables.NO_LONGER_AT_THE_END, of), (tables.CLEAR_ASIDE_OF, of), (tables.BEGIN_ANEW, of))

    async def shaped(self, register: str, shape: str) -> bool:
        """From now on its rows are made into this; gives whether all of it must be told anew, for it was another."""
        old = (await self.reading(register)).shape
        if old and old != shape:
            await self.begin_anew(register)
        if old != shape:
            await self._write((tables.BEGIN, {"register": register, "shape": shape, "at": self._file.now()}))
        return bool(old and old != shape)

    # -- What goes out

    async def oldest(self, limit: int, *, most_bytes: int) -> Sequence[Spooled]:
        """The oldest events, at most so many and together not longer than that; one at least, if there is one."""
        return await self._do(lambda: self._file.oldest(limit, most_bytes))

    async def waits(self, id: str) -> bool:
        """Whether this event is still in the spool."""
        return await self._do(lambda: self._file.waits(id))

    async def acknowledged(self, events: Sequence[Spooled]) -> None:
        """The platform keeps these: let go of them."""
        at = self._file.now()
        await self._write(
            *(
                (tables.TOLD_TO_THE_END, {"register": event.register, "seq": event.seq, "at": at})
                for event in events
                if event.ends
            ),
            *((tables.TELL, {"seq": event.seq, "at": at}) for event in events),
            *((tables.DROP, {"seq": event.seq}) for event in events),
            (tables.NOTE, {"name": "acknowledged", "value": str(len(events)), "at": at}),
            (tables.UNNOTE, {"name": "error"}),
        )

    async def heeded(self, register: str) -> None:
        """The platform says that it wants no more of this register than what changes."""
        await self._write((tables.HEED, {"register": register, "at": self._file.now()}))

    async def put_aside(self, event: Spooled, answer: str) -> None:
        """The platform does not want this one: keep it with what was said, out of the others' way."""
        of = {"seq": event.seq, "answer": answer, "at": self._file.now()}
        await self._write((tables.PUT_ASIDE, of), (tables.DROP, of))

    async def again(self) -> None:
        """What was put aside waits once more, behind everything else."""
        await self._write((tables.AGAIN, {"at": self._file.now()}), (tables.CLEAR_ASIDE, {}))

    async def discard(self) -> None:
        """Forget what was put aside."""
        await self._write((tables.CLEAR_ASIDE, {}))

    # -- What else is kept

    async def note(self, name: str, value: str) -> None:
        """Write down for `status` what happened last."""
        await self._write((tables.NOTE, {"name": name, "value": value, "at": self._file.now()}))

    async def noted(self, name: str) -> Note | None:
        """What was written down under this name."""
        return await self._do(lambda: self._file.noted(name))

    async def unnote(self, name: str) -> None:
        """It is no longer so."""
        await self._write((tables.UNNOTE, {"name": name}))

    async def tidy(self) -> None:
        """Forget old ids and give back to the disk what is not needed."""
        await self._write((tables.FORGET_TOLD, {"before": self._file.now() - REMEMBER.total_seconds()}))
        await self._do(self._file.shrink)

    async def _write(self, *statements: Statement) -> None:
        await self._do(lambda: self._file.write(*statements))

    async def _do(self, work: Callable[[], T]) -> T:
        # A cancelled caller does not stop the thread: a transaction is done or not, and closing waits for it.
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
