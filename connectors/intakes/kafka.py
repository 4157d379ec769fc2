"""An intake that takes applications from a Kafka topic and tells each status on another.

    proactive.applications   key: the reference; value: the application as JSON, the same as over HTTP
    proactive.statuses       key: the reference; value: {"reference": ..., "code", "at", "office", "note"}

Status 3 with a note is how this intake refuses. It cannot be asked: statuses come by themselves.

Guarantee: an application is `Taken` when all brokers that must have it have acknowledged it; otherwise `Unanswered`. It
may be on the topic twice, under one reference, which makes the second harmless. Statuses are read again until they
were kept by whoever asked for them (`pulled`, then `kept`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from confluent_kafka import Consumer, KafkaException, Message, Producer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from connectors.intakes._statuses import news
from proactive.brokers import Brokers, brokers
from proactive.domain.application import Application, Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Intake, Listed, PullsNews, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from proactive.settings import from_environment, read

log = structlog.get_logger()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PROACTIVE_INTAKE_KAFKA_", env_ignore_empty=True)

    applications: str = Field("proactive.applications", description="Topic that applications are put on.")
    statuses: str = Field("proactive.statuses", description="Topic that statuses are read from.")
    group: str = Field("proactive-statuses", description="Consumer group that reads statuses.")
    seconds: float = Field(15.0, gt=0, le=60, description="Most seconds to wait for the brokers' acknowledgement.")


async def open() -> Intake:
    """The intake, set up from the environment. Raises `Unusable`."""
    return KafkaIntake(brokers(read()), from_environment(Settings, "The intake over Kafka can't be used"))


class KafkaIntake(Intake, PullsNews):
    """The intake `kafka`, on the same brokers as ours."""

    name = "kafka"

    def __init__(self, brokers: Brokers, settings: Settings) -> None:
        self._settings = settings
        wait = round(settings.seconds * 1000)
        self._producer = Producer(
            brokers.client(
                **{
                    "acks": "all",
                    "enable.idempotence": True,
                    "delivery.timeout.ms": wait,
                    "linger.ms": 0,
                    "log_level": 2,
                }
            )
        )
        self._consumer = Consumer(
            brokers.client(
                **{
                    "group.id": settings.group, "enable.auto.commit": False, "auto.offset.reset": "earliest",
                    "fetch.wait.max.ms": 20, "log_level": 2,
                }
            )
        )  # fmt: skip
        self._reading = False
        self._held: Sequence[Progress] = ()

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        said: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()

        def delivered(error: object, _: Message) -> None:
            loop.call_soon_threadsafe(said.set_result, str(error) if error else None)

        try:
            self._producer.produce(
                self._settings.applications, application.model_dump_json().encode(), application.reference.encode(),
                on_delivery=delivered,
            )  # fmt: skip
        except (BufferError, KafkaException) as error:
            return Unanswered(f"the topic could not be written ({type(error).__name__})")
        await asyncio.to_thread(self._producer.flush, self._settings.seconds)
        await asyncio.sleep(0)
        if not said.done():
            return Unanswered("the brokers did not acknowledge it in time")
        why = said.result()
        return Taken(application.reference) if why is None else Unanswered(f"the brokers did not take it: {why}")

    async def find(self, reference: str) -> bool:
        """It cannot be asked; handing over again under the same reference is harmless."""
        return False

    async def progress(self, reference: str) -> Sequence[Progress]:
        """Nothing: statuses come by themselves."""
        return ()

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        raise Unreachable("An intake over Kafka cannot be asked what it has.")

    def news(self, hook: Hook) -> Sequence[Progress]:
        raise Forged("An intake over Kafka does not call back.")

    async def pulled(self) -> Sequence[Progress]:
        if self._held:
            return self._held
        if not self._reading:
            await asyncio.to_thread(self._consumer.subscribe, [self._settings.statuses])
            self._reading = True
        try:
            messages = await asyncio.to_thread(self._consumer.consume, 500, 0.2)
        except KafkaException as error:
            raise Unreachable(f"Statuses can't be read: {error.args[0].str()}.") from error
        values = [message.value() or b"" for message in messages if message.error() is None]
        self._held = [told for told in map(news, values) if told is not None]
        return self._held

    async def kept(self) -> None:
        self._held = ()
        try:
            await asyncio.to_thread(self._consumer.commit, asynchronous=False)
        except KafkaException as error:  # they come once more, here or elsewhere, and change nothing then
            log.warning("intake.not_acknowledged", error=error.args[0].name())

    async def close(self) -> None:
        await asyncio.to_thread(self._producer.flush, 5)
        await asyncio.to_thread(self._consumer.close)
