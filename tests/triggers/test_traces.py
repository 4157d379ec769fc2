"""Traces: one goes from the commit in a source to the notice, over Kafka and the outbox, and names nobody."""

import asyncio
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from proactive import tracing
from proactive.brokers import Brokers
from proactive.domain.keys import Keys
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.settings import Settings
from proactive.steps.draft import draft
from proactive.steps.offer import offer
from proactive.steps.tell import tell
from proactive.steps.watch import Watch
from proactive.store.store import Store
from proactive.topics import Topics, ensure
from rules import Catalogue
from tests.steps.people import driver
from tests.steps.town import Town
from tests.walk.waiting import until
from triggers.publisher import Publisher
from triggers.recognise import Recognise, consumer
from triggers.step import Step
from triggers.worker import word_came

SEALING = Keys("a secret of more than thirty-two characters")


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made


async def test_one_trace_goes_from_the_source_to_the_notice(
    town: Town, kafka: str, topic_prefix: str, spans: InMemorySpanExporter
) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    person = driver(1).with_licence(updated_at=at)
    [resident, _] = town.says(person)
    await town.told_by_sources([resident])
    names, reached = Topics(changes=f"{topic_prefix}.changes", dossiers=f"{topic_prefix}.dossiers"), Brokers(kafka)
    await asyncio.to_thread(ensure, reached, names, partitions=1, replication=1)
    publisher, loop = Publisher(reached, SEALING, names), asyncio.get_running_loop()
    store, clock, catalogue = town.store, town.clock, town.catalogue

    drafting = Step("draft", lambda: draft(
        catalogue=catalogue, facts=town.facts, store=store, clock=clock, limit=10), every=600)  # fmt: skip
    offering = Step("offer", lambda: offer(
        catalogue=catalogue, registers=town.registers, notifiers={"sms": town.sms}, store=store, clock=clock, limit=10,
        policy=town.manners, a_second=100, turn=asyncio.Lock(),
    ), every=600, wakes_on=["drafted"])  # fmt: skip
    telling = Step("tell", lambda: tell(store=store, publish=publisher.news, clock=clock, limit=10), every=0.1)
    licences = Watch(
        town.sources["driver_licences"], store=store, publish=publisher.changes, clock=clock, limit=10
    )  # fmt: skip
    watching = Step("watch", licences.step, every=600)
    recognising = Recognise(
        reached, names.changes, town.database_url, facts=town.facts, clock=clock, batch=10, session=2.0,
        on_owed=lambda: loop.call_soon_threadsafe(drafting.wake, tracing.here()),
    )  # fmt: skip
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    running = [recognising, telling, drafting, offering, watching]

    with tracing.recording(provider):
        for service in running:
            await service.start()
        hearing = asyncio.create_task(asyncio.to_thread(_hear, reached, names.dossiers, [offering], loop))
        found = await until(lambda: _named(spans, "offer"), seconds=40, what="a notice")
        await hearing
        for service in reversed(running):
            await service.stop()
    publisher.close()

    way = {one.name: one for one in spans.get_finished_spans() if _trace(one) == _trace(found)}
    assert {"watch", "recognise", "draft", "offer"} <= way.keys()
    assert _parent(way["recognise"]) == _id(way["watch"])
    assert _parent(way["draft"]) == _id(way["recognise"])
    assert _parent(way["offer"]) == _id(way["draft"])
    [commit] = [event for event in way["watch"].events if event.name == "source.commit"]
    assert abs(commit.timestamp / 1e9 - at.timestamp()) < 1
    told = " ".join(one.to_json() for one in spans.get_finished_spans())
    for secret in (person.personal_id, person.full_name, person.phone or "-", person.licences[0].number):
        assert secret not in told


async def test_nothing_is_made_while_no_collector_is_set(spans: InMemorySpanExporter) -> None:
    with tracing.traced(Settings(_env_file=None), "test"), tracing.span("draft") as span:
        tracing.found(span, 3)
        tracing.committed([1])

    assert tracing.written() == "" and tracing.here() is None
    assert tracing.heard({"traceparent": b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01"}) is None


async def test_a_step_that_failed_is_told_by_the_kind_of_its_error_alone(spans: InMemorySpanExporter) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))

    with tracing.recording(provider):
        with pytest.raises(ValueError, match="Nguyễn"), tracing.span("draft"):
            raise ValueError("Nguyễn Thị Hoàng Anh")
        with tracing.span("an idle look"):
            pass

    [failed] = spans.get_finished_spans()
    assert (failed.name, dict(failed.attributes or {}), list(failed.events)) == (
        "draft", {"error.type": "ValueError"}, [],
    )  # fmt: skip


def _hear(brokers: Brokers, topic: str, running: list[Step], loop: asyncio.AbstractEventLoop) -> None:
    """The first word of a dossier, as the worker's agent hears it."""
    reader = consumer(brokers, group=f"{topic}-reader", session=2.0)
    reader.subscribe([topic])
    while not (messages := [one for one in reader.consume(1, timeout=0.5) if one.error() is None]):
        pass
    value, headers = messages[0].value(), dict(messages[0].headers() or [])
    reader.close()
    assert isinstance(value, bytes)
    loop.call_soon_threadsafe(word_came, value, headers, running)


async def _named(spans: InMemorySpanExporter, name: str) -> ReadableSpan | None:
    return next((one for one in spans.get_finished_spans() if one.name == name), None)


def _trace(one: ReadableSpan) -> int:
    assert one.context is not None
    return one.context.trace_id


def _id(one: ReadableSpan) -> int:
    assert one.context is not None
    return one.context.span_id


def _parent(one: ReadableSpan) -> int:
    assert one.parent is not None
    return one.parent.span_id
