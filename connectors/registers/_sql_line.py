"""One connection to somebody else's database: opened when needed, for reading only, opened again when it broke.

The drivers of four databases have only their blocking form in common, so each line has a thread of its own.
"""

import asyncio
import contextlib
import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, NullPool, create_engine, event, exc, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection

from connectors.registers._sql_dialect import Dialect
from proactive.errors import Unreachable, Unusable

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database: its address, its kind, and how long we wait for it (seconds)."""

    url: URL
    dialect: Dialect
    connect_timeout: float
    timeout: float

    def engine(self) -> Engine:
        """Makes connections; opens none yet. Raises `Unusable` where the driver is not installed."""
        dialect = self.dialect
        try:
            importlib.import_module(dialect.module)
        except ImportError as error:
            raise Unusable(
                f"{dialect.title} needs the driver {dialect.module}, which is not installed: "
                f"pip install '{dialect.install}'."
            ) from error
        made = create_engine(
            self.url.set(drivername=dialect.driver),
            poolclass=NullPool,
            connect_args=dict(dialect.connects(self.connect_timeout, self.timeout)),
        )
        event.listen(made, "connect", self._prepare)
        for statement in dialect.begin:
            event.listen(made, "begin", _teller(statement))
        return made

    def _prepare(self, connection: DBAPIConnection, _record: object) -> None:
        self.dialect.prepare(connection)
        cursor = connection.cursor()
        for statement in self.dialect.settings(self.timeout):
            cursor.execute(statement)
        cursor.close()
        connection.commit()


def _teller(statement: str) -> Callable[[Connection], None]:
    def tell(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return tell


class Line:
    """One connection, used by one question at a time. It is lost and found again without the caller's knowing."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._engine = place.engine()
        self._busy = asyncio.Lock()
        self._thread = _thread()
        self._connection: Connection | None = None

    async def rows(self, statement: Executable, parameters: Mapping[str, Any]) -> Rows:
        """The rows of one question. Raises `Unreachable`; nothing of the data stands in its message."""
        return await self.work(lambda connection: connection.execute(statement, parameters).all())

    async def work(self, questions: Callable[[Connection], T]) -> T:
        """Whatever is asked in one transaction, which is rolled back at the end. Raises `Unreachable`."""
        async with self._busy:
            limit = self._place.timeout + self._place.connect_timeout
            try:
                # The server's own limit comes first; ours is for a server that no longer answers at all.
                async with asyncio.timeout(limit):
                    return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, questions)
            except TimeoutError as error:
                self._give_up()
                raise Unreachable(f"there was no answer within {self._place.timeout:g} s") from error

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):  # a question under way in there ends the thread with its answer
            async with asyncio.timeout(2):
                await asyncio.get_running_loop().run_in_executor(self._thread, self._hang_up)
        self._thread.shutdown(wait=False)

    def _give_up(self) -> None:
        """Leave the thread to its fate: nobody can break off what it waits for."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread, self._connection = _thread(), None

    def _ask(self, questions: Callable[[Connection], T]) -> T:
        fresh = self._connection is None
        try:
            return self._once(questions)
        except exc.SQLAlchemyError as error:
            # An old connection may only have died with a server that is back by now; reading twice is harmless.
            if fresh or not isinstance(error, exc.OperationalError | exc.InterfaceError) or self._too_long(error):
                raise Unreachable(said(error, self._place.dialect)) from error
        try:
            return self._once(questions)
        except exc.SQLAlchemyError as error:
            raise Unreachable(said(error, self._place.dialect)) from error

    def _once(self, questions: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            found = questions(self._connection)
            self._connection.rollback()
            return found
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _too_long(self, error: exc.DBAPIError) -> bool:
        return error.orig is not None and self._place.dialect.too_long(error.orig)


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="register")


def address(url: str, dialects: Mapping[str, Dialect], *, place: str) -> tuple[URL, Dialect]:
    """The address and its kind of database. Raises `Unusable`; the address itself is not shown."""
    try:
        made = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise Unusable(f"{place}: its address is none. Write mysql://user:password@host/name.") from error
    dialect = dialects.get(made.get_backend_name())
    if dialect is None:
        raise Unusable(f"{place}: no database is called {made.get_backend_name()}. Use one of: {', '.join(dialects)}.")
    return made, dialect


def said(error: BaseException, dialect: Dialect) -> str:
    """What the server said, as far as it names only things and not the data in them."""
    original = error.orig if isinstance(error, exc.DBAPIError) else None
    if original is None:
        return f"it answered with {type(error).__name__}"
    if dialect.too_long(original):
        return "its answer took too long and was given up"
    if not isinstance(error, exc.OperationalError | exc.ProgrammingError | exc.InterfaceError):
        return f"it answered with {type(original).__name__}"
    words = str(original.args[-1] if original.args else original)
    first = next((line for line in words.splitlines() if line.strip()), type(original).__name__)
    return first.removeprefix("connection failed: ").strip()
