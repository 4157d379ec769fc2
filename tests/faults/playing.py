"""Plays schedules: a dozen on each stack, and stacks side by side, each driven by a process of its own."""

import asyncio
import json
import shutil
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.faults.checker.verdict import WORDS
from tests.faults.crowd import Crowd
from tests.faults.schedule import Played, Schedule, play, prepare
from tests.faults.stack import stack

TODAY = date(2026, 11, 23)
A_STACK = 12
"""Schedules on one stack: by then the made-up day has passed, and a new database is cheaper than a long one."""


async def played(schedules: Sequence[Schedule], *, folder: Path, deadline: float, **how: Any) -> list[Played]:
    """Play them on one stack after another; what was not begun by the deadline is left out."""
    waiting, done = deque(schedules), list[Played]()
    while waiting and time.monotonic() < deadline:
        place = folder / f"stack-{waiting[0].seed}"
        await asyncio.to_thread(place.mkdir)
        await _on_a_stack(waiting, done, place, deadline, how)
    return done


async def _on_a_stack(
    waiting: deque[Schedule], done: list[Played], place: Path, deadline: float, how: dict[str, Any]
) -> None:
    """A dozen on one stack, or until one fails: that ends its stack, whose folder stays."""
    clean = True
    async with stack(place, today=TODAY, **how) as running:
        await prepare(running)
        crowd = Crowd(running)
        try:
            for _ in range(A_STACK):
                if not (waiting and clean and time.monotonic() < deadline):
                    break
                schedule = waiting.popleft()
                try:
                    one = await play(schedule, running, crowd)
                except Exception as error:  # whatever it was, the schedule is not clean
                    acts = [strike.act for strike in schedule.strikes]
                    one = Played(schedule.seed, acts, [], 0, dict.fromkeys(WORDS, 0), [repr(error)])
                done.append(one)
                clean = one.clean
                _tell(one)
        finally:
            await crowd.stop()
    if clean:
        shutil.rmtree(place, ignore_errors=True)
    else:
        say(f"  what it left is in {place}")


def side_by_side(schedules: Sequence[Schedule], *, at_once: int, **how: Any) -> Iterator[Played]:
    """Play them on so many stacks, each driven by a process of its own: Alembic, for one, has one run a process."""
    dozens = [schedules[n : n + A_STACK] for n in range(0, len(schedules), A_STACK)]
    with ProcessPoolExecutor(at_once, mp_context=get_context("spawn")) as pool:
        playing = [pool.submit(_play_some, some, how) for some in dozens]
        try:
            for one in playing:
                yield from one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # those that are under way make an end by themselves
            raise


def _play_some(schedules: Sequence[Schedule], how: dict[str, Any]) -> list[Played]:
    return asyncio.run(played(schedules, **how))


def _tell(one: Played) -> None:
    words = " ".join(f"{word} {one.verdict[word]}" for word in WORDS)
    say(f"{'ok  ' if one.clean else 'FAIL'} seed {one.seed} {one.seconds:.0f} s  {words}  [{'; '.join(one.proofs)}]")
    if not one.clean:
        for line in [*one.unexpected, *(json.dumps(f) for f in one.verdict.get("findings", [])[:20])]:
            say(f"       {line}")
        say(f"       strikes: {one.strikes}")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
