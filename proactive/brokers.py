"""How Kafka is reached: its addresses, and who we are there. Every client of ours is made from this."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from proactive.errors import Unusable
from proactive.settings import Settings

Security = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


REFUSALS = {KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError.SASL_AUTHENTICATION_FAILED}


@dataclass(frozen=True)
class Brokers:
    """Where and how. On our own machine the address is all."""

    addresses: str
    """host:port, with commas between."""
    security: Security = "plaintext"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    password: SecretStr = field(default=SecretStr(""), repr=False)
    authority: Path | None = None
    """The certificate (PEM) that signed the brokers' ones; without it, those that this machine trusts."""

    @property
    def encrypted(self) -> bool:
        return self.security.endswith("ssl")

    @property
    def signs_in(self) -> bool:
        return self.security.startswith("sasl")

    def client(self, **more: Any) -> dict[str, Any]:
        """The configuration of a client (librdkafka's names), with what it adds."""
        found: dict[str, Any] = {"bootstrap.servers": self.addresses, "security.protocol": self.security}
        if self.signs_in:
            found |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.user,
                "sasl.password": self.password.get_secret_value(),
            }
        if self.encrypted and self.authority is not None:
            found["ssl.ca.location"] = str(self.authority)
        return found | more

    def admin(self) -> "Admin":
        """A client that asks about the cluster; it is quiet, because whoever asks says what went wrong."""
        return Admin(self)


class Admin(AdminClient):
    """Asks about the cluster, and remembers when it was not let in: the library only says that nobody answered."""

    def __init__(self, brokers: Brokers) -> None:
        self._refused = False
        self._brokers = brokers
        quiet = {"socket.timeout.ms": 5000, "log_level": 0, "error_cb": self._heard}
        super().__init__(brokers.client(**quiet))

    def _heard(self, error: KafkaError) -> None:
        self._refused = self._refused or error.code() in REFUSALS

    def raise_if_refused(self) -> None:
        """Raises `Unusable` where the brokers answered but did not let us in: waiting would not help."""
        self.poll(0)
        if self._refused:
            raise Unusable(
                f"The brokers at {self._brokers.addresses} do not let us in by {self._brokers.security}. Check "
                "PROACTIVE_KAFKA_USER, PROACTIVE_KAFKA_PASSWORD, PROACTIVE_KAFKA_MECHANISM and PROACTIVE_KAFKA_CA."
            )


def brokers(settings: Settings) -> Brokers:
    """What the operator has set. Raises `Unusable` with what is missing."""
    if settings.kafka_bootstrap is None:
        raise Unusable("PROACTIVE_KAFKA_BOOTSTRAP is not set. Set it, or use `proactive up` for the embedded broker.")
    found = Brokers(
        addresses=settings.kafka_bootstrap,
        security=settings.kafka_security,
        mechanism=settings.kafka_mechanism,
        user=settings.kafka_user,
        password=settings.kafka_password,
        authority=settings.kafka_ca,
    )
    if found.signs_in and not (found.user and found.password.get_secret_value()):
        raise Unusable(
            f"PROACTIVE_KAFKA_SECURITY is {found.security}: set PROACTIVE_KAFKA_USER and PROACTIVE_KAFKA_PASSWORD too."
        )
    if not found.signs_in and found.user:
        raise Unusable(
            f"PROACTIVE_KAFKA_USER is set, but with PROACTIVE_KAFKA_SECURITY {found.security} nobody signs in. "
            "Set it to sasl_ssl."
        )
    if found.authority is not None and not found.authority.is_file():
        raise Unusable(f"PROACTIVE_KAFKA_CA names {found.authority}, which is no file.")
    if found.authority is not None and not found.encrypted:
        raise Unusable(
            "PROACTIVE_KAFKA_CA is set, but the way is not encrypted. Set PROACTIVE_KAFKA_SECURITY to sasl_ssl."
        )
    return found
