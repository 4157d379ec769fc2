"""What an operator sets, by environment variables `PROACTIVE_*`. Adapters have settings of their own beside their code.

Without a database and a broker address the embedded ones are used, in `PROACTIVE_DATA_DIR`.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from proactive.errors import Unusable

S = TypeVar("S", bound=BaseSettings)

SECRETS = "PROACTIVE_SECRETS_DIR"
"""Its files are readable by whoever runs us; an environment is readable by everything that we start."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PROACTIVE_", env_ignore_empty=True)

    data_dir: Path = Field(Path(".data"), description="Folder of the embedded database, logs and generated secrets.")
    database_url: str | None = Field(None, description="PostgreSQL 18 or newer: postgresql://user:password@host/name.")
    kafka_bootstrap: str | None = Field(None, description="Kafka brokers: host:port, host:port.")
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="How the brokers are spoken to; over a network of others: sasl_ssl."
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="How we sign in at the brokers, where kafka_security begins with sasl."
    )
    kafka_user: str = Field("", description="Who we are at the brokers.")
    kafka_password: SecretStr = Field(SecretStr(""), description="The password of that user.")
    kafka_ca: Path | None = Field(None, description="Certificate (PEM) of whoever signed the brokers' certificates.")
    kafka_replication: int = Field(
        3,
        ge=1,
        le=9,
        description="Brokers that hold a copy of each topic; as many as there are, where there are fewer.",
    )
    kafka_partitions: int = Field(4, ge=1, le=1000, description="Partitions of each topic; checked at start.")
    session_seconds: float = Field(10.0, ge=1, description="Silence after which Kafka gives a worker's work to others.")
    topic_prefix: str = Field("proactive", pattern=r"^[a-z][a-z0-9-]*$", description="First word of our topics' names.")
    secret: SecretStr = Field(SecretStr(""), description="At least 32 characters; keys of hashes, codes and cookies.")
    encryption_keys: SecretStr = Field(
        SecretStr(""), description="Keys that stored values are sealed under: base64, the newest first, blanks between."
    )
    sealing: bool = Field(
        True, description="Whether values are sealed; not while processes of a version before 0039 still run."
    )
    lookup_key: SecretStr = Field(
        SecretStr(""), description="Key of the pseudonyms that are kept instead of personal ids: 32 bytes in base64."
    )
    pseudonyms: bool = Field(
        True,
        description="Whether pseudonyms are kept; 0 only until `proactive keys hide` was run on an older database.",
    )
    audit_key: Path | None = Field(None, description="File of the Ed25519 key (PEM) that seals the audit log.")
    audit_witnesses: str = Field(
        "", description="Files to copy the audit log's checkpoints to, with commas between; not on our own machines."
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port on which this process tells Prometheus its figures; 0: nowhere."
    )
    metrics_host: str = Field("127.0.0.1", description="Address that the figures are told on.")
    traces_url: str = Field(
        "", description="Where OpenTelemetry traces are sent (OTLP over HTTP, ending in /v1/traces); empty: nowhere."
    )
    public_url: str = Field("http://127.0.0.1:8000", description="Address under which citizens and providers reach us.")
    web_host: str = Field("127.0.0.1", description="Address that the pages listen on.")
    web_port: int = Field(8000, ge=0, le=65535, description="Port that the pages listen on.")
    trusted_proxies: str = Field("", description="Addresses of our own proxies, whose X-Forwarded-For is believed.")
    sources: Path | None = Field(None, description="Folder of the connected sources, a YAML file each.")
    source_url: str | None = Field(None, description="One source whose tables are called as the registers are.")
    source_registers: str = Field(
        "residents,driver_licences,violations,health_certificates",
        description="Registers that the source offers, by the names of rules/registers, with commas between.",
    )
    told_registers: str = Field(
        "", description="Registers that others tell us of and that cannot be asked, with commas between."
    )
    told_seconds: float = Field(
        3600.0, gt=0, description="How long a told register may be silent before nobody is judged by it."
    )
    source_kind: str = Field("sql", description="Connector file in connectors/registers that reads the source.")
    push_rate: float = Field(
        5000.0, gt=0, description="Events a second that one connector may push to one web process."
    )
    push_ids_days: float = Field(400.0, gt=0, description="Days for which a pushed event's id is remembered.")
    intake: str = Field("http", description="Connector file in connectors/intakes that applications go to.")
    portal: str | None = Field(
        None, description="Connector file in connectors/portals that the cases of our own intake are shown to."
    )
    receiving_secret: SecretStr = Field(
        SecretStr(""), description="Secret of those who hand applications to our own intake; not set: none are taken."
    )
    receiving_kafka: bool = Field(
        False, description="Whether our own intake takes applications over Kafka too, and tells their statuses there."
    )
    batch: int = Field(5000, ge=1, le=50_000, description="Most changes or dossiers that one step takes at once.")
    poll_seconds: float = Field(1.0, gt=0, le=60, description="How often resting work and the source are looked for.")
    absent_after: float = Field(900.0, gt=0, description='Seconds after which a provider\'s "not there" is believed.')
    restored_since: AwareDatetime | None = Field(
        None, description="After a restore: the moment of the backup, as 2026-11-29T02:00:00+07:00."
    )
    measure_seconds: float = Field(60.0, gt=0, description="How often a register's quality is measured, at most.")
    follow_seconds: float = Field(600.0, gt=0, description="How often the intake is asked when it does not call back.")
    manners: Path | None = Field(None, description="Another file of manners than rules/manners/manners.yaml.")
    privacy: Path | None = Field(
        None, description="Another file of retention and clocks than rules/privacy/privacy.yaml."
    )
    notices_a_second: int = Field(100, ge=1, le=100_000, description="Most messages a second that a channel is given.")
    identity: Path | None = Field(None, description="Folder of the providers of electronic identities, a file each.")
    agency: str = Field("H17", pattern=r"^[A-Z][0-9]{2}(\.[0-9]{1,3}){0,3}$", description="Agency in dossier codes.")
    clock_shift: float = Field(0.0, description="Seconds to move the clock by, for rehearsals.")

    @property
    def witness_files(self) -> tuple[Path, ...]:
        """The files of the witnesses; without any, one in our own data folder, which proves little."""
        return tuple(Path(name) for name in _names(self.audit_witnesses)) or (self.data_dir / "checkpoints.jsonl",)

    @property
    def has_source(self) -> bool:
        """Whether anything is connected."""
        return self.source_url is not None or self.sources is not None or bool(self.told)

    @property
    def connected(self) -> tuple[str, ...]:
        """The names of the registers that the one source of PROACTIVE_SOURCE_URL offers."""
        return tuple(name for name in _names(self.source_registers) if name not in self.told)

    @property
    def told(self) -> tuple[str, ...]:
        """The names of the registers that others tell us of, besides those of the sources in the folder."""
        return _names(self.told_registers)

    @property
    def told_rhythm(self) -> timedelta:
        return timedelta(seconds=self.told_seconds)

    @property
    def shift(self) -> timedelta:
        return timedelta(seconds=self.clock_shift)


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def from_environment(settings: type[S], cannot: str) -> S:
    """An adapter's or our own settings as the environment has them; what it has not, from the files of secrets.

    A file in the folder that PROACTIVE_SECRETS_DIR names has a variable's name and holds its value, as containers are
    given secrets. Raises `Unusable`: what `cannot` be done, then each variable that cannot be used and why. Values are
    not repeated.
    """
    folder = os.environ.get(SECRETS) or None
    if folder is not None and not Path(folder).is_dir():
        raise Unusable(f"{cannot}: {SECRETS} names {folder}, which is no folder. See docs/operations.md.")
    try:
        return settings(_secrets_dir=folder)
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        faults = "; ".join(
            f"{prefix}{'_'.join(map(str, f['loc'])).upper()}: {f['msg'][:1].lower()}{f['msg'][1:]}"
            for f in error.errors()
        )
        raise Unusable(f"{cannot}: {faults}. See docs/operations.md.") from error


def read() -> Settings:
    """The settings of this process. Raises `Unusable`, naming each variable that cannot be used and why."""
    return from_environment(Settings, "A setting cannot be used")
