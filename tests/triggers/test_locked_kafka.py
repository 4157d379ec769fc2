"""Against Apache Kafka that lets nobody in without a password and TLS: every client of ours signs in."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from opentelemetry.trace import SpanContext
from pydantic import SecretStr

from proactive import topics as declared
from proactive.brokers import Brokers, brokers
from proactive.embedded import java
from proactive.embedded.kafka import ApacheKafka, Locked
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.settings import Settings
from proactive.store.news import Word
from proactive.store.store import Store
from proactive.topics import ensure
from tests.triggers.test_changes_over_kafka import all_kept, names, people, publisher, read, recognising
from tests.walk.waiting import until
from triggers.step import Step
from triggers.worker import application, attach

USER, PASSWORD = "proactive", "mat-khau-dai-de-thu"


def there_is_one() -> bool:
    try:
        java.found()
    except Unusable:
        return False
    return True


pytestmark = pytest.mark.skipif(not there_is_one(), reason="NO APACHE KAFKA: get its jars with make jars")


def certified(folder: Path) -> tuple[Path, Path]:
    """A key with its certificate for this machine's own address, and the certificate alone, which clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "brokers of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both, alone = folder / "broker.pem", folder / "authority.pem"
    both.write_bytes(private + public)
    alone.write_bytes(public)
    return both, alone


@pytest.fixture(scope="module")
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """What an operator sets to reach it."""
    folder = tmp_path_factory.mktemp("locked")
    certificate, authority = certified(folder)
    locked = Locked(user=USER, password=PASSWORD, certificate=certificate, authority=authority)
    cluster = ApacheKafka(folder / "kafka", java=java.found(), restart=False, locked=locked)
    yield Settings(
        kafka_bootstrap=await cluster.start(), kafka_security="sasl_ssl", kafka_user=USER,
        kafka_password=SecretStr(PASSWORD), kafka_ca=authority, topic_prefix=f"t-{uuid4().hex[:8]}", data_dir=folder,
    )  # fmt: skip
    await cluster.stop()


async def test_topics_are_made_as_declared_and_every_difference_is_told_and_mended(settings: Settings) -> None:
    reached, made = brokers(settings), names(f"t-{uuid4().hex[:8]}")
    asked = {"partitions": 3, "replication": 3}

    wanted, before = await asyncio.to_thread(lambda: declared.compared(reached, made, **asked))
    assert [(one.topic, one.what) for one in before] == [(made.changes, "missing"), (made.dossiers, "missing")]
    await asyncio.to_thread(lambda: ensure(reached, made, **asked))
    assert (await asyncio.to_thread(lambda: declared.compared(reached, made, **asked)))[1] == []
    assert {one.replication for one in wanted} == {1}, "one broker can hold one copy"

    week = declared.Difference(made.dossiers, "retention.ms", str(7 * declared.DAY), "")
    await asyncio.to_thread(declared.mend, reached.admin(), wanted, [week])
    other = await asyncio.to_thread(lambda: declared.compared(reached, made, partitions=4, replication=1))
    assert [str(one) for one in other[1]] == [
        f"Topic {made.changes} has partitions 3, not 4.",
        f"Topic {made.dossiers} has partitions 3, not 4.",
        f"Topic {made.dossiers} has retention.ms {7 * declared.DAY}, not {declared.DAY}.",
    ]
    with pytest.raises(Unusable, match="PROACTIVE_KAFKA_PARTITIONS to 3"):
        await asyncio.to_thread(lambda: ensure(reached, made, partitions=4, replication=1))


async def test_changes_and_word_get_through(
    settings: Settings, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    reached, made = brokers(settings), declared.topics(settings)
    await asyncio.to_thread(lambda: ensure(reached, made, partitions=2, replication=1))
    sender = publisher(reached, made)
    app = application(settings, reached)
    woken: list[str] = []

    class Sleeper(Step):
        def wake(self, since: SpanContext | None = None) -> None:
            woken.append(self.step)

    attach(app, made.dossiers, [Sleeper("a step", lambda: asyncio.sleep(0, 0), every=600, wakes_on=["drafted"])])
    await app.start()
    try:
        changes = people(4)
        async with recognising(reached, made, database_url, facts=facts, clock=clock):
            await sender.changes(changes)
            await sender.news([Word(uuid4(), "drafted")])
            await all_kept(store, len(changes))
        found = await asyncio.to_thread(lambda: read(reached, made.changes, number=len(changes)))
        assert len(found) == len(changes)

        async def heard() -> bool:
            return bool(woken)

        await until(heard, seconds=30, what="word of a dossier")
    finally:
        await app.stop()
        sender.close()


@pytest.mark.parametrize(
    "wrong",
    [{"password": SecretStr("guessed")}, {"user": "nobody"}, {"authority": None}],
    ids=["password", "user", "ca"],
)
async def test_who_is_not_let_in_is_told_so_at_once(settings: Settings, wrong: dict[str, object]) -> None:
    right = brokers(settings)
    given = {name: getattr(right, name) for name in Brokers.__dataclass_fields__} | wrong

    with pytest.raises(Unusable, match="do not let us in by sasl_ssl"):
        await asyncio.wait_for(
            asyncio.to_thread(lambda: ensure(Brokers(**given), names("t-x"), partitions=1, replication=1)), 25
        )


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"kafka_security": "sasl_ssl"}, "PROACTIVE_KAFKA_USER and PROACTIVE_KAFKA_PASSWORD"),
        ({"kafka_user": "x"}, "Set it to sasl_ssl"),
        ({"kafka_ca": Path("/nowhere.pem")}, "is no file"),
        ({"kafka_bootstrap": None}, "PROACTIVE_KAFKA_BOOTSTRAP is not set"),
    ],
)
def test_half_a_setting_is_refused_with_the_other_half(said: dict[str, object], missing: str) -> None:
    settings = Settings(**({"kafka_bootstrap": "broker:9092"} | said))

    with pytest.raises(Unusable, match=missing):
        brokers(settings)


def test_a_password_is_shown_nowhere() -> None:
    assert "mat-khau" not in repr(Brokers("broker:9092", user=USER, password=SecretStr(PASSWORD)))
