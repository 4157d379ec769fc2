"""Oracle and SQL Server were never asked by us: here their statements are compiled and read.

What they should be stands written out, so that whoever has such a server can compare.
"""

import re
from typing import Any

import pytest
from sqlalchemy import Integer
from sqlalchemy.dialects import mssql, oracle
from sqlalchemy.dialects.mssql import DATETIME2, NVARCHAR, VARCHAR
from sqlalchemy.dialects.oracle import DATE, NUMBER, TIMESTAMP, VARCHAR2
from sqlalchemy.engine.default import DefaultDialect

from connectors.registers import sql
from connectors.registers._sql_dialects import DIALECTS
from connectors.registers._sql_line import address
from connectors.registers._sql_table import EPOCH, Found, Table
from proactive.errors import Unusable
from proactive.sources import ConnectedRegister, RegisterMapping, plainly
from tests.connectors.registers.table import SCHEMA

COLUMNS = {
    "no": {"join": ["TINH", "SO"], "with": "-"},
    "personal_id": "SO_DDCN",
    "class": "HANG",
    "updated_at": "CAP_NHAT",
}
TYPES: dict[str, dict[str, Any]] = {
    "oracle": {
        "TINH": VARCHAR2(2),
        "SO": NUMBER(),
        "SO_DDCN": VARCHAR2(12),
        "HANG": VARCHAR2(5),
        "CAP_NHAT": TIMESTAMP(),
    },
    "mssql": {
        "TINH": VARCHAR(2),
        "SO": Integer(),
        "SO_DDCN": NVARCHAR(12),
        "HANG": VARCHAR(5),
        "CAP_NHAT": DATETIME2(7),
    },
}
COMPILERS: dict[str, DefaultDialect] = {"oracle": oracle.dialect(), "mssql": mssql.dialect()}


def papers(name: str, **other: Any) -> Table:
    mapping = RegisterMapping.model_validate({"table": "gplx.giay_to", "columns": COLUMNS})
    found = {column: Found(column, type_, nullable=False) for column, type_ in {**TYPES[name], **other}.items()}
    return Table(ConnectedRegister(SCHEMA, mapping), DIALECTS[name], found)


def compiled(name: str, statement: Any) -> str:
    return re.sub(r"\s+", " ", str(statement.compile(dialect=COMPILERS[name])))


def test_oracle_reads_on_behind_a_row_by_comparisons_that_its_index_serves() -> None:
    text = compiled("oracle", papers("oracle").next_page)

    assert 'FROM gplx.giay_to t WHERE t."CAP_NHAT" >= to_timestamp(:at, ' in text
    assert 't."CAP_NHAT" = to_timestamp(:at, ' in text
    assert 'AND t."TINH" > :key0 OR' in text
    assert 't."TINH" = :key0 AND t."SO" > CAST(:key1 AS NUMBER)' in text
    assert 'ORDER BY t."CAP_NHAT", t."TINH", t."SO"' in text
    assert 'to_char(t."CAP_NHAT"' in text, "the driver cuts off what is beyond microseconds"
    assert "FETCH FIRST" in text


def test_oracle_compares_a_date_as_a_date_so_that_its_index_is_used() -> None:
    table = papers("oracle", CAP_NHAT=DATE())

    text = compiled("oracle", table.page)

    assert 't."CAP_NHAT" >= to_date(:at, ' in text
    assert DIALECTS["oracle"].written(EPOCH, DATE()) == "1970-01-01 07:00:00"
    assert DIALECTS["oracle"].written(EPOCH, TIMESTAMP()) == "1970-01-01 07:00:00.000000"
    assert DIALECTS["oracle"].written(EPOCH, TIMESTAMP(timezone=True)) == "1970-01-01 07:00:00.000000+07:00"


def test_sql_server_reads_on_behind_a_row() -> None:
    text = compiled("mssql", papers("mssql").next_page)

    assert "FROM gplx.giay_to AS t WHERE t.[CAP_NHAT] >= CAST(:at AS DATETIME2(7))" in text
    assert "t.[TINH] = CAST(:key0 AS VARCHAR(2)) AND t.[SO] > CAST(:key1 AS INTEGER)" in text
    assert "ORDER BY t.[CAP_NHAT], t.[TINH], t.[SO]" in text
    assert "convert(varchar(40), t.[CAP_NHAT], 121)" in text, "the driver cuts off what is beyond microseconds"


def test_sql_server_is_given_no_more_digits_of_a_second_than_its_old_type_takes() -> None:
    written = DIALECTS["mssql"].written

    assert written(EPOCH, DATETIME2(7)) == "1970-01-01 07:00:00.000000"
    assert written(EPOCH, mssql.DATETIME()) == "1970-01-01 07:00:00.000"


@pytest.mark.parametrize("name", ["oracle", "mssql"])
def test_every_statement_compiles_and_only_selects(name: str) -> None:
    table = papers(name)
    statements = [
        table.page, table.next_page, table.odd_page, table.odd_digest, table.of_subjects, table.joined_keys_there(3),
        table.sample, table.values_of("HANG", 10), table.first("HANG"),
    ]  # fmt: skip

    for statement in statements:
        text = compiled(name, statement)
        assert text.startswith("SELECT ")
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|MERGE|INTO)\b", text)


def test_a_missing_driver_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "oracledb", None)
    place = sql.placed(plainly("oracle://u:secret@db.example/xe", kind="sql", schemas={"papers": SCHEMA}))

    with pytest.raises(Unusable, match=r"pip install 'danang-proactive\[oracle\]'") as refused:
        place.engine()

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "says"), [("nonsense", "its address is none"), ("sqlite:///secret.db", "no database is called sqlite")]
)
def test_an_address_of_nothing_is_refused_without_being_shown(url: str, says: str) -> None:
    with pytest.raises(Unusable, match=says) as refused:
        address(url, DIALECTS, place="police.yaml")

    assert url not in str(refused.value)
