"""Messages that a real Debezium wrote, in each of its shapes, and what they say."""

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.registers._debezium_change import LONGEST, Message, Part, Reader
from connectors.registers._debezium_values import DECIMAL, ENDLESS, UNKNOWN, Encoding, decode
from proactive.domain.change import Op
from proactive.sources import RegisterMapping, RowMapper
from rules.checks import VIETNAM
from rules.kinds import ColumnType
from tests.connectors.registers.captures import (
    FIRST,
    LICENCES,
    PERMITS,
    RENAMED,
    SECOND,
    SHAPES,
    captured,
    row,
    told,
)

THE_ROW = {
    "licence_no": FIRST,
    "citizen_id": "048090001234",
    "full_name": "Nguyễn Thị Hoàng Anh",
    "licence_class": "B2",
    "issued_on": "2017-03-15",
    "expires_on": "2027-03-15",
    "status": "ACTIVE",
    "points": 12,
    "is_online": True,
    "created_at": "2026-11-22T08:00:00.123456+07:00",
    "created_ms": "2026-11-22T08:00:00.123000+07:00",
    "updated_at": "2026-11-22T01:00:00.123456Z",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_tells_the_same_story(shape: str) -> None:
    changes = told(captured(shape))

    changes = [change for change in changes if not change.faults]
    assert [(change.op, change.key, change.subject) for change in changes] == [
        (Op.UPSERT, FIRST, "048090001234"),
        (Op.UPSERT, SECOND, "048095009999"),
        (Op.UPSERT, FIRST, "048090001234"),
        (Op.DELETE, SECOND, ""),
        (Op.DELETE, FIRST, ""),
        (Op.UPSERT, RENAMED, "048090001234"),
    ]
    versions = [change.version for change in changes]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_row_as_the_register_wants_it(shape: str) -> None:
    first, second, *_ = told(captured(shape))

    known = {name: value for name, value in row(first).items() if name != "fee_vnd"}
    assert known == THE_ROW
    assert LICENCES.read(bytes(first.record))["created_at"] == datetime(2026, 11, 22, 1, 0, 0, 123456, tzinfo=UTC)
    assert row(second)["expires_on"] is row(second)["fee_vnd"] is None


@pytest.mark.parametrize(
    ("shape", "fee"), [("schemas", "135000.00"), ("flattened", "135000.00"), ("full_identity", "135000")]
)
def test_a_decimal_is_the_same_number_by_its_schema_as_text_and_as_a_double(shape: str, fee: str) -> None:
    first, *_ = told(captured(shape))

    assert row(first)["fee_vnd"].removesuffix(".0") == fee


def test_a_truncated_table_forgets_nobody_and_is_told_to_people() -> None:
    [refused] = [change for change in told(captured("transactions")) if change.faults]

    assert refused.faults[0].why.startswith("The table was emptied at once (TRUNCATE)")
    assert row(refused)["place"].startswith("lic.public.driver_licences/0/")


@pytest.mark.parametrize("topic", ["__debezium-heartbeat.lic", "lic.transaction"])
def test_heartbeats_and_transactions_are_about_nobody(topic: str) -> None:
    messages = captured("transactions", topic)

    assert messages
    assert told(messages) == []


def test_a_logical_message_is_about_nobody() -> None:
    assert told(captured("permits", "lic.message")) == []


def test_infinity_is_told_as_such_and_the_end_of_the_calendar_is_a_day() -> None:
    endless, _, last, old = told(captured("permits", "lic.public.permits"), schema=PERMITS)

    assert (row(endless)["valid_to"], row(endless)["seen_at"]) == (ENDLESS, "infinity")
    assert (row(last)["valid_to"], row(old)["valid_to"]) == ("9999-12-31", "1945-09-02")
    [problem] = [one for one in PERMITS.problems(row(endless)) if one.where == "valid_to"]
    assert problem.mend == "Send null where there is no end: 'infinity' is no day of the calendar."


def test_a_large_value_that_was_not_sent_again_is_refused_and_never_kept() -> None:
    _, unsent, *_ = told(captured("permits", "lic.public.permits"), schema=PERMITS)

    assert (unsent.key, unsent.faults[0].where) == ("3", "note")
    assert "REPLICA IDENTITY FULL" in unsent.faults[0].mend


def test_a_large_value_that_no_column_needs_hinders_nothing() -> None:
    without = PERMITS.cut(["code"])

    _, updated, *_ = told(captured("permits", "lic.public.permits"), schema=without)

    assert not updated.faults


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (b"not JSON", "message"),
        (b"\xff\xfe", "message"),
        (b"[1, 2]", "message"),
        (b'{"a": NaN}', "message"),
        (b"[" * 5000, "message"),
        (b'{"op": "z", "after": {}}', "op"),
        (b'{"op": "c", "after": null, "source": {"lsn": 1}}', "after"),
        (b'{"op": "c", "after": {"licence_no": "1"}, "source": {}}', "source.lsn"),
        (b'{"op": "c", "after": {"licence_no": "1"}, "source": {"lsn": -4}}', "source.lsn"),
        (b'{"licence_no": "1"}', "source.lsn"),
        (b'{"op": "c", "after": {}, "source": {"lsn": 9}}', "licence_no"),
        (b'{"specversion": "1.0", "iodebeziumop": "c"}', "data"),
    ],
)
def test_what_is_no_message_of_debezium_is_refused_with_where_why_and_how_to_mend_it(value: bytes, where: str) -> None:
    [refused] = told([Message(b'{"id": 1}', value, (), "t/0/7")])

    [fault] = refused.faults
    assert fault.where == where
    assert fault.why
    assert fault.mend
    assert row(refused)["place"] == "t/0/7"
    assert refused.version > 0


def test_a_message_without_a_key_and_a_broken_one_are_refused() -> None:
    flat = b'{"licence_no": "1", "__op": "c", "__source_lsn": 5}'

    changes = told([Message(None, flat), Message(b"rubbish", flat), Message(None, None)])

    assert [change.faults[0].where for change in changes] == ["key", "key", "licence_no"]


def test_a_row_that_is_too_long_to_be_carried_is_refused_with_its_beginning() -> None:
    value = {"licence_no": "1", "full_name": "x" * (LONGEST + 1), "__op": "c", "__source_lsn": 5}

    [refused] = told([Message(b'{"licence_no": "1"}', json.dumps(value).encode())])

    assert refused.faults[0].where == "row"
    assert len(row(refused)["message"]) == LONGEST


DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31))  # noqa: DTZ001 - the clock on the wall
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


def decoded(value: Any, wanted: ColumnType, name: str = "", *, zone: timezone = VIETNAM, wall: bool = False) -> Any:
    return decode(value, wanted, Encoding(name) if name else UNKNOWN, zone=zone, wall=wall)


@given(DAYS)
def test_a_day_is_the_same_in_every_encoding(day: date) -> None:
    number = (day - date(1970, 1, 1)).days

    found = {
        decoded(number, ColumnType.DATE),
        decoded(number, ColumnType.DATE, "io.debezium.time.Date"),
        decoded(number, ColumnType.DATE, "org.apache.kafka.connect.data.Date"),
        decoded(f"{day.isoformat()}Z", ColumnType.DATE, "io.debezium.time.IsoDate"),
        decoded(f"{day.isoformat()}Z", ColumnType.DATE),
    }

    assert found == {day.isoformat()}


@given(MOMENTS)
def test_the_clock_on_the_wall_is_the_same_in_every_encoding_and_seven_hours_before_utc(wall: datetime) -> None:
    micros = (wall - EPOCH) // timedelta(microseconds=1)
    millis = wall.replace(microsecond=wall.microsecond // 1000 * 1000)

    fine = {
        decoded(micros, ColumnType.TIMESTAMP),
        decoded(micros, ColumnType.TIMESTAMP, "io.debezium.time.MicroTimestamp"),
        decoded(micros * 1000, ColumnType.TIMESTAMP),
        decoded(micros * 1000, ColumnType.TIMESTAMP, "io.debezium.time.NanoTimestamp"),
        decoded(f"{wall.isoformat()}Z", ColumnType.TIMESTAMP, "io.debezium.time.IsoTimestamp"),
        decoded(f"{wall.isoformat()}Z", ColumnType.TIMESTAMP, wall=True),
    }
    coarse = {
        decoded(micros // 1000, ColumnType.TIMESTAMP),
        decoded(micros // 1000, ColumnType.TIMESTAMP, "io.debezium.time.Timestamp"),
        decoded(micros // 1000, ColumnType.TIMESTAMP, "org.apache.kafka.connect.data.Timestamp"),
    }

    assert fine == {wall.replace(tzinfo=VIETNAM).isoformat()}
    assert coarse == {millis.replace(tzinfo=VIETNAM).isoformat()}
    assert decoded(micros, ColumnType.DATE) == wall.date().isoformat()


@given(MOMENTS)
def test_a_moment_with_a_zone_is_that_moment(moment: datetime) -> None:
    found = decoded(f"{moment.isoformat()}Z", ColumnType.TIMESTAMP, "io.debezium.time.ZonedTimestamp")

    assert datetime.fromisoformat(found) == moment.replace(tzinfo=UTC)


@given(st.integers(-(10**20), 10**20), st.integers(0, 30))
def test_a_decimal_is_the_same_in_every_mode(digits: int, scale: int) -> None:
    number = Decimal(digits).scaleb(-scale)
    size = digits.bit_length() // 8 + 1
    raw = base64.b64encode(digits.to_bytes(size, "big", signed=True)).decode()

    precise = decode(raw, ColumnType.TEXT, Encoding(DECIMAL, scale), zone=VIETNAM)
    variable = decoded({"scale": scale, "value": raw}, ColumnType.TEXT)

    assert precise == variable == format(number, "f")
    if number == number.to_integral_value():
        assert decode(raw, ColumnType.INTEGER, Encoding(DECIMAL, scale), zone=VIETNAM) == int(number)


@pytest.mark.parametrize("value", [-2147472692, -622191234, 2147483647, 2932897])
def test_a_day_outside_the_calendar_is_infinity(value: int) -> None:
    assert decoded(value, ColumnType.DATE, "io.debezium.time.Date") == ENDLESS
    assert decoded(value, ColumnType.DATE) == ENDLESS


@pytest.mark.parametrize("value", [-9223372036832400000, 9223371331200000000])
def test_a_moment_outside_the_calendar_is_infinity(value: int) -> None:
    assert decoded(value, ColumnType.TIMESTAMP, "io.debezium.time.MicroTimestamp") == ENDLESS


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        (1, ColumnType.BOOLEAN, True),
        ("f", ColumnType.BOOLEAN, False),
        (7, ColumnType.BOOLEAN, 7),
        (True, ColumnType.TEXT, "true"),
        (12, ColumnType.CODE, "12"),
        (135000.5, ColumnType.TEXT, "135000.5"),
        (["a"], ColumnType.TEXT, '["a"]'),
        ("12", ColumnType.INTEGER, 12),
        (12.0, ColumnType.INTEGER, 12),
        ("AM3+YA==", ColumnType.INTEGER, "AM3+YA=="),
        ("tomorrow", ColumnType.DATE, "tomorrow"),
        ("tomorrow", ColumnType.TIMESTAMP, "tomorrow"),
        (None, ColumnType.DATE, None),
    ],
)
def test_what_fits_is_turned_and_what_does_not_stays_for_the_register_to_refuse(
    value: Any, wanted: ColumnType, found: Any
) -> None:
    assert decoded(value, wanted) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
ODD = st.sampled_from(
    [-2147472692, -9223372036832400000, 2**63 - 1, -(2**63), "infinity", "", "__debezium_unavailable_value", [], {}]
)


EVERY_MESSAGE = [one for shape in SHAPES for one in captured(shape)]


@st.composite
def damaged(draw: st.DrawFn) -> Message:
    """A captured message with some of its values replaced by anything."""
    message = draw(st.sampled_from(EVERY_MESSAGE))
    if message.value is None:
        return message
    body = json.loads(message.value)
    places = [body]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(places))
        if not isinstance(place, dict) or not place:
            continue
        name = draw(st.sampled_from(sorted(place)))
        if isinstance(place[name], dict) and draw(st.booleans()):
            places.append(place[name])
        elif draw(st.booleans()):
            place[name] = draw(JSON | ODD)
        else:
            del place[name]
    return Message(message.key, json.dumps(body).encode(), message.headers)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a captured message is long to draw from on a busy machine
@given(
    st.lists(
        damaged() | st.builds(Message, st.none() | st.binary(max_size=20), st.none() | st.binary(max_size=60)),
        max_size=4,
    )
)
def test_whatever_comes_is_a_change_or_a_refusal_and_stops_nobody(messages: list[Message]) -> None:
    part = Part()
    reader = Reader(RowMapper(RegisterMapping(), LICENCES))
    for message in messages:
        reader.read(message, part)

    [neighbour] = told(captured("enveloped")[-1:], part)

    assert (neighbour.key, row(neighbour)["status"]) == (RENAMED, "SUSPENDED")
    assert not neighbour.faults
