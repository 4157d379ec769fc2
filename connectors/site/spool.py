"""The spool: what was read and is not yet with the platform, in one SQLite file of the site's own disk.

Events and the position up to which they were read are kept in one transaction, written through to the disk before it
counts. An event is deleted when the platform has acknowledged it; a crash between the two sends it once more under the
same id. The spool is bounded: with `most_bytes` in it, or little room left on the disk, it takes nothing until it
has told some of what it holds.

The folder must be readable by its owner alone. Deleted rows are overwritten in the file.
"""

import asyncio
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from connectors.site import _tables as tables
from connectors.site.events import Event
from connectors.site.place import FILE, held, make_private
from connectors.site.state import Reading, notes, readings, used
from proactive.errors import Overtaken, Temporary, Unusable
from proactive.ports.clock import Clock
from proactive.ports.register import Position

REMEMBER = timedelta(hours=1)
"""How long an acknowledged id is known, so that a source that gives its newest rows again is not told again."""

FREE_BYTES = 64 * 1024 * 1024
"""The room on the disk that the spool leaves to others, and to itself for letting go of what it holds."""

SETTINGS = (
    "auto_vacuum = INCREMENTAL",  # room that is no longer needed is given back
    "journal_mode = WAL",
    "synchronous = FULL",  # kept means on the disk
    "secure_delete = ON",
    "journal_size_limit = 4194304",
    "cache_size = -4096",
    "temp_store = MEMORY",
)

T = TypeVar("T")


class Full(Temporary):
    """The spool is full; nothing is read until some of it has been sent."""


@dataclass(frozen=True)
class Spooled:
    """An event in the spool, and its place in the order."""

    seq: int
    id: str
    register: str
    body: bytes
    ends: bool


class Spool:
    """The spool of one folder, held by this process alone until it is closed. All work is done in a thread of its own.

    Raises `Unusable` when the folder is another's or can be read by others, `Full` when it cannot be written to.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int, clock: Clock, free_bytes: int = FREE_BYTES, alone: bool = True
    ) -> None:
        """`alone` is whoever reads and sends; commands that mend something may come beside it."""
        self._folder = folder
        self._alone = alone
        self._most_bytes = most_bytes
        self._free_bytes = free_bytes
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._lock: int | None = None
        self._database: sqlite3.Connection
        self.salt = b""
        """The key of the events' ids, made with the spool."""

    async def __aenter__(self) -> Self:
        await self._do(self._open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._do(self._close)
        self._thread.shutdown()

    # -- What comes in

    async def reading(self, register: str) -> Reading:
        """How far this register was read."""
        return await self._do(lambda: self._reading(register))

    async def waits(self, id: str) -> bool:
        """Whether this event is still in the spool."""
        return await self._do(lambda: self._database.execute(tables.WAITS, {"id": id}).fetchone() is not None)

    async def has_room(self) -> bool:
        return await self._do(self._has_room)

    async def put(
        self, events: Sequence[Event], position: Position, *, of: str, telling: int, end: Event | None = None
    ) -> int:
        """Keep these and the position of register `of` behind them, all or nothing; gives how many were news.

        `end` is kept behind them the first time that the register's end is in sight. Raises `Full`; `Overtaken` when
        another telling has begun.
        """
        return await self._do(lambda: self._put(events, position, of, telling, end))

    async def begin_anew(self, register: str) -> None:
        """Read and tell this register from the beginning, under new ids: the platform lacks some of it."""
        of = {"register": register, "at": self._now()}
        await self._write((tables.NO_LONGER_AT_THE_END, of), (tables.BEGIN_ANEW, of))

    # -- What goes out

    async def oldest(self, limit: int, *, most_bytes: int) -> Sequence[Spooled]:
        """The oldest events, at most so many and together not longer than that; one at least, if there is one."""
        return await self._do(lambda: self._oldest(limit, most_bytes))

    async def acknowledged(self, events: Sequence[Spooled]) -> None:
        """The platform keeps these: let go of them."""
        at = self._now()
        await self._write(
            *((tables.TELL, {"seq": event.seq, "at": at}) for event in events),
            *((tables.DROP, {"seq": event.seq}) for event in events),
            *((tables.TOLD_TO_THE_END, {"register": event.register, "at": at}) for event in events if event.ends),
            (tables.NOTE, {"name": "acknowledged", "value": str(len(events)), "at": at}),
            (tables.UNNOTE, {"name": "error"}),
        )

    async def put_aside(self, event: Spooled, answer: str) -> None:
        """The platform does not want this one: keep it with what was said, out of the others' way."""
        of = {"seq": event.seq, "answer": answer, "at": self._now()}
        await self._write((tables.PUT_ASIDE, of), (tables.DROP, of))

    async def again(self) -> None:
        """What was put aside waits once more, behind everything else."""
        await self._write((tables.AGAIN, {"at": self._now()}), (tables.CLEAR_ASIDE, {}))

    async def discard(self) -> None:
        """Forget what was put aside."""
        await self._write((tables.CLEAR_ASIDE, {}))

    async def note(self, name: str, value: str) -> None:
        """Write down for `status` what happened last."""
        await self._write((tables.NOTE, {"name": name, "value": value, "at": self._now()}))

    async def unnote(self, name: str) -> None:
        """It is no longer so."""
        await self._write((tables.UNNOTE, {"name": name}))

    async def tidy(self) -> None:
        """Forget old ids and give back to the disk what is not needed."""
        await self._do(self._tidy)

    # -- In the thread

    async def _do(self, work: Callable[[], T]) -> T:
        # A cancelled caller does not stop the thread: a transaction is done or not, and closing waits for it.
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _write(self, *statements: tuple[str, dict[str, Any]]) -> None:
        await self._do(lambda: self._transaction(*statements))

    def _open(self) -> None:
        self._lock = held(self._folder) if self._alone else None
        place = self._folder / FILE
        try:
            make_private(place)
            self._database = sqlite3.connect(place, isolation_level=None)
            for setting in SETTINGS:
                self._database.execute(f"PRAGMA {setting}")
            self._database.executescript(tables.MAKE)
            self.salt = self._kept_salt()
        except (OSError, sqlite3.Error) as error:
            self._let_go()
            raise Unusable(
                f"The spool {place} can't be used: {error}. If it is damaged, move it away: everything is then read "
                "from the source again, and what the platform has already changes nothing there."
            ) from error

    def _kept_salt(self) -> bytes:
        if (salt := notes(self._database).get("salt")) is None:
            self._transaction((tables.NOTE, {"name": "salt", "value": secrets.token_hex(32), "at": self._now()}))
            salt = notes(self._database)["salt"]
        return bytes.fromhex(salt.value)

    def _close(self) -> None:
        self._database.close()
        self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def _reading(self, register: str) -> Reading:
        return readings(self._database).get(register) or Reading()

    def _put(self, events: Sequence[Event], position: Position, of: str, telling: int, end: Event | None) -> int:
        reading = self._reading(of)
        if reading.telling != telling:
            raise Overtaken
        if end is not None and reading.read_at is None:
            events = [*events, end]
        elif not events and position == reading.position:
            return 0
        if events and not self._has_room():
            raise Full
        at = self._now()
        move = {
            "register": of, "telling": telling, "mark": position.mark, "key": position.key, "at": at,
            "read_at": None if end is None else at,
        }  # fmt: skip
        before = self._database.total_changes
        self._transaction(
            *(
                (tables.ADD, {"id": one.id, "register": of, "body": one.body, "ends": one.ends, "at": at})
                for one in events
            ),
            (tables.MOVE, move),
        )
        return self._database.total_changes - before - 1

    def _has_room(self) -> bool:
        return used(self._database) < self._most_bytes and shutil.disk_usage(self._folder).free > self._free_bytes

    def _oldest(self, limit: int, most_bytes: int) -> Sequence[Spooled]:
        found: list[Spooled] = []
        length = 2
        with closing(self._database.execute(tables.OLDEST, {"limit": limit})) as rows:
            for seq, id, register, body, ends in rows:
                length += len(body) + 1
                if found and length > most_bytes:
                    break
                found.append(Spooled(seq, id, register, body, bool(ends)))
        return found

    def _tidy(self) -> None:
        self._transaction((tables.FORGET_TOLD, {"before": self._now() - REMEMBER.total_seconds()}))
        # As a script, since `execute` would take only the first step of it.
        self._database.executescript("PRAGMA incremental_vacuum(4096); PRAGMA wal_checkpoint(TRUNCATE);")

    def _transaction(self, *statements: tuple[str, dict[str, Any]]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for statement, parameters in statements:
                self._database.execute(statement, parameters)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise Full(f"The spool can't be written to: {error}.") from error

    def _now(self) -> float:
        return self._clock.now().timestamp()
