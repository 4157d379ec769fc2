"""The ledger of pushed events: written before the answer, told to Kafka afterwards, emptied once everything is kept."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.change import Change, Op
from proactive.errors import ProactiveError
from proactive.store.hearing import heard_in
from proactive.store.hidden import pseudonyms_of
from proactive.store.recognition import BETWEEN, array, rows
from proactive.store.statement import text

CHANGED, CAUGHT_UP = "changed", "caught_up"


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as it goes into the ledger. All its text is printable; `content_hash` is hexadecimal."""

    source: str
    event_id: str
    content_hash: str
    kind: str
    register: str
    key: str = ""
    person: str = ""
    version: int = 0
    deleted: bool = False
    body: str = ""


@dataclass(frozen=True)
class Request:
    """What a request is known by: for a while its id may not come with other bytes."""

    webhook_id: str
    body_hash: bytes


@dataclass(frozen=True)
class Word:
    """An owner's word that all of a register was told."""

    id: int
    register: str


class Reused(ProactiveError):
    """An id came before with other content.

    `events` are the places in the request; none: it is the request's own id.
    """

    def __init__(self, events: Sequence[int] = ()) -> None:
        super().__init__()
        self.events = tuple(events)


SEEN = """
INSERT INTO push_request (connector, webhook_id, body_hash, at) VALUES (:connector, :webhook_id, :body_hash, :now)
ON CONFLICT (connector, webhook_id) DO UPDATE SET at = excluded.at RETURNING body_hash
"""

NEW = rows(
    source="text", event_id="text", content_hash="text", kind="text", register="text", key="text", person="text",
    version="bigint", deleted="boolean", body="text",
)  # fmt: skip

TAKE = f"""
INSERT INTO event (connector, source, event_id, content_hash, kind, register, key, person, version, deleted, body,
  accepted_at, published_at)
SELECT %(connector)s, n.source, n.event_id, decode(n.content_hash, 'hex'), n.kind, n.register, n.key,
  coalesce(nullif(n.person, ''), CASE WHEN n.deleted THEN
    (SELECT r.subject FROM record r WHERE r.register = n.register AND r.key = n.key) END),
  n.version, n.deleted, n.body, %(now)s, CASE WHEN n.kind <> '{CHANGED}' THEN %(now)s::timestamptz END
FROM {NEW} ORDER BY n.source, n.event_id
ON CONFLICT (connector, source, event_id) DO NOTHING
"""
"""Sorted, so that two requests with the same events cannot block each other in a circle. Word that is not a change is
never told to Kafka, and counts as told."""

REUSED = f"""
SELECT n.i FROM unnest({array("source")}, {array("event_id")}, {array("content_hash")}) WITH ORDINALITY
  AS n(source, event_id, content_hash, i)
JOIN event e ON e.connector = %(connector)s AND e.source = n.source AND e.event_id = n.event_id
WHERE e.content_hash <> decode(n.content_hash, 'hex') ORDER BY n.i
"""

UNTOLD = """
SELECT e.id, e.register, e.key, coalesce(e.person, r.subject, e.key) AS person, e.version, e.deleted, e.body
FROM event e LEFT JOIN record r ON e.person IS NULL AND r.register = e.register AND r.key = e.key
WHERE e.published_at IS NULL ORDER BY e.id LIMIT :limit FOR UPDATE OF e SKIP LOCKED
"""

KEPT = """(EXISTS (SELECT FROM record r WHERE r.register = e.register AND r.key = e.key AND r.version >= e.version)
  OR EXISTS (SELECT FROM rejected_change x
             WHERE x.register = e.register AND x.key = e.key AND x.version = e.version))"""

EMPTY = "settled_at = :now, key = NULL, person = NULL, body = NULL"

SETTLE = f"""
UPDATE event SET {EMPTY} WHERE id IN (
  SELECT e.id FROM event e WHERE e.settled_at IS NULL AND e.published_at IS NOT NULL AND e.kind = '{CHANGED}' AND {KEPT}
  ORDER BY e.id LIMIT :limit FOR UPDATE OF e SKIP LOCKED)
"""

AGAIN = f"""
UPDATE event SET published_at = NULL WHERE id IN (
  SELECT id FROM event WHERE settled_at IS NULL AND published_at < :before AND kind = '{CHANGED}'
  ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
"""

TOLD_TO_THE_END = f"""
SELECT e.id, e.register FROM event e WHERE e.settled_at IS NULL AND e.kind = '{CAUGHT_UP}'
  AND NOT EXISTS (SELECT FROM event o WHERE o.settled_at IS NULL AND o.kind = '{CHANGED}' AND o.register = e.register
                  AND o.id < e.id)
ORDER BY e.id LIMIT 100
"""
"""What its owner had sent before it said so was answered before, so it has a smaller id: it must all be settled."""


class Ledger:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def take(
        self, events: Sequence[NewEvent], *, connector: str, request: Request, heard: Collection[str], now: datetime
    ) -> int:
        """All of them in one transaction, durable when this returns; gives how many were new.

        `heard` are the registers that something came of. Raises `Reused`, and then nothing was kept.
        """
        async with self._engine.begin() as connection:
            seen = await connection.scalar(
                text(SEEN),
                {
                    "connector": connector, "webhook_id": request.webhook_id, "body_hash": request.body_hash,
                    "now": now,
                },
            )  # fmt: skip
            if bytes(seen) != request.body_hash:
                raise Reused
            taken = await self._insert(connection, events, connector, now) if events else 0
            await heard_in(connection, heard, now=now)
        return taken

    async def _insert(
        self, connection: AsyncConnection, events: Sequence[NewEvent], connector: str, now: datetime
    ) -> int:
        values: dict[str, object] = {
            "connector": connector,
            "now": now,
            **{
                name: BETWEEN.join([str(getattr(event, name)) for event in events])
                for name in NewEvent.__struct_fields__
            },
            "key": BETWEEN.join([self._pseudonyms.key(event.register, event.key) for event in events]),
            "person": BETWEEN.join([self._pseudonyms.of(event.person) for event in events]),
        }
        taken = (await connection.exec_driver_sql(TAKE, values)).rowcount
        if taken < len(events):
            other = (await connection.exec_driver_sql(REUSED, values)).scalars().all()
            if other:
                raise Reused([int(i) - 1 for i in other])
        return taken

    @asynccontextmanager
    async def telling(self, *, now: datetime, limit: int) -> AsyncIterator[Sequence[Change]]:
        """Untold changes, oldest first; marked as told when the block ends well, untold again when it fails."""
        async with self._engine.begin() as connection:
            found = list(await connection.execute(text(UNTOLD), {"limit": limit}))
            opened = self._pseudonyms.shown
            yield [
                Change(
                    register=row.register, key=opened(row.key), subject=opened(row.person), version=row.version,
                    op=Op.DELETE if row.deleted else Op.UPSERT, record=msgspec.Raw(row.body.encode()),
                )
                for row in found
            ]  # fmt: skip
            if found:
                await connection.execute(
                    text("UPDATE event SET published_at = :now WHERE id = ANY(:ids)"),
                    {"now": now, "ids": [row.id for row in found]},
                )

    async def settle(self, *, now: datetime, limit: int) -> int:
        """Empty those that are kept (in this or a newer version) or rejected; gives how many."""
        return await self._do(SETTLE, now=now, limit=limit)

    async def tell_again(self, *, before: datetime, limit: int) -> int:
        """What was told before this moment and is not settled counts as untold again; gives how many."""
        return await self._do(AGAIN, before=before, limit=limit)

    async def waiting(self) -> bool:
        """Whether anything is not settled yet."""
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT EXISTS (SELECT FROM event WHERE settled_at IS NULL)")))

    async def on_their_way(self) -> int:
        """How many were told to Kafka and are not settled yet."""
        async with self._engine.connect() as connection:
            return int(
                await connection.scalar(
                    text(
                        f"SELECT count(*) FROM event WHERE settled_at IS NULL AND published_at IS NOT NULL "
                        f"AND kind = '{CHANGED}'"
                    )
                )
                or 0
            )

    async def told_to_the_end(self) -> list[Word]:
        """Owners' word that all of a register was told, of which everything before is settled."""
        async with self._engine.connect() as connection:
            return [Word(row.id, row.register) for row in await connection.execute(text(TOLD_TO_THE_END))]

    async def heeded(self, word: Word, *, now: datetime) -> None:
        await self._do(f"UPDATE event SET {EMPTY} WHERE id = :id", now=now, id=word.id)

    async def under_way(self, subjects: Sequence[str]) -> set[str]:
        """Those of these people of whom something has come that is not settled yet."""
        async with self._engine.connect() as connection:
            found = await connection.execute(
                text("SELECT DISTINCT person FROM event WHERE settled_at IS NULL AND person = ANY(:subjects)"),
                {"subjects": list(subjects)},
            )
            return set(found.scalars())

    async def forget(self, *, events_before: datetime, requests_before: datetime, limit: int = 10_000) -> int:
        """Delete what was settled, and requests that were seen, before these moments; gives how many."""
        oldest = "SELECT id, settled_at FROM event ORDER BY id LIMIT :limit"  # so that each look costs the same
        gone = await self._do(
            f"DELETE FROM event WHERE id IN (SELECT id FROM ({oldest}) o WHERE settled_at < :before)",
            before=events_before, limit=limit,
        )  # fmt: skip
        return gone + await self._do(
            "DELETE FROM push_request WHERE (connector, webhook_id) IN "
            "(SELECT connector, webhook_id FROM push_request WHERE at < :before LIMIT :limit)",
            before=requests_before, limit=limit,
        )  # fmt: skip

    async def _do(self, statement: str, **values: object) -> int:
        async with self._engine.begin() as connection:
            return (await connection.execute(text(statement), values)).rowcount
