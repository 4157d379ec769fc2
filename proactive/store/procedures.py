"""The catalogue of procedures: every version that was ever proposed, and the one that is published."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.base import Value
from proactive.domain.procedure import Entry, Signed, Stage
from proactive.store.statement import text

FIELDS = ", ".join(f'p."{name}"' for name in Entry.model_fields)
LINE = (
    'INSERT INTO procedure_line (code, version, stage, at, "by", office, document) '
    "VALUES (:code, :version, :stage, :at, :by, :office, :document)"
)
PUBLISHED = text("SELECT version, body::text AS body FROM procedure WHERE code = :code AND stage = 'published'")


LIVES = text(
    "SELECT p.code, p.version, p.body->>'field' AS field, p.body->>'authority' AS authority, "
    "(p.body->>'boundary_free')::boolean AS boundary_free, coalesce((p.body->>'sample')::boolean, false) AS sample, "
    "p.body->'received_at' AS received_at, l.steps FROM procedure p JOIN LATERAL ("
    "SELECT jsonb_agg(jsonb_build_array(stage, at) ORDER BY id) AS steps FROM procedure_line l "
    "WHERE l.code = p.code AND l.version = p.version) l ON l.steps IS NOT NULL ORDER BY p.code, p.version"
)


class Life(Value):
    """One version of a procedure, as far as progress is counted, and when it came to each of its stages."""

    code: str
    version: int
    field: str
    authority: str
    boundary_free: bool
    sample: bool
    received_at: tuple[str, ...]
    steps: tuple[tuple[Stage, datetime], ...]

    def in_force(self, moment: datetime) -> bool:
        """Whether it was published just before this moment."""
        before = [stage for stage, at in self.steps if at < moment]
        return bool(before) and before[-1] is Stage.PUBLISHED


class Procedures:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def propose(self, code: str, body: dict[str, Any], signed: Signed) -> Entry | None:
        """Keep another version as a proposal; None where the newest living version says the same."""
        async with self._engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:c))"), {"c": f"procedure:{code}"})
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM procedure p WHERE code = :code ORDER BY version DESC"), {"code": code}
            )
            versions = [_read(row) for row in rows.mappings()]
            living = next((one for one in versions if one.stage is not Stage.WITHDRAWN), None)
            if living is not None and living.body == body:
                return None
            entry = Entry(
                code=code, version=(versions[0].version if versions else 0) + 1, stage=Stage.PROPOSED, body=body,
                proposed_by=signed.by, changed_at=signed.at,
            )  # fmt: skip
            await connection.execute(
                text(
                    "INSERT INTO procedure (code, version, stage, body, proposed_by, changed_at) "
                    "VALUES (:code, :version, :stage, CAST(:body AS jsonb), :proposed_by, :changed_at)"
                ),
                {**entry.model_dump(), "body": msgspec.json.encode(body).decode()},
            )
            await _line(connection, entry, signed)
            return entry

    async def keep(self, before: Entry, after: Entry, signed: Signed) -> bool:
        """Store a step that was taken, unless somebody else took one first. What is published takes the place of the
        version before it, which is withdrawn by the same document."""
        async with self._engine.begin() as connection:
            at = {"code": after.code, "version": after.version, "at": signed.at}
            held = await connection.scalar(
                text("SELECT stage FROM procedure WHERE code = :code AND version = :version FOR UPDATE"), at
            )
            if held != before.stage:
                return False
            if after.stage is Stage.PUBLISHED:
                rows = await connection.execute(
                    text(
                        "UPDATE procedure p SET stage = 'withdrawn', changed_at = :at "
                        f"WHERE code = :code AND version <> :version AND stage = 'published' RETURNING {FIELDS}"
                    ),
                    at,
                )
                for row in rows.mappings():
                    await _line(connection, _read(row), signed)
            await connection.execute(
                text("UPDATE procedure SET stage = :stage, changed_at = :at WHERE code = :code AND version = :version"),
                {**at, "stage": after.stage},
            )
            await _line(connection, after, signed)
            return True

    async def get(self, code: str, version: int | None = None) -> Entry | None:
        """This version; without one the newest."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {FIELDS} FROM procedure p WHERE code = :code "
                    "AND (CAST(:version AS int) IS NULL OR version = :version) ORDER BY version DESC LIMIT 1"
                ),
                {"code": code, "version": version},
            )
            row = rows.mappings().first()
            return _read(row) if row else None

    async def published(self, code: str) -> tuple[int, str] | None:
        """The version that is published, and what it says as text: who has read it before need not read it again."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(PUBLISHED, {"code": code})).first()
            return (row[0], row[1]) if row else None

    async def all(self, stage: Stage | None = None) -> list[Entry]:
        """Every version in this stage, or the newest of each procedure whatever its stage; by code."""
        where = "WHERE stage = :stage" if stage is not None else ""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT DISTINCT ON (code) {FIELDS} FROM procedure p {where} ORDER BY code, version DESC"),
                {"stage": stage} if stage is not None else {},
            )
            return [_read(row) for row in rows.mappings()]

    async def lives(self) -> list[Life]:
        """Every version with its steps, as far as the plan's progress is counted from them."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(LIVES)
            return [Life.model_validate(dict(row)) for row in rows.mappings()]

    async def history(self, code: str) -> Sequence[RowMapping]:
        """Every step of every version, oldest first: version, stage, at, by, office, document."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    'SELECT version, stage, at, "by", office, document FROM procedure_line WHERE code = :code '
                    "ORDER BY id"
                ),
                {"code": code},
            )
            return rows.mappings().all()


def _read(row: RowMapping) -> Entry:
    return Entry.model_validate({name: row[name] for name in Entry.model_fields})


async def _line(connection: AsyncConnection, entry: Entry, signed: Signed) -> None:
    await connection.execute(
        text(LINE),
        {"code": entry.code, "version": entry.version, "stage": entry.stage, **signed.model_dump(exclude={"at"}),
         "at": signed.at},
    )  # fmt: skip
