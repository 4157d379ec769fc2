"""A column, or several together, has one of these values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from pydantic import Field, model_validator

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.conditions.equals import literal_flaws
from rules.dated import Flaw
from rules.kinds import Row
from rules.register import RegisterSchema


class OneOf(Rule, Condition):
    """Columns, read together ('2008 B2'), are among values written here or in a dated list."""

    columns_: tuple[Name, ...] = Field(alias="columns", min_length=1)
    values: tuple[str, ...] | None = None
    listed_in: Name | None = None

    @model_validator(mode="after")
    def _values_or_list(self) -> OneOf:
        if (self.values is None) == (self.listed_in is None):
            raise ValueError("Write either `values` or `listed_in` (the name of a dated list), not both")
        return self

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        wrong = [flaw for column in self.columns_ for flaw in scope.column_flaws(column, "columns")]
        if self.listed_in is not None:
            wrong += scope.value_flaws(self.listed_in, "listed_in", tuple)
        yield from wrong
        if wrong:
            return
        if self.values is not None:
            yield from joined_flaws(scope.schema, self.columns_, self.values, ("values",))
        elif self.listed_in is not None:
            for period in scope.values[self.listed_in].periods:
                if isinstance(period.value, tuple):
                    yield from joined_flaws(scope.schema, self.columns_, period.value, ("listed_in",))

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        return ((scope.register, column) for column in self.columns_)

    def dated(self) -> Iterator[str]:
        return iter((self.listed_in,) if self.listed_in else ())

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        value: Any = self.values if self.listed_in is None else scope.value(self.listed_in)
        among = frozenset(split(text, len(self.columns_)) for text in value)
        read = together(self.columns_)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return read(row) in among

        return holds

    def shows(self, scope: Scope) -> Show:
        return shown_together(scope, self.columns_)


def together(columns: Sequence[str]) -> Callable[[Row], object]:
    """Reads one column as its value, several as a tuple."""
    return itemgetter(*columns)


def shown_together(scope: Scope, columns: Sequence[str]) -> Show:
    """Several columns as people may see them, with a space between."""
    if len(columns) == 1:
        return scope.shows(columns[0])
    first, *others = [scope.schema.shower(column) for column in columns]

    def show(row: Row, asked: Row, records: Records, anchor: date) -> str:
        text = str(first(row))
        for other in others:
            text = f"{text} {other(row)}"
        return text

    return show


def split(text: str, width: int) -> object:
    """A written key ('2008 B2') as `together` reads it from a row."""
    return text if width == 1 else tuple(text.split(" ", width - 1))


def joined_flaws(
    schema: RegisterSchema, columns: Sequence[str], values: Sequence[object], loc: tuple[str, ...]
) -> Iterator[Flaw]:
    """Written keys must have a part for each column, and each part must be a code of it."""
    for text in values:
        parts = text.split(" ") if isinstance(text, str) and len(columns) > 1 else [text]
        if len(parts) != len(columns):
            yield (
                loc,
                f"'{text}' has not {len(columns)} parts.",
                f"Write {' and '.join(columns)} with one space between.",
            )
            continue
        for name, part in zip(columns, parts, strict=True):
            yield from literal_flaws(schema.columns[name], name, [part], loc)
        row = {**dict.fromkeys(schema.columns), **dict(zip(columns, parts, strict=True))}
        for name, by in schema.checks.codes_by.items():
            codes = schema.columns[name].codes
            if (
                name in columns
                and by in columns
                and isinstance(codes, dict)
                and row[name] not in codes.get(str(row[by]), ())
            ):
                yield (
                    loc,
                    f"'{text}' does not exist: {name} {row[name]} is unknown where {by} is {row[by]}.",
                    "Correct it.",
                )
