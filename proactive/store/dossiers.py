"""Dossiers: claimed by the steps in batches, looked up by the pages one at a time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.dossier import Dossier, State
from proactive.domain.vault import Vault
from proactive.store import bulk, keeping, sealed
from proactive.store.keeping import Move, keep
from proactive.store.statement import text
from proactive.store.tables import dossiers as dossiers_tables

LEASE = timedelta(seconds=60)
"""How long a step has a dossier for itself; far longer than any one call to another system may take."""

FIELDS = ", ".join(f'd."{name}"' for name in Dossier.model_fields)

FRESH = "state = 'drafted' AND tell_after <= :now AND rest_until <= :now"
AGAIN = "state IN ('offered', 'unreached') AND tell_on <= :today AND tell_after <= :now AND rest_until <= :now"
"""Dossiers whose citizen has not been told of yet, and those whose next rung's day has come."""


Leaving = Mapping[str, str]
"""Services of which somebody else's version counts, with ours: of their dossiers only those made under it are ours."""

NOTHING: Leaving = MappingProxyType({})
NOT_LEFT = (
    "NOT EXISTS (SELECT FROM unnest(CAST(:left AS text[]), CAST(:left_but AS text[])) AS l(service, version) "
    "WHERE l.service = dossier.service AND l.version <> dossier.service_version)"
)


def read(row: RowMapping, vault: Vault | None) -> Dossier:
    return Dossier.model_validate(sealed.dossier_values(vault, row))


class Dossiers:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, moves: Sequence[Move], *, now: datetime) -> set[UUID]:
        return await keep(self._engine, moves, now=now)

    async def claim(
        self, states: Iterable[State], *, now: datetime, limit: int, leaving: Leaving = NOTHING
    ) -> list[Dossier]:
        """At most `limit` dossiers that rest in these states, for the caller alone until the lease is over."""
        return await self._claim(
            "state = ANY(:states) AND rest_until <= :now", now, limit, leaving, states=list(states)
        )

    async def claim_to_tell(
        self, *, now: datetime, today: date, limit: int, leaving: Leaving = NOTHING
    ) -> list[Dossier]:
        """Dossiers whose citizen should hear from us now: freshly drafted, or the day of the next rung has come. With
        them come the other matters of the same people that are due too: they may share a message."""
        async with self._engine.begin() as connection:
            claim = partial(self._claim_in, connection, now=now, leaving=leaving)
            found = await claim(FRESH, limit=limit, order="tell_after")
            found += await claim(AGAIN, limit=limit - len(found), order="tell_after", today=today)
            people = sorted({dossier.subject for dossier in found})
            if people:
                beside = f"subject = ANY(:subjects) AND ({FRESH} OR {AGAIN})"
                found += await claim(beside, limit=limit, today=today, subjects=people)
            return found

    async def claim_outdated(
        self, *, now: datetime, today: date, limit: int, leaving: Leaving = NOTHING
    ) -> tuple[list[Dossier], str | None]:
        """Dossiers that were drafted from a record which has changed since, and those that wait for a citizen although
        the service's window is over; `limit` of each. With them the transaction that claimed them: see `Move.claim`."""
        async with self._engine.begin() as connection:
            claim = partial(self._claim_in, connection, now=now, limit=limit, leaving=leaving)
            found = await claim("stale AND rest_until <= :now") + await claim(
                "ends_on < :today AND state IN ('drafted', 'offered', 'unreached', 'returned', 'disputed', 'declined') "
                "AND rest_until <= :now",
                today=today,
            )
            mine = text("SELECT CAST(CAST(pg_current_xact_id() AS xid) AS text)")
            return found, await connection.scalar(mine) if found else None

    async def claim_unanswered(
        self, made_before: Mapping[str, datetime], *, now: datetime, limit: int, leaving: Leaving = NOTHING
    ) -> list[Dossier]:
        """Dossiers made before their service's moment that nobody has answered, and that no rung will tell again."""
        return await self._claim(
            "state IN ('offered', 'unreached') AND tell_on IS NULL AND rest_until <= :now AND EXISTS (SELECT FROM "
            "unnest(CAST(:services AS text[]), CAST(:moments AS timestamptz[])) AS w(service, moment) "
            "WHERE w.service = dossier.service AND dossier.created_at < w.moment)",
            now,
            limit,
            leaving,
            services=list(made_before),
            moments=list(made_before.values()),
        )

    async def _claim(self, condition: str, now: datetime, limit: int, leaving: Leaving, **more: Any) -> list[Dossier]:
        async with self._engine.begin() as connection:
            return await self._claim_in(connection, condition, now=now, limit=limit, leaving=leaving, **more)

    async def _claim_in(
        self, connection: AsyncConnection, condition: str, *, now: datetime, limit: int, leaving: Leaving,
        order: str = "rest_until", **more: Any,
    ) -> list[Dossier]:  # fmt: skip
        if limit <= 0:
            return []
        if leaving:
            condition = f"({condition}) AND {NOT_LEFT}"
            more |= {"left": list(leaving), "left_but": list(leaving.values())}
        statement = text(
            f"WITH claimed AS (SELECT id FROM dossier WHERE {condition} ORDER BY {order} LIMIT :limit "
            f"FOR UPDATE SKIP LOCKED) UPDATE dossier d SET rest_until = :until FROM claimed WHERE d.id = claimed.id "
            f"RETURNING {FIELDS}"
        )
        rows = await connection.execute(statement, {"now": now, "until": now + LEASE, "limit": limit, **more})
        vault = sealed.vault_of(connection)
        return [read(row, vault) for row in rows.mappings()]

    async def get(self, dossier_id: UUID) -> Dossier | None:
        found = await self.many([dossier_id])
        return found[0] if found else None

    async def many(self, ids: Sequence[UUID]) -> list[Dossier]:
        return await self._select("d.id = ANY(:ids)", ids=list(ids))

    async def by_code(self, code: str) -> Dossier | None:
        found = await self._select("d.code = :code", code=code)
        return found[0] if found else None

    async def of_subject(self, subject: str, *, limit: int = 100) -> list[Dossier]:
        """Everything that was prepared for one person, what happened last first."""
        mine = "d.subject = :subject ORDER BY d.updated_at DESC, d.id LIMIT :n"
        return await self._select(mine, subject=subject, n=limit)

    async def _select(self, condition: str, **values: Any) -> list[Dossier]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM dossier d WHERE {condition}"), values)
            vault = sealed.vault_of(connection)
            return [read(row, vault) for row in rows.mappings()]

    async def queue(
        self, *, office: str, states: Iterable[State], limit: int = 50, offset: int = 0
    ) -> tuple[list[Dossier], int]:
        """One page of an office's dossiers in these states, oldest first, and how many there are."""
        where = "d.office = :office AND d.state = ANY(:states)"
        values = {"office": office, "states": [str(state) for state in states]}
        async with self._engine.connect() as connection:
            total = await connection.scalar(text(f"SELECT count(*) FROM dossier d WHERE {where}"), values)
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM dossier d WHERE {where} ORDER BY d.updated_at, d.id LIMIT :n OFFSET :o"),
                {**values, "n": limit, "o": offset},
            )
            vault = sealed.vault_of(connection)
            return [read(row, vault) for row in rows.mappings()], int(total or 0)

    async def tally(self, *, office: str) -> dict[State, int]:
        """How many dossiers of an office rest in each state."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT state, count(*) FROM dossier WHERE office = :office GROUP BY state"), {"office": office}
            )
            return {State(state): int(count) for state, count in rows}

    async def history(self, dossier_id: UUID) -> list[RowMapping]:
        """What happened, oldest first: at, actor, verb, from_state, to_state, note."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT at, actor, verb, from_state, to_state, note FROM history WHERE dossier_id = :id ORDER BY id"
                ),
                {"id": dossier_id},
            )
            return list(rows.mappings())

    async def approved_at(self, dossier_ids: Sequence[UUID]) -> dict[UUID, datetime]:
        """When each of them was last approved."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT dossier_id, max(at) AS at FROM history "
                    "WHERE dossier_id = ANY(:ids) AND to_state = 'approved' GROUP BY dossier_id"
                ),
                {"ids": list(dossier_ids)},
            )
            return {row.dossier_id: row.at for row in rows}


async def add(connection: AsyncConnection, dossiers: Sequence[Dossier], *, now: datetime) -> set[UUID]:
    """Add new dossiers with their first line of history and their news; an occasion that has one already is left."""
    vault = sealed.vault_of(connection)
    ids = await bulk.insert(
        connection,
        dossiers_tables.Dossier,
        [sealed.dossier_row(vault, bulk.row(dossier, stale=False, rest_until=now)) for dossier in dossiers],
        returning="id",
    )
    added = [dossier for dossier in dossiers if dossier.id in ids]
    await bulk.insert(
        connection,
        dossiers_tables.History,
        [{"dossier_id": d.id, "at": now, "actor": "system", "verb": "draft", "to_state": d.state} for d in added],
    )
    await keeping.news(connection, [(dossier.id, dossier.state) for dossier in added], now)
    return ids
