"""Everybody who is known, one after the other, for commands that only read: memory does not grow with their number."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import psycopg

from proactive.store.engine import libpq

AT_ONCE = 5000
"""Rows that are fetched together."""

EVERYBODY = """
SELECT subject, register, body::text FROM record WHERE register = ANY(%s) AND NOT deleted ORDER BY subject
"""

TOLD = """
SELECT o.subject, o.cycle FROM occasion o
JOIN unnest(%s::text[], %s::text[]) n(subject, cycle) ON n.subject = o.subject AND n.cycle = o.cycle
WHERE o.service = %s AND o.state = 'drafted'
"""

Known = list[tuple[str, str]]
"""Register and body (JSON) of each record of one person."""


class Population:
    """One moment of the store, however long it takes to go over it."""

    def __init__(self, connection: psycopg.Connection[tuple[str, ...]]) -> None:
        self._connection = connection

    def size(self, register: str) -> int:
        """How many records a register has; about as many as there are people to go over."""
        found = self._connection.execute(
            "SELECT count(*) FROM record WHERE register = %s AND NOT deleted", [register]
        ).fetchone()
        return int(found[0]) if found else 0

    def people(self, registers: Collection[str]) -> Iterator[tuple[str, Known]]:
        """Each person with what these registers hold of them."""
        with self._connection.cursor(name="everybody") as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(EVERYBODY, [sorted(registers)])
            for subject, rows in groupby(cursor, key=lambda row: row[0]):
                yield subject, [(register, body) for _, register, body in rows]

    def told(self, service: str, occasions: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of these occasions (subject, cycle) for which there is a dossier already."""
        cursor = self._connection.execute(TOLD, [[s for s, _ in occasions], [c for _, c in occasions], service])
        return {(subject, cycle) for subject, cycle in cursor}


@contextmanager
def population(url: str) -> Iterator[Population]:
    """The store as it is now, read only. Raises psycopg's errors."""
    with psycopg.connect(
        libpq(url), application_name="proactive foresight", connect_timeout=5, options="-c timezone=UTC"
    ) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield Population(connection)
