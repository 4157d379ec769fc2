"""Officers' hours of each office, dated: said by somebody from a day on, never changed."""

from datetime import date, datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


class Capacities:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def say(
        self, office: str, *, from_day: date, hours_a_week: int, note: str | None, by: str, now: datetime
    ) -> None:
        """From this day on the office has so many hours a week; of one day the newest counts."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO office_capacity (office, from_day, hours_a_week, note, said_by, said_at) "
                    "VALUES (:office, :from_day, :hours, :note, :by, :now)"
                ),
                {"office": office, "from_day": from_day, "hours": hours_a_week, "note": note, "by": by, "now": now},
            )

    async def all(self) -> dict[str, list[tuple[date, int]]]:
        """Office -> (from when, hours a week), oldest first."""
        found: dict[str, list[tuple[date, int]]] = {}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT DISTINCT ON (office, from_day) office, from_day, hours_a_week FROM office_capacity "
                    "ORDER BY office, from_day, id DESC"
                )
            )
            for office, from_day, hours in rows:
                found.setdefault(office, []).append((from_day, int(hours)))
        return found

    async def log(self, office: str) -> list[RowMapping]:
        """Everything that was said of an office, the newest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT from_day, hours_a_week, note, said_by, said_at FROM office_capacity "
                    "WHERE office = :office ORDER BY id DESC LIMIT 20"
                ),
                {"office": office},
            )
            return list(rows.mappings())
