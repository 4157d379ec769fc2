"""tidy: forget what nobody needs any more: sessions that are over, counters of past windows, news long told.

Dossiers that nobody has answered for as long as their service says are given up here too, pilots whose last day is past
are stopped, and calls that were left over when somebody stopped their service are closed.
"""

from datetime import timedelta

import structlog

from proactive.domain.dossier import State, move
from proactive.ports.clock import Clock
from proactive.steps.office_files import KEPT_FOR
from proactive.store.keeping import Move
from proactive.store.providers import KEPT as COUNTS_KEPT
from proactive.store.store import Store
from rules import Catalogue

log = structlog.get_logger()

NEWS_KEPT = timedelta(days=7)
RECEIPTS_WAIT = timedelta(hours=1)
ALLOWANCES_KEPT = timedelta(days=40)
MOST = 1000


async def tidy(*, catalogue: Catalogue, store: Store, clock: Clock) -> int:
    """Forget once; gives how many dossiers were given up, for there may be more."""
    now = clock.now()
    await store.sessions.sweep(now=now)
    await store.news.forget(before=now - NEWS_KEPT)
    await store.notices.forget_receipts(before=now - RECEIPTS_WAIT)
    await store.file_rows.tidy(before=now - KEPT_FOR)
    await store.addressees.tidy(before=now - ALLOWANCES_KEPT)
    await store.providers.tidy(before=now - 2 * COUNTS_KEPT)
    for pilot in await store.pilots.end_those_over(now=now, today=clock.today()):
        log.info("pilot.over", pilot=pilot.id, service=pilot.service)
    await store.live.withdraw_left(by="system", now=now)
    return await _give_up_unanswered(catalogue=catalogue, store=store, clock=clock)


async def _give_up_unanswered(*, catalogue: Catalogue, store: Store, clock: Clock) -> int:
    """A dossier whose ladder is over and that nobody answered in its service's days is moot: it is kept no longer as
    one that waits. Should a record of it change while it is still true, it comes back, and no rung is told twice."""
    now, days = clock.now(), {s.name: s.closing.drop_unanswered_after_days for s in catalogue.services.values()}
    made_before = {service: now - timedelta(days=count) for service, count in days.items()}
    unanswered = await store.dossiers.claim_unanswered(made_before, now=now, limit=MOST, leaving=catalogue.aside)
    await store.dossiers.keep(
        [
            Move(
                before=d,
                after=move(d, State.MOOT, tell_on=None),
                actor="system",
                verb="tidy",
                note=f"Không có trả lời trong {days[d.service]} ngày.",
            )
            for d in unanswered
        ],
        now=now,
    )
    return len(unanswered)
