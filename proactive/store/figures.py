"""The journey in figures, counted where it is remembered."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


@dataclass(frozen=True)
class Counts:
    changes: int
    """Distinct row versions taken in, the refused ones included; told twice counts once."""
    records: int
    occasions: int
    """What is owed, on its day or later, or has become a dossier; what turned out to be moot is not counted."""
    dossiers: int
    notices: int
    """Notices that a provider has accepted."""
    confirmed: int
    """Dossiers to whose offer the citizen said yes (also those that have moved on since)."""
    declined: int
    approved: int
    refused: int
    forwarded: int
    closed: int
    rejected_changes: int

    def asdict(self) -> dict[str, int]:
        return asdict(self)


COUNTS = """
SELECT
  (SELECT coalesce(sum(revision), 0) FROM record) + (SELECT count(*) FROM rejected_change) AS changes,
  (SELECT count(*) FROM record WHERE NOT deleted) AS records,
  (SELECT count(*) FROM occasion WHERE state <> 'moot') AS occasions,
  (SELECT count(*) FROM dossier) AS dossiers,
  (SELECT count(*) FROM notice WHERE state IN ('accepted', 'delivered', 'undelivered')) AS notices,
  (SELECT count(DISTINCT dossier_id) FROM history WHERE to_state = 'confirmed' AND verb = 'confirm') AS confirmed,
  (SELECT count(*) FROM dossier WHERE state = 'declined') AS declined,
  (SELECT count(DISTINCT dossier_id) FROM history WHERE to_state = 'approved') AS approved,
  (SELECT count(*) FROM dossier WHERE state = 'refused') AS refused,
  (SELECT count(DISTINCT dossier_id) FROM history WHERE to_state = 'forwarded') AS forwarded,
  (SELECT count(*) FROM dossier WHERE state = 'closed') AS closed,
  (SELECT count(*) FROM rejected_change) AS rejected_changes
"""


class Figures:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def counts(self) -> Counts:
        async with self._engine.connect() as connection:
            row = (await connection.execute(text(COUNTS))).mappings().one()
            return Counts(**{name: int(value) for name, value in row.items()})

    async def states(self) -> dict[str, int]:
        """Dossiers by state."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT state, count(*) FROM dossier GROUP BY state"))
            return {state: int(count) for state, count in rows}

    async def latest(self, *, limit: int = 8) -> list[RowMapping]:
        """The newest lines of history: at, verb, actor, to_state, service, variant. No personal data."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT h.at, h.verb, h.actor, h.to_state, d.service, d.variant FROM history h "
                    "JOIN dossier d ON d.id = h.dossier_id ORDER BY h.id DESC LIMIT :limit"
                ),
                {"limit": limit},
            )
            return list(rows.mappings())

    async def unfinished(self, *, today: date) -> int:
        """What is still for us to do: occasions to draft, notices to send or to explain, receipts to apply."""
        async with self._engine.connect() as connection:
            return int(
                await connection.scalar(
                    text(
                        "SELECT (SELECT count(*) FROM occasion WHERE state = 'owed' AND due_on <= :today) "
                        "+ (SELECT count(*) FROM notice WHERE state IN ('planned', 'claimed', 'unknown')) "
                        "+ (SELECT count(*) FROM dossier WHERE stale)"
                    ),
                    {"today": today},
                )
                or 0
            )

    async def on_their_way(self, *, since: datetime) -> int:
        """How many notices a provider has accepted since then, and has not yet told the end of."""
        async with self._engine.connect() as connection:
            return int(
                await connection.scalar(
                    text("SELECT count(*) FROM notice WHERE state = 'accepted' AND sent_at >= :since"), {"since": since}
                )
                or 0
            )

    async def held_out(self) -> int:
        """How many drafted dossiers wait because a pilot does not tell their citizen, to compare with."""
        async with self._engine.connect() as connection:
            asked = "SELECT count(*) FROM dossier WHERE state = 'drafted' AND not_told_because = 'pilot_held'"
            return int(await connection.scalar(text(asked)) or 0)

    async def reached(self) -> int:
        """How many dossiers have at least one notice that has arrived."""
        async with self._engine.connect() as connection:
            return int(
                await connection.scalar(text("SELECT count(DISTINCT dossier_id) FROM notice WHERE state = 'delivered'"))
                or 0
            )

    async def alive(self) -> bool:
        """Does the database answer?"""
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT 1")))
