"""The outbox, told to Kafka after its transaction: polled for what is unpublished, never by a sequence cursor."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


class Word(NamedTuple):
    """That a dossier is in a state now, and the trace of the step that brought it there (empty where none is kept)."""

    dossier: UUID
    state: str
    trace: str = ""


class News:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def telling(self, *, now: datetime, limit: int) -> AsyncIterator[Sequence[Word]]:
        """Unpublished word, oldest first; marked as published when the block ends well, untold again when it fails."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT id, dossier_id, state, trace FROM news WHERE published_at IS NULL ORDER BY id LIMIT :limit "
                    "FOR UPDATE SKIP LOCKED"
                ),
                {"limit": limit},
            )
            found = list(rows)
            yield [Word(dossier_id, state, trace or "") for _, dossier_id, state, trace in found]
            if found:
                await connection.execute(
                    text("UPDATE news SET published_at = :now WHERE id = ANY(:ids)"),
                    {"now": now, "ids": [row[0] for row in found]},
                )

    async def forget(self, *, before: datetime, limit: int = 10_000) -> int:
        """Delete word that was published before this moment."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                text("DELETE FROM news WHERE id IN (SELECT id FROM news WHERE published_at < :before LIMIT :limit)"),
                {"before": before, "limit": limit},
            )
            return gone.rowcount
