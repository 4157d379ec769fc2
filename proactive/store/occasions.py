"""Occasions that have fallen due become dossiers, many in one transaction."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.base import Value
from proactive.domain.dossier import Dossier
from proactive.store import dossiers as dossier_rows
from proactive.store.statement import text


class Occasion(Value):
    """(service, subject, cycle) with the day it falls due."""

    id: UUID
    service: str
    subject: str
    cycle: str
    record_key: str
    due_on: date
    ends_on: date
    anchor: date
    state: str


@dataclass
class Draft:
    """Occasions locked for drafting, and what is to become of them when the block ends."""

    occasions: Sequence[Occasion]
    dossiers: list[Dossier] = field(default_factory=list)
    moot: list[UUID] = field(default_factory=list)
    later: dict[UUID, date] = field(default_factory=dict)
    """Not yet: the day it falls due has moved."""


class Occasions:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def drafting(
        self, *, services: Collection[str], today: date, now: datetime, limit: int
    ) -> AsyncIterator[Draft]:
        """Lock due occasions of these services, let the caller fill the draft in, store it all; nothing if it fails."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "SELECT id, service, subject, cycle, record_key, due_on, ends_on, anchor, state FROM occasion "
                    "WHERE state = 'owed' AND due_on <= :today AND service = ANY(:services) ORDER BY due_on "
                    "LIMIT :limit FOR UPDATE SKIP LOCKED"
                ),
                {"today": today, "limit": limit, "services": list(services)},
            )
            draft = Draft([Occasion.model_validate(dict(row)) for row in rows.mappings()])
            yield draft
            if draft.occasions:
                await self._store(connection, draft, now)

    async def _store(self, connection: AsyncConnection, draft: Draft, now: datetime) -> None:
        await dossier_rows.add(connection, draft.dossiers, now=now)
        drafted = [dossier.occasion_id for dossier in draft.dossiers]
        for state, ids in (("drafted", drafted), ("moot", draft.moot)):
            if ids:
                await connection.execute(
                    text("UPDATE occasion SET state = :state, changed_at = :now WHERE id = ANY(:ids)"),
                    {"state": state, "now": now, "ids": ids},
                )
        if draft.later:
            await connection.execute(
                text(
                    "UPDATE occasion o SET due_on = n.due_on, changed_at = :now "
                    "FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) n(id, due_on) WHERE o.id = n.id"
                ),
                {"now": now, "ids": list(draft.later), "days": list(draft.later.values())},
            )
