"""Between two rungs of one dossier: the later never follows on the heels of the earlier, whatever put that one off.

The earlier goes as soon as it may, because every day counts for whoever hears of a matter; the later waits, and is left
out where it would be of no use any more by then (ADR 0041).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from proactive.domain.dossier import Dossier, State
from proactive.domain.manners import Wait, Why, opens
from proactive.domain.notice import Notice, Sending
from proactive.ports.clock import DA_NANG
from proactive.steps.telling.hearing import Manners, waits
from proactive.steps.telling.rungs import FAILED
from proactive.steps.under import made_under
from proactive.store.keeping import Move
from rules import Catalogue, Service
from rules.grammar import Rung
from rules.manners import Policy


@dataclass(frozen=True)
class LeftOut:
    """This rung tells nobody: by the time it may, it is of no use. `then`: the day of the next one."""

    then: date | None


def free_on(ladder: Sequence[Rung], rung: Rung, told_on: Mapping[str, date], *, least: int) -> date | None:
    """From which day on this rung may speak, given when others did; None: no other has.

    `least` days lie between two of them, or as many as the ladder itself has where those are fewer.
    """
    offsets = {one.name: one.offset_days for one in ladder}
    free: date | None = None
    for name, day in told_on.items():
        if name == rung.name:
            continue
        planned = rung.offset_days - offsets.get(name, rung.offset_days - least)
        until = day + timedelta(days=min(least, planned) if planned > 0 else least)
        free = until if free is None else max(free, until)
    return free


def too_soon(
    service: Service,
    told_on: Mapping[str, date],
    *,
    anchor: date,
    ends_on: date,
    untold: bool,
    policy: Policy,
    now: datetime,
    today: date,
) -> Wait | LeftOut | None:
    """What becomes of the rung of this day because of those before it; None: nothing stands against it.

    `untold`: nobody has heard of this dossier as it is now; such a one is never left out.
    """
    rung, next_day = service.rung(anchor=anchor, today=today)
    free = free_on(service.ladder, rung, told_on, least=policy.rung_gap_days)
    if free is None or free <= today:
        return None
    until = opens(max(now, datetime.combine(free, time(), DA_NANG)), policy)
    then = until.astimezone(DA_NANG).date()
    of_use = then <= service.useful_until(anchor=anchor, rung=rung, ends_on=ends_on)
    if of_use or untold or (next_day is not None and next_day <= then):
        return Wait(until, Why.TOO_SOON)
    return LeftOut(next_day)


def spaced_out(
    dossiers: Sequence[Dossier], told: Mapping[UUID, Sequence[Notice]], *, catalogue: Catalogue, manners: Manners
) -> tuple[list[Dossier], list[Move]]:
    """Those whose last reminder is long enough ago, and what becomes of the others."""
    ready: list[Dossier] = []
    moves: list[Move] = []
    for dossier in dossiers:
        service = made_under(dossier, catalogue=catalogue)
        if service is None or _begun(dossier, service, told[dossier.id], today=manners.today):
            ready.append(dossier)
            continue
        found = too_soon(
            service, _told_on(told[dossier.id]), anchor=dossier.anchor, ends_on=dossier.ends_on,
            untold=dossier.state is State.DRAFTED, policy=manners.policy, now=manners.now, today=manners.today,
        )  # fmt: skip
        if found is None:
            ready.append(dossier)
        elif isinstance(found, LeftOut):
            moves.append(_left_out(dossier, service, found, today=manners.today))
        else:
            moves.append(waits(dossier, found, policy=manners.policy, now=manners.now))
    return ready, moves


def _begun(dossier: Dossier, service: Service, told: Sequence[Notice], *, today: date) -> bool:
    """Whether this rung has spoken, or tried to: then it goes on by its own rules."""
    rung, _ = service.rung(anchor=dossier.anchor, today=today)
    return any(notice.rung == rung.name and notice.state is not Sending.PLANNED for notice in told)


def _told_on(told: Sequence[Notice]) -> dict[str, date]:
    """The last day on which each rung told, or may have."""
    days: dict[str, date] = {}
    for notice in told:
        if notice.state not in {*FAILED, Sending.PLANNED} and notice.sent_at is not None:
            day = notice.sent_at.astimezone(DA_NANG).date()
            days[notice.rung] = max(day, days.get(notice.rung, day))
    return days


def _left_out(dossier: Dossier, service: Service, found: LeftOut, *, today: date) -> Move:
    rung, _ = service.rung(anchor=dossier.anchor, today=today)
    update = {"rung": rung.name, "tell_on": found.then, "not_told_because": Why.TOO_SOON}
    return Move(
        before=dossier, after=dossier.model_copy(update=update), actor="system", verb="offer",
        note=f"{rung.name}: bỏ qua, vì lần nhắc trước mới gửi gần đây.",
    )  # fmt: skip
