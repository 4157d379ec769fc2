"""MySQL and MariaDB, with PyMySQL.

The session's offset is Vietnam's, so that TIMESTAMP and DATETIME are read alike. Zero dates come as text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CHAR, BigInteger, ColumnElement, Integer, Numeric, Text, bindparam, cast, func, literal

from connectors.registers._sql_dialect import Dialect, SqlType

_TOO_LONG = frozenset({1969, 3024, 1317})
"""MariaDB's max_statement_time, MySQL's max_execution_time, and a query that was interrupted."""


def _moment(value: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    return func.timestamp(value)  # text as a moment of up to microseconds; the column stays bare, for its index


def _key(name: str, type_: SqlType) -> ColumnElement[Any]:
    parameter = bindparam(name, type_=Text())
    if isinstance(type_, Integer):  # compared with text, whole numbers become inexact above 2^53
        return cast(parameter, BigInteger())
    return cast(parameter, type_) if isinstance(type_, Numeric) else parameter


def _digest(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    parts = [func.coalesce(cast(column, CHAR), literal("\x00")) for column in columns]
    return func.sum(func.crc32(func.concat_ws("\x1f", *parts)))


def _connects(connect: float, answer: float) -> Mapping[str, Any]:
    return {
        "connect_timeout": max(2, round(connect)), "read_timeout": max(2, round(answer + connect)),
        "write_timeout": max(2, round(connect)), "charset": "utf8mb4", "program_name": "proactive",
    }  # fmt: skip


def _settings(answer: float) -> Sequence[str]:
    return (
        "SET SESSION TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET time_zone = '+07:00'",
        # Each of the two knows one of these limits; a comment with a version is a statement for whom it is meant.
        f"SET SESSION net_write_timeout = 60 /*M!100100 , max_statement_time = {answer:g} */ "
        f"/*!50708 , max_execution_time = {round(answer * 1000)} */",
    )


def _too_long(error: BaseException) -> bool:
    return bool(error.args) and error.args[0] in _TOO_LONG


DIALECT = Dialect(
    title="MySQL/MariaDB",
    driver="mysql+pymysql",
    module="pymysql",
    install="pymysql",
    now="UTC_TIMESTAMP(6)",
    moment=_moment,
    key=_key,
    digest=_digest,
    most=10_000,
    connects=_connects,
    settings=_settings,
    too_long=_too_long,
    rights="SELECT privilege_type FROM information_schema.table_privileges WHERE table_name = :table "
    "AND table_schema = coalesce(:schema, database()) "
    "UNION SELECT privilege_type FROM information_schema.schema_privileges "
    "WHERE coalesce(:schema, database()) LIKE table_schema "
    "UNION SELECT privilege_type FROM information_schema.user_privileges",
)
