"""The whole database as text, table by table, as whoever has a copy of it reads it."""

import psycopg
from psycopg.sql import SQL, Identifier

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


def dumped(url: str) -> dict[str, str]:
    """Table -> its rows, with binary columns as they are read, too."""
    found = {}
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            cursor = connection.execute(SQL("SELECT * FROM {}").format(Identifier(table)))
            found[str(table)] = "\n".join(
                value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in cursor for value in row
            )
    return found


def tables_with(url: str, words: list[str]) -> set[str]:
    """The tables in which any of these stands."""
    return {table for table, content in dumped(url).items() if any(word in content for word in words)}
