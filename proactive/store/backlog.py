"""What rests in the store and for how long: for those who watch the platform. Numbers only, nothing of anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.store.statement import text

LATE = ((1, "a day"), (7, "a week"), (None, "more"))
"""Days that an occasion which is still owed is past its day, at most, and what that is called."""


@dataclass(frozen=True)
class Backlog:
    dossiers: Mapping[str, int]
    """By state."""
    overdue: Mapping[str, int]
    """Occasions that are owed and not yet drafted, by how long their day is past (the words of `LATE`)."""
    notices: Mapping[tuple[str, str], int]
    """By channel and state: those that are not with a provider yet, or of which it is not known."""
    oldest_notice_seconds: float
    """How long the oldest of those has been waiting; 0 without any."""
    queued_applications: int
    rejected_changes: int
    """That wait for somebody to look at them."""
    registers: Mapping[str, float]
    """Seconds since each register was last read or heard of."""
    shares: Mapping[tuple[str, str], float]
    """The share of a group's messages that each provider gets, by group and channel, where they were ever moved."""
    unsealed_seconds: float
    """How long the oldest line of the audit log has been waiting for its seal."""


class Backlogs:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def now(self, *, today: date, now: datetime) -> Backlog:
        async with self._engine.connect() as connection:

            async def rows(statement: str, **values: object) -> list[tuple[object, ...]]:
                return [tuple(row) for row in await connection.execute(text(statement), values)]

            [(oldest, queued, rejected, unsealed)] = await rows(
                "SELECT (SELECT min(created_at) FROM notice WHERE state IN ('planned', 'claimed', 'unknown')), "
                "(SELECT count(*) FROM application_queue WHERE state = 'queued'), "
                "(SELECT count(*) FROM rejected_change WHERE state = 'waiting'), "
                "(SELECT extract(epoch FROM clock_timestamp() - at) FROM audit_leaf WHERE number IS NULL "
                " ORDER BY id LIMIT 1)"
            )
            overdue = dict.fromkeys((word for _, word in LATE), 0)
            for due_on, number in await rows(
                "SELECT due_on, count(*) FROM occasion WHERE state = 'owed' AND due_on < :today GROUP BY 1",
                today=today,
            ):
                assert isinstance(due_on, date)
                past = (today - due_on).days
                overdue[next(word for most, word in LATE if most is None or past <= most)] += int(str(number))
            return Backlog(
                dossiers={str(s): int(str(n)) for s, n in await rows("SELECT state, count(*) FROM dossier GROUP BY 1")},
                overdue=overdue,
                notices={
                    (str(channel), str(state)): int(str(number))
                    for channel, state, number in await rows(
                        "SELECT channel, state, count(*) FROM notice "
                        "WHERE state IN ('planned', 'claimed', 'unknown') GROUP BY 1, 2"
                    )
                },
                oldest_notice_seconds=(now - oldest).total_seconds() if isinstance(oldest, datetime) else 0.0,
                queued_applications=int(str(queued)),
                rejected_changes=int(str(rejected)),
                registers={
                    str(name): float(str(seconds))
                    for name, seconds in await rows(
                        "SELECT register, extract(epoch FROM CAST(:now AS timestamptz) - max(at)) FROM ("
                        "SELECT register, read_at AS at FROM watch_position UNION ALL "
                        "SELECT register, heard_at FROM hearing) told GROUP BY 1",
                        now=now,
                    )
                },
                shares={
                    (str(group), str(channel)): float(str(share))
                    for group, channel, share in await rows("SELECT channel_group, channel, share FROM provider_share")
                },
                unsealed_seconds=max(0.0, float(str(unsealed or 0))),
            )
