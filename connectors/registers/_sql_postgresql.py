"""PostgreSQL, with psycopg.

Days and moments stay the text that the server writes: `infinity`, years before Christ and years beyond 9999 are no
dates of Python, and one such row must not hide its neighbours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors
from psycopg.types.string import TextLoader
from sqlalchemy import ARRAY, TIMESTAMP, ColumnElement, Text, any_, bindparam, cast, func

from connectors.registers._sql_dialect import Dialect, SqlType


def _moment(value: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    # By way of a moment with an offset, so that a written one and one of the server mean the same.
    return cast(cast(value, TIMESTAMP(timezone=True)), type_)


def _key(name: str, type_: SqlType) -> ColumnElement[Any]:
    return cast(bindparam(name, type_=Text()), type_)


def _among(column: ColumnElement[Any], type_: SqlType) -> ColumnElement[bool]:
    return column == any_(bindparam("wanted", type_=ARRAY(type_)))  # one parameter, however many there are


def _digest(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.sum(func.hashtextextended(cast(func.row(*columns), Text()), 0))


def _connects(connect: float, _answer: float) -> Mapping[str, Any]:
    return {
        "connect_timeout": max(2, round(connect)), "keepalives_idle": 10, "keepalives_interval": 5,
        "keepalives_count": 3, "client_encoding": "utf8", "application_name": "proactive",
    }  # fmt: skip


def _settings(answer: float) -> Sequence[str]:
    return (
        "SET default_transaction_read_only = on",
        "SET idle_in_transaction_session_timeout = '60s'",
        "SET TimeZone = 'Asia/Ho_Chi_Minh'",  # what a timestamp without an offset means
        "SET DateStyle = 'ISO, YMD'",
        f"SET statement_timeout = {round(answer * 1000)}",
    )


def _prepare(connection: Any) -> None:
    for type_ in ("date", "timestamp", "timestamptz"):
        connection.adapters.register_loader(type_, TextLoader)


def _too_long(error: BaseException) -> bool:
    return isinstance(error, errors.QueryCanceled)


DIALECT = Dialect(
    title="PostgreSQL",
    driver="postgresql+psycopg",
    module="psycopg",
    install="psycopg[binary]",
    now="clock_timestamp()",
    moment=_moment,
    written=lambda moment, _type: moment.isoformat(),
    key=_key,
    digest=_digest,
    among=_among,
    row_values=True,
    most=10_000,
    connects=_connects,
    settings=_settings,
    prepare=_prepare,
    too_long=_too_long,
    rights="SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege "
    "WHERE has_table_privilege(format('%I.%I', coalesce(CAST(:schema AS text), current_schema()), "
    "CAST(:table AS text)), privilege)",
    writes=frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"}),
)
