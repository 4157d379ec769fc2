"""The site connector as a process: killed, cut off, shut out, stopped, and always complete in the end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from random import Random

import pytest

from proactive.embedded.postgres import EmbeddedPostgres
from tests.connectors.site.receiver import Events, Receiver, good, moody
from tests.connectors.site.world import Connector, SiteWorld, ended
from tests.walk.stage import source_of
from tests.walk.waiting import until

SEED = 20261125


@pytest.fixture
async def site(server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[SiteWorld]:
    async with source_of(server) as source:
        yield SiteWorld(tmp_path, source, source.addresses.reader)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with made.listening():
        yield made


def told(receiver: Receiver) -> dict[str, list[int]]:
    """By key, the versions in the order in which they came first."""
    found: dict[str, list[int]] = {}
    for event in receiver.changes:
        found.setdefault(event["subject"], []).append(event["data"]["version"])
    return found


async def all_told(site: SiteWorld, receiver: Receiver, *, seconds: float = 60) -> None:
    """Wait until the newest version of every row has come."""
    versions = await site.versions()

    async def complete() -> bool:
        found = told(receiver)
        return all(version in found.get(key, ()) for key, version in versions.items())

    await until(complete, seconds=seconds, what=f"{len(versions)} rows at the platform")


async def test_killed_at_any_moment_on_a_bad_line_every_change_counts_once_in_order(
    site: SiteWorld, receiver: Receiver
) -> None:
    await _killed(site, receiver, times=4, rows=1000, seed=SEED)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
async def test_killed_twenty_times(site: SiteWorld, receiver: Receiver, seed: int) -> None:
    await _killed(site, receiver, times=20, rows=6000, seed=seed)


async def _killed(site: SiteWorld, receiver: Receiver, *, times: int, rows: int, seed: int) -> None:
    """Every second kill falls into the middle of a request: the platform takes it, and nobody hears that."""
    chance, deck = Random(seed), moody(seed)
    site.write(receiver.url)
    victims: list[Connector] = []
    in_hand = 0

    def mood(events: Events) -> str:
        nonlocal in_hand
        if victims:
            victims.pop().process.kill()
            in_hand += 1
            return "take"
        return deck(events)

    receiver.mood = mood
    adding = asyncio.create_task(_owner_at_work(site, rows))
    for number in range(times):
        async with ended(await site.start()) as connector:
            before = len(receiver.requests)
            await until(partial(_more, receiver, before), what="a request")
            if number % 2:
                await asyncio.sleep(chance.uniform(0, 1))
                victims.append(connector)
                await connector.process.wait()
            else:
                await asyncio.sleep(chance.uniform(0, 1.5))
                await connector.kill()
    await adding
    async with ended(await site.start()) as connector:
        await all_told(site, receiver)
        end = await connector.stop()

    found = told(receiver)
    assert in_hand == times // 2
    assert end.status == 0, end.err
    assert len(receiver.did) >= 5, receiver.did
    assert {key: versions for key, versions in found.items() if versions != sorted(set(versions))} == {}
    assert {len(bodies) for bodies in receiver.bodies.values()} == {1}, "one id, one content"
    assert len(receiver.of_type("caught_up")) == 1


async def _more(receiver: Receiver, than: int) -> bool:
    return len(receiver.requests) > than


async def _owner_at_work(site: SiteWorld, rows: int) -> None:
    """New rows, and each time some of the old ones change."""
    for first in range(0, rows, 50):
        await site.add(first, first + 49)
        await site.add(first // 2, first // 2 + 9)
        await asyncio.sleep(0.3)


async def test_asked_to_stop_it_finishes_the_batch_in_hand(site: SiteWorld, receiver: Receiver) -> None:
    site.write(receiver.url, timeout=20)
    await site.add(1, 1000)
    arrived = asyncio.Event()

    def mood(_: Events) -> str:
        arrived.set()
        return "slow"

    receiver.mood = mood
    async with ended(await site.start()) as connector:
        await arrived.wait()
        end = await connector.stop()

    state = site.state()
    kept = len(receiver.changes)
    assert end.status == 0
    assert end.named("site.minute")[-1]["sent"] == kept == receiver.did["slow"] * 100 < 1000
    assert state is not None
    assert state.running is None
    assert 0 < state.spooled <= 1002 - kept
    assert "Traceback" not in end.err


async def test_one_run_tells_what_there_is_and_the_next_one_only_what_is_new(
    site: SiteWorld, receiver: Receiver
) -> None:
    site.write(receiver.url)
    await site.add(1, 250)

    first = await site.run_once()
    await site.add(7, 7)
    second = await site.run_once()

    assert (first.status, second.status) == (0, 0), first.err
    assert Counter(map(len, told(receiver).values())) == {1: 249, 2: 1}
    assert len(receiver.of_type("caught_up")) == 1
    assert len(receiver.of_type("heartbeat")) == 2
    assert second.named("site.minute")[-1]["sent"] == 2
    assert [event["type"].rpartition(".")[2] for event in receiver.kept.values()][-3:-1] == ["caught_up", "changed"]


async def test_one_run_that_could_not_tell_everything_ends_with_a_sentence_and_1(
    site: SiteWorld, receiver: Receiver
) -> None:
    site.write(receiver.url)
    (site.folder / "address").write_text("postgresql://nobody@127.0.0.1:1/nowhere")

    end = await site.run_once()

    assert end.status == 1
    assert end.err.splitlines()[-1].startswith("proactive: Not everything was told: The registers' database can't be")


async def test_refused_events_are_listed_sent_once_more_and_nothing_personal_is_said_of_them(
    site: SiteWorld, receiver: Receiver
) -> None:
    site.write(receiver.url)
    await site.add(1, 5)
    await site.do("INSERT INTO violations VALUES ('VIP-48-999', '048099123456', '2026-01-01', NULL, now())")
    receiver.mood = lambda _: "names"
    receiver.is_bad = lambda event: event.get("subject") in {"V2", "VIP-48-999"}
    first = await site.run_once()

    asked = status, in_words, listed = [
        await site.typed("status", "--json"), await site.ask("status"), await site.ask("rejected"),
    ]  # fmt: skip
    retried = await site.ask("rejected", "--retry")
    receiver.mood = good
    again = await site.run_once()

    assert (first.status, again.status) == (0, 0), first.err
    assert (status.json["aside"], status.json["spooled"], status.json["running"]) == (2, 0, False)
    assert "put aside      2" in in_words.out
    assert listed.out.count("data.record.class: It is bad. No.") == 2
    assert retried.out == "2 events wait to be sent once more.\n"
    assert set(told(receiver)) == {"VIP-48-999", *(f"V{number}" for number in range(1, 6))}
    assert first.named("site.put_aside")
    for personal in ("VIP-48-999", "048099123456"):
        assert personal not in "".join(one.err + one.out for one in (first, *asked, again))


async def test_a_register_is_told_again_when_an_operator_says_so_also_while_it_runs(
    site: SiteWorld, receiver: Receiver
) -> None:
    site.write(receiver.url)
    await site.add(1, 30)
    async with ended(await site.start()) as connector:
        await all_told(site, receiver)
        first = set(receiver.kept)
        said = await site.ask("tell-again", "violations")
        await until(lambda: _told_again(receiver), what="the end of the second telling")
        await connector.stop()

    changed = [event for event in receiver.changes if event["id"] not in first]
    assert said.status == 0
    assert sorted(event["subject"] for event in changed) == sorted(told(receiver))


async def _told_again(receiver: Receiver) -> bool:
    return len(receiver.of_type("caught_up")) == 2
