"""Promises 2, 3 and 5: the fault suite in its short form. `make faults N=200 SEED=1` is the long one.

Real processes are killed, paused, cut off and lied to while people go through the journey; afterwards the checker must
find nothing. What each schedule does is fixed here, so that the few that run each time are the ones that matter most.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.__main__ import TODAY
from tests.faults.crowd import Crowd
from tests.faults.schedule import drawn, play, prepare
from tests.faults.stack import Stack, stack

SCHEDULES = {
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


@pytest.fixture(scope="module")
async def running(servers_folder: Path) -> AsyncIterator[tuple[Stack, Crowd]]:
    """One stack for all schedules: to start it is dearer than to play on it."""
    place = servers_folder / "faults"
    place.mkdir()
    async with stack(place, today=TODAY) as made:
        await prepare(made)
        crowd = Crowd(made)
        yield made, crowd
        await crowd.stop()


@pytest.mark.parametrize("name", SCHEDULES)
async def test_nothing_is_lost_doubled_or_left_unexplained(running: tuple[Stack, Crowd], name: str) -> None:
    acts = list(SCHEDULES[name])

    played = await play(drawn(len(name), acts=acts), *running)

    assert sorted(played.strikes) == sorted(acts)
    assert len(played.proofs) == len(acts), "every fault proves that it happened"
    assert played.clean, (played.unexpected, played.verdict["findings"], played.proofs)
    assert played.verdict["seen"]["applications"] > 0
