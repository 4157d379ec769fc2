"""A source of its own that the real Debezium captures, and the worker's own pieces that follow it into a store."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from connectors.registers import debezium, sql
from proactive.brokers import Brokers
from proactive.demo.capture import connector, give_up, prepare
from proactive.demo.source import create
from proactive.domain.change import Change
from proactive.domain.keys import Keys
from proactive.embedded.connect import Connect
from proactive.embedded.java import Java
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.ports.register import Page, Position, Readable
from proactive.sources import plainly
from proactive.steps.watch import Watch
from proactive.store.store import Store
from proactive.topics import Topics, ensure
from rules import Catalogue
from tests.walk.waiting import until
from triggers.publisher import Publisher
from triggers.recognise import Recognise
from triggers.step import Step

TABLES = ("residents", "driver_licences")
Row = dict[str, Any]


@dataclass
class Captured:
    """A database of the police, its connector, and the topics that it writes."""

    owner: str
    reader: str
    bootstrap: str
    prefix: str
    connect: Connect
    catalogue: Catalogue

    async def do(self, *statements: str) -> None:
        """All of them in one transaction."""
        async with await psycopg.AsyncConnection.connect(self.owner) as connection:
            for statement in statements:
                await connection.execute(statement.encode())

    async def open(self) -> list[Readable]:
        url = f"kafka://{self.bootstrap}/{self.prefix}.public"
        return await debezium.open(plainly(url, kind="debezium", schemas=self._schemas, only_pushes=True), wait=0.2)

    async def held(self) -> dict[tuple[str, str], Change]:
        """What the tables hold right now, by asking them."""
        found: dict[tuple[str, str], Change] = {}
        for source in await sql.open(plainly(self.reader, kind="sql", schemas=self._schemas)):
            for page in await whole(source):
                found |= {(one.register, one.key): one for one in page.changes}
            await source.close()
        return found

    @property
    def _schemas(self) -> Mapping[str, Any]:
        return {name: self.catalogue.registers[name] for name in TABLES}


@asynccontextmanager
async def captured(
    server: EmbeddedPostgres, bootstrap: str, folder: Path, *, java: Java, catalogue: Catalogue, before: Sequence[str]
) -> AsyncIterator[Captured]:
    """The source with what is `before` its capture in it, its connector running; nothing of both is left behind."""
    name, password = f"police_{secrets.token_hex(4)}", secrets.token_hex(8)
    admin = server.url("postgres")
    owner, reader = await create(admin, database=name, password=password)
    async with await psycopg.AsyncConnection.connect(owner) as connection:
        for statement in before:
            await connection.execute(statement.encode())
    source = await prepare(admin, owner, password=password, tables=TABLES)
    connect = Connect(
        folder, java=java, bootstrap=bootstrap, connector=connector(source, slot=name, prefix=name), restart=False
    )
    try:
        await connect.start()
        yield Captured(owner, reader, bootstrap, name, connect, catalogue)
    finally:
        await connect.stop()
        await give_up(admin, owner, slot=name)
        await _drop(admin, name)


async def _drop(admin_url: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
        await admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
        for account in ("owner", "reader", "capture"):
            await admin.execute(SQL("DROP ROLE {}").format(Identifier(f"{name}_{account}")))


@asynccontextmanager
async def followed(
    source: Captured, store: Store, url: str, *, facts: Facts, clock: Clock
) -> AsyncIterator[Sequence[Watch]]:
    """watch and recognise as the worker runs them, over the same broker."""
    topics = Topics(changes=f"{source.prefix}-{uuid4().hex[:8]}.changes", dossiers=f"{source.prefix}.dossiers")
    await asyncio.to_thread(ensure, Brokers(source.bootstrap), topics, partitions=4, replication=1)
    sender = Publisher(Brokers(source.bootstrap), Keys("a secret of more than thirty-two characters"), topics)
    opened = await source.open()
    watches = [
        Watch(
            one, store=store, publish=sender.changes, clock=clock, limit=1000,
            columns=source.catalogue.columns_needed(one.register), answers=True,
        )
        for one in opened
    ]  # fmt: skip
    running = [
        Recognise(
            Brokers(source.bootstrap), topics.changes, url, facts=facts, clock=clock, batch=1000, session=2.0,
            on_owed=lambda: None,
        ),
        *(Step("watch", watch.step, every=0.01) for watch in watches),
    ]  # fmt: skip
    for service in running:
        await service.start()
    try:
        yield watches
    finally:
        for service in reversed(running):
            await service.stop()
        for one in opened:
            await one.close()
        sender.close()


async def caught_up(store: Store) -> None:
    """Both registers were read to their end once: people may be judged by them."""

    async def both() -> bool:
        return await store.positions.caught_up() >= set(TABLES)

    await until(both, what="both registers read to their end")


async def whole(source: Readable) -> list[Page]:
    """Every page from the beginning until the end is in sight."""
    pages = [await source.changes(Position(), limit=1000)]
    async with asyncio.timeout(60):
        while pages[-1].more:
            pages.append(await source.changes(pages[-1].position, limit=1000))
    return pages


def alike(row: Row) -> Row:
    """A row as it is compared: moments as moments, however they are written; NULL and left out are the same."""
    return {
        name: datetime.fromisoformat(value) if name == "updated_at" else value
        for name, value in row.items()
        if value is not None
    }
