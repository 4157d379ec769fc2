"""Who is concerned by a breach: whose dossiers were there, or were shown to one account, in a span of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text

THERE = """
SELECT d.id, d.created_at AS since, NULL::timestamptz AS shown, 0 AS times FROM dossier d
WHERE d.created_at < :until AND (d.emptied_at IS NULL OR d.emptied_at > :since)
  AND (CAST(:office AS text) IS NULL OR d.office = :office)
  AND (CAST(:service AS text) IS NULL OR d.service = :service) AND d.id > :after
ORDER BY d.id LIMIT :most
"""
SHOWN = """
SELECT d.id, d.created_at AS since, min(r.at) AS shown, count(*) AS times FROM (
  SELECT at, dossier_id AS id FROM reading WHERE actor = :reader AND at >= :since AND at < :until
  UNION ALL
  SELECT at, unnest(dossiers) FROM reading WHERE actor = :reader AND at >= :since AND at < :until
  UNION ALL
  SELECT at, dossier_id FROM history WHERE actor = :reader AND at >= :since AND at < :until) r
JOIN dossier d ON d.id = r.id
WHERE (CAST(:office AS text) IS NULL OR d.office = :office)
  AND (CAST(:service AS text) IS NULL OR d.service = :service) AND d.id > :after
GROUP BY d.id, d.created_at ORDER BY d.id LIMIT :most
"""
FIRST = UUID(int=0)


@dataclass(frozen=True)
class Span:
    """What is known of the breach. `reader`: only what was shown to this account."""

    since: datetime
    until: datetime
    office: str | None = None
    service: str | None = None
    reader: str | None = None


@dataclass(frozen=True)
class Concerned:
    dossier: UUID
    since: datetime
    """When we began to hold it."""
    shown: datetime | None
    """When it was first shown to that account."""
    times: int


class Breaches:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def concerned(self, span: Span, *, after: UUID = FIRST, limit: int) -> Sequence[Concerned]:
        """One page of the dossiers concerned, by id."""
        values = {"since": span.since, "until": span.until, "office": span.office, "service": span.service}
        statement = THERE if span.reader is None else SHOWN
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(statement), {**values, "reader": span.reader, "after": after, "most": limit}
            )
            return [Concerned(*row) for row in rows]
