"""Who gave an answer, for whom, and how it was known who they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.acting import Acting
from proactive.domain.base import Value
from proactive.store.hidden import document_out, pseudonyms_of
from proactive.store.statement import text


class Answered(Value):
    at: datetime
    answer: str
    acting: Acting


class Acted:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def of(self, dossier_id: UUID) -> list[Answered]:
        """The answers of a dossier, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, answer, acting FROM acted WHERE dossier_id = :id ORDER BY id"), {"id": dossier_id}
            )
            found = [{**row, "acting": document_out(self._pseudonyms, row["acting"])} for row in rows.mappings()]
            return [Answered.model_validate(one) for one in found]
