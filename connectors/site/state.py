"""How a spool stands: read by the process that holds it, and by `status` beside it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.site import _tables as tables
from connectors.site.place import FILE, holder
from proactive.errors import Unusable
from proactive.ports.register import Position


@dataclass(frozen=True)
class Reading:
    """How far one register was read."""

    position: Position = field(default_factory=Position)
    telling: int = 1
    """The number of this telling from the beginning."""
    moved_at: datetime | None = None
    read_at: datetime | None = None
    """When its end was in sight for the first time of this telling."""
    told_at: datetime | None = None
    """When the platform had acknowledged everything up to there."""
    heeded_at: datetime | None = None
    """When the platform said for the first time since then that it wants no more of it."""
    shape: str = ""
    """What its rows were made into: which columns, filled from what."""


@dataclass(frozen=True)
class Note:
    """Something worth knowing, and when it was so."""

    value: str
    at: datetime


@dataclass(frozen=True)
class Aside:
    """An event that the platform refused."""

    id: str
    register: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class State:
    """Everything about a spool but what is in it."""

    running: int | None
    """The process that works on it."""
    spooled: int
    oldest_at: datetime | None
    used_bytes: int
    aside: Sequence[Aside]
    """The newest ones."""
    aside_in_all: int
    acknowledged_at: datetime | None
    error: Note | None
    """What keeps events from leaving, as far as nothing has left since."""
    full_at: datetime | None
    """Since when nothing is read because there is no room."""
    readings: dict[str, Reading]


def look(folder: Path, *, asides: int = 10) -> State:
    """How the spool of this folder stands. Raises `Unusable` where there is none that we may read."""
    place = folder / FILE
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=10)) as database:
            database.execute("BEGIN")  # one moment for all
            return _state(database, folder, asides)
    except sqlite3.Error as error:
        raise Unusable(
            f"There is no spool to look at in {folder} ({error}). It is made by the first `run`, and can be looked at "
            "by the account that runs it."
        ) from error


def _state(database: sqlite3.Connection, folder: Path, asides: int) -> State:
    [spooled, oldest] = database.execute(tables.COUNT_WAITING).fetchone()
    [aside] = database.execute(tables.COUNT_ASIDE).fetchone()
    noted = notes(database)
    return State(
        running=holder(folder),
        spooled=spooled,
        oldest_at=_perhaps(oldest),
        used_bytes=used(database),
        aside=[
            Aside(id, register, answer, _moment(at))
            for id, register, answer, at in database.execute(tables.ASIDE, {"limit": asides})
        ],
        aside_in_all=aside,
        acknowledged_at=noted["acknowledged"].at if "acknowledged" in noted else None,
        error=noted.get("error"),
        full_at=noted["full"].at if "full" in noted else None,
        readings=readings(database),
    )


def readings(database: sqlite3.Connection) -> dict[str, Reading]:
    return {
        register: Reading(
            Position(mark, key), telling, _moment(at), _perhaps(read_at), _perhaps(told_at), _perhaps(heeded_at), shape
        )
        for register, telling, mark, key, at, read_at, told_at, heeded_at, shape in database.execute(tables.READINGS)
    }


def notes(database: sqlite3.Connection) -> dict[str, Note]:
    return {name: Note(value, _moment(at)) for name, value, at in database.execute(tables.NOTES)}


def used(database: sqlite3.Connection) -> int:
    """How many bytes of the file are in use."""
    [pages], [free], [size] = (
        database.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _perhaps(at: float | None) -> datetime | None:
    return None if at is None else _moment(at)
