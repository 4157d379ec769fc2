"""The connector on a real broker: offsets are ours, the broker's memory is not needed, and nothing stalls."""

import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connectors.registers import debezium
from proactive.embedded.broker import EmbeddedBroker
from proactive.errors import Permanent, Unreachable, Unusable
from proactive.ports.register import Page, Position, Readable
from proactive.sources import plainly
from tests.connectors.registers.broker import DebeziumTopic, change, read_on
from tests.connectors.registers.captures import LICENCES, Message, captured

FIRST = [change(f"N{n}", n, lsn=1000, op="r", snapshot="true") for n in range(9)]
LAST = change("N9", 9, lsn=1000, op="r", snapshot="last")


@pytest.fixture
async def topic(kafka: str) -> DebeziumTopic:
    made = DebeziumTopic(kafka)
    await made.make()
    return made


@pytest.fixture
async def source(topic: DebeziumTopic) -> AsyncIterator[Readable]:
    opened = await topic.open()
    yield opened
    await opened.close()


def keys(pages: list[Page]) -> list[str]:
    return sorted(one.key for page in pages for one in page.changes)


async def at_rest(source: Readable, after: Position) -> Page:
    """The page that says that the end is in sight."""
    page = await source.changes(after, limit=1000)
    for _ in range(50):
        if not page.more:
            return page
        page = await source.changes(page.position, limit=1000)
    raise AssertionError("the end never came in sight")


async def test_pages_join_without_a_gap_whatever_their_size(topic: DebeziumTopic, source: Readable) -> None:
    await topic.tell([*FIRST, LAST])

    pages = await read_on(source, Position(), until=10, limit=3)

    assert keys(pages) == [f"N{n}" for n in range(10)]
    assert all(len(page.changes) <= 3 for page in pages)


async def test_a_topic_that_is_not_there_is_told_of(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debezium, "_GRACE", 0.0)
    missing = DebeziumTopic(kafka)
    source = await missing.open()

    with capture_logs() as lines:
        pages = [await source.changes(Position(), limit=10) for _ in range(3)]
    await source.close()

    assert [page.changes for page in pages] == [[], [], []]
    assert [(line["event"], line["topic"]) for line in lines] == [("debezium.no_topic", missing.name)], "once"


async def test_a_register_is_whole_when_its_snapshot_was_read_to_the_end(
    topic: DebeziumTopic, source: Readable
) -> None:
    await topic.tell(FIRST)
    [*_, page] = await read_on(source, Position(), until=9)
    page = await source.changes(page.position, limit=1000)
    assert page.more, "rows of the snapshot may still be on their way"

    await topic.tell([LAST])

    assert not (await at_rest(source, page.position)).more


async def test_an_empty_table_is_whole_when_the_connector_s_heart_beats(topic: DebeziumTopic, source: Readable) -> None:
    page = await source.changes(Position(), limit=1000)
    assert page.more
    assert not page.word

    await topic.beat()

    page = await at_rest(source, page.position)
    assert page.changes == []
    assert page.word


async def test_a_topic_that_is_not_there_yet_is_waited_for(kafka: str) -> None:
    topic = DebeziumTopic(kafka)
    source = await topic.open()
    page = await source.changes(Position(), limit=10)
    assert (page.changes, page.position, page.more) == ([], Position(), True)

    await topic.make()
    await topic.tell([LAST])

    assert keys(await read_on(source, page.position, until=1)) == ["N9"]
    await source.close()


async def test_without_news_the_position_stays_and_the_question_waits(topic: DebeziumTopic, source: Readable) -> None:
    await topic.tell([*FIRST, LAST])
    [*_, page] = await read_on(source, Position(), until=10)
    rest = await at_rest(source, page.position)
    began = time.monotonic()

    again = await source.changes(rest.position, limit=1000)

    assert (again.changes, again.position, again.more) == ([], rest.position, False)
    assert time.monotonic() - began >= 0.09


async def test_another_process_goes_on_where_the_kept_position_stands(topic: DebeziumTopic, source: Readable) -> None:
    await topic.tell([*FIRST, LAST])
    [*_, page] = await read_on(source, Position(), until=10)
    await topic.tell(
        [change("N3", 4, lsn=2000), change("N4", 1, lsn=2100, op="d"), Message(b'{"licence_no":"N4"}', None)]
    )
    other = await topic.open()

    pages = await read_on(other, page.position, until=2)

    assert keys(pages) == ["N3", "N4"]
    await other.close()


async def test_news_comes_at_once(topic: DebeziumTopic) -> None:
    source = await topic.open(wait=5)
    await topic.tell([LAST])
    [*_, page] = await read_on(source, Position(), until=1)
    position = page.position
    took = []
    for lsn in range(2000, 2010):
        await topic.tell([change("N1", lsn, lsn=lsn)])
        began = time.monotonic()
        [*_, page] = await read_on(source, position, until=1)
        took.append(time.monotonic() - began)
        position = page.position

    assert sorted(took)[5] < 0.25
    await source.close()


async def test_what_is_no_change_of_debezium_is_put_aside_between_its_neighbours(
    topic: DebeziumTopic, source: Readable
) -> None:
    rubbish = [Message(b"k", b"rubbish"), Message(None, b"\xff" * 300_000), Message(b'{"x":1}', b'{"op":"u"}')]
    await topic.tell([FIRST[0], *rubbish, FIRST[1], LAST], partition=0)

    pages = await read_on(source, Position(), until=6)

    changes = [one for page in pages for one in page.changes]
    assert [bool(one.faults) for one in changes] == [False, True, True, True, False, False]
    assert changes[1].key == f"{topic.name}/0/1"


async def test_a_topic_made_anew_is_read_from_its_beginning_with_versions_that_go_on(topic: DebeziumTopic) -> None:
    source = await topic.open()
    await topic.tell([*FIRST, LAST, change("N1", 5, lsn=3000)])
    pages = await read_on(source, Position(), until=11)
    before = {one.key: one.version for page in pages for one in page.changes}
    await source.close()  # librdkafka crashes when the embedded broker deletes what it reads
    await topic.unmake()
    await topic.make_again()
    source = await topic.open()
    await topic.tell([change(f"N{n}", n, lsn=4000, op="r", snapshot="true") for n in range(10)])

    again = await read_on(source, pages[-1].position, until=10)

    assert keys(again) == [f"N{n}" for n in range(10)]
    assert all(one.version > before[one.key] for page in again for one in page.changes)
    await source.close()


async def test_a_broker_without_memory_is_unreachable_while_it_is_away_and_read_anew_when_it_is_back(
    tmp_path: Path,
) -> None:
    broker = EmbeddedBroker(tmp_path)
    topic = DebeziumTopic(await broker.start())
    await topic.make()
    await topic.tell([*FIRST, LAST])
    source = await topic.open()
    [*_, page] = await read_on(source, Position(), until=10)
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    await broker.wait()
    with pytest.raises(Unreachable):
        for _ in range(40):
            await source.changes(page.position, limit=10)
    await broker.stop()
    assert await broker.start() == topic.address
    await topic.make()
    await topic.tell([change(f"N{n}", n, lsn=5000, op="r", snapshot="true") for n in range(12)])

    found: list[Page] = []
    position = page.position
    for _ in range(60):
        try:
            found.append(await source.changes(position, limit=1000))
        except Unreachable:
            continue
        position = found[-1].position
        if sum(len(one.changes) for one in found) >= 12:
            break

    assert keys(found) == sorted(f"N{n}" for n in range(12))
    await source.close()
    await broker.stop()


async def test_everything_a_real_connector_wrote_comes_through_the_broker(
    topic: DebeziumTopic, source: Readable
) -> None:
    story = captured("schemas")
    await topic.tell(story)

    pages = await read_on(source, Position(), until=6)

    assert [one.faults for page in pages for one in page.changes] == [()] * 6


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://x/y", "does not give the address of Debezium's topics"),
        ("kafka://localhost:9092", "does not give the address of Debezium's topics"),
        ("kafka://localhost:9092/police.public?group.id=x", "sets group.id in the address"),
    ],
)
async def test_an_address_that_cannot_be_meant_is_refused_with_one_sentence(url: str, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        await debezium.open(plainly(url, kind="debezium", schemas={"driver_licences": LICENCES}))


async def test_a_position_of_another_source_is_refused(source: Readable) -> None:
    with pytest.raises(Permanent, match="forget it to read from the beginning"):
        await source.changes(Position("2026-11-25"), limit=10)
