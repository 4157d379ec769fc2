"""What only the pages ask: about a check code, who looked at what, and sessions that fall asleep."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.notice import Sending
from proactive.store.people import Officer, Session
from proactive.store.statement import text

LEFT_US = [Sending.ACCEPTED, Sending.UNKNOWN, Sending.LOST, Sending.DELIVERED, Sending.UNDELIVERED]
"""Sending states in which the message has left us, or may have."""


@dataclass(frozen=True)
class Sent:
    """A notice with this check code went out: about which service, and when first."""

    service: str
    at: datetime


@dataclass(frozen=True)
class AtWork:
    """A session of the desk, and the officer whose it is."""

    session: Session
    officer: Officer


AWAKE = text(
    "SELECT s.kind, s.holder, s.csrf, s.expires_at, o.username, o.full_name, o.office, o.password_hash, o.active, "
    "o.role, s.expires_at < least(s.created_at + :longest, :now + :idle) - interval '1 minute' AS drowsy "
    "FROM session s JOIN officer o ON o.username = s.holder "
    "WHERE s.token_hash = :h AND s.kind = 'officer' AND s.expires_at > :now"
)
STAY_AWAKE = text(
    "UPDATE session SET expires_at = least(created_at + :longest, :now + :idle) "
    "WHERE token_hash = :h AND kind = 'officer' AND expires_at > :now"
)


class Desk:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def sent(self, code: str, *, today: date) -> Sent | None:
        """What may be told to anybody who types a check code. One statement, whatever the code is."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT d.service, min(coalesce(n.sent_at, n.created_at)) AS at FROM dossier d "
                    "JOIN notice n ON n.dossier_id = d.id AND n.state = ANY(:left) "
                    "WHERE d.code = :code AND d.ends_on >= :today GROUP BY d.service"
                ),
                {"code": code, "today": today, "left": [str(state) for state in LEFT_US]},
            )
            row = rows.mappings().first()
            return Sent(row["service"], row["at"]) if row else None

    async def looked(self, dossier_id: UUID, *, actor: str, what: str, now: datetime) -> None:
        """Write into the dossier's history that somebody looked at something that is otherwise masked."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO history (dossier_id, at, actor, verb, note) VALUES (:id, :at, :actor, 'show', :what)"
                ),
                {"id": dossier_id, "at": now, "actor": actor, "what": what},
            )

    async def awake(self, token_hash: str, *, now: datetime, idle: timedelta, longest: timedelta) -> AtWork | None:
        """An officer's session with whose it is, kept open for `idle` from now but never longer than `longest` from its
        beginning. It is written at most once a minute, so that reading pages does not write with every page."""
        values = {"h": token_hash, "now": now, "idle": idle, "longest": longest}
        async with self._engine.begin() as connection:
            rows = await connection.execute(AWAKE, values)
            row = rows.mappings().first()
            if row is None:
                return None
            if row["drowsy"]:
                await connection.execute(STAY_AWAKE, values)
            session = {name: row[name] for name in Session.model_fields}
            officer = {name: row[name] for name in Officer.model_fields}
            return AtWork(Session.model_validate(session), Officer.model_validate(officer))
