"""follow: statuses come back from the intake until the result is in the citizen's hands; then the dossier closes."""

import asyncio
from datetime import timedelta

import structlog

from proactive.domain.application import Progress
from proactive.domain.dossier import CLOSING_STATUS, Dossier, State, move
from proactive.errors import Unreachable
from proactive.ports.clock import Clock
from proactive.ports.intake import Intake
from proactive.store.keeping import Move
from proactive.store.store import Store

log = structlog.get_logger()

AT_ONCE = 16


async def follow(*, intake: Intake, store: Store, clock: Clock, every: timedelta, limit: int) -> int:
    """Bring forwarded dossiers up to date with the intake. Call-backs bring them here at once; `every` so often we ask
    ourselves, because a call-back may be lost. Gives how many were looked at."""
    now = clock.now()
    dossiers = await store.dossiers.claim([State.FORWARDED], now=now, limit=min(limit, 500))
    if not dossiers:
        return 0
    references = [dossier.reference or "" for dossier in dossiers]
    known = await store.intake.progress(references)
    silent = [d.reference or "" for d in dossiers if _newest(known[d.reference or ""]) == (d.intake_status or 0)]
    for reference, statuses in (await _ask(intake, silent)).items():
        if fresh := [status for status in statuses if status not in known[reference]]:
            await store.intake.receive(fresh, now=now)
            known[reference] = sorted([*known[reference], *fresh], key=lambda status: (status.at, status.code))
    await store.dossiers.keep([_move(d, known[d.reference or ""], clock, every) for d in dossiers], now=clock.now())
    return len(dossiers)


async def _ask(intake: Intake, references: list[str]) -> dict[str, list[Progress]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(reference: str) -> tuple[str, list[Progress]]:
        async with gate:
            try:
                return reference, list(await intake.progress(reference))
            except Unreachable as error:
                log.warning("follow.unreachable", why=str(error))
                return reference, []

    return dict(await asyncio.gather(*(one(reference) for reference in references)))


def _newest(statuses: list[Progress]) -> int:
    return statuses[-1].code if statuses else 0


def _move(dossier: Dossier, statuses: list[Progress], clock: Clock, every: timedelta) -> Move:
    """A closing status closes whatever else arrives late; otherwise the newest status is shown."""
    rest = clock.now() + every
    closing = next((s for s in reversed(statuses) if s.code in CLOSING_STATUS), None)
    if closing is not None:
        after = move(dossier, CLOSING_STATUS[closing.code], intake_status=closing.code, held_because=None)
        return Move(before=dossier, after=after, actor="intake", verb="follow", note=str(closing.code))
    newest = _newest(statuses)
    if newest == (dossier.intake_status or 0):
        return Move(before=dossier, after=dossier, actor="intake", verb="follow", rest_until=rest)
    after = dossier.model_copy(update={"intake_status": newest})
    return Move(before=dossier, after=after, actor="intake", verb="follow", note=str(newest), rest_until=rest)
