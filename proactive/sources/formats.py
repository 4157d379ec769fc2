"""How days and moments are written elsewhere, and how they are read.

A pattern is made of `yyyy`, `mm`, `dd`, `hh`, `mi`, `ss` and what stands between them: 'dd/mm/yyyy', 'yyyymmdd',
'dd-mm-yyyy hh:mi:ss'. Between signs a day or month may have one digit. Years of two digits are not read: nobody can
know the century. `iso` is ISO 8601; the numbers count from 1970-01-01 in UTC, those of spreadsheets from 1899-12-30.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

VIETNAM = timezone(timedelta(hours=7))
"""What a moment without an offset means; and the place whose day a moment is of."""

_EPOCH = datetime(1970, 1, 1, tzinfo=VIETNAM) + timedelta(hours=7)
_TOKENS = re.compile(r"yyyy|mm|dd|hh|mi|ss")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KEPT = 65_536
"""How many texts a reader of days remembers: the days of 180 years, told again and again."""

Moment = date | datetime
Reads = Callable[[object], "Moment | None"]
"""A value as a day or a moment; None where it is not written so."""


def _since(**unit: float) -> Reads:
    step = timedelta(**unit)

    def read(value: object) -> Moment | None:
        number = _number(value)
        try:
            return None if number is None else _EPOCH + number * step
        except OverflowError:
            return None

    return read


def _epoch_days(value: object) -> Moment | None:
    number = _number(value)
    try:
        return None if number is None else date(1970, 1, 1) + timedelta(days=int(number))
    except OverflowError:
        return None


def _spreadsheet_days(value: object) -> Moment | None:
    number = _number(value)
    if number is None or number < 61:  # before March 1900 spreadsheets disagree about what day it is
        return None
    try:
        found = datetime(1899, 12, 30, tzinfo=VIETNAM) + timedelta(days=number)
    except OverflowError:
        return None
    return found.date() if number == int(number) else found


@lru_cache(maxsize=_KEPT)
def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def _iso(value: object) -> Moment | None:
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) <= 10:
        return _iso_day(text)
    try:
        return datetime.fromisoformat(text)  # moments hardly ever come twice: remembering them would cost more
    except ValueError:
        return None


NAMED: Mapping[str, Reads] = {
    "iso": _iso,
    "epoch_days": _epoch_days,
    "epoch_seconds": _since(seconds=1),
    "epoch_millis": _since(milliseconds=1),
    "epoch_micros": _since(microseconds=1),
    "spreadsheet_days": _spreadsheet_days,
}


def reader(format_: str) -> Reads:
    """What reads this format. Raises ValueError saying why there is none."""
    if format_ in NAMED:
        return NAMED[format_]
    tokens = _TOKENS.findall(format_)
    if not {"yyyy", "mm", "dd"} <= set(tokens) or len(tokens) != len(set(tokens)):
        known = ", ".join(NAMED)
        raise ValueError(f"'{format_}' has not yyyy, mm and dd once each, and is none of {known}")
    if re.search(r"[A-Za-z]", _TOKENS.sub("", format_).replace("T", "")):
        raise ValueError(f"'{format_}' holds letters that are none of yyyy, mm, dd, hh, mi, ss")
    return _pattern(format_, timed="hh" in tokens)


def _pattern(format_: str, *, timed: bool) -> Reads:
    apart = not re.search(r"(yyyy|mm|dd|hh|mi|ss)(?=yyyy|mm|dd|hh|mi|ss)", format_)
    two = "[0-9]{1,2}" if apart else "[0-9]{2}"
    pieces, at = [], 0
    for token in _TOKENS.finditer(format_):
        pieces.append(re.escape(format_[at : token.start()]))
        pieces.append(f"(?P<{token[0]}>{'[0-9]{4}' if token[0] == 'yyyy' else two})")
        at = token.end()
    pieces.append(re.escape(format_[at:]))
    written = re.compile("".join(pieces))

    @lru_cache(maxsize=_KEPT)
    def read_text(text: str) -> Moment | None:
        found = written.fullmatch(text)
        if found is None:
            return None
        part = {name: int(digits) for name, digits in found.groupdict().items()}
        try:
            day = date(part["yyyy"], part["mm"], part["dd"])
            if not timed:
                return day
            return datetime(
                day.year, day.month, day.day, part["hh"], part.get("mi", 0), part.get("ss", 0), tzinfo=VIETNAM
            )
        except ValueError:
            return None

    def read(value: object) -> Moment | None:
        return read_text(str(value).strip()) if isinstance(value, str | int) else None

    return read


def _number(value: object) -> float | int | None:
    """A number, or text of one; whole where it is whole."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        found = float(value.strip() if isinstance(value, str) else value)  # type: ignore[arg-type]  # refused below
    except (TypeError, ValueError, OverflowError):
        return None
    if found != found or found in (float("inf"), float("-inf")):
        return None
    return int(found) if found == int(found) else found
