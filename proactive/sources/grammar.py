"""The grammar of a source: where it is, and how its tables become registers. One YAML file a source, no secret in it.

What only one kind of connector understands stands under `settings`, in a model that the connector's own file brings
(`SourceSettings`, `RegisterSettings`): this grammar does not grow with the kinds there are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from rules.base import Name, Rule, Text, Words

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A column as the source calls it, letter for letter."""

EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


def _plain(value: object) -> object:
    """Codes and numbers of the source are compared as text: 1 and "1" are the same code."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


Plain = Annotated[str, BeforeValidator(_plain)]


class Address(Rule):
    """Where the address with its password is: an environment variable, or a file that only this account may read."""

    env: EnvName | None = None
    file: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Address:
        if (self.env is None) == (self.file is None):
            raise ValueError("an address is named by exactly one of `env` and `file`; it never stands here itself")
        return self


class Unlisted(StrEnum):
    """What becomes of a code that the table does not list."""

    REFUSE = "refuse"
    KEEP = "keep"
    EMPTY = "empty"


class ColumnMapping(Rule):
    """How one register column is filled: `from` one column of the source, `join` several, or `fixed` for every row.

    `format` says how a day or a moment is written ('dd/mm/yyyy', 'yyyymmddhhmiss', 'epoch_days', 'epoch_millis', …; of
    several the first that fits). `codes` turns codes of the source into ours, `yes` and `no` list what a boolean may
    be, `none_if` what means "no value". Text is trimmed, put into composed Unicode (NFC), and null where nothing is
    left; not so with `clean: false`.
    """

    columns_from: Column | None = Field(default=None, alias="from")
    join: tuple[Column, ...] | None = Field(default=None, min_length=2)
    separator: str = Field(default=" ", alias="with", max_length=10)
    fixed: str | int | bool | None = None
    format: tuple[Text, ...] = ()
    codes: dict[Plain, Text] = Field(default_factory=dict)
    unlisted: Unlisted = Unlisted.REFUSE
    yes: tuple[Plain, ...] = ()
    no: tuple[Plain, ...] = ()
    none_if: tuple[Plain, ...] = ()
    clean: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """`licence_no: SO_GPLX` is short for `licence_no: {from: SO_GPLX}`; keys and lists of codes may be numbers."""
        if isinstance(given, str):
            return {"from": given}
        if isinstance(given, dict):
            given = dict(given)
            if isinstance(given.get("format"), str):
                given["format"] = (given["format"],)
            if isinstance(given.get("codes"), dict):
                given["codes"] = {_plain(key): _plain(value) for key, value in given["codes"].items()}
        return given

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        if sum(origin is not None for origin in (self.columns_from, self.join, self.fixed)) != 1:
            raise ValueError("a column is filled by exactly one of `from`, `join` and `fixed`")
        if bool(self.yes) != bool(self.no):
            raise ValueError("`yes` and `no` are listed together")
        if self.unlisted is not Unlisted.REFUSE and not self.codes:
            raise ValueError("`unlisted` needs `codes` beside it")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """The columns of the source that it is made from."""
        return (self.columns_from,) if self.columns_from is not None else self.join or ()

    @property
    def plain(self) -> bool:
        """Whether the source's value can be told from the register's: text only copied, joined or trimmed."""
        return self.fixed is None and not (self.format or self.codes or self.none_if)


class Seen(StrEnum):
    """How a deleted row is seen."""

    NEVER = "never"
    TOLD = "told"
    MARKED = "marked"
    COMPARED = "compared"


class Deletes(Rule):
    """How it is seen that a row is gone: the source tells it, a column marks it, keys are compared; or never.

    Compared: every `every_minutes` the keys that we keep are looked for. More than `most_percent` of them missing at
    once is not believed; it is held, and said aloud.
    """

    seen: Seen = Seen.NEVER
    column: Column | None = None
    is_: tuple[Plain, ...] = Field(default=(), alias="is")
    every_minutes: float = Field(default=60, gt=0, le=60 * 24 * 31)
    most_percent: float = Field(default=1.0, gt=0, le=100)

    @model_validator(mode="after")
    def _marked(self) -> Deletes:
        if (self.seen is Seen.MARKED) != (self.column is not None and bool(self.is_)):
            raise ValueError("`column` and `is` say which rows are marked as deleted, with `seen: marked` alone")
        return self


def _none_twice(columns: dict[str, ColumnMapping] | None) -> dict[str, ColumnMapping] | None:
    if columns is not None and not columns:
        raise ValueError("no column is filled; leave `columns` out where all have the same names")
    return columns


class RegisterMapping(Rule):
    """How one table becomes one register.

    `table` may have its schema before a dot; without it the table is called as the register is. Without `columns` each
    column is filled by the one of the same name, as it is; with them, only those listed are. What fills the register's
    key and its time of update orders the reading. `promised_hours`: at the
    latest after so many hours there is something new, or something is wrong.
    """

    table: Text | None = None
    columns: Annotated[dict[Name, ColumnMapping] | None, AfterValidator(_none_twice)] = None
    deletes: Deletes = Deletes()
    promised_hours: float | None = Field(default=None, gt=0)
    settings: dict[str, Any] = Field(default_factory=dict)


class SourceText(Rule):
    """A source as an operator writes it: of which kind, where, and what it offers."""

    kind: Name
    title: Words | None = None
    address: Address | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    registers: dict[Name, RegisterMapping] = Field(min_length=1)
