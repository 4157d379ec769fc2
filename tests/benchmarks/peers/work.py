"""The work that every peer does with a batch of licence changes: check it, keep the record, keep the day it falls due.

What one would write by hand, once, so that the peers differ in nothing but the library that hands them the batches.
Needs pydantic and psycopg only: each peer runs in an environment of its own (scripts/peers.sh).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from datetime import date, timedelta

import psycopg
from pydantic import BaseModel


class Row(BaseModel):
    """What one would write by hand for the same row."""

    licence_no: str
    personal_id: str
    full_name: str
    date_of_birth: date
    scheme: str
    issued_on: date
    expires_on: date | None
    status: str


class Envelope(BaseModel):
    key: str
    subject: str
    version: int
    record: Row


HAND_RECORD = """
INSERT INTO hand_record SELECT * FROM unnest(
  %b::text[], %b::text[], %b::bigint[], %b::text[], %b::date[], %b::date[], %b::text[])
ON CONFLICT (licence_no) DO UPDATE SET version = excluded.version, full_name = excluded.full_name,
  issued_on = excluded.issued_on, expires_on = excluded.expires_on, status = excluded.status
WHERE excluded.version > hand_record.version
"""
HAND_DUE = """
INSERT INTO hand_due SELECT * FROM unnest(%b::text[], %b::text[], %b::date[])
ON CONFLICT (personal_id, cycle) DO UPDATE SET due_on = excluded.due_on
"""


class ByHand:
    """Two tables, and one upsert a batch into each, in one transaction."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)
        self._connection.execute("DROP TABLE IF EXISTS hand_record, hand_due")
        self._connection.execute(
            "CREATE TABLE hand_record (licence_no text PRIMARY KEY, personal_id text, version bigint, full_name text, "
            "issued_on date, expires_on date, status text)"
        )
        self._connection.execute("CREATE INDEX ON hand_record (personal_id)")
        self._connection.execute(
            "CREATE TABLE hand_due (personal_id text, cycle text, due_on date, PRIMARY KEY (personal_id, cycle))"
        )
        self._connection.execute("CREATE INDEX ON hand_due (due_on)")
        self._connection.commit()

    def take(self, bodies: Sequence[bytes]) -> None:
        """Check and keep a batch; returns when PostgreSQL has committed."""
        self.write([Envelope.model_validate_json(body) for body in bodies])

    def write(self, changes: Sequence[Envelope]) -> None:
        newest = {change.key: change for change in changes}
        rows = [newest[key] for key in sorted(newest)]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(
                HAND_RECORD,
                [
                    [r.key for r in rows], [r.subject for r in rows], [r.version for r in rows],
                    [r.record.full_name for r in rows], [r.record.issued_on for r in rows],
                    [r.record.expires_on for r in rows], [r.record.status for r in rows],
                ],
            )  # fmt: skip
            due = sorted(
                (r.subject, f"{r.key}:{r.record.expires_on}", r.record.expires_on - timedelta(days=60))
                for r in rows
                if r.record.expires_on and r.record.status == "valid"
            )
            cursor.execute(HAND_DUE, [list(column) for column in zip(*due, strict=True)] or [[], [], []])

    def close(self) -> None:
        self._connection.close()


class Clock:
    """Seconds from the first change in hand to the last commit; tells them on stdout when all have come."""

    def __init__(self, number: int) -> None:
        self._left, self._began = number, 0.0

    def seen(self) -> None:
        """A change has come; only the first counts."""
        self._began = self._began or time.perf_counter()

    def kept(self, number: int) -> bool:
        """So many more are kept for good. True where none is left."""
        self._left -= number
        return self._left <= 0

    def tell(self) -> None:
        """Say how long it took."""
        told = json.dumps({"seconds": time.perf_counter() - self._began})
        os.write(1, f"{told}\n".encode())  # Faust's worker takes sys.stdout for its log
