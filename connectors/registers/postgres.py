"""Registers in a PostgreSQL database of another system, read by asking for what changed since.

Guarantee: each row that is committed there appears in some page, provided its `updated_at` was set no longer than
`overlap` before the commit; the last `overlap` is read again at each look, so a row of that time appears several times.
A deleted row is not seen: the owner marks it instead (`status`, `died_on`). The version of a row is its `updated_at` in
microseconds since 1970; 0 where it has none, and never later than the present moment and the overlap.

The account needs SELECT on the tables and nothing else; every transaction is read-only whatever the account may do.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from connectors.registers._postgres_line import Line, connect, said
from connectors.registers._postgres_table import Table, inspect
from proactive.domain.change import Change
from proactive.errors import Permanent, Unusable
from proactive.ports.register import Page, Position, RegisterSource
from proactive.sources import ConnectedSource

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_ROWS = "0:0"
_NOW = SQL("SELECT clock_timestamp()").format()


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What we write into `Position.mark`. Times are microseconds since 1970."""

    at: int = 0
    """The `updated_at` of the last row read, or a moment up to which all rows were read."""
    after_key: bool = False
    """Whether `Position.key` goes with it: read on behind that row, not from that moment on."""
    began: int | None = None
    """In the midst of several pages: when the first of them was asked for."""
    odd: str = ""
    """The digest of the odd rows told last."""
    skip: int | None = None
    """In the midst of the odd rows: how many of them were told."""


async def open(
    source: ConnectedSource,
    *,
    shift: timedelta = timedelta(),
    overlap: timedelta = timedelta(seconds=5),
    connect_timeout: float = 5.0,
    timeout: float = 30.0,
    odd_every: float = 10.0,
) -> list[RegisterSource]:
    """A source for each register, after a look at the tables.

    `shift` moves the source's clock in rehearsals; `overlap` must be longer than the longest transaction there;
    `odd_every` is how many seconds may pass before rows without a usable time are looked for again.
    Raises `Unusable` with one sentence that names what is missing or refused.
    """
    url, schemas = source.url, source.schemas
    if mapped := [name for name, one in source.registers.items() if one.mapping.columns or one.mapping.table]:
        raise Unusable(
            f"{source.place}: kind postgres reads tables as they are; {', '.join(mapped)} is mapped."
        )
    try:
        connection = await connect(url, connect_timeout=connect_timeout, timeout=timeout)
    except (psycopg.Error, TimeoutError, OSError) as error:
        raise Unusable(f"The registers' database can't be opened ({source.place}): {said(error)}.") from error
    try:
        tables = await inspect(connection, schemas.values())
    except psycopg.Error as error:
        raise Unusable(f"The registers' tables can't be looked at: {said(error)}.") from error
    finally:
        await connection.close()
    return [
        PostgresRegister(
            table,
            Line(url, connect_timeout=connect_timeout, timeout=timeout),
            shift=shift,
            overlap=overlap,
            odd_every=odd_every,
        )
        for table in tables
    ]


class PostgresRegister(RegisterSource):
    """One table of that database."""

    def __init__(self, table: Table, line: Line, *, shift: timedelta, overlap: timedelta, odd_every: float) -> None:
        self.register = table.schema.name
        self._table = table
        self._line = line
        self._shift = shift
        self._overlap = overlap
        self._odd_every = odd_every
        self._odd_looked: float | None = None

    async def changes(self, after: Position, *, limit: int) -> Page:
        mark = _read(after.mark)
        now = await self._now()
        if mark.skip is not None:
            return await self._odd(mark, after.key, now=now, limit=limit)
        query = self._table.next_page if mark.after_key else self._table.page
        found = await self._line.rows(
            query, {**self._times(now), "at": _moment(mark.at), "key": after.key, "limit": limit}
        )
        changes = [self._change(row) for row in found]
        began = mark.began if mark.began is not None else _micros(now)
        if changes:
            last = changes[-1]
            mark, key = msgspec.structs.replace(mark, at=last.version, after_key=True, began=began), last.key
        else:
            key = after.key
        if len(changes) == limit:
            return Page(changes, _position(mark, key), more=True)
        settled = began - _micros(_EPOCH + self._overlap)
        if mark.at > settled:  # what was committed while we looked may have been stamped a little earlier
            mark, key = msgspec.structs.replace(mark, at=settled, after_key=False), ""
        mark = msgspec.structs.replace(mark, began=None)
        if (odd := await self._new_odd(mark, now=now)) is not None:
            mark = msgspec.structs.replace(mark, odd=odd, skip=0)
        return Page(changes, _position(mark, key), more=mark.skip is not None)

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        known: dict[str, list[Change]] = {subject: [] for subject in subjects}
        if known:
            now = await self._now()
            for row in await self._line.rows(self._table.of_subjects, {**self._times(now), "subjects": list(known)}):
                change = self._change(row)
                known[change.subject].append(change)
        return known

    async def close(self) -> None:
        await self._line.close()

    async def _odd(self, mark: Mark, key: str, *, now: datetime, limit: int) -> Page:
        skip = mark.skip or 0
        found = await self._line.rows(self._table.odd_page, {**self._times(now), "skip": skip, "limit": limit})
        mark = msgspec.structs.replace(mark, skip=skip + limit if len(found) == limit else None)
        return Page([self._change(row) for row in found], _position(mark, key), more=mark.skip is not None)

    async def _new_odd(self, mark: Mark, *, now: datetime) -> str | None:
        """The digest of the odd rows, if they are to be told (again)."""
        moment = time.monotonic()
        if self._odd_looked is not None and moment - self._odd_looked < self._odd_every:
            return None
        [[digest]] = await self._line.rows(self._table.odd_digest, self._times(now))
        self._odd_looked = moment
        return None if digest == (mark.odd or _NO_ROWS) else str(digest)

    async def _now(self) -> datetime:
        [[now]] = await self._line.rows(_NOW, {})
        moment: datetime = now + self._shift
        return moment

    def _times(self, now: datetime) -> dict[str, object]:
        return {"horizon": now + self._overlap}

    def _change(self, row: TupleRow) -> Change:
        key, subject, version, record = row
        return Change(register=self.register, key=key, subject=subject, version=version, record=msgspec.Raw(record))


def _position(mark: Mark, key: str) -> Position:
    return Position(mark=msgspec.json.encode(mark).decode(), key=key)


def _read(mark: str) -> Mark:
    try:
        return msgspec.json.decode(mark, type=Mark) if mark else Mark()
    except msgspec.MsgspecError as error:
        raise Permanent("The kept position is not one of this source; forget it to read from the beginning.") from error


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
