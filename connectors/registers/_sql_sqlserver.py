"""Microsoft SQL Server, with pyodbc and the ODBC driver that is installed beside it.

**Never run against a real one**: its statements are compiled and compared with what they should be. There are no
read-only sessions; the connection declares that it only reads, and the account must have SELECT alone.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, Unicode, bindparam, cast, func, literal_column

from connectors.registers._sql_dialect import Dialect, SqlType, local


def _moment(value: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    return cast(value, type_)


def _exact(column: ColumnElement[Any], type_: SqlType) -> ColumnElement[Any]:
    return func.convert(literal_column("varchar(40)"), column, literal_column("121"))


def _written(moment: Any, type_: SqlType) -> str:
    text = local(moment, type_)
    # The old type `datetime` takes three digits of a second and refuses six.
    return text[:23] if type_.__class__.__name__ == "DATETIME" else text


def _key(name: str, type_: SqlType) -> ColumnElement[Any]:
    # A parameter in Unicode against a column without it would leave the index aside.
    kind = type_ if isinstance(type_, String) and not isinstance(type_, Unicode) else None
    return cast(bindparam(name, type_=Unicode()), kind if kind is not None else type_)


def _digest(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.checksum_agg(func.binary_checksum(*columns))


def _too_long(error: BaseException) -> bool:
    return bool(error.args) and error.args[0] in ("HYT00", "HYT01")


DIALECT = Dialect(
    title="SQL Server",
    driver="mssql+pyodbc",
    module="pyodbc",
    install="danang-proactive[sqlserver]",
    now="SYSUTCDATETIME()",
    moment=_moment,
    written=_written,
    exact=_exact,
    key=_key,
    digest=_digest,
    most=1000,
    connects=lambda connect, answer: {"timeout": max(2, round(connect)), "ApplicationIntent": "ReadOnly"},
    settings=lambda answer: (f"SET LOCK_TIMEOUT {round(answer * 1000)}",),
    too_long=_too_long,
    rights="SELECT permission_name FROM fn_my_permissions(coalesce(:schema + '.', '') + :table, 'OBJECT')",
)
