"""How far each service may go, by two people; and the guests who are told while it may not."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.manners import Mode, Why
from proactive.errors import OutOfTurn, Permanent
from proactive.store.statement import text

HELD = [str(why) for why in Why if why in {Why.TRIAL, Why.STOPPED} or why.startswith("pilot_")]
PILOT_OPEN = "SELECT EXISTS (SELECT FROM pilot WHERE service = :service AND state IN ('running', 'paused', 'stopped'))"

MODES = """
SELECT DISTINCT ON (service) service,
  CASE WHEN stopped_at IS NOT NULL THEN 'stopped' WHEN ends_on >= :today THEN 'live' ELSE 'trial' END AS mode
FROM live_switch WHERE approved_at IS NOT NULL OR stopped_at IS NOT NULL ORDER BY service, id DESC
"""
"""The newest switching that was approved or stopped decides; a service that never had one is in trial."""

HALTED = """
SELECT l.service FROM (
  SELECT DISTINCT ON (service) service, stopped_at FROM live_switch
  WHERE approved_at IS NOT NULL OR stopped_at IS NOT NULL ORDER BY service, id DESC
) l WHERE l.stopped_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM pilot p WHERE p.service = l.service AND p.state IN ('running', 'paused', 'stopped'))
UNION
SELECT p.service FROM pilot p WHERE p.state IN ('running', 'paused', 'stopped') AND (p.state <> 'running' OR EXISTS (
  SELECT FROM live_switch l WHERE l.service = p.service AND l.stopped_at > p.approved_at))
"""
"""Services that somebody stopped or whose pilot is paused or stopped: nobody is told of them now."""

WITHDRAW = "SELECT withdraw_calls(:service, :by, :now, false)"
"""Closes the calls of a service that wait. Whoever has taken one and holds it still says what came of it."""
LEFT = f"""
{WITHDRAW} WHERE (
  SELECT stopped_at IS NOT NULL FROM live_switch
  WHERE service = :service AND (approved_at IS NOT NULL OR stopped_at IS NOT NULL) ORDER BY id DESC LIMIT 1)
"""
"""The same where the service is stopped: what was handed over just then, or taken and never made."""
STOPPED = f"""
SELECT service FROM ({HALTED}) h
WHERE NOT EXISTS (SELECT FROM pilot p WHERE p.service = h.service AND p.state = 'paused')
"""
"""Halted for good: what is only paused goes on with its calls."""


async def modes(connection: AsyncConnection, *, today: date) -> dict[str, Mode]:
    """The services that are live or stopped today; every other one is in trial."""
    rows = await connection.execute(text(MODES), {"today": today})
    return {service: Mode(mode) for service, mode in rows}


async def withdraw_left(connection: AsyncConnection, service: str, *, by: str, now: datetime) -> None:
    """Before a service that was stopped tells again: nobody is called for what was handed over before the stop."""
    await connection.execute(text(LEFT), {"service": service, "by": by, "now": now})


class Live:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def modes(self, *, today: date) -> dict[str, Mode]:
        async with self._engine.connect() as connection:
            return await modes(connection, today=today)

    async def halted(self, services: Collection[str]) -> set[str]:
        """Those of these services that somebody stopped or whose pilot is paused: nothing of them is handed over."""
        if not services:
            return set()
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT service FROM ({HALTED}) h WHERE service = ANY(:of)"), {"of": list(services)}
            )
            return set(rows.scalars())

    async def propose(self, service: str, *, reason: str, ends_on: date, by: str, now: datetime) -> None:
        """Ask for the service to be live. Raises `OutOfTurn` while another proposal waits."""
        statement = text(
            "INSERT INTO live_switch (service, reason, ends_on, proposed_by, proposed_at) "
            "VALUES (:service, :reason, :ends_on, :by, :now) ON CONFLICT DO NOTHING RETURNING 1"
        )
        values = {"service": service, "reason": reason, "ends_on": ends_on, "by": by, "now": now}
        async with self._engine.begin() as connection:
            if await connection.scalar(statement, values) is None:
                raise OutOfTurn(f"A proposal for {service} waits already: approve it, or stop the service.")

    async def approve(self, service: str, *, by: str, now: datetime) -> date:
        """Switch the proposed service live, and look at everybody who was held; gives the last day of it.

        Raises `OutOfTurn` where nothing is proposed, `Permanent` where the same person proposed it.
        """
        statement = text(
            "UPDATE live_switch SET approved_by = :by, approved_at = :now "
            "WHERE service = :service AND approved_at IS NULL AND stopped_at IS NULL RETURNING ends_on"
        )
        try:
            async with self._engine.begin() as connection:
                if await connection.scalar(text(PILOT_OPEN), {"service": service}):
                    raise OutOfTurn(f"{service} is in a pilot: stop and conclude it first, see `proactive pilots`.")
                await withdraw_left(connection, service, by=by, now=now)
                ends_on: date | None = await connection.scalar(statement, {"service": service, "by": by, "now": now})
                if ends_on is None:
                    raise OutOfTurn(f"Nobody has proposed {service}: `proactive live propose {service}` comes first.")
                await connection.execute(
                    text(
                        "UPDATE dossier SET tell_after = :now, not_told_because = NULL "
                        "WHERE service = :service AND not_told_because = ANY(:held)"
                    ),
                    {"service": service, "now": now, "held": HELD},
                )
        except IntegrityError as error:
            raise Permanent(f"{by} proposed it: somebody else has to approve it.") from error
        return ends_on

    async def stop(self, service: str, *, because: str, by: str, now: datetime, today: date) -> None:
        """Nothing of this service goes out any more, from the next batch on, until two people switch it live again; the
        calls that wait are closed with it."""
        values = {"service": service, "because": because, "by": by, "now": now, "today": today}
        async with self._engine.begin() as connection:
            stopped = await connection.scalar(
                text(
                    "WITH s AS (UPDATE live_switch SET stopped_by = :by, stopped_at = :now, stopped_because = :because "
                    "WHERE service = :service AND stopped_at IS NULL RETURNING 1) SELECT count(*) FROM s"
                ),
                values,
            )
            if not stopped:
                await connection.execute(
                    text(
                        "INSERT INTO live_switch (service, reason, ends_on, proposed_by, proposed_at, stopped_by, "
                        "stopped_at, stopped_because) "
                        "VALUES (:service, :because, :today, :by, :now, :by, :now, :because)"
                    ),
                    values,
                )
            await connection.execute(text(WITHDRAW), values)

    async def withdraw_left(self, *, by: str, now: datetime) -> None:
        """Close what waits on the list of calls for services that are stopped: what was handed over while somebody
        stopped them, and what was taken before and never made."""
        async with self._engine.begin() as connection:
            for service in (await connection.execute(text(STOPPED))).scalars().all():
                await connection.execute(text(WITHDRAW), {"service": service, "by": by, "now": now})

    async def log(self) -> list[RowMapping]:
        """Every switching, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT service, reason, ends_on, proposed_by, proposed_at, approved_by, approved_at, stopped_by, "
                    "stopped_at, stopped_because FROM live_switch ORDER BY id"
                )
            )
            return list(rows.mappings())


class Guests:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def phones(self) -> list[str]:
        async with self._engine.connect() as connection:
            return list((await connection.execute(text("SELECT phone FROM guest ORDER BY phone"))).scalars())

    async def all(self) -> list[RowMapping]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT phone, note, added_by, added_at FROM guest ORDER BY phone"))
            return list(rows.mappings())

    async def add(self, phone: str, *, note: str, by: str, now: datetime) -> bool:
        """Put a phone on the list and look at its holder again at once. False: it is there already."""
        values = {"phone": phone, "note": note, "by": by, "now": now}
        async with self._engine.begin() as connection:
            added = await connection.scalar(
                text(
                    "INSERT INTO guest (phone, note, added_by, added_at) VALUES (:phone, :note, :by, :now) "
                    "ON CONFLICT DO NOTHING RETURNING 1"
                ),
                values,
            )
            if added is None:
                return False
            await self._note(connection, "add", phone=phone, note=note, by=by, now=now)
            await connection.execute(
                text(
                    "UPDATE dossier SET tell_after = :now, not_told_because = NULL WHERE not_told_because = 'trial' "
                    "AND right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) "
                    "= right(regexp_replace(:phone, '[^0-9]', '', 'g'), 9)"
                ),
                {"now": now, "phone": phone},
            )
        return True

    async def remove(self, phone: str, *, by: str, now: datetime) -> bool:
        """Take a phone off the list. False: it was not on it."""
        async with self._engine.begin() as connection:
            removed = await connection.scalar(
                text("DELETE FROM guest WHERE phone = :phone RETURNING 1"), {"phone": phone}
            )
            if removed is None:
                return False
            await self._note(connection, "remove", phone=phone, note=None, by=by, now=now)
        return True

    async def log(self) -> Sequence[RowMapping]:
        """Who put whom on the list or took them off, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT at, actor, action, phone, note FROM guest_log ORDER BY id"))
            return rows.mappings().all()

    async def _note(
        self, connection: AsyncConnection, action: str, *, phone: str, note: str | None, by: str, now: datetime
    ) -> None:
        await connection.execute(
            text("INSERT INTO guest_log (at, actor, action, phone, note) VALUES (:now, :by, :action, :phone, :note)"),
            {"now": now, "by": by, "action": action, "phone": phone, "note": note},
        )
