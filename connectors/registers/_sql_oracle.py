"""Oracle Database, with python-oracledb in its thin mode (no client to install).

**Never run against a real one**: its statements are compiled and compared with what they should be. A session cannot be
read-only, so every transaction is; DATE has no fractions of a second and is compared as DATE, for its index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Numeric, String, bindparam, cast, func, literal
from sqlalchemy.dialects.oracle import DATE

from connectors.registers._sql_dialect import Dialect, SqlType, local, zoned

_DAY = "YYYY-MM-DD HH24:MI:SS"


def _shape(type_: SqlType) -> str:
    if isinstance(type_, DATE):
        return _DAY
    return f"{_DAY}.FF9TZH:TZM" if zoned(type_) else f"{_DAY}.FF9"


def _moment(value: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    make = func.to_date if isinstance(type_, DATE) else func.to_timestamp_tz if zoned(type_) else func.to_timestamp
    return make(value, literal(_shape(type_)))


def _written(moment: Any, type_: SqlType) -> str:
    text = local(moment, type_)
    return text[:19] if isinstance(type_, DATE) else text


def _exact(column: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    return func.to_char(column, literal(_shape(type_)))


def _key(name: str, type_: SqlType) -> ColumnElement[Any]:
    parameter = bindparam(name, type_=String())
    return cast(parameter, type_) if isinstance(type_, Numeric) else parameter


def _digest(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    whole: ColumnElement[Any] = literal("")
    for column in columns:
        whole = whole.op("||")(literal("|")).op("||")(func.to_char(column))
    return func.sum(func.ora_hash(whole))


def _connects(connect: float, _answer: float) -> Mapping[str, Any]:
    return {"tcp_connect_timeout": connect, "program": "proactive"}


def _too_long(error: BaseException) -> bool:
    return any(code in str(error) for code in ("DPY-4024", "ORA-01013"))


DIALECT = Dialect(
    title="Oracle",
    driver="oracle+oracledb",
    module="oracledb",
    install="danang-proactive[oracle]",
    now="TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD HH24:MI:SS.FF6')",
    moment=_moment,
    written=_written,
    exact=_exact,
    key=_key,
    digest=_digest,
    most=1000,
    connects=_connects,
    settings=lambda _answer: ("ALTER SESSION SET TIME_ZONE = '+07:00'",),
    begin=("SET TRANSACTION READ ONLY",),
    too_long=_too_long,
    rights="SELECT privilege FROM all_tab_privs WHERE table_name = upper(:table) "
    "AND table_schema = upper(coalesce(:schema, user))",
)
