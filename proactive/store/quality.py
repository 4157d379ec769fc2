"""Scores of registers: who measures next, what came of it, how it went on, and who looked at a row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.base import Value
from proactive.domain.quality import Score, ScoreKey
from proactive.store import bulk
from proactive.store.hidden import document_out, pseudonyms_of
from proactive.store.statement import text
from proactive.store.tables import quality as tables

EVERY_ONE = timedelta(hours=6)
ONE_AN_HOUR = timedelta(days=14)
ONE_A_DAY = timedelta(days=5 * 365)
"""All scores are kept for six hours; then the last of each hour for two weeks, the last of each day for five years."""

SCORE = "register AS register_name, service, dimension, at, counted, wrong, score"


TREND = f"""
SELECT {SCORE} FROM (
  SELECT *, row_number() OVER (PARTITION BY dimension, part ORDER BY at DESC) AS back FROM (
    SELECT *, ntile(:most) OVER (PARTITION BY dimension ORDER BY at) AS part FROM quality_score
    WHERE register = :register AND service = '' AND at >= :since
  ) parted
) counted_back WHERE back = 1 ORDER BY at
"""
"""The last score of each of so many parts."""


class Measured(Value):
    """The newest measurement of a register. `expectations`: name, dimension, says, wrong;
    `worst`: key as its owner writes it, faults."""

    register_name: str
    measured_at: datetime
    seconds: float
    rows: int
    refused: int
    changed_at: datetime | None = None
    heard_at: datetime | None = None
    expectations: tuple[dict[str, Any], ...] = ()
    worst: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class KeptRow:
    """One row of a register that is kept; `body` as its owner writes it."""

    subject: str
    version: int
    body: str


class Quality:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def claim(self, registers: Collection[str], *, now: datetime, lease: timedelta) -> str | None:
        """The register among these whose next measurement is due, for the caller alone until the lease is over."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO quality_measure (register, next_at, seconds, rows, refused, expectations, worst) "
                    "SELECT r, :now, 0, 0, 0, '[]', '[]' FROM unnest(CAST(:registers AS text[])) r "
                    "ON CONFLICT DO NOTHING"
                ),
                {"now": now, "registers": sorted(registers)},
            )
            found: str | None = await connection.scalar(
                text(
                    "UPDATE quality_measure SET next_at = :until WHERE register = (SELECT register "
                    "FROM quality_measure WHERE register = ANY(:registers) AND next_at <= :now "
                    "ORDER BY measured_at NULLS FIRST, register LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING register"
                ),
                {"now": now, "until": now + lease, "registers": sorted(registers)},
            )
            return found

    async def hold(self, register: str, *, until: datetime) -> None:
        """Whoever claimed it is still at work."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE quality_measure SET next_at = :until WHERE register = :register"),
                {"register": register, "until": until},
            )

    async def keep(self, measured: Measured, scores: Sequence[Score], *, next_at: datetime) -> None:
        """Store a measurement with its scores, and thin the register's older ones."""
        row = {**measured.model_dump(mode="json"), "next_at": next_at.isoformat()}
        row["register"] = row.pop("register_name")
        points = [{**one.model_dump(mode="json"), "register": one.register_name} for one in scores]
        for point in points:
            del point["register_name"]
        async with self._engine.begin() as connection:
            await bulk.insert(connection, tables.QualityMeasure, [row])
            await bulk.update(connection, tables.QualityMeasure, [row], key="register", guard="true")
            await bulk.insert(connection, tables.QualityScore, points)
            await _thin(connection, measured.register_name, measured.measured_at)

    async def newest(self, keys: Collection[ScoreKey]) -> dict[ScoreKey, Score]:
        """The newest score for each of these; what was never measured is missing."""
        if not keys:
            return {}
        ordered = sorted(keys)
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT s.* FROM unnest(CAST(:registers AS text[]), CAST(:services AS text[]), "
                    f"CAST(:dimensions AS text[])) k(r, s, d) CROSS JOIN LATERAL (SELECT {SCORE} FROM quality_score q "
                    f"WHERE q.register = k.r AND q.service = k.s AND q.dimension = k.d ORDER BY at DESC LIMIT 1) s"
                ),
                {
                    "registers": [register for register, _, _ in ordered],
                    "services": [service for _, service, _ in ordered],
                    "dimensions": [str(dimension) for _, _, dimension in ordered],
                },
            )
            scores = [Score.model_validate(dict(row)) for row in rows.mappings()]
        return {(one.register_name, one.service, one.dimension): one for one in scores}

    async def trend(self, register: str, *, since: datetime, most: int = 60) -> dict[str, list[Score]]:
        """How the register's own scores went on, oldest first, at most so many points a dimension."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(TREND), {"register": register, "since": since, "most": most})
            found: dict[str, list[Score]] = {}
            for row in rows.mappings():
                one = Score.model_validate(dict(row))
                found.setdefault(one.dimension, []).append(one)
            return found

    async def measured(self) -> dict[str, Measured]:
        """The newest measurement of each register that was measured."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT register AS register_name, measured_at, seconds, rows, refused, changed_at, heard_at, "
                    "expectations, worst FROM quality_measure WHERE measured_at IS NOT NULL ORDER BY register"
                )
            )
            found = [{**row, "worst": document_out(self._pseudonyms, row["worst"])} for row in rows.mappings()]
            return {row["register_name"]: Measured.model_validate(row) for row in found}

    async def waiting(self, services: Collection[str], *, today: Any) -> Mapping[str, int]:
        """How many occasions of these services have come to their day and are not drafted."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT service, count(*) FROM occasion WHERE state = 'owed' AND due_on <= :today "
                    "AND service = ANY(:services) GROUP BY service"
                ),
                {"today": today, "services": sorted(services)},
            )
            return {service: int(number) for service, number in rows}

    async def record(self, register: str, key: str) -> KeptRow | None:
        """A kept row; None where there is none (any more)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT subject, version, CAST(body AS text) FROM record "
                    "WHERE register = :r AND key = :k AND NOT deleted"
                ),
                {"r": register, "k": self._pseudonyms.key(register, key)},
            )
            row = rows.first()
            if row is None:
                return None
            body = document_out(self._pseudonyms, msgspec.json.decode(row[2]))
            return KeptRow(row[0], row[1], msgspec.json.encode(body).decode())

    async def looked(self, register: str, key: str, *, actor: str, what: str, now: datetime) -> None:
        """Write down that somebody looked at a row that is otherwise masked."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO look (at, actor, register, key, what) VALUES (:at, :actor, :r, :k, :what)"),
                {"at": now, "actor": actor, "r": register, "k": self._pseudonyms.key(register, key), "what": what},
            )


async def _thin(connection: AsyncConnection, register: str, now: datetime) -> None:
    for unit, older, oldest in (("hour", EVERY_ONE, ONE_AN_HOUR), ("day", ONE_AN_HOUR, ONE_A_DAY)):
        await connection.execute(
            text(
                "DELETE FROM quality_score q WHERE register = :register AND at < :older AND at >= :oldest AND EXISTS ("
                "SELECT FROM quality_score later WHERE later.register = q.register AND later.service = q.service "
                "AND later.dimension = q.dimension AND later.at > q.at AND later.at < :older "
                f"AND date_trunc('{unit}', later.at) = date_trunc('{unit}', q.at))"
            ),
            {"register": register, "older": now - older, "oldest": now - oldest},
        )
    await connection.execute(
        text("DELETE FROM quality_score WHERE register = :register AND at < :oldest"),
        {"register": register, "oldest": now - ONE_A_DAY},
    )
