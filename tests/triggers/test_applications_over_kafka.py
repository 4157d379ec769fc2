"""Applications and their statuses over a real broker: from one intake's connector into our own and back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy.exc
from confluent_kafka import Producer

from connectors.intakes.kafka import KafkaIntake, Settings
from proactive.brokers import Brokers
from proactive.domain.keys import Keys
from proactive.errors import Forged, Unreachable
from proactive.ports.clock import SetClock
from proactive.ports.intake import Taken, Unanswered
from proactive.ports.notifier import Hook
from proactive.steps.arrivals import hear, take_messages, tell_statuses
from proactive.steps.receive import take_queued
from proactive.store.store import Store
from proactive.topics import Topics, ensure
from tests.connectors.intakes.world import application
from tests.steps.test_casework import PROCEDURES, ready
from tests.steps.test_catalogue import publish
from tests.walk.waiting import until
from triggers.applications import Applications
from triggers.publisher import Publisher

KEYS = Keys("a secret of more than thirty-two characters")
LICENCE = "3.000347"


@pytest.fixture
async def topics(kafka: str, topic_prefix: str) -> Topics:
    names = {name: f"{topic_prefix}.{name}" for name in ("changes", "dossiers", "applications", "statuses")}
    made = Topics(**names)
    await asyncio.to_thread(ensure, Brokers(kafka), made, partitions=4, replication=1)
    return made


@pytest.fixture
async def theirs(kafka: str, topics: Topics) -> AsyncIterator[KafkaIntake]:
    """The connector of whoever hands over."""
    assert topics.applications and topics.statuses
    settings = Settings(applications=topics.applications, statuses=topics.statuses, group=topics.statuses, seconds=10)
    intake = KafkaIntake(Brokers(kafka), settings)
    yield intake
    await intake.close()


@pytest.fixture
async def ours(kafka: str, topics: Topics, store: Store, clock: SetClock) -> AsyncIterator[Applications]:
    """The way into our own intake."""
    assert topics.applications
    arriving = Applications(Brokers(kafka), topics.applications, store=store, clock=clock, session=6.0)
    yield arriving
    await arriving.close()


@pytest.fixture
async def publisher(kafka: str, topics: Topics) -> AsyncIterator[Publisher]:
    made = Publisher(Brokers(kafka), KEYS, topics)
    yield made
    made.close()


async def all_of(once: Callable[[], Awaitable[int]], number: int, what: str) -> None:
    found = 0

    async def enough() -> bool:
        nonlocal found
        found += await once()
        return found >= number

    await until(enough, seconds=30, what=what)


async def test_an_application_goes_over_and_each_status_comes_back(
    theirs: KafkaIntake, ours: Applications, publisher: Publisher, store: Store, clock: SetClock
) -> None:
    await ready(store)
    given = application("H17-261123-0301")

    outcomes = [await theirs.submit(given) for _ in range(3)]
    await all_of(ours.once, 3, "three messages")
    await take_queued(store=store, clock=clock, limit=100)
    told = await tell_statuses(store=store, publish=publisher.statuses, clock=clock, limit=100)
    await all_of(partial(hear, theirs, store=store, clock=clock), told, "its statuses")

    assert outcomes == [Taken(given.reference)] * 3
    case = await store.cases.get(given.reference)
    assert case is not None and case.content_hash == given.content_hash
    progress = await store.intake.progress([given.reference])
    assert [one.code for one in progress[given.reference]] == [1, 2, 4]
    assert await tell_statuses(store=store, publish=publisher.statuses, clock=clock, limit=100) == 0


async def test_what_is_refused_is_told_as_status_3_kept_with_its_reason_and_looked_at_again(
    theirs: KafkaIntake, ours: Applications, publisher: Publisher, store: Store, clock: SetClock
) -> None:
    from proactive.steps import catalogue
    from tests.steps.test_catalogue import LINES, sign

    await theirs.submit(application("H17-261123-0302"))
    await all_of(ours.once, 1, "one message")
    await take_queued(store=store, clock=clock, limit=100)
    told: list[Any] = []

    async def collect(progress: Any) -> None:
        told.extend(progress)

    await tell_statuses(store=store, publish=collect, clock=clock, limit=100)
    [refused] = await store.intake_queue.refused(limit=10)
    await catalogue.propose(LINES, signed=sign(), store=store)
    for code in PROCEDURES:
        await publish(store, code)
    queued = await store.intake_queue.again("H17-261123-0302", state="queued", by="lan", now=clock.now())
    await take_queued(store=store, clock=clock, limit=100)

    assert [(one.reference, one.code) for one in told] == [("H17-261123-0302", 3)]
    assert "chưa được công bố" in str(told[0].note) and "chưa được công bố" in refused["why"]
    assert queued and await store.cases.get("H17-261123-0302") is not None
    assert await store.intake_queue.refused(limit=10) == []


async def test_rubbish_and_another_content_under_a_known_reference_stop_nobody(
    kafka: str, topics: Topics, theirs: KafkaIntake, ours: Applications, store: Store, clock: SetClock
) -> None:
    await ready(store)
    assert topics.applications
    sender = Producer(Brokers(kafka).client())
    for rubbish in (b"", b"\xff\x00", b"{}", b"[" * 2000, b'{"reference":"x"}', b"{}"):
        sender.produce(topics.applications, rubbish)
    await asyncio.to_thread(sender.flush, 10)
    await theirs.submit(application("H17-261123-0303"))
    await theirs.submit(application("H17-261123-0303", content_hash="b" * 64))
    await theirs.submit(application("H17-261123-0304"))

    await all_of(ours.once, 9, "nine messages")
    await take_queued(store=store, clock=clock, limit=100)

    refused = {row["reference"]: row["why"] for row in await store.intake_queue.refused(limit=20)}
    assert sum(name.startswith("unreadable-") for name in refused) == 5
    assert "hồ sơ khác" in refused["H17-261123-0303-" + "b" * 12]
    assert not await store.intake_queue.again(
        next(name for name in refused if name.startswith("unreadable-")), state="queued", by="lan", now=clock.now()
    )
    for reference in ("H17-261123-0303", "H17-261123-0304"):
        case = await store.cases.get(reference)
        assert case is not None and case.content_hash == "a" * 64


async def test_what_could_not_be_kept_is_kept_the_next_time(
    theirs: KafkaIntake, ours: Applications, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await theirs.submit(application("H17-261123-0305"))
    arrive = store.intake_queue.arrive
    failures = [1, 1]

    async def away(arrived: Any, *, now: Any) -> int:
        if failures:
            failures.pop()
            raise sqlalchemy.exc.OperationalError("", {}, Exception("away"))
        return await arrive(arrived, now=now)

    monkeypatch.setattr(store.intake_queue, "arrive", away)

    async def once() -> int:
        try:
            return await ours.once()
        except sqlalchemy.exc.OperationalError:
            return 0

    await all_of(once, 1, "the message")

    assert failures == []
    assert await store.intake_queue.get("H17-261123-0305") is not None


async def test_statuses_that_could_not_be_written_down_are_given_again(
    theirs: KafkaIntake, publisher: Publisher, store: Store, clock: SetClock
) -> None:
    await ready(store)
    await take_messages([application("H17-261123-0306").model_dump_json().encode()], store=store, clock=clock)
    await take_queued(store=store, clock=clock, limit=10)
    await tell_statuses(store=store, publish=publisher.statuses, clock=clock, limit=100)
    first: list[Any] = []

    async def some() -> bool:
        first.extend(await theirs.pulled())
        return bool(first)

    await until(some, seconds=30, what="statuses")

    assert list(await theirs.pulled()) == first
    await theirs.kept()
    assert [one for one in await theirs.pulled() if one in first] == []


async def test_brokers_that_are_away_leave_it_unanswered_and_nothing_can_be_asked(theirs: KafkaIntake) -> None:
    away = KafkaIntake(Brokers("127.0.0.1:1"), Settings(seconds=0.3))

    assert isinstance(await away.submit(application()), Unanswered)
    assert not await theirs.find("R-1") and await theirs.progress("R-1") == ()
    with pytest.raises(Unreachable):
        await theirs.listed(*[application().approved_at] * 2)
    with pytest.raises(Forged):
        theirs.news(Hook("http://127.0.0.1", {}, b""))
