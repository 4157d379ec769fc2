"""The same over a real MariaDB: its dates, its zero dates, its clock, and what its account may do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.registers import sql
from proactive.errors import Unreachable, Unusable
from proactive.ports.register import ComparesKeys, Position, RegisterSource
from proactive.sources import plainly
from tests.connectors.registers.mariadb import COLUMNS, MariaDb, MariaPapers
from tests.connectors.registers.table import SCHEMA, all_pages, keys


@pytest.fixture
def papers(mariadb: MariaDb) -> MariaPapers:
    return MariaPapers.make(mariadb)


@pytest.fixture
async def source(papers: MariaPapers) -> AsyncIterator[RegisterSource]:
    opened = await papers.open()
    yield opened
    await opened.close()


def row(change: Any) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(change.record)
    return content


async def test_a_row_comes_with_its_moment_in_vietnam(papers: MariaPapers, source: RegisterSource) -> None:
    papers.put("P1", "'2026-05-06 07:08:09.123456'", issued_on=date(2024, 2, 29))

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


async def test_a_zero_date_refuses_its_row_alone(papers: MariaPapers, source: RegisterSource) -> None:
    papers.put("bad", "now() - interval 1 day", issued_on="0000-00-00")
    papers.put("good", "now() - interval 1 day", issued_on="2024-02-29")

    [page], _ = await all_pages(source)

    faults = {change.key: [fault.where for fault in change.faults] for change in page.changes}
    assert faults == {"bad": ["issued_on"], "good": []}
    assert row(next(change for change in page.changes if change.key == "bad"))["issued_on"] == "0000-00-00"


@pytest.mark.parametrize("at", ["NULL", "'0000-00-00'", "'1969-12-31'", "now() + interval 1 minute", "'2999-01-01'"])
async def test_a_row_without_a_usable_time_is_told_once_and_drags_nothing_with_it(
    papers: MariaPapers, source: RegisterSource, at: str
) -> None:
    papers.put("sound", "now() - interval 1 hour")
    papers.put("odd", at)
    pages, position = await all_pages(source)
    papers.put("later", "now() - interval 10 minute")
    after, position = await all_pages(source, position)
    papers.do("UPDATE papers SET class = 'C' WHERE `no` = 'odd'")
    changed, _ = await all_pages(source, position)

    assert (keys(pages), keys(after), keys(changed)) == (["sound", "odd"], ["later"], ["odd"])


@pytest.mark.parametrize("type_", ["timestamp(6) NULL", "datetime", "timestamp NULL", "datetime(3)"])
async def test_every_type_of_moment_is_read_in_order_over_the_border_of_pages(mariadb: MariaDb, type_: str) -> None:
    papers = MariaPapers.make(mariadb, COLUMNS.replace("datetime(6)", type_))
    for number in range(40):
        papers.put(f"P{number:02d}", f"'2026-01-01 07:00:00.5' + interval {number // 7} second")
    source = await papers.open()

    pages, position = await all_pages(source, limit=3)
    again, _ = await all_pages(source, position)

    assert keys(pages) == [f"P{number:02d}" for number in range(40)]
    assert keys(again) == []
    await source.close()


async def test_numbers_as_keys_are_compared_as_numbers(mariadb: MariaDb) -> None:
    papers = MariaPapers.make(mariadb, COLUMNS.replace("`no` varchar(40)", "`no` bigint"))
    first = 9_007_199_254_740_993  # beyond what a double can tell apart
    for number in range(25):
        papers.put(str(first + number), "'2026-01-01 07:00'")
    source = await papers.open()

    pages, _ = await all_pages(source, limit=4)

    assert keys(pages) == [str(first + number) for number in range(25)]
    assert isinstance(source, ComparesKeys)
    assert await source.there([str(first), "5", "x"]) == {str(first)}
    await source.close()


async def test_nothing_can_be_written_even_with_an_account_that_could(papers: MariaPapers) -> None:
    account = papers.reader.split("//")[1].split(":")[0]
    papers.do(f"GRANT ALL ON {papers.name}.* TO {account}@'127.0.0.1'")
    place = sql.placed(plainly(papers.reader, kind="sql", schemas={"papers": SCHEMA}))
    engine = place.engine()

    with pytest.raises(Exception, match="READ ONLY"), engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO papers (`no`) VALUES ('x')")


async def test_an_answer_that_takes_too_long_is_given_up_and_the_next_one_works(papers: MariaPapers) -> None:
    source = await papers.open(answer_seconds=1)
    papers.put("P1", "now()")
    holder = papers.server.connect(papers.name)
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLES papers WRITE")
        with pytest.raises(Unreachable):
            await source.changes(Position(), limit=3)
    await asyncio.to_thread(holder.close)

    assert len((await source.changes(Position(), limit=3)).changes) == 1
    await source.close()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP TABLE papers", "there is no table papers"),
        ("ALTER TABLE papers DROP COLUMN class, DROP COLUMN issued_on", "table papers has no column class, issued_on"),
        ("ALTER TABLE papers MODIFY updated_at date", "updated_at of table papers is of type date, not a timestamp"),
    ],
)
async def test_what_is_missing_is_named_at_the_start(papers: MariaPapers, statement: str, says: str) -> None:
    papers.do(statement)

    with pytest.raises(Unusable) as refused:
        await papers.open()

    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_refused_login_is_one_sentence_without_the_password(papers: MariaPapers) -> None:
    wrong = papers.reader.replace(":reads@", ":wrong-word@")

    with pytest.raises(Unusable) as refused:
        await sql.open(plainly(wrong, kind="sql", schemas={"papers": SCHEMA}))

    assert "Access denied" in str(refused.value)
    assert "wrong-word" not in str(refused.value)
