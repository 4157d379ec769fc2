"""The audit log's unsealed leaves, and the seals. The leaves themselves are written by the database's triggers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.audit import START, Checkpoint, Leaf, chained
from proactive.store.statement import text

ONE_SEALER = 4_041_908
"""Key of the advisory lock under which leaves are numbered: two sealers would give one number twice."""


class Audit:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def seal(self, sign: Callable[[int, bytes], Checkpoint], *, limit: int) -> Checkpoint | None:
        """Number, chain and sign the oldest unsealed leaves in one transaction; None where there are none.

        Whoever finds another sealer at work leaves it to that one.
        """
        async with self._alone() as connection:
            if connection is None:
                return None
            leaves = await _unsealed(connection, limit)
            if not leaves:
                return None
            end = await _newest(connection)
            last, before = (end.upto, end.chain) if end else (0, START)
            links = list(chained(before, last, leaves))
            await connection.execute(
                text(
                    "UPDATE audit_leaf l SET number = s.number, chain = s.chain "
                    "FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS bigint[]), CAST(:chains AS bytea[])) "
                    "AS s (id, number, chain) WHERE l.id = s.id"
                ),
                {
                    "ids": [leaf.id for leaf in leaves],
                    "numbers": [number for number, _ in links],
                    "chains": [chain for _, chain in links],
                },
            )
            made = sign(*links[-1])
            await connection.execute(
                text(
                    "INSERT INTO audit_seal (upto, chain, at, key, signature) "
                    "VALUES (:upto, :chain, :at, :key, :signature)"
                ),
                made.model_dump(),
            )
            return made

    async def newest(self) -> Checkpoint | None:
        """The last seal."""
        async with self._engine.connect() as connection:
            return await _newest(connection)

    async def checkpoints(self, *, after: int, limit: int = 1000) -> Sequence[Checkpoint]:
        """The seals after this leaf number, in order."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT upto, chain, at, key, signature FROM audit_seal WHERE upto > :after "
                    "ORDER BY upto LIMIT :limit"
                ),
                {"after": after, "limit": limit},
            )
            return [Checkpoint.model_validate(dict(row)) for row in rows.mappings()]

    async def chain_at(self, number: int) -> bytes | None:
        """The chain's value after this leaf; None where the log is not so long."""
        async with self._engine.connect() as connection:
            found: bytes | None = await connection.scalar(
                text("SELECT chain FROM audit_leaf WHERE number = :number"), {"number": number}
            )
            return found

    async def unsealed_for(self) -> timedelta:
        """How long the oldest unsealed leaf has been waiting, by the database's own clock, as leaves are dated."""
        async with self._engine.connect() as connection:
            waited: timedelta | None = await connection.scalar(
                text("SELECT clock_timestamp() - at FROM audit_leaf WHERE number IS NULL ORDER BY id LIMIT 1")
            )
            return max(waited or timedelta(), timedelta())

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection | None]:
        async with self._engine.begin() as connection:
            mine = await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ONE_SEALER})
            yield connection if mine else None


async def _unsealed(connection: AsyncConnection, limit: int) -> list[Leaf]:
    rows = await connection.execute(
        text(
            "SELECT id, at, actor, role, place, verb, row_key, digest FROM audit_leaf "
            "WHERE number IS NULL ORDER BY id LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [Leaf.model_validate(dict(row)) for row in rows.mappings()]


async def _newest(connection: AsyncConnection) -> Checkpoint | None:
    rows = await connection.execute(
        text("SELECT upto, chain, at, key, signature FROM audit_seal ORDER BY upto DESC LIMIT 1")
    )
    return next((Checkpoint.model_validate(dict(row)) for row in rows.mappings()), None)
