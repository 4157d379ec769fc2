"""Applications that were answered with 202, and the reports of the nightly comparison."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.application import Arrived, Progress
from proactive.store.statement import text

SETTLE = text(
    "UPDATE application_queue SET state = CAST(:state AS text), why = :why, "
    "body = CASE WHEN CAST(:state AS text) = 'refused' THEN body END "
    "WHERE reference = :reference AND state = 'queued' RETURNING via"
)
TELL_REFUSED = text(
    "INSERT INTO status_out (reference, code, at, note) VALUES (:reference, 3, :now, :why) ON CONFLICT DO NOTHING"
)
TELL_COURSE = text(
    "INSERT INTO status_out (reference, code, at, office, note) SELECT reference, status, at, office, note "
    "FROM case_line WHERE reference = :reference ORDER BY id ON CONFLICT DO NOTHING"
)
ARRIVE = text(
    "INSERT INTO application_queue (reference, content_hash, body, why, raw, state, at, via) "
    "VALUES (:reference, :content_hash, CAST(:body AS jsonb), :why, :raw, :state, :now, 'kafka') "
    "ON CONFLICT DO NOTHING RETURNING state"
)
HASHES = text("SELECT reference, content_hash FROM application_queue WHERE reference = ANY(:references)")
AGAIN = text(
    "UPDATE application_queue SET state = CAST(:state AS text), why = concat_ws(' · ', why, CAST(:note AS text)), "
    "body = CASE WHEN CAST(:state AS text) = 'queued' THEN body END, raw = NULL "
    "WHERE reference = :reference AND state = 'refused' AND (CAST(:state AS text) <> 'queued' OR body IS NOT NULL)"
)
UNTOLD = text("SELECT id, reference, code, at, office, note FROM status_out WHERE told_at IS NULL ORDER BY id LIMIT :n")


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

    async def settle(
        self, reference: str, *, state: str, why: str | None = None, tell: bool = True, now: datetime
    ) -> None:
        """It is a case now, and its content is forgotten here; or it is refused, and kept until somebody looks at it.

        Who handed it over by Kafka is told there, unless its reference is another's, of which that would be said.
        """
        async with self._engine.begin() as connection:
            via = await connection.scalar(SETTLE, {"state": state, "why": why, "reference": reference})
            if via == "kafka" and tell:
                await connection.execute(
                    TELL_REFUSED if state == "refused" else TELL_COURSE,
                    {"reference": reference, "why": why, "now": now},
                )

    async def arrive(self, arrived: Sequence[Arrived], *, now: datetime) -> int:
        """Keep messages; gives how many of them nobody had and cannot be taken as they are.

        The same message again changes nothing; another one under a reference that is known is kept beside it.
        """
        first = {one.reference: one for one in reversed(arrived)}
        async with self._engine.begin() as connection:
            refused = await self._put(connection, list(first.values()), now)
            held = await connection.execute(HASHES, {"references": list(first)})
            known = {row.reference: row.content_hash for row in held}
            others = {
                f"{one.reference}-{one.content_hash[:12]}": one
                for one in arrived
                if known[one.reference] != one.content_hash
            }
            conflict = "Mã hồ sơ này đã được dùng cho một hồ sơ khác."
            beside = [
                one.model_copy(update={"reference": name, "body": None, "why": conflict})
                for name, one in others.items()
            ]
            return refused + await self._put(connection, beside, now)

    async def _put(self, connection: AsyncConnection, arrived: Sequence[Arrived], now: datetime) -> int:
        rows = [
            {"reference": one.reference, "content_hash": one.content_hash, "body": one.body, "why": one.why,
             "raw": one.raw, "state": "refused" if one.why else "queued", "now": now}
            for one in sorted(arrived, key=lambda one: one.reference)
        ]  # fmt: skip
        return sum([await connection.scalar(ARRIVE, row) == "refused" for row in rows])

    async def refused(self, *, limit: int) -> list[RowMapping]:
        """What could not be taken, newest first: reference, via, why, at."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, via, why, at FROM application_queue WHERE state = 'refused' "
                    "ORDER BY at DESC, reference LIMIT :n"
                ),
                {"n": limit},
            )
            return list(rows.mappings())

    async def again(self, reference: str, *, state: str, by: str, now: datetime) -> bool:
        """Queue a refused one again (one that can be read), or put it away. False: there is no such one."""
        async with self._engine.begin() as connection:
            done = await connection.execute(
                AGAIN, {"reference": reference, "state": state, "note": f"{state}: {by}, {now:%Y-%m-%d %H:%M}"}
            )
            return done.rowcount == 1

    async def untold(self, *, limit: int) -> list[tuple[int, Progress]]:
        """Statuses that are not on the topic yet, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(UNTOLD, {"n": limit})
            return [
                (row["id"], Progress.model_validate({k: v for k, v in row.items() if k != "id"}))
                for row in rows.mappings()
            ]

    async def told(self, numbers: Sequence[int], *, now: datetime) -> None:
        """They are on the topic now."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE status_out SET told_at = :now WHERE id = ANY(:numbers)"),
                {"now": now, "numbers": list(numbers)},
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
