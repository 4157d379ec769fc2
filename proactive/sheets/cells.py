"""What spreadsheets do to values, undone where that is sure, and refused with how to mend it where it is not.

A leading nought that Excel has eaten is put back only where nothing else can be meant, and that is said: `fit` gives a
note with the value. Digits that are gone are gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from proactive.sheets.limits import Cell
from proactive.sources.convert import Unfit
from proactive.sources.formats import reader
from rules.kinds import ColumnType, Kind

Fit = tuple[object, str | None]
"""A value for the mapper, and what was mended about it."""

DAYS = ("dd/mm/yyyy", "dd-mm-yyyy", "dd.mm.yyyy", "iso")
"""How days are written here, and how computers write them."""
MOMENTS = ("dd/mm/yyyy hh:mi:ss", "dd/mm/yyyy hh:mi", *DAYS)

MARKS = "=+-@\t\r"
"""What a cell begins with that a spreadsheet would take for a formula."""

ZERO_ID = "The leading 0 of a personal id was put back: Excel had removed it."
ZERO_PHONE = "The leading 0 of a phone number was put back: Excel had removed it."
NUMBER_AS_TEXT = "It is a number where text is expected: noughts at its beginning may be lost."
MONTH_FIRST = "is written month first."

_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,3}")
_SLASHED = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}\b")
_LARGEST = 10**15
"""Above it a number of a spreadsheet has lost digits."""
_DAYS_OF_SHEETS = reader("spreadsheet_days")
_PROVINCES = range(1, 97)
"""A personal id begins with the three digits of a province: 001 to 096."""


def fit(value: Cell, kind: Kind) -> Fit:
    """A cell's value for a column of this kind. Raises `Unfit`."""
    if isinstance(value, str):
        return _text(_unquoted(value.replace("\u00a0", " ").strip()), kind)
    if isinstance(value, bool) or value is None:
        return value, None
    if isinstance(value, int | float):
        return _number(value, kind)
    return _moment(value, kind)


def _unquoted(text: str) -> str:
    """Without the sign that keeps a spreadsheet from taking a value for a formula; we write it ourselves."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in MARKS else text


def _text(text: str, kind: Kind) -> Fit:
    if not text:
        return None, None
    if text[0] in "=@":
        raise Unfit("begins like a formula.", "Write the value itself.")
    if _SHORTENED.fullmatch(text) and kind.type not in (ColumnType.CODE, ColumnType.BOOLEAN):
        raise Unfit(
            "was shortened by Excel, and digits are lost.", "Format the column as text, then type the number again."
        )
    found = _SLASHED.match(text) if kind.type in (ColumnType.DATE, ColumnType.TIMESTAMP) else None
    if found is not None and int(found[2]) > 12 >= int(found[1]):
        raise Unfit(MONTH_FIRST, "Write all days of the column as day/month/year.")
    mended = _DIGITS.get(kind.type)
    return (text, None) if mended is None else mended(text)


def _number(value: float, kind: Kind) -> Fit:
    if value != value or abs(value) >= _LARGEST:
        raise Unfit(
            "was shortened by Excel, and digits are lost.", "Format the column as text, then type the number again."
        )
    if value == int(value):
        value = int(value)
    if kind.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return _DAYS_OF_SHEETS(value) or value, None
    if kind.type in (ColumnType.INTEGER, ColumnType.BOOLEAN, ColumnType.CODE):
        return value, None
    mended = _DIGITS.get(kind.type)
    return (str(value), NUMBER_AS_TEXT if kind.required else None) if mended is None else mended(str(value))


def _moment(value: date, kind: Kind) -> Fit:
    if kind.type is ColumnType.DATE:
        return (value.date() if isinstance(value, datetime) else value), None
    if kind.type is ColumnType.TIMESTAMP:
        return value, None
    raise Unfit("was turned into a date by Excel.", "Format the column as text, then type the value again.")


def _id(text: str) -> Fit:
    digits = text.replace(" ", "")
    if re.fullmatch(r"[1-9][0-9]{10}", digits) and int(digits[:2]) in _PROVINCES:
        return f"0{digits}", ZERO_ID
    return digits, None


def _phone(text: str) -> Fit:
    return (f"0{text}", ZERO_PHONE) if re.fullmatch(r"[35789][0-9]{8}", text) else (text, None)


_DIGITS: dict[ColumnType, Callable[[str], Fit]] = {ColumnType.PERSONAL_ID: _id, ColumnType.PHONE: _phone}
