"""Which of our own intake's cases a portal is still to be shown, found by the newest line of each.

Lines are counted up in the order in which they were begun, and one may be committed after a newer one: so each look
goes back over some that were seen before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.case import Line
from proactive.store.statement import text

BACK = 10_000
"""Lines that are looked at again: far more than are ever under way at once."""

LOOKED = "show"
"""What is written where an officer looks at what is masked: nothing that happened to the case."""

FIND = text(
    "INSERT INTO portal_case (reference, wanted, next_at) "
    "SELECT l.reference, max(l.id), :now FROM case_line l JOIN intake_case c ON c.reference = l.reference "
    "WHERE l.id > (SELECT coalesce(max(wanted), 0) - :back FROM portal_case) "
    f"AND l.act <> '{LOOKED}' AND c.erased_at IS NULL GROUP BY l.reference ORDER BY l.reference "
    "ON CONFLICT (reference) DO UPDATE SET wanted = excluded.wanted, next_at = :now, tries = 0, refused = false "
    "WHERE portal_case.wanted < excluded.wanted"
)
CLAIM = text(
    "UPDATE portal_case SET next_at = :until WHERE reference IN ("
    "SELECT p.reference FROM portal_case p JOIN intake_case c ON c.reference = p.reference "
    "WHERE p.shown < p.wanted AND NOT p.refused AND p.next_at <= :now AND c.erased_at IS NULL "
    "ORDER BY p.next_at LIMIT :limit FOR UPDATE OF p SKIP LOCKED) RETURNING reference, shown, tries"
)
LINES = text(
    f"SELECT id, {', '.join(Line.model_fields)} FROM case_line "
    f"WHERE reference = ANY(:references) AND act <> '{LOOKED}' ORDER BY id"
)
SETTLE = text(
    "UPDATE portal_case p SET shown = greatest(p.shown, n.shown), next_at = n.next_at, refused = n.refused, "
    "tries = CASE WHEN n.shown < p.wanted AND NOT n.refused THEN p.tries + 1 ELSE 0 END "
    "FROM unnest(CAST(:references AS text[]), CAST(:shown AS bigint[]), CAST(:next_at AS timestamptz[]), "
    "CAST(:refused AS boolean[])) AS n(reference, shown, next_at, refused) WHERE p.reference = n.reference"
)


class PortalCases:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, *, now: datetime) -> int:
        """Note which cases have news; gives how many."""
        async with self._engine.begin() as connection:
            return (await connection.execute(FIND, {"now": now, "back": BACK})).rowcount

    async def claim(self, *, now: datetime, lease: timedelta, limit: int) -> dict[str, tuple[int, int]]:
        """Cases that nobody else shows meanwhile: reference -> the newest line that the portal has, and how often it
        was tried in vain since the last news."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(CLAIM, {"now": now, "until": now + lease, "limit": limit})
            return {row.reference: (row.shown, row.tries) for row in rows}

    async def lines(self, references: Sequence[str]) -> dict[str, list[tuple[int, Line]]]:
        """All that happened to each, oldest first, with the lines' numbers."""
        found: dict[str, list[tuple[int, Line]]] = {reference: [] for reference in references}
        async with self._engine.connect() as connection:
            for row in (await connection.execute(LINES, {"references": list(references)})).mappings():
                line = Line.model_validate({name: row[name] for name in Line.model_fields})
                found[line.reference].append((row["id"], line))
        return found

    async def settle(self, reached: Mapping[str, tuple[int, datetime, bool]]) -> None:
        """How far each has come, when it is looked at again, and whether the portal does not take it."""
        async with self._engine.begin() as connection:
            await connection.execute(
                SETTLE,
                {
                    "references": list(reached),
                    "shown": [one[0] for one in reached.values()],
                    "next_at": [one[1] for one in reached.values()],
                    "refused": [one[2] for one in reached.values()],
                },
            )
