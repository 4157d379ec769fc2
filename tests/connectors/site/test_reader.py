"""What a source gives is in the spool with its position; what is gone from it is found, and not believed in haste."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.registers.memory import MemoryRegister
from connectors.site.events import Writer
from connectors.site.reader import LIMIT, Reader
from connectors.site.spool import Full, Spool
from proactive.errors import Unreachable
from proactive.ports.clock import SetClock
from proactive.ports.register import ComparesKeys
from proactive.sources.grammar import Deletes, Seen
from tests.connectors.site.test_spool import PLENTY

COMPARED = Deletes(seen=Seen.COMPARED, every_minutes=30, most_percent=20)


class Papers(MemoryRegister, ComparesKeys):
    """A source whose rows may go without a word."""

    async def there(self, keys: Sequence[str]) -> Collection[str]:
        if self.silent:
            raise Unreachable
        return self.rows.keys() & set(keys)

    def fill(self, first: int, last: int, *, version: int = 1) -> None:
        for number in range(first, last + 1):
            self.put(f"P{number:04d}", "048080000001", {"no": f"P{number:04d}"}, version=version)


@pytest.fixture
async def spool(tmp_path: Path, clock: SetClock) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock) as opened:
        yield opened


@pytest.fixture
def papers() -> Papers:
    return Papers("papers")


@pytest.fixture
def reader(papers: Papers, spool: Spool, clock: SetClock) -> Reader:
    return Reader(
        papers, spool, Writer("c-1", salt=b"s" * 32), deletes=COMPARED, clock=clock, heartbeat=timedelta(minutes=1)
    )


async def told(spool: Spool) -> list[tuple[str, str, int]]:
    """Kind, key and version of what waits; all of it is acknowledged."""
    found = []
    while events := await spool.oldest(100, most_bytes=PLENTY):
        for event in events:
            body = msgspec.json.decode(event.body)
            kind = body["data"].get("op", body["type"].rpartition(".")[2])
            found.append((kind, body.get("subject", ""), body["data"].get("version", 0)))
        await spool.acknowledged(events)
    return found


async def test_all_pages_then_the_end_and_a_heartbeat(reader: Reader, papers: Papers, spool: Spool) -> None:
    papers.fill(1, LIMIT + 1)

    ends = [await reader.step(), await reader.step()]
    kinds = [kind for kind, _, _ in await told(spool)]

    assert ends == [False, True]
    assert kinds == ["upsert"] * (LIMIT + 1) + ["heartbeat", "caught_up"]


async def test_one_heartbeat_a_minute_and_none_while_one_still_waits(
    reader: Reader, spool: Spool, clock: SetClock
) -> None:
    await reader.step()
    first = [kind for kind, _, _ in await told(spool)]
    await reader.step()
    at_once = await told(spool)
    for _ in range(5):
        clock.forward(minutes=2)
        await reader.step()

    assert first == ["heartbeat", "caught_up"]
    assert at_once == []
    assert [kind for kind, _, _ in await told(spool)] == ["heartbeat"]


async def test_a_source_that_is_silent_moves_nothing(reader: Reader, papers: Papers, spool: Spool) -> None:
    papers.fill(1, 3)
    papers.silent = True

    with pytest.raises(Unreachable):
        await reader.step()

    assert await told(spool) == []


async def test_while_there_is_no_room_the_source_is_not_even_asked(tmp_path: Path, clock: SetClock) -> None:
    papers = Papers("papers")
    papers.silent = True
    async with Spool(tmp_path / "small", most_bytes=1, clock=clock) as spool:
        reader = Reader(
            papers, spool, Writer("c-1", salt=b""), deletes=Deletes(), clock=clock, heartbeat=timedelta(minutes=1)
        )
        with pytest.raises(Full):
            await reader.step()


async def test_a_row_that_is_gone_is_told_as_deleted_once_one_version_later(
    reader: Reader, papers: Papers, spool: Spool, clock: SetClock
) -> None:
    papers.fill(1, 20, version=7)
    await reader.step()
    await told(spool)
    del papers.rows["P0005"]
    before_its_time = (await reader.step(), await told(spool))[1]
    clock.forward(minutes=31)
    await reader.step()
    in_time = await told(spool)
    clock.forward(minutes=31)
    await reader.step()
    papers.fill(5, 5, version=9)
    await reader.step()

    assert before_its_time == []
    assert [event for event in in_time if event[0] != "heartbeat"] == [("delete", "P0005", 8)]
    assert [event for event in await told(spool) if event[0] != "heartbeat"] == [("upsert", "P0005", 9)]


async def test_too_many_gone_at_once_are_not_believed_and_looked_for_again(
    reader: Reader, papers: Papers, spool: Spool, clock: SetClock
) -> None:
    papers.fill(1, 20)
    await reader.step()
    await told(spool)
    rows = dict(papers.rows)
    papers.rows.clear()
    clock.forward(minutes=31)
    await reader.step()
    emptied = await told(spool)
    papers.rows = {key: row for key, row in rows.items() if key > "P0003"}
    clock.forward(minutes=31)
    await reader.step()

    assert [kind for kind, _, _ in emptied] == ["heartbeat"]
    assert sorted(key for kind, key, _ in await told(spool) if kind == "delete") == ["P0001", "P0002", "P0003"]


async def test_deletions_are_looked_for_after_a_restart_too(
    papers: Papers, spool: Spool, reader: Reader, clock: SetClock
) -> None:
    papers.fill(1, 20)
    await reader.step()
    await told(spool)
    del papers.rows["P0007"]
    clock.forward(minutes=31)
    after = Reader(
        papers, spool, Writer("c-1", salt=b"s" * 32), deletes=COMPARED, clock=clock, heartbeat=timedelta(minutes=1)
    )
    await after.step()

    assert ("delete", "P0007", 2) in await told(spool)
