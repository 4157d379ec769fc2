"""tidy: forget what nobody needs any more: sessions that are over, counters of past windows, news long told."""

from datetime import timedelta

from proactive.ports.clock import Clock
from proactive.steps.office_files import KEPT_FOR
from proactive.store.store import Store

NEWS_KEPT = timedelta(days=7)
RECEIPTS_WAIT = timedelta(hours=1)


async def tidy(*, store: Store, clock: Clock) -> int:
    """Forget once; gives 0: there is nothing to hurry for."""
    now = clock.now()
    await store.sessions.sweep(now=now)
    await store.news.forget(before=now - NEWS_KEPT)
    await store.notices.forget_receipts(before=now - RECEIPTS_WAIT)
    await store.file_rows.tidy(before=now - KEPT_FOR)
    return 0
