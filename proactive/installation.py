"""An installation on one machine: database, broker, stand-ins, worker and pages under one supervisor.

What the settings name is used; what they leave out is embedded or stood in for, and that is said aloud.
"""

import asyncio
import os
import secrets
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from pydantic import SecretStr

from proactive.brokers import brokers
from proactive.demo import source
from proactive.domain.keys import Keys
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.child import Child
from proactive.embedded.cluster import write_private
from proactive.embedded.ports import is_free, kept_port, require_free
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.supervisor import Supervisor
from proactive.errors import Unusable
from proactive.parts import pseudonyms, rule_book, vault
from proactive.ports.clock import DA_NANG, SystemClock
from proactive.settings import Settings
from proactive.steps.hide import hide
from proactive.store.engine import libpq
from proactive.store.hiding import OURS
from proactive.store.migrate import migrate
from proactive.store.store import opened
from proactive.topics import ensure, topics
from rules import calendar

MORNING = time(9, 0)
"""A rehearsed day starts at nine in Da Nang: inside office hours and outside the quiet hours."""

DEMO_MANNERS = Path(__file__).parent / "demo" / "manners.yaml"
DEMO_ACCOUNT = "AC" + "d" * 32
DEMO_SERVICE = "MG" + "d" * 32


Part = tuple[str, tuple[str, ...], str | None]
"""A process of ours: its name, the arguments for Python, and the address that answers when it is ready."""


@dataclass
class Running:
    """Where the parts of a started installation are."""

    settings: Settings
    phones_url: str | None = None
    intake_url: str | None = None
    source_owner_url: str | None = None
    """The made-up source for its owner, who may write."""
    stood_in: list[str] = field(default_factory=list)
    """What is not the real thing here, in words."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """People made up for trying out. `fresh`: forget everything of the last time."""

    people: int
    seed: int
    today: date | None = None
    fresh: bool = False


def rehearsed_day(wanted: date) -> date:
    """The made-up day of a rehearsal: the wanted one, or the next working day where that one is a day off."""
    return wanted if calendar.is_working(wanted) else calendar.next_working(wanted)


def shift_to(day: date | None) -> timedelta:
    """How far to move the clock so that it is the morning of `day` now; not at all for None."""
    if day is None:
        return timedelta()
    now = SystemClock().now()
    morning = datetime.combine(day, MORNING, tzinfo=DA_NANG)
    return timedelta(seconds=round((morning - now).total_seconds()))


class Installation:
    """Starts the parts in order. `tell` gets a short sentence for each."""

    def __init__(self, settings: Settings, supervisor: Supervisor, *, tell: Callable[[str], None]) -> None:
        self._given = settings
        self._supervisor = supervisor
        self._tell = tell
        self._dir = settings.data_dir.resolve()
        self._env = dict(os.environ)
        self._running = Running(settings)

    async def start(self, rehearsal: Rehearsal | None) -> Running:
        """Start everything; `rehearsal` is the made-up source used where no real one is set. Raises `Unusable`."""
        given = self._given
        if rehearsal is not None and not given.has_source and not _stood_in_for(self._env):
            raise Unusable(
                "TWILIO_ACCOUNT_SID is set, and the people are made up: no real phone may get their messages. "
                "Unset it, or set PROACTIVE_SOURCES or PROACTIVE_SOURCE_URL."
            )
        port = given.web_port or kept_port(self._dir / "web-port")
        require_free(port, what="the pages", setting="PROACTIVE_WEB_PORT")
        public = given.public_url if "public_url" in given.model_fields_set else f"http://127.0.0.1:{port}"
        day = self._made_up_day(rehearsal)
        update: dict[str, object] = {
            **{name: value for name in type(given).model_fields if (value := getattr(given, name)) is not None},
            "data_dir": self._dir,
            "web_port": port,
            "public_url": public,
            "secret": given.secret.get_secret_value() or self._kept_secret(),
            "clock_shift": (given.shift + shift_to(day)).total_seconds(),
        }
        self._settle(update)
        await self._servers(rehearsal)
        self._tell("Starting the pages and the worker …")
        await asyncio.gather(*(self._child(*part) for part in (*self._stand_ins(rehearsal), *self._ours(port))))
        return self._running

    def _made_up_day(self, rehearsal: Rehearsal | None) -> date | None:
        """On which morning made-up people live; None: it is the time that it is."""
        given = self._given
        if rehearsal is None or given.source_url is not None or (rehearsal.today is None and given.clock_shift):
            return rehearsal.today if rehearsal is not None else None
        wanted = rehearsal.today or SystemClock(given.shift).today()
        day = rehearsed_day(wanted)
        off = f" ({wanted:%d/%m/%Y} is a day off, and nobody is told anything on one)" if day != wanted else ""
        self._tell(f"The made-up day is {day:%d/%m/%Y}, from {MORNING:%H:%M} in Da Nang{off}.")
        return day

    def _settle(self, update: dict[str, object]) -> None:
        """Fix settings from here on, for us and for the processes we start."""
        self._running.settings = Settings(**{**self._running.settings.model_dump(exclude_none=True), **update})
        for name, value in update.items():
            written = value.get_secret_value() if isinstance(value, SecretStr) else value
            self._env[f"PROACTIVE_{name.upper()}"] = str(written)

    def _kept_secret(self) -> str:
        """A secret of this data folder, made once and readable by us only."""
        place = self._dir / "secret"
        if not place.exists():
            write_private(place, secrets.token_hex(32))
        return place.read_text().strip()

    async def _servers(self, rehearsal: Rehearsal | None) -> None:
        settings = self._running.settings
        admin: str | None = None
        if settings.database_url is None:
            self._tell("Starting PostgreSQL …")
            server = EmbeddedPostgres(self._dir)
            admin = await self._supervisor.start(server)
            _database(admin, "proactive", fresh=rehearsal is not None and rehearsal.fresh)
            self._settle({"database_url": server.url("proactive")})
        if settings.kafka_bootstrap is None:
            self._tell("Starting the broker …")
            self._settle(
                {
                    "kafka_bootstrap": await self._supervisor.start(EmbeddedBroker(self._dir), on_restart=self._topics),
                    # The embedded broker lets a new group wait for half a session.
                    "session_seconds": 2.0,
                }
            )
        await self._topics()
        await self._supervisor.while_running(migrate(str(self._running.settings.database_url)))
        if admin is not None:
            await self._supervisor.while_running(self._hide())
        if not settings.has_source:
            if rehearsal is None:
                raise Unusable("No source is set. Set PROACTIVE_SOURCES (a folder) or PROACTIVE_SOURCE_URL.")
            await self._rehearsed_source(admin or libpq(str(self._running.settings.database_url)), rehearsal)

    async def _hide(self) -> None:
        """Nobody is connected to our own database yet: ids of a version from before pseudonyms are hidden at once."""
        settings, catalogue = self._running.settings, rule_book()
        async with opened(
            str(settings.database_url), size=2, application=OURS, vault=vault(settings),
            pseudonyms=pseudonyms(settings, catalogue.registers),
        ) as store:  # fmt: skip
            if store.pseudonyms.hides and (
                done := await hide(store=store, catalogue=catalogue, limit=2000, tell=lambda *_: None)
            ):
                self._tell(f"{done:,} rows hold pseudonyms instead of personal ids now.")

    async def _topics(self) -> None:
        """Make and check the topics; again whenever the embedded broker came back without its memory."""
        settings = self._running.settings
        ensure(
            brokers(settings), topics(settings), partitions=settings.kafka_partitions,
            replication=settings.kafka_replication,
        )  # fmt: skip

    async def _rehearsed_source(self, admin: str, rehearsal: Rehearsal) -> None:
        self._tell(f"Making up {rehearsal.people:,} people in a source database of their own …")
        clock = SystemClock(self._running.settings.shift)
        password = Keys(self._running.settings.secret.get_secret_value()).digest("demo source", "password").hex()
        addresses = await self._supervisor.while_running(source.create(admin, password=password))
        if rehearsal.fresh or not _filled(addresses.owner):
            await self._supervisor.while_running(
                source.fill(addresses.owner, people=rehearsal.people, seed=rehearsal.seed, today=clock.today())
            )
        self._settle({"source_url": addresses.reader})
        self._running.source_owner_url = addresses.owner
        self._running.stood_in.append("the registers: made-up people in a database beside ours, read with SELECT only")
        if self._given.manners is None:
            # They all live in one morning: caps an hour and a day would keep most of them from being told.
            given = self._given.model_fields_set
            rehearsed = {"manners": DEMO_MANNERS, "notices_a_second": 2000}
            self._settle({name: value for name, value in rehearsed.items() if name not in given})
            self._running.stood_in.append(f"some of the city's manners: {DEMO_MANNERS.name} lifts its caps and budgets")

    def _stand_ins(self, rehearsal: Rehearsal | None) -> list[Part]:
        """Stand-ins for what no setting names; the real ones' settings then point at them."""
        fresh, parts = rehearsal is not None and rehearsal.fresh, list[Part]()
        if "TWILIO_ACCOUNT_SID" not in self._env:
            port = kept_port(self._dir / "phones-port")
            self._running.phones_url = f"http://127.0.0.1:{port}"
            self._env |= {
                "TWILIO_ACCOUNT_SID": DEMO_ACCOUNT,
                "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
                "TWILIO_MESSAGING_SERVICE_SID": DEMO_SERVICE,
                "TWILIO_BASE_URL": self._running.phones_url,
            }
            parts.append(self._stand_in("phones", port, fresh=fresh))
            self._running.stood_in.append("the SMS provider: phones that exist only on a page")
        if "PROACTIVE_INTAKE_URL" not in self._env:
            port = kept_port(self._dir / "intake-port")
            self._running.intake_url = f"http://127.0.0.1:{port}"
            self._env |= {
                "PROACTIVE_INTAKE_URL": self._running.intake_url,
                "PROACTIVE_INTAKE_SECRET": f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",
            }
            parts.append(self._stand_in("intake", port, fresh=fresh))
            self._running.stood_in.append("the boundary-free intake: a receiver that works by itself")
        return parts

    def _stand_in(self, name: str, port: int, *, fresh: bool) -> Part:
        """How a stand-in is started: it keeps what it was told in the data folder, as the real one would."""
        keep = self._dir / f"{name}.jsonl"
        if fresh:
            keep.unlink(missing_ok=True)
        arguments = ("-m", f"proactive.demo.{name}", "--port", str(port), "--keep", str(keep))
        return name, arguments, f"http://127.0.0.1:{port}/health"

    def _ours(self, port: int) -> list[Part]:
        return [
            ("worker", ("-m", "triggers.worker"), None),
            ("web", ("-m", "proactive.cli", "web"), f"http://127.0.0.1:{port}/health"),
        ]

    async def _child(self, name: str, arguments: tuple[str, ...], ready_url: str | None) -> None:
        async def ready() -> bool:
            async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
                try:
                    return ready_url is None or (await client.get(ready_url)).status_code == 200
                except httpx.HTTPError:
                    return False

        await self._supervisor.start(
            Child(
                name=name,
                argv=(sys.executable, *arguments),
                env=self._env,
                ready=ready if ready_url else None,
                stop_timeout=25.0,
                restart=True,
                cwd=Path.cwd(),
            )
        )


def _database(admin: str, name: str, *, fresh: bool) -> None:
    """Our own database in the embedded server; made anew when it should be fresh."""
    with psycopg.connect(admin, autocommit=True, connect_timeout=5) as connection:
        if fresh:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if there is None:
            connection.execute(f'CREATE DATABASE "{name}"')


def _stood_in_for(env: Mapping[str, str]) -> bool:
    """No SMS provider is set, or one on this machine only."""
    host = urlsplit(env.get("TWILIO_BASE_URL", "https://api.twilio.com")).hostname
    return "TWILIO_ACCOUNT_SID" not in env or host in {"127.0.0.1", "localhost", "::1"}


def _filled(owner: str) -> bool:
    with psycopg.connect(owner, connect_timeout=5) as connection:
        return connection.execute("SELECT 1 FROM residents LIMIT 1").fetchone() is not None


def free_port_for_nobody(wanted: int) -> int:
    """The wanted port, or 0 (any free one) when it is taken and nobody needs to find the pages."""
    return wanted if is_free(wanted) else 0
