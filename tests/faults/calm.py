"""When a stack rests: asked of the checker itself, over and over, while time is moved on past leases and pauses."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.faults.checker.verdict import WORDS, judge
from tests.faults.checker.world import read
from tests.faults.crowd import Crowd
from tests.faults.stack import REPOSITORY, Stack

LEAPS = (20, 40, 60, 120, 300, 900, 900, 900)
"""Seconds that time is moved on by when nothing moves any more: leases and pauses are waited out in no time."""
STILL = 1.5
AFTERWARDS = 120
"""And once more when all seems well, to see what comes out late."""


@dataclass(frozen=True)
class Rested:
    seconds: float
    leaps: int
    verdict: dict[str, Any]

    @property
    def clean(self) -> bool:
        return not any(self.verdict[word] for word in WORDS)


async def rests(stack: Stack, crowd: Crowd, *, within: float) -> Rested:
    """Wait until everything rests and the six words are 0, at most so long; then the program itself has its say."""
    began, moved, last, leaps = time.monotonic(), time.monotonic(), "", 0
    calm = False
    while time.monotonic() - began < within:
        await stack.all_alive()
        crowd.step()
        found = await asyncio.to_thread(_look, stack)
        state = f"{found}{sum(one.done for one in crowd.everybody.values())}"
        if found == [] and crowd.idle:
            stack.nursery.set_shift(stack.nursery.shift() + AFTERWARDS)
            await asyncio.sleep(0.6)
            crowd.step()
            calm = await asyncio.to_thread(_look, stack) == [] and crowd.idle
            if calm:
                break
        if state != last:
            moved, last = time.monotonic(), state
        elif time.monotonic() - moved > STILL and leaps < len(LEAPS):
            stack.nursery.set_shift(stack.nursery.shift() + LEAPS[leaps])
            leaps, moved = leaps + 1, time.monotonic()
        await asyncio.sleep(0.4)
    if not calm:
        crowd.unexpected.append(f"it did not come to rest within {within:.0f} s: {crowd.at_it()}, {last[:400]}")
    return Rested(time.monotonic() - began, leaps, await asyncio.to_thread(check, stack))


def _look(stack: Stack) -> list[Any] | None:
    """What is not (yet) as it must be; None while the database does not answer."""
    try:
        world = read(stack.folder, stack.reader, leaks=False)  # they are looked for once, at the end
    except (psycopg.Error, ValueError):
        return None
    waiting = [("officers", str(one["id"]), "") for one in world.store["dossier"] if one["state"] == "confirmed"]
    return [*waiting, *((one.word, one.what, one.where) for one in judge(world).findings)]


def check(stack: Stack) -> dict[str, Any]:
    """The checker, as the program that it is."""
    command = [sys.executable, "-m", "tests.faults.checker", str(stack.folder), "--store", stack.reader, "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=120)
    if not said.stdout:
        raise AssertionError(f"the checker could not look: {said.stderr[-2000:]}")
    return dict(json.loads(said.stdout))
