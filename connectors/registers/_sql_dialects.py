"""The databases there are, by what stands before :// in an address."""

from collections.abc import Mapping

from connectors.registers import _sql_mysql, _sql_oracle, _sql_postgresql, _sql_sqlserver
from connectors.registers._sql_dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "postgresql": _sql_postgresql.DIALECT,
    "mysql": _sql_mysql.DIALECT,
    "mariadb": _sql_mysql.DIALECT,
    "oracle": _sql_oracle.DIALECT,
    "mssql": _sql_sqlserver.DIALECT,
}
