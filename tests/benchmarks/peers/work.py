"""The work that every peer does with a batch of licence changes: check it, keep the record, keep what it makes owed.

What one would write by hand, once, so that the peers differ in nothing but the library that hands them the batches. It
ends in the same as ours does, which the benchmark compares: every column of the newest version of each licence, the
occasions with their days and unique cycles, those of a licence that was renewed moot, none for people who have died.
Needs pydantic and psycopg only: each peer runs in an environment of its own (scripts/peers.sh).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import psycopg
from pydantic import BaseModel, StringConstraints

PersonalId = Annotated[str, StringConstraints(min_length=12, max_length=12)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]

TODAY = date(2026, 11, 23)
LEAD, STOP = timedelta(days=60), timedelta(days=730)
NEVER_EXPIRE = {("2024", "A1"), ("2024", "A"), ("2024", "B1"), ("2008", "A1"), ("2008", "A2"), ("2008", "A3")}
CERTIFICATES = {("2008", "A4")}


class Row(BaseModel):
    """What one would write by hand for the same row."""

    licence_no: Text
    personal_id: PersonalId
    full_name: Text
    date_of_birth: date
    licence_class: Text
    scheme: Literal["2008", "2024"]
    issued_on: date
    expires_on: date | None
    issued_by: Text
    status: Literal["valid", "withdrawn", "suspended", "lost"]
    updated_at: datetime

    model_config = {"alias_generator": lambda name: "class" if name == "licence_class" else name}


class Envelope(BaseModel):
    register_: Literal["driver_licences"]
    key: Text
    subject: PersonalId
    version: int
    op: Literal["upsert", "delete"] = "upsert"
    record: Row

    model_config = {"alias_generator": lambda name: name.rstrip("_")}


TABLES = """
DROP TABLE IF EXISTS hand_record, hand_occasion, hand_death;
CREATE TABLE hand_record (
  licence_no text PRIMARY KEY, personal_id text NOT NULL, version bigint NOT NULL, deleted boolean NOT NULL,
  full_name text NOT NULL, date_of_birth date NOT NULL, class text NOT NULL, scheme text NOT NULL,
  issued_on date NOT NULL, expires_on date, issued_by text NOT NULL, status text NOT NULL,
  updated_at timestamptz NOT NULL, revision integer NOT NULL, kept_at timestamptz NOT NULL);
CREATE INDEX ON hand_record (personal_id);
CREATE TABLE hand_occasion (
  id uuid PRIMARY KEY, service text NOT NULL, subject text NOT NULL, cycle text NOT NULL, record_key text NOT NULL,
  due_on date NOT NULL, ends_on date NOT NULL, anchor date NOT NULL, state text NOT NULL, service_version text NOT NULL,
  changed_at timestamptz NOT NULL, UNIQUE (subject, service, cycle));
CREATE INDEX ON hand_occasion (due_on) WHERE state = 'owed';
CREATE TABLE hand_death (personal_id text PRIMARY KEY, died_on date NOT NULL);
"""
RECORD = """
INSERT INTO hand_record AS r
SELECT *, 1, now() FROM unnest(
  %b::text[], %b::text[], %b::bigint[], %b::boolean[], %b::text[], %b::date[], %b::text[], %b::text[], %b::date[],
  %b::date[], %b::text[], %b::text[], %b::timestamptz[])
ON CONFLICT (licence_no) DO UPDATE SET
  personal_id = excluded.personal_id, version = excluded.version, deleted = excluded.deleted,
  full_name = excluded.full_name, date_of_birth = excluded.date_of_birth, class = excluded.class,
  scheme = excluded.scheme, issued_on = excluded.issued_on, expires_on = excluded.expires_on,
  issued_by = excluded.issued_by, status = excluded.status, updated_at = excluded.updated_at,
  revision = r.revision + 1, kept_at = excluded.kept_at
WHERE excluded.version > r.version
RETURNING licence_no
"""
DEAD = "SELECT personal_id FROM hand_death WHERE personal_id = ANY(%b)"
OCCASION = """
INSERT INTO hand_occasion AS o
SELECT uuidv7(), 'driver_licence_renewal', subject, cycle, key, due_on, ends_on, anchor, 'owed', '1', now()
FROM unnest(%b::text[], %b::text[], %b::text[], %b::date[], %b::date[], %b::date[])
  AS n(subject, cycle, key, due_on, ends_on, anchor)
ON CONFLICT (subject, service, cycle) DO UPDATE SET
  due_on = excluded.due_on, ends_on = excluded.ends_on, anchor = excluded.anchor, state = 'owed',
  changed_at = excluded.changed_at
WHERE o.state = 'moot' OR (o.due_on, o.ends_on) IS DISTINCT FROM (excluded.due_on, excluded.ends_on)
"""
MOOT = """
UPDATE hand_occasion o SET state = 'moot', changed_at = now()
FROM unnest(%b::text[], %b::text[]) AS n(subject, key)
WHERE o.subject = n.subject AND o.record_key = n.key AND o.state <> 'moot'
  AND o.cycle NOT IN (SELECT unnest(%b::text[]))
"""
"""Lists are joined: `= ANY` of a parameter is looked through from its beginning for every row."""


class ByHand:
    """A table of records and one of occasions, and four statements a batch, in one transaction."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)
        self._connection.execute(TABLES)
        self._connection.commit()

    def take(self, bodies: Sequence[bytes]) -> None:
        """Check and keep a batch; returns when PostgreSQL has committed."""
        self.write([Envelope.model_validate_json(body) for body in bodies])

    def write(self, changes: Sequence[Envelope]) -> None:
        newest: dict[str, Envelope] = {}
        for change in changes:
            if change.key not in newest or change.version > newest[change.key].version:
                newest[change.key] = change
        rows = [newest[key] for key in sorted(newest)]
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(RECORD, [list(column) for column in zip(*map(_columns, rows), strict=True)])
            kept = {key for (key,) in cursor}
            changed = [row for row in rows if row.key in kept]
            if not changed:
                return
            people = [row.subject for row in changed]
            cursor.execute(DEAD, [people])
            dead = {person for (person,) in cursor}
            owed = sorted(one for row in changed if row.subject not in dead for one in _owed(row))
            if owed:
                cursor.execute(OCCASION, [list(column) for column in zip(*owed, strict=True)])
            cursor.execute(MOOT, [people, [row.key for row in changed], [cycle for _, cycle, *_ in owed]])

    def close(self) -> None:
        self._connection.close()


def _columns(one: Envelope) -> tuple[object, ...]:
    row = one.record
    return (
        one.key, one.subject, one.version, one.op == "delete", row.full_name, row.date_of_birth, row.licence_class,
        row.scheme, row.issued_on, row.expires_on, row.issued_by, row.status, row.updated_at,
    )  # fmt: skip


def _owed(one: Envelope) -> list[tuple[str, str, str, date, date, date]]:
    row, kind = one.record, (one.record.scheme, one.record.licence_class)
    if one.op == "delete" or row.status != "valid" or kind in NEVER_EXPIRE or kind in CERTIFICATES:
        return []
    if row.expires_on is None or row.expires_on + STOP < TODAY:
        return []
    cycle = f"{one.key}|{row.expires_on}"
    return [(one.subject, cycle, one.key, row.expires_on - LEAD, row.expires_on + STOP, row.expires_on)]


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
