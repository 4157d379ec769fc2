"""What was published of each service: contents that never change, and the days from which they are in force."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.base import Value
from proactive.store import bulk
from proactive.store.statement import text
from proactive.store.tables import versions as versions_tables


class Published(Value):
    """One publication. `version` names the contents: the same contents have the same name; none: withdrawn."""

    name: str
    version: str
    active_from: date
    published_at: datetime
    published_by: str

    @property
    def withdrawn(self) -> bool:
        """From its day on nobody new is told; dossiers that run go on."""
        return not self.version


def in_force(published: Iterable[Published], name: str, day: date) -> Published | None:
    """What is in force of a service on a day: the latest to begin, and of two for one day the one published later."""
    begun = [one for one in published if one.name == name and one.active_from <= day]
    return max(begun, key=lambda one: (one.active_from, one.published_at), default=None)


class PublishedVersions:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self) -> datetime | None:
        """When something was published last; costs next to nothing to ask."""
        async with self._engine.connect() as connection:
            found: datetime | None = await connection.scalar(text("SELECT max(published_at) FROM service_version"))
            return found

    async def all(self) -> list[Published]:
        """All publications, oldest first, without their contents."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT name, version, active_from, published_at, published_by FROM service_version "
                    "ORDER BY published_at, name"
                )
            )
            return [Published.model_validate(dict(row)) for row in rows.mappings()]

    async def body(self, name: str, version: str) -> Mapping[str, str] | None:
        """The files of a version: path and text."""
        async with self._engine.connect() as connection:
            found: Mapping[str, str] | None = await connection.scalar(
                text("SELECT body FROM service_version WHERE name = :name AND version = :version LIMIT 1"),
                {"name": name, "version": version},
            )
            return found

    async def add(self, published: Published, body: Mapping[str, str]) -> None:
        """Freeze these contents."""
        async with self._engine.begin() as connection:
            await bulk.insert(connection, versions_tables.ServiceVersion, [bulk.row(published, body=dict(body))])
