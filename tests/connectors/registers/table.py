"""A table of somebody else's: any columns, written by its owner, read by an account that only reads."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import yaml
from psycopg.sql import SQL, Identifier

from connectors.registers import sql
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.ports.register import Page, Position, RegisterSource
from proactive.sources import plainly
from rules.register import RegisterSchema

COLUMNS = "no text PRIMARY KEY, personal_id text, class text, issued_on date, updated_at timestamptz"

SCHEMA = RegisterSchema.model_validate(
    {
        "name": "papers",
        **yaml.safe_load(
            """
            title: {vi: Giấy tờ, en: Papers}
            owner: {vi: Công an, en: Police}
            key: "no"
            updated: updated_at
            subject: {column: personal_id}
            columns:
              "no": {type: text, required: true, title: {vi: Số, en: Number}, why: {vi: Để biết, en: To know}}
              personal_id: {type: personal_id, required: true, title: {vi: Số, en: Id}, why: {vi: Để biết, en: To know}}
              class: {type: code, title: {vi: Hạng, en: Class}, why: {vi: Để biết, en: To know}}
              issued_on: {type: date, title: {vi: Ngày, en: Day}, why: {vi: Để biết, en: To know}}
              updated_at: {type: timestamp, required: true, title: {vi: Lúc, en: At}, why: {vi: Để biết, en: To know}}
            """
        ),
    }
)


@dataclass
class Papers:
    """The database of the papers. `port` may be changed to go through a relay."""

    owner: str
    reader: str
    port: int

    @classmethod
    async def make(cls, server: EmbeddedPostgres, columns: str = COLUMNS) -> "Papers":
        name = f"papers_{secrets.token_hex(4)}"
        async with await psycopg.AsyncConnection.connect(server.url("postgres"), autocommit=True) as admin:
            await admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            await admin.execute(SQL("CREATE ROLE {} LOGIN PASSWORD 'reads'").format(Identifier(name)))
        port = urlsplit(server.url(name)).port or 0
        papers = cls(server.url(name), f"postgresql://{name}:reads@127.0.0.1:{port}/{name}", port)
        await papers.do(
            f"CREATE TABLE papers ({columns})",
            "CREATE INDEX ON papers (updated_at, no)",
            f"GRANT SELECT ON papers TO {name}",
        )
        return papers

    async def do(self, *statements: str, parameters: tuple[Any, ...] = ()) -> None:
        async with await psycopg.AsyncConnection.connect(self.owner) as connection:
            for statement in statements:
                await connection.execute(statement.encode(), parameters or None)

    async def put(self, no: str | None, at: str | None, personal_id: str | None = "048080000001", **other: Any) -> None:
        """Create or update a paper. `at` is what PostgreSQL makes of the text."""
        row: Mapping[str, Any] = {"no": no, "personal_id": personal_id, "class": "B2", **other}
        names = ", ".join(row)
        places = ", ".join(["%s"] * len(row))
        await self.do(
            f"INSERT INTO papers ({names}, updated_at) VALUES ({places}, ({at or 'NULL'})) "
            + ("ON CONFLICT (no) DO UPDATE SET updated_at = excluded.updated_at, class = excluded.class" if no else ""),
            parameters=tuple(row.values()),
        )

    async def open(self, *, shift: timedelta = timedelta(), **settings: Any) -> RegisterSource:
        """The papers as a source; the settings are those of `sql.SourceSettings`."""
        own = sql.SourceSettings(**{"odd_every_seconds": 0.0, **settings})
        source = replace(plainly(self.reader, kind="sql", schemas={"papers": SCHEMA}), settings=own)
        [opened] = await sql.open(source, shift=shift)
        return opened


async def all_pages(
    source: RegisterSource, after: Position | None = None, *, limit: int = 1000
) -> tuple[list[Page], Position]:
    pages = [await source.changes(after or Position(), limit=limit)]
    while pages[-1].more:
        pages.append(await source.changes(pages[-1].position, limit=limit))
    return pages, pages[-1].position


def keys(pages: list[Page]) -> list[str]:
    return [change.key for page in pages for change in page.changes]
