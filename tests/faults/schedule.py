"""A schedule: people appear, things go wrong at moments drawn by a seed, everything heals, and the checker judges."""

import asyncio
import contextlib
import json
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from proactive.store.people import Officer
from proactive.store.store import opened
from proactive.web.passwords import hashed
from rules import load
from tests.faults.acts import ACTS, LARGER, NobodyCame
from tests.faults.calm import rests
from tests.faults.checker.verdict import WORDS
from tests.faults.crowd import COLLEAGUE, OFFICER, PASSWORD, Crowd
from tests.faults.stack import Stack

STAGES = ("source", "phones", "people", "intake")
"""Logs, in the order in which a schedule's first lines come into them."""
EARLY = {"provider": 1, "intake": 2, "hand-overs": 2, "registers": 1}
"""The last stage after which there is still something to disturb, by the first word of the act."""
LONGEST_WAIT = 12.0
WITHIN = 240.0
SOMEBODY_COMES_WITHIN = 90.0
"""A slow machine needs its time from a row to a text, to an answer, to an officer, to the intake."""


@dataclass(frozen=True)
class Strike:
    """One act, and the moment for it: so many seconds after so many new lines of a log."""

    act: str
    stage: str
    lines: int
    after: float


@dataclass(frozen=True)
class Schedule:
    seed: int
    people: int
    strikes: tuple[Strike, ...]


@dataclass
class Played:
    seed: int
    strikes: list[str]
    proofs: list[str]
    seconds: float
    verdict: dict[str, Any] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.unexpected and not any(self.verdict[word] for word in WORDS)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "clean": self.clean}


def drawn(seed: int, *, acts: list[str] | None = None) -> Schedule:
    """The schedule of a seed: always the same people, acts and moments."""
    chance = Random(f"schedule {seed}")
    chosen = acts or chance.sample(sorted(ACTS), k=chance.choice((1, 2, 2, 3)))
    strikes = []
    for act in chosen:
        latest = EARLY.get(act.partition(" ")[0], len(STAGES) - 1)
        stage = STAGES[chance.randint(0, latest)]
        strikes.append(Strike(act, stage, chance.randint(1, 6), chance.choice((0, chance.uniform(0, 0.6)))))
    strikes.sort(key=lambda one: STAGES.index(one.stage))
    # One row of each schedule is bad; of fewer people that is more than their service accepts, and nobody is told.
    return Schedule(seed, chance.randint(5, 8), tuple(strikes))


async def play(schedule: Schedule, stack: Stack, crowd: Crowd) -> Played:
    """Play it to the end."""
    began, chance = time.monotonic(), Random(f"play {schedule.seed}")
    before = {name: _lines(stack, name) for name in STAGES}
    known = set(crowd.everybody)
    crowd.unexpected.clear()
    ticking = asyncio.create_task(_tick(crowd))
    proofs = []
    try:
        await crowd.appear(chance, schedule.people)
        new = [one for name, one in crowd.everybody.items() if name not in known]
        turning = asyncio.create_task(crowd.turns(chance, new))
        for strike in schedule.strikes:
            await _moment(stack, strike, before[strike.stage])
            proofs.append(f"{strike.act}: {await _struck(strike, stack, crowd, chance)}")
        await turning
    finally:
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
    rested = await rests(stack, crowd, within=WITHIN)
    return Played(
        schedule.seed, [one.act for one in schedule.strikes], proofs, round(time.monotonic() - began, 1),
        rested.verdict, list(crowd.unexpected),
    )  # fmt: skip


async def _struck(strike: Strike, stack: Stack, crowd: Crowd, chance: Random) -> str:
    """The act, and its proof; where it met nobody, again and again while new people come."""
    act = (ACTS | LARGER)[strike.act]
    deadline = time.monotonic() + SOMEBODY_COMES_WITHIN
    doing = asyncio.ensure_future(act(stack, chance))
    while True:
        try:
            return await doing
        except NobodyCame:
            await stack.all_alive()
            if time.monotonic() > deadline:
                raise
        doing = asyncio.ensure_future(act(stack, chance))
        await asyncio.sleep(0.1)
        await crowd.appear(chance, 4, bad=False)


async def _moment(stack: Stack, strike: Strike, before: int) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while _lines(stack, strike.stage) < before + strike.lines and time.monotonic() < deadline:  # noqa: ASYNC110 -- a file
        await asyncio.sleep(0.02)
    await asyncio.sleep(strike.after)


def _lines(stack: Stack, log: str) -> int:
    path = stack.folder / f"{log}.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


async def _tick(crowd: Crowd) -> None:
    while True:
        crowd.step()
        await asyncio.sleep(0.1)


async def prepare(stack: Stack) -> None:
    """Two officers of the office that decides, and every service live."""
    (stack.folder / "world.json").write_text(json.dumps({"today": stack.today.isoformat()}), encoding="utf-8")
    async with opened(stack.url, size=2, application="faults") as store:
        for username in (OFFICER, COLLEAGUE):
            await store.officers.put(
                Officer(
                    username=username, full_name=username, office="csgt-da-nang", password_hash=hashed(PASSWORD),
                    active=True,
                )
            )  # fmt: skip
        for service in load().services:
            ends_on = stack.today + timedelta(days=30)
            await store.live.propose(service, reason="faults", ends_on=ends_on, by="an", now=datetime.now(UTC))
            await store.live.approve(service, by="binh", now=datetime.now(UTC))
