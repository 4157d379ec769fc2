"""Calls: work that a notice makes for officers, one call a notice, one officer a call."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.call import Call, CallOutcome
from proactive.domain.dossier import TELLABLE
from proactive.domain.vault import Vault
from proactive.errors import Unreachable
from proactive.store import sealed
from proactive.store.live import HALTED
from proactive.store.statement import text

FIELDS = ", ".join(f'c."{name}"' for name in Call.model_fields)
WAITS = (
    "FROM call c JOIN dossier d ON d.id = c.dossier_id WHERE c.closed_at IS NULL AND d.state = ANY(:tellable) "
    "AND (c.office = :office OR d.office = :office)"
)
"""Calls that are still of use: the citizen has not answered meanwhile. Who decides may call as well as who is near."""

STANDS = f"d.service NOT IN ({HALTED})"
"""Nobody has stopped the service, nor paused its pilot: from the commit of that on no call is shown or taken."""

HALTS = """
SELECT service, stopped_at AS at, stopped_by AS actor, stopped_because AS because, false AS paused
FROM live_switch WHERE stopped_at IS NOT NULL
UNION ALL
SELECT p.service, s.at, s.actor, s.reason, s.verb = 'pause' FROM pilot_step s JOIN pilot p ON p.id = s.pilot_id
WHERE s.verb IN ('stop', 'pause')
"""
"""Whenever somebody stopped a service, or stopped or paused a pilot of it, and why."""

NOT_CALLED = text(f"""
WITH halt AS (
  SELECT DISTINCT ON (service) * FROM ({HALTS}) h WHERE service IN ({HALTED}) ORDER BY service, at DESC
)
SELECT h.service, h.at, h.actor, h.because, h.paused, count(*) AS number FROM halt h
JOIN dossier d ON d.service = h.service JOIN call c ON c.dossier_id = d.id
WHERE (c.office = :office OR d.office = :office)
  AND ((h.paused AND c.closed_at IS NULL) OR (c.outcome = 'withdrawn' AND c.closed_at >= h.at))
GROUP BY h.service, h.at, h.actor, h.because, h.paused ORDER BY h.at DESC, h.service
""")

WITHDRAWN = text(f"""
SELECT c.closed_at, d.service, h.actor, h.because FROM call c JOIN dossier d ON d.id = c.dossier_id
LEFT JOIN LATERAL (
  SELECT actor, because FROM ({HALTS}) a WHERE a.service = d.service AND a.at <= c.closed_at AND NOT a.paused
  ORDER BY a.at DESC LIMIT 1
) h ON true
WHERE c.notice_id = :id AND c.outcome = 'withdrawn' AND (c.office = :office OR d.office = :office)
""")

OF_NOTICE = text("SELECT d.id, d.fields FROM notice n JOIN dossier d ON d.id = n.dossier_id WHERE n.id = :id")


def read(row: RowMapping, vault: Vault | None) -> Call:
    """Its text is its notice's, sealed as that one's."""
    values = {name: row[name] for name in Call.model_fields}
    body = sealed.opened(vault, values["body"], "notice.body", values["notice_id"])
    return Call.model_validate(values | {"body": body})


class Calls:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, notice_id: UUID) -> None:
        """Write the call of this notice down; the same one again changes nothing. Raises `Unreachable`."""
        try:
            async with self._engine.begin() as connection:
                dossier = (await connection.execute(OF_NOTICE, {"id": notice_id})).mappings().first()
                if dossier is None:
                    return
                unit = sealed.unit_of(sealed.vault_of(connection), dossier["fields"], dossier["id"])
                await connection.execute(
                    text(
                        "INSERT INTO call (notice_id, dossier_id, office, body, tries, try_after, made_at) "
                        "SELECT n.id, d.id, coalesce(:centre, d.office), n.body, 0, n.sent_at, n.sent_at "
                        "FROM notice n JOIN dossier d ON d.id = n.dossier_id WHERE n.id = :id ON CONFLICT DO NOTHING"
                    ),
                    {"id": notice_id, "centre": f"centre-{unit}" if unit else None},
                )
        except (SQLAlchemyError, OSError) as error:
            raise Unreachable("The database does not answer.") from error

    async def has(self, notice_id: UUID) -> bool:
        """Raises `Unreachable`."""
        try:
            async with self._engine.connect() as connection:
                asked = text("SELECT EXISTS (SELECT FROM call WHERE notice_id = :id)")
                return bool(await connection.scalar(asked, {"id": notice_id}))
        except (SQLAlchemyError, OSError) as error:
            raise Unreachable("The database does not answer.") from error

    async def get(self, notice_id: UUID, *, office: str) -> Call | None:
        """A call that waits, for an officer of this office. One that was taken before its service was stopped is there
        for what came of it, and cannot be taken any more."""
        found = await self._waiting(
            f"AND c.notice_id = :id AND (c.claimed_by IS NOT NULL OR {STANDS})", office=office, id=notice_id
        )
        return found[0] if found else None

    async def page(self, *, office: str, limit: int, offset: int = 0) -> tuple[list[Call], int]:
        """One page of the calls that wait, whose turn is first, and how many there are."""
        async with self._engine.connect() as connection:
            total = await connection.scalar(text(f"SELECT count(*) {WAITS} AND {STANDS}"), _values(office))
        found = await self._waiting(
            f"AND {STANDS} ORDER BY c.try_after, c.notice_id LIMIT :n OFFSET :o", office, n=limit, o=offset
        )
        return found, int(total or 0)

    async def not_called(self, *, office: str) -> Sequence[RowMapping]:
        """Services that nobody is called for now, with how many calls of this office wait or were closed because of it:
        service, at, actor, because, paused, number. The newest first."""
        async with self._engine.connect() as connection:
            return (await connection.execute(NOT_CALLED, {"office": office})).mappings().all()

    async def withdrawn(self, notice_id: UUID, *, office: str) -> RowMapping | None:
        """Why a call of this office was closed without being made: closed_at, service, actor, because; None: it was
        not."""
        async with self._engine.connect() as connection:
            return (await connection.execute(WITHDRAWN, {"id": notice_id, "office": office})).mappings().first()

    async def _waiting(self, rest: str, office: str, **values: object) -> list[Call]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} {WAITS} {rest}"), {**_values(office), **values})
            vault = sealed.vault_of(connection)
            return [read(row, vault) for row in rows.mappings()]

    async def take(self, notice_id: UUID, *, officer: str, now: datetime, until: datetime, verb: str) -> bool:
        """Make the call this officer's for a while; False where it is another's, closed, not yet due or stopped."""
        async with self._engine.begin() as connection:
            taken = await connection.scalar(
                text(
                    "UPDATE call SET claimed_by = :officer, claimed_until = :until WHERE notice_id = :id "
                    "AND closed_at IS NULL AND try_after <= :now "
                    "AND (claimed_by = :officer OR claimed_until IS NULL OR claimed_until <= :now) "
                    f"AND EXISTS (SELECT FROM dossier d WHERE d.id = call.dossier_id AND {STANDS}) RETURNING 1"
                ),
                {"officer": officer, "until": until, "id": notice_id, "now": now},
            )
            if taken is not None:
                await connection.execute(LINE, {"id": notice_id, "at": now, "actor": officer, "verb": verb})
        return taken is not None

    async def tried(
        self, call: Call, outcome: CallOutcome, *, officer: str, now: datetime, closes: bool, again: datetime
    ) -> bool:
        """Keep what came of a try; False where the call is no longer this officer's, or somebody was first."""
        async with self._engine.begin() as connection:
            kept = await connection.scalar(
                text(
                    "UPDATE call SET tries = tries + 1, claimed_by = NULL, claimed_until = NULL, try_after = :again, "
                    "outcome = CASE WHEN :closes THEN :outcome END, closed_at = CASE WHEN :closes THEN "
                    "CAST(:now AS timestamptz) END WHERE notice_id = :id AND closed_at IS NULL AND tries = :tries "
                    "AND claimed_by = :officer AND claimed_until > :now RETURNING 1"
                ),
                {
                    "id": call.notice_id, "closes": closes, "outcome": str(outcome), "now": now, "again": again,
                    "tries": call.tries, "officer": officer,
                },
            )  # fmt: skip
            if kept is not None:
                line = {"id": call.notice_id, "at": now, "actor": officer, "verb": str(outcome)}
                await connection.execute(LINE, line)
        return kept is not None

    async def lines(self, notice_id: UUID) -> Sequence[RowMapping]:
        """What happened to a call, oldest first: at, actor, verb."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, actor, verb FROM call_line WHERE notice_id = :id ORDER BY id"), {"id": notice_id}
            )
            return list(rows.mappings())


LINE = text("INSERT INTO call_line (notice_id, at, actor, verb) VALUES (:id, :at, :actor, :verb)")


def _values(office: str) -> dict[str, object]:
    return {"office": office, "tellable": sorted(str(state) for state in TELLABLE)}
