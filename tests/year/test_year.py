"""A stretch of a real Vietnamese year, Tet in it: the real steps, every published service, replies at random.

By default the weeks around Tet 2026; `make simulate-year` plays all of 2026 with more people and prints how it went.
"""

import os
import random
import time as clocks
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from connectors.registers.memory import MemoryRegister
from notifiers.memory import Trouble
from proactive.domain.change import Change
from proactive.domain.dossier import Answer, Dossier
from proactive.errors import ProactiveError
from proactive.facts import Facts
from proactive.ports.clock import DA_NANG, SetClock
from proactive.ports.notifier import Notifier, Outcome, Outgoing, Receipt
from proactive.store.dossiers import AGAIN, FRESH
from proactive.store.store import Store
from rules import Catalogue, load
from tests.steps.town import Channel, Source, Town
from tests.trust import trusted
from tests.year.checker import DA_NANG as THERE
from tests.year.checker import Took, faults, off
from tests.year.people import citizens

WHOLE = os.environ.get("YEAR") == "1"
FIRST = date(2026, 1, 5) if WHOLE else date(2026, 2, 9)
DAYS = 357 if WHOLE else 17
PEOPLE = int(os.environ.get("PEOPLE", "4000" if WHOLE else "110"))
HOURS = (
    time(0, 30), time(6, 59), time(7, 0), time(10, 20), time(15, 5), time(20, 58, 30), time(20, 59, 30), time(21, 0),
    time(23, 10),
)  # fmt: skip
TROUBLES = ((0.03, Trouble.PERMANENT), (0.02, Trouble.TEMPORARY), (0.01, Trouble.TIMES_OUT),
            (0.02, Trouble.TAKES_AND_TIMES_OUT), (0.005, Trouble.OPTED_OUT))  # fmt: skip

MOST_ROUNDS = 50
"""Batches that one moment may take."""
WHAT_IS_DUE = f"""
SELECT EXISTS (SELECT FROM dossier WHERE ({FRESH}) OR ({AGAIN})) AS offer,
       EXISTS (SELECT FROM occasion WHERE state = 'owed' AND due_on <= :today)
       OR EXISTS (SELECT FROM dossier WHERE stale OR ends_on < :today AND state IN
                  ('drafted', 'offered', 'unreached', 'returned', 'disputed', 'declined')) AS draft,
       EXISTS (SELECT FROM notice WHERE state IN ('claimed', 'unknown') AND lease_until <= :now)
       OR EXISTS (SELECT FROM receipt WHERE NOT applied) AS reconcile
"""
"""A year has three thousand looks; most of them find nothing, and one question shows it."""


@dataclass
class Provider(Channel):
    """Takes most messages, has its troubles with some, and says later what came of them."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))
    clock: SetClock | None = None
    took: list[Took] = field(default_factory=list)

    async def send(self, message: Outgoing) -> Outcome:
        drawn = self.chance.random()
        for share, trouble in TROUBLES:
            if drawn < share:
                self.troubles.append(trouble)
                break
            drawn -= share
        before = len(self.taken)
        outcome = await super().send(message)
        if len(self.taken) > before:
            assert self.clock is not None
            self.took.append(Took(self.clock.now(), self.name, message.to, message.body, message.reference))
        return outcome

    def says(self) -> list[Receipt]:
        """Receipts of some of what was taken, over and over."""
        lately = self.taken[-60:]
        some = self.chance.sample(lately, k=len(lately) // 3)
        found = []
        for reference, _ in some:
            # What became of a message never changes, however often it is told.
            status = "undelivered" if sum(reference.encode()) % 9 == 0 else "delivered"
            hook = self.receipt(reference, status)
            found += self.receipts(hook)
        return found


@dataclass
class Year(Town):
    """The town with every register and every channel that a ladder names."""

    chance: random.Random = field(default_factory=lambda: random.Random(2026))
    providers: dict[str, Provider] = field(default_factory=dict)
    replies: Counter[str] = field(default_factory=Counter)

    @property
    def notifiers(self) -> dict[str, Notifier]:
        return dict(self.providers)

    async def ready(self) -> None:
        self.sources = {name: Source(name) for name in self.catalogue.registers}
        for service in self.catalogue.services.values():
            for rung in service.ladder:
                for name in rung.channels:
                    self.providers.setdefault(name, Provider(name=name, chance=self.chance, clock=self.clock))
        for name in self.catalogue.registers:
            await self.store.positions.catch_up(name, columns="", now=self.clock.now())
        await trusted(self.store, self.catalogue, self.clock)
        await self.live(*self.catalogue.services)

    def holds(self, register: str, row: Mapping[str, Any]) -> Change:
        schema = self.catalogue.registers[register]
        source: MemoryRegister = self.sources[register]
        version = int(self.clock.now().timestamp() * 1_000_000)
        return source.put(str(row[schema.key]), str(row[schema.subject.column]), row, version=version)

    async def passes(self, day: date) -> None:
        """One day, from midnight to midnight; a step that has nothing to do at an hour is not run then."""
        for hour in HOURS:
            self.clock.at = datetime.combine(day, hour, DA_NANG).astimezone(UTC)
            awake = time(7) < hour < time(20)
            if awake or hour == HOURS[0]:
                said = [receipt for provider in self.providers.values() for receipt in provider.says()]
                await self.store.notices.receive(said, now=self.clock.now())
            due = await self.due()
            if due["draft"]:
                due["offer"] = await self.to_the_end("draft", self.draft) or due["offer"]
            if due["offer"]:
                told = await self.to_the_end("offer", lambda: self.offer(limit=256, a_second=100_000))
                due["reconcile"] = told or due["reconcile"]
            if due["reconcile"]:
                await self.to_the_end("reconcile", self.reconcile)
            if awake:
                await self.people_answer()

    async def to_the_end(self, name: str, step: Callable[[], Awaitable[int]]) -> bool:
        """Run a step until it has nothing more to do at this moment; says whether it had anything."""
        for rounds in range(MOST_ROUNDS):
            if not await step():
                return rounds > 0
        raise AssertionError(f"{name} goes round in circles at {self.clock.now()}")

    async def due(self) -> dict[str, bool]:
        """Which steps have something to do at this moment."""
        async with self.store.engine.connect() as connection:
            found = await connection.execute(text(WHAT_IS_DUE), {"now": self.clock.now(), "today": self.clock.today()})
            return dict(found.mappings().one())

    async def people_answer(self) -> None:
        """Some answer, some die, some turn the messages off; of most nothing is heard."""
        async with self.store.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT id FROM dossier WHERE state IN ('offered', 'unreached') AND random() < 0.05")
            )
            ids = list(rows.scalars())
        for dossier in await self.store.dossiers.many(sorted(ids)):
            await self.answers(dossier)

    async def answers(self, dossier: Dossier) -> None:
        what = self.chance.choice(["dies", "dies unheard", *Answer])
        try:
            if isinstance(what, Answer):
                await self.answer(dossier, what, note="sai" if what is Answer.WRONG else None)
            else:
                rows = await self.sources["residents"].ask([dossier.subject])
                [resident] = rows[dossier.subject]
                dead = {**_read(resident), "died_on": self.clock.today().isoformat()}
                change = self.holds("residents", dead)
                if what == "dies":
                    await self.told_by_sources([change])
            self.replies[str(what)] += 1
        except ProactiveError:  # this answer needs a choice, or the dossier has moved on
            self.replies["refused"] += 1


def _read(change: Change) -> dict[str, Any]:
    return dict(msgspec.json.decode(change.record))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.mark.timeout(3600 if WHOLE else 600)
async def test_nobody_is_told_in_quiet_hours_on_tet_over_the_cap_after_an_outcome_or_twice(
    store: Store, database_url: str, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SetClock(datetime.combine(FIRST, time(0, 10), DA_NANG).astimezone(UTC))
    year = Year(store=store, database_url=database_url, catalogue=catalogue, facts=Facts(catalogue), clock=clock)
    await year.ready()
    everybody = list(citizens(catalogue, PEOPLE, first=FIRST, days=DAYS, chance=year.chance))
    # Some have several matters at once: then they share messages and their cap.
    told = [year.holds(register, row) for _, rows in everybody for register, row in rows]
    began = clocks.perf_counter()
    for start in range(0, len(told), 2000):
        await year.told_by_sources(told[start : start + 2000])

    for day in range(DAYS):
        await year.passes(FIRST + timedelta(days=day))
        if day % 30 == 29:
            with capsys.disabled():
                print(f"day {day + 1} of {DAYS}, {clocks.perf_counter() - began:.0f} s", flush=True)

    took = [one for provider in year.providers.values() for one in provider.took]
    services = Counter(await _services(store))
    with capsys.disabled():
        print(f"\n{PEOPLE:,} people, {DAYS} days: {len(took):,} messages of {len(services)} services on "
              f"{len({one.at.astimezone(THERE).date() for one in took})} days, replies {dict(year.replies)}, "
              f"{clocks.perf_counter() - began:.0f} s")  # fmt: skip
    assert faults(database_url, took) == Counter()
    assert len(took) > PEOPLE / 4 and len(services) >= (len(catalogue.services) if WHOLE else 7)


async def _services(store: Store) -> dict[str, int]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT service, count(*) FROM notice GROUP BY 1"))
        return {service: int(number) for service, number in rows}


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2026, 2, 13), False), (date(2026, 2, 14), True), (date(2026, 2, 18), True), (date(2026, 2, 23), False),
        (date(2026, 1, 10), False), (date(2026, 1, 17), True), (date(2026, 8, 22), False), (date(2026, 8, 31), True),
    ],
)  # fmt: skip
def test_the_checkers_own_calendar_knows_tet_and_the_swapped_days(day: date, closed: bool) -> None:
    assert off(day) is closed


def test_the_checker_finds_what_is_wrong(database_url: str) -> None:
    night = datetime(2026, 2, 17, 15, 0, tzinfo=UTC)  # 22:00 at Tet
    found = faults(database_url, [Took(night, "sms", "+84", "x", "n1"), Took(night, "sms", "+84", "x", "n2")])

    assert found == Counter(
        {
            "in quiet hours": 2,
            "on a day off": 2,
            "twice: one text to one number on one day": 1,
            "of nothing we know": 2,
        }
    )
