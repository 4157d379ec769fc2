"""The spool: what is in it is on the disk, in order, once, bounded, and its owner's alone."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.site.events import Event, Writer
from connectors.site.spool import Full, Spool
from connectors.site.state import look
from proactive.domain.change import Change, Fault
from proactive.errors import Overtaken, Unusable
from proactive.ports.clock import SetClock
from proactive.ports.register import Position

MB = 1024 * 1024
PLENTY = 100 * MB


@pytest.fixture
async def spool(tmp_path: Path, clock: SetClock) -> AsyncIterator[Spool]:
    async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock) as opened:
        yield opened


def change(number: int, *, version: int = 1, **record: object) -> Change:
    return Change(
        register="papers", key=f"P{number}", subject="048080000001", version=version,
        record=msgspec.Raw(msgspec.json.encode({"no": f"P{number}", **record})),
    )  # fmt: skip


def written(*changes: Change, telling: int = 1, salt: bytes = b"s" * 32) -> list[Event]:
    writer = Writer("c1", salt=salt)
    return [writer.changed(one, telling=telling) for one in changes]


async def keep(spool: Spool, *events: Event, mark: str = "1", telling: int = 1, end: Event | None = None) -> int:
    return await spool.put(events, Position(mark, "k"), of="papers", telling=telling, end=end)


async def ids(spool: Spool) -> list[str]:
    return [event.id for event in await spool.oldest(10_000, most_bytes=PLENTY)]


async def test_events_leave_in_the_order_in_which_they_came(spool: Spool) -> None:
    events = written(*(change(number % 3, version=number) for number in range(1, 10)))

    await keep(spool, *events[:4], mark="a")
    await keep(spool, *events[4:], mark="b")

    assert await ids(spool) == [event.id for event in events]
    assert (await spool.reading("papers")).position == Position("b", "k")


async def test_a_batch_is_bounded_in_number_and_length_and_never_empty(spool: Spool) -> None:
    events = written(*(change(number, filling="x" * 1000) for number in range(10)))
    await keep(spool, *events)

    assert len(await spool.oldest(3, most_bytes=PLENTY)) == 3
    assert len(await spool.oldest(100, most_bytes=3 * (len(events[0].body) + 1) + 2)) == 3
    assert len(await spool.oldest(100, most_bytes=10)) == 1


async def test_what_was_acknowledged_is_gone_and_is_not_taken_in_again_for_an_hour(
    spool: Spool, clock: SetClock
) -> None:
    events = written(change(1), change(2))
    await keep(spool, *events)
    await spool.acknowledged(await spool.oldest(1, most_bytes=PLENTY))

    news_at_once = await keep(spool, *events, mark="2")
    clock.forward(hours=2)
    await spool.tidy()
    news_later = await keep(spool, *events, mark="3")

    assert (news_at_once, news_later) == (0, 1)
    assert await ids(spool) == [events[1].id, events[0].id]


async def test_events_and_position_are_kept_together_or_not_at_all(spool: Spool, tmp_path: Path) -> None:
    await keep(spool, *written(change(1)), mark="a")
    with sqlite3.connect(tmp_path / "spool" / "spool.db") as fault:
        fault.execute("CREATE TRIGGER f BEFORE UPDATE ON reading BEGIN SELECT raise(ABORT, 'no'); END")
    fault.close()

    with pytest.raises(Full):
        await keep(spool, *written(change(2), change(3)), mark="b")

    assert len(await ids(spool)) == 1
    assert (await spool.reading("papers")).position.mark == "a"


async def test_a_full_spool_takes_nothing_until_something_has_left(tmp_path: Path, clock: SetClock) -> None:
    async with Spool(tmp_path / "spool", most_bytes=MB, clock=clock) as spool:
        taken = 0
        with pytest.raises(Full):
            for number in range(1000):
                await keep(spool, *written(change(number, filling="x" * 10_000)), mark=str(number))
                taken = number
        room_when_full = await spool.has_room()
        await spool.acknowledged(await spool.oldest(20, most_bytes=PLENTY))

        assert 70 < taken < 105
        assert not room_when_full
        assert await spool.has_room()
        assert (await spool.reading("papers")).position.mark == str(taken)
        assert sum(file.stat().st_size for file in (tmp_path / "spool").iterdir()) < 8 * MB


async def test_a_disk_with_little_room_left_counts_as_full(tmp_path: Path, clock: SetClock) -> None:
    async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock, free_bytes=1 << 62) as spool:
        with pytest.raises(Full):
            await keep(spool, *written(change(1)))


async def test_room_is_given_back_to_the_disk_and_what_was_there_is_overwritten(spool: Spool, tmp_path: Path) -> None:
    for number in range(50):
        await keep(spool, *written(change(number, name="Nguyễn Văn Bí Mật" * 400)), mark=str(number))
    while events := await spool.oldest(100, most_bytes=PLENTY):
        await spool.acknowledged(events)
    await spool.tidy()

    files = [file.read_bytes() for file in (tmp_path / "spool").iterdir()]
    assert sum(map(len, files)) < 200_000
    assert not [file for file in files if "Bí Mật".encode() in file]


async def test_only_its_owner_can_look_into_it(spool: Spool, tmp_path: Path) -> None:
    await keep(spool, *written(change(1)))

    folder = tmp_path / "spool"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == dict.fromkeys(
        ("lock", "spool.db", "spool.db-shm", "spool.db-wal"), "0o600"
    )


async def test_a_folder_that_others_can_look_into_is_refused(tmp_path: Path, clock: SetClock) -> None:
    await asyncio.to_thread(tmp_path.chmod, 0o755)

    with pytest.raises(Unusable, match="chmod 700"):
        async with Spool(tmp_path, most_bytes=PLENTY, clock=clock):
            pass


async def test_two_never_work_on_one_spool(spool: Spool, tmp_path: Path, clock: SetClock) -> None:
    with pytest.raises(Unusable, match=str(os.getpid())):
        async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock):
            pass
    async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock, alone=False) as beside:
        await beside.begin_anew("papers")


async def test_a_damaged_spool_is_named_with_what_to_do(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "spool").mkdir(mode=0o700)
    (tmp_path / "spool" / "spool.db").write_bytes(b"not a database at all" * 100)

    with pytest.raises(Unusable, match="move it away"):
        async with Spool(tmp_path / "spool", most_bytes=PLENTY, clock=clock):
            pass
    with pytest.raises(Unusable, match="no spool to look at"):
        look(tmp_path / "nowhere")


async def test_a_row_that_could_not_be_made_into_one_of_the_register_is_put_aside_at_once(
    spool: Spool, tmp_path: Path
) -> None:
    unfit = msgspec.structs.replace(change(2), faults=(Fault("class", "'Z9' is not listed.", "List it."),))

    await keep(spool, *written(change(1), unfit, change(3)))

    assert len(await ids(spool)) == 2
    assert [one.answer for one in look(tmp_path / "spool").aside] == ["class: 'Z9' is not listed. List it."]
    await spool.begin_anew("papers")
    assert look(tmp_path / "spool").aside == []


async def test_rows_that_are_made_into_something_else_than_before_are_all_told_anew(spool: Spool) -> None:
    at_first = await spool.shaped("papers", "a")
    await keep(spool, *written(change(1)))
    same = await spool.shaped("papers", "a")
    other = await spool.shaped("papers", "b")

    reading = await spool.reading("papers")
    assert (at_first, same, other) == (False, False, True)
    assert (reading.telling, reading.position, reading.shape) == (2, Position(), "b")


async def test_an_event_put_aside_waits_for_nobody_and_may_wait_once_more(spool: Spool) -> None:
    events = written(change(1), change(2))
    await keep(spool, *events)
    [first] = await spool.oldest(1, most_bytes=PLENTY)
    await spool.put_aside(first, "data.version: it is no number")

    news = await keep(spool, *events, mark="2")
    left = await ids(spool)
    await spool.again()

    assert news == 0
    assert left == [events[1].id]
    assert await ids(spool) == [events[1].id, events[0].id]


async def test_the_end_of_a_register_is_told_once_and_remembered_when_acknowledged(
    spool: Spool, clock: SetClock
) -> None:
    writer = Writer("c1", salt=spool.salt)
    ends = [writer.caught_up("papers", at=at, telling=1) for at in (clock.now(), clock.now() + timedelta(seconds=5))]

    await keep(spool, *written(change(1)), end=ends[0])
    await keep(spool, mark="2", end=ends[1])
    before = (await spool.reading("papers")).told_at
    await spool.acknowledged(await spool.oldest(100, most_bytes=PLENTY))

    assert before is None
    assert (await spool.reading("papers")).told_at == clock.now()
    assert await ids(spool) == []


async def test_an_end_that_was_under_way_when_another_telling_began_does_not_end_that_one(
    spool: Spool, clock: SetClock
) -> None:
    end = Writer("c1", salt=spool.salt).caught_up("papers", at=clock.now(), telling=1)
    await keep(spool, *written(change(1)), end=end)
    under_way = await spool.oldest(100, most_bytes=PLENTY)

    await spool.begin_anew("papers")
    await spool.acknowledged(under_way)

    assert (await spool.reading("papers")).told_at is None
    assert await ids(spool) == []


async def test_a_register_told_anew_has_new_ids_and_no_end_until_it_is_read_again(
    spool: Spool, clock: SetClock
) -> None:
    end = Writer("c1", salt=spool.salt).caught_up("papers", at=clock.now(), telling=1)
    await keep(spool, *written(change(1)), end=end)

    await spool.begin_anew("papers")
    waiting = await ids(spool)
    with pytest.raises(Overtaken):
        await keep(spool, *written(change(1)), mark="2", telling=1)
    news = await keep(spool, *written(change(1), telling=2), mark="2", telling=2)

    assert waiting == [event.id for event in written(change(1))], "the end of the first telling is not told any more"
    assert news == 1
    assert (await spool.reading("papers")).telling == 2


KEEPS = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from connectors.site.spool import Spool
from proactive.ports.clock import SystemClock
from proactive.ports.register import Position
from tests.connectors.site.test_spool import PLENTY, change, written

async def main():
    async with Spool(Path(sys.argv[1]), most_bytes=PLENTY, clock=SystemClock()) as spool:
        for number in range(1_000_000):
            events = written(change(number, version=number + 1), change(number, version=number + 2))
            await spool.put(events, Position(str(number)), of="papers", telling=1)
            print(number, flush=True)

asyncio.run(main())
"""


async def test_after_kill_9_everything_that_was_kept_is_there(tmp_path: Path, clock: SetClock) -> None:
    folder = tmp_path / "spool"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KEEPS, folder, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(60):
        last = int(await process.stdout.readline())
    process.kill()
    rest, _ = await process.communicate()
    last = int(rest.split()[-1]) if rest else last

    async with Spool(folder, most_bytes=PLENTY, clock=clock) as spool:
        mark = int((await spool.reading("papers")).position.mark)
        assert mark in (last, last + 1), "one more may be on the disk than was said"
        assert len(await ids(spool)) == 2 * (mark + 1)
