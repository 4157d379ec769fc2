"""The firehose into PostgreSQL: a batch of changes kept, and what they make owed or moot, in one transaction.

Plain psycopg on a connection of its own: this is the one place where a row costs microseconds, so each table gets one
`INSERT ... SELECT unnest` a batch. Keys are sorted, so that two batches at once cannot block each other in a circle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec
import psycopg

from proactive.domain.change import Rejection
from proactive.domain.dossier import GOES_ON, OPEN, State
from proactive.store.engine import libpq, options
from proactive.store.scope import DatabaseRole

RecordKey = tuple[str, str]
"""(register, key)"""


class NewRecord(msgspec.Struct, frozen=True, gc=False):
    """The newest version of one record within a batch; `revisions` is how many versions of it the batch held."""

    register: str
    key: str
    subject: str
    version: int
    deleted: bool
    body: str
    revisions: int


class OwedOccasion(msgspec.Struct, frozen=True, gc=False):
    """What one person owes one service. A struct, not a model: there are tens of thousands of them a second."""

    service: str
    service_version: str
    subject: str
    cycle: str
    record_key: str
    due_on: date
    ends_on: date
    anchor: date


@dataclass
class Kept:
    """What keeping a batch has changed: which records are new or newer, and whose affairs that touches."""

    records: set[RecordKey] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)


BETWEEN = "\x1f"
"""Stands between the values of a column on their way to PostgreSQL. None holds it: keys are printable, JSON escapes it.

One text a column costs the client a tenth of what an array costs, and PostgreSQL splits it as fast as it reads one.
"""


def array(name: str, kind: str = "text") -> str:
    """A parameter that holds values with `BETWEEN` between them, as an array."""
    return f"string_to_array(%({name})s, E'\\x1f')::{kind}[]"


def rows(**columns: str) -> str:
    """The columns of a batch (name -> type) as rows `n`."""
    return f"unnest({', '.join(array(*column) for column in columns.items())}) AS n({', '.join(columns)})"


KEEP = f"""
WITH kept AS (
INSERT INTO record AS r (register, key, subject, version, deleted, body, revision, kept_at)
SELECT register, key, subject, version, deleted, body::json, revision, %(now)s
FROM {
    rows(
        register="text",
        key="text",
        subject="text",
        version="bigint",
        deleted="boolean",
        body="text",
        revision="integer",
    )
}
ON CONFLICT (register, key) DO UPDATE SET
  subject = CASE WHEN excluded.deleted AND excluded.subject = '' THEN r.subject ELSE excluded.subject END,
  version = excluded.version, deleted = excluded.deleted, body = excluded.body,
  kept_at = excluded.kept_at,
  revision = r.revision + CASE WHEN excluded.version > r.version THEN excluded.revision ELSE 0 END
WHERE (excluded.version, excluded.deleted, length(excluded.body::text), excluded.body::text)
  > (r.version, r.deleted, length(r.body::text), r.body::text)
RETURNING r.register, r.key, new.subject AS owner, coalesce(old.subject, '') AS before
)
SELECT string_agg(register, E'\\x1f'), string_agg(key, E'\\x1f'), string_agg(owner, E'\\x1f'),
  string_agg(before, E'\\x1f')
FROM kept
"""
"""The newest version wins in whatever order they come. Of two with one version the one that says more wins, then the
greater: all orders agree, and a row that is told again with more columns is taken."""

OTHERS = f"""
SELECT subject, register, body::text FROM record
WHERE subject = ANY({array("touched")}) AND register = ANY({array("registers")}) AND NOT deleted
  AND xmin <> pg_current_xact_id()::xid
"""
"""What else is known of these people; what this very transaction has written is in memory already."""

OWE = f"""
INSERT INTO occasion AS o
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
SELECT uuidv7(), service, subject, cycle, record_key, due_on, ends_on, anchor, 'owed', service_version, %(now)s
FROM {
    rows(
        service="text",
        service_version="text",
        subject="text",
        cycle="text",
        record_key="text",
        due_on="date",
        ends_on="date",
        anchor="date",
    )
}
ON CONFLICT (subject, service, cycle) DO UPDATE SET
  record_key = excluded.record_key, due_on = excluded.due_on, ends_on = excluded.ends_on, anchor = excluded.anchor,
  service_version = excluded.service_version, changed_at = excluded.changed_at,
  state = CASE WHEN o.state <> 'moot' THEN o.state
               WHEN EXISTS (SELECT FROM dossier d WHERE d.occasion_id = o.id) THEN 'drafted' ELSE 'owed' END
WHERE o.state = 'moot' OR (o.due_on, o.ends_on, o.anchor, o.record_key)
  IS DISTINCT FROM (excluded.due_on, excluded.ends_on, excluded.anchor, excluded.record_key)
"""

MOOT = f"""
UPDATE occasion o SET state = 'moot', changed_at = %(now)s
WHERE o.subject = ANY({array("touched")}) AND o.service = ANY({array("watching")}) AND o.state <> 'moot'
  AND NOT EXISTS (SELECT FROM {rows(service="text", subject="text", cycle="text")}
                  WHERE n.service = o.service AND n.subject = o.subject AND n.cycle = o.cycle)
"""

UNLESS_RUNNING = f"""
  AND NOT EXISTS (SELECT FROM dossier d WHERE d.occasion_id = o.id AND d.subject = ANY({array("touched")})
                  AND d.state = ANY(%(running)s::text[]) AND d.service_version = ANY({array("beside")}))
"""
"""A dossier that runs under an older version stays under it: draft judges it by that, not by what is owed now."""

COMES_BACK = f"""coalesce((
  SELECT CASE h.from_state {" ".join(f"WHEN '{was}' THEN '{becomes}'" for was, becomes in GOES_ON.items())} END
  FROM history h WHERE h.dossier_id = d.id AND h.to_state = 'moot' AND h.from_state <> 'moot' ORDER BY h.id DESC LIMIT 1
), 'drafted')"""
"""What dossier `d`, which was moot and is true again, becomes."""

DOSSIERS = f"""
WITH touched AS (
  SELECT d.id, d.state,
    CASE WHEN o.state = 'moot' THEN 'moot' WHEN d.state = 'moot' THEN {COMES_BACK} ELSE d.state END AS becomes
  FROM dossier d JOIN occasion o ON o.id = d.occasion_id
  WHERE d.subject = ANY({array("touched")}) AND d.state = ANY(%(open)s::text[])
    AND NOT (d.state = 'approved' AND EXISTS (
      SELECT FROM handover h WHERE h.dossier_id = d.id AND h.state IN ('claimed', 'unknown')))
  ORDER BY d.id FOR UPDATE OF d
), moved AS (
  UPDATE dossier d SET state = t.becomes, version = d.version + 1, updated_at = %(now)s,
    stale = t.becomes <> 'moot', rest_until = %(now)s
  FROM touched t WHERE d.id = t.id AND t.state <> t.becomes RETURNING d.id, t.state AS before, t.becomes
), told AS (
  INSERT INTO history (dossier_id, at, actor, verb, from_state, to_state)
  SELECT id, %(now)s, 'system', 'recognise', before, becomes FROM moved
), word AS (
  INSERT INTO news (dossier_id, state, at) SELECT id, becomes, %(now)s FROM moved
)
UPDATE dossier d SET stale = true FROM touched t WHERE d.id = t.id AND t.state = t.becomes AND t.state <> 'moot'
"""
"""Open dossiers of the people touched: moot with their occasion, revived with it, else looked at again by draft. One
that may be in the intake already is left to forward, which asks there first."""

REJECT = """
WITH put AS (
  INSERT INTO rejected_change AS x (register, key, version, row_hash, problems, row, rejected_at)
  SELECT DISTINCT ON (n.register, n.key, n.version, md5(n.row))
    n.register, n.key, n.version, md5(n.row), n.problems::jsonb, n.row, %(now)s
  FROM unnest(%(registers)s::text[], %(keys)s::text[], %(versions)s::bigint[], %(problems)s::text[], %(rows)s::text[])
       AS n(register, key, version, problems, row)
  ORDER BY n.register, n.key, n.version, md5(n.row)
  ON CONFLICT (register, key, version, row_hash) DO UPDATE SET
    problems = excluded.problems, rejected_at = excluded.rejected_at, state = 'waiting', told_at = NULL
  WHERE x.state = 'replaying'
  RETURNING new.id, old.id AS before
)
INSERT INTO rejected_history (rejected_id, at, actor, verb)
SELECT id, %(now)s, 'system', 'refuse' FROM put WHERE before IS NOT NULL
"""
"""A change that somebody asked to take once more waits again, with what is wrong with it now; told twice, it changes
nothing."""

RUNNING = [str(state) for state in OPEN]
LOOKED_AT = [str(state) for state in (*OPEN, State.DECLINED, State.MOOT)]


class Batch:
    """One open transaction of recognise."""

    def __init__(self, cursor: psycopg.Cursor[tuple[str, ...]], now: datetime) -> None:
        self._cursor = cursor
        self._now = now

    def keep(self, records: Sequence[NewRecord]) -> Kept:
        """Store the records that are newer than what is there; rows must name each (register, key) once."""
        kept = Kept()
        if not records:
            return kept
        ordered = sorted(records, key=lambda record: (record.register, record.key))
        self._cursor.execute(
            KEEP,
            {
                "now": self._now,
                "register": BETWEEN.join([r.register for r in ordered]),
                "key": BETWEEN.join([r.key for r in ordered]),
                "subject": BETWEEN.join([r.subject for r in ordered]),
                "version": BETWEEN.join([str(r.version) for r in ordered]),
                "deleted": BETWEEN.join(["t" if r.deleted else "f" for r in ordered]),
                "body": BETWEEN.join([r.body for r in ordered]),
                "revision": BETWEEN.join([str(r.revisions) for r in ordered]),
            },
        )
        columns = [column.split(BETWEEN) for column in self._cursor.fetchone() or () if column is not None]
        if columns:
            registers, keys, owners, before = columns
            kept.records.update(zip(registers, keys, strict=True))
            kept.subjects.update(owners, before)
            kept.subjects.discard("")  # of a record that was deleted before we knew it, nobody's affairs are touched
        return kept

    def others(self, subjects: Iterable[str], registers: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """(subject, register, body) of what these registers hold of these people, this batch's own records left out."""
        self._cursor.execute(OTHERS, {"touched": BETWEEN.join(subjects), "registers": BETWEEN.join(registers)})
        yield from self._cursor

    def owe(
        self,
        owed: Sequence[OwedOccasion],
        *,
        touched: Iterable[str],
        watching: Iterable[str],
        kept_beside: Sequence[str] = (),
    ) -> int:
        """What the people touched owe now to the services that were asked; whatever else they owed there is moot. Gives
        how many of their open dossiers are to be looked at again.

        `kept_beside` are versions that are no longer in force: dossiers that run under them are left to draft.
        """
        ordered = sorted(owed, key=lambda o: (o.subject, o.service, o.cycle))
        values: dict[str, object] = {
            "now": self._now,
            "service": BETWEEN.join([o.service for o in ordered]),
            "service_version": BETWEEN.join([o.service_version for o in ordered]),
            "subject": BETWEEN.join([o.subject for o in ordered]),
            "cycle": BETWEEN.join([o.cycle for o in ordered]),
            "record_key": BETWEEN.join([o.record_key for o in ordered]),
            "due_on": BETWEEN.join([o.due_on.isoformat() for o in ordered]),
            "ends_on": BETWEEN.join([o.ends_on.isoformat() for o in ordered]),
            "anchor": BETWEEN.join([o.anchor.isoformat() for o in ordered]),
            "touched": BETWEEN.join(sorted(touched)),
            "watching": BETWEEN.join(watching),
            "open": LOOKED_AT,
            "running": RUNNING,
            "beside": BETWEEN.join(kept_beside),
        }
        if ordered:
            self._cursor.execute(OWE, values)
        self._cursor.execute(MOOT + UNLESS_RUNNING if kept_beside else MOOT, values)
        return self._cursor.execute(DOSSIERS, values).rowcount

    def reject(self, rejections: Sequence[Rejection], encoded: Mapping[int, str]) -> None:
        """Keep what was refused, once, with its problems as JSON (by position in `encoded`)."""
        if rejections:
            self._cursor.execute(
                REJECT,
                {
                    "now": self._now,
                    "registers": [r.register for r in rejections],
                    "keys": [r.key for r in rejections],
                    "versions": [r.version for r in rejections],
                    "problems": [encoded[i] for i in range(len(rejections))],
                    "rows": [r.row.decode("utf-8", "backslashreplace").replace("\x00", "\\x00") for r in rejections],
                },
            )


class RecognitionStore:
    """A connection for one lane of recognise; opened again when it broke."""

    def __init__(self, url: str, *, role: DatabaseRole | None = None) -> None:
        self._url, self._options = libpq(url), options(role)
        self._connection: psycopg.Connection[tuple[str, ...]] | None = None

    @contextmanager
    def batch(self, now: datetime) -> Iterator[Batch]:
        """One transaction; committed when the block ends well. Raises psycopg's errors: the batch is told again."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, application_name="proactive recognise", connect_timeout=5, options=self._options
            )
        with self._connection.transaction(), self._connection.cursor() as cursor:
            yield Batch(cursor, now)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
