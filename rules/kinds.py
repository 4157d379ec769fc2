"""What a column may hold, how a value of it is read, and how it may be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

Row = Mapping[str, object]

_SHOWN = 40

PSEUDONYM = "~"
"""How what stands for a personal id begins, wherever rows are kept. The rules compare it and never look into it."""

_LONGEST_PSEUDONYM = 80


class ColumnType(StrEnum):
    """What a column holds. Codes may come as numbers; they are kept as text."""

    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    PERSONAL_ID = "personal_id"
    PHONE = "phone"
    CODE = "code"
    INTEGER = "integer"
    BOOLEAN = "boolean"


class Spelling(NamedTuple):
    """Tells whether values are made of the right characters: one, or all of many in one go."""

    right: Callable[[Any], bool]
    many: Callable[[list[Any]], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the reader must know of one column."""

    name: str
    type: ColumnType
    required: bool = False
    personal: bool = False
    codes: tuple[str, ...] | None = None
    earliest: date | None = None
    latest: date | None = None
    kept: bool = False
    """It is read from what is kept, where a pseudonym stands for a personal id."""

    def wire(self) -> Any:
        """The msgspec type of a value of this column; `spelled` says the rest."""
        value: Any
        if self.type is ColumnType.DATE:
            value = date
        elif self.type is ColumnType.TIMESTAMP:
            value = datetime
        elif self.type is ColumnType.INTEGER:
            value = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
        elif self.type is ColumnType.BOOLEAN:
            value = bool
        elif self.type is ColumnType.PERSONAL_ID:
            value = Annotated[str, msgspec.Meta(min_length=12, max_length=_LONGEST_PSEUDONYM if self.kept else 12)]
        elif self.type is ColumnType.CODE and self.codes is not None:
            numbers = tuple(int(code) for code in self.codes if str(code).isdecimal() and str(int(code)) == code)
            value = Literal[self.codes + numbers]
        elif self.type is ColumnType.CODE:
            value = Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | int
        elif self.type is ColumnType.PHONE:
            value = Annotated[str, msgspec.Meta(max_length=40)]
        elif self.required:
            value = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
        else:
            value = Annotated[str, msgspec.Meta(max_length=500)]
        return value if self.required else value | None

    def spelled(self) -> Spelling | None:
        """Tells whether a value of that type is made of the right characters, where that is asked for; a pattern in the
        type itself costs more than all else that is read of the row."""
        if self.type is ColumnType.PERSONAL_ID:
            return Spelling(_as_kept, _all_as_kept) if self.kept else Spelling(_in_digits, _all_in_digits)
        return Spelling(_in_words, _all_in_words) if self.type is ColumnType.TEXT and self.required else None

    def shown(self, value: object) -> str:
        """The value as a problem may quote it: personal values only by their last four characters."""
        text = str(value)
        if self.personal:
            return f"***{text[-4:]}" if len(text) > 8 and not isinstance(value, date) else "***"
        return repr(text) if len(text) <= _SHOWN else repr(text[:_SHOWN]) + "..."


def _in_digits(value: str | None) -> bool:
    return value is None or (value.isascii() and value.isdecimal())


def _all_in_digits(values: list[Any]) -> bool:
    try:
        return _in_digits("".join(values))
    except TypeError:  # some are missing
        return all(map(_in_digits, values))


def _as_kept(value: str | None) -> bool:
    return value is None or value.startswith(PSEUDONYM) or (len(value) == 12 and _in_digits(value))


def _all_as_kept(values: list[Any]) -> bool:
    try:
        joined = "".join(values)
    except TypeError:  # some are missing
        return all(map(_as_kept, values))
    return (len(joined) == 12 * len(values) and _in_digits(joined)) or all(map(_as_kept, values))


def _in_words(value: str) -> bool:
    return not value.isspace()


def _all_in_words(values: list[str]) -> bool:
    return not any(map(str.isspace, values))


@lru_cache(maxsize=65_536)  # the days of 180 years; the same few are told again and again
def day_text(day: date) -> str:
    """A day as people read it here: dd/mm/yyyy."""
    return f"{day.day:02}/{day.month:02}/{day.year}"
