"""What became of approving many dossiers at once: kept before anything is done, so that pressing twice does it once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


class BulkRuns:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def begin(self, run: UUID, *, officer: str, office: str, now: datetime) -> bool:
        """Claim a run. False: it was begun before."""
        async with self._engine.begin() as connection:
            begun = await connection.execute(
                text(
                    "INSERT INTO bulk_run (id, officer, office, at) VALUES (:id, :officer, :office, :now) "
                    "ON CONFLICT DO NOTHING"
                ),
                {"id": run, "officer": officer, "office": office, "now": now},
            )
            return begun.rowcount == 1

    async def finish(self, run: UUID, results: Sequence[dict[str, Any]]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE bulk_run SET results = CAST(:results AS jsonb) WHERE id = :id AND results IS NULL"),
                {"id": run, "results": msgspec.json.encode(list(results)).decode()},
            )

    async def get(self, run: UUID) -> RowMapping | None:
        """at, results (None while it is being done, or where it broke off)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT at, results FROM bulk_run WHERE id = :id"), {"id": run})
            return rows.mappings().first()
