"""What we must know of a table of another system to read it in order, and the queries made from that.

Its rows are read in the order of (updated_at, key), by the table's own types and index. Rows that have no place in that
order are called odd, and are read apart: without a time or key, or changed before 1970 or after `horizon` (now plus the
overlap), so that one wrong clock cannot take the reading past everybody else's changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from proactive.errors import Unusable
from rules.register import RegisterSchema
from rules.rows import ColumnType

_AS_IT_IS = (ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.INTEGER, ColumnType.BOOLEAN)
_TIMES = ("timestamp with time zone", "timestamp without time zone")
_TEXTS = ("text", "character varying")

_COLUMNS = SQL("""
    -- The columns of a table as we see them: name, type, may it be null, may we read it.
    SELECT a.attname, format_type(a.atttypid, NULL), NOT a.attnotnull,
           has_column_privilege(a.attrelid, a.attnum, 'SELECT')
    FROM pg_attribute a WHERE a.attrelid = to_regclass(quote_ident({table})) AND a.attnum > 0 AND NOT a.attisdropped
""")


def _type(name: str) -> SQL:
    return SQL(name)  # the server's own name of a type, quoted by it where that is needed


@dataclass(frozen=True)
class Found:
    """A column as the source has it."""

    type: str
    nullable: bool
    readable: bool


@dataclass(frozen=True)
class Table:
    """A register's table; `found` are its columns by name."""

    schema: RegisterSchema
    found: dict[str, Found]

    @cached_property
    def page(self) -> Composed:
        """The first rows of the order, from a moment on (:at)."""
        return SQL("{} WHERE {updated} >= {at} AND {sound} ORDER BY {updated}, {key} LIMIT %(limit)s").format(
            self._select, sound=self._sound, **self._names
        )

    @cached_property
    def next_page(self) -> Composed:
        """The rows after one row of the order (:at, :key)."""
        return SQL(
            "{} WHERE ({updated}, {key}) > ({at}, %(key)s::{key_type}) AND {sound} "
            "ORDER BY {updated}, {key} LIMIT %(limit)s"
        ).format(self._select, sound=self._sound, **self._names)

    @cached_property
    def odd_page(self) -> Composed:
        """The rows that have no place in the order."""
        return SQL(
            '{} WHERE ({odd}) ORDER BY {key}::text COLLATE "C" NULLS FIRST, s::text LIMIT %(limit)s OFFSET %(skip)s'
        ).format(self._select, odd=self._odd, **self._names)

    @cached_property
    def odd_digest(self) -> Composed:
        """How many odd rows there are, and a number that changes with their content."""
        return SQL(
            "SELECT count(*) || ':' || coalesce(sum(hashtextextended(row_to_json(s)::text, 0)), 0) FROM "
            "(SELECT {columns} FROM {table} AS t WHERE {odd}) AS s"
        ).format(odd=self._odd, **self._names)

    @cached_property
    def of_subjects(self) -> Composed:
        """The rows about these subjects (:subjects), as they are now."""
        subject = self.schema.subject.column
        column = SQL("t.{}").format(Identifier(subject))
        if self.found[subject].type not in _TEXTS:
            column = SQL("{}::text").format(column)
        return SQL("{} WHERE {} = ANY(%(subjects)s::text[])").format(self._select, column)

    @cached_property
    def _select(self) -> Composed:
        return SQL(
            "SELECT coalesce({key}::text, ''), coalesce({subject}::text, ''), "
            "CASE WHEN isfinite({updated}) AND {updated} >= {epoch} "
            "THEN (extract(epoch FROM least({updated}, {horizon})::timestamptz) * 1000000)::bigint ELSE 0 END, "
            "row_to_json(s) FROM {table} AS t CROSS JOIN LATERAL (SELECT {columns}) AS s"
        ).format(**self._names)

    @cached_property
    def _sound(self) -> Composed:
        return SQL("{updated} <= {horizon} AND {key} IS NOT NULL").format(**self._names)

    @cached_property
    def _odd(self) -> Composed:
        """Only what can be: a test that no index serves is left out where the table itself excludes the case."""
        tests = [SQL("{updated} > {horizon}"), SQL("{updated} < {epoch}")]
        if self.found[self.schema.updated].nullable:
            tests.append(SQL("{updated} IS NULL"))
        if self.found[self.schema.key].nullable:
            tests.append(SQL("{key} IS NULL"))
        return SQL(" OR ").join(test.format(**self._names) for test in tests)

    @cached_property
    def _names(self) -> dict[str, Composed]:
        updated_type = _type(self.found[self.schema.updated].type)
        return {
            "table": SQL("{}").format(Identifier(self.schema.name)),
            "key": SQL("t.{}").format(Identifier(self.schema.key)),
            "key_type": SQL("{}").format(_type(self.found[self.schema.key].type)),
            "subject": SQL("t.{}").format(Identifier(self.schema.subject.column)),
            "updated": SQL("t.{}").format(Identifier(self.schema.updated)),
            "at": SQL("%(at)s::timestamptz::{}").format(updated_type),
            "horizon": SQL("%(horizon)s::timestamptz::{}").format(updated_type),
            "epoch": SQL("'1970-01-01 00:00+00'::timestamptz::{}").format(updated_type),
            "columns": SQL(", ").join(self._column(name, column.type) for name, column in self.schema.columns.items()),
        }

    def _column(self, name: str, type_: ColumnType) -> Composed:
        """As JSON wants it: days and times in ISO 8601 (and `infinity` as text), codes and names as text."""
        source = self.found[name].type
        if type_ is ColumnType.DATE and source in _TIMES:
            shape = SQL("t.{}::date AS {}")
        elif type_ in _AS_IT_IS:
            shape = SQL("t.{} AS {}")
        else:
            shape = SQL("t.{}::text AS {}")
        return shape.format(Identifier(name), Identifier(name))


async def inspect(connection: AsyncConnection[TupleRow], schemas: Iterable[RegisterSchema]) -> list[Table]:
    """The tables of these registers. Raises `Unusable`, naming every table and column that cannot be read, and why."""
    tables: list[Table] = []
    faults: list[str] = []
    for schema in schemas:
        cursor = await connection.execute(_COLUMNS.format(table=Literal(schema.name)))
        table = Table(schema, {name: Found(*rest) for name, *rest in await cursor.fetchall()})
        faults += _faults(table)
        tables.append(table)
    await connection.rollback()
    if faults:
        raise Unusable(f"The registers can't be read from their source: {'; '.join(faults)}.")
    return tables


def _faults(table: Table) -> Iterable[str]:
    schema, found = table.schema, table.found
    if not found:
        yield f"there is no table {schema.name}, or our account may not see it"
        return
    if missing := [name for name in schema.columns if name not in found]:
        yield f"table {schema.name} has no column {', '.join(missing)}"
    if closed := [name for name in schema.columns if name in found and not found[name].readable]:
        yield f"our account may not read {', '.join(closed)} of table {schema.name} (grant it SELECT)"
    updated = schema.updated
    if updated in found and found[updated].type not in _TIMES:
        yield f"{updated} of table {schema.name} is of type {found[updated].type}, not a timestamp"
