"""Figures that were counted once and are kept, so that a page reads them and does not count."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text

KEEP = text(
    "INSERT INTO kept_figures (kind, period, told, at) VALUES (:kind, :period, CAST(:told AS jsonb), :at) "
    "ON CONFLICT (kind, period) DO UPDATE SET told = excluded.told, at = excluded.at"
)
FIRST = text(
    "INSERT INTO kept_figures AS k (kind, period, told, at) VALUES (:kind, :period, CAST(:told AS jsonb), :at) "
    "ON CONFLICT (kind, period) DO UPDATE SET told = excluded.told, at = excluded.at WHERE k.at < :since RETURNING 1"
)


class Kept:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, kind: str, period: str, told: Any, *, at: datetime) -> None:
        async with self._engine.begin() as connection:
            values = {"kind": kind, "period": period, "told": msgspec.json.encode(told).decode(), "at": at}
            await connection.execute(KEEP, values)

    async def keep_first(self, kind: str, period: str, told: Any, *, at: datetime, since: datetime) -> bool:
        """Keep it unless something is kept that was counted at this moment or later; False: there is."""
        async with self._engine.begin() as connection:
            values = {"kind": kind, "period": period, "told": msgspec.json.encode(told).decode(), "at": at}
            return await connection.scalar(FIRST, {**values, "since": since}) is not None

    async def claim(self, kind: str, *, now: datetime, every: timedelta) -> bool:
        """Whether this caller may count now: nobody has within this time."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "INSERT INTO kept_figures AS k (kind, period, told, at) VALUES (:kind, '', '{}', :now) "
                    "ON CONFLICT (kind, period) DO UPDATE SET at = excluded.at WHERE k.at <= :before RETURNING kind"
                ),
                {"kind": kind, "now": now, "before": now - every},
            )
            return rows.first() is not None

    async def get(
        self, kind: str, periods: Collection[str], *, within: Sequence[str] = ()
    ) -> dict[str, tuple[Any, datetime]]:
        """What is kept of these periods, each with the moment it was counted. `within`: only what stands under these
        names, one in the other; None where nothing does."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT period, told #> CAST(:within AS text[]) AS told, at FROM kept_figures "
                    "WHERE kind = :kind AND period = ANY(:periods)"
                ),
                {"kind": kind, "periods": list(periods), "within": list(within)},
            )
            return {period: (told, at) for period, told, at in rows}

    async def moments(self, kind: str, periods: Collection[str]) -> dict[str, datetime]:
        """The moments at which these were counted; what is not kept is not there."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT period, at FROM kept_figures WHERE kind = :kind AND period = ANY(:periods)"),
                {"kind": kind, "periods": list(periods)},
            )
            return {row.period: row.at for row in rows}
