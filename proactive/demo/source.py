"""The connected source that is not ours: a database with four tables, its owner, and an account that may only read.

`create` makes it, `fill` puts invented people into it. Some rows (`malformed.py`) cannot be used by anybody.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier, Literal

from proactive.demo.malformed import malformed
from proactive.demo.people import People
from proactive.demo.rows import Life
from proactive.errors import Unusable

_CHUNK = 5_000

DDL: dict[str, str] = {
    "residents": """personal_id text PRIMARY KEY, full_name text NOT NULL, date_of_birth date, sex text,
        unit_code text, address text, phone text, died_on date, updated_at timestamptz""",
    "driver_licences": """licence_no text PRIMARY KEY, personal_id text NOT NULL, full_name text, date_of_birth date,
        class text NOT NULL, scheme text NOT NULL, issued_on date NOT NULL, expires_on date, issued_by text,
        status text NOT NULL, updated_at timestamptz""",
    "violations": """violation_no text PRIMARY KEY, personal_id text NOT NULL, occurred_on date NOT NULL,
        resolved_on date, updated_at timestamptz""",
    "health_certificates": """certificate_no text PRIMARY KEY, personal_id text NOT NULL, health_group text NOT NULL,
        issued_on date NOT NULL, valid_until date NOT NULL, updated_at timestamptz""",
}
"""Columns of the four tables. As in real registers, little is forbidden by the database itself."""

KEYS = {
    "residents": "personal_id",
    "driver_licences": "licence_no",
    "violations": "violation_no",
    "health_certificates": "certificate_no",
}


class Addresses(NamedTuple):
    """The database for its owner, who writes, and for us, who only read."""

    owner: str
    reader: str


async def create(admin_url: str, *, database: str = "police_source", password: str) -> Addresses:
    """The database with its tables, made where they are missing; what is in them stays.

    `password` is for both accounts, `<database>_owner` and `<database>_reader`. Raises `Unusable`.
    """
    owner, reader = f"{database}_owner", f"{database}_reader"
    addresses = Addresses(_as(admin_url, owner, password, database), _as(admin_url, reader, password, database))
    try:
        async with await AsyncConnection.connect(admin_url, autocommit=True, connect_timeout=5) as admin:
            for role in (owner, reader):
                if not await _is_there(admin, "SELECT FROM pg_roles WHERE rolname = %s", role):
                    await admin.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
                await admin.execute(SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(role), Literal(password)))
            if not await _is_there(admin, "SELECT FROM pg_database WHERE datname = %s", database):
                make = SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
                await admin.execute(make.format(Identifier(database), Identifier(owner)))
        async with await AsyncConnection.connect(addresses.owner, connect_timeout=5) as connection:
            for table, columns in DDL.items():
                for statement in (
                    SQL(f"CREATE TABLE IF NOT EXISTS {{table}} ({columns})"),
                    SQL("CREATE INDEX IF NOT EXISTS {order} ON {table} (updated_at, {key})"),
                    SQL("CREATE INDEX IF NOT EXISTS {person} ON {table} (personal_id)"),
                    SQL("GRANT SELECT ON {table} TO {reader}"),
                ):
                    await connection.execute(
                        statement.format(
                            table=Identifier(table),
                            key=Identifier(KEYS[table]),
                            reader=Identifier(reader),
                            order=Identifier(f"{table}_updated_at_idx"),
                            person=Identifier(f"{table}_personal_id_idx"),
                        )
                    )
    except psycopg.Error as error:
        raise Unusable(f"The demo's register database can't be made: {str(error).partition(chr(10))[0]}.") from error
    return addresses


async def fill(owner_url: str, *, people: int, seed: int, today: date) -> dict[str, int]:
    """Replace everything in the database by this population: all of it, or nothing when it fails.

    How many rows each table then has, and under `malformed` how many of them nobody can use. Raises `Unusable`.
    """
    population = People(number=people, seed=seed, today=today)
    counts = dict.fromkeys(DDL, 0)
    try:
        async with (
            await AsyncConnection.connect(owner_url, connect_timeout=5) as connection,
            connection.cursor() as cursor,
        ):
            await connection.execute("SET LOCAL synchronous_commit = off")
            await connection.execute("TRUNCATE residents, driver_licences, violations, health_certificates")
            lives = population.lives()
            while chunk := list(islice(lives, _CHUNK)):
                for table, rows in _tables(chunk).items():
                    counts[table] += await _copy(cursor, table, rows)
            bad = malformed(today)
            for table, rows in bad.items():
                counts[table] += await _copy(cursor, table, rows)
            await connection.commit()
            await connection.set_autocommit(True)
            await connection.execute("ANALYZE")
    except psycopg.Error as error:
        raise Unusable(f"The demo's register database can't be filled: {str(error).partition(chr(10))[0]}.") from error
    return {**counts, "malformed": sum(map(len, bad.values()))}


def _tables(lives: Iterable[Life]) -> dict[str, list[tuple[object, ...]]]:
    tables: dict[str, list[tuple[object, ...]]] = {table: [] for table in DDL}
    for life in lives:
        tables["residents"].append(life.resident)
        tables["driver_licences"].extend(life.licences)
        tables["violations"].extend(life.violations)
        tables["health_certificates"].extend(life.certificates)
    return tables


async def _copy(cursor: AsyncCursor[TupleRow], table: str, rows: list[tuple[object, ...]]) -> int:
    if rows:
        async with cursor.copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
            await copy.write("".join(_lines(rows)))
    return len(rows)


def _lines(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Rows in COPY's text format. What we invent holds no tab, line break or backslash, so nothing is escaped."""
    for row in rows:
        yield "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


async def _is_there(admin: AsyncConnection[TupleRow], query: str, name: str) -> bool:
    return await (await admin.execute(query, (name,))).fetchone() is not None


def _as(url: str, user: str, password: str, database: str) -> str:
    """The same server for another account and database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    account = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit((parts.scheme, f"{account}@{place}", f"/{quote(database, safe='')}", parts.query, ""))
