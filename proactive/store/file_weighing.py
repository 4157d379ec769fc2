"""A file's rows weighed against the records: what is new, changed, refused, or gone.

One statement a question over the whole file, so memory does not grow with it, and the preview and the application are
the same statements: what a person was shown is what is done, as long as no record has changed between.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.files import Fate, FileState, Listing, OfficeFile, suspicious
from proactive.store.files import note
from proactive.store.statement import text

DOUBLED = """
WITH d AS (
  SELECT key, min(line) AS first, count(DISTINCT row) AS kinds FROM office_file_row
  WHERE file_id = :id AND line > 0 AND problems IS NULL GROUP BY key HAVING count(*) > 1
)
UPDATE office_file_row n SET
  problems = CASE WHEN d.kinds > 1 THEN CAST(:problem AS jsonb) END,
  fate = CASE WHEN d.kinds = 1 THEN 'doubled' END
FROM d WHERE n.file_id = :id AND n.line > 0 AND n.problems IS NULL AND n.key = d.key
  AND (d.kinds > 1 OR n.line > d.first)
"""

WEIGH = """
UPDATE office_file_row n SET fate = CASE
  WHEN n.problems IS NOT NULL THEN 'refused'
  WHEN n.deleted THEN CASE WHEN r.key IS NULL OR r.deleted THEN 'unchanged' WHEN r.version >= n.version THEN 'older'
    ELSE 'vanishes' END
  WHEN r.key IS NULL THEN 'new'
  WHEN r.deleted THEN CASE WHEN r.version >= n.version THEN 'older' ELSE 'new' END
  WHEN r.subject = n.subject AND r.body::jsonb - CAST(:updated AS text) = n.body::jsonb - CAST(:updated AS text)
    THEN 'unchanged'
  WHEN r.version >= n.version THEN 'older'
  ELSE 'changed' END
FROM office_file_row m LEFT JOIN record r ON r.register = :register AND r.key = m.key
WHERE m.file_id = :id AND m.line > 0 AND n.file_id = :id AND n.line = m.line AND n.fate IS DISTINCT FROM 'doubled'
"""

VANISHING = """
INSERT INTO office_file_row (file_id, line, key, subject, version, deleted, row, body, cells, fate, done)
SELECT :id, -row_number() OVER (ORDER BY r.key), r.key, r.subject, :stamp, true, '{}', '{}', '[]', 'vanishes', false
FROM record r WHERE r.register = :register AND NOT r.deleted AND r.version < :stamp
  AND NOT EXISTS (SELECT FROM office_file_row n WHERE n.file_id = :id AND n.line > 0 AND n.key = r.key)
"""

CHANGED_COLUMNS = """
SELECT b.key, count(*) FROM office_file_row n JOIN record r ON r.register = :register AND r.key = n.key
CROSS JOIN LATERAL (
  SELECT coalesce(x.key, y.key) AS key FROM jsonb_each(r.body::jsonb) x FULL JOIN jsonb_each(n.body::jsonb) y
    ON x.key = y.key WHERE x.value IS DISTINCT FROM y.value) b
WHERE n.file_id = :id AND n.fate = 'changed' AND b.key <> :updated GROUP BY 1
"""


class OfficeFileWeighing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def show(self, file: OfficeFile, *, updated: str, key: str, unasked: bool, now: datetime) -> FileState:
        """Everything is read: weigh it, and let it be looked at, or go on where nobody needs to be asked."""
        doubled = [{"where": key, "why": DOUBLED_WHY, "mend": "Keep the line that is right."}]
        async with self._engine.begin() as connection:
            await connection.execute(text(DOUBLED), {"id": file.id, "problem": msgspec.json.encode(doubled).decode()})
            weighed, held = await _weigh(connection, file, updated=updated)
            state = FileState.APPLYING if unasked and held is None else FileState.PREVIEWED
            await connection.execute(
                text(
                    'UPDATE office_file SET state = :state, kind = :kind, delimiter = :delimiter, heading = '
                    "CAST(:heading AS jsonb), unused = CAST(:unused AS jsonb), notes = CAST(:notes AS jsonb), "
                    "counts = CAST(:counts AS jsonb), columns = CAST(:columns AS jsonb), kept_before = :kept_before, "
                    "held = :held, weighed = false, progress = 0, total = :total, lease_until = :now WHERE id = :id"
                ),
                {
                    "id": file.id, "state": str(state), "kind": file.kind, "delimiter": file.delimiter, "held": held,
                    "now": now, "total": weighed.total, "kept_before": weighed.kept_before,
                    **{
                        name: msgspec.json.encode(value).decode()
                        for name, value in weighed.model_dump(
                            mode="json", include={"heading", "unused", "notes", "counts", "columns"}
                        ).items()
                    },
                },
            )  # fmt: skip
            await note(connection, file.id, actor="system", verb="read", now=now)
        return state

    async def weigh_again(self, file: OfficeFile, *, updated: str, agreed: int, now: datetime) -> bool:
        """Just before it is told: as the records are now. False: more would vanish than was agreed to."""
        async with self._engine.begin() as connection:
            weighed, held = await _weigh(connection, file, updated=updated)
            stopped = held is not None and weighed.number(Fate.VANISHES) > agreed
            await connection.execute(
                text(
                    "UPDATE office_file SET counts = CAST(:counts AS jsonb), columns = CAST(:columns AS jsonb), "
                    "kept_before = :kept_before, total = :total, weighed = :weighed, held = :held, "
                    "state = CASE WHEN :weighed THEN state ELSE 'previewed' END WHERE id = :id AND state = 'applying'"
                ),
                {
                    "id": file.id, "counts": msgspec.json.encode(weighed.counts).decode(), "kept_before":
                    weighed.kept_before, "columns": msgspec.json.encode(weighed.columns).decode(),
                    "total": weighed.moves, "weighed": not stopped, "held": held if stopped else None,
                },
            )  # fmt: skip
            if stopped:
                await note(connection, file.id, actor="system", verb="stop", now=now, said=held)
        return not stopped

    async def agreed(self, file_id: UUID) -> int:
        async with self._engine.connect() as connection:
            found = await connection.scalar(text("SELECT agreed FROM office_file WHERE id = :id"), {"id": file_id})
            return int(found or 0)


DOUBLED_WHY = "Its key stands on another line too, with other values."


async def _weigh(connection: AsyncConnection, file: OfficeFile, *, updated: str) -> tuple[OfficeFile, str | None]:
    """Compare every row with the records of now; what a person should know, and why it must be asked about."""
    values = {"id": file.id, "register": file.register_name, "updated": updated, "stamp": file.stamp}
    await connection.execute(text("DELETE FROM office_file_row WHERE file_id = :id AND line < 0"), values)
    await connection.execute(text(WEIGH), values)
    kept = int(
        await connection.scalar(text("SELECT count(*) FROM record WHERE register = :register AND NOT deleted"), values)
        or 0
    )
    held = None
    if file.listing is Listing.FULL:
        nameless = await connection.scalar(
            text("SELECT EXISTS (SELECT FROM office_file_row WHERE file_id = :id AND fate = 'refused' AND key = '')"),
            values,
        )
        if nameless:
            held = "nameless"
        else:
            await connection.execute(text(VANISHING), values)
    counts = await connection.execute(
        text("SELECT fate, count(*) FROM office_file_row WHERE file_id = :id GROUP BY 1"), values
    )
    found = {Fate(fate): int(number) for fate, number in counts}
    columns = await connection.execute(text(CHANGED_COLUMNS), values)
    if suspicious(found.get(Fate.VANISHES, 0), kept):
        held = "vanishing"
    weighed = file.model_copy(
        update={
            "counts": found, "columns": {name: int(number) for name, number in columns}, "kept_before": kept,
            "total": sum(number for fate, number in found.items() if fate is not Fate.VANISHES),
        }
    )  # fmt: skip
    return weighed, held
