"""Our two topics, made and checked by us: order per key needs a partition count that nobody changes behind our back."""

import time
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from proactive.errors import Unusable
from proactive.settings import Settings


@dataclass(frozen=True)
class Topics:
    changes: str
    """Changes of registers, keyed by a keyed hash of the person: all of one person's changes stay in order."""
    dossiers: str
    """Word that a dossier is in a state: an id and a state, nothing else."""

    @property
    def all(self) -> tuple[str, str]:
        return self.changes, self.dossiers


def topics(settings: Settings) -> Topics:
    return Topics(changes=f"{settings.topic_prefix}.changes", dossiers=f"{settings.topic_prefix}.dossiers")


WAIT = 30.0


def ensure(bootstrap: str, names: Topics, *, partitions: int) -> None:
    """Create the topics where they are missing and check their partitions. Raises `Unusable` with one sentence."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "socket.timeout.ms": 5000, "log_level": 0})
    deadline = time.monotonic() + WAIT
    while True:
        try:
            present = admin.list_topics(timeout=5).topics
            break
        except KafkaException as error:
            if time.monotonic() > deadline:
                raise Unusable(
                    f"No Kafka broker answers at {bootstrap}. Check PROACTIVE_KAFKA_BOOTSTRAP, or leave it empty and "
                    "use `proactive up` for the embedded one."
                ) from error
            time.sleep(0.5)
    missing = [name for name in names.all if name not in present]
    replication = min(3, max(1, len(admin.list_topics(timeout=5).brokers)))
    for name, future in (
        admin.create_topics(
            [NewTopic(name, num_partitions=partitions, replication_factor=replication) for name in missing]
        ).items()
        if missing
        else ()
    ):
        try:
            future.result(timeout=10)
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                raise Unusable(f"Topic {name} cannot be created: {error.args[0].str()}.") from error
    for name in names.all:
        found = _partitions(admin, name, deadline)
        if found != partitions:
            raise Unusable(
                f"Topic {name} has {found} partitions, not {partitions}. Set PROACTIVE_KAFKA_PARTITIONS to {found}, or "
                "make the topic anew."
            )


def _partitions(admin: AdminClient, name: str, deadline: float) -> int:
    while True:
        topic = admin.list_topics(name, timeout=5).topics.get(name)
        if topic is not None and topic.error is None and topic.partitions:
            return len(topic.partitions)
        if time.monotonic() > deadline:
            raise Unusable(f"Topic {name} does not appear on the broker.")
        time.sleep(0.2)
