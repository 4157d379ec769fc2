"""One value of a source as a value of a register's column.

A converter gets what a driver, file or message gave (text, number, day, moment, truth, bytes) and never None. It
raises `Unfit` with why and how to mend it, and never shows the value itself: whoever tells it knows how to mask it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from proactive.sources.formats import VIETNAM, Moment, Reads, reader
from proactive.sources.grammar import ColumnMapping, Unlisted
from rules.kinds import ColumnType

Converter = Callable[[object], object]
"""None as the answer means that the source has no value here."""

_YES = ("true", "t", "1", "y", "yes", "có")
_NO = ("false", "f", "0", "n", "no", "không")


class Unfit(Exception):
    """A value cannot be converted: why, and how to mend it."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(why)
        self.why = why
        self.mend = mend


def plain(value: object) -> str:
    """A value as text, as it is written in a table of codes: 1 of whatever number type is '1', True is 'true'."""
    if value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return str(int(value)) if value == value and value == value.__floor__() else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        raise Unfit("holds bytes, not text.", "Name a column of text, or let the source's owner convert it in a view.")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def clean(text: str) -> str:
    """Text without blanks at its ends, in composed Unicode, so that one name is written in one way."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text).strip()


def converter(mapping: ColumnMapping, type_: ColumnType) -> Converter:
    """What turns a value of the source into one of this column. Raises ValueError where the mapping cannot be meant."""
    if mapping.format and type_ not in (ColumnType.DATE, ColumnType.TIMESTAMP):
        raise ValueError(f"`format` is for days and moments; the column is of type {type_.value}")
    if mapping.yes and type_ is not ColumnType.BOOLEAN:
        raise ValueError(f"`yes` and `no` are for booleans; the column is of type {type_.value}")
    if type_ is ColumnType.DATE:
        end = _day(tuple(map(reader, mapping.format or ("iso",))), mapping)
    elif type_ is ColumnType.TIMESTAMP:
        end = _moment(tuple(map(reader, mapping.format or ("iso",))), mapping)
    elif type_ is ColumnType.INTEGER:
        end = _integer
    elif type_ is ColumnType.BOOLEAN:
        end = _boolean(mapping)
    else:
        end = _clean_text if mapping.clean else plain
    if mapping.codes:
        end = _coded(mapping, end)
    return _unless(mapping.none_if, end) if mapping.none_if else end


def _clean_text(value: object) -> object:
    text = value if value.__class__ is str else plain(value)
    return clean(text) or None


def _unless(empty: tuple[str, ...], then: Converter) -> Converter:
    nothing = frozenset(empty)

    def convert(value: object) -> object:
        text = plain(value)
        return None if text in nothing or text.strip() in nothing else then(value)

    return convert


def _coded(mapping: ColumnMapping, then: Converter) -> Converter:
    table: Mapping[str, str] = {clean(code): ours for code, ours in mapping.codes.items()}
    unlisted = mapping.unlisted

    def convert(value: object) -> object:
        code = clean(plain(value))
        ours = table.get(code)
        if ours is not None:
            return then(ours)
        if not code or unlisted is Unlisted.EMPTY:
            return None
        if unlisted is Unlisted.KEEP:
            return then(value)
        raise Unfit("is a code that the table `codes` does not list.", "List it in the source's file, or correct it.")

    return convert


def _read(readers: tuple[Reads, ...], value: object) -> Moment | None:
    for read in readers:
        found = read(value)
        if found is not None:
            return found
    return None


def _written(mapping: ColumnMapping) -> str:
    return " or ".join(mapping.format or ("iso",))


def _day(readers: tuple[Reads, ...], mapping: ColumnMapping) -> Converter:
    written = _written(mapping)

    def convert(value: object) -> object:
        if value.__class__ is date:
            return value
        if isinstance(value, str) and not value.strip():
            return None
        found = value if isinstance(value, date) else _read(readers, value)
        if found is None:
            raise Unfit(f"is no day written as {written}.", "Correct it, or name the `format` it is written in.")
        if isinstance(found, datetime):
            return (found.astimezone(VIETNAM) if found.tzinfo else found).date()
        return found

    return convert


def _moment(readers: tuple[Reads, ...], mapping: ColumnMapping) -> Converter:
    written = _written(mapping)

    def convert(value: object) -> object:
        if isinstance(value, str) and not value.strip():
            return None
        found = value if isinstance(value, date) else _read(readers, value)
        if found is None:
            raise Unfit(f"is no moment written as {written}.", "Correct it, or name the `format` it is written in.")
        if not isinstance(found, datetime):
            return datetime(found.year, found.month, found.day, tzinfo=VIETNAM)
        return found if found.tzinfo else found.replace(tzinfo=VIETNAM)

    return convert


def _integer(value: object) -> object:
    if value.__class__ is int:
        return value
    if isinstance(value, str) and not value.strip():
        return None
    try:
        text = plain(value).strip()
        if text.isascii():
            return int(text)
    except ValueError:
        pass
    raise Unfit("is not a whole number.", "Correct it, or list under `none_if` what means that there is none.")


def _boolean(mapping: ColumnMapping) -> Converter:
    said = {clean(text).lower(): True for text in mapping.yes or _YES}
    said |= {clean(text).lower(): False for text in mapping.no or _NO}

    def convert(value: object) -> object:
        if value.__class__ is bool and not mapping.yes:
            return value
        text = clean(plain(value)).lower()
        if not text:
            return None
        found = said.get(text)
        if found is None:
            raise Unfit("is neither yes nor no.", "List what it may be under `yes` and `no`.")
        return found

    return convert
