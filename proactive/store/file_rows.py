"""The rows of a file: put down as they are read, shown, told, and settled; what becomes of each says the weighing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.change import Change, Op
from proactive.domain.files import Listing, OfficeFile
from proactive.store.files import note
from proactive.store.hearing import heard_in
from proactive.store.hidden import document_out, pseudonyms_of
from proactive.store.statement import text

TOLD = "fate IN ('new', 'changed', 'vanishes')"


@dataclass(frozen=True)
class NewRow:
    """A row as it was read. `problems` is None where nothing is wrong with it."""

    line: int
    key: str
    subject: str
    version: int
    deleted: bool
    row: str
    body: str
    cells: Sequence[object]
    problems: Sequence[Mapping[str, str]] | None


@dataclass(frozen=True)
class Shown:
    """A row for the preview: as it is kept now and as the file has it."""

    line: int
    key: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    line: int
    cells: Sequence[Any]
    problems: Sequence[Mapping[str, str]]


class OfficeFileRows:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def begin(self, file_id: UUID) -> None:
        """From the first row: whoever read it before has died in the middle."""
        async with self._engine.begin() as connection:
            await connection.execute(text("DELETE FROM office_file_row WHERE file_id = :id"), {"id": file_id})

    async def put(self, file_id: UUID, rows: Sequence[NewRow]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO office_file_row (file_id, line, key, subject, version, deleted, row, body, cells, "
                    "problems, done) SELECT :id, x.line, x.key, x.subject, x.version, x.deleted, x.row, x.body, "
                    "x.cells, x.problems, false FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(line int, key text, "
                    "subject text, version bigint, deleted boolean, row text, body text, cells jsonb, problems jsonb)"
                ),
                {"id": file_id, "rows": msgspec.json.encode(rows).decode()},
            )

    async def changed(self, file: OfficeFile, *, limit: int) -> list[Shown]:
        """The first rows that change a record, with what is kept now."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT n.line, n.key, CAST(r.body AS text), n.body FROM office_file_row n JOIN record r "
                    "ON r.register = :register AND r.key = n.key WHERE n.file_id = :id AND n.fate = 'changed' "
                    "ORDER BY n.line LIMIT :limit"
                ),
                {"id": file.id, "register": file.register_name, "limit": limit},
            )
            return [Shown(line, self._pseudonyms.shown(key), self._read(b), self._read(a)) for line, key, b, a in rows]

    def _read(self, body: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = document_out(self._pseudonyms, msgspec.json.decode(body))
        return found

    async def refused(self, file_id: UUID, *, after: int = 0, limit: int) -> list[RefusedRow]:
        """Refused rows, in the order of the file."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT line, cells, problems FROM office_file_row WHERE file_id = :id AND fate = 'refused' "
                    "AND line > :after ORDER BY line LIMIT :limit"
                ),
                {"id": file_id, "after": after, "limit": limit},
            )
            return [RefusedRow(line, cells, problems) for line, cells, problems in rows]

    async def untold(self, file: OfficeFile, *, now: datetime, patience: timedelta, limit: int) -> list[Change]:
        """Rows to be told (again); nobody else gets them before `patience` is over."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    f"WITH c AS (SELECT line FROM office_file_row WHERE file_id = :id AND NOT done AND {TOLD} AND "
                    "(told_at IS NULL OR told_at <= CAST(:now AS timestamptz) - CAST(:patience AS interval)) "
                    "ORDER BY line LIMIT :limit FOR UPDATE SKIP LOCKED) UPDATE office_file_row n SET told_at = :now "
                    "FROM c WHERE n.file_id = :id AND n.line = c.line "
                    "RETURNING n.key, n.subject, n.version, n.deleted, n.row"
                ),
                {"id": file.id, "now": now, "patience": patience, "limit": limit},
            )
            opened = self._pseudonyms.shown
            return [
                Change(
                    register=file.register_name, key=opened(key), subject=opened(subject), version=version,
                    op=Op.DELETE if deleted else Op.UPSERT, record=msgspec.Raw(row.encode()),
                )
                for key, subject, version, deleted, row in rows
            ]  # fmt: skip

    async def settle(self, file: OfficeFile, *, columns: str, now: datetime) -> bool:
        """Mark what was kept or rejected since; True: that was the last of it, and the file is applied."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "WITH d AS (UPDATE office_file_row n SET done = true WHERE n.file_id = :id AND NOT n.done "
                    f"AND {TOLD} AND n.told_at IS NOT NULL AND (EXISTS (SELECT FROM record r "
                    "WHERE r.register = :register AND r.key = n.key AND r.version >= n.version) "
                    "OR EXISTS (SELECT FROM rejected_change x WHERE "
                    "x.register = :register AND x.key = n.key AND x.version = n.version)) RETURNING 1) "
                    "UPDATE office_file SET progress = progress + (SELECT count(*) FROM d) WHERE id = :id"
                ),
                {"id": file.id, "register": file.register_name},
            )
            left = await connection.scalar(
                text(f"SELECT EXISTS (SELECT FROM office_file_row WHERE file_id = :id AND NOT done AND {TOLD})"),
                {"id": file.id},
            )
            if not left:
                await _applied(connection, file, columns=columns, now=now)
        return not left

    async def tidy(self, *, before: datetime) -> int:
        """Forget the refused rows of files that were settled before this moment."""
        async with self._engine.begin() as connection:
            gone = await connection.execute(
                text(
                    "DELETE FROM office_file_row n USING office_file f WHERE f.id = n.file_id "
                    "AND f.settled_at < :before"
                ),
                {"before": before},
            )
            return int(gone.rowcount)


async def _applied(connection: AsyncConnection, file: OfficeFile, *, columns: str, now: datetime) -> None:
    moved = await connection.scalar(
        text(
            "UPDATE office_file SET state = 'applied', settled_at = :now, content = NULL WHERE id = :id "
            "AND state = 'applying' AND weighed RETURNING 1"
        ),
        {"id": file.id, "now": now},
    )
    if not moved:
        return
    await connection.execute(
        text("DELETE FROM office_file_row WHERE file_id = :id AND fate <> 'refused'"), {"id": file.id}
    )
    await note(connection, file.id, actor="system", verb="applied", now=now)
    if file.listing is Listing.FULL:
        await connection.execute(
            text(
                "INSERT INTO watch_position (register, mark, key, read_at, columns, caught_up_at) "
                "VALUES (:register, '', '', :now, :columns, :now) ON CONFLICT (register) DO UPDATE "
                "SET caught_up_at = coalesce(watch_position.caught_up_at, excluded.caught_up_at), "
                "columns = excluded.columns"
            ),
            {"register": file.register_name, "columns": columns, "now": now},
        )
    await heard_in(connection, [file.register_name], now=now)
