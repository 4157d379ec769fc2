"""What a register is expected to be: correct, complete, clean and alive (đúng, đủ, sạch, sống), said as data.

A row that breaks `checks` is refused. What is written here is softer: the row is kept and used, and counted. One
expectation belongs to one dimension; a register's score in a dimension is the share of its rows that meet all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from rules.base import Name, Rule, Text, Words
from rules.kinds import ColumnType
from rules.source import Loc

if TYPE_CHECKING:
    from rules.register import RegisterSchema

_DAYS = (ColumnType.DATE, ColumnType.TIMESTAMP)


class Dimension(StrEnum):
    """đúng, đủ, sạch, sống."""

    CORRECT = "correct"
    COMPLETE = "complete"
    CLEAN = "clean"
    ALIVE = "alive"


DIMENSION_TITLES: Mapping[Dimension, Words] = {
    Dimension.CORRECT: Words(vi="đúng", en="correct"),
    Dimension.COMPLETE: Words(vi="đủ", en="complete"),
    Dimension.CLEAN: Words(vi="sạch", en="clean"),
    Dimension.ALIVE: Words(vi="sống", en="alive"),
}


class Agreement(Rule):
    """A column says the same as another register does of the same subject, however it is written."""

    column: Name
    register_name: Name = Field(alias="register")
    other: Name = Field(alias="with")


class Filled(Rule):
    """A column that has a value, unless the row is one of these: each names columns and the values they then have."""

    unless: tuple[dict[Name, tuple[Text, ...]], ...] = ()


class Rhythm(Rule):
    """What the owner promises: something changes so often, and we hear from the source so often, changed or not."""

    change_within_days: int = Field(default=7, ge=1, le=3660)
    heard_within_minutes: int = Field(default=60, ge=1, le=525_600)


class Expects(Rule):
    """What is expected of a register's rows and of its source."""

    agrees_with: tuple[Agreement, ...] = ()
    past: tuple[Name, ...] = ()
    units: tuple[Name, ...] = ()
    filled: dict[Name, Filled] = Field(default_factory=dict)
    known_in: tuple[Name, ...] = ()
    once: tuple[Name, ...] = ()
    rhythm: Rhythm = Rhythm()


class Sort(StrEnum):
    """What is looked at."""

    AGREES = "agrees_with"
    PAST = "past"
    UNIT = "units"
    VALID = "valid"  # of the refused changes: a value that cannot be, or contradicts another
    FILLED = "filled"
    KNOWN = "known_in"
    SENT = "sent"  # of the refused changes: something without which the row says nothing
    ONCE = "once"
    TIDY = "tidy"
    REACHABLE = "reachable"
    READABLE = "readable"  # of the refused changes: not a row at all, or characters nobody can keep


REFUSED = (Sort.VALID, Sort.SENT, Sort.READABLE)
"""Those that are asked of changes that were refused, and not of kept rows."""

_OF = {
    Sort.AGREES: Dimension.CORRECT,
    Sort.PAST: Dimension.CORRECT,
    Sort.UNIT: Dimension.CORRECT,
    Sort.VALID: Dimension.CORRECT,
    Sort.FILLED: Dimension.COMPLETE,
    Sort.KNOWN: Dimension.COMPLETE,
    Sort.SENT: Dimension.COMPLETE,
    Sort.ONCE: Dimension.CLEAN,
    Sort.TIDY: Dimension.CLEAN,
    Sort.REACHABLE: Dimension.CLEAN,
    Sort.READABLE: Dimension.CLEAN,
}


@dataclass(frozen=True)
class Expectation:
    """One thing expected of each row. `column` is the one that a correction would be about, if there is one."""

    sort: Sort
    says: Words
    column: str | None = None
    columns: tuple[str, ...] = ()
    register: str | None = None
    other: str | None = None
    unless: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    spelt: bool = False
    """Its values are words: they say the same however they are spelt."""

    @property
    def refused(self) -> bool:
        """Whether it is asked of changes that were refused, and not of kept rows."""
        return self.sort in REFUSED

    @property
    def dimension(self) -> Dimension:
        """The one that it counts for."""
        return _OF[self.sort]

    @property
    def name(self) -> str:
        """Names it within its register."""
        return ".".join([self.sort.value, *filter(None, (self.register, self.column))])


def expectations(
    schema: RegisterSchema, registers: Mapping[str, RegisterSchema], needed: Collection[str]
) -> tuple[Expectation, ...]:
    """What can be asked of the rows as they are kept: with these columns only, beside these registers."""
    return tuple(
        one
        for one in _all(schema, registers)
        if set(one.columns) <= set(needed) and (one.register is None or one.register in registers)
    )


def _all(schema: RegisterSchema, registers: Mapping[str, RegisterSchema]) -> Iterator[Expectation]:
    expects, titles = schema.expects, {name: column.title for name, column in schema.columns.items()}
    for one in expects.agrees_with:
        other = registers.get(one.register_name)
        yield Expectation(
            Sort.AGREES,
            _words("«{0}» giống như ở {1}", "“{0}” is the same as in {1}", titles[one.column], _title(other)),
            one.column, (one.column,), one.register_name, one.other,
            spelt=schema.columns[one.column].type is ColumnType.TEXT,
        )  # fmt: skip
    for name in expects.past:
        yield _about(Sort.PAST, name, _words("«{0}» không ở tương lai", "“{0}” is not in the future", titles[name]))
    for name in expects.units:
        words = _words("«{0}» là đơn vị hành chính hiện có", "“{0}” is a unit that there is", titles[name])
        yield _about(Sort.UNIT, name, words)
    for name, filled in expects.filled.items():
        used = {name, *(column for rows in filled.unless for column in rows)}
        words = _words("Có «{0}»", "“{0}” is there", titles[name])
        yield Expectation(Sort.FILLED, words, name, tuple(sorted(used)), unless=filled.unless)
    for register in expects.known_in:
        other_title = _title(registers.get(register))
        words = _words("Người có bản ghi cũng có ở {0}", "Whoever has a record is in {0} too", other_title)
        yield Expectation(Sort.KNOWN, words, register=register)
    if expects.once:
        together = Words(
            vi=", ".join(titles[name].vi for name in expects.once),
            en=", ".join(titles[name].en for name in expects.once),
        )
        words = _words("Mỗi bộ ({0}) chỉ có một lần", "Each ({0}) is there once", together)
        yield Expectation(Sort.ONCE, words, columns=expects.once)
    for name, column in schema.columns.items():
        if column.type is ColumnType.TEXT:
            vi = "«{0}» viết bằng chữ Unicode dựng sẵn, không thừa khoảng trắng"
            en = "“{0}” is written in composed letters without stray blanks"
            yield _about(Sort.TIDY, name, _words(vi, en, column.title))
        elif column.type is ColumnType.PHONE:
            yield _about(
                Sort.REACHABLE, name, _words("«{0}» nhắn tin được", "“{0}” can be sent a message", column.title)
            )
    yield Expectation(Sort.VALID, Words(vi="Giá trị hợp lệ, không mâu thuẫn nhau", en="Values are valid and agree"))
    yield Expectation(Sort.SENT, Words(vi="Có đủ mục bắt buộc", en="What must be there is there"))
    yield Expectation(Sort.READABLE, Words(vi="Đọc và lưu được", en="It can be read and kept"))


def _about(sort: Sort, column: str, says: Words) -> Expectation:
    return Expectation(sort, says, column, (column,))


def _title(register: RegisterSchema | None) -> Words:
    return register.title if register is not None else Words(vi="?", en="?")


def _words(vi: str, en: str, *parts: Words) -> Words:
    return Words(vi=vi.format(*(part.vi for part in parts)), en=en.format(*(part.en for part in parts)))


def flaws(schema: RegisterSchema, registers: Mapping[str, RegisterSchema]) -> Iterator[tuple[Loc, str, str]]:
    """What is wrong with what is expected: where, why, how to mend it."""
    expects, columns = schema.expects, schema.columns
    for index, one in enumerate(expects.agrees_with):
        loc: Loc = ("expects", "agrees_with", index)
        other = registers.get(one.register_name)
        if one.column not in columns:
            yield (*loc, "column"), f"There is no column '{one.column}'.", f"Use one of: {', '.join(columns)}."
        elif one.register_name == schema.name or other is None:
            yield (*loc, "register"), f"'{one.register_name}' is no other register.", "Name one of rules/registers."
        elif one.other not in other.columns:
            known = ", ".join(other.columns)
            yield (*loc, "with"), f"{one.register_name} has no column '{one.other}'.", f"Use one of: {known}."
        elif columns[one.column].type is not other.columns[one.other].type:
            yield (*loc, "with"), "The two columns do not hold the same type.", "Name two columns of one type."
    for index, name in enumerate(expects.known_in):
        if name == schema.name or name not in registers:
            yield ("expects", "known_in", index), f"'{name}' is no other register.", "Name one of rules/registers."
        elif registers[name].subject.kind is not schema.subject.kind:
            yield ("expects", "known_in", index), f"'{name}' is about something else.", "Name one about the same."
    for word, names, types in (("past", expects.past, _DAYS), ("units", expects.units, (ColumnType.CODE,))):
        for index, name in enumerate(names):
            if name not in columns or columns[name].type not in types:
                kind = "date" if word == "past" else "code"
                yield ("expects", word, index), f"'{name}' is no {kind} column.", f"Name a {kind} column."
    for name, filled in expects.filled.items():
        for column in (name, *(column for rows in filled.unless for column in rows)):
            if column not in columns:
                yield ("expects", "filled", name), f"There is no column '{column}'.", f"Use: {', '.join(columns)}."
    for index, name in enumerate(expects.once):
        if name not in columns:
            yield ("expects", "once", index), f"There is no column '{name}'.", f"Use one of: {', '.join(columns)}."
    if expects.once and schema.subject.column not in expects.once:
        why = f"It does not name '{schema.subject.column}', and rows are compared subject by subject."
        yield ("expects", "once"), why, "Add that column."
