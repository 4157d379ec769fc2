"""Connectors: who may push, of which registers, and which generations of their secret are good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.errors import Unusable
from proactive.store.statement import text


@dataclass(frozen=True)
class Connector:
    id: str
    name: str
    registers: tuple[str, ...]
    generation: int
    previous_until: datetime | None
    revoked_at: datetime | None
    told_with: Mapping[str, frozenset[str] | None]
    """Register -> the columns that were kept when all of it had been told; None: that has not happened."""

    def generations(self, now: datetime) -> list[int]:
        """The generations whose secret is good now, the newest first."""
        if self.revoked_at is not None:
            return []
        before = self.previous_until is not None and now < self.previous_until and self.generation > 1
        return [self.generation, self.generation - 1] if before else [self.generation]


class Connectors:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        """One statement needs no transaction, and this is asked at every request."""

    async def find(self, id: str) -> Connector | None:
        """One connector, read anew each time: a revocation counts at the next request."""
        async with self._looking.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT c.id, c.name, c.registers, c.generation, c.previous_until, c.revoked_at, "
                    "array(SELECT CASE WHEN p.caught_up_at IS NOT NULL THEN p.columns END "
                    "FROM unnest(c.registers) WITH ORDINALITY r(name, i) "
                    "LEFT JOIN watch_position p ON p.register = r.name ORDER BY r.i) AS columns "
                    "FROM connector c WHERE c.id = :id"
                ),
                {"id": id},
            )
            found = rows.one_or_none()
        if found is None:
            return None
        told = (None if columns is None else frozenset(columns.split(",")) for columns in found.columns)
        return Connector(
            found.id, found.name, tuple(found.registers), found.generation, found.previous_until, found.revoked_at,
            dict(zip(found.registers, told, strict=True)),
        )  # fmt: skip

    async def make(self, id: str, *, name: str, registers: Sequence[str], now: datetime) -> None:
        """A new one. Raises `Unusable` where the name is taken."""
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO connector (id, name, registers, generation, made_at) "
                        "VALUES (:id, :name, :registers, 1, :now)"
                    ),
                    {"id": id, "name": name, "registers": list(registers), "now": now},
                )
        except IntegrityError as error:
            raise Unusable(f"There is a connector called {name} already. Choose another name, or rotate it.") from error

    async def rotate(self, name: str, *, previous_until: datetime) -> tuple[str, int]:
        """Count its generation up; the one before is good until then. Gives id and generation. Raises `Unusable`."""
        return await self._change(
            name, "generation = generation + 1, previous_until = :moment", previous_until, and_="revoked_at IS NULL"
        )

    async def revoke(self, name: str, *, now: datetime) -> str:
        """From the next request on none of its secrets is good. Gives its id. Raises `Unusable`."""
        return (await self._change(name, "revoked_at = coalesce(revoked_at, :moment)", now))[0]

    async def _change(self, name: str, what: str, moment: datetime, *, and_: str = "true") -> tuple[str, int]:
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    f"UPDATE connector SET {what} WHERE (name = :name OR id = :name) AND {and_} "
                    "RETURNING id, generation"
                ),
                {"name": name, "moment": moment},
            )
            found = rows.one_or_none()
        if found is None:
            raise Unusable(f"There is no connector {name} that is not revoked. `proactive connector list` names them.")
        return str(found.id), int(found.generation)

    async def all(self) -> list[RowMapping]:
        """Every connector with its registers, when each was last heard of, and whether it was told to its end."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT c.id, c.name, c.generation, c.previous_until, c.made_at, c.revoked_at, r.name AS register, "
                    "h.heard_at, p.caught_up_at FROM connector c CROSS JOIN unnest(c.registers) r(name) "
                    "LEFT JOIN hearing h ON h.register = r.name LEFT JOIN watch_position p ON p.register = r.name "
                    "ORDER BY c.name, r.name"
                )
            )
            return list(rows.mappings())
