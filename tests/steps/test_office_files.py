"""A file of an office ends in the records: what was shown is what is done, once, whatever dies in the middle."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from proactive import journey
from proactive.domain.change import Change, encode
from proactive.domain.files import Fate, FileState, Listing, OfficeFile
from proactive.errors import Temporary
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.sources import ConnectedRegister
from proactive.steps.office_files import PATIENCE
from proactive.steps.recognise import recognise
from proactive.store.files import LEASE
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from rules import Catalogue
from tests.sheets.files import delimited, workbook

REGISTER = "violations"
HEADINGS = ["Số vụ việc", "Số định danh cá nhân", "Ngày vi phạm", "Ngày giải quyết xong"]


def row(number: int, day: str = "02/10/2026", done: str = "") -> list[str]:
    return [f"VP{number:05d}", f"048168{number:06d}", day, done]


class Office:
    """An office that has only a spreadsheet, and the worker's two steps over a Kafka that may lose what it is told."""

    def __init__(self, store: Store, url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> None:
        self.store, self.catalogue, self.facts, self.clock = store, catalogue, facts, clock
        self.recognition = RecognitionStore(url)
        self.registers = {REGISTER: ConnectedRegister(catalogue.registers[REGISTER])}
        self.told: list[Change] = []
        self.dies = 0

    async def publish(self, changes: Sequence[Change]) -> None:
        if self.dies:
            self.dies -= 1
            raise Temporary
        self.told += changes
        await asyncio.to_thread(
            recognise, [encode(one) for one in changes], facts=self.facts, store=self.recognition, clock=self.clock
        )

    async def sends(self, content: bytes, listing: Listing = Listing.ADDITIONS, *, unasked: bool = False) -> OfficeFile:
        """The file comes and is read."""
        self.clock.forward(seconds=1)
        now = self.clock.now()
        file = OfficeFile(
            id=uuid4(), register_name=REGISTER, name="vi-pham.csv", kind="", delimiter="", listing=listing,
            state=FileState.RECEIVED, origin="desk", by="lan", stamp=int(now.timestamp() * 1_000_000), received_at=now,
        )  # fmt: skip
        await self.store.files.receive(file, content, digest="x", unasked=unasked, now=now)
        assert await self.reads() == 1
        return await self.again(file)

    async def reads(self) -> int:
        return await journey.read_files(store=self.store, registers=self.registers, facts=self.facts, clock=self.clock)

    async def again(self, file: OfficeFile) -> OfficeFile:
        found = await self.store.files.get(file.id)
        assert found is not None
        return found

    async def applies(self, file: OfficeFile, *, agreed: int | None = None) -> OfficeFile:
        """Somebody says so, and the worker goes on until nothing moves."""
        agreed = file.number(Fate.VANISHES) if agreed is None else agreed
        await self.store.files.decide(file.id, apply=True, agreed=agreed, actor="lan", now=self.clock.now())
        await self.works()
        return await self.again(file)

    async def step(self) -> int:
        return await journey.apply_files(
            store=self.store, registers=self.registers, publish=self.publish,
            columns=self.catalogue.columns_needed, clock=self.clock, limit=50,
        )  # fmt: skip

    async def works(self) -> None:
        while True:
            try:
                if not await self.step():
                    return
            except Temporary:
                self.clock.forward(seconds=PATIENCE.total_seconds() + 1)

    async def records(self) -> dict[str, tuple[bool, Any]]:
        async with self.store.engine.connect() as connection:
            rows = await connection.execute(text("SELECT key, deleted, body ->> 'resolved_on' FROM record ORDER BY 1"))
            return {key: (deleted, resolved) for key, deleted, resolved in rows}


@pytest.fixture
async def office(
    store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> AsyncIterator[Office]:
    made = Office(store, database_url, catalogue, facts, clock)
    yield made
    made.recognition.close()


def counts(file: OfficeFile) -> dict[str, int]:
    return {str(fate): number for fate, number in file.counts.items() if number}


async def test_nothing_changes_before_somebody_says_so_and_then_what_was_shown(office: Office) -> None:
    shown = await office.sends(workbook([HEADINGS, row(1), row(2), row(3, day="31/02/2026")]))
    before = await office.records()
    applied = await office.applies(shown)

    assert (shown.state, counts(shown)) == (FileState.PREVIEWED, {"new": 2, "refused": 1})
    assert before == {}
    assert (applied.state, counts(applied)) == (FileState.APPLIED, {"new": 2, "refused": 1})
    assert set(await office.records()) == {"VP00001", "VP00002"}
    assert [deed.verb for deed in await office.store.files.history(shown.id)] == ["receive", "read", "apply", "applied"]


async def test_a_second_file_changes_what_differs_and_tells_nothing_else(office: Office) -> None:
    await office.applies(await office.sends(delimited([HEADINGS, row(1), row(2), row(3)])))
    office.told.clear()

    shown = await office.sends(delimited([HEADINGS, row(1), row(2, done="05/11/2026"), row(4)]))
    [difference] = await office.store.file_rows.changed(shown, limit=10)
    await office.applies(shown)

    assert counts(shown) == {"unchanged": 1, "changed": 1, "new": 1}
    assert shown.columns == {"resolved_on": 1}
    assert (difference.before.get("resolved_on"), difference.after["resolved_on"]) == (None, "2026-11-05")
    assert {change.key for change in office.told} == {"VP00002", "VP00004"}
    assert len(await office.records()) == 4


async def test_the_same_file_again_changes_nothing(office: Office) -> None:
    content = delimited([HEADINGS, row(1), row(2)])
    await office.applies(await office.sends(content, Listing.FULL))
    office.told.clear()

    again = await office.applies(await office.sends(content, Listing.FULL))

    assert (again.state, counts(again)) == (FileState.APPLIED, {"unchanged": 2})
    assert office.told == []


async def test_what_a_full_list_does_not_hold_vanishes_and_comes_back(office: Office) -> None:
    await office.applies(await office.sends(delimited([HEADINGS, row(1), row(2)]), Listing.FULL))
    shown = await office.sends(delimited([HEADINGS, row(2)]), Listing.FULL)
    await office.applies(shown)
    gone = await office.records()
    back = await office.sends(delimited([HEADINGS, row(1), row(2)]), Listing.FULL)
    await office.applies(back)

    assert counts(shown) == {"unchanged": 1, "vanishes": 1}
    assert (gone["VP00001"][0], gone["VP00002"][0]) == (True, False)
    assert counts(back) == {"new": 1, "unchanged": 1}
    assert not (await office.records())["VP00001"][0]
    assert REGISTER in await office.store.positions.caught_up()
    assert (await office.store.hearing.of([REGISTER]))[REGISTER].at == office.clock.now()


async def test_half_a_file_is_stopped_until_somebody_agrees_to_the_number(office: Office) -> None:
    await office.applies(await office.sends(delimited([HEADINGS, *map(row, range(1, 61))]), Listing.FULL))

    half = await office.sends(delimited([HEADINGS, *map(row, range(1, 31))]), Listing.FULL, unasked=True)
    stopped = await office.applies(half, agreed=0)
    kept = sum(not deleted for deleted, _ in (await office.records()).values())
    done = await office.applies(stopped, agreed=30)

    assert (half.state, half.held, half.number(Fate.VANISHES)) == (FileState.PREVIEWED, "vanishing", 30)
    assert (stopped.state, stopped.held, kept) == (FileState.PREVIEWED, "vanishing", 60)
    assert done.state is FileState.APPLIED
    assert sum(not deleted for deleted, _ in (await office.records()).values()) == 30


async def test_a_row_that_is_refused_does_not_make_its_record_vanish(office: Office) -> None:
    await office.applies(await office.sends(delimited([HEADINGS, row(1), row(2)]), Listing.FULL))

    bad = await office.sends(delimited([HEADINGS, row(1), row(2, day="khi nào")]), Listing.FULL)
    nameless = await office.sends(delimited([HEADINGS, row(1), ["", *row(3)[1:]]]), Listing.FULL)

    assert counts(bad) == {"unchanged": 1, "refused": 1}
    assert (counts(nameless), nameless.held) == ({"unchanged": 1, "refused": 1}, "nameless")


async def test_a_key_that_stands_twice_is_one_row_or_refused(office: Office) -> None:
    shown = await office.sends(delimited([HEADINGS, row(1), row(1), row(2), row(2, done="05/11/2026"), row(3)]))

    refused = await office.store.file_rows.refused(shown.id, limit=10)

    assert counts(shown) == {"new": 2, "doubled": 1, "refused": 2}
    assert [one.line for one in refused] == [4, 5]
    assert refused[0].problems[0]["where"] == "violation_no"


async def test_an_older_file_does_not_win_over_a_newer_record(office: Office) -> None:
    heading = [*HEADINGS, "updated_at"]
    await office.applies(await office.sends(delimited([heading, [*row(1), "20/11/2026 10:00"]])))

    late = await office.sends(delimited([heading, [*row(1, done="01/11/2026"), "19/11/2026 10:00"]]))

    assert counts(late) == {"older": 1}


async def test_two_files_of_one_register_go_in_their_order(office: Office) -> None:
    first = await office.sends(delimited([HEADINGS, row(1)]))
    second = await office.sends(delimited([HEADINGS, row(1, done="05/11/2026")]))

    await office.store.files.decide(second.id, apply=True, actor="lan", now=office.clock.now())
    await office.applies(first)
    done = await office.again(second)

    assert done.state is FileState.APPLIED
    assert (await office.records())["VP00001"] == (False, "2026-11-05")
    assert first.stamp < second.stamp


async def test_what_is_thrown_away_changes_nothing_and_keeps_no_row(office: Office) -> None:
    shown = await office.sends(delimited([HEADINGS, row(1)]))

    said = await office.store.files.decide(shown.id, apply=False, actor="lan", now=office.clock.now())
    twice = await office.store.files.decide(shown.id, apply=True, actor="hoa", now=office.clock.now())
    await office.works()

    assert (said, twice) == (True, False)
    assert await office.records() == {}
    assert await left(office.store) == (0, 0)


async def left(store: Store) -> tuple[int, int]:
    """Rows, and files whose content is still there."""
    async with store.engine.connect() as connection:
        rows = await connection.scalar(text("SELECT count(*) FROM office_file_row"))
        contents = await connection.scalar(text("SELECT count(*) FROM office_file WHERE content IS NOT NULL"))
        return int(rows or 0), int(contents or 0)


async def test_only_refused_rows_stay_and_not_for_ever(office: Office) -> None:
    shown = await office.sends(delimited([HEADINGS, row(1), row(2, day="?")]))
    await office.applies(shown)
    after = await left(office.store)

    office.clock.forward(days=31)
    await journey.tidy(catalogue=office.catalogue, store=office.store, clock=office.clock)

    assert after == (1, 0)
    assert await left(office.store) == (0, 0)


@pytest.mark.parametrize("content", [b"%PDF-1.7", delimited([["a"], ["b"]]), delimited([HEADINGS])])
async def test_a_file_that_cannot_be_used_says_why_and_keeps_nothing(office: Office, content: bytes) -> None:
    refused = await office.sends(content)

    assert refused.state is FileState.REFUSED and refused.why is not None and refused.why.mend
    assert await left(office.store) == (0, 0)


async def test_days_written_month_first_refuse_all_of_the_file(office: Office) -> None:
    refused = await office.sends(delimited([HEADINGS, row(1, day="3/4/2026"), row(2, day="12/31/2025")]))

    assert refused.state is FileState.REFUSED and refused.why is not None
    assert "month first" in refused.why.why


async def test_a_worker_that_dies_while_reading_is_followed_by_one_that_begins_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = office.store.file_rows.put
    fails: Callable[..., Any] = _fails_at(put, 3)
    monkeypatch.setattr(office.store.file_rows, "put", fails)

    with pytest.raises(ConnectionError):
        await office.sends(delimited([HEADINGS, *map(row, range(1, 4001))]))
    monkeypatch.setattr(office.store.file_rows, "put", put)
    early = await office.reads()
    office.clock.forward(seconds=LEASE.total_seconds() + 1)
    late = await office.reads()

    [file], _ = await office.store.files.newest(limit=1)
    assert (early, late) == (0, 1)
    assert (file.state, counts(file)) == (FileState.PREVIEWED, {"new": 4000})


def _fails_at(put: Callable[..., Any], number: int) -> Callable[..., Any]:
    calls = 0

    async def dying(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise ConnectionError
        await put(*args)

    return dying


async def test_what_kafka_loses_is_told_again_and_nothing_is_done_twice(office: Office) -> None:
    shown = await office.sends(delimited([HEADINGS, *map(row, range(1, 201))]))
    office.dies = 3

    done = await office.applies(shown)

    assert (done.state, done.progress, done.total) == (FileState.APPLIED, 200, 200)
    assert len(await office.records()) == 200
    assert len({change.key for change in office.told}) == len(office.told) == 200


NUMBERS = st.integers(1, 12)
FILES = st.lists(
    st.tuples(
        NUMBERS, st.sampled_from(["02/10/2026", "03/10/2026", "khi nào", ""]), st.sampled_from(["", "05/11/2026"])
    ),
    min_size=1, max_size=14,
)  # fmt: skip


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.tuples(FILES, st.sampled_from(Listing)), min_size=1, max_size=4))
async def test_the_preview_is_what_applying_does(office: Office, files: list[tuple[Any, Listing]]) -> None:
    async with office.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE record, office_file, rejected_change CASCADE"))
    for rows, listing in files:
        shown = await office.sends(delimited([HEADINGS, *(row(*one) for one in rows)]), listing)
        before = await office.records()
        done = await office.applies(shown)
        after = await office.records()

        came = {key for key in after if before.get(key, (True,))[0] and not after[key][0]}
        went = {key for key in before if not before[key][0] and after[key][0]}
        stay = {key for key in after if key in before and not before[key][0] and not after[key][0]}
        changed = {key for key in stay if before[key] != after[key]}
        assert done.state is FileState.APPLIED
        assert counts(done) == counts(shown)
        assert (len(came), len(changed), len(went)) == (
            shown.number(Fate.NEW), shown.number(Fate.CHANGED), shown.number(Fate.VANISHES),
        )  # fmt: skip
        assert sum(shown.counts.values()) - shown.number(Fate.VANISHES) == len(rows)
