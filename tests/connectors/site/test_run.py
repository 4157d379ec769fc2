"""The connector at work, in one process with the test: cut off for days, shut out, without a source."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.registers.memory import MemoryRegister
from connectors.site import run
from connectors.site.platform import Platform
from connectors.site.run import Run
from connectors.site.settings import Platform as PlatformSettings
from connectors.site.settings import Secret, Site, SpoolSettings
from connectors.site.source import Sources
from connectors.site.spool import Spool
from connectors.site.state import State, look
from connectors.site.status import as_json, in_words
from proactive.errors import Unusable
from proactive.ports.clock import SetClock, SystemClock
from proactive.ports.register import RegisterSource
from proactive.sources.grammar import Deletes
from tests.connectors.site.receiver import CONNECTOR, SECRET, Receiver
from tests.walk.waiting import until

MB = 1024 * 1024


@dataclass
class Place:
    """A site whose source remembers only, and the platform's address."""

    folder: Path
    url: str
    papers: MemoryRegister
    clock: SetClock
    closed_to_us: bool = False
    """The source cannot be opened."""

    @property
    def site(self) -> Site:
        secret = self.folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        return Site(
            platform=PlatformSettings(url=self.url, connector=CONNECTOR, secret=Secret(file=secret)),
            sources=Path("sources"), spool=SpoolSettings(folder=self.folder / "spool", most_mb=1),
            look_every_seconds=0.05,
        )  # fmt: skip

    @property
    def state(self) -> State:
        return look(self.folder / "spool")

    async def _open(self) -> Sequence[RegisterSource]:
        if self.closed_to_us:
            raise Unusable("The registers' database can't be opened.")
        return [self.papers]

    @asynccontextmanager
    async def running(self, *, once: bool = False) -> AsyncIterator[Run]:
        """A run in the background, asked to stop with the block (or waited for, if it is to end by itself)."""
        site, stop = self.site, asyncio.Event()
        line = Platform(site.platform, clock=SystemClock())
        sources = Sources(self._open, shapes={"papers": "a"}, deletes={"papers": Deletes()})
        async with Spool(site.spool.folder, most_bytes=site.spool.most_bytes, clock=self.clock) as spool:
            made = Run(site, spool, line, sources, clock=self.clock, stop=stop, once=once)
            task = asyncio.create_task(made.begin())
            try:
                yield made
            finally:
                if not once:
                    stop.set()
                await asyncio.wait_for(task, 30)
                await line.close()

    async def when(self, true: str) -> State:
        """The state, once that part of it is so."""

        async def so() -> State | None:
            state = self.state
            return state if getattr(state, true) else None

        return await until(so, what=true, every=0.02)


@pytest.fixture
async def place(tmp_path: Path, clock: SetClock) -> Place:
    async with Receiver().listening() as url:
        pass  # nobody is there, at an address that can be taken again
    return Place(tmp_path, url, MemoryRegister("papers"), clock)


def fill(papers: MemoryRegister, first: int, last: int) -> None:
    for number in range(first, last + 1):
        papers.put(f"P{number}", "048080000001", {"no": f"P{number}", "filling": "x" * 300}, version=number)


async def test_cut_off_for_days_with_a_bounded_spool_it_waits_and_then_tells_everything_in_order(place: Place) -> None:
    fill(place.papers, 1, 4000)
    receiver = Receiver()
    async with place.running():
        full = await place.when("full_at")
        place.clock.forward(days=3)
        fill(place.papers, 4001, 4100)
        cut_off = await place.when("error")
        said = as_json(place.site, cut_off, clock=place.clock)
        words = in_words(place.site, cut_off, clock=place.clock)
        async with receiver.listening(int(place.url.rpartition(":")[2])):
            await until(lambda: _all(receiver, 4100), what="everything told")
            await place.when("acknowledged_at")
            await until(lambda: _empty(place), what="an empty spool")

    assert 1000 < full.spooled < 4000
    assert MB < full.used_bytes < 1.5 * MB
    assert full.readings["papers"].told_at is None
    assert (said["oldest_seconds"], said["spooled"]) == (3 * 86_400, full.spooled)
    assert said["last_error"]["why"] == "The platform could not be reached."
    assert "the oldest for 3 days" in words
    assert "FULL since" in words
    assert [event["data"]["version"] for event in receiver.changes] == list(range(1, 4101))
    assert (place.state.full_at, place.state.error) == (None, None)


async def _all(receiver: Receiver, changes: int) -> bool:
    return len(receiver.changes) == changes


async def _empty(place: Place) -> bool:
    return place.state.spooled == 0


@pytest.mark.parametrize("trouble", ["platform", "source"])
async def test_one_run_that_could_not_tell_everything_says_why(place: Place, trouble: str) -> None:
    fill(place.papers, 1, 10)
    receiver = Receiver(mood=lambda _: "shut" if trouble == "platform" else "take")
    place.closed_to_us = trouble == "source"
    async with receiver.listening() as place.url, place.running(once=True) as made:
        pass

    assert made.left is not None
    assert ("HTTP 401" if trouble == "platform" else "can't be opened") in made.left
    assert place.state.spooled == (12 if trouble == "platform" else 0)


async def test_what_is_in_the_spool_is_told_while_the_source_is_away_and_the_source_is_found_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SOURCE_AWAY", 0.1)
    fill(place.papers, 1, 10)
    async with place.running():
        await until(lambda: _waiting(place, 12), what="all of it in the spool")
    place.closed_to_us = True
    receiver = Receiver()
    async with receiver.listening() as place.url, place.running():
        await until(lambda: _all(receiver, 10), what="what was in the spool")
        fill(place.papers, 11, 12)
        place.closed_to_us, place.papers.silent = False, True
        await asyncio.sleep(0.2)
        place.papers.silent = False
        await until(lambda: _all(receiver, 12), what="what came later")


async def _waiting(place: Place, events: int) -> bool:
    try:
        return place.state.spooled == events
    except Unusable:  # it is not made yet
        return False
