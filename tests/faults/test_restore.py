"""Backup and restore, drilled: a dump, more of the journey, the loss of everything, a restore, and it goes on.

The provider, the intake and the registers are others' and remember; our database and Kafka are gone.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from proactive.domain.dossier import Answer, Decision, State
from proactive.embedded.cluster import BIN, installed_packages
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.ports.notifier import Notifier
from proactive.restored import asked_first
from proactive.store.migrate import migrate
from proactive.store.store import opened
from rules import Catalogue
from tests.conftest import MORNING
from tests.faults.checker.verdict import judge
from tests.faults.witnessed import Witnessed
from tests.steps.people import Person, driver

ONE_WAY, WAITS, LATE, SILENT = driver(1), driver(2), driver(3), driver(4)
"""In the intake at the dump; confirmed at the dump and in the intake after it; told after the dump; told before it."""


@dataclass
class Remembering(Witnessed):
    """The town; after a restore whatever goes out is asked about first."""

    asked: dict[str, Notifier] = field(default_factory=dict)

    @property
    def notifiers(self) -> dict[str, Notifier]:
        return self.asked or super().notifiers


@pytest.fixture
async def places(database_server: EmbeddedPostgres) -> AsyncIterator[tuple[str, str]]:
    """A database that will be lost, and an empty one."""
    names = ("lost", "found")
    async with await psycopg.AsyncConnection.connect(database_server.url("postgres"), autocommit=True) as admin:
        for name in names:
            await admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield database_server.url(names[0]), database_server.url(names[1])
        for name in names:
            await admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


async def ran(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs."""
    process = await asyncio.create_subprocess_exec(
        str(installed_packages() / BIN / program), *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def tell(town: Witnessed, person: Person) -> None:
    await town.arrives(person)
    await town.draft()
    await town.offer()


async def test_after_a_dump_the_loss_of_everything_and_a_restore_nobody_is_told_twice_and_the_journey_goes_on(
    places: tuple[str, str], tmp_path: Path, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    lost, found = places
    await migrate(lost)
    async with opened(lost, size=4, application="test") as store:
        town = Remembering(store=store, database_url=lost, catalogue=catalogue, facts=facts, clock=clock)
        await town.ready()
        await town.forwarded(ONE_WAY)
        await town.confirmed(WAITS)
        await town.told(SILENT)
        await town.arrives(LATE)
        await town.draft()
        begun = clock.now()
        await ran("pg_dump", "--format=custom", f"--file={tmp_path / 'proactive.dump'}", lost)
        clock.forward(minutes=5)
        await town.offer()
        await town.decide(await town.newest(WAITS.personal_id), Decision.APPROVE)
        await town.forward()
        assert (len(town.sms.taken), len(town.intake.taken)) == (4, 2)
    async with await psycopg.AsyncConnection.connect(found, autocommit=True) as connection:
        await connection.execute("DROP DATABASE lost WITH (FORCE)")

    await ran("pg_restore", "--exit-on-error", f"--dbname={found}", str(tmp_path / "proactive.dump"))
    await migrate(found)
    async with opened(found, size=4, application="test") as store:
        town.store, town.database_url = store, found
        town.asked, intake = asked_first({"sms": town.sms}, town.intake, since=begun, clock=clock)
        memory, town.intake = town.intake, intake  # type: ignore[assignment] # as the worker has it then
        clock.forward(hours=1)
        await town.told_by_sources([change for source in town.sources.values() for change in source.rows.values()])
        for _ in range(3):
            await town.draft()
            await town.offer()
            await town.reconcile()
        # The numbers given out after the dump are forgotten, and others must not get them.
        async with store.engine.begin() as connection:
            await connection.execute(text("UPDATE counter SET value = value + 1000 WHERE name LIKE 'reference:%'"))
        waits = await town.decide(await town.newest(WAITS.personal_id), Decision.APPROVE)
        await town.forward()
        for person in (LATE, SILENT):
            await town.answer(await town.newest(person.personal_id), Answer.NOT_NOW)
        [reference] = [one.reference for one in memory.taken.values() if one.dossier_id != waits.id]
        await town.store.intake.receive(memory.news(memory.report(reference, 10, at=clock.now())), now=clock.now())
        clock.forward(hours=2)
        await town.follow()

        assert len(town.sms.taken) == 4, "nobody is told twice"
        assert len(memory.taken) == 2, "nothing is filed twice"
        assert (await town.newest(ONE_WAY.personal_id)).state is State.CLOSED
        [late] = await town.notices(await town.newest(LATE.personal_id))
        assert late.state == "accepted"
        again = await town.again(waits)
        there = next(one.reference for one in memory.taken.values() if one.dossier_id == waits.id)
        assert again.state is State.CONFIRMED and there in str(again.held_because)
        with psycopg.connect(found) as looking:
            world = town.world(looking)
    wrong = [one for one in judge(world).findings if one.word in {"DUPLICATED", "LEAKED"}]
    assert wrong == []


async def test_nothing_goes_out_after_a_restore_while_the_provider_cannot_be_asked(
    database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    async with opened(database_url, size=4, application="test") as store:
        town = Remembering(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
        await town.ready()
        town.asked, _ = asked_first({"sms": town.sms}, town.intake, since=MORNING, clock=clock)
        town.sms.silent = True

        await tell(town, SILENT)
        silent = len(town.sms.taken)
        town.sms.silent = False
        clock.forward(minutes=30)
        await town.offer()

        assert (silent, len(town.sms.taken)) == (0, 1)
