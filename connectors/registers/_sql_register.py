"""One table of somebody else's database, read in its order from wherever we stand, and asked about people and keys."""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Select, select

from connectors.registers._sql_line import Line
from connectors.registers._sql_table import EPOCH, Table
from proactive.domain.change import Change
from proactive.errors import Permanent
from proactive.ports.register import ComparesKeys, Page, Position, RegisterSource
from proactive.sources.formats import VIETNAM

_NO_ROWS = "0:0"


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What we write into `Position.mark`. Times are microseconds since 1970."""

    at: int = 0
    """The time of update of the last row read, or a moment up to which all rows were read."""
    exact: str = ""
    """The same as the database writes it, with all its digits."""
    after_key: bool = False
    """Whether `Position.key` goes with it: read on behind that row, not from that moment on."""
    began: int | None = None
    """In the midst of several pages: when the first of them was asked for."""
    odd: str = ""
    """The digest of the odd rows told last."""
    skip: int | None = None
    """In the midst of the odd rows: how many of them were told."""


class SqlRegister(RegisterSource, ComparesKeys):
    """One table of that database."""

    def __init__(self, table: Table, line: Line, *, shift: timedelta, overlap: timedelta, odd_every: float) -> None:
        self.register = table.register.schema.name
        self._table = table
        self._line = line
        self._shift = shift
        self._overlap = overlap
        self._odd_every = odd_every
        self._odd_looked: float | None = None
        self._names = table.names
        self._updated = -1 if table.exact is not None else table.names.index(table.updated_column)
        self._keys = [table.names.index(name) for name in table.key_columns]
        self._clock = select(table.dialect.clock)
        self._type = table.found[table.updated_column].type

    async def changes(self, after: Position, *, limit: int) -> Page:
        mark = _read(after.mark)
        now = await self._now()
        if mark.skip is not None:
            return await self._odd(mark, after.key, now=now, limit=limit)
        place: dict[str, object] = {**self._times(now), "at": mark.exact or self._written(_moment(mark.at))}
        if mark.after_key:
            place |= self._key_parameters(after.key)
        found = await self._line.rows(
            self._table.next_page if mark.after_key else self._table.page, {**place, "limit": limit}
        )
        changes = self._changes(found, now)
        began = mark.began if mark.began is not None else _micros(now)
        key = after.key
        if changes:
            last = found[-1]
            exact, key = _text(last[self._updated]), self._key(last)
            mark = msgspec.structs.replace(mark, at=changes[-1].version, exact=exact, after_key=True, began=began)
        if len(changes) == limit:
            return Page(changes, _position(mark, key), more=True)
        settled = began - _micros(EPOCH + self._overlap)
        if mark.at > settled:  # what was committed while we looked may have been stamped a little earlier
            mark, key = msgspec.structs.replace(mark, at=settled, exact="", after_key=False), ""
        mark = msgspec.structs.replace(mark, began=None)
        if (odd := await self._new_odd(mark, now=now)) is not None:
            mark = msgspec.structs.replace(mark, odd=odd, skip=0)
        return Page(changes, _position(mark, key), more=mark.skip is not None)

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        known: dict[str, list[Change]] = {subject: [] for subject in subjects}
        if known:
            now = await self._now()
            for row in await self._among(self._table.of_subjects, self._table.subject_column, list(known)):
                change = self._change(row, now)
                if change.subject in known:
                    known[change.subject].append(change)
        return known

    async def there(self, keys: Sequence[str]) -> Collection[str]:
        mapper, columns = self._table.register.mapper, self._table.key_columns
        if len(columns) == 1:
            rows = await self._among(self._table.keys_there, columns[0], keys)
        else:
            rows = await self._joined_there(keys)
        return {mapper.key(dict(zip(columns, row, strict=True))) for row in rows} & set(keys)

    async def close(self) -> None:
        await self._line.close()

    async def _among(self, statement: Select[Any], column: str, wanted: Sequence[str]) -> list[Sequence[Any]]:
        found: list[Sequence[Any]] = []
        values = self._table.wanted(column, wanted)
        for start in range(0, len(values), self._table.dialect.most):
            part = values[start : start + self._table.dialect.most]
            found += await self._line.rows(statement, {"wanted": part})
        return found

    async def _joined_there(self, keys: Sequence[str]) -> list[Sequence[Any]]:
        mapper, columns = self._table.register.mapper, self._table.key_columns
        found: list[Sequence[Any]] = []
        parts = [part for key in keys if (part := mapper.keys_of(key)) is not None]
        size = max(1, min(500, self._table.dialect.most // len(columns)))
        for start in range(0, len(parts), size):
            some = parts[start : start + size]
            values = {f"key{n}_{row}": part[name] for row, part in enumerate(some) for n, name in enumerate(columns)}
            found += await self._line.rows(self._table.joined_keys_there(len(some)), values)
        return found

    async def _odd(self, mark: Mark, key: str, *, now: datetime, limit: int) -> Page:
        skip = mark.skip or 0
        found = await self._line.rows(self._table.odd_page, {**self._times(now), "skip": skip, "limit": limit})
        mark = msgspec.structs.replace(mark, skip=skip + limit if len(found) == limit else None)
        return Page(self._changes(found, now), _position(mark, key), more=mark.skip is not None)

    async def _new_odd(self, mark: Mark, *, now: datetime) -> str | None:
        """The digest of the odd rows, if they are to be told (again)."""
        moment = time.monotonic()
        if self._odd_looked is not None and moment - self._odd_looked < self._odd_every:
            return None
        [found] = await self._line.rows(self._table.odd_digest, self._times(now))
        digest = f"{found[0]}:{found[1] or 0}"
        self._odd_looked = moment
        return None if digest == (mark.odd or _NO_ROWS) else digest

    async def _now(self) -> datetime:
        [[now]] = await self._line.rows(self._clock, {})
        found = datetime.fromisoformat(now) if isinstance(now, str) else now
        moment: datetime = found if found.tzinfo else found.replace(tzinfo=UTC)
        return moment + self._shift

    def _times(self, now: datetime) -> dict[str, object]:
        return {"horizon": self._written(now + self._overlap), "epoch": self._written(EPOCH)}

    def _written(self, moment: datetime) -> str:
        return self._table.dialect.written(moment, self._type)

    def _changes(self, rows: Sequence[Sequence[Any]], now: datetime) -> list[Change]:
        return [self._change(row, now) for row in rows]

    def _change(self, row: Sequence[Any], now: datetime) -> Change:
        version = _version(row[self._updated], latest=now + self._overlap)
        return self._table.register.mapper.change(dict(zip(self._names, row, strict=False)), version=version)

    def _key(self, row: Sequence[Any]) -> str:
        """The key as the database has it: whatever our mapping makes of it, the order of reading is by this one."""
        values = [_text(row[place]) for place in self._keys]
        return values[0] if len(values) == 1 else msgspec.json.encode(values).decode()

    def _key_parameters(self, key: str) -> dict[str, object]:
        many = len(self._keys) > 1
        values = msgspec.json.decode(key, type=list[str]) if many else [key]
        return {f"key{number}": value for number, value in enumerate(values)}


def _version(value: object, *, latest: datetime) -> int:
    """Microseconds since 1970; 0 where there is no usable time, and never later than `latest`."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:  # infinity, a time before Christ, a date of zeros
            return 0
    if not isinstance(value, date):
        return 0
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- an offset follows
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VIETNAM)
    return max(0, _micros(min(moment, latest)))


def _text(value: object) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else "" if value is None else str(value)


def _position(mark: Mark, key: str) -> Position:
    return Position(mark=msgspec.json.encode(mark).decode(), key=key)


def _read(mark: str) -> Mark:
    try:
        return msgspec.json.decode(mark, type=Mark) if mark else Mark()
    except msgspec.MsgspecError as error:
        raise Permanent("The kept position is not one of this source; forget it to read from the beginning.") from error


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
