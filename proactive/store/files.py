"""Files of offices: kept when they come, read and applied by whichever worker takes them, one register in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.files import FileState, OfficeFile
from proactive.domain.rejected import Deed
from proactive.store.statement import text

FIELDS = ", ".join(
    "f.register AS register_name" if name == "register_name" else f'f."{name}"' for name in OfficeFile.model_fields
)
LEASE = timedelta(seconds=60)
"""How long a file belongs to the worker that has taken it, since it last said how far it is."""


class OfficeFiles:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def receive(
        self, file: OfficeFile, content: bytes, *, digest: str, unasked: bool, now: datetime, ours: bool = False
    ) -> OfficeFile:
        """Keep a file; its stamp becomes later than that of every file before it.

        `unasked`: it may be applied without anybody saying so; `ours`: whoever sends it reads it, and no worker.
        """
        row = file.model_dump(mode="json") | {
            "id": file.id, "content": content, "hash": digest, "unasked": unasked, "now": now,
            "until": now + LEASE if ours else now,
        }  # fmt: skip
        async with self._engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('office_file'))"))
            await connection.execute(
                text(
                    'INSERT INTO office_file (id, register, name, kind, delimiter, listing, state, origin, "by", '
                    "stamp, hash, content, unasked, heading, unused, notes, counts, columns, agreed, weighed, "
                    "kept_before, progress, total, lease_until, received_at) "
                    "SELECT :id, :register_name, :name, '', '', :listing, 'received', "
                    ":origin, :by, greatest(:stamp, coalesce(max(stamp), 0) + 1), :hash, :content, "
                    ":unasked, '[]', '[]', '[]', '{}', '{}', 0, false, 0, 0, 0, :until, :now FROM office_file"
                ),
                row,
            )
            await note(connection, file.id, actor=file.by, verb="receive", now=now)
        found = await self.get(file.id)
        assert found is not None
        return found

    async def get(self, file_id: UUID) -> OfficeFile | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM office_file f WHERE id = :id"), {"id": file_id})
            row = rows.mappings().first()
            return _read(row) if row else None

    async def newest(self, *, limit: int, offset: int = 0) -> tuple[list[OfficeFile], int]:
        """The newest files, and how many there are."""
        async with self._engine.connect() as connection:
            total = await connection.scalar(text("SELECT count(*) FROM office_file"))
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM office_file f ORDER BY stamp DESC LIMIT :limit OFFSET :offset"),
                {"limit": limit, "offset": offset},
            )
            return [_read(row) for row in rows.mappings()], int(total or 0)

    async def open_one(self, register: str, digest: str) -> OfficeFile | None:
        """A file of this register with this content that nobody has finished with."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {FIELDS} FROM office_file f WHERE register = :register AND hash = :hash "
                    "AND state IN ('received', 'previewed', 'applying') ORDER BY stamp LIMIT 1"
                ),
                {"register": register, "hash": digest},
            )
            row = rows.mappings().first()
            return _read(row) if row else None

    async def history(self, file_id: UUID) -> list[Deed]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, actor, verb, note FROM office_file_history WHERE file_id = :id ORDER BY id"),
                {"id": file_id},
            )
            return [Deed.model_validate(dict(row)) for row in rows.mappings()]

    async def looked(self, file_id: UUID, *, actor: str, now: datetime) -> None:
        """Write down that somebody took the refused rows."""
        async with self._engine.begin() as connection:
            await note(connection, file_id, actor=actor, verb="take_errors", now=now)

    async def decide(self, file_id: UUID, *, apply: bool, agreed: int = 0, actor: str, now: datetime) -> bool:
        """Say what becomes of a file that was shown; False where somebody has said so before."""
        state = FileState.APPLYING if apply else FileState.THROWN_AWAY
        async with self._engine.begin() as connection:
            moved = await connection.scalar(
                text(
                    "UPDATE office_file SET state = :state, agreed = :agreed, weighed = false, progress = 0, "
                    "held = NULL, lease_until = :now, settled_at = CASE WHEN :apply THEN NULL ELSE "
                    "CAST(:now AS timestamptz) END, content = CASE WHEN :apply THEN content END "
                    "WHERE id = :id AND state = 'previewed' RETURNING 1"
                ),
                {"id": file_id, "state": str(state), "agreed": agreed, "apply": apply, "now": now},
            )
            if moved:
                await note(connection, file_id, actor=actor, verb="apply" if apply else "throw_away", now=now)
            if moved and not apply:
                await connection.execute(text("DELETE FROM office_file_row WHERE file_id = :id"), {"id": file_id})
            return bool(moved)

    # --- for the steps

    async def claim(self, state: FileState, *, now: datetime) -> tuple[OfficeFile, bytes, bool] | None:
        """The oldest file in this state that nobody has, with its content and whether it may be applied unasked."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "WITH c AS (SELECT id FROM office_file WHERE state = :state AND lease_until <= :now "
                    "ORDER BY stamp LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE office_file f SET lease_until = :until "
                    f"FROM c WHERE f.id = c.id RETURNING {FIELDS}, f.content, f.unasked"
                ),
                {"state": str(state), "now": now, "until": now + LEASE},
            )
            row = rows.mappings().first()
            if row is None:
                return None
            plain = {name: value for name, value in row.items() if name not in ("content", "unasked")}
            return _read(plain), row["content"] or b"", row["unasked"]

    async def applying(self) -> list[OfficeFile]:
        """Of each register the oldest file that is to be applied: files of one register go in their order."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT DISTINCT ON (f.register) {FIELDS} FROM office_file f WHERE f.state = 'applying' "
                    "ORDER BY f.register, f.stamp"
                )
            )
            return [_read(row) for row in rows.mappings()]

    async def weighed(self, file_id: UUID) -> bool:
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(text("SELECT weighed FROM office_file WHERE id = :i"), {"i": file_id}))

    async def progressed(self, file_id: UUID, *, progress: int, now: datetime) -> None:
        """How far the reading is; the file stays ours for a while."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("UPDATE office_file SET progress = :progress, lease_until = :until WHERE id = :id"),
                {"id": file_id, "progress": progress, "until": now + LEASE},
            )

    async def refuse(self, file_id: UUID, *, why: str, mend: str, now: datetime) -> None:
        """It cannot be used at all."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM office_file_row WHERE file_id = :id"), {"id": file_id})
            await connection.execute(
                text(
                    "UPDATE office_file SET state = 'refused', why = CAST(:why AS jsonb), content = NULL, "
                    "settled_at = :now WHERE id = :id"
                ),
                {"id": file_id, "why": _json({"why": why, "mend": mend}), "now": now},
            )
            await note(connection, file_id, actor="system", verb="refuse", now=now)


async def note(
    connection: AsyncConnection, file_id: UUID, *, actor: str, verb: str, now: datetime, said: str | None = None
) -> None:
    """A line of a file's history."""
    await connection.execute(
        text(
            "INSERT INTO office_file_history (file_id, at, actor, verb, note) VALUES (:id, :now, :actor, :verb, :note)"
        ),
        {"id": file_id, "now": now, "actor": actor, "verb": verb, "note": said},
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _read(row: RowMapping | Mapping[str, Any]) -> OfficeFile:
    return OfficeFile.model_validate(dict(row))


__all__: Sequence[str] = ("LEASE", "OfficeFiles", "note")
