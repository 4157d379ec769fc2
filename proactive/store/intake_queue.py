"""Applications that were answered with 202, and the reports of the nightly comparison."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine


class IntakeQueue:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(self, reference: str, content_hash: str, body: str, *, now: datetime) -> str:
        """Keep an application for later; gives the hash that its reference has now, which is another's where it was
        there before with another content."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO application_queue (reference, content_hash, body, state, at) "
                    "VALUES (:reference, :hash, CAST(:body AS jsonb), 'queued', :now) ON CONFLICT DO NOTHING"
                ),
                {"reference": reference, "hash": content_hash, "body": body, "now": now},
            )
            return str(
                await connection.scalar(
                    text("SELECT content_hash FROM application_queue WHERE reference = :r"), {"r": reference}
                )
            )

    async def waiting(self, *, limit: int) -> list[RowMapping]:
        """Queued ones, oldest first: reference, body."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, CAST(body AS text) AS body FROM application_queue WHERE state = 'queued' "
                    "ORDER BY at LIMIT :n"
                ),
                {"n": limit},
            )
            return list(rows.mappings())

    async def settle(self, reference: str, *, state: str, why: str | None = None) -> None:
        """It is a case now, or refused; its content is forgotten here."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE application_queue SET state = :state, why = :why, body = NULL "
                    "WHERE reference = :reference AND state = 'queued'"
                ),
                {"state": state, "why": why, "reference": reference},
            )

    async def get(self, reference: str) -> RowMapping | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT reference, state, why, content_hash, at FROM application_queue WHERE reference = :r"),
                {"r": reference},
            )
            return rows.mappings().first()

    async def handed_over(self, since: datetime, until: datetime) -> dict[str, tuple[str, int]]:
        """What we handed over in a span: reference -> (content hash, the newest status we know)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT h.reference, h.content_hash, coalesce(d.intake_status, 0) AS code FROM handover h "
                    "JOIN dossier d ON d.id = h.dossier_id "
                    "WHERE h.state = 'taken' AND h.taken_at >= :since AND h.taken_at < :until"
                ),
                {"since": since, "until": until},
            )
            return {row["reference"]: (row["content_hash"], row["code"]) for row in rows.mappings()}

    async def report(
        self, *, at: datetime, since: datetime, until: datetime, ours: int, theirs: int, found: Sequence[dict[str, Any]]
    ) -> None:
        """Keep what a comparison found."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO intake_report (at, since, until, ours, theirs, differences) "
                    "VALUES (:at, :since, :until, :ours, :theirs, CAST(:found AS jsonb))"
                ),
                {"at": at, "since": since, "until": until, "ours": ours, "theirs": theirs,
                 "found": msgspec.json.encode(list(found)).decode()},
            )  # fmt: skip

    async def last_report(self) -> RowMapping | None:
        """The newest comparison."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT * FROM intake_report ORDER BY id DESC LIMIT 1"))
            return rows.mappings().first()
