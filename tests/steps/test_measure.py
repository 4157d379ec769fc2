"""Scores of registers: they reconcile with counting by hand, and mending a row never lowers one."""

import random
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from proactive.domain.addressee import mobile
from proactive.domain.change import Change, Op
from proactive.domain.quality import Score
from proactive.steps.measure import LEASE, measure
from proactive.store.measuring import Counted, count
from proactive.store.quality import Measured
from proactive.store.questions import Register
from rules import Dimension
from rules.offices import units
from tests.steps.holdings import Row, Rows, invented, licence, resident, told
from tests.steps.people import driver
from tests.steps.town import Town

EVERY = timedelta(minutes=5)


class Registers:
    """What a town's registers hold, as a test writes it: put into the sources and recognised."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.version = 1

    async def hold(self, rows: Rows) -> None:
        """Every row arrives, in a newer version than whatever came before."""
        self.version += 1
        await self.town.told_by_sources([*told(rows, self.town.catalogue, version=self.version)])

    async def scores(self) -> dict[tuple[str, str, Dimension], Score]:
        """What a whole round of measuring comes to."""
        self.town.clock.at += timedelta(days=1)
        while await self.measure():
            pass
        catalogue = self.town.catalogue
        keys = [
            (register, service, dimension)
            for register in ("residents", "driver_licences")
            for service in ("", *catalogue.services)
            for dimension in Dimension
        ]
        return await self.town.store.quality.newest(keys)

    async def measure(self) -> int:
        return await measure(catalogue=self.town.catalogue, store=self.town.store, clock=self.town.clock, every=EVERY)

    async def measured(self, register: str) -> Measured:
        return (await self.town.store.quality.measured())[register]


@pytest.fixture
async def registers(town: Town) -> Registers:
    """The town before anybody has measured anything."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE quality_score, quality_measure"))
    return Registers(town)


def by_hand(rows: Rows, today: date) -> dict[tuple[str, Dimension], set[str]]:
    """The keys of the rows that fall short, worked out without a line of the product's own counting."""
    people: Mapping[str, Row] = {row["personal_id"]: row for row in rows["residents"]}
    wrong: dict[tuple[str, Dimension], set[str]] = {}

    def short(register: str, dimension: Dimension, key: str, condition: bool) -> None:
        found = wrong.setdefault((register, dimension), set())
        if condition:
            found.add(key)

    def untidy(value: str | None) -> bool:
        if value is None:
            return False
        return unicodedata.normalize("NFC", value) != value or " ".join(value.replace("\u00a0", " x ").split()) != value

    def plain(value: str) -> str:
        return " ".join(unicodedata.normalize("NFC", value).split()).lower()

    for row in rows["residents"]:
        key = row["personal_id"]
        died = row.get("died_on")
        short("residents", Dimension.CORRECT, key, died is not None and died > today.isoformat())
        short("residents", Dimension.CORRECT, key, row["unit_code"] is not None and row["unit_code"] not in units())
        for name in ("date_of_birth", "unit_code", "address"):
            short("residents", Dimension.COMPLETE, key, not row[name])
        short("residents", Dimension.CLEAN, key, untidy(row["full_name"]) or untidy(row["address"]))
        short("residents", Dimension.CLEAN, key, row["phone"] is not None and mobile(row["phone"]) is None)
    seen: set[tuple[str, ...]] = set()
    for row in sorted(rows["driver_licences"], key=lambda row: row["licence_no"]):
        key, person = row["licence_no"], people.get(row["personal_id"])
        for name, same in (("full_name", lambda a, b: plain(a) == plain(b)), ("date_of_birth", str.__eq__)):
            both = person is not None and row[name] is not None and person[name] is not None
            short("driver_licences", Dimension.CORRECT, key, both and not same(row[name], person[name]))  # type: ignore[no-untyped-call, index]
        short("driver_licences", Dimension.CORRECT, key, row["issued_on"] > today.isoformat())
        timeless = (row["scheme"], row["class"]) in {("2024", "A1"), ("2024", "B1")}
        short("driver_licences", Dimension.COMPLETE, key, row["expires_on"] is None and not timeless)
        short("driver_licences", Dimension.COMPLETE, key, not row["date_of_birth"] or not row["issued_by"])
        short("driver_licences", Dimension.COMPLETE, key, person is None)
        group = (row["personal_id"], row["scheme"], row["class"], row["issued_on"])
        short("driver_licences", Dimension.CLEAN, key, group in seen)
        seen.add(group)
        short("driver_licences", Dimension.CLEAN, key, untidy(row["full_name"]) or untidy(row["issued_by"]))
        short("driver_licences", Dimension.CLEAN, key, row["licence_no"].strip() != row["licence_no"])
    return wrong


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_scores_reconcile_with_counting_by_hand(registers: Registers, seed: int) -> None:
    rows = invented(seed)
    await registers.hold(rows)

    scores = await registers.scores()

    expected = by_hand(rows, registers.town.clock.today())
    for (register, dimension), keys in expected.items():
        score = scores[register, "", dimension]
        assert (score.counted, score.wrong) == (len(rows[register]), len(keys)), (register, dimension)
        assert score.score == pytest.approx(1 - len(keys) / len(rows[register]))
        assert 0 < len(keys) < len(rows[register]), "the test itself must have something to find"


async def test_mending_a_row_never_lowers_a_score(registers: Registers) -> None:
    rows = invented(4)
    await registers.hold(rows)
    before = await registers.scores()
    chance = random.Random(5)

    for _ in range(12):
        number = chance.randrange(len(rows["residents"]))
        rows["residents"][number] = resident(number)
        mended = {
            "residents": [rows["residents"][number]],
            "driver_licences": [
                licence(
                    int(row["licence_no"][-5:]), personal_id=row["personal_id"], issued_on=f"2025-{n % 12 + 1:02d}-07"
                )
                for n, row in enumerate(rows["driver_licences"])
                if row["personal_id"] == resident(number)["personal_id"]
            ],
        }
        await registers.hold(mended)
        after = await registers.scores()

        lower = [key for key, one in after.items() if key[2] != Dimension.ALIVE and one.score < before[key].score]
        assert lower == []
        before = after


async def test_a_refused_change_counts_until_a_newer_one_is_kept(registers: Registers) -> None:
    sound, bad = licence(1), licence(2, expires_on="2020-01-01")
    missing = {name: value for name, value in licence(3).items() if name != "status"}
    await registers.hold({"residents": [resident(n) for n in (1, 2, 3)], "driver_licences": [sound, bad, missing]})

    refused = await registers.scores()
    await registers.hold({"driver_licences": [licence(2), licence(3)]})
    mended = await registers.scores()

    assert refused["driver_licences", "", Dimension.CORRECT].score == pytest.approx(2 / 3)
    assert refused["driver_licences", "", Dimension.COMPLETE].score == pytest.approx(2 / 3)
    assert refused["driver_licences", "", Dimension.CLEAN].score == 1
    assert all(mended["driver_licences", "", d].score == 1 for d in Dimension)


async def test_a_service_is_asked_only_about_its_own_columns(registers: Registers) -> None:
    await registers.hold({"residents": [resident(1, address=None), resident(2)]})

    scores = await registers.scores()

    licences, identity = (
        scores["residents", s, Dimension.COMPLETE] for s in ("driver_licence_renewal", "identity_card_renewal")
    )
    assert licences.score == pytest.approx(0.5)
    assert identity.score == 1, "no address stands on its form"


async def test_a_deleted_row_is_no_longer_counted(registers: Registers) -> None:
    await registers.hold({"residents": [resident(1), resident(2, date_of_birth=None)]})
    gone = resident(2)["personal_id"]

    await registers.town.told_by_sources(
        [Change(register="residents", key=gone, subject=gone, version=9, op=Op.DELETE)]
    )
    scores = await registers.scores()

    assert scores["residents", "", Dimension.COMPLETE].counted == 1
    assert scores["residents", "", Dimension.COMPLETE].score == 1


async def test_a_register_that_has_gone_quiet_is_less_and_less_alive(registers: Registers) -> None:
    await registers.hold({"driver_licences": [licence(1, updated_at="2026-11-23T08:00:00+07:00")]})

    lives = []
    for day in (24, 30, 4, 10, 20):
        registers.town.clock.at = datetime(2026, 12 if day < 21 else 11, day, 1, tzinfo=UTC) - timedelta(days=1)
        lives.append((await registers.scores())["driver_licences", "", Dimension.ALIVE].score)

    assert lives[:2] == [1, 1], "within the promised seven days"
    assert lives == sorted(lives, reverse=True)
    assert lives[-1] == 0


async def test_a_time_in_the_future_keeps_no_register_alive(registers: Registers) -> None:
    await registers.hold(
        {
            "driver_licences": [
                licence(1, updated_at="2026-01-01T00:00:00Z"),
                licence(2, updated_at="2030-01-01T00:00:00Z"),
            ]
        }
    )

    assert (await registers.scores())["driver_licences", "", Dimension.ALIVE].score == 0


async def test_the_worst_rows_are_named_by_key_and_fault_and_hold_no_value(registers: Registers) -> None:
    worst = resident(1, full_name=" Lê ", address=None, unit_code="99999")
    await registers.hold({"residents": [worst, resident(2, phone="123"), resident(3)]})

    await registers.scores()
    measured = await registers.measured("residents")

    assert measured.worst[0] == {
        "key": worst["personal_id"], "faults": ["units.unit_code", "filled.address", "tidy.full_name"],
    }  # fmt: skip
    assert [one["key"] for one in measured.worst] == [worst["personal_id"], resident(2)["personal_id"]]
    assert "Lê" not in str(measured.worst)


async def test_a_register_is_measured_by_one_at_a_time_and_then_rests(registers: Registers) -> None:
    store, clock = registers.town.store, registers.town.clock
    claimed = await store.quality.claim(["residents"], now=clock.now(), lease=timedelta(minutes=1))
    again = await store.quality.claim(["residents"], now=clock.now(), lease=timedelta(minutes=1))
    clock.at += timedelta(minutes=2)
    died = await store.quality.claim(["residents"], now=clock.now(), lease=timedelta(minutes=1))

    assert (claimed, again, died) == ("residents", None, "residents")


async def test_measurements_that_break_off_are_made_again_after_a_minute(
    registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = [*await registers.town.store.positions.caught_up()]
    with monkeypatch.context() as broken:
        broken.setattr("proactive.steps.measure.count", _breaks_off)
        for _ in every:
            with pytest.raises(OSError):
                await registers.measure()

    assert every and await registers.measure() == 0
    registers.town.clock.at += timedelta(minutes=1)
    assert await registers.measure() == 1


async def test_a_long_measurement_stays_with_whoever_makes_it(
    registers: Registers, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, meanwhile = registers.town, []

    async def slowly(engine: Any, register: Register, *args: Any, between: Any, **named: Any) -> Counted:
        async def half_a_minute() -> None:
            town.clock.at += timedelta(seconds=30)
            await between()
            meanwhile.append(await town.store.quality.claim([register.name], now=town.clock.now(), lease=LEASE))

        return await count(engine, register, *args, **named, between=half_a_minute, size=1)

    await registers.hold({"residents": [resident(number) for number in range(6)]})
    monkeypatch.setattr("proactive.steps.measure.count", slowly)
    while await registers.measure():
        pass

    assert meanwhile == [None] * 6, "one for each person"


async def _breaks_off(*_: Any, **__: Any) -> Any:
    raise OSError


async def test_older_scores_are_thinned(registers: Registers) -> None:
    await registers.hold({"residents": [resident(1)]})
    for _ in range(30):
        registers.town.clock.at += timedelta(minutes=20)
        while await registers.measure():
            pass

    async with registers.town.store.engine.connect() as connection:
        moments = list(
            await connection.scalars(
                text(
                    "SELECT at FROM quality_score WHERE register = 'residents' AND dimension = 'clean' "
                    "AND service = '' ORDER BY at"
                )
            )
        )

    now = registers.town.clock.now()
    old = [at for at in moments if at < now - timedelta(hours=6)]
    assert len([at for at in moments if at >= now - timedelta(hours=6)]) == 19
    assert len(old) == len({at.replace(minute=0) for at in old}) == 4


async def test_slices_of_any_size_come_to_the_same(registers: Registers, monkeypatch: pytest.MonkeyPatch) -> None:
    await registers.hold(invented(6))
    whole = await registers.scores()
    monkeypatch.setattr("proactive.steps.measure.count", _in_slices_of(7))

    sliced = await registers.scores()

    assert {key: (one.counted, one.wrong) for key, one in sliced.items()} == {
        key: (one.counted, one.wrong) for key, one in whole.items()
    }


def _in_slices_of(size: int) -> Any:
    async def sliced(*args: Any, **named: Any) -> Any:
        return await count(*args, **named, size=size)

    return sliced


async def test_a_real_person_of_the_town_falls_short_of_nothing(registers: Registers) -> None:
    await registers.town.arrives(driver())

    scores = await registers.scores()

    assert scores["driver_licences", "driver_licence_renewal", Dimension.COMPLETE].wrong == 0
