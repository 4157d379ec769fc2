"""Occasions looked at again under another version of their service: people in the order of their ids, in parts.

Plain psycopg on a connection of its own, as in `recognition`: it goes over everybody. What is locked elsewhere (being
drafted, being recognised) is left out and found again at the end, when what still carries an older version is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import psycopg
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.engine import libpq
from proactive.store.recognition import BETWEEN, COMES_BACK, OwedOccasion, array, rows
from proactive.store.statement import text

PARTS = 8
"""So many workers can go over one service's people side by side."""

LAST = PARTS
"""The part that is done last: occasions that still carry an older version after everybody was looked at."""

LINGER = timedelta(minutes=2)
"""So long another process may still recognise under the version before; the last part waits for that."""


class Stored(NamedTuple):
    """An occasion as it stands, locked for us."""

    id: str
    """As text: it is only handed back."""
    subject: str
    cycle: str
    record_key: str
    due_on: date
    ends_on: date
    anchor: date
    state: str
    service_version: str


@dataclass
class Changes:
    """What is to become of the occasions of a batch."""

    same: list[str]
    """Nothing changes but the version they were worked out under."""
    moved: list[tuple[str, OwedOccasion]]
    """Other days or another record; those that were moot are owed again."""
    new: list[OwedOccasion]
    moot: list[str]


PLAN = """
INSERT INTO rework (service, version, part, after, upto, people, started_at)
SELECT %(service)s, %(version)s, n, coalesce(bounds[n], ''), bounds[n + 1], 0, %(now)s
FROM generate_series(0, %(last)s) n,
  (SELECT percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY subject) AS bounds FROM record
   WHERE register = %(main)s AND NOT deleted) b
WHERE bounds IS NOT NULL OR n IN (0, %(last)s)
ON CONFLICT DO NOTHING
"""

CLAIM = """
SELECT part, after, upto FROM rework r
WHERE service = %(service)s AND version = %(version)s AND done_at IS NULL
  AND (part < %(last)s OR NOT EXISTS (
    SELECT FROM rework o WHERE o.service = r.service AND o.version = r.version AND o.part < %(last)s
      AND (o.done_at IS NULL OR o.done_at > %(lingered)s)))
ORDER BY part LIMIT 1 FOR UPDATE SKIP LOCKED
"""

PEOPLE = """
SELECT DISTINCT subject FROM record
WHERE register = %(main)s AND NOT deleted AND subject > %(after)s AND (%(upto)s::text IS NULL OR subject <= %(upto)s)
ORDER BY subject LIMIT %(limit)s
"""

LEFT_OVER = """
SELECT DISTINCT subject FROM occasion
WHERE service = %(service)s AND state = 'owed' AND service_version <> %(version)s AND subject > %(after)s
ORDER BY subject LIMIT %(limit)s
"""

LOCK = f"""
SELECT id::text, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version FROM occasion
WHERE subject = ANY({array("people")}) AND service = %(service)s AND state <> 'drafted'
ORDER BY subject, cycle FOR UPDATE SKIP LOCKED
"""

KNOWN = f"""
SELECT subject, register, body::text FROM record
WHERE subject = ANY({array("people")}) AND register = ANY({array("registers")}) AND NOT deleted
"""

SAME = f"UPDATE occasion SET service_version = %(version)s WHERE id = ANY({array('ids', 'uuid')})"
MOOT = f"UPDATE occasion SET state = 'moot', changed_at = %(now)s WHERE id = ANY({array('ids', 'uuid')})"

MOVED = f"""
UPDATE occasion o SET record_key = n.keys, due_on = n.due, ends_on = n.ends, anchor = n.anchors,
  service_version = %(version)s, changed_at = %(now)s,
  state = CASE WHEN o.state <> 'moot' THEN o.state
               WHEN EXISTS (SELECT FROM dossier d WHERE d.occasion_id = o.id) THEN 'drafted' ELSE 'owed' END
FROM {rows(ids="uuid", keys="text", due="date", ends="date", anchors="date")}
WHERE o.id = n.ids
"""

REVIVED = f"""
WITH revived AS (
  UPDATE dossier d SET state = {COMES_BACK}, service_version = %(version)s, version = d.version + 1,
    updated_at = %(now)s, stale = true, rest_until = %(now)s
  FROM occasion o WHERE o.id = d.occasion_id AND o.id = ANY({array("ids", "uuid")}) AND o.state = 'drafted'
    AND d.state = 'moot' RETURNING d.id, d.state
), told AS (
  INSERT INTO history (dossier_id, at, actor, verb, from_state, to_state)
  SELECT id, %(now)s, 'system', 'rework', 'moot', state FROM revived
)
INSERT INTO news (dossier_id, state, at) SELECT id, state, %(now)s FROM revived
"""
"""What the law had made moot and makes true again goes on where it stood: its notices keep their names, so nobody is
told the same thing twice."""

NEW = f"""
INSERT INTO occasion
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
SELECT uuidv7(), %(service)s, people, cycles, keys, due, ends, anchors, 'owed', %(version)s, %(now)s
FROM {rows(people="text", cycles="text", keys="text", due="date", ends="date", anchors="date")}
ON CONFLICT DO NOTHING
"""
"""What somebody else has made in the meantime was made of newer records."""


PENDING = """
SELECT s.service, s.version FROM unnest(CAST(:services AS text[]), CAST(:versions AS text[])) s(service, version)
WHERE NOT EXISTS (SELECT FROM rework r WHERE r.service = s.service AND r.version = s.version)
  OR EXISTS (SELECT FROM rework r WHERE r.service = s.service AND r.version = s.version AND r.done_at IS NULL
    AND (r.part < :last OR NOT EXISTS (
      SELECT FROM rework o WHERE o.service = r.service AND o.version = r.version AND o.part < :last
        AND (o.done_at IS NULL OR o.done_at > :lingered))))
"""


async def pending(
    engine: AsyncEngine, versions: Mapping[str, str], *, now: datetime, linger: timedelta = LINGER
) -> set[str]:
    """Those of these services (with the version in force) whose people were not all looked at under it."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(PENDING),
            {
                "services": list(versions), "versions": list(versions.values()), "last": LAST, "lingered": now - linger,
            },
        )  # fmt: skip
        return {service for service, _ in rows}


class Batch:
    """Some people of one service, their occasions locked, in one open transaction."""

    def __init__(
        self, cursor: psycopg.Cursor[tuple[object, ...]], service: str, version: str, people: list[str], now: datetime
    ) -> None:
        self._cursor = cursor
        self._values: dict[str, object] = {
            "service": service, "version": version, "people": BETWEEN.join(people), "now": now,
        }  # fmt: skip
        self.people = people
        self._cursor.execute(LOCK, self._values)
        self.occasions = list(map(Stored._make, self._cursor.fetchall()))  # the columns of LOCK

    def known(self, registers: Sequence[str]) -> list[tuple[str, str, str]]:
        """(subject, register, body) of what is kept of these people; read after their occasions were locked."""
        self._cursor.execute(KNOWN, {**self._values, "registers": BETWEEN.join(registers)})
        return self._cursor.fetchall()  # type: ignore[return-value]  # the columns of KNOWN; row by row costs more

    def write(self, changes: Changes) -> int:
        """Write all of it; gives how many occasions are new (those that have a dossier already are not)."""
        if changes.same:
            self._cursor.execute(SAME, {**self._values, "ids": BETWEEN.join(changes.same)})
        if changes.moot:
            self._cursor.execute(MOOT, {**self._values, "ids": BETWEEN.join(changes.moot)})
        if changes.moved:
            values = {
                **self._values,
                "ids": BETWEEN.join([id for id, _ in changes.moved]),
                **_days([o for _, o in changes.moved]),
            }
            self._cursor.execute(MOVED, values)
            self._cursor.execute(REVIVED, values)
        if changes.new:
            self._cursor.execute(NEW, {**self._values, **_days(changes.new)})
            return self._cursor.rowcount
        return 0


def _joined(values: Sequence[date]) -> str:
    return BETWEEN.join(map(str, values))


def _days(owed: Sequence[OwedOccasion]) -> dict[str, object]:
    return {
        "people": BETWEEN.join([o.subject for o in owed]),
        "cycles": BETWEEN.join([o.cycle for o in owed]),
        "keys": BETWEEN.join([o.record_key for o in owed]),
        "due": _joined([o.due_on for o in owed]),
        "ends": _joined([o.ends_on for o in owed]),
        "anchors": _joined([o.anchor for o in owed]),
    }


class Reworking:
    """One connection that goes over the people of services. Closed by whoever opened it."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def plan(self, service: str, version: str, *, main: str, now: datetime) -> None:
        """Divide the people of the service's register into parts, once. What was planned for another version is void:
        should that one come back, everybody is looked at once more."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"rework {service}"])
            cursor.execute("DELETE FROM rework WHERE service = %s AND version <> %s", [service, version])
            cursor.execute("SELECT FROM rework WHERE service = %s LIMIT 1", [service])
            if cursor.fetchone() is None:
                shares = [n / PARTS for n in range(1, PARTS)]
                cursor.execute(
                    PLAN,
                    {"service": service, "version": version, "main": main, "now": now, "last": LAST, "shares": shares},
                )

    def forget(self, service: str, version: str) -> None:
        """Everybody will be looked at once more."""
        with self._connection.transaction():
            self._connection.execute("DELETE FROM rework WHERE service = %s AND version = %s", [service, version])

    @contextmanager
    def batch(
        self, service: str, version: str, *, main: str, now: datetime, limit: int, linger: timedelta = LINGER
    ) -> Iterator[Batch | None]:
        """The next people of a part that nobody else has in hand, in one transaction; None where there is none.

        An empty batch is the end of its part.
        """
        values: dict[str, object] = {
            "service": service, "version": version, "main": main, "limit": limit, "last": LAST,
            "lingered": now - linger,
        }  # fmt: skip
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(CLAIM, values)
            claimed = cursor.fetchone()
            if claimed is None:
                yield None
                return
            values |= dict(zip(("part", "after", "upto"), claimed, strict=True))
            cursor.execute(LEFT_OVER if values["part"] == LAST else PEOPLE, values)
            people = [str(row[0]) for row in cursor.fetchall()]
            yield Batch(cursor, service, version, people, now)
            cursor.execute(
                "UPDATE rework SET after = %(reached)s, people = people + %(number)s, done_at = %(done)s "
                "WHERE service = %(service)s AND version = %(version)s AND part = %(part)s",
                {
                    **values,
                    "reached": people[-1] if people else values["after"],
                    "number": len(people),
                    "done": None if people else now,
                },
            )


@contextmanager
def reworking(url: str) -> Iterator[Reworking]:
    """A connection of its own for as long as the block lasts. Raises psycopg's errors."""
    with psycopg.connect(
        libpq(url), application_name="proactive rework", connect_timeout=5, autocommit=True, options="-c timezone=UTC"
    ) as connection:
        yield Reworking(connection)
