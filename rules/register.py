"""A register's vocabulary: its columns, what each may hold and why it may be needed, and the reader made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import cached_property

import msgspec
from pydantic import Field

from rules.base import Name, Rule, Words
from rules.checks import Check, codes_by, in_our_time, not_before, within
from rules.expected import Expects
from rules.kinds import ColumnType, Kind, Row, day_text
from rules.problem import Problem
from rules.rows import Reader
from rules.source import Loc

_PERSONAL = (ColumnType.PERSONAL_ID, ColumnType.PHONE)
_DAYS = (ColumnType.DATE, ColumnType.TIMESTAMP)
_encode = msgspec.json.Encoder().encode


class SubjectKind(StrEnum):
    """Whom a register is about."""

    PERSON = "person"
    OTHER = "other"


class Subject(Rule):
    """The column that says whom a row is about."""

    column: Name
    kind: SubjectKind = SubjectKind.PERSON


class Column(Rule):
    """One column. `codes` is a list, or lists by another column's value (see `Checks.codes_by`)."""

    type: ColumnType
    title: Words
    why: Words
    required: bool = False
    personal: bool = False
    codes: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
    earliest: date | None = None
    latest: date | None = None

    def kind(self, name: str) -> Kind:
        """What a reader must know of it."""
        codes = self.codes
        if isinstance(codes, dict):
            codes = tuple(dict.fromkeys(code for part in codes.values() for code in part))
        personal = self.personal or self.type in _PERSONAL
        return Kind(name, self.type, self.required, personal, codes, self.earliest, self.latest)


class Checks(Rule):
    """What must be true across columns: a closed set."""

    not_before: dict[Name, Name] = Field(default_factory=dict)
    codes_by: dict[Name, Name] = Field(default_factory=dict)


class RegisterSchema(Rule):
    """A register. `key` names a row, `subject` whom it is about, `updated` which version of it is newer."""

    name: Name
    title: Words
    owner: Words
    key: Name
    subject: Subject
    updated: Name
    columns: dict[Name, Column]
    checks: Checks = Checks()
    expects: Expects = Expects()

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """What a reader must know of each column."""
        return {name: column.kind(name) for name, column in self.columns.items()}

    @property
    def by_person(self) -> bool:
        """Whether its rows are named by a personal id."""
        return self.columns[self.key].type is ColumnType.PERSONAL_ID

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @cached_property
    def reader(self) -> Reader:
        """The reader of these columns, built at the first use (a cached property, since it is asked for every row)."""
        return Reader(tuple(self.kinds.values()), tuple(self._checks()))

    def read(self, body: bytes | str) -> dict[str, object]:
        """One JSON object as a row: dates are `date`, unknown columns are ignored, missing ones are None.

        Raises `BadRow`, whose `.problems` lists all that is wrong.
        """
        return self.reader.read(body)

    def take(self, row: Row) -> dict[str, object]:
        """The same for a row that is already a mapping. Raises `BadRow`."""
        return self.reader.take(row)

    def problems(self, row: Row) -> list[Problem]:
        """Everything that is wrong with this row; empty exactly where `read` and `take` accept it."""
        return self.reader.problems(row)

    def encode(self, row: Row) -> bytes:
        """The row as JSON with this register's columns only, in their order, without nulls."""
        get = row.get
        return _encode({name: value for name in self._names if (value := get(name)) is not None})

    def cut(self, columns: Iterable[str]) -> RegisterSchema:
        """The same register as it is kept: with these columns only (and the key and subject, without which no row can
        be kept), and with pseudonyms where its owner has personal ids."""
        wanted = {*columns, self.key, self.subject.column}
        kept = {name: column for name, column in self.columns.items() if name in wanted}
        checks = Checks(not_before=_both(self.checks.not_before, kept), codes_by=_both(self.checks.codes_by, kept))
        return KeptRegister(
            name=self.name, title=self.title, owner=self.owner, key=self.key, subject=self.subject,
            updated=self.updated, columns=kept, checks=checks,
        )  # fmt: skip

    def shower(self, column: str) -> Callable[[Row], str | None]:
        """Reads a column as people may see it in a trace: personal values only by their last four characters."""
        kind = self.kinds[column]

        def show(row: Row) -> str | None:
            value = row.get(column)
            if value is None or value.__class__ is str:
                return value
            return day_text(value) if isinstance(value, date) else str(value)

        def masked(row: Row) -> str | None:
            value = row.get(column)
            return None if value is None else kind.shown(value)

        return masked if kind.personal else show

    def flaws(self) -> Iterator[tuple[Loc, str, str]]:
        """What is wrong with the vocabulary itself: where, why, how to mend it."""
        known = ", ".join(self.columns)
        for loc, name in (
            (("key",), self.key),
            (("subject", "column"), self.subject.column),
            (("updated",), self.updated),
        ):
            if name not in self.columns:
                yield loc, f"There is no column '{name}'.", f"Use one of: {known}."
            elif not self.columns[name].required:
                yield ("columns", name, "required"), f"'{name}' may be missing.", "Write `required: true` for it."
        for later, earlier in self.checks.not_before.items():
            for name in (later, earlier):
                if name not in self.columns or self.columns[name].type not in _DAYS:
                    yield ("checks", "not_before", later), f"'{name}' is no date column.", "Name two date columns."
        for name, by in self.checks.codes_by.items():
            column, other = self.columns.get(name), self.columns.get(by)
            if column is None or other is None or not isinstance(column.codes, dict):
                yield (
                    ("checks", "codes_by", name),
                    f"'{name}' has no codes by '{by}'.",
                    f"List its codes under each {by}.",
                )
            elif not isinstance(other.codes, tuple) or set(column.codes) != set(other.codes):
                yield (
                    ("columns", name, "codes"),
                    f"They are not listed for each code of '{by}'.",
                    "List every code once.",
                )
        for name, column in self.columns.items():
            if isinstance(column.codes, dict) and name not in self.checks.codes_by:
                yield ("columns", name, "codes"), "They depend on nothing.", "Name it under checks.codes_by."

    def _checks(self) -> Iterator[Check]:
        for kind in self.kinds.values():
            if kind.type is ColumnType.DATE:
                yield within(kind, kind.earliest or date(1850, 1, 1), kind.latest or date(2150, 12, 31))
            elif kind.type is ColumnType.TIMESTAMP:
                yield in_our_time(kind)
        for later, earlier in self.checks.not_before.items():
            yield not_before(self.kinds[later], self.kinds[earlier])
        for name, by in self.checks.codes_by.items():
            codes = self.columns[name].codes
            if isinstance(codes, dict):
                yield codes_by(self.kinds[name], by, codes)


class KeptRegister(RegisterSchema):
    """A register as we keep it."""

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        return {name: replace(column.kind(name), kept=True) for name, column in self.columns.items()}


def _both(pairs: Mapping[str, str], kept: Mapping[str, Column]) -> dict[str, str]:
    return {one: other for one, other in pairs.items() if one in kept and other in kept}
