"""How one record stands: what is kept of it, what it is owed, and what became of that."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text


@dataclass(frozen=True)
class Stand:
    """An occasion of a record, and its dossier if there is one."""

    cycle: str
    due_on: date
    ends_on: date
    state: str
    version: str
    dossier: UUID | None
    dossier_state: str | None
    dossier_version: str | None


class Standing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def subject(self, register: str, key: str) -> str | None:
        """Whom a kept record is about; None where there is no such record (any more)."""
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(
                text("SELECT subject FROM record WHERE register = :register AND key = :key AND NOT deleted"),
                {"register": register, "key": key},
            )
            return found

    async def of(self, service: str, subject: str, key: str) -> list[Stand]:
        """The occasions of this record, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT o.cycle, o.due_on, o.ends_on, o.state, o.service_version, d.id, d.state, d.service_version "
                    "FROM occasion o LEFT JOIN dossier d ON d.occasion_id = o.id "
                    "WHERE o.service = :service AND o.subject = :subject AND o.record_key = :key ORDER BY o.due_on"
                ),
                {"service": service, "subject": subject, "key": key},
            )
            return [Stand(*row) for row in rows]
