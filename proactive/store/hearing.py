"""Registers that tell us: when each was last heard of, and whether what we keep of it is all there is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.store.statement import text

HEARD = """
INSERT INTO hearing AS h (register, heard_at)
SELECT DISTINCT r, CAST(:now AS timestamptz) FROM unnest(CAST(:registers AS text[])) r
WHERE NOT EXISTS (SELECT FROM hearing o
                  WHERE o.register = r AND o.heard_at >= CAST(:now AS timestamptz) - interval '1 second')
ORDER BY 1
ON CONFLICT (register) DO UPDATE SET heard_at = greatest(h.heard_at, excluded.heard_at)
"""
"""To the second, and looked at before it is locked: requests must not wait for one another's row."""


@dataclass(frozen=True)
class Heard:
    """What is known of one register that tells us."""

    at: datetime | None
    """When something of it came last; None: never."""
    columns: frozenset[str] | None
    """The columns that were kept when everything had been told; None: it was never told to its end."""


class Hearing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def heard(self, registers: Collection[str], *, now: datetime) -> None:
        """Something came of these registers: a change, or word that there is none."""
        async with self._engine.begin() as connection:
            await heard_in(connection, registers, now=now)

    async def of(self, registers: Collection[str]) -> Mapping[str, Heard]:
        """For each of these registers, whatever is known."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT r, h.heard_at, CASE WHEN p.caught_up_at IS NOT NULL THEN p.columns END "
                    "FROM unnest(CAST(:registers AS text[])) r LEFT JOIN hearing h ON h.register = r "
                    "LEFT JOIN watch_position p ON p.register = r"
                ),
                {"registers": list(registers)},
            )
            return {
                register: Heard(at, None if columns is None else frozenset(columns.split(",")))
                for register, at, columns in rows
            }


async def heard_in(connection: AsyncConnection, registers: Collection[str], *, now: datetime) -> None:
    """The same inside a transaction that is already open; best as its last statement."""
    if registers:
        await connection.execute(text(HEARD), {"registers": list(registers), "now": now})
