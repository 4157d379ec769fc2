"""Promise 2: after `kill -9` of worker, broker or pages the same dossiers, notices and applications exist as without.

One undisturbed run of the demo is the measure for all. They run side by side with each other and with
the other tests of the walk (see `conftest.py`), because a killed one mostly waits.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.walk.commands import Command, Ended, environment, look, started
from tests.walk.waiting import until

SEED = 20261123
PLAY = ("demo", "--exit", "--json", "--people", "600", "--today", "2026-11-23", "--seed", "7")

RECORDS = "SELECT count(*) FROM record"
PACE = {"PROACTIVE_NOTICES_A_SECOND": "10"}
"""So that offering takes several batches."""
TRIES = 5
CLAIMED = "SELECT count(*) FROM notice WHERE state = 'claimed'"
"""Notices about which a worker may be talking to the provider right now."""
ANSWERED = "SELECT count(*) FROM dossier WHERE answer IS NOT NULL"

Victims = list[tuple[int, str]]
"""Whom the disturber has killed: process id, and what was seen at that moment."""


@dataclass
class Play:
    """A run of the demo and where it keeps its things."""

    command: Command
    folder: Path
    chance: Random
    killed: Victims

    async def seen(self, question: str, *, at_least: int) -> int:
        """What the question gives, as soon as it is at least so much."""

        async def enough() -> int | None:
            assert not self.command.ended, "the demo ended before it could be disturbed"
            found = await look(self.folder / "demo", question)
            return found if found is not None and found >= at_least else None

        return await until(enough, seconds=120, what=question, every=0.02)

    async def victim(self, *words: str) -> int:
        """The process id of a part, as soon as it runs."""

        async def there() -> int | None:
            return self.command.child(*words)

        return await until(there, what=" ".join(words), every=0.02)

    def kill(self, pid: int, *, what: str) -> None:
        self.command.kill(pid)
        self.killed.append((pid, what))

    async def killed_while_offering(self, pid: int, *, more_than: int) -> int:
        """Kill it as soon as the provider has taken more texts than these; how many it had then.

        A thread of its own watches: this process's loop is too busy to see a batch that takes a tenth of a second.
        """
        journal = self.folder / "demo" / "phones.jsonl"

        def taken() -> int:
            lines = journal.read_text().splitlines() if journal.exists() else []
            return sum(1 for line in lines if line.startswith('{"taken"') and "Ma kiem tra" in line)

        found, deadline = more_than, time.monotonic() + 120

        def more() -> bool:
            nonlocal found
            assert time.monotonic() < deadline, f"more than {more_than} texts at the provider"
            found = taken()
            return found > more_than

        await asyncio.to_thread(self.command.kill, pid, when=more)
        self.killed.append((pid, f"while offering: the provider had {found}"))
        return found


Disturb = Callable[[Play], Coroutine[None, None, None]]


async def nobody(play: Play) -> None:
    """Leave it alone."""


async def the_worker_twice(play: Play) -> None:
    """While it recognises; then while it offers, until the provider has texts of which no answer is stored."""
    first = await play.victim("triggers.worker")
    await play.seen(RECORDS, at_least=1)
    await asyncio.sleep(play.chance.uniform(0, 0.3))
    play.kill(first, what="while recognising or drafting")
    taken = play.chance.randint(0, 5)
    for _ in range(TRIES):
        second = await play.victim("triggers.worker")
        taken = await play.killed_while_offering(second, more_than=taken)
        if await look(play.folder / "demo", CLAIMED):
            return
    raise AssertionError("each time all that the provider had taken was stored already")


async def the_broker_then_the_pages(play: Play) -> None:
    """The broker forgets topics, offsets and changes that nobody has kept; then citizens are cut off as they answer."""
    await play.seen(RECORDS, at_least=1)
    play.kill(await play.victim("tansu", "--listener-url"), what="while changes were on their way")
    await play.seen(ANSWERED, at_least=play.chance.randint(1, 8))
    play.kill(await play.victim("proactive.cli", "web"), what="while citizens answered")


RUNS: dict[str, Disturb] = {
    "the_worker_twice": the_worker_twice,
    "nobody": nobody,
    "the_broker_then_the_pages": the_broker_then_the_pages,
}


async def disturbed(name: str, folder: Path) -> tuple[Ended, Victims]:
    async with started(PLAY, data_dir=folder, env=environment(folder, **PACE)) as command:
        play = Play(command, folder, Random(f"{SEED} {name}"), [])
        disturbing = asyncio.create_task(RUNS[name](play))
        try:
            ended = await command.end(within=480)
            assert ended.status == 0, f"{name}, killed {play.killed}: {ended.err[-3000:]}"
            await disturbing
        finally:
            disturbing.cancel()
        return ended, play.killed


@pytest.mark.parametrize("victim", ["the_worker_twice", "the_broker_then_the_pages"])
async def test_a_kill_in_the_middle_changes_nothing_in_the_end(
    runs: dict[str, asyncio.Task[tuple[Ended, Victims]]], victim: str
) -> None:
    undisturbed, _ = await runs["nobody"]

    ended, killed = await runs[victim]

    assert len(killed) == 2, killed
    assert ended.counts() == undisturbed.counts()
    assert ended.counts()["duplicates"] == 0
    assert ended.counts()["closed"] > 20
