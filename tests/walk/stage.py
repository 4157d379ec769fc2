"""The stage of the walk: the real worker and pages as processes, the stand-ins over HTTP, and a source to write in."""

import asyncio
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from psycopg.sql import SQL, Identifier, Placeholder

from proactive.demo import source
from proactive.embedded.child import Child, ChildPart
from proactive.embedded.ports import LOOPBACK, kept_port
from proactive.embedded.postgres import EmbeddedPostgres
from tests.conftest import LOOKUP_KEY, VAULT_KEY
from tests.steps.people import Rows

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """The registers of somebody else, for their owner, who writes."""

    addresses: source.Addresses

    async def put(self, rows: Rows) -> None:
        """Rows appear or change there."""
        async with await psycopg.AsyncConnection.connect(self.addresses.owner) as connection:
            for table, found in rows.items():
                for row in found:
                    await connection.execute(_upsert(table, row), row)


def _upsert(table: str, row: Mapping[str, Any]) -> Any:
    columns = [Identifier(name) for name in row]
    return SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
        Identifier(table),
        SQL(", ").join(columns),
        SQL(", ").join(Placeholder(name) for name in row),
        Identifier(source.KEYS[table]),
        SQL(", ").join(SQL("{0} = excluded.{0}").format(column) for column in columns),
    )


@asynccontextmanager
async def source_of(server: EmbeddedPostgres) -> AsyncIterator[Source]:
    """A source of its own, with empty registers."""
    name = f"police_{uuid4().hex[:8]}"
    addresses = await source.create(server.url("postgres"), database=name, password=secrets.token_hex(8))
    yield Source(addresses)
    async with await psycopg.AsyncConnection.connect(server.url("postgres"), autocommit=True) as connection:
        await connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
        for role in (f"{name}_owner", f"{name}_reader"):
            await connection.execute(SQL("DROP ROLE {}").format(Identifier(role)))


@dataclass(frozen=True)
class Stage:
    """What is running, and where it answers."""

    pages: str
    phones: str
    intake: str
    worker: ChildPart
    web: ChildPart
    logs: Path
    metrics: tuple[str, ...]
    """Where the worker and the pages tell their figures."""
    addresses: list[str] = field(default_factory=list)
    """Every address that a browser of the walk was at, or was shown."""

    async def figures(self) -> bytes:
        """What Prometheus would be told now."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return b"\n".join([(await client.get(f"{url}/metrics")).content for url in self.metrics])

    async def texts(self) -> list[dict[str, Any]]:
        """Every request to send that the provider took, in order."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return [entry for entry in (await client.get(f"{self.phones}/log.json")).json() if entry["sid"]]

    async def attempts(self) -> list[dict[str, Any]]:
        """Every request to send, the refused ones too."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return list((await client.get(f"{self.phones}/log.json")).json())

    async def submissions(self) -> list[dict[str, Any]]:
        """Every hand-over to the intake, in order."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return list((await client.get(f"{self.intake}/log.json")).json())


@asynccontextmanager
async def playing(
    folder: Path, *, database_url: str, kafka: str, prefix: str, source_url: str, more: Mapping[str, str]
) -> AsyncIterator[Stage]:
    """Worker, pages and stand-ins as processes, ended with the block."""
    web, phones, intake = (kept_port(folder / name) for name in ("web-port", "phones-port", "intake-port"))
    told = {name: kept_port(folder / f"{name}-metrics-port") for name in ("worker", "web")}
    urls = {name: f"http://{LOOPBACK}:{port}" for name, port in (("web", web), ("phones", phones), ("intake", intake))}
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PROACTIVE_DATA_DIR": str(folder),
        "PROACTIVE_DATABASE_URL": database_url,
        "PROACTIVE_KAFKA_BOOTSTRAP": kafka,
        "PROACTIVE_TOPIC_PREFIX": prefix,
        "PROACTIVE_SESSION_SECONDS": "2",
        "PROACTIVE_SOURCE_URL": source_url,
        "PROACTIVE_SECRET": secrets.token_hex(32),
        "PROACTIVE_ENCRYPTION_KEYS": b64encode(VAULT_KEY).decode(),
        "PROACTIVE_LOOKUP_KEY": b64encode(LOOKUP_KEY).decode(),
        "PROACTIVE_WEB_PORT": str(web),
        "PROACTIVE_PUBLIC_URL": urls["web"],
        "PROACTIVE_POLL_SECONDS": "0.3",
        "TWILIO_ACCOUNT_SID": "AC" + "e" * 32,
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_MESSAGING_SERVICE_SID": "MG" + "e" * 32,
        "TWILIO_BASE_URL": urls["phones"],
        "PROACTIVE_INTAKE_URL": urls["intake"],
        "PROACTIVE_INTAKE_SECRET": f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",
        **more,
    }

    def child(name: str, *arguments: str, answers: str | None) -> ChildPart:
        async def ready() -> bool:
            async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
                try:
                    return (await client.get(f"{answers}/health")).status_code == 200
                except httpx.HTTPError:
                    return False

        command = Child(
            name=name, argv=(sys.executable, *arguments), ready=ready if answers else None, ready_seconds=60,
            stop_timeout=25, cwd=REPOSITORY, env=env | {"PROACTIVE_METRICS_PORT": str(told.get(name, 0))},
        )  # fmt: skip
        return ChildPart(command, log=folder / "logs" / f"{name}.log")

    parts = {
        "phones": child("phones", "-m", "proactive.demo.phones", "--port", str(phones), answers=urls["phones"]),
        "intake": child(
            "intake", "-m", "proactive.demo.intake", "--port", str(intake), "--twice", "1", "--drop", "2",
            answers=urls["intake"],
        ),
        "worker": child("worker", "-m", "triggers.worker", answers=None),
        "web": child("web", "-m", "proactive.cli", "web", answers=urls["web"]),
    }  # fmt: skip
    try:
        await asyncio.gather(*(part.start() for part in parts.values()))
        yield Stage(
            urls["web"], urls["phones"], urls["intake"], parts["worker"], parts["web"], folder / "logs",
            tuple(f"http://{LOOPBACK}:{port}" for port in told.values()),
        )  # fmt: skip
    finally:
        await asyncio.gather(*(part.stop() for part in parts.values()))
