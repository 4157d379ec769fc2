"""A step as a service: woken by word, looking by itself when no word comes, and never ended by what goes wrong."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from opentelemetry.trace import SpanContext

from proactive.errors import Unreachable
from triggers.step import Step
from triggers.worker import attach


class Work:
    """So many pieces wait; each turn takes one of them, or fails as it is told to."""

    def __init__(self, waiting: int = 0) -> None:
        self.waiting = waiting
        self.turns: list[float] = []
        self.failures: list[Exception] = []

    async def once(self) -> int:
        self.turns.append(time.monotonic())
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        found, self.waiting = min(self.waiting, 1), max(0, self.waiting - 1)
        return found


@asynccontextmanager
async def running(work: Work, *, every: float, wakes_on: tuple[str, ...] = ()) -> AsyncIterator[Step]:
    step = Step("offer", work.once, every=every, wakes_on=wakes_on)
    await step.start()
    yield step
    await step.stop()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 -- what is waited for knows nothing of us
            await asyncio.sleep(0.005)


async def test_while_it_finds_work_it_does_not_rest() -> None:
    work = Work(waiting=50)

    async with running(work, every=60):
        await until(lambda: len(work.turns) == 51)

    assert work.turns[-1] - work.turns[0] < 2


async def test_word_wakes_it_at_once() -> None:
    work = Work()

    async with running(work, every=60) as step:
        await until(lambda: len(work.turns) == 1)
        work.waiting = 1
        step.wake()
        await until(lambda: work.waiting == 0)


async def test_without_word_it_looks_by_itself() -> None:
    work = Work()

    async with running(work, every=0.05):
        await until(lambda: len(work.turns) >= 4)


async def test_after_a_batch_that_was_not_full_it_rests_until_there_is_word_and_says_that_it_found_something() -> None:
    told: list[str] = []
    work = Work(waiting=2)
    step = Step("draft", work.once, every=60, full=2, found=lambda: told.append("found"))

    await step.start()
    await until(lambda: len(work.turns) == 1)
    await asyncio.sleep(0.05)
    assert work.waiting == 1 and told == ["found"]
    step.wake()
    await until(lambda: work.waiting == 0)
    await step.stop()
    assert len(work.turns) == 2


class Crowded:
    """Work that stays in hand until it is let go."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        self.in_hand = self.looks = 0
        self.let_go = asyncio.Semaphore(0)

    async def once(self) -> int:
        self.looks += 1
        if not self.waiting:
            return 0
        self.waiting, self.in_hand = self.waiting - 1, self.in_hand + 1
        await self.let_go.acquire()
        self.in_hand -= 1
        return 1


async def test_word_wakes_one_hand_that_rests_and_the_next_word_another() -> None:
    work = Crowded(0)
    step = Step("offer", work.once, every=60, hands=2)

    await step.start()
    await until(lambda: work.looks == 2)  # each looks once at the start
    work.waiting = 2
    step.wake()
    await until(lambda: work.in_hand == 1)
    await asyncio.sleep(0.05)
    assert work.looks == 3, "the other hand rests: one batch needs one"
    step.wake()
    await until(lambda: work.in_hand == 2)
    step.wake()  # nobody rests; it is heard by whoever is done first
    work.let_go.release()
    work.let_go.release()
    await until(lambda: work.in_hand == 0)
    await step.stop()


async def test_a_full_batch_calls_the_other_hand() -> None:
    work = Crowded(0)
    step = Step("offer", work.once, every=60, hands=2)

    await step.start()
    await until(lambda: work.looks == 2)
    work.waiting = 3
    step.wake()
    await until(lambda: work.in_hand == 1)
    work.let_go.release()
    await until(lambda: work.in_hand == 2)
    for _ in range(2):
        work.let_go.release()
    await until(lambda: work.in_hand == 0)
    await step.stop()


@pytest.mark.parametrize("error", [Unreachable("away"), ValueError("a bug"), ConnectionResetError()])
async def test_whatever_goes_wrong_the_work_is_taken_up_again(error: Exception) -> None:
    work = Work(waiting=3)
    work.failures = [error]

    async with running(work, every=0.01) as step:
        await until(lambda: len(work.turns) == 1)
        step.wake()
        await until(lambda: work.waiting == 0)


async def test_after_a_failure_it_waits_longer_than_it_would_otherwise() -> None:
    work = Work()
    work.failures = [Unreachable(), Unreachable()]

    async with running(work, every=0.01):
        await until(lambda: len(work.turns) == 2)

    assert work.turns[1] - work.turns[0] > 0.5


async def test_it_stops_in_the_middle_of_its_rest() -> None:
    work = Work()
    began = time.monotonic()

    async with running(work, every=600):
        await until(lambda: len(work.turns) == 1)

    assert time.monotonic() - began < 5


class Herald:
    """What `attach` needs of a Faust app: keeps the agent's body, so that it can be read to."""

    body: Callable[[AsyncIterator[bytes]], Awaitable[None]]
    given: dict[str, object]

    def topic(self, name: str, **_: object) -> str:
        return name

    def agent(self, topic: str, **given: object) -> Callable[[Any], None]:
        self.given = given

        def keep(body: Callable[[AsyncIterator[bytes]], Awaitable[None]]) -> None:
            self.body = body

        return keep


async def test_word_of_a_dossier_wakes_the_steps_that_move_it_and_rubbish_wakes_nobody() -> None:
    woken: list[str] = []

    class Sleeper(Step):
        def wake(self, since: SpanContext | None = None) -> None:
            woken.append(self.step)

    steps: list[Step] = [
        Sleeper("offer", Work().once, every=60, wakes_on=["drafted"]),
        Sleeper("forward", Work().once, every=60, wakes_on=["approved"]),
    ]
    rubbish = [b"", b"\xff\xfe", b"{", b"[]", b"null", b'"approved"', b'{"state":7}', b'{"state":["approved"]}',
               b"[" * 100_000, b'{"id":"1"}']  # fmt: skip
    herald = Herald()
    attach(herald, "test.dossiers", steps)  # type: ignore[arg-type] # as much of an app as it touches

    class Said:
        async def events(self) -> AsyncIterator[SimpleNamespace]:
            for value in [*rubbish, msgspec.json.encode({"id": "1", "state": "approved"})]:
                yield SimpleNamespace(value=value, headers={})

    await herald.body(Said())

    assert woken == ["forward"]
    assert herald.given["concurrency"] == 1
