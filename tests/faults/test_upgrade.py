"""Upgrades, drilled: dossiers under way survive a new migration, and the version before still works on the new tables.

Expand first, contract a version later: from 0033 on a migration may add, and what the version before reads and writes
must still be there. `make faults ARGS="--old FOLDER"` plays with workers of both versions at once.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
from alembic import command
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection

from proactive.domain.dossier import Decision
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.engine import connect
from proactive.store.migrate import _revisions, config, migrate
from proactive.store.store import opened
from rules import Catalogue
from tests.faults.checker.verdict import judge
from tests.faults.witnessed import Witnessed
from tests.steps.people import driver

BEFORE = "0032"
"""Migrations after this one are held to it; those before were never run by anybody but us."""

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull AND a.atthasdef IS FALSE AND a.attidentity = '' AND a.attgenerated = ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
"""
RULES = """
SELECT c.relname, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
WHERE o.contype IN ('c', 'u', 'x', 'f') AND o.connamespace = 'public'::regnamespace
"""
NARROWER: dict[str, str] = {}
"""Revision -> why it may take something from the version before; none may so far."""


@asynccontextmanager
async def empty(server: EmbeddedPostgres) -> AsyncIterator[str]:
    name = f"upgrade_{uuid4().hex[:8]}"
    async with await psycopg.AsyncConnection.connect(server.url("postgres"), autocommit=True) as admin:
        await admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield server.url(name)
        await admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def altered(url: str, how: Callable[[Connection], Any]) -> Any:
    engine = await connect(url, size=1, application="upgrade")
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(how)
    finally:
        await engine.dispose()


def shape(url: str) -> tuple[dict[tuple[str, str], tuple[str, bool]], set[tuple[str, str]]]:
    """Columns with their type and whether a writer must name them, and the rules of each table."""
    with psycopg.connect(url) as connection:
        columns = {(table, name): (kind, must) for table, name, kind, must in connection.execute(COLUMNS)}
        return columns, {(table, rule) for table, rule in connection.execute(RULES)}


async def test_the_version_before_still_reads_and_writes_after_each_new_migration(
    database_server: EmbeddedPostgres,
) -> None:
    async with empty(database_server) as url:
        await altered(url, lambda connection: command.upgrade(config(connection), BEFORE))
        newer = [one.revision for one in reversed(await altered(url, _revisions)) if one.revision > BEFORE]
        amiss = []
        columns, rules = shape(url)
        for revision in newer:
            await altered(url, lambda connection, to=revision: command.upgrade(config(connection), to))
            then, ruled = shape(url)
            tables = {table for table, _ in columns}
            amiss += [f"{revision} takes {one} away" for one in columns.keys() - then.keys()]
            amiss += [f"{revision} changes {one}" for one in columns.keys() & then.keys() if then[one] != columns[one]]
            amiss += [
                f"{revision} needs {one}" for one in then.keys() - columns.keys() if one[0] in tables and then[one][1]
            ]
            amiss += [f"{revision} narrows {one}" for one in ruled - rules if one[0] in tables]
            columns, rules = then, ruled

    assert newer, "the newest migrations are looked at"
    assert [one for one in amiss if one[:4] not in NARROWER] == []


async def test_dossiers_under_way_survive_going_back_one_migration_and_forward_again(
    database_server: EmbeddedPostgres, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    people = [driver(n) for n in (1, 2, 3, 4)]
    async with empty(database_server) as url:
        await migrate(url)
        async with opened(url, size=4, application="test") as store:
            town = Witnessed(store=store, database_url=url, catalogue=catalogue, facts=facts, clock=clock)
            await town.ready()
            await town.approved(people[0])
            await town.confirmed(people[1])
            await town.told(people[2])
            await town.drafted(people[3])
        await altered(url, lambda connection: command.downgrade(config(connection), "-1"))

        await migrate(url)
        async with opened(url, size=4, application="test") as store:
            town.store = store
            await town.decide(await town.newest(people[1].personal_id), Decision.APPROVE)
            for _ in range(2):
                await town.offer()
                await town.reconcile()
                await town.forward()
            for application in list(town.intake.taken):
                await town.reports(application, 10)
            clock.forward(hours=2)
            await town.follow()
            async with await psycopg.AsyncConnection.connect(url) as connection:
                await connection.execute("UPDATE news SET published_at = at")  # there is no broker here
            with psycopg.connect(url) as looking:
                found = judge(town.world(looking)).as_dict()

    assert found["findings"] == []
    assert (found["seen"]["texts"], found["seen"]["applications"]) == (4, 2)
