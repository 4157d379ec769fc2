"""What we must know of a table of another system to read it in order, and the statements made from that.

Its rows are read in the order of (time of update, key), by the table's own types and index. Rows that have no place in
that order are called odd, and are read apart: without a time or key, or changed before 1970 or after `horizon` (now
plus the overlap), so that one wrong clock cannot take the reading past everybody else's changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    column,
    false,
    func,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from connectors.registers._sql_dialect import Dialect
from proactive.sources import ConnectedRegister

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """A column as the source has it."""

    name: str
    type: TypeEngine[Any]
    nullable: bool


@dataclass(frozen=True)
class Table:
    """A register's table; `found` are its columns, by the names that the source's file calls them; None: no table."""

    register: ConnectedRegister
    dialect: Dialect
    found: Mapping[str, Found]

    @property
    def key_columns(self) -> tuple[str, ...]:
        return self.register.mapper.columns[self.register.schema.key].origins

    @property
    def updated_column(self) -> str:
        return self.register.mapper.columns[self.register.schema.updated].origins[0]

    @property
    def subject_column(self) -> str:
        return self.register.mapper.columns[self.register.schema.subject.column].origins[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each row holds: the columns that are read, and at last the exact time of update where it is apart."""
        return self.register.mapper.reads

    @cached_property
    def page(self) -> Select[Any]:
        """The first rows of the order, from a moment on (:at)."""
        return self._ordered(self._updated >= self._moment("at"))

    @cached_property
    def next_page(self) -> Select[Any]:
        """The rows after one row of the order (:at, :key0, :key1, …)."""
        at, keys = self._moment("at"), self._key_parameters
        if self.dialect.row_values:
            return self._ordered(tuple_(self._updated, *self._keys) > tuple_(at, *keys))
        later: list[ColumnElement[bool]] = [self._updated > at]
        same: list[ColumnElement[bool]] = [self._updated == at]
        for one, parameter in zip(self._keys, keys, strict=True):
            later.append(and_(*same, one > parameter))
            same.append(one == parameter)
        return self._ordered(and_(self._updated >= at, or_(*later)))

    @cached_property
    def odd_page(self) -> Select[Any]:
        """The rows that have no place in the order, after :skip of them."""
        every = [self._column(name) for name in self.names]
        order = [*self._keys, *(one for one in every if one not in self._keys)]
        return self._select.where(self._odd).order_by(*order).limit(bindparam("limit")).offset(bindparam("skip"))

    @cached_property
    def odd_digest(self) -> Select[Any]:
        """How many odd rows there are, and a number that changes with their content."""
        columns = [self._column(name) for name in self.names]
        return select(func.count(), self.dialect.digest(columns)).select_from(self._table).where(self._odd)

    @cached_property
    def of_subjects(self) -> Select[Any]:
        """The rows about these subjects (:wanted), as they are now."""
        return self._select.where(self._among(self.subject_column))

    @cached_property
    def keys_there(self) -> Select[Any]:
        """Which of these keys (:wanted) there are now, where the key is one column."""
        return select(*self._keys).select_from(self._table).where(self._among(self.key_columns[0]))

    def joined_keys_there(self, many: int) -> Select[Any]:
        """The same for keys of several columns, so many of them (:key0_0, :key1_0, :key0_1, …)."""
        places = [
            and_(*(one == self._key(name, f"key{part}_{row}") for part, (one, name) in self._numbered))
            for row in range(many)
        ]
        return select(*self._keys).select_from(self._table).where(or_(*places))

    def wanted(self, name: str, texts: Sequence[str]) -> list[object]:
        """Texts as values of this column's type; those that can be none of its values are left out."""
        type_ = self.found[name].type
        if not isinstance(type_, Integer | Numeric):
            return list(texts)
        return [int(text) for text in texts if text.isascii() and text.removeprefix("-").isdigit()]

    @property
    def exact(self) -> ColumnElement[Any] | None:
        return self.dialect.exact(self._updated, self.found[self.updated_column].type)

    @cached_property
    def sample(self) -> Select[Any]:
        """Some rows: those that were changed last."""
        return self._select.order_by(self._updated.desc()).limit(bindparam("limit"))

    def values_of(self, name: str, most: int) -> Select[Any]:
        """Each value of one column with how many rows hold it, the most frequent first."""
        number = func.count()
        one = self._column(name)
        return select(one, number).select_from(self._table).group_by(one).order_by(number.desc()).limit(most)

    def first(self, name: str) -> Select[Any]:
        """No row of one column: it fails exactly where we may not read it."""
        return select(self._column(name)).select_from(self._table).where(false())

    @cached_property
    def _table(self) -> Any:
        schema, name = parted(self.register.table)
        return table(name, *(column(one.name, one.type) for one in self.found.values()), schema=schema).alias("t")

    def _column(self, name: str) -> ColumnElement[Any]:
        found: ColumnElement[Any] = self._table.c[self.found[name].name]
        return found

    @property
    def _updated(self) -> ColumnElement[Any]:
        return self._column(self.updated_column)

    @property
    def _keys(self) -> list[ColumnElement[Any]]:
        return [self._column(name) for name in self.key_columns]

    @property
    def _numbered(self) -> list[tuple[int, tuple[ColumnElement[Any], str]]]:
        return list(enumerate(zip(self._keys, self.key_columns, strict=True)))

    @property
    def _key_parameters(self) -> list[ColumnElement[Any]]:
        return [self._key(name, f"key{number}") for number, name in enumerate(self.key_columns)]

    def _key(self, name: str, parameter: str) -> ColumnElement[Any]:
        return self.dialect.key(parameter, self.found[name].type)

    def _moment(self, name: str) -> ColumnElement[Any]:
        return self.dialect.moment(bindparam(name, type_=Text()), self.found[self.updated_column].type)

    def _among(self, name: str) -> ColumnElement[bool]:
        return self.dialect.among(self._column(name), self.found[name].type)

    @cached_property
    def _select(self) -> Select[Any]:
        # As the driver gives them: what they mean is the mapper's to say.
        columns = [self._column(name) for name in self.names]
        exact = self.exact
        return select(*columns, *([] if exact is None else [exact])).select_from(self._table)

    def _ordered(self, where: ColumnElement[bool]) -> Select[Any]:
        sound = and_(self._updated <= self._moment("horizon"), *(one.is_not(None) for one in self._keys))
        return self._select.where(where, sound).order_by(self._updated, *self._keys).limit(bindparam("limit"))

    @property
    def _odd(self) -> ColumnElement[bool]:
        """Only what can be: a test that no index serves is left out where the table itself excludes the case."""
        tests = [self._updated > self._moment("horizon"), self._updated < self._moment("epoch")]
        needed = (self.updated_column, *self.key_columns)
        return or_(*tests, *(self._column(name).is_(None) for name in needed if self.found[name].nullable))


def parted(name: str) -> tuple[str | None, str]:
    """A table's schema, where one is written before a dot, and its name."""
    schema, dot, table_ = name.rpartition(".")
    return (schema if dot else None), table_
