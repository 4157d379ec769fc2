"""Many rows in one statement: they travel as one JSON document and PostgreSQL turns them into rows of the table.

Values are parameters; only names of our own tables and columns are put into statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from proactive.domain.base import Value
from proactive.store.statement import text


def row(value: Value, **more: object) -> dict[str, Any]:
    """A domain value as a row of its table."""
    return {**value.model_dump(), **more}


def part(value: Value, columns: AbstractSet[str], **more: object) -> dict[str, Any]:
    """Some columns of it."""
    return {**value.model_dump(include=set(columns)), **more}


def _document(rows: Iterable[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(list(rows)).decode()


async def insert(
    connection: AsyncConnection, table: type[SQLModel], rows: Sequence[Mapping[str, Any]], *, returning: str = ""
) -> set[Any]:
    """Insert what is not there yet; rows that break a unique rule are left out. Gives `returning` of the inserted."""
    if not rows:
        return set()
    columns = ", ".join(f'"{name}"' for name in rows[0])
    tail = f' RETURNING "{returning}"' if returning else ""
    result = await connection.execute(
        text(
            f'INSERT INTO "{table.__tablename__}" ({columns}) SELECT {columns} '
            f'FROM jsonb_populate_recordset(NULL::"{table.__tablename__}", CAST(:rows AS jsonb)) '
            f"ON CONFLICT DO NOTHING{tail}"
        ),
        {"rows": _document(rows)},
    )
    return set(result.scalars()) if returning else set()


async def update(
    connection: AsyncConnection,
    table: type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str = "id",
    guard: str,
) -> set[Any]:
    """Write whole rows over those whose `guard` (a condition on `old` and `new`) still holds. Gives their keys."""
    if not rows:
        return set()
    sets = ", ".join(f'"{name}" = new."{name}"' for name in rows[0] if name != key)
    result = await connection.execute(
        text(
            f'UPDATE "{table.__tablename__}" old SET {sets} '
            f'FROM jsonb_populate_recordset(NULL::"{table.__tablename__}", CAST(:rows AS jsonb)) new '
            f'WHERE old."{key}" = new."{key}" AND {guard} RETURNING old."{key}"'
        ),
        {"rows": _document(rows)},
    )
    return set(result.scalars())
