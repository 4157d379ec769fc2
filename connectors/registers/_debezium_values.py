"""What Debezium makes of a column, and what a register's column is made from it.

    type in the source            schema name                                      in JSON
    date                          io.debezium.time.Date, connect.data.Date         days since 1970
                                  io.debezium.time.IsoDate                         "2027-03-15Z"
    timestamp without zone        io.debezium.time.Timestamp, connect.data.Timestamp   ms   \\ of the clock on the wall,
                                  io.debezium.time.MicroTimestamp                  us   | read as if it were UTC:
                                  io.debezium.time.NanoTimestamp                   ns   | the zone is added here
                                  io.debezium.time.IsoTimestamp                    "2026-11-22T08:00:00Z" (a false Z)
    timestamp with zone           io.debezium.time.ZonedTimestamp                  "2026-11-22T01:00:00Z"
    numeric, mode precise         connect.data.Decimal                             base64, scale in the schema
    numeric without a scale       io.debezium.data.VariableScaleDecimal            {"scale": 1, "value": "Dw=="}
    numeric, mode string, double  (none)                                           "135000.00", 135000.0
    a large value not sent again  (any)                                            "__debezium_unavailable_value"
    infinity                      date: -2147472692 from the log, -622191234 from a snapshot; timestamp:
                                  -9223372036832400000; timestamptz: "infinity"

Without schemas the name is not known. Then a number for a day or a moment is told by its size: days reach to 9999 below
four million, and moments of our time begin at 10^11 ms, 10^14 us, 10^17 ns.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec

from rules.kinds import ColumnType

UNAVAILABLE = "__debezium_unavailable_value"
ENDLESS = "infinity"
"""What a day or moment outside the calendar becomes; every register's reader refuses it and says how to mend it."""

_EPOCH_DAY, _EPOCH = date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = (date.min - _EPOCH_DAY).days, (date.max - _EPOCH_DAY).days
_LAST_MICRO = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_FIRST_MICRO = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)

DATES = frozenset({"io.debezium.time.Date", "org.apache.kafka.connect.data.Date"})
ISO_DATE = "io.debezium.time.IsoDate"
ISO_WALL = "io.debezium.time.IsoTimestamp"
MICROS: Mapping[str, Callable[[int], int]] = {
    "io.debezium.time.Timestamp": lambda value: value * 1000,
    "org.apache.kafka.connect.data.Timestamp": lambda value: value * 1000,
    "io.debezium.time.MicroTimestamp": lambda value: value,
    "io.debezium.time.NanoTimestamp": lambda value: value // 1000,
}
_WORDS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
DECIMAL = "org.apache.kafka.connect.data.Decimal"


class Encoding(msgspec.Struct, frozen=True):
    """What a schema says of one column; nothing where there are no schemas."""

    name: str = ""
    scale: int | None = None


UNKNOWN = Encoding()


class Unavailable(Exception):
    """The source did not send this value because it had not changed."""


def decode(value: Any, wanted: ColumnType, encoding: Encoding, *, zone: timezone, wall: bool = False) -> Any:
    """A value as the register's JSON has it; what cannot be understood stays as it came, and the register refuses it.

    `wall`: an ISO timestamp of this column is the clock on the wall, whatever the Z behind it says (only needed with
    `time.precision.mode=isostring` and without schemas). Raises `Unavailable`.
    """
    if value is None:
        return None
    if value.__class__ is str and value.startswith(UNAVAILABLE) and len(value) == len(UNAVAILABLE):
        raise Unavailable
    if wanted is ColumnType.DATE:
        return _date(value, encoding, zone=zone, wall=wall)
    if wanted is ColumnType.TIMESTAMP:
        return _timestamp(value, encoding, zone=zone, wall=wall)
    if wanted is ColumnType.INTEGER:
        return _integer(value, encoding)
    if wanted is ColumnType.BOOLEAN:
        return _boolean(value)
    return _text(value, encoding)


def _date(value: Any, encoding: Encoding, *, zone: timezone, wall: bool) -> Any:
    if value.__class__ is int:
        if encoding.name in DATES or (encoding.name not in MICROS and _FIRST_DAY <= value <= _LAST_DAY):
            return _day(value)
        micros = _micros(value, encoding)
        moment = None if micros is None else _moment(micros)
        return ENDLESS if moment is None else moment.date().isoformat()
    if value.__class__ is not str:
        return value
    if len(value) == 11 and value.endswith("Z"):  # 2027-03-15Z
        return value[:10]
    if len(value) > 11 and value[10] in "T ":
        moment = _parsed(value, encoding, wall=wall)
        if moment is None:
            return value
        try:
            return (moment if moment.tzinfo is None else moment.astimezone(zone)).date().isoformat()
        except OverflowError:
            return ENDLESS
    return value


def _timestamp(value: Any, encoding: Encoding, *, zone: timezone, wall: bool) -> Any:
    if value.__class__ is int:
        if encoding.name in DATES:
            day = _day(value)
            return day if day == ENDLESS else f"{day}T00:00:00{_offset(zone)}"
        micros = _micros(value, encoding)
        moment = None if micros is None else _moment(micros)
        return ENDLESS if moment is None else moment.replace(tzinfo=zone).isoformat()
    if value.__class__ is str:
        moment = _parsed(value, encoding, wall=wall)
        if moment is None:
            return value
        return moment.replace(tzinfo=zone).isoformat() if moment.tzinfo is None else moment.isoformat()
    return value


def _day(days: int) -> str:
    return (_EPOCH_DAY + timedelta(days=days)).isoformat() if _FIRST_DAY <= days <= _LAST_DAY else ENDLESS


def _micros(value: int, encoding: Encoding) -> int | None:
    """Microseconds since 1970 by the schema, else by the size of the number; None for what is no moment."""
    if (unit := MICROS.get(encoding.name)) is not None:
        return unit(value)
    size = abs(value)
    if size < 10**11:
        return None if value else 0
    if size < 10**14:
        return value * 1000
    return value if size < 10**17 else value // 1000


def _moment(micros: int) -> datetime | None:
    """The clock on the wall; it has no zone, only looks as if it had."""
    return _EPOCH + timedelta(microseconds=micros) if _FIRST_MICRO <= micros <= _LAST_MICRO else None


def _parsed(value: str, encoding: Encoding, *, wall: bool) -> datetime | None:
    """An ISO moment, without a zone where it is the clock on the wall; None for what is not one."""
    if wall or encoding.name == ISO_WALL:
        value = value.removesuffix("Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _offset(zone: timezone) -> str:
    return datetime(2000, 1, 1, tzinfo=zone).isoformat()[19:]


def _integer(value: Any, encoding: Encoding) -> Any:
    number = _number(value, encoding)
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, Decimal):
        return int(number) if number.is_finite() and number == number.to_integral_value() else format(number, "f")
    if number.__class__ is str and number.strip().lstrip("+-").isdecimal() and number.isascii():
        return int(number)
    return number


def _boolean(value: Any) -> Any:
    if value.__class__ is int and value in (0, 1):
        return bool(value)
    return _WORDS.get(value, value) if value.__class__ is str else value


def _text(value: Any, encoding: Encoding) -> Any:
    if value.__class__ is int:
        if encoding.name in DATES:
            return _day(value)
        if encoding.name in MICROS:
            moment = _moment(MICROS[encoding.name](value))
            return ENDLESS if moment is None else moment.replace(tzinfo=None).isoformat(" ")
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    number = _number(value, encoding)
    if isinstance(number, Decimal):
        return format(number, "f")
    if isinstance(number, float):
        return format(Decimal(repr(number)), "f")
    if isinstance(number, str):
        return number.removesuffix("Z") if encoding.name == ISO_DATE else number
    return msgspec.json.encode(number).decode()


def _number(value: Any, encoding: Encoding) -> Any:
    """A decimal of whatever mode as a number; anything else as it came."""
    if value.__class__ is str and encoding.name == DECIMAL and encoding.scale is not None:
        return _decimal(value, encoding.scale)
    if value.__class__ is dict and value.keys() == {"scale", "value"} and value["scale"].__class__ is int:
        return _decimal(value["value"], value["scale"])
    return value


def _decimal(value: Any, scale: int) -> Any:
    try:
        digits = int.from_bytes(base64.b64decode(value, validate=True), "big", signed=True)
    except (ValueError, TypeError):
        return value
    return Decimal(digits).scaleb(-scale) if abs(scale) <= 1000 and digits.bit_length() <= 4096 else value
