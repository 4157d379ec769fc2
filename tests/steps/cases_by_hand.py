"""Cases as rows of the store, and their indicators counted one by one in Python: what SQL counts is held to it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from proactive.domain.case import Channel, Kind, Paper
from proactive.ports.clock import DA_NANG
from proactive.steps.indicators import Month
from proactive.store.store import Store

DIGITAL, PAPER = Paper(name="a", kind=Kind.ELECTRONIC), Paper(name="b", kind=Kind.ORIGINAL)
REUSED = Paper(name="c", kind=Kind.COPY, reused=True)

INSERT = text("""
WITH c AS (SELECT * FROM jsonb_to_recordset(CAST(:cases AS jsonb)) AS c(
  reference text, receiving text, competent text, procedure text, channel int, proactive int, papers jsonb,
  received_at timestamptz, due_on date, ready_at timestamptz, over_at timestamptz, status int, result boolean)
), i AS (
  INSERT INTO intake_case (reference, origin, channel, procedure, procedure_version, proactive, personal_id, full_name,
    receiving, competent, "returning", return_by, status, held_by, offices, fields, papers, received_at, due_on,
    paid_vnd, result_hash, content_hash, version, created_at, updated_at)
  SELECT reference, 'walk_in', channel, procedure, 1, proactive, 'x', 'x', receiving, competent, receiving, 'office',
    status, competent, '{}', '{}', papers, received_at, due_on, 0, CASE WHEN result THEN 'h' END, 'h', 1, received_at,
    received_at FROM c RETURNING 1
)
INSERT INTO case_line (reference, at, actor, office, act, status, held_by)
SELECT reference, l.at, 'x', competent, 'x', l.status, competent FROM c, LATERAL (
  VALUES (received_at, 2), (ready_at, CASE WHEN over_at IS NULL THEN status ELSE 9 END), (over_at, status)
) l(at, status) WHERE l.at IS NOT NULL
""")


@dataclass(frozen=True)
class Counted:
    """A case as far as it is counted."""

    receiving: str
    competent: str
    procedure: str
    received_at: datetime
    channel: Channel = Channel.IN_PERSON
    proactive: int = 0
    papers: tuple[Paper, ...] = (DIGITAL,)
    due_on: date | None = None
    ready_at: datetime | None = None
    over_at: datetime | None = None
    """When it was given back, after it was ready."""
    status: int = 4
    result: bool = False

    def but(self, **changes: Any) -> "Counted":
        return replace(self, **changes)


async def put(store: Store, cases: Sequence[Counted]) -> None:
    """The cases and their lines, whatever was there before, as rows."""
    rows = [
        {
            **{name: str(value) if isinstance(value, date) else value for name, value in vars(one).items()},
            "reference": f"C{number}",
            "papers": [paper.model_dump(mode="json") for paper in one.papers],
            "status": one.status if one.ready_at is None or one.status != 4 else 9 if one.over_at is None else 10,
        }
        for number, one in enumerate(cases)
    ]
    async with store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE intake_case, case_line CASCADE"))
        await connection.execute(INSERT, {"cases": json.dumps(rows)})


def by_hand(cases: Iterable[Counted], month: Month) -> dict[str, tuple[int, int]]:
    """Part and whole of every indicator about cases."""
    cases = list(cases)
    came = [one for one in cases if month.starts <= one.received_at < month.ends]
    known = [one for one in cases if one.received_at < month.ends]
    worked = [one for one in known if one.due_on and (one.ready_at is None or one.ready_at >= month.starts)]
    ready = [one for one in known if one.ready_at is not None and month.starts <= one.ready_at < month.ends]
    return {
        "on_time": _of(worked, lambda one: _on_time(one, month)),
        "digital_results": _of(ready, lambda one: one.result),
        "digital_dossiers": _of(came, lambda one: all(paper.digital for paper in one.papers)),
        "reuse": _of(came, lambda one: any(paper.reused for paper in one.papers)),
        "online_filed": _of(came, lambda one: one.channel is Channel.ONLINE),
        **{
            f"proactive_dossiers_{level}": _of(came, lambda one, level=level: one.proactive == level)
            for level in (1, 2, 3)
        },
    }


def _of(cases: list[Counted], holds: Callable[[Counted], bool]) -> tuple[int, int]:
    return sum(holds(one) for one in cases), len(cases)


def _on_time(one: Counted, month: Month) -> bool:
    end = one.ready_at if one.ready_at is not None and one.ready_at < month.ends else None
    day = (end or month.ends - timedelta(microseconds=1)).astimezone(DA_NANG).date()
    return one.due_on is not None and day <= one.due_on
