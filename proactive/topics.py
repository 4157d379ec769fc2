"""Our topics, declared here and nowhere else: made where they are missing, and compared with what the brokers hold."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource  # type: ignore[attr-defined]  # the library does not list them
from confluent_kafka.cimpl import NewTopic

from proactive.brokers import Admin, Brokers
from proactive.errors import Unusable
from proactive.settings import Settings

log = structlog.get_logger()

WAIT = 30.0
HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class Topics:
    changes: str
    """Changes of registers, keyed by a keyed hash of the person: all of one person's changes stay in order."""
    dossiers: str
    """Word that a dossier is in a state: an id and a state, nothing else."""
    applications: str | None = None
    """Applications for our own intake, keyed by their reference; only where it takes them over Kafka."""
    statuses: str | None = None
    """What became of them, keyed the same."""


def topics(settings: Settings) -> Topics:
    intake = {name: f"{settings.topic_prefix}.{name}" for name in ("applications", "statuses")}
    return Topics(
        changes=f"{settings.topic_prefix}.changes",
        dossiers=f"{settings.topic_prefix}.dossiers",
        **(intake if settings.receiving_kafka else {}),
    )


@dataclass(frozen=True)
class Topic:
    """One topic as it must be."""

    name: str
    partitions: int
    """Never changed behind our back: a key's order would be lost."""
    replication: int
    """Brokers that hold a copy; with more brokers than copies, some hold none."""
    settings: Mapping[str, str]
    """By Kafka's own names."""


@dataclass(frozen=True)
class Difference:
    topic: str
    what: str
    """`missing`, `partitions`, `replication` or a setting by Kafka's name."""
    wanted: str
    found: str

    @property
    def ours_to_mend(self) -> bool:
        """Whether `mend` may do it: copies and partitions are moved by whoever runs the brokers."""
        return self.what not in {"partitions", "replication"}

    def __str__(self) -> str:
        if self.what == "missing":
            return f"Topic {self.topic} is missing."
        return f"Topic {self.topic} has {self.what} {self.found}, not {self.wanted}."


def declared(names: Topics, *, partitions: int, replication: int) -> tuple[Topic, ...]:
    """All of them. A write counts when all copies but one have it, so that one broker may be away."""
    safe = {"min.insync.replicas": str(max(1, replication - 1)), "cleanup.policy": "delete"}

    def one(name: str, kept: int) -> Topic:
        return Topic(name, partitions, replication, {**safe, "retention.ms": str(kept)})

    return (
        one(names.changes, 3 * DAY),  # rows of people: no longer than a weekend; after it the sources are read anew
        one(names.dossiers, DAY),  # only wakes: the steps look for themselves
        # The other side may be away over Tet too; what we have kept is in the database.
        *(one(name, 14 * DAY) for name in (names.applications, names.statuses) if name is not None),
    )


def ensure(brokers: Brokers, names: Topics, *, partitions: int, replication: int) -> None:
    """Create the topics where they are missing and check them.

    Raises `Unusable` with one sentence where partitions differ; what else differs is a warning in the log.
    """
    admin = brokers.admin()
    wanted = declared(names, partitions=partitions, replication=min(replication, _brokers(admin, brokers)))
    missing = [one for one in differences(admin, wanted) if one.what == "missing"]
    if missing:
        mend(admin, wanted, missing)
    for one in differences(admin, wanted, wait=WAIT if missing else 0.0):
        if one.what == "partitions":
            raise Unusable(f"{one} Set PROACTIVE_KAFKA_PARTITIONS to {one.found}, or make the topic anew.")
        if one.what == "missing":
            raise Unusable(f"Topic {one.topic} does not appear on the broker.")
        log.warning("topics.differ", topic=one.topic, what=one.what, wanted=one.wanted, found=one.found)


def compared(
    brokers: Brokers, names: Topics, *, partitions: int, replication: int
) -> tuple[Sequence[Topic], Sequence[Difference]]:
    """How the topics must be on these brokers, and how they are not. Raises `Unusable` where no broker answers."""
    admin = brokers.admin()
    wanted = declared(names, partitions=partitions, replication=min(replication, _brokers(admin, brokers)))
    return wanted, differences(admin, wanted)


def differences(admin: AdminClient, wanted: Sequence[Topic], *, wait: float = 0.0) -> list[Difference]:
    """What is not as declared; while a topic is missing it is asked again, for so many seconds at most."""
    until = time.monotonic() + wait
    while True:
        found = list(_differences(admin, wanted))
        if all(one.what != "missing" for one in found) or time.monotonic() > until:
            return found
        time.sleep(0.2)


def mend(admin: AdminClient, wanted: Sequence[Topic], found: Sequence[Difference]) -> None:
    """Create what is missing and set what is set otherwise. Raises `Unusable` with the brokers' own reason."""
    missing = {one.topic for one in found if one.what == "missing"}
    new = [
        NewTopic(one.name, num_partitions=one.partitions, replication_factor=one.replication, config=dict(one.settings))
        for one in wanted
        if one.name in missing
    ]
    for name, future in (admin.create_topics(new) if new else {}).items():
        try:
            future.result(timeout=10)
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":  # another worker began at the same moment
                raise Unusable(f"Topic {name} cannot be created: {error.args[0].str()}.") from error
    changes = [
        ConfigResource(
            ConfigResource.Type.TOPIC, topic,
            incremental_configs=[
                ConfigEntry(one.what, one.wanted, incremental_operation=AlterConfigOpType.SET)
                for one in found
                if one.topic == topic and one.what != "missing" and one.ours_to_mend
            ],
        )
        for topic in sorted({one.topic for one in found if one.what != "missing" and one.ours_to_mend})
    ]  # fmt: skip
    for resource, future in (admin.incremental_alter_configs(changes) if changes else {}).items():
        try:
            future.result(timeout=10)
        except KafkaException as error:
            raise Unusable(f"Topic {resource.name} cannot be changed: {error.args[0].str()}.") from error


def _differences(admin: AdminClient, wanted: Sequence[Topic]) -> Iterator[Difference]:
    present = admin.list_topics(timeout=5).topics
    there = []
    for one in wanted:
        topic = present.get(one.name)
        if topic is None or topic.error is not None or not topic.partitions:
            yield Difference(one.name, "missing", "a topic", "none")
            continue
        there.append(one)
        if len(topic.partitions) != one.partitions:
            yield Difference(one.name, "partitions", str(one.partitions), str(len(topic.partitions)))
        copies = min(len(partition.replicas) for partition in topic.partitions.values())
        if copies < one.replication:
            yield Difference(one.name, "replication", str(one.replication), str(copies))
    resources = {one.name: ConfigResource(ConfigResource.Type.TOPIC, one.name) for one in there}
    answers = admin.describe_configs(list(resources.values())) if resources else {}
    for one in there:
        held = answers[resources[one.name]].result(timeout=10)
        for name, value in one.settings.items():
            is_now = held[name].value if name in held else None
            if is_now is not None and is_now != value:  # the embedded broker has no such settings to tell of
                yield Difference(one.name, name, value, is_now)


def _brokers(admin: Admin, brokers: Brokers) -> int:
    """How many there are, as soon as one answers. Raises `Unusable` with one sentence when none does."""
    deadline = time.monotonic() + WAIT
    while True:
        try:
            return max(1, len(admin.list_topics(timeout=5).brokers))
        except KafkaException as error:
            admin.raise_if_refused()
            if time.monotonic() > deadline:
                raise Unusable(
                    f"No Kafka broker answers at {brokers.addresses} ({error.args[0].str()}). Check "
                    "PROACTIVE_KAFKA_BOOTSTRAP and PROACTIVE_KAFKA_SECURITY, or leave them empty and use "
                    "`proactive up` for the embedded one."
                ) from error
            time.sleep(0.5)
