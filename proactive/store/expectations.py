"""How many stored occasions fall due, counted by PostgreSQL where they are."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


@dataclass(frozen=True)
class Due:
    """So many occasions on one day. `day` is None for those whose day came before; `unit` where offices go by it."""

    day: date | None
    unit: str | None
    occasions: int


class Expectations:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(self, service: str, *, first: date, last: date, unit: tuple[str, str] | None = None) -> list[Due]:
        """What of a service is owed and not yet drafted, of all offices, by day; with `unit` (register, column) by that
        unit too."""
        register, column = unit or (None, None)
        values = {"service": service, "first": first, "last": last, "register": register, "column": column}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM occasions_due(:service, :first, :last, :register, :column)"), values
            )
            return [Due(day, code, int(number)) for day, code, number in rows]
