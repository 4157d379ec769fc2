"""Which version of a service counts where living workers hold different ones in their folders.

It is the one that was seen first most recently, of those that somebody still holds: so the newer version of a roll-out
counts from its first worker on, and the older one again once the last worker of the newer has been gone for a while.
Ages are by the database's clock: nobody's own clock can make another worker look gone.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text

GONE_AFTER = timedelta(minutes=2)
"""Who has not been seen for so long holds nothing any more."""

SAID_EVERY = timedelta(seconds=5)

HELD = "unnest(CAST(:services AS text[]), CAST(:versions AS text[])) AS n(service, version)"

SEEN = f"""
UPDATE held_rules h SET seen_at = clock_timestamp(), looked_after = false
FROM (SELECT h.service, h.version FROM held_rules h JOIN {HELD} USING (service, version)
      WHERE h.looked_after OR h.seen_at < clock_timestamp() - CAST(:said AS interval)
      ORDER BY 1, 2 FOR UPDATE OF h SKIP LOCKED) n
WHERE h.service = n.service AND h.version = n.version
"""

NEW = f"""
INSERT INTO held_rules (service, version, since, seen_at)
SELECT n.service, n.version, clock_timestamp(), clock_timestamp() FROM {HELD}
WHERE NOT EXISTS (SELECT FROM held_rules h WHERE h.service = n.service AND h.version = n.version)
ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""

COUNTS = """
SELECT DISTINCT ON (service) service, version FROM held_rules
WHERE seen_at > clock_timestamp() - CAST(:gone AS interval) ORDER BY service, generation DESC
"""

LOOK_AFTER = f"""
WITH gone AS (
  UPDATE held_rules o SET looked_after = true FROM held_rules mine JOIN {HELD} USING (service, version)
  WHERE o.service = mine.service AND o.version <> mine.version AND NOT o.looked_after
    AND o.seen_at <= clock_timestamp() - CAST(:gone AS interval) RETURNING o.service, o.seen_at > mine.since AS beside
)
DELETE FROM rework r USING gone WHERE r.service = gone.service AND gone.beside
"""
"""Whoever held another version beside ours has recognised under it: once it is gone everybody is looked at again."""


class HeldRules:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def hold(self, mine: Mapping[str, str]) -> dict[str, str]:
        """Say that a living worker holds these versions; gives the version that counts of each service that any holds.

        Where ours counts, and another that was held beside it is gone by now, all people will be looked at again.
        """
        values = {"services": list(mine), "versions": list(mine.values()), "said": SAID_EVERY, "gone": GONE_AFTER}
        async with self._engine.begin() as connection:
            await connection.execute(text(SEEN), values)
            await connection.execute(text(NEW), values)
            found = await connection.execute(text(COUNTS), values)
            counts = {row.service: row.version for row in found}
            ours = {service: version for service, version in mine.items() if counts.get(service) == version}
            await connection.execute(
                text(LOOK_AFTER), {**values, "services": list(ours), "versions": list(ours.values())}
            )
            return counts
