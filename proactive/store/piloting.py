"""Pilots as the claim on messages asks about them: who is in, who is drawn out, how many there may still be.

Read without locks to spare the sources; under lock (the pilot's own row) in the transaction of a claim, where caps are
sure. A step of a pilot locks the same row: what is claimed after it, nobody is told of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from proactive.domain.manners import DAY as A_DAY
from proactive.domain.manners import Asked, Wait, Why, opens, tomorrow
from proactive.domain.pilot import IN_FORCE, Arm, Pilot, PilotState, drawn, includes
from proactive.ports.clock import DA_NANG
from proactive.store.statement import text
from rules.manners import Policy

FIELDS = ", ".join(f"p.{name}" for name in Pilot.model_fields)
OPEN = [str(state) for state in IN_FORCE]


def read_pilot(row: RowMapping) -> Pilot:
    return Pilot.model_validate({name: row[name] for name in Pilot.model_fields})


@dataclass(frozen=True)
class Enrolled:
    """Somebody whose turn came."""

    pilot: int
    subject: str
    dossier: UUID
    arm: Arm
    unit: str | None


@dataclass
class Running:
    """One pilot that is in force, with what it has used."""

    pilot: Pilot
    key: bytes
    told: int
    told_today: int
    stopped: bool = False
    """Somebody stopped the whole service after this pilot was approved."""
    arms: dict[str, Arm] = field(default_factory=dict)


@dataclass
class Piloting:
    """The pilots in force, by service; `enrolled` grows with what is decided under lock."""

    running: Mapping[str, Running]
    today: date
    enrolled: list[Enrolled] = field(default_factory=list)

    def ask(self, asked: Asked, subject: str, *, guest: bool, policy: Policy, now: datetime) -> Wait | None:
        """Whether the pilot of this service keeps somebody from being told; None: it does not, or there is none."""
        if (one := self.running.get(asked.service)) is None:
            return None
        pilot, candidate = one.pilot, asked.candidate
        if pilot.state is not PilotState.RUNNING or not pilot.starts_on <= self.today <= pilot.ends_on:
            return Wait(tomorrow(now, policy), Why.PILOT_PAUSED)
        if guest and pilot.guests:
            return None
        if candidate is None or candidate.service_version != pilot.service_version:
            return Wait(tomorrow(now, policy), Why.PILOT_VERSION)
        arm = one.arms.get(subject)
        if arm is Arm.HELD:
            return Wait(_after(pilot, policy), Why.PILOT_HELD)
        if arm is None and not includes(pilot, candidate):
            return Wait(_after(pilot, policy), Why.PILOT_OUTSIDE)
        if arm is None and one.told >= pilot.total:
            return Wait(_after(pilot, policy), Why.PILOT_FULL)
        if arm is None and one.told_today >= pilot.a_day:
            return Wait(tomorrow(now, policy), Why.PILOT_FULL)
        return None

    def draw(self, asked: Asked, subject: str, *, guest: bool, policy: Policy) -> Wait | None:
        """Under lock, when nothing else keeps them from being told: whoever is drawn out is written down and waits."""
        one = self.running.get(asked.service)
        if one is None or subject in one.arms or (guest and one.pilot.guests):
            return None
        if drawn(one.key, subject, hold_out=one.pilot.hold_out) is Arm.TOLD:
            return None
        self._enrol(one, asked, subject, Arm.HELD)
        return Wait(_after(one.pilot, policy), Why.PILOT_HELD)

    def admit(self, asked: Asked, subject: str, *, guest: bool) -> None:
        """They are told: they are in the pilot from now on, and use one of its places."""
        one = self.running.get(asked.service)
        if one is None or subject in one.arms or (guest and one.pilot.guests):
            return
        one.told += 1
        one.told_today += 1
        self._enrol(one, asked, subject, Arm.TOLD)

    def _enrol(self, one: Running, asked: Asked, subject: str, arm: Arm) -> None:
        one.arms[subject] = arm
        unit = asked.candidate.unit if asked.candidate else None
        self.enrolled.append(Enrolled(one.pilot.id, subject, UUID(asked.key), arm, unit))


async def read(connection: AsyncConnection, *, subjects: Sequence[str], today: date) -> Piloting:
    """The pilots in force just now, and which of these people are in them; nothing is locked by this."""
    rows = await connection.execute(
        text(
            f"SELECT {FIELDS}, p.key, m.told, m.told_today, EXISTS (SELECT FROM live_switch l "
            "WHERE l.service = p.service AND l.stopped_at > p.approved_at) AS stopped FROM pilot p CROSS JOIN LATERAL ("
            "SELECT count(*) AS told, count(*) FILTER (WHERE day = :today) AS told_today "
            "FROM pilot_member WHERE pilot_id = p.id AND arm = 'told') m WHERE p.state = ANY(:open)"
        ),
        {"open": OPEN, "today": today},
    )
    running = {
        row["service"]: Running(read_pilot(row), bytes(row["key"]), row["told"], row["told_today"], row["stopped"])
        for row in rows.mappings()
    }
    if running:
        by_id = {one.pilot.id: one for one in running.values()}
        members = await connection.execute(
            text("SELECT pilot_id, subject, arm FROM pilot_member WHERE pilot_id = ANY(:ids) AND subject = ANY(:s)"),
            {"ids": list(by_id), "s": list(subjects)},
        )
        for pilot_id, subject, arm in members:
            by_id[pilot_id].arms[subject] = Arm(arm)
    return Piloting(running, today)


async def lock(connection: AsyncConnection, services: Sequence[str]) -> None:
    """Until the end of the transaction nobody else enrols in these services' pilots, nor moves one on."""
    await connection.execute(
        text("SELECT 1 FROM pilot WHERE service = ANY(:services) AND state = ANY(:open) ORDER BY id FOR UPDATE"),
        {"services": sorted(set(services)), "open": OPEN},
    )


async def enrol(connection: AsyncConnection, enrolled: Sequence[Enrolled], *, now: datetime) -> None:
    """Write down who came in. Whoever is in already stays where they are."""
    if not enrolled:
        return
    await connection.execute(
        text(
            "INSERT INTO pilot_member (pilot_id, subject, dossier_id, arm, unit, day, at) "
            "SELECT n.*, :day, :now FROM unnest(CAST(:pilots AS bigint[]), CAST(:subjects AS text[]), "
            "CAST(:dossiers AS uuid[]), CAST(:arms AS text[]), CAST(:units AS text[])) n ON CONFLICT DO NOTHING"
        ),
        {
            "pilots": [one.pilot for one in enrolled], "subjects": [one.subject for one in enrolled],
            "dossiers": [one.dossier for one in enrolled], "arms": [str(one.arm) for one in enrolled],
            "units": [one.unit for one in enrolled], "day": now.astimezone(DA_NANG).date(), "now": now,
        },
    )  # fmt: skip


def _after(pilot: Pilot, policy: Policy) -> datetime:
    """The first moment after the pilot's last day; whoever concludes it earlier wakes those who wait."""
    over = pilot.ends_on + A_DAY
    return opens(datetime(over.year, over.month, over.day, tzinfo=DA_NANG), policy)
