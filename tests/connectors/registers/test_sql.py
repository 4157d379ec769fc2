"""Reading another system's PostgreSQL: every committed row comes, whatever stands in it, and nothing is written."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from sqlalchemy import text

from connectors.registers import sql
from connectors.registers._sql_line import Line
from proactive.demo import source as demo
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.errors import Permanent, Unreachable, Unusable
from proactive.ports.register import Position, RegisterSource
from proactive.sources import plainly
from rules import load
from tests.connectors.registers.table import COLUMNS, SCHEMA, Papers, all_pages, keys
from tests.demo import servers


@pytest.fixture
async def papers(server: EmbeddedPostgres) -> Papers:
    return await Papers.make(server)


@pytest.fixture
async def source(papers: Papers) -> AsyncIterator[RegisterSource]:
    opened = await papers.open()
    yield opened
    await opened.close()


def row(change: Any) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(change.record)
    return content


async def test_a_row_comes_as_json_with_its_version_in_microseconds(papers: Papers, source: RegisterSource) -> None:
    await papers.put("P1", "'2026-05-06 07:08:09.123456+07'", issued_on=date(2024, 2, 29))

    [page], _ = await all_pages(source)

    [change] = page.changes
    assert (change.register, change.key, change.subject) == ("papers", "P1", "048080000001")
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=change.version) == datetime(
        2026, 5, 6, 0, 8, 9, 123456, tzinfo=UTC
    )
    assert row(change) == {
        "no": "P1", "personal_id": "048080000001", "class": "B2", "issued_on": "2024-02-29",
        "updated_at": "2026-05-06T07:08:09.123456+07:00",
    }  # fmt: skip
    SCHEMA.read(bytes(change.record))


@pytest.mark.parametrize(
    ("written", "arrives"),
    [
        ("infinity", "infinity"),
        ("-infinity", "-infinity"),
        ("0044-03-15 BC", "0044-03-15 BC"),
        ("25000-01-01", "25000-01-01"),
    ],
)
async def test_a_date_beyond_all_calendars_reaches_validation(
    papers: Papers, source: RegisterSource, written: str, arrives: str
) -> None:
    await papers.put("P1", "now() - interval '1 day'", issued_on=written)

    [page], _ = await all_pages(source)

    assert row(page.changes[0])["issued_on"] == arrives
    assert SCHEMA.problems(row(page.changes[0]))


@pytest.mark.parametrize(
    "at", ["NULL", "'infinity'", "'-infinity'", "'1969-12-31'", "now() + interval '1 minute'", "'2999-01-01'"]
)
async def test_a_row_without_a_usable_time_is_told_and_does_not_drag_the_reading_with_it(
    papers: Papers, source: RegisterSource, at: str
) -> None:
    await papers.put("sound", "now() - interval '1 hour'")
    await papers.put("odd", at)
    pages, position = await all_pages(source)
    await papers.put("later", "now() - interval '10 minutes'")
    after, _ = await all_pages(source, position)

    assert keys(pages) == ["sound", "odd"]
    assert keys(after) == ["later"]
    limit = (datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) + 60_000_000
    assert 0 <= pages[-1].changes[-1].version < limit


async def test_odd_rows_are_told_once_and_again_when_they_change(papers: Papers, source: RegisterSource) -> None:
    await papers.put("odd", "NULL")
    first, position = await all_pages(source)
    second, position = await all_pages(source, position)
    await papers.do("UPDATE papers SET class = 'C'")
    third, position = await all_pages(source, position)
    await papers.do("DELETE FROM papers")
    fourth, position = await all_pages(source, position)
    fifth, end = await all_pages(source, position)

    assert [keys(pages) for pages in (first, second, third, fourth, fifth)] == [["odd"], [], ["odd"], [], []]
    assert end == position


async def test_more_odd_rows_than_a_page_holds_all_come(papers: Papers, source: RegisterSource) -> None:
    for number in range(7):
        await papers.put(f"odd{number}", "NULL")
    await papers.put("sound", "now() - interval '1 hour'")

    pages, _ = await all_pages(source, limit=3)

    assert sorted(keys(pages)) == [*(f"odd{number}" for number in range(7)), "sound"]


async def test_rows_without_key_or_subject_come_with_empty_ones(server: EmbeddedPostgres) -> None:
    papers = await Papers.make(server, COLUMNS.replace(" PRIMARY KEY", ""))
    source = await papers.open()
    for _ in range(3):
        await papers.put(None, "now() - interval '1 hour'")
    await papers.do("INSERT INTO papers VALUES ('', NULL, 'C', NULL, now() - interval '1 hour')")

    pages, _ = await all_pages(source, limit=2)

    assert keys(pages) == ["", "", "", ""]
    assert sorted(change.subject for page in pages for change in page.changes) == ["", *["048080000001"] * 3]
    await source.close()


async def test_rows_of_one_moment_all_come_however_the_pages_fall(papers: Papers, source: RegisterSource) -> None:
    await papers.do(
        "INSERT INTO papers SELECT 'P' || lpad(n::text, 4, '0'), '048080000001', 'B2', NULL, '2026-01-01' "
        "FROM generate_series(1, 1000) AS n"
    )

    pages, _ = await all_pages(source, limit=37)

    assert keys(pages) == [f"P{number:04d}" for number in range(1, 1001)]


async def test_a_row_stamped_before_but_committed_after_we_looked_still_comes(
    papers: Papers, source: RegisterSource
) -> None:
    async with await psycopg.AsyncConnection.connect(papers.owner) as slow:
        await slow.execute("INSERT INTO papers VALUES ('slow', '048080000001', 'B2', NULL, clock_timestamp())")
        await asyncio.sleep(0.05)
        await papers.put("quick", "clock_timestamp()")
        first, position = await all_pages(source)
        await slow.commit()
    second, _ = await all_pages(source, position)

    assert keys(first) == ["quick"]
    assert "slow" in keys(second)


async def test_a_row_stamped_before_and_committed_while_we_turned_pages_still_comes(
    papers: Papers, source: RegisterSource
) -> None:
    for number in range(4):
        await papers.put(f"P{number}", "clock_timestamp()")
    async with await psycopg.AsyncConnection.connect(papers.owner) as slow:
        await slow.execute(
            "INSERT INTO papers VALUES ('A', '048080000001', 'B2', NULL, clock_timestamp() - interval '1 s')"
        )
        page = await source.changes(Position(), limit=3)
        await slow.commit()
    rest, position = await all_pages(source, page.position, limit=3)
    again, _ = await all_pages(source, position)

    assert "A" in keys([page, *rest, *again])


async def test_once_the_overlap_is_over_nothing_is_read_again(papers: Papers) -> None:
    source = await papers.open(overlap_seconds=0.3)
    await papers.put("P1", "clock_timestamp()")
    first, position = await all_pages(source)
    await asyncio.sleep(0.4)
    _, position = await all_pages(source, position)
    third, end = await all_pages(source, position)

    assert keys(first) == ["P1"]
    assert keys(third) == []
    assert end == position
    await source.close()


async def test_a_rehearsal_reads_rows_of_its_own_day(papers: Papers) -> None:
    source = await papers.open(shift=timedelta(days=400))
    await papers.put("P1", "now() + interval '399 days'")

    [page], _ = await all_pages(source)

    assert row(page.changes[0])["no"] == "P1"
    assert page.changes[0].version > datetime.now(UTC).timestamp() * 1_000_000
    await source.close()


async def test_keys_and_codes_may_be_numbers_and_times_without_a_zone_are_of_vietnam(server: EmbeddedPostgres) -> None:
    papers = await Papers.make(
        server, "no bigint PRIMARY KEY, personal_id text, class int, issued_on timestamp, updated_at timestamp"
    )
    await papers.do(
        "INSERT INTO papers SELECT n, '048080000001', 2, '2026-01-02 03:04', '2026-01-01 07:00' "
        "FROM generate_series(1, 25) AS n"
    )
    source = await papers.open()

    pages, position = await all_pages(source, limit=10)
    answer = await source.ask(["048080000001"])

    assert keys(pages) == [str(number) for number in range(1, 26)]
    assert pages[0].changes[0].version == datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1_000_000
    assert row(pages[0].changes[0])["class"] == "2"
    assert row(pages[0].changes[0])["issued_on"] == "2026-01-02"
    assert len(answer["048080000001"]) == 25
    with pytest.raises(Unreachable) as refused:
        await source.changes(Position(position.mark, "a secret key"), limit=3)
    assert "secret" not in str(refused.value)
    await source.close()


async def test_thousands_of_people_are_asked_about_in_one_question(papers: Papers, source: RegisterSource) -> None:
    await papers.do(
        "INSERT INTO papers SELECT 'P' || n, lpad(n::text, 12, '0'), 'B2', NULL, now() "
        "FROM generate_series(1, 4000) AS n",
        "UPDATE papers SET updated_at = NULL WHERE no = 'P7'",
    )
    subjects = [f"{number:012d}" for number in range(1, 5001)]

    answer = await source.ask(subjects)

    assert list(answer) == subjects
    assert [change.key for change in answer["000000000007"]] == ["P7"]
    assert sum(map(len, answer.values())) == 4000


async def test_a_position_of_something_else_is_refused(source: RegisterSource) -> None:
    with pytest.raises(Permanent, match="not one of this source"):
        await source.changes(Position("0/16B3748", ""), limit=3)


async def test_nothing_can_be_written_even_with_an_account_that_could(papers: Papers) -> None:
    line = Line(sql.placed(plainly(papers.owner, kind="sql", schemas={"papers": SCHEMA})))

    with pytest.raises(Unreachable):
        await line.rows(text("INSERT INTO papers VALUES ('x') RETURNING 1"), {})

    await line.close()
    await papers.do("SELECT 1 / (CASE WHEN EXISTS (SELECT FROM papers) THEN 0 ELSE 1 END)")


async def test_an_answer_that_takes_too_long_is_given_up_and_the_next_one_works(papers: Papers) -> None:
    source = await papers.open(answer_seconds=0.3)
    await papers.put("P1", "now()")
    async with await psycopg.AsyncConnection.connect(papers.owner) as holder:
        await holder.execute("LOCK TABLE papers IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unreachable, match="too long"):
            await source.changes(Position(), limit=3)

    assert len((await source.changes(Position(), limit=3)).changes) == 1
    await source.close()


async def test_a_table_that_goes_away_is_named_and_is_found_again_when_it_comes_back(papers: Papers) -> None:
    source = await papers.open()
    await papers.put("P1", "now()")
    await papers.do("ALTER TABLE papers RENAME TO hidden")
    with pytest.raises(Unreachable, match="papers"):
        await source.changes(Position(), limit=3)
    await papers.do("ALTER TABLE hidden RENAME TO papers")

    assert len((await source.changes(Position(), limit=3)).changes) == 1
    await source.close()


async def test_it_reads_on_after_the_server_was_restarted() -> None:
    async with servers.postgres() as server:
        papers = await Papers.make(server)
        source = await papers.open()
        await papers.put("P1", "now()")
        assert len((await source.changes(Position(), limit=3)).changes) == 1
        await server.stop()
        with pytest.raises(Unreachable):
            await source.ask(["048080000001"])
        await server.start()

        assert len((await source.changes(Position(), limit=3)).changes) == 1
        await source.close()


async def test_a_cancelled_question_leaves_the_next_one_whole(papers: Papers) -> None:
    source = await papers.open()
    await papers.put("P1", "now()")
    async with await psycopg.AsyncConnection.connect(papers.owner) as holder:
        await holder.execute("LOCK TABLE papers IN ACCESS EXCLUSIVE MODE")
        question = asyncio.create_task(source.ask(["048080000001"]))
        await asyncio.sleep(0.1)
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question

    assert len((await source.ask(["048080000001"]))["048080000001"]) == 1
    await source.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE papers", "there is no table papers"),
        ("ALTER TABLE papers DROP COLUMN class, DROP COLUMN issued_on", "table papers has no column class, issued_on"),
        ("REVOKE ALL ON papers FROM PUBLIC, {reader}", "may not read no, personal_id, class, issued_on, updated_at of"),
        ("ALTER TABLE papers ALTER updated_at TYPE date", "updated_at of table papers is of type date, no"),
    ],
)  # fmt: skip
async def test_what_is_missing_is_named_at_the_start(papers: Papers, statement: str, says: str) -> None:
    await papers.do(statement.format(reader=papers.reader.rpartition("/")[2]))

    with pytest.raises(Unusable) as refused:
        await papers.open()

    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.replace(":reads@", ":wrong-word@"), "password authentication failed"),
        (lambda url: url + "_elsewhere", "does not exist"),
        (lambda url: "postgresql://x:wrong-word@127.0.0.1:1/x", "refused"),
    ],
)
async def test_a_refused_login_and_an_absent_server_are_one_sentence(papers: Papers, change: Any, says: str) -> None:
    with pytest.raises(Unusable) as refused:
        await sql.open(plainly(change(papers.reader), kind="sql", schemas={"papers": SCHEMA}))

    assert says in str(refused.value)
    assert "PROACTIVE_SOURCE_URL" in str(refused.value)
    assert "wrong-word" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_the_whole_demo_source_is_read_and_only_its_malformed_rows_are_refused(server: EmbeddedPostgres) -> None:
    registers = load().connected(demo.DDL).registers
    addresses = await demo.create(server.url("postgres"), database="police", password="p")
    counts = await demo.fill(addresses.owner, people=2000, seed=3, today=date(2026, 11, 23))
    read, bad = 0, 0

    for source in await sql.open(plainly(addresses.reader, kind="sql", schemas=registers)):
        pages, _ = await all_pages(source, limit=700)
        for change in (change for page in pages for change in page.changes):
            read += 1
            bad += bool(registers[source.register].problems(row(change)))
        await source.close()

    assert read == sum(counts[table] for table in demo.DDL)
    assert bad == counts["malformed"]
