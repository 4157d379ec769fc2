"""Promises 2, 3 and 5: the fault suite in its short form. `make faults N=1000 SEED=1` is the long one.

Real processes are killed, paused, cut off and lied to while people go through the journey; afterwards the checker must
find nothing. The first schedules are those that matter most; the others are drawn, and every change is judged by the
same ones.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd
from tests.faults.playing import A_STACK, TODAY
from tests.faults.schedule import Played, Schedule, drawn, play, prepare
from tests.faults.stack import Stack, stack

CHOSEN = {
    "the worker, all of Kafka's memory and the pages are lost": (
        "worker killed", "broker lost with its memory", "web killed",
    ),
    "a zombie wakes up, the database stops, the intake loses answers": (
        "worker wakes up as a zombie", "database stopped at once", "intake takes and loses its answer",
    ),
    "the provider loses answers and dies, everything is cut and told again": (
        "provider takes and loses its answer", "phones killed", "every connection cut", "everything told again",
    ),
}  # fmt: skip
DRAWN = range(1, 48)


class Stacks:
    """One stack for a dozen schedules, or until one fails: to start it is dearer than to play on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ending = AsyncExitStack()
        self._running: tuple[Stack, Crowd] | None = None
        self._number = self._left = 0

    async def play(self, schedule: Schedule) -> Played:
        if self._running is None or not self._left:
            await self.end()
            self._number += 1
            place = self._folder / f"faults-{self._number}"
            place.mkdir()
            made = await self._ending.enter_async_context(stack(place, today=TODAY))
            await prepare(made)
            crowd = Crowd(made)
            self._ending.push_async_callback(crowd.stop)
            self._running, self._left = (made, crowd), A_STACK
        left, self._left = self._left, 0
        played = await play(schedule, *self._running)
        self._left = left - 1 if played.clean else 0
        return played

    async def end(self) -> None:
        self._running = None
        await self._ending.aclose()


@pytest.fixture(scope="module")
async def stacks(servers_folder: Path) -> AsyncIterator[Stacks]:
    made = Stacks(servers_folder)
    yield made
    await made.end()


async def holds(stacks: Stacks, schedule: Schedule) -> Played:
    """Play it: every promise is kept, and every fault proves that it happened."""
    played = await stacks.play(schedule)

    assert sorted(played.strikes) == sorted(strike.act for strike in schedule.strikes)
    assert len(played.proofs) == len(schedule.strikes), "every fault proves that it happened"
    assert played.clean, (played.unexpected, played.verdict["findings"], played.proofs)
    return played


@pytest.mark.parametrize("name", CHOSEN)
async def test_nothing_is_lost_doubled_or_left_unexplained(stacks: Stacks, name: str) -> None:
    played = await holds(stacks, drawn(len(name), acts=list(CHOSEN[name])))

    assert played.verdict["seen"]["applications"] > 0


@pytest.mark.parametrize("seed", DRAWN)
async def test_nor_by_what_is_drawn(stacks: Stacks, seed: int) -> None:
    await holds(stacks, drawn(seed))
