"""How far each register was compared with its source, and which of its keys the source no longer has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.hidden import pseudonyms_of
from proactive.store.statement import text

LEASE = timedelta(minutes=2)

CLAIM = """
INSERT INTO comparison AS c (register, after, started_at, leased_until, compared, missing)
VALUES (:register, '', :now, :until, 0, 0)
ON CONFLICT (register) DO UPDATE SET leased_until = excluded.leased_until,
  started_at = CASE WHEN c.after = '' THEN excluded.started_at ELSE c.started_at END,
  compared = CASE WHEN c.after = '' THEN 0 ELSE c.compared END,
  missing = CASE WHEN c.after = '' THEN 0 ELSE c.missing END
WHERE c.leased_until <= excluded.started_at
  AND (c.after <> '' OR c.done_at IS NULL OR c.done_at <= :due)
RETURNING after, started_at, compared, missing, CASE WHEN done_at IS NULL THEN released_at END
"""
"""One worker at a time, by a lease; a new pass when the last one is old enough, or when what was held is released."""

KEYS = """
SELECT key, subject, version, deleted FROM record
WHERE register = :register AND key > :after ORDER BY key LIMIT :limit
"""

MISSED = """
INSERT INTO missing_record AS m (register, key, missed_at, seen_at)
SELECT :register, key, :now, :now FROM unnest(CAST(:keys AS text[])) AS key
ON CONFLICT (register, key) DO UPDATE SET seen_at = excluded.seen_at
"""

FOR_GOOD = """
-- Missed in this pass and in one before it: not a row that was only away while its table was loaded anew.
SELECT r.key, r.subject, r.version FROM missing_record m JOIN record r ON r.register = m.register AND r.key = m.key
WHERE m.register = :register AND NOT r.deleted AND m.seen_at >= :started AND m.missed_at < :started
  AND m.missed_at <= :before AND m.key > :after ORDER BY m.key LIMIT :limit
"""


@dataclass(frozen=True)
class Pass:
    """A pass in hand: the key it has come to, when it began, and how many keys were looked for and missed."""

    after: str
    started_at: datetime
    compared: int
    missing: int
    released_at: datetime | None
    """Somebody has looked: what was missing by then is believed in this pass."""


@dataclass(frozen=True)
class KeptKey:
    """A key that we keep, whose it is (both as the source writes them), and in which version; `deleted` when we keep it
    as gone."""

    key: str
    subject: str
    version: int
    deleted: bool = False


class Comparisons:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    def _written(self, kept: KeptKey) -> KeptKey:
        """As its source writes it."""
        return replace(kept, key=self._pseudonyms.shown(kept.key), subject=self._pseudonyms.open(kept.subject))

    def _kept(self, register: str, key: str) -> str:
        return self._pseudonyms.key(register, key)

    async def claim(self, register: str, *, every: timedelta, now: datetime) -> Pass | None:
        """The pass to go on with; None when none is due or another worker has it in hand."""
        async with self._engine.begin() as connection:
            found = await connection.execute(
                text(CLAIM), {"register": register, "now": now, "until": now + LEASE, "due": now - every}
            )
            row = found.first()
            return None if row is None else Pass(*row)

    async def keys(self, register: str, *, after: str, limit: int) -> list[KeptKey]:
        """The next keys that we keep, in our order."""
        async with self._engine.connect() as connection:
            values = {"register": register, "after": self._kept(register, after), "limit": limit}
            rows = await connection.execute(text(KEYS), values)
            return [self._written(KeptKey(*row)) for row in rows]

    async def compared(self, register: str, *, to: str, number: int, missing: Sequence[str], now: datetime) -> None:
        """So many keys were looked for, up to this one, and these were not there."""
        to, missing = self._kept(register, to), [self._kept(register, key) for key in missing]
        async with self._engine.begin() as connection:
            if missing:
                await connection.execute(text(MISSED), {"register": register, "keys": missing, "now": now})
            await connection.execute(
                text(
                    "UPDATE comparison SET after = :to, compared = compared + :number, missing = missing + :missing, "
                    "leased_until = :now WHERE register = :register"
                ),
                {"register": register, "to": to, "number": number, "missing": len(missing), "now": now},
            )

    async def let_go(self, register: str, *, now: datetime) -> None:
        """Put the pass back where it stands: the source did not answer."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE comparison SET leased_until = :now WHERE register = :register"),
                {"register": register, "now": now},
            )

    async def for_good(
        self, register: str, *, started: datetime, before: datetime, after: str, limit: int
    ) -> list[KeptKey]:
        """The next keys that were missing in this pass and already in one before it, and by `before`."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(FOR_GOOD),
                {"register": register, "started": started, "before": before,
                 "after": self._kept(register, after), "limit": limit},
            )  # fmt: skip
            return [self._written(KeptKey(*row)) for row in rows]

    async def done(self, register: str, *, started: datetime, held_because: str | None, now: datetime) -> None:
        """The pass has come to its end; what was not missed in it is forgotten."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("DELETE FROM missing_record WHERE register = :register AND seen_at < :started"),
                {"register": register, "started": started},
            )
            await connection.execute(
                text(
                    "UPDATE comparison SET after = '', done_at = :now, held_because = :held, leased_until = :now "
                    "WHERE register = :register"
                ),
                {"register": register, "held": held_because, "now": now},
            )

    async def release(self, register: str, *, by: str, now: datetime) -> bool:
        """What is missing by now is believed at the next pass; whether anything was held."""
        async with self._engine.begin() as connection:
            found = await connection.execute(
                text(
                    "UPDATE comparison SET released_at = :now, released_by = :by, done_at = NULL "
                    "WHERE register = :register AND held_because IS NOT NULL RETURNING register"
                ),
                {"register": register, "by": by, "now": now},
            )
            return found.first() is not None

    async def all(self) -> list[RowMapping]:
        """How each register stands."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT register, compared, missing, started_at, done_at, held_because, released_at, released_by "
                    "FROM comparison ORDER BY register"
                )
            )
            return list(rows.mappings())
