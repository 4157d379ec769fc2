"""The fault suite: `make faults N=schedules SEED=first`. Prints a line a schedule and what it came to; 1 if any failed.

python -m tests.faults --n 20 --seed 1 [--minutes 30] [--act "worker killed"] [--old FOLDER] [--json FILE]
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.faults.acts import ACTS, LARGER
from tests.faults.checker.verdict import WORDS
from tests.faults.crowd import Crowd
from tests.faults.schedule import Played, Schedule, drawn, play, prepare
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


def summary(done: list[Played]) -> dict[str, object]:
    acts = Counter(act for one in done for act in one.strikes)
    return {
        "schedules": len(done),
        "clean": sum(one.clean for one in done),
        "failed_seeds": [one.seed for one in done if not one.clean],
        "acts": dict(acts.most_common()),
        "acts_never_drawn": sorted(set(ACTS) - set(acts)),
        "seconds": round(sum(one.seconds for one in done), 1),
        **{word: sum(one.verdict[word] for one in done) for word in WORDS},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Random schedules of faults over the real loop")
    parser.add_argument("--n", type=int, default=20, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first one's seed; the others follow it")
    parser.add_argument("--minutes", type=float, default=600, help="begin none after so many minutes")
    parser.add_argument("--at-once", type=int, default=1, help="stacks side by side; one uses about a core")
    parser.add_argument(
        "--act", action="append", choices=sorted(ACTS | LARGER), help="these acts in each; default: drawn"
    )
    parser.add_argument("--each", action="store_true", help="each act alone, once, before the drawn ones")
    parser.add_argument("--json", type=Path, help="write every schedule and the summary here")
    parser.add_argument("--old", type=Path, help="a folder with another version of us, whose worker runs beside ours")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="three of Apache Kafka, for its act")
    parser.add_argument("--small-disk", action="store_true", help="the database on a small disk (root), for its act")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="proactive-faults-"))
    folder.chmod(0o711)
    each = [drawn(-n, acts=[act]) for n, act in enumerate(sorted(ACTS), start=1)] if options.each else []
    schedules = [*each, *(drawn(options.seed + n, acts=options.act) for n in range(options.n))]
    deadline = time.monotonic() + 60 * options.minutes
    how = {"old": options.old, "brokers": options.brokers, "small_disk": options.small_disk}
    done, interrupted = list[Played](), False
    try:
        done.extend(side_by_side(schedules, at_once=options.at_once, folder=folder, deadline=deadline, **how))
    except KeyboardInterrupt:  # what was played until then is told of
        interrupted = True
    found = summary(done)
    say(json.dumps(found))
    if options.json:
        options.json.write_text(json.dumps({"summary": found, "schedules": [one.as_dict() for one in done]}, indent=1))
    if all(one.clean for one in done):
        shutil.rmtree(folder, ignore_errors=True)
    return 130 if interrupted else int(not all(one.clean for one in done))


if __name__ == "__main__":
    sys.exit(main())
