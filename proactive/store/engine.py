"""The way into PostgreSQL, and what must be true of it before we promise anything."""

import asyncio
import select
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import msgspec
import psycopg
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from proactive import tracing
from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.domain.vault import Vault
from proactive.errors import Unusable
from proactive.store import hidden
from proactive.store.scope import DatabaseRole, say_in_every_transaction
from proactive.store.sealed import OPTION
from proactive.store.statement import text

OLDEST = 180_000
"""PostgreSQL 18: `RETURNING old.*` tells recognise which person a changed row belonged to before."""


def address(url: str) -> str:
    """The URL with our driver in it, whichever way the operator wrote it."""
    scheme, _, rest = url.partition("://")
    if scheme.split("+")[0] not in {"postgresql", "postgres"} or not rest:
        raise Unusable("PROACTIVE_DATABASE_URL must look like postgresql://user:password@host:port/name.")
    return f"postgresql+psycopg://{rest}"


def libpq(url: str) -> str:
    """The same URL as plain psycopg wants it."""
    return address(url).replace("postgresql+psycopg://", "postgresql://", 1)


def options(role: DatabaseRole | None = None) -> str:
    """What every connection begins with. Whoever signed in must be a member of the role, or the server refuses."""
    return "-c timezone=UTC" + (f" -c role={role}" if role else "")


class Working(AsyncEngine):
    """A worker's way in: `begin` opens a transaction, `connect` reads without one.

    Each statement sees what is committed at its moment either way (READ COMMITTED); a read alone in a transaction makes
    three journeys to the database instead of one.
    """

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        super().__init__(engine)
        self._reading = self.execution_options(isolation_level="AUTOCOMMIT")

    def connect(self) -> AsyncConnection:
        return self._reading.connect()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with super().connect() as connection, connection.begin():
            yield connection


def pool(
    url: str,
    *,
    size: int,
    application: str,
    role: DatabaseRole | None = None,
    vault: Vault | None = None,
    pseudonyms: Pseudonyms = PLAIN,
) -> AsyncEngine:
    """A pool of at most `size` connections, not tried yet; without a role each is whoever signed in. What people's
    values are sealed with, and what stands for their ids, goes with every connection."""
    engine = create_async_engine(
        address(url),
        pool_size=size,
        max_overflow=0,
        pool_timeout=30,
        json_deserializer=msgspec.json.decode,  # dossiers come by the hundred, and most of one is JSON
        execution_options={OPTION: vault, hidden.OPTION: pseudonyms},
        hide_parameters=True,  # they are somebody's data, and errors end up in logs
        connect_args={"application_name": application, "connect_timeout": 5, "options": options(role)},
    )
    event.listen(engine.sync_engine, "checkout", _still_there)
    event.listen(engine.sync_engine, "begin", _say_trace)
    if role is DatabaseRole.WEB:
        say_in_every_transaction(engine)
    return Working(engine.sync_engine) if role is DatabaseRole.WORKER else engine


def _say_trace(connection: sqlalchemy.Connection) -> None:
    """Word that this transaction leaves in the outbox carries the trace that we are in (ADR 0048)."""
    if trace := tracing.written():
        connection.exec_driver_sql("SELECT set_config('proactive.trace', %s, true)", (trace,))


def _still_there(connection: Any, *_: object) -> None:
    """A connection that rests has nothing to read; where there is something, its server has gone and another is made.

    Asking the server each time, as `pool_pre_ping` does, was a third of all journeys to the database.
    """
    resting = select.poll()
    resting.register(connection.driver_connection.fileno(), select.POLLIN)
    if resting.poll(0):
        raise sqlalchemy.exc.InvalidatePoolError


async def connect(
    url: str,
    *,
    size: int = 10,
    application: str = "proactive",
    role: DatabaseRole | None = None,
    vault: Vault | None = None,
    pseudonyms: Pseudonyms = PLAIN,
) -> AsyncEngine:
    """A checked pool of at most `size` connections. Raises `Unusable` with one clear sentence."""
    engine = pool(url, size=size, application=application, role=role, vault=vault, pseudonyms=pseudonyms)
    place = engine.url.render_as_string(hide_password=True)
    try:
        async with asyncio.timeout(15), engine.connect() as connection:
            version = int(str(await connection.scalar(text("SHOW server_version_num"))))
            durable = str(await connection.scalar(text("SHOW synchronous_commit")))
    except (sqlalchemy.exc.DBAPIError, TimeoutError) as error:
        await engine.dispose()
        first = str(getattr(error, "orig", error) or "no answer in 15 seconds").strip().splitlines()[0]
        if role is not None and "role" in first:
            raise Unusable(
                f"The database at {place} does not let us be {role}: {first}. Run `proactive migrate`; on a server of "
                f"your own see docs/operations.md, 'Who may see what in the database'."
            ) from error
        raise Unusable(f"The database at {place} cannot be reached: {first}. Check PROACTIVE_DATABASE_URL.") from error
    if version < OLDEST:
        await engine.dispose()
        raise Unusable(f"The database at {place} is PostgreSQL {version // 10_000}; 18 or newer is needed.")
    if durable not in {"on", "remote_apply", "remote_write"}:
        await engine.dispose()
        raise Unusable(
            f"The database at {place} has synchronous_commit={durable}: accepted changes could be lost in a crash. "
            "Set it to on."
        )
    return engine


LOST = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, psycopg.OperationalError)


@contextmanager
def told_when_lost(
    says: str = "The database was there and cannot be reached any more. Start this again when it is.",
) -> Iterator[None]:
    """A database that goes away ends a command, or a process that starts, with one sentence: raises `Unusable`.

    Later no such error comes this far: steps and pages go on without it until it is back.
    """
    try:
        yield
    except LOST as error:
        raise Unusable(says) from error
