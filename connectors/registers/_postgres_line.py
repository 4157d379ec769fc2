"""One connection to somebody else's database: opened when needed, for reading only, opened again when it broke."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Literal
from psycopg.types.json import set_json_loads

from proactive.errors import Unreachable

_SETTINGS = {
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "60s",
    "TimeZone": "Asia/Ho_Chi_Minh",  # what a timestamp without an offset means
    "DateStyle": "ISO, YMD",
    "application_name": "proactive",
}


class Line:
    """One connection, used by one query at a time. It is lost and found again without the caller's knowing."""

    def __init__(self, url: str, *, connect_timeout: float, timeout: float) -> None:
        self._url = url
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._busy = asyncio.Lock()
        self._connection: AsyncConnection[TupleRow] | None = None

    async def rows(self, query: Composed, parameters: Mapping[str, Any]) -> Sequence[TupleRow]:
        """The rows of one query. Raises `Unreachable`; nothing of the data stands in its message."""
        async with self._busy:
            fresh = self._connection is None
            try:
                return await self._rows(query, parameters)
            except errors.OperationalError as error:
                # An old connection may only have died with a server that is back by now; reading twice is harmless.
                if fresh or isinstance(error, errors.QueryCanceled):
                    raise Unreachable(said(error)) from error
            except psycopg.Error as error:
                raise Unreachable(said(error)) from error
            try:
                return await self._rows(query, parameters)
            except psycopg.Error as error:
                raise Unreachable(said(error)) from error

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _rows(self, query: Composed, parameters: Mapping[str, Any]) -> Sequence[TupleRow]:
        try:
            connection = await self._open()
            # The server's own limit comes first; ours is for a server that no longer answers at all.
            async with asyncio.timeout(self._timeout + self._connect_timeout):
                cursor = await connection.execute(query, parameters)
                found = await cursor.fetchall()
                await connection.rollback()
                return found
        except TimeoutError as error:
            await self.close()
            raise errors.OperationalError(f"there was no answer within {self._timeout:g} s") from error
        except BaseException:  # a cancelled query leaves a connection in a state nobody knows
            await self.close()
            raise

    async def _open(self) -> AsyncConnection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._url, connect_timeout=self._connect_timeout, timeout=self._timeout)
        return self._connection


async def connect(url: str, *, connect_timeout: float, timeout: float) -> AsyncConnection[TupleRow]:
    """A connection on which every transaction is read-only. Raises `psycopg.Error`."""
    async with asyncio.timeout(connect_timeout + 1):
        connection = await AsyncConnection.connect(
            url,
            connect_timeout=max(2, round(connect_timeout)),
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            client_encoding="utf8",
        )
    try:
        await connection.set_read_only(True)
        settings = {**_SETTINGS, "statement_timeout": f"{round(timeout * 1000)}ms"}
        for name, value in settings.items():
            await connection.execute(SQL("SELECT set_config({}, {}, false)").format(Literal(name), Literal(value)))
        await connection.commit()
    except BaseException:
        await connection.close()
        raise
    set_json_loads(_unread, connection)
    return connection


def _unread(json: str | bytes) -> bytes:
    """A row stays JSON until somebody recognises it."""
    return json.encode() if isinstance(json, str) else bytes(json)


def said(error: BaseException) -> str:
    """What the server said, as far as it names only things and not the data in them."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, errors.QueryCanceled):
        return "its answer took too long and was given up"
    if isinstance(error, errors.OperationalError | errors.ProgrammingError):
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        return first.removeprefix("connection failed: ").strip() or type(error).__name__
    return f"it answered with {type(error).__name__}"
