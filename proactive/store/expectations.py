"""How many stored occasions fall due, counted by PostgreSQL where they are."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass(frozen=True)
class Due:
    """So many occasions on one day. `day` is None for those whose day came before; `unit` where offices go by it."""

    day: date | None
    unit: str | None
    occasions: int


DUE = """
SELECT CASE WHEN o.due_on >= :first THEN o.due_on END AS day, {unit} AS unit, count(*) AS occasions
FROM occasion o {join}
WHERE o.service = :service AND o.state = 'owed' AND o.due_on <= :last AND o.ends_on >= :first
GROUP BY 1, 2 ORDER BY 1, 2
"""

UNIT = """LEFT JOIN LATERAL (
  SELECT r.body ->> :column AS unit FROM record r
  WHERE r.subject = o.subject AND r.register = :register AND NOT r.deleted AND r.body ->> :column IS NOT NULL LIMIT 1
) u ON true"""


class Expectations:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(self, service: str, *, first: date, last: date, unit: tuple[str, str] | None = None) -> list[Due]:
        """What of a service is owed and not yet drafted, by day; with `unit` (register, column) by that unit too."""
        statement = DUE.format(unit="u.unit" if unit else "NULL::text", join=UNIT if unit else "")
        values: dict[str, object] = {"service": service, "first": first, "last": last}
        if unit is not None:
            values |= {"register": unit[0], "column": unit[1]}
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(statement), values)
            return [Due(day, code, int(number)) for day, code, number in rows]
