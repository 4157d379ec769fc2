"""How many notices a second reach a provider that takes 100 ms to answer, and what ten minutes without it leave behind.

    make bench-notices ARGS="--people 10000"

Everything that `offer` does in earnest: real dossiers, drafted from records; the registers, in a database of their own,
asked again before each notice; manners; the claim and the outcome kept in PostgreSQL; the channel `sms` with Twilio's
library over HTTP, against a stand-in in a process of its own. As many workers as there are cores, each a process, share
the work. All of it runs on this machine, the database and the stand-in included, and whoever else is busy there counts
too (`load`). Prints one JSON object.

The bar: 500 a second, and memory that does not grow with their number. With `--outage` instead: the provider is killed
while messages are on their way and is away for ten minutes. Of those, the product's clock runs 20 times as fast, so
they take half a minute; everything else is real time. Nothing is lost, nothing doubled, and what has piled up goes out
at the rate that is set.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import structlog
import uvloop
from sqlalchemy import text

import proactive.demo
from notifiers import sms
from proactive.memory_use import calm_memory, one_heap
from proactive.steps.ask import Registers
from proactive.steps.offer import MOST, offer
from proactive.steps.reconcile import reconcile
from proactive.store.store import Store, opened
from rules import Catalogue, load, manners
from tests.benchmarks.city import REGISTERS, City, Clock, city, registers_at
from triggers.step import Step
from triggers.worker import OFFERS_AT_ONCE

BAR = 500
AWAY = timedelta(minutes=10)
FASTER = 20
ABSENT_AFTER = timedelta(seconds=30)
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
    "TWILIO_AUTH_TOKEN": "b" * 32,
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "c" * 32,
}
HOW = "SELECT n.state, count(*) FROM dossier d LEFT JOIN notice n ON n.dossier_id = d.id GROUP BY 1"


@asynccontextmanager
async def working(of: "City | Joined", *, a_second: int) -> AsyncIterator[None]:
    """A worker's steps `offer` and `reconcile` against this city, going on by themselves."""
    os.environ |= TWILIO | {"TWILIO_BASE_URL": of.provider_url}
    channel = await sms.open(public_url="http://127.0.0.1:8000", clock=of.clock)
    policy = manners.load(Path(proactive.demo.__file__).with_name("manners.yaml"))
    turn = asyncio.Lock()
    steps = [
        Step(
            "offer",
            lambda: offer(
                catalogue=of.catalogue, registers=of.registers, notifiers={"sms": channel}, store=of.store,
                clock=of.clock, policy=policy, a_second=a_second, limit=1000, turn=turn,
            ),
            every=0.25,
            full=MOST,
            hands=OFFERS_AT_ONCE,
        ),
        Step(
            "reconcile",
            lambda: reconcile(
                notifiers={"sms": channel}, store=of.store, clock=of.clock, absent_after=ABSENT_AFTER, limit=1000
            ),
            every=1.0,
        ),
    ]  # fmt: skip
    for step in steps:
        await step.start()
    try:
        yield
    finally:
        for step in steps:
            await step.stop()
        await channel.close()


@dataclass(frozen=True)
class Joined:
    """A city as another process sees it that works for it."""

    store: Store
    registers: Registers
    provider_url: str
    catalogue: Catalogue
    clock: Clock


async def joined(where: dict[str, Any]) -> None:
    """A worker in a process of its own, until it is told to stop."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    catalogue, clock = load().connected(REGISTERS), Clock(timedelta(seconds=where["shift"]))
    async with opened(where["database"], size=10) as store, registers_at(where["source"], catalogue) as registers:
        of = Joined(store, registers, where["provider"], catalogue, clock)
        async with working(of, a_second=where["a_second"]):
            await over.wait()


@asynccontextmanager
async def workers(of: City, number: int, *, a_second: int) -> AsyncIterator[list[psutil.Process]]:
    """So many of them, each a process."""
    where = {
        "database": of.database, "source": of.source, "provider": of.provider_url, "a_second": a_second,
        "shift": of.clock.shift.total_seconds(),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.benchmarks.notices", "--join", json.dumps(where)]
    started = [await asyncio.create_subprocess_exec(*command) for _ in range(number)]
    try:
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            with contextlib.suppress(ProcessLookupError):
                one.terminate()
        for one in started:
            await one.wait()


async def how(of: City) -> Counter[str]:
    """How many dossiers have a notice in which state; without one: `none`."""
    async with of.store.engine.connect() as connection:
        return Counter({state or "none": int(count) for state, count in await connection.execute(text(HOW))})


async def rate(of: City, people: int, a_second: int, number: int) -> dict[str, Any]:
    """All of them told as fast as it goes, by so many workers; the memory of the largest is looked at along the way."""
    rss: list[float] = []
    load, began = os.getloadavg()[0], time.perf_counter()
    async with workers(of, number, a_second=a_second) as them:
        await _until(lambda: _accepted(of), 1)
        before, first = _cpu(), await _accepted(of)
        while await _accepted(of) < people:
            rss.append(max(one.memory_info().rss for one in them) / 2**20)
            await asyncio.sleep(1)
        after = _cpu()
    took = time.perf_counter() - began
    told = await of.provider.told()
    at = told["at"]
    waits = sorted(await _handed_over(of, told))
    steady = at[len(at) // 10 : -len(at) // 10 or None]
    return {
        "people": people, "workers": number, "seconds": round(took, 1),
        "a_second": round((len(steady) - 1) / (steady[-1] - steady[0])),
        "ms_from_claim_to_provider": {
            "p50": round(statistics.median(waits)), "p99": round(waits[int(len(waits) * 0.99)]),
            "most": round(waits[-1]),
        },
        "cpu_ms_each": {
            name: round((after[name] - before[name]) * 1000 / (people - first), 2) for name in after
        },
        "doubled": told["doubled"],
        "rss_mb": {"at_a_quarter": round(rss[len(rss) // 4]), "at_end": round(rss[-1])}, "load_before": round(load, 1),
        "load_after": round(os.getloadavg()[0], 1), "cores": os.cpu_count(), "bar": BAR,
    }  # fmt: skip


def _cpu() -> dict[str, float]:
    """Seconds of processor time that everything here has used so far."""
    spent = dict.fromkeys(("workers", "database", "provider"), 0.0)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            who = _who(process)
            own, gone = process.cpu_times()[:2], process.cpu_times()[2:4]
            spent[who] += sum(own) + (sum(gone) if who == "database" else 0.0)
    return spent


def _who(process: psutil.Process) -> str:
    words = process.cmdline()
    if "tests.benchmarks.provider" in words:
        return "provider"
    return "workers" if "--join" in words else "database"


async def _handed_over(of: City, told: dict[str, Any]) -> list[float]:
    """Milliseconds from the claim of each notice to its arrival at the provider."""
    shift = (of.clock.now().timestamp() - time.time()) * 1000
    async with of.store.engine.connect() as connection:
        asked = text("SELECT provider_ref, extract(epoch FROM sent_at) * 1000 FROM notice WHERE state = 'accepted'")
        return [told["when"][sid] * 1000 + shift - float(sent) for sid, sent in await connection.execute(asked)]


async def outage(of: City, people: int, a_second: int) -> dict[str, Any]:
    """A third of them told, the provider killed with messages under way, ten minutes, and all the others after it."""
    load = os.getloadavg()[0]
    async with working(of, a_second=a_second):
        await _until(lambda: _taken(of), people // 3)
        await of.provider.kill()
        of.clock.runs(FASTER)
        await asyncio.sleep(AWAY.total_seconds() / FASTER)
        of.clock.runs(1)
        then = await how(of)
        await of.provider.start()
        back = time.time()
        await _until(lambda: _accepted(of), people)
    told, now = await of.provider.told(), await how(of)
    after = [at for at in told["at"] if at > back]
    a_bucket = Counter(int(at) for at in after)
    busy = sorted(a_bucket.values())
    return {
        "people": people, "away_s": AWAY.total_seconds(), "clock": f"{FASTER} times as fast while it was away",
        "rate_set": a_second, "when_it_came_back": dict(then), "in_the_end": dict(now),
        "lost": people - len(told["at"]),
        "doubled": told["doubled"], "drained": {
            "messages": len(after), "seconds": round(after[-1] - after[0], 1), "most_in_a_second": busy[-1],
            "median_a_second": statistics.median(busy),
        },
        "load_before": round(load, 1), "cores": os.cpu_count(),
    }  # fmt: skip


async def _taken(of: City) -> int:
    return len((await of.provider.told())["at"])


async def _accepted(of: City) -> int:
    async with of.store.engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM notice WHERE state = 'accepted'")) or 0)


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    async with asyncio.timeout(1800):
        while await count() < wanted:  # noqa: ASYNC110  # another process counts
            await asyncio.sleep(0.5)


async def run(people: int, latency: float, a_second: int, number: int, *, away: bool) -> dict[str, Any]:
    async with city(people, latency) as of:
        return await (outage(of, people, a_second) if away else rate(of, people, a_second, number))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that the provider takes to answer")
    parser.add_argument("--a-second", type=int, help="the rate that is set: 1000, or 100 with --outage")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="how many processes send")
    parser.add_argument("--outage", action="store_true", help="ten minutes without the provider, and one worker")
    parser.add_argument("--join", type=json.loads, help=argparse.SUPPRESS)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if given.join:
            calm_memory()
            runner.run(joined(given.join))
            return
        a_second = given.a_second or (100 if given.outage else 1000)
        found = runner.run(run(given.people, given.latency, a_second, given.workers, away=given.outage))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    good = not found["lost"] if given.outage else found["a_second"] >= BAR
    sys.exit(0 if good and not found["doubled"] else 1)


if __name__ == "__main__":
    one_heap()
    main()
