"""Records as facts about people, what was refused, and how far each source was read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.change import Change, storable
from proactive.ports.register import Position
from proactive.store.hidden import pseudonyms_of
from proactive.store.statement import text


@dataclass(frozen=True)
class Kept:
    """One stored record of a subject. `body` is JSON, to be read by the register's own reader."""

    register: str
    key: str
    version: int
    body: str
    kept_at: datetime


class Records:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def of(self, subjects: Sequence[str]) -> dict[str, list[Kept]]:
        """All living records of these subjects; a subject without any is there with an empty list."""
        found: dict[str, list[Kept]] = {subject: [] for subject in subjects}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT subject, register, key, version, CAST(body AS text) AS body, kept_at FROM record "
                    "WHERE subject = ANY(:subjects) AND NOT deleted"
                ),
                {"subjects": list(found)},
            )
            for subject, register, key, version, body, kept_at in rows:
                found[subject].append(Kept(register, key, version, body, kept_at))
        return found

    async def subjects(self, register: str, keys: Collection[str]) -> dict[str, str]:
        """Whom the records under these keys are about, as far as any was kept; both as their owner writes them."""
        written = {self._pseudonyms.key(register, key): key for key in keys}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT key, subject FROM record WHERE register = :register AND key = ANY(:keys)"),
                {"register": register, "keys": list(written)},
            )
            return {written[key]: self._pseudonyms.open(subject) for key, subject in rows if subject}

    async def unsettled(self, changes: Sequence[Change]) -> list[Change]:
        """Those of these changes that are neither kept (in this or a newer version) nor rejected."""
        if not changes:
            return []
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT i FROM unnest(CAST(:registers AS text[]), CAST(:keys AS text[]), "
                    "CAST(:versions AS bigint[])) WITH ORDINALITY AS c(register, key, version, i) "
                    "WHERE NOT EXISTS (SELECT FROM record r WHERE r.register = c.register AND r.key = c.key "
                    "AND r.version >= c.version) AND NOT EXISTS (SELECT FROM rejected_change x "
                    "WHERE x.register = c.register AND x.key = c.key AND x.version = c.version)"
                ),
                {
                    "registers": [storable(change.register) for change in changes],
                    "keys": [self._pseudonyms.key(one.register, storable(one.key)) for one in changes],
                    "versions": [change.version for change in changes],
                },
            )
            return [changes[int(i) - 1] for i in rows.scalars()]


class Positions:
    """How far each register was read, and kept, of its source."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def all(self) -> Mapping[str, Position]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT register, mark, key FROM watch_position"))
            return {register: Position(mark, self._pseudonyms.shown(key)) for register, mark, key in rows}

    async def caught_up(self) -> set[str]:
        """The registers of which everything was kept at least once."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT register FROM watch_position WHERE caught_up_at IS NOT NULL"))
            return set(rows.scalars())

    async def columns(self, register: str) -> str | None:
        """The columns that were kept when everything was last told; None: that has not happened yet."""
        async with self._engine.connect() as connection:
            found = await connection.scalar(
                text("SELECT columns FROM watch_position WHERE register = :r AND caught_up_at IS NOT NULL"),
                {"r": register},
            )
            return None if found is None else str(found)

    async def catch_up(self, register: str, *, columns: str, now: datetime) -> None:
        """Everything that the source holds of this register is kept, with these columns."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO watch_position (register, mark, key, read_at, columns, caught_up_at) "
                    "VALUES (:register, '', '', :now, :columns, :now) ON CONFLICT (register) DO UPDATE "
                    "SET caught_up_at = coalesce(watch_position.caught_up_at, excluded.caught_up_at), "
                    "columns = excluded.columns"
                ),
                {"register": register, "columns": columns, "now": now},
            )

    async def begin_again(self, register: str) -> None:
        """What is kept of this register is no longer all there is: nobody is judged by it until it is caught up."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE watch_position SET caught_up_at = NULL WHERE register = :r"), {"r": register}
            )

    async def advance(self, register: str, to: Position, *, now: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO watch_position (register, mark, key, read_at, columns) "
                    "VALUES (:register, :mark, :key, :now, '') ON CONFLICT (register) DO UPDATE "
                    "SET mark = excluded.mark, key = excluded.key, read_at = excluded.read_at"
                ),
                {
                    "register": register,
                    "mark": to.mark,
                    "key": self._pseudonyms.key(register, to.key),
                    "now": now,
                },
            )
