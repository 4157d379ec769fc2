"""Who has which dossier in hand, who is away, and what officers of one office write to each other about it.

Handing over is written into the dossier's history in the same transaction; an officer takes what nobody has, what the
holder gives, and, with a reason or while the holder is away, what a colleague has.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.dossier import State
from proactive.store.statement import text

WAITING = [str(state) for state in (State.CONFIRMED, State.DISPUTED, State.RETURNED)]

HAND = """
WITH mine AS (
  INSERT INTO assignment (dossier_id, officer, "by", at)
  SELECT id, CAST(:officer AS text), CAST(:by AS text), CAST(:now AS timestamptz)
  FROM unnest(CAST(:ids AS uuid[])) u(id)
  ON CONFLICT (dossier_id) DO UPDATE SET officer = excluded.officer, "by" = excluded."by", at = excluded.at
  WHERE assignment.officer = CAST(:held_by AS text) RETURNING dossier_id)
INSERT INTO history (dossier_id, at, actor, verb, note)
SELECT dossier_id, CAST(:now AS timestamptz), CAST(:by AS text), CAST(:verb AS text), CAST(:note AS text) FROM mine
"""
"""What nobody has, or what `held_by` has; what somebody else has taken meanwhile stays where it is."""

AWAY = """
SELECT o.username, o.full_name, o.active, a.since, a.until,
  (a.since <= :today AND a.until >= :today) IS TRUE AS away,
  (SELECT count(*) FROM assignment h JOIN dossier d ON d.id = h.dossier_id
   WHERE h.officer = o.username AND d.state = ANY(:waiting)) AS holds
FROM officer o LEFT JOIN absence a ON a.officer = o.username WHERE o.office = :office ORDER BY o.full_name, o.username
"""


class Hands:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def hand(
        self, ids: Sequence[UUID], *, to: str, by: str, held_by: str | None, verb: str, note: str, now: datetime
    ) -> int:
        """Put dossiers into an officer's hands; gives how many were, `held_by` is who was seen to have them."""
        values = {
            "ids": list(ids), "officer": to, "by": by, "held_by": held_by, "verb": verb, "note": note, "now": now,
        }  # fmt: skip
        async with self._engine.begin() as connection:
            return (await connection.execute(text(HAND), values)).rowcount

    async def let_go(self, dossier_id: UUID, *, officer: str, now: datetime) -> bool:
        """Give back what an officer has in hand. False: they had not."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                text(
                    "WITH gone AS (DELETE FROM assignment WHERE dossier_id = :id AND officer = :officer "
                    "RETURNING dossier_id) INSERT INTO history (dossier_id, at, actor, verb) "
                    "SELECT dossier_id, CAST(:now AS timestamptz), CAST(:officer AS text), 'let_go' FROM gone"
                ),
                {"id": dossier_id, "officer": officer, "now": now},
            )
            return gone.rowcount == 1

    async def held(self, officer: str, *, limit: int) -> list[UUID]:
        """What an officer has in hand of what still waits, the longest first."""
        async with self._engine.connect() as connection:
            rows = await connection.scalars(
                text(
                    "SELECT d.id FROM assignment h JOIN dossier d ON d.id = h.dossier_id "
                    "WHERE h.officer = :officer AND d.state = ANY(:waiting) ORDER BY d.since, d.id LIMIT :n"
                ),
                {"officer": officer, "waiting": WAITING, "n": limit},
            )
            return list(rows.all())

    async def colleagues(self, office: str, *, today: date) -> list[RowMapping]:
        """The officers of an office: username, full_name, active, since, until, away (today), holds (how many)."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(AWAY), {"office": office, "today": today, "waiting": WAITING})
            return list(rows.mappings())

    async def say_away(self, officer: str, *, since: date, until: date, by: str, now: datetime) -> None:
        """Keep that an officer is away on these days, in place of what was kept before."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO absence (officer, since, until, said_by, at) "
                    "VALUES (:officer, :since, :until, :by, :now) ON CONFLICT (officer) DO UPDATE "
                    "SET since = excluded.since, until = excluded.until, said_by = excluded.said_by, at = excluded.at"
                ),
                {"officer": officer, "since": since, "until": until, "by": by, "now": now},
            )

    async def note(self, dossier_id: UUID, *, officer: str, body: str, now: datetime) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO desk_note (dossier_id, at, officer, body) VALUES (:id, :now, :officer, :body)"),
                {"id": dossier_id, "now": now, "officer": officer, "body": body},
            )

    async def notes(self, dossier_id: UUID) -> list[RowMapping]:
        """What officers wrote on a dossier, oldest first: at, officer, body."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, officer, body FROM desk_note WHERE dossier_id = :id ORDER BY id"), {"id": dossier_id}
            )
            return list(rows.mappings())
