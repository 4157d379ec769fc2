"""Read rows of a register fast, and say in sentences what is wrong with a bad one.

Both go through the same types and the same checks, so a row that is accepted has no problems and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from rules.checks import VIETNAM, Check, Many
from rules.kinds import ColumnType, Kind, Row
from rules.problem import BadRow, Problem

__all__ = ["EMPTY", "MISSING", "UNKEEPABLE", "ColumnType", "Reader", "Row", "may_hold_nul"]

MISSING = "It is missing or null."
EMPTY = "It is empty."
UNKEEPABLE = "It holds a character that cannot be kept: U+0000, or half of a character."
"""Sentences by which a problem's kind is known again later."""

_EXPECTED = {
    ColumnType.TEXT: ("is not text of 1 to 500 characters", "Send it as text in quotes."),
    ColumnType.DATE: ("is not a day of the calendar", "Send it as YYYY-MM-DD, or null where there is none."),
    ColumnType.TIMESTAMP: ("is not a point in time", "Send it as YYYY-MM-DDThh:mm:ss+07:00."),
    ColumnType.PERSONAL_ID: ("is not a personal id", "Send exactly 12 digits 0-9, as text, with leading zeros."),
    ColumnType.PHONE: ("is not text of at most 40 characters", "Send the number as text, or null where there is none."),
    ColumnType.CODE: ("is not a code we know", "Send one of the codes of this column."),
    ColumnType.INTEGER: ("is not a whole number", "Send digits without quotes or decimal point."),
    ColumnType.BOOLEAN: ("is neither true nor false", "Send true or false without quotes."),
}


class Asked(NamedTuple):
    """What is asked of some columns of a decoded row: whether their values are sound, in one row or in all of many."""

    columns: tuple[str, ...]
    fits: Callable[..., bool]
    many: Many


class Reader:
    """Decodes rows with these columns and checks them; unknown columns are ignored, missing ones become None."""

    def __init__(self, kinds: Sequence[Kind], checks: Sequence[Check]) -> None:
        self._kinds = tuple(kinds)
        self._checks = tuple(checks)
        self._tests = tuple(check.holds for check in checks if check.span is None)
        self._spans = tuple(check.span for check in checks if check.span is not None)
        self._types = {kind.name: kind.wire() for kind in kinds}
        fields = [
            (name, wire) if kind.required else (name, wire, None)
            for kind, (name, wire) in zip(kinds, self._types.items(), strict=True)
        ]
        self.struct = msgspec.defstruct("Row", fields, kw_only=True, frozen=True, gc=False)
        self._one = msgspec.json.Decoder(self.struct)
        self._codes = tuple(kind.name for kind in kinds if kind.type is ColumnType.CODE and _may_be_number(kind))
        self._times = tuple(kind.name for kind in kinds if kind.type is ColumnType.TIMESTAMP)
        spelled = tuple((kind.name, spelling) for kind in kinds if (spelling := kind.spelled()) is not None)
        self._spelled = tuple((name, spelling.right) for name, spelling in spelled)
        self.asked: tuple[Asked, ...] = (
            *(Asked((name,), spelling.right, spelling.many) for name, spelling in spelled),
            *(Asked(check.columns, check.fits, check.many) for check in checks),
        )
        """What is asked of a decoded row."""

    def read(self, body: bytes | str) -> dict[str, object]:
        """One JSON object as a row. Raises BadRow with all its problems."""
        try:
            row = self.sound(self._one.decode(body))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadRow(self._body_problems(body, str(error))) from error
        if row is None or (may_hold_nul(body) and any(map(_unkeepable, row.values()))):
            raise BadRow(self._body_problems(body, "its columns contradict each other"))
        return row

    def sound(self, decoded: msgspec.Struct) -> dict[str, object] | None:
        """A decoded row, settled; None where a check across its columns fails. U+0000 is the caller's to look for."""
        row = msgspec.structs.asdict(decoded)
        self._settle(row)
        for name, right in self._spelled:
            if not right(row[name]):
                return None
        for name, earliest, latest in self._spans:
            value: Any = row[name]
            if value is not None and not earliest <= value <= latest:
                return None
        for holds in self._tests:
            if not holds(row):
                return None
        return row

    def take(self, given: Row) -> dict[str, object]:
        """The same for a row that is already a mapping of plain or typed values. Raises BadRow."""
        if problems := self.problems(given):
            raise BadRow(problems)
        row = msgspec.structs.asdict(msgspec.convert(dict(given), self.struct))  # spelled rightly, as was just seen
        self._settle(row)
        return row

    def problems(self, row: Row) -> list[Problem]:
        """Everything that is wrong with this row, in sentences; values may be typed or as JSON has them."""
        found: list[Problem] = []
        sound: dict[str, object] = {}
        spelled = dict(self._spelled)
        for kind in self._kinds:
            value, name = row.get(kind.name), kind.name
            if value is None:
                sound[name] = None
                if kind.required:
                    found.append(Problem(name, MISSING, "Send it: without it the row says nothing."))
                continue
            try:
                sound[name] = msgspec.convert(value, self._types[name])
            except (msgspec.ValidationError, OverflowError, UnicodeError):
                sound[name] = None
                found.append(_wrong(kind, value))
                continue
            if not spelled.get(name, _as_it_may)(sound[name]):
                sound[name] = None
                found.append(_wrong(kind, value))
                continue
            if _unkeepable(value):
                found.append(Problem(name, UNKEEPABLE, "Remove the character in the source."))
        self._settle(sound)
        found.extend(check.problem(sound) for check in self._checks if not check.holds(sound))
        return found

    def _settle(self, row: dict[str, Any]) -> None:
        for name in self._codes:
            if row[name].__class__ is int:
                row[name] = str(row[name])
        for name in self._times:
            value = row[name]
            if value is not None and value.tzinfo is None:
                row[name] = value.replace(tzinfo=VIETNAM)

    def _body_problems(self, body: bytes | str, error: str) -> list[Problem]:
        try:
            row = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as broken:
            return [Problem("row", f"It is not JSON in UTF-8: {broken}.", "Send one JSON object a row.")]
        if not isinstance(row, dict):
            return [Problem("row", "It is JSON, but not an object.", "Send one JSON object a row.")]
        return self.problems(row) or [Problem("row", f"It cannot be read: {error}.", "Send plain values in columns.")]


def may_hold_nul(body: bytes | str) -> bool:
    """Whether it is worth looking for U+0000, which PostgreSQL cannot keep: looking for its escape costs far less."""
    if isinstance(body, bytes):
        return b"\\" in body and b"\\u0000" in body  # one character is found twenty times as fast as six
    return "\\u0000" in body


def _unkeepable(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if "\x00" in value:
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _as_it_may(value: object) -> bool:
    return True


def _may_be_number(kind: Kind) -> bool:
    return kind.codes is None or any(code.isdecimal() for code in kind.codes)


def _wrong(kind: Kind, value: object) -> Problem:
    why, mend = _EXPECTED[kind.type]
    if isinstance(value, str) and kind.required and not value.strip():
        return Problem(kind.name, EMPTY, "Send it: without it the row says nothing.")
    if kind.codes:
        mend = f"Send one of {', '.join(kind.codes)}."
    if kind.type is ColumnType.DATE and isinstance(value, str) and value.strip().lower() in ("infinity", "-infinity"):
        mend = "Send null where there is no end: 'infinity' is no day of the calendar."
    return Problem(kind.name, f"{kind.shown(value)} {why}.", mend)
