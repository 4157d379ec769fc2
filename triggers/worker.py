"""The worker: one Faust app that runs every processor. Start more of them for more speed; none of them leads.

`python -m triggers.worker` (or `proactive worker`) reads the settings from the environment.
"""

import asyncio
import contextlib
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial

import faust
import msgspec
import structlog
import uvloop
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import KafkaError, KafkaException
from opentelemetry.trace import SpanContext

from proactive import journey, metrics, tracing
from proactive.brokers import Brokers, brokers
from proactive.errors import ProactiveError, Unusable
from proactive.logs import begin_logging
from proactive.memory_use import calm_memory, one_heap
from proactive.parts import Parts, assembled, inboxes, signer, witnesses
from proactive.ports.intake import PullsNews
from proactive.settings import Settings, read
from proactive.steps.arrivals import hear, tell_statuses
from proactive.steps.offer import MOST
from proactive.steps.portal import show_cases
from proactive.steps.relay import look_after
from proactive.steps.watch import Unkept
from proactive.store.engine import told_when_lost
from proactive.store.news import Word
from proactive.store.scope import DatabaseRole
from proactive.topics import ensure, topics
from triggers.applications import Applications
from triggers.publisher import Publisher
from triggers.recognise import Recognise
from triggers.step import Step
from triggers.watcher import comparing, watching

DRAFTS_AT_ONCE, DRAFT_BATCH = 2, 300
"""While one batch of dossiers is being kept, the next is filled in; no occasion is in two of them. A batch is no larger
than the memory of a worker allows."""
OFFERS_AT_ONCE = 2
"""While one batch of notices is with the providers, the next is claimed."""

log = structlog.get_logger()

AWAY = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT})
WORDS = 1000
SEAL_SECONDS = 30.0
COUNT_SECONDS = 15.0


def credentials(reached: Brokers) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """Who we are at the brokers, in Faust's words."""
    context = None
    if reached.encrypted:
        context = ssl.create_default_context(cafile=reached.authority)
    if reached.signs_in:
        return faust.SASLCredentials(
            username=reached.user,
            password=reached.password.get_secret_value(),
            mechanism=reached.mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def application(settings: Settings, reached: Brokers) -> faust.App:
    """The Faust app: no web server, no tables, no leader; it wakes steps and proves nothing."""
    return faust.App(
        f"{settings.topic_prefix}-worker",
        broker=f"kafka://{reached.addresses.replace(' ', '')}",
        broker_credentials=credentials(reached),
        value_serializer="raw",
        key_serializer="raw",
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=settings.kafka_partitions,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        producer_acks=-1,
        stream_wait_empty=False,
        loghandlers=[],
        datadir=settings.data_dir / "faust",
    )


def steps(parts: Parts, publisher: Publisher, *, unkept: Unkept) -> list[Step]:
    """Every step that runs by itself, with what wakes it. `unkept` hears when recognise seems to stand still.

    Word of what one of them has done is told at once, and wakes those in this process without going by way of Kafka.
    """
    s = parts.settings
    limit, every = min(s.batch, 1000), s.poll_seconds
    store, clock = parts.store, parts.clock
    catalogue, facts, registers = parts.catalogue, parts.facts, parts.registers
    notifiers, intake = parts.notifiers, parts.intake
    turn = asyncio.Lock()
    running: list[Step] = []

    async def publish(words: Sequence[Word]) -> None:
        for state, since in {word.state: word.trace for word in words}.items():
            awaken(running, state, tracing.heard({tracing.HEADER: since}))
        await publisher.news(words)

    telling = Step(
        "tell",
        lambda: journey.tell(store=store, publish=publish, clock=clock, limit=WORDS),
        every=min(every, 0.25),
        full=WORDS,
    )

    def step(
        name: str, once: Callable[[], Awaitable[int]], *, seconds: float = every, full: int = 1, hands: int = 1
    ) -> Step:
        return Step(
            name, once, every=seconds, wakes_on=journey.PICKS_UP.get(name, ()), full=full, hands=hands,
            found=telling.wake,
        )  # fmt: skip

    running += [
        telling,
        step(
            "draft",
            lambda: journey.draft(
                catalogue=catalogue, facts=facts, store=store, clock=clock, limit=min(limit, DRAFT_BATCH)
            ),
            full=min(limit, DRAFT_BATCH),
            hands=DRAFTS_AT_ONCE,
        ),
        step(
            "offer",
            lambda: journey.offer(
                catalogue=catalogue, registers=registers, notifiers=notifiers, store=store, clock=clock,
                limit=limit, policy=parts.manners, a_second=s.notices_a_second, turn=turn,
            ),
            seconds=min(every, 0.25),
            full=min(limit, MOST),
            hands=OFFERS_AT_ONCE,
        ),
        step(
            "reconcile",
            lambda: journey.reconcile(
                notifiers=notifiers, store=store, clock=clock, limit=limit,
                absent_after=timedelta(seconds=s.absent_after),
            ),
        ),
        step(
            "passcodes",
            lambda: journey.send_passcodes(
                notifiers=notifiers, store=store, keys=parts.keys, clock=clock, limit=limit
            ),
            seconds=min(every, 0.25),
        ),
        step(
            "forward",
            lambda: journey.forward(
                catalogue=catalogue, registers=registers, intake=intake, store=store, clock=clock, limit=limit
            ),
        ),
        step(
            "follow",
            lambda: journey.follow(
                intake=intake, store=store, clock=clock, every=timedelta(seconds=s.follow_seconds), limit=limit
            ),
        ),
        *rework(parts),
        *pushed(parts, publisher, limit=s.batch, unkept=unkept),
        step("replay", lambda: journey.replay(store=store, publish=publisher.again, clock=clock, limit=limit)),
        step(
            "measure",
            lambda: journey.measure(
                catalogue=catalogue, store=store, clock=clock, every=timedelta(seconds=s.measure_seconds)
            ),
        ),
        step("mend", lambda: journey.mend(catalogue=catalogue, store=store, clock=clock, limit=limit)),
        *office_files(parts, publisher, limit=limit),
        *tokens(parts),
        step(
            "seal",
            lambda: journey.seal(signer=signer(s), witnesses=witnesses(s), store=store, clock=clock),
            seconds=SEAL_SECONDS,
        ),
        step("keep_time", lambda: journey.keep_time(store=store, clock=clock, limit=limit), seconds=60),
        step("tally", lambda: journey.tally(catalogue=catalogue, store=store, clock=clock), seconds=60),
        step("look_ahead", lambda: journey.look_ahead(catalogue=catalogue, store=store, clock=clock), seconds=60),
        step("compare_intake", lambda: journey.nightly(intake=intake, store=store, clock=clock), seconds=300),
        step("take_in", lambda: journey.take_queued(store=store, clock=clock, limit=limit)),
        step("count", lambda: count(parts), seconds=COUNT_SECONDS),
        step("erase", lambda: erase(parts, limit=limit), seconds=600),
        step("tidy", lambda: journey.tidy(catalogue=catalogue, store=store, clock=clock), seconds=600),
        *(
            Step("watch", watch.step, every=0.01 if watch.waits else every)
            for watch in watching(parts, publish=publisher.changes, limit=s.batch, unkept=unkept)
        ),
        *(
            Step("compare", compare.step, every=max(every, 5.0))
            for compare in comparing(parts, publish=publisher.changes, limit=s.batch)
        ),
    ]  # fmt: skip
    return running


async def erase(parts: Parts, *, limit: int) -> int:
    """One batch of each kind; told, because nobody should have to guess when something was forgotten."""
    done = await journey.erase(privacy=parts.privacy, store=parts.store, clock=parts.clock, limit=limit)
    if done:
        log.info("erase.done", **done)
    return max(done.values(), default=0)


async def count(parts: Parts) -> int:
    """Tell what rests in the store, where somebody listens."""
    if parts.settings.metrics_port:
        metrics.show(await parts.store.backlogs.now(today=parts.clock.today(), now=parts.clock.now()))
    return 0


def pushed(parts: Parts, publisher: Publisher, *, limit: int, unkept: Unkept) -> list[Step]:
    """Passes on what connectors push, and looks after the registers that only tell us."""
    store, clock, told = parts.store, parts.clock, parts.registers.told
    kept = timedelta(days=parts.settings.push_ids_days)
    found = [
        Step(
            "relay",
            lambda: journey.relay(
                catalogue=parts.catalogue, store=store, publish=publisher.changes, clock=clock, limit=limit,
                unkept=unkept,
            ),
            every=min(parts.settings.poll_seconds, 0.25),
        )
    ]
    if told is not None:
        found.append(Step("told", lambda: look_after(told, store=store, clock=clock, kept=kept), every=15.0))
    return found


def office_files(parts: Parts, publisher: Publisher, *, limit: int) -> list[Step]:
    """Reads files that offices have sent and applies them, where some register is filled by files."""
    if not parts.files:
        return []
    read = partial(journey.read_files, store=parts.store, registers=parts.files, facts=parts.facts, clock=parts.clock)
    apply = partial(
        journey.apply_files, store=parts.store, registers=parts.files, publish=publisher.changes,
        columns=parts.catalogue.columns_needed, clock=parts.clock, limit=limit,
    )  # fmt: skip
    every = parts.settings.poll_seconds
    running = [Step("read_files", read, every=every), Step("apply_files", apply, every=every)]
    if folders := inboxes(parts.settings, parts.catalogue):
        look = partial(
            journey.collect, folders, store=parts.store, registers=parts.files, facts=parts.facts, clock=parts.clock
        )
        running.append(Step("collect", look, every=max(every, 5.0)))
    return running


def tokens(parts: Parts) -> list[Step]:
    """Renews the tokens of providers, where some channel needs one."""
    if not parts.authorities:
        return []
    again = partial(journey.renew, authorities=parts.authorities, store=parts.store, keys=parts.keys, clock=parts.clock)
    return [Step("renew", again, every=20.0)]


def intakes(parts: Parts, publisher: Publisher) -> list[Step]:
    """Hears an intake that does not call back, tells on Kafka what became of what came by Kafka, and shows a portal the
    cases of our own."""
    running, intake = [], parts.intake
    if parts.portal is not None:
        shown = partial(
            show_cases, portal=parts.portal, store=parts.store, clock=parts.clock, limit=parts.settings.batch
        )
        running.append(Step("portal", shown, every=max(parts.settings.poll_seconds, 1.0)))
    if isinstance(intake, PullsNews):
        running.append(Step("hear", partial(hear, intake, store=parts.store, clock=parts.clock), every=0.2))
    if parts.settings.receiving_kafka:
        tell = partial(
            tell_statuses, store=parts.store, publish=publisher.statuses, clock=parts.clock, limit=parts.settings.batch
        )
        running.append(Step("tell_statuses", tell, every=min(parts.settings.poll_seconds, 0.25)))
    return running


def rework(parts: Parts) -> list[Step]:
    """Looks at everybody again when another version of a service is in force."""
    book, url = parts.book, parts.settings.database_url
    if book is None or url is None:
        return []

    async def once() -> int:
        found = await journey.rework(book=book, store=parts.store, url=url, clock=parts.clock)
        metrics.ASIDE.clear()
        for name in book.catalogue.aside:
            metrics.ASIDE.labels(name).set(1)
        return found

    return [Step("rework", once, every=5.0)]


def attach(app: faust.App, topic: str, running: list[Step]) -> None:
    """Let word of dossiers wake the steps. The body cannot fail: it looks at one word and sets a flag."""
    dossiers = app.topic(topic, value_type=bytes, value_serializer="raw", key_type=bytes)

    @app.agent(dossiers, concurrency=1, name="word")
    async def word(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            word_came(event.value, event.headers, running)


def word_came(value: bytes, headers: Mapping[str, bytes] | None, running: Sequence[Step]) -> None:
    """Wake the steps that pick up what is in this state; they go on in the trace of who brought it there."""
    awaken(running, _state(value), tracing.heard(headers))


def awaken(running: Sequence[Step], state: str | None, since: SpanContext | None) -> None:
    for step in running:
        if state in step.wakes_on:
            step.wake(since)


class _Word(msgspec.Struct):
    state: str


def _state(value: bytes) -> str | None:
    try:
        return msgspec.json.decode(value, type=_Word).state
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set; then let every step finish what it has in hand."""
    reached, names = brokers(settings), topics(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # Faust makes its own folder in it, and only that
    await asyncio.to_thread(
        ensure, reached, names, partitions=settings.kafka_partitions, replication=settings.kafka_replication
    )
    async with assembled(settings, application="proactive worker", role=DatabaseRole.WORKER, connections=16) as parts:
        if parts.book is not None:
            await parts.book.stand()  # before anything is drafted
        publisher = Publisher(reached, parts.keys, names)
        app = application(settings, reached)
        loop = asyncio.get_running_loop()

        def owed() -> None:
            loop.call_soon_threadsafe(draft.wake, tracing.here())

        recognise = Recognise(
            reached, names.changes, str(settings.database_url), facts=parts.facts, clock=parts.clock,
            batch=settings.batch, session=settings.session_seconds, on_owed=owed,
        )  # fmt: skip
        running = [*steps(parts, publisher, unkept=recognise.unkept), *intakes(parts, publisher)]
        arriving = (
            Applications(
                reached, names.applications, store=parts.store, clock=parts.clock, session=settings.session_seconds
            )
            if names.applications is not None
            else None
        )
        if arriving is not None:
            running.append(Step("arrive", arriving.once, every=0.05))
        attach(app, names.dossiers, running)
        [draft] = [step for step in running if step.step == "draft"]
        # Word only wakes: the steps look for themselves while Kafka is still giving out partitions.
        for service in (recognise, *running):
            await service.start()
        await app.start()
        calm_memory()
        log.info("worker.ready", steps=len(running))
        await stop.wait()
        await app.stop()
        for service in (*reversed(running), recognise):
            await service.stop()
        if arriving is not None:
            await arriving.close()
        await asyncio.to_thread(publisher.close)


@contextlib.contextmanager
def told_when_away() -> Iterator[None]:
    """Brokers that go away while a worker starts end it with one sentence: raises `Unusable`."""
    try:
        yield
    except (KafkaConnectionError, KafkaException) as error:
        if isinstance(error, KafkaException) and error.args[0].code() not in AWAY:
            raise
        raise Unusable("Kafka was there and cannot be reached any more. Start this again when it is.") from error


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    with told_when_lost(), told_when_away():
        await work(settings, stop)


async def main(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    working = asyncio.create_task(_work(settings, stop))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    if asked.done() and not working.done():
        # While it is still starting there is nothing in hand to finish.
        done, _ = await asyncio.wait({working}, timeout=20)
        if not done:
            working.cancel()
    asked.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


if __name__ == "__main__":
    one_heap()
    begin_logging()
    try:
        settings = read()
        with (
            metrics.told(settings),
            tracing.traced(settings, "proactive-worker"),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(main(settings))
    except ProactiveError as error:
        sys.exit(f"proactive worker: {error}")
