"""A token that is good once is bought anew by one worker only, and what is lost on the way is said aloud."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from proactive.domain.sealing import Seal, Unsealable
from proactive.domain.token import ENDS_SOON, RENEWED_AFTER, Worry
from proactive.errors import Permanent
from proactive.ports.clock import SetClock
from proactive.ports.tokens import Answer, Authority, Given
from proactive.steps import renew
from proactive.steps.renew import ASK_AGAIN, LEASE, KeptTokens
from proactive.store.store import Store, opened
from tests.conftest import MORNING
from tests.demo.servers import until
from tests.notifiers.zalo import APP, KEYS, SECRET, Zalo, standing_in

DUE = RENEWED_AFTER + timedelta(minutes=1)
WORKER = """
import asyncio, sys
from datetime import datetime
from notifiers import _zalo_access
from proactive.domain.keys import Keys
from proactive.ports.clock import SetClock
from proactive.steps import renew
from proactive.store.store import opened

async def main(url, at, secret):
    clock = SetClock(datetime.fromisoformat(at))
    authority = _zalo_access.authority(clock=clock)
    async with opened(url, size=1) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        await renew.renew(authorities=[authority], store=store, keys=Keys(secret), clock=clock)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with standing_in() as made:
        yield made


@pytest.fixture
async def access(zalo: Zalo, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> AsyncIterator[Authority]:
    made = zalo.access(monkeypatch, clock)
    yield made
    await made.close()


async def again(store: Store, authority: Authority, clock: SetClock) -> int:
    return await renew.renew(authorities=[authority], store=store, keys=KEYS, clock=clock)


def tokens(store: Store, clock: SetClock) -> KeptTokens:
    return KeptTokens("zalo", APP, store=store, keys=KEYS, clock=clock)


async def test_the_first_pair_is_bought_with_a_code_and_nobody_reads_it_in_the_database(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)

    token = await tokens(store, clock).current()
    async with store.engine.connect() as connection:
        row = str((await connection.execute(text("SELECT * FROM provider_token"))).one())
    assert token is not None
    assert token.access == zalo.network.access
    assert zalo.network.access not in row
    assert zalo.network.refresh not in row


async def test_a_code_is_good_once(zalo: Zalo, access: Authority, store: Store, clock: SetClock) -> None:
    verifier = access.verifier()
    code = zalo.network.permit(renew.challenge(verifier))
    given = {"authority": access, "store": store, "keys": KEYS, "clock": clock}
    await renew.authorise(code, verifier=verifier, **given)  # type: ignore[arg-type] # by name

    with pytest.raises(Permanent, match="begin anew"):
        await renew.authorise(code, verifier=verifier, **given)  # type: ignore[arg-type] # by name


async def test_a_verifier_of_another_request_buys_nothing(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    code = zalo.network.permit(renew.challenge(access.verifier()))

    with pytest.raises(Permanent):
        await renew.authorise(
            code, verifier=access.verifier(), authority=access, store=store, keys=KEYS, clock=clock
        )  # fmt: skip


async def test_a_challenge_is_made_as_zalo_makes_it() -> None:
    assert renew.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )
    assert renew.challenge("DaNangPpsZaloPkceVerifier000000000000000001") == (
        "FjdcP1roGhMp_CgUiQSILqPHkWRDtZAgZMEXBuH5PFc"
    )


async def test_nothing_is_asked_before_it_is_due_and_then_once(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    first = zalo.network.access

    early = await again(store, access, clock)
    clock.forward(seconds=DUE.total_seconds())
    due = await again(store, access, clock)
    after = await again(store, access, clock)

    token = await tokens(store, clock).current()
    assert (early, due, after) == (0, 1, 0)
    assert token is not None
    assert (token.access, token.generation) == (zalo.network.access, 2)
    assert token.access != first


async def test_of_forty_who_renew_at_once_one_asks(
    zalo: Zalo, access: Authority, store: Store, database_url: str, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    before = zalo.network.asked_for_tokens
    clock.forward(seconds=DUE.total_seconds())
    begin = asyncio.Barrier(8)

    async def worker() -> int:
        async with opened(database_url, size=1) as own:
            await begin.wait()
            return sum([await again(own, access, clock) for _ in range(5)])

    asked = await asyncio.gather(*(worker() for _ in range(8)))

    assert sum(asked) == 1
    assert zalo.network.asked_for_tokens == before + 1
    [kept] = await store.tokens.all()
    assert (kept.generation, kept.tries, kept.lost_at) == (2, 0, None)


class Process:
    """A worker in a process of its own, which renews when it is told to."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    @classmethod
    async def started(cls, zalo: Zalo, url: str, *, at: timedelta, timeout: str = "2") -> "Process":
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, url, (MORNING + at).isoformat(), SECRET,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            cwd=Path(__file__).parents[2], env={**os.environ, **zalo.environment(TIMEOUT=timeout)},
        )  # fmt: skip
        assert child.stdout is not None
        await asyncio.wait_for(child.stdout.readline(), 120)
        return cls(child)

    def begin(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(b"go\n")

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self._child.pid, number)

    async def ended(self) -> int:
        return await asyncio.wait_for(self._child.wait(), 60)


async def test_of_three_processes_one_asks(
    zalo: Zalo, access: Authority, store: Store, database_url: str, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    before = zalo.network.asked_for_tokens
    processes = await asyncio.gather(*(Process.started(zalo, database_url, at=DUE) for _ in range(3)))

    for process in processes:
        process.begin()
    ended = [await process.ended() for process in processes]

    [kept] = await store.tokens.all()
    assert ended == [0, 0, 0]
    assert zalo.network.asked_for_tokens == before + 1
    assert kept.generation == 2


async def test_who_dies_after_the_provider_gave_and_before_it_was_written_leaves_a_cry_for_help(
    zalo: Zalo, access: Authority, store: Store, database_url: str, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    old, zalo.settings.swallow = zalo.network.access, 1
    process = await Process.started(zalo, database_url, at=DUE, timeout="20")
    process.begin()
    await until(lambda: zalo.network.rotations == 2, seconds=20)
    process.kill()
    await process.ended()
    clock.forward(seconds=DUE.total_seconds())

    too_early = await again(store, access, clock)
    clock.forward(seconds=LEASE.total_seconds() + 1)
    asked = await again(store, access, clock)

    [kept] = await store.tokens.all()
    token = await tokens(store, clock).current()
    assert (too_early, asked) == (0, 1)
    assert kept.worry(clock.now()) is Worry.LOST
    assert kept.why is not None
    assert "used up by that" in kept.why
    assert token is not None
    assert token.access == old, "the access token is used until it ends"

    await zalo.permitted(access, store, clock)
    [mended] = await store.tokens.all()
    token = await tokens(store, clock).current()
    assert mended.worry(clock.now()) is None
    assert token is not None
    assert token.access == zalo.network.access


async def test_an_answer_that_never_came_of_a_provider_that_gave_nothing_costs_nothing(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await zalo.permitted(access, store, clock)
    clock.forward(seconds=DUE.total_seconds())
    monkeypatch.setattr(zalo.network, "token", lambda form, secret: {"gateway": "restarting"})

    await again(store, access, clock)
    [doubtful] = await store.tokens.all()
    monkeypatch.undo()
    clock.forward(seconds=ASK_AGAIN.total_seconds() + 1)
    await again(store, access, clock)

    [kept] = await store.tokens.all()
    assert (doubtful.tries, doubtful.lost_at) == (1, None)
    assert (kept.generation, kept.tries, kept.why) == (2, 0, None)


class Slow(Authority):
    """Has the next pair from the provider, and falls asleep with it."""

    def __init__(self, own: Authority) -> None:
        self._own = own
        self.provider, self.account = own.provider, own.account
        self.asleep, self.wake = asyncio.Event(), asyncio.Event()

    async def renew(self, refresh: str) -> Answer:
        answer = await self._own.renew(refresh)
        self.asleep.set()
        await self.wake.wait()
        return answer

    async def close(self) -> None: ...


async def test_a_pair_that_comes_late_is_kept_all_the_same(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    clock.forward(seconds=DUE.total_seconds())
    slow = Slow(access)
    sleeping = asyncio.create_task(again(store, slow, clock))
    await slow.asleep.wait()
    clock.forward(seconds=LEASE.total_seconds() + 1)
    await again(store, access, clock)
    [believed_lost] = await store.tokens.all()

    slow.wake.set()
    await sleeping

    [kept] = await store.tokens.all()
    token = await tokens(store, clock).current()
    assert believed_lost.worry(clock.now()) is Worry.LOST
    assert (kept.generation, kept.worry(clock.now())) == (2, None)
    assert token is not None
    assert token.access == zalo.network.access


async def test_who_comes_late_does_not_write_over_what_a_person_gave_anew(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    clock.forward(seconds=DUE.total_seconds())
    slow = Slow(access)
    sleeping = asyncio.create_task(again(store, slow, clock))
    await slow.asleep.wait()
    await zalo.permitted(access, store, clock)

    slow.wake.set()
    await sleeping

    token = await tokens(store, clock).current()
    assert token is not None
    assert (token.access, token.generation) == (zalo.network.access, 2)


async def test_a_token_that_the_provider_refuses_is_renewed_before_its_time_but_not_again_and_again(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    book = tokens(store, clock)
    clock.forward(hours=1)

    await book.refused(1)
    first = await again(store, access, clock)
    await book.refused(2)
    second = await again(store, access, clock)

    assert (first, second) == (1, 0)


async def test_worry_comes_long_before_the_end(zalo: Zalo, access: Authority, store: Store, clock: SetClock) -> None:
    kept = await zalo.permitted(access, store, clock)

    assert kept.worry(MORNING + RENEWED_AFTER) is None
    assert kept.worry(MORNING + timedelta(hours=23)) is Worry.LATE
    assert kept.worry(kept.refresh_until - ENDS_SOON) is Worry.ENDS
    assert kept.worry(kept.refresh_until) is Worry.LOST


async def test_another_secret_of_ours_opens_nothing_and_says_how_to_mend_it(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    clock.forward(seconds=DUE.total_seconds())
    other = type(KEYS)("another secret of thirty-two letters!!")

    await renew.renew(authorities=[access], store=store, keys=other, clock=clock)

    [kept] = await store.tokens.all()
    assert kept.worry(clock.now()) is Worry.LOST
    assert kept.why == "It was sealed under another PROACTIVE_SECRET."
    assert await KeptTokens("zalo", APP, store=store, keys=other, clock=clock).current() is None


def test_a_sealed_value_opens_nowhere_but_in_its_place_and_not_when_it_was_changed() -> None:
    seal = Seal(KEYS, "provider token")
    sealed = seal.close(b"secret", about="zalo:1:1")

    assert seal.open(sealed, about="zalo:1:1") == b"secret"
    for about, wrong in (("zalo:1:2", sealed), ("zalo:1:1", sealed[:-1] + bytes([sealed[-1] ^ 1])), ("zalo:1:1", b"")):
        with pytest.raises(Unsealable):
            seal.open(wrong, about=about)


async def test_a_pair_shows_no_token_when_it_is_printed(
    zalo: Zalo, access: Authority, store: Store, clock: SetClock
) -> None:
    await zalo.permitted(access, store, clock)
    given = await access.renew(zalo.network.refresh)

    assert isinstance(given, Given)
    assert given.pair.access not in repr(given)
    assert given.pair.refresh not in repr(given)
