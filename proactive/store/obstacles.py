"""Obstacles that units report: each step with its line in one transaction, and reminders said once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.obstacle import Obstacle
from proactive.store import bulk
from proactive.store.statement import text
from proactive.store.tables import steering as tables

FIELDS = ", ".join(f'o."{name}"' for name in Obstacle.model_fields)
CHANGED = ("state", "answer", "resolved_at", "due_on", "changed_by", "changed_at", "version")
SET = ", ".join(f'"{name}" = :{name}' for name in CHANGED)
LINE = (
    'INSERT INTO steering_line (about, at, "by", office, step, note) VALUES (:about, :at, :by, :office, :step, :note)'
)
TABS = {
    "open": "o.state IN ('reported', 'working')",
    "late": "o.state IN ('reported', 'working') AND o.due_on < :today",
    "mine": "o.state IN ('reported', 'working') AND o.owner = :office",
    "resolved": "o.state = 'resolved'",
    "closed": "o.state IN ('closed', 'withdrawn')",
}


class Obstacles:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def report(self, one: Obstacle) -> None:
        async with self._engine.begin() as connection:
            await bulk.insert(connection, tables.Obstacle, [one.model_dump()])
            await connection.execute(text(LINE), _line(one, office=one.office, note=None))

    async def move(self, before: Obstacle, after: Obstacle, *, office: str, note: str) -> bool:
        """Keep a step; False where somebody else took one first."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(f"UPDATE obstacle SET {SET} WHERE id = :id AND version = :before RETURNING id"),
                {**after.model_dump(), "before": before.version},
            )
            if rows.first() is None:
                return False
            await connection.execute(text(LINE), _line(after, office=office, note=note.strip() or None))
            return True

    async def get(self, id: UUID) -> Obstacle | None:
        found = await self._select("o.id = :id", id=id)
        return found[0] if found else None

    async def page(self, tab: str, *, office: str, today: date, limit: int, offset: int) -> list[Obstacle]:
        """Of one of `TABS`, the most pressing first."""
        return await self._select(
            f"{TABS[tab]} AND CAST(:office AS text) IS NOT NULL AND CAST(:today AS date) IS NOT NULL "
            "ORDER BY o.due_on, o.reported_at, o.id LIMIT :limit OFFSET :offset",
            office=office, today=today, limit=limit, offset=offset,
        )  # fmt: skip

    async def tally(self, *, office: str, today: date) -> dict[str, int]:
        """How many there are in each of `TABS`."""
        counts = ", ".join(f"count(*) FILTER (WHERE {condition}) AS {tab}" for tab, condition in TABS.items())
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {counts} FROM obstacle o"), {"office": office, "today": today}
            )
            return {name: int(number) for name, number in rows.mappings().one().items()}

    async def pressing(self, *, until: date) -> list[Obstacle]:
        """Open ones that are due by this day."""
        return await self._select(
            "o.state IN ('reported', 'working') AND o.due_on <= :until ORDER BY o.due_on", until=until
        )

    async def remind(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Say what nobody has said yet; gives how many are new."""
        async with self._engine.begin() as connection:
            return len(await bulk.insert(connection, tables.ObstacleReminder, rows, returning="id"))

    async def reminders(self, office: str) -> Sequence[RowMapping]:
        """What was said to this office of obstacles whose time still runs: obstacle, title, kind, about, at."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT DISTINCT ON (o.due_on, r.obstacle) r.obstacle, o.title, r.kind, r.about, r.at "
                    "FROM obstacle_reminder r JOIN obstacle o ON o.id = r.obstacle "
                    "WHERE r.office = :office AND o.state IN ('reported', 'working') AND r.about = o.due_on "
                    "ORDER BY o.due_on, r.obstacle, r.id DESC LIMIT 20"
                ),
                {"office": office},
            )
            return rows.mappings().all()

    async def in_span(self, starts: datetime, ends: datetime) -> dict[str, int]:
        """Reported and resolved within, open and late at its end, as the lines tell it."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "WITH last AS (SELECT DISTINCT ON (l.about) l.about, l.step FROM steering_line l "
                    "JOIN obstacle o ON o.id = l.about WHERE l.at < :ends ORDER BY l.about, l.id DESC) "
                    "SELECT (SELECT count(*) FROM obstacle WHERE reported_at >= :starts AND reported_at < :ends) "
                    "AS reported, "
                    "(SELECT count(DISTINCT l.about) FROM steering_line l JOIN obstacle o ON o.id = l.about "
                    "WHERE l.step = 'resolved' AND l.at >= :starts AND l.at < :ends) AS resolved, "
                    "(SELECT count(*) FROM last WHERE step IN ('reported', 'working')) AS open, "
                    "(SELECT count(*) FROM last JOIN obstacle o ON o.id = last.about "
                    "WHERE step IN ('reported', 'working') "
                    "AND o.due_on < (CAST(:ends AS timestamptz) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS late"
                ),
                {"starts": starts, "ends": ends},
            )
            return {name: int(number) for name, number in rows.mappings().one().items()}

    async def _select(self, where: str, **values: Any) -> list[Obstacle]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM obstacle o WHERE {where}"), values)
            return [Obstacle.model_validate(dict(row)) for row in rows.mappings()]


def _line(one: Obstacle, *, office: str, note: str | None) -> dict[str, Any]:
    return {
        "about": one.id,
        "at": one.changed_at,
        "by": one.changed_by,
        "office": office,
        "step": one.state,
        "note": note,
    }
