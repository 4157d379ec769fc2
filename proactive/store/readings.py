"""The log of who was shown whose data. The pages can add to it; only citizens read it there, each their own lines."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.store.statement import text

ADD = text(
    "INSERT INTO reading (at, actor, office, dossier_id, dossiers, what, purpose) "
    "VALUES (:at, :actor, :office, :dossier_id, CAST(:dossiers AS uuid[]), :what, :purpose)"
)


class What(StrEnum):
    """What was shown."""

    DOSSIER = "dossier"
    """The page of one dossier, numbers masked."""
    NUMBERS = "numbers"
    """The whole personal id and phone number."""
    NOTICE = "notice"
    """What one message said, with the end of the number it went to."""
    DOCUMENT = "document"
    """A photo or file that the citizen added."""
    LIST = "list"
    """Names, and the ends of numbers, of several people."""
    SEARCH = "search"
    """The same, asked for by a name or number."""


async def add(
    connection: AsyncConnection,
    what: What,
    *,
    dossiers: Sequence[UUID],
    actor: str,
    office: str,
    purpose: str,
    now: datetime,
) -> None:
    """The same inside a transaction that is already open."""
    one = what in {What.DOSSIER, What.NUMBERS, What.NOTICE, What.DOCUMENT}
    values = {"dossier_id": dossiers[0] if one else None, "dossiers": None if one else list(dossiers)}
    await connection.execute(
        ADD, {**values, "at": now, "actor": actor, "office": office, "what": what, "purpose": purpose}
    )


class Readings:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(
        self, what: What, *, dossiers: Sequence[UUID], actor: str, office: str, purpose: str, now: datetime
    ) -> None:
        """Write down that an officer is shown these dossiers. Where this fails, nothing may be shown."""
        if dossiers:
            async with self._engine.begin() as connection:
                await add(connection, what, dossiers=dossiers, actor=actor, office=office, purpose=purpose, now=now)

    async def of_dossier(self, dossier_id: UUID) -> list[RowMapping]:
        """Who opened a dossier, oldest first: at, actor, office, what, purpose. Lists are not among them."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, actor, office, what, purpose FROM reading WHERE dossier_id = :id ORDER BY id"),
                {"id": dossier_id},
            )
            return list(rows.mappings())
