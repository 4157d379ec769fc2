"""Every night both sides are compared: what we handed over, and what the intake says it has. Differences are reported.

Nothing is corrected by this: an application that is missing there is handed over again by a person's decision, because
somebody has to understand first why it is missing. A status that we missed is asked for anyway, by follow.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from proactive.domain.base import Value
from proactive.errors import Unreachable
from proactive.ports.clock import DA_NANG, Clock
from proactive.ports.intake import Intake, Listed
from proactive.store.store import Store

log = structlog.get_logger()

NIGHT = 1
"""The hour in Da Nang from which a night's comparison is due."""
SPAN = timedelta(days=35)
"""How far back each comparison looks: longer than most procedures take."""
SETTLES = timedelta(minutes=10)
"""What was handed over in the last minutes may still be on its way, and is left to the next night."""


class Difference(Value):
    """One application on which the two sides do not agree."""

    reference: str
    kind: str
    """missing_there, missing_here, content, status."""
    ours: int | None = None
    theirs: int | None = None


def differences(ours: Mapping[str, tuple[str, int]], theirs: Mapping[str, Listed]) -> list[Difference]:
    """Where two sides do not agree; each is reference -> content hash and newest status. By reference."""
    found = []
    for reference in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(reference), theirs.get(reference)
        if there is None and here is not None:
            found.append(Difference(reference=reference, kind="missing_there", ours=here[1]))
        elif here is None and there is not None:
            found.append(Difference(reference=reference, kind="missing_here", theirs=there.code))
        elif here is not None and there is not None and here[0] != there.content_hash:
            found.append(Difference(reference=reference, kind="content", ours=here[1], theirs=there.code))
        elif here is not None and there is not None and here[1] != there.code:
            found.append(Difference(reference=reference, kind="status", ours=here[1], theirs=there.code))
    return found


async def reconcile_intake(*, intake: Intake, store: Store, clock: Clock, span: timedelta = SPAN) -> list[Difference]:
    """Compare now, and keep the report. Raises `Unreachable` where the intake does not answer."""
    now = clock.now()
    since, until = now - span, now - SETTLES
    theirs = await intake.listed(since, until)
    # What reached the intake within the span may have been handed over a little before it, or answered a little after.
    ours = await store.intake_queue.handed_over(since - SETTLES, now)
    settled = await store.intake_queue.handed_over(since + SETTLES, until - SETTLES)
    found = [
        one
        for one in differences(ours, theirs)
        if one.kind != "missing_there" or one.reference in settled
    ]  # fmt: skip
    await store.intake_queue.report(
        at=now, since=since, until=until, ours=len(ours), theirs=len(theirs),
        found=[one.model_dump() for one in found],
    )  # fmt: skip
    if found:
        log.warning("intake.differs", number=len(found))
    return found


async def nightly(*, intake: Intake, store: Store, clock: Clock) -> int:
    """Compare once each night; gives how many differences were found."""
    local = clock.now().astimezone(DA_NANG)
    last = await store.intake_queue.last_report()
    due = _night(local)
    if last is not None and last["at"] >= due:
        return 0
    try:
        return len(await reconcile_intake(intake=intake, store=store, clock=clock))
    except Unreachable as error:
        log.warning("intake.not_compared", why=str(error))
        return 0


def _night(local: datetime) -> datetime:
    """The newest moment at which a comparison fell due."""
    tonight = local.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    return tonight if local >= tonight else tonight - timedelta(days=1)
