"""The made-up source as a department would open it to Debezium: an account, a publication, a heartbeat, a slot.

See docs/debezium.md: what is done here is what its engineer does there.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from proactive.demo.source import DDL, _as
from proactive.errors import Unusable

PREFIX = "police"
"""First word of the topics: police.public.driver_licences."""

PUBLICATION = SLOT = "proactive"


class Capture(NamedTuple):
    """What the connector is given."""

    url: str
    tables: Sequence[str]


async def prepare(admin_url: str, owner_url: str, *, password: str, tables: Sequence[str] = tuple(DDL)) -> Capture:
    """Let Debezium capture these tables of the source, once or again. Raises `Unusable`."""
    database = urlsplit(owner_url).path.removeprefix("/")
    account = f"{database}_capture"
    try:
        async with await AsyncConnection.connect(admin_url, autocommit=True, connect_timeout=5) as admin:
            there = await (await admin.execute("SELECT FROM pg_roles WHERE rolname = %s", (account,))).fetchone()
            if there is None:
                await admin.execute(SQL("CREATE ROLE {} LOGIN REPLICATION").format(Identifier(account)))
            await admin.execute(SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(account), Literal(password)))
        async with await AsyncConnection.connect(owner_url, connect_timeout=5) as owner:
            names = SQL(", ").join(Identifier(table) for table in (*tables, "debezium_heartbeat"))
            for statement in (
                SQL("CREATE TABLE IF NOT EXISTS debezium_heartbeat (id int PRIMARY KEY, at timestamptz NOT NULL)"),
                SQL("GRANT SELECT ON {names} TO {account}"),
                SQL("GRANT INSERT, UPDATE ON debezium_heartbeat TO {account}"),
                SQL("DROP PUBLICATION IF EXISTS {publication}"),
                SQL("CREATE PUBLICATION {publication} FOR TABLE {names}"),
            ):
                await owner.execute(
                    statement.format(names=names, account=Identifier(account), publication=Identifier(PUBLICATION))
                )
    except psycopg.Error as error:
        raise Unusable(f"The source can't be opened to Debezium: {str(error).partition(chr(10))[0]}.") from error
    return Capture(_as(admin_url, account, password, database), tables)


def connector(capture: Capture, *, slot: str = SLOT, prefix: str = PREFIX) -> Mapping[str, str]:
    """The connector's properties, as docs/debezium.md gives them."""
    place = urlsplit(capture.url)
    return {
        "name": prefix,
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "database.hostname": str(place.hostname),
        "database.port": str(place.port or 5432),
        "database.user": str(place.username),
        "database.password": str(place.password),
        "database.dbname": place.path.removeprefix("/"),
        "topic.prefix": prefix,
        "plugin.name": "pgoutput",
        "slot.name": slot,
        "slot.drop.on.stop": "false",
        "publication.name": PUBLICATION,
        "publication.autocreate.mode": "disabled",
        "table.include.list": ",".join(f"public.{table}" for table in (*capture.tables, "debezium_heartbeat")),
        "snapshot.mode": "when_needed",
        "decimal.handling.mode": "string",
        "time.precision.mode": "adaptive",
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        "value.converter.schemas.enable": "false",
        "value.converter.replace.null.with.default": "false",
        "heartbeat.interval.ms": "10000",
        "heartbeat.action.query": (
            "INSERT INTO debezium_heartbeat VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
        ),
        "poll.interval.ms": "50",
        "topic.creation.default.partitions": "4",
        "topic.creation.default.replication.factor": "-1",
    }


async def give_up(admin_url: str, owner_url: str, *, slot: str = SLOT) -> None:
    """Drop the slot: one that nobody reads keeps the source's log for ever. Its connector must have been stopped; the
    server may take a moment to notice. Raises `Unusable` where somebody goes on reading it."""
    database = urlsplit(owner_url).path.removeprefix("/")
    async with await AsyncConnection.connect(admin_url, autocommit=True, connect_timeout=5) as admin:
        for _ in range(100):
            found = await admin.execute(
                "SELECT active, CASE WHEN NOT active THEN pg_drop_replication_slot(slot_name) END "
                "FROM pg_replication_slots WHERE slot_name = %s AND database = %s",
                (slot, database),
            )
            if not any([active async for active, _ in found]):
                return
            await asyncio.sleep(0.1)
    raise Unusable(f"The slot {slot} is still read; stop its connector first.")
