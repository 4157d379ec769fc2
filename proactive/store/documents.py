"""Documents of dossiers, and which papers a register holds already so that nobody is asked for them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.document import Document
from proactive.domain.dossier import State
from proactive.store import sealed
from proactive.store.statement import text

COLUMNS = ", ".join(f'"{name}"' for name in Document.model_fields)
OVER = [str(state) for state in (State.CLOSED, State.REFUSED, State.MOOT, State.ENDED)]
"""States after which a document serves nothing any more."""

ADD = f"""
INSERT INTO document ({COLUMNS})
SELECT :id, d.id, :need, :hash, :kind, :size, :pages, :added_at, :added_by FROM dossier d
WHERE d.id = :dossier_id AND d.version = :version AND d.state = ANY(:open)
  AND (SELECT count(*) FROM document o WHERE o.dossier_id = d.id) < :most
ON CONFLICT (dossier_id, need, hash) DO NOTHING
"""


class Documents:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(
        self, document: Document, content: bytes, *, version: int, open_in: Collection[State], most: int
    ) -> bool:
        """Keep a document of a dossier that is still as it was seen and open for it; the same one twice is kept once.
        False: the dossier has moved on, or has `most` documents already."""
        values = {
            **document.model_dump(), "version": version, "open": [str(state) for state in open_in], "most": most,
        }  # fmt: skip
        async with self._engine.begin() as connection:
            # Two at once must not both be the last one that fits.
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))"), {"id": str(document.dossier_id)}
            )
            if (await connection.execute(text(ADD), values)).rowcount == 1:
                await connection.execute(
                    text("INSERT INTO document_content (document_id, content) VALUES (:id, :content)"),
                    {"id": document.id, "content": sealed.bytes_in(connection, content, "document", document.id)},
                )
                return True
            there = text("SELECT 1 FROM document WHERE dossier_id = :dossier_id AND need = :need AND hash = :hash")
            return bool(await connection.scalar(there, values))

    async def of(self, dossier_id: UUID) -> list[Document]:
        """In the order in which they were added."""
        return (await self.of_each([dossier_id]))[dossier_id]

    async def of_each(self, dossier_ids: Sequence[UUID]) -> dict[UUID, list[Document]]:
        """The same of many dossiers."""
        found: dict[UUID, list[Document]] = {dossier_id: [] for dossier_id in dossier_ids}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {COLUMNS} FROM document WHERE dossier_id = ANY(:ids) ORDER BY added_at, id"),
                {"ids": list(dossier_ids)},
            )
            for row in rows.mappings():
                document = Document.model_validate(dict(row))
                found[document.dossier_id].append(document)
        return found

    async def content(self, dossier_id: UUID, document_id: UUID) -> tuple[Document, bytes] | None:
        """One document of this dossier with what is in it."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {COLUMNS}, c.content FROM document o JOIN document_content c ON c.document_id = o.id "
                    "WHERE o.id = :id AND o.dossier_id = :dossier"
                ),
                {"id": document_id, "dossier": dossier_id},
            )
            row = rows.mappings().first()
            if row is None:
                return None
            kept = sealed.bytes_out(connection, row["content"], "document", document_id)
            return Document.model_validate({n: row[n] for n in Document.model_fields}), kept

    async def drop(self, dossier_id: UUID, document_id: UUID, *, open_in: Collection[State]) -> bool:
        """Take a document back, while the dossier is open for it."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                text(
                    "DELETE FROM document o USING dossier d WHERE o.id = :id AND o.dossier_id = :dossier "
                    "AND d.id = o.dossier_id AND d.state = ANY(:open)"
                ),
                {"id": document_id, "dossier": dossier_id, "open": [str(state) for state in open_in]},
            )
            return gone.rowcount == 1

    async def tidy(self, *, before: datetime) -> int:
        """Forget the documents of dossiers that were over before this moment; gives how many."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                text(
                    "DELETE FROM document o USING dossier d "
                    "WHERE d.id = o.dossier_id AND d.state = ANY(:over) AND d.since < :before"
                ),
                {"over": OVER, "before": before},
            )
            return gone.rowcount

    async def told_on(self, subject: str, registers: Collection[str]) -> dict[str, datetime]:
        """When each of these registers last told us of this person; those that have nothing are left out."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT register, max(kept_at) FROM record "
                    "WHERE subject = :subject AND register = ANY(:registers) AND NOT deleted GROUP BY register"
                ),
                {"subject": subject, "registers": list(registers)},
            )
            return {str(register): at for register, at in rows}
