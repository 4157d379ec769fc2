"""What every register source must keep, asked of the double, of a real PostgreSQL and of a real MariaDB alike."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from connectors.registers.memory import MemoryRegister
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.errors import Unreachable
from proactive.ports.register import ComparesKeys, Position, RegisterSource
from tests.connectors.registers.mariadb import MariaDb, MariaPapers
from tests.connectors.registers.table import Papers, all_pages, keys
from tests.demo.servers import Relay

EARLY = 1_700_000_000_000_000
"""Microseconds of a moment in 2023."""


class World(Protocol):
    """A source, and the hands of those who own what is behind it."""

    @property
    def source(self) -> RegisterSource: ...

    async def put(self, no: str, subject: str, version: int) -> None: ...

    async def go_silent(self) -> None: ...

    async def come_back(self) -> None: ...

    async def close(self) -> None: ...


class Memory:
    def __init__(self) -> None:
        self.source = MemoryRegister("papers")

    async def put(self, no: str, subject: str, version: int) -> None:
        self.source.put(no, subject, {"no": no, "personal_id": subject}, version=version)

    async def go_silent(self) -> None:
        self.source.silent = True

    async def come_back(self) -> None:
        self.source.silent = False

    async def close(self) -> None:
        await self.source.close()


class Postgres:
    def __init__(self, papers: Papers, relay: Relay, source: RegisterSource) -> None:
        self._papers, self._relay, self.source = papers, relay, source

    async def put(self, no: str, subject: str, version: int) -> None:
        await self._papers.put(no, f"'epoch'::timestamptz + {version} * interval '1 microsecond'", subject)

    async def go_silent(self) -> None:
        await self._relay.cut()

    async def come_back(self) -> None:
        await self._relay.mend()

    async def close(self) -> None:
        await self.source.close()
        await self._relay.cut()


class Maria:
    def __init__(self, papers: MariaPapers, relay: Relay, source: RegisterSource) -> None:
        self._papers, self._relay, self.source = papers, relay, source

    async def put(self, no: str, subject: str, version: int) -> None:
        moment = datetime(1970, 1, 1, 7) + timedelta(microseconds=version)  # noqa: DTZ001 -- as it is written there
        self._papers.put(no, f"'{moment}'", subject)

    async def go_silent(self) -> None:
        await self._relay.cut()

    async def come_back(self) -> None:
        await self._relay.mend()

    async def close(self) -> None:
        await self.source.close()
        await self._relay.cut()


async def maria_world(mariadb: MariaDb) -> World:
    papers = MariaPapers.make(mariadb)
    relay = Relay(mariadb.port)
    await relay.mend()
    papers.reader = papers.reader.replace(f":{mariadb.port}/", f":{relay.port}/")
    return Maria(papers, relay, await papers.open())


@pytest.fixture(params=["memory", "postgres", "mariadb"])
async def world(request: pytest.FixtureRequest, server: EmbeddedPostgres) -> AsyncIterator[World]:
    if request.param == "memory":
        made: World = Memory()
    elif request.param == "mariadb":
        made = await maria_world(request.getfixturevalue("mariadb"))
    else:
        papers = await Papers.make(server)
        relay = Relay(papers.port)
        await relay.mend()
        papers.reader = papers.reader.replace(f":{papers.port}/", f":{relay.port}/")
        made = Postgres(papers, relay, await papers.open())
    yield made
    await made.close()


async def test_all_rows_come_from_the_beginning_in_the_order_of_their_versions(world: World) -> None:
    for number in (3, 1, 2):
        await world.put(f"P{number}", "048080000001", EARLY + number)

    page = await world.source.changes(Position(), limit=10)

    assert [(change.key, change.version) for change in page.changes] == [(f"P{n}", EARLY + n) for n in (1, 2, 3)]
    assert {change.register for change in page.changes} == {world.source.register}


async def test_pages_join_without_a_gap_and_the_last_says_so(world: World) -> None:
    for number in range(10):
        await world.put(f"P{number}", "048080000001", EARLY + number)

    pages, _ = await all_pages(world.source, limit=3)

    assert keys(pages) == [f"P{number}" for number in range(10)]
    assert all(len(page.changes) <= 3 for page in pages)


async def test_rows_of_one_version_all_come_over_the_border_of_pages(world: World) -> None:
    for number in range(8):
        await world.put(f"P{number}", "048080000001", EARLY)

    pages, _ = await all_pages(world.source, limit=3)

    assert keys(pages) == [f"P{number}" for number in range(8)]


async def test_after_the_last_page_only_what_was_changed_since_comes(world: World) -> None:
    for number in range(4):
        await world.put(f"P{number}", "048080000001", EARLY + number)
    _, position = await all_pages(world.source)
    await world.put("P1", "048080000001", EARLY + 100)
    await world.put("P9", "048080000001", EARLY + 101)

    pages, _ = await all_pages(world.source, position)

    assert keys(pages) == ["P1", "P9"]


async def test_without_news_the_position_stays_where_it_is(world: World) -> None:
    await world.put("P1", "048080000001", EARLY)
    _, position = await all_pages(world.source)

    page = await world.source.changes(position, limit=10)

    assert (page.changes, page.position, page.more) == ([], position, False)


async def test_an_empty_register_has_an_empty_page(world: World) -> None:
    page = await world.source.changes(Position(), limit=10)

    assert (list(page.changes), page.more) == ([], False)


async def test_asked_about_people_it_answers_for_each_of_them(world: World) -> None:
    await world.put("P1", "048080000001", EARLY)
    await world.put("P2", "048080000001", EARLY + 1)
    await world.put("P3", "048080000003", EARLY + 2)

    answer = await world.source.ask(["048080000001", "048080000002"])

    assert {subject: sorted(change.key for change in changes) for subject, changes in answer.items()} == {
        "048080000001": ["P1", "P2"],
        "048080000002": [],
    }


async def test_asked_for_keys_it_says_which_are_there(world: World) -> None:
    for number in range(5):
        await world.put(f"P{number}", "048080000001", EARLY + number)

    assert isinstance(world.source, ComparesKeys)
    assert set(await world.source.there(["P1", "P4", "p9", "P 1", ""])) == {"P1", "P4"}
    assert set(await world.source.there([])) == set()


async def test_asked_about_nobody_it_answers_nothing(world: World) -> None:
    assert dict(await world.source.ask([])) == {}


async def test_an_answer_is_as_fresh_as_the_source(world: World) -> None:
    await world.put("P1", "048080000001", EARLY)
    await world.source.ask(["048080000001"])
    await world.put("P1", "048080000001", EARLY + 50)

    answer = await world.source.ask(["048080000001"])

    assert [change.version for change in answer["048080000001"]] == [EARLY + 50]


async def test_a_silent_source_is_unreachable_and_loses_nothing(world: World) -> None:
    await world.put("P1", "048080000001", EARLY)
    _, position = await all_pages(world.source)
    await world.go_silent()
    with pytest.raises(Unreachable):
        await world.source.changes(position, limit=10)
    with pytest.raises(Unreachable):
        await world.source.ask(["048080000001"])
    await world.come_back()
    await world.put("P2", "048080000001", EARLY + 1)

    pages, _ = await all_pages(world.source, position)

    assert keys(pages) == ["P2"]
