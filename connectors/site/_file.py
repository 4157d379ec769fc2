"""The file of the spool, worked on from one thread: transactions, what is put in, what is taken out."""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.site import _tables as tables
from connectors.site.events import Event
from connectors.site.place import FILE, held, make_private
from connectors.site.state import Note, Reading, notes, readings, used
from proactive.errors import Overtaken, Temporary, Unusable
from proactive.ports.clock import Clock
from proactive.ports.register import Position

SETTINGS = (
    "auto_vacuum = INCREMENTAL",  # room that is no longer needed is given back
    "journal_mode = WAL",
    "synchronous = FULL",  # kept means on the disk
    "secure_delete = ON",
    "journal_size_limit = 4194304",
    "cache_size = -4096",
    "temp_store = MEMORY",
)

Statement = tuple[str, dict[str, Any]]


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


class SpoolFile:
    """The open file. `alone`: nobody else works on it until it is closed. Raises `Unusable`."""

    def __init__(self, folder: Path, *, most_bytes: int, free_bytes: int, clock: Clock, alone: bool) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._free_bytes = free_bytes
        self._clock = clock
        self._lock = held(folder) if alone else None
        place = folder / FILE
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

    def close(self) -> None:
        self._database.close()
        self._let_go()

    def now(self) -> float:
        return self._clock.now().timestamp()

    def write(self, *statements: Statement, counted: Sequence[Statement] = ()) -> int:
        """All of these, through to the disk, or none; gives how many rows the counted ones made. Raises `Full`."""
        made = 0
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for statement, parameters in counted:
                made += self._database.execute(statement, parameters).rowcount
            for statement, parameters in statements:
                self._database.execute(statement, parameters)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise Full(f"The spool can't be written to: {error}.") from error
        return made

    def readings(self) -> Mapping[str, Reading]:
        return readings(self._database)

    def reading(self, register: str) -> Reading:
        return self.readings().get(register) or Reading()

    def waits(self, id: str) -> bool:
        return self._database.execute(tables.WAITS, {"id": id}).fetchone() is not None

    def has_room(self) -> bool:
        return used(self._database) < self._most_bytes and shutil.disk_usage(self._folder).free > self._free_bytes

    def put(
        self, events: Sequence[Event], position: Position, of: str, telling: int, end: Event | None, keys: bool
    ) -> int:
        """See `Spool.put`."""
        reading = self.reading(of)
        if reading.telling != telling:
            raise Overtaken
        if end is not None and reading.read_at is None:
            events = [*events, end]
        elif not events and position == reading.position:
            return 0
        if events and not self.has_room():
            raise Full
        at = self.now()
        rows = [
            {"id": one.id, "register": of, "body": one.body, "ends": one.ends, "answer": one.faults, "at": at}
            for one in events
        ]
        move = {
            "register": of, "telling": telling, "mark": position.mark, "key": position.key, "at": at,
            "read_at": None if end is None else at,
        }  # fmt: skip
        there = [
            (tables.GONE if one.deleted else tables.THERE, {"register": of, "key": one.key, "version": one.version})
            for one in events
            if keys and one.key
        ]
        return self.write(
            *there,
            (tables.MOVE, move),
            counted=[(tables.REFUSE if row["answer"] else tables.ADD, row) for row in rows],
        )

    def there(self, register: str, after: str, limit: int) -> Sequence[tuple[str, int]]:
        """See `Spool.there`."""
        of = {"register": register, "after": after, "limit": limit}
        return [(key, version) for key, version in self._database.execute(tables.KEYS, of)]

    def how_many(self, register: str) -> int:
        [count] = self._database.execute(tables.COUNT_KEYS, {"register": register}).fetchone()
        return int(count)

    def noted(self, name: str) -> Note | None:
        return notes(self._database).get(name)

    def oldest(self, limit: int, most_bytes: int) -> Sequence[Spooled]:
        """See `Spool.oldest`."""
        found: list[Spooled] = []
        length = 2
        with closing(self._database.execute(tables.OLDEST, {"limit": limit})) as rows:
            for seq, id, register, body, ends in rows:
                length += len(body) + 1
                if found and length > most_bytes:
                    break
                found.append(Spooled(seq, id, register, body, bool(ends)))
        return found

    def shrink(self) -> None:
        """Give back to the disk what is not needed."""
        # As a script, since `execute` would take only the first step of it.
        self._database.executescript("PRAGMA incremental_vacuum(4096); PRAGMA wal_checkpoint(TRUNCATE);")

    def _kept_salt(self) -> bytes:
        if (salt := notes(self._database).get("salt")) is None:
            self.write((tables.NOTE, {"name": "salt", "value": secrets.token_hex(32), "at": self.now()}))
            salt = notes(self._database)["salt"]
        return bytes.fromhex(salt.value)

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
