"""Erasing in batches, each in a transaction of its own. What may be erased of a dossier is for the database to say (see
the functions of migration 0036): it takes only what is over, and the audit log's salts go with what they were for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text

DUE = """
SELECT d.id FROM unnest(CAST(:states AS text[]), CAST(:moments AS timestamptz[])) AS k(state, moment)
CROSS JOIN LATERAL (
  SELECT id, since FROM dossier
  WHERE state = k.state AND state IN ('closed', 'refused', 'moot', 'ended') AND erased_at IS NULL
    AND since < k.moment AND (emptied_at IS NULL OR ends_on < :today)
  ORDER BY since LIMIT :most) d
LIMIT :most
"""
REFUSED = """
UPDATE rejected_change c SET row = '', key = 'erased:' || c.id, problems = '[]' FROM (
  SELECT id FROM rejected_change
  WHERE state IN ('kept', 'overtaken', 'discarded') AND rejected_at < :before AND row <> '' LIMIT :most) old
WHERE c.id = old.id
"""
GONE = """
UPDATE record r SET body = '{}' FROM (
  SELECT register, key FROM record WHERE deleted AND kept_at < :before AND body::text NOT IN ('{}', 'null')
  LIMIT :most) old
WHERE (r.register, r.key) = (old.register, old.key)
"""
PASSCODES = """
DELETE FROM passcode p USING (SELECT id FROM passcode WHERE requested_at < :before LIMIT :most) old WHERE p.id = old.id
"""
OCCASIONS = """
DELETE FROM occasion o USING (
  SELECT id FROM occasion WHERE ends_on < CAST(:before AS timestamptz)::date
    AND NOT EXISTS (SELECT FROM dossier d WHERE d.occasion_id = occasion.id) LIMIT :most) old
WHERE o.id = old.id
"""
"""Whose window is over and of which nobody was ever told."""
SIMPLE: Mapping[str, str] = {
    "refused_change": REFUSED,
    "deleted_record": GONE,
    "passcode": PASSCODES,
    "occasion": OCCASIONS,
}
"""What has a statement of its own, by the word that rules/privacy has for how long it is kept."""


class Erasing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(self, before: Mapping[str, datetime], *, today: date, limit: int) -> list[UUID]:
        """Dossiers that came into each of these states before its moment and still say something of somebody."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(DUE), {"states": list(before), "moments": list(before.values()), "today": today, "most": limit}
            )
            return list(rows.scalars())

    async def of_subject(self, subject: str, states: Sequence[str]) -> list[UUID]:
        """This person's dossiers in these states."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT id FROM dossier WHERE subject = :subject AND state = ANY(:states)"),
                {"subject": subject, "states": list(states)},
            )
            return list(rows.scalars())

    async def dossiers(self, ids: Sequence[UUID], *, now: datetime, today: date) -> int:
        """Empty these, and forget whose they were where the window is over; gives how many were taken."""
        return await self._call("SELECT erase_dossiers(:ids, :now, :today)", ids=list(ids), now=now, today=today)

    async def cases(self, *, before: datetime, now: datetime, limit: int) -> int:
        """Empty cases of the intake that ended before this moment."""
        return await self._call(
            "SELECT erase_cases(ARRAY(SELECT reference FROM intake_case WHERE status IN (3, 7, 8, 10) "
            "AND erased_at IS NULL AND updated_at < :before ORDER BY updated_at LIMIT :most), :now)",
            before=before, now=now, most=limit,
        )  # fmt: skip

    async def tickets(self, *, before: datetime, limit: int) -> int:
        return await self._call("SELECT erase_tickets(:before, :most)", before=before, most=limit)

    async def simple(self, what: str, *, before: datetime, limit: int) -> int:
        async with self._engine.begin() as connection:
            done = await connection.execute(text(SIMPLE[what]), {"before": before, "most": limit})
            return done.rowcount

    async def wishes(self, subject: str) -> int:
        """What a person told us themselves and may take back: e-mail address, language, documents of what is over."""
        async with self._engine.begin() as connection:
            told = await connection.execute(
                text(
                    "UPDATE addressee SET email = NULL, language = NULL WHERE subject = :subject "
                    "AND (email IS NOT NULL OR language IS NOT NULL)"
                ),
                {"subject": subject},
            )
            papers = await connection.execute(
                text(
                    "DELETE FROM document o USING dossier d WHERE d.id = o.dossier_id AND d.subject = :subject "
                    "AND d.state IN ('closed', 'refused', 'moot', 'ended', 'declined')"
                ),
                {"subject": subject},
            )
            return told.rowcount + papers.rowcount

    async def _call(self, statement: str, **values: object) -> int:
        async with self._engine.begin() as connection:
            return int(await connection.scalar(text(statement), values) or 0)
