"""The demo's register database is made once, filled wholly or not at all, and closed to our pen."""

from datetime import date
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors

from proactive.demo import source
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.errors import Unusable

TODAY = date(2026, 11, 23)


async def one(url: str, query: str) -> object:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


async def content(url: str) -> list[object]:
    return [
        await one(url, f"SELECT md5(string_agg(t::text, '' ORDER BY t::text COLLATE \"C\")) FROM {table} AS t")
        for table in source.DDL
    ]


@pytest.fixture
async def made(server: EmbeddedPostgres) -> source.Addresses:
    return await source.create(server.url("postgres"), database="rehearsal", password="p w/:@x'")


async def test_it_holds_what_it_says_it_holds(made: source.Addresses) -> None:
    counts = await source.fill(made.owner, people=700, seed=7, today=TODAY)

    for table in source.DDL:
        assert await one(made.reader, f"SELECT count(*) FROM {table}") == counts[table]
    assert counts["residents"] == 703
    assert counts["malformed"] >= 6


async def test_filled_twice_it_holds_the_same_rows_to_the_byte(made: source.Addresses) -> None:
    await source.fill(made.owner, people=600, seed=7, today=TODAY)
    first = await content(made.reader)
    await source.fill(made.owner, people=600, seed=7, today=TODAY)
    second = await content(made.reader)
    await source.fill(made.owner, people=600, seed=8, today=TODAY)

    assert first == second != await content(made.reader)


async def test_made_again_it_keeps_what_is_in_it(made: source.Addresses, server: EmbeddedPostgres) -> None:
    await source.fill(made.owner, people=600, seed=7, today=TODAY)
    before = await content(made.reader)

    again = await source.create(server.url("postgres"), database="rehearsal", password="p w/:@x'")

    assert again == made
    assert await content(made.reader) == before


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO violations VALUES ('1', '2', now(), null, now())", "DELETE FROM residents", "CREATE TABLE x (y int)"],
)
async def test_the_reading_account_cannot_write(made: source.Addresses, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        await one(made.reader, statement)


async def test_a_size_that_cannot_be_invented_leaves_everything_as_it_was(made: source.Addresses) -> None:
    await source.fill(made.owner, people=600, seed=7, today=TODAY)
    before = await content(made.reader)

    with pytest.raises(Unusable):
        await source.fill(made.owner, people=0, seed=7, today=TODAY)

    assert await content(made.reader) == before


async def test_an_unreachable_server_is_named_in_one_sentence_without_the_password(server: EmbeddedPostgres) -> None:
    wrong = urlsplit(server.url("postgres"))._replace(netloc="postgres:secret-word@127.0.0.1:1").geturl()

    with pytest.raises(Unusable) as refused:
        await source.create(wrong, password="secret-word")

    assert "\n" not in str(refused.value)
    assert "secret-word" not in str(refused.value)


async def test_the_order_that_a_reader_follows_has_an_index(made: source.Addresses) -> None:
    await source.fill(made.owner, people=3000, seed=7, today=TODAY)

    async with await psycopg.AsyncConnection.connect(made.reader) as connection:
        plan = await connection.execute(
            "EXPLAIN SELECT * FROM driver_licences WHERE (updated_at, licence_no) > (now() - interval '1 day', '') "
            "ORDER BY updated_at, licence_no LIMIT 10"
        )
        lines = [line for (line,) in await plan.fetchall()]

    assert any("Index Scan" in line for line in lines)
