"""reconcile: what became of notices. Receipts settle them; those in doubt are asked about, never sent blindly again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from proactive.domain.dossier import Dossier, State, move
from proactive.domain.notice import SENDING_MOVES, Notice, Sending, advance
from proactive.errors import Unreachable
from proactive.ports.clock import Clock
from proactive.ports.notifier import Notifier, Outgoing
from proactive.store.keeping import Move
from proactive.store.store import Store

log = structlog.get_logger()

QUESTION_LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MOST_SENDINGS = 2
"""A notice that was surely never there is sent once more; after that a person has to look."""


async def reconcile(
    *, notifiers: Mapping[str, Notifier], store: Store, clock: Clock, absent_after: timedelta, limit: int
) -> int:
    """Settle notices by receipts, then ask about those in doubt. `absent_after`: since the call, before "not there"
    is believed. Gives how many were looked at."""
    return await _receipts(store=store, clock=clock, limit=limit) + await _doubts(
        notifiers=notifiers, store=store, clock=clock, absent_after=absent_after, limit=limit
    )


async def _receipts(*, store: Store, clock: Clock, limit: int) -> int:
    found = await store.notices.receipts_to_apply(limit=limit)
    if not found:
        return 0
    now, today = clock.now(), clock.today()
    dossiers = {d.id: d for d in await store.dossiers.many([notice.dossier_id for _, notice, _, _ in found])}
    moves: list[Move] = []
    applied: dict[int, Dossier] = {}
    busy: set[object] = set()
    for receipt_id, notice, sending, code in found:
        dossier = dossiers[notice.dossier_id]
        if Sending(sending) not in SENDING_MOVES[notice.state]:
            if notice.state != sending:
                log.warning("reconcile.contradicted", notice=str(notice.id), state=notice.state, receipt=sending)
            await store.notices.receipts_applied([receipt_id])
            continue
        if dossier.id in busy:
            continue  # one move of a dossier a batch; the next receipt of the same dossier comes in the next
        busy.add(dossier.id)
        applied[receipt_id] = dossier
        settled = advance(notice, Sending(sending), error_code=code, lease_until=None, settled_at=now)
        after = dossier
        if settled.state is Sending.UNDELIVERED and dossier.state is State.OFFERED:
            after = dossier.model_copy(update={"tell_on": today})  # the rung may have another channel
        moves.append(Move(before=dossier, after=after, actor="system", verb="reconcile", notices=(settled,)))
    kept = await store.dossiers.keep(moves, now=now)
    await store.notices.receipts_applied([number for number, dossier in applied.items() if dossier.id in kept])
    return len(found)


async def _doubts(
    *, notifiers: Mapping[str, Notifier], store: Store, clock: Clock, absent_after: timedelta, limit: int
) -> int:
    now = clock.now()
    notices = await store.notices.claim_unclear(now=now, until=now + QUESTION_LEASE, limit=min(limit, 100))
    dossiers = {d.id: d for d in await store.dossiers.many([notice.dossier_id for notice in notices])}
    for notice in notices:
        answered = await _ask(notice, notifiers, now=clock.now(), absent_after=absent_after)
        dossier = dossiers[notice.dossier_id]
        after, note = dossier, None
        if answered.state is Sending.PLANNED and dossier.state in {State.DRAFTED, State.OFFERED}:
            after = dossier.model_copy(update={"tell_on": clock.today()})
        elif answered.state is Sending.LOST and dossier.state is State.OFFERED:
            after, note = move(dossier, State.UNREACHED), answered.why
        elif dossier.state is State.DRAFTED and answered.state is not Sending.PLANNED:
            after = move(dossier, State.OFFERED)
        await store.dossiers.keep(
            [Move(before=dossier, after=after, actor="system", verb="reconcile", note=note, notices=(answered,))],
            now=clock.now(),
        )
    return len(notices)


async def _ask(notice: Notice, notifiers: Mapping[str, Notifier], *, now: datetime, absent_after: timedelta) -> Notice:
    """The notice after one question to its provider."""
    doubtful = (
        notice if notice.state is Sending.UNKNOWN else advance(notice, Sending.UNKNOWN, why="the sender broke off")
    )
    since = notice.sent_at or notice.created_at
    later = {"asked": notice.asked + 1, "lease_until": now + min(timedelta(seconds=5) * 2**notice.asked, LONGEST_PAUSE)}
    notifier = notifiers.get(notice.channel)
    try:
        found = (
            await notifier.find(Outgoing(str(notice.id), notice.to, notice.body, since))
            if notifier is not None
            else None
        )
    except Unreachable as error:
        return doubtful.model_copy(update={**later, "why": str(error)})
    if found is not None:
        return advance(doubtful, Sending.ACCEPTED, provider_ref=found.provider_ref, lease_until=None, why=None)
    if notice.asked < 1 or now - since < absent_after:
        return doubtful.model_copy(update=later)
    if notice.fence < MOST_SENDINGS:
        return advance(doubtful, Sending.PLANNED, lease_until=None, asked=0, why="the provider never had it")
    return advance(doubtful, Sending.LOST, lease_until=None, settled_at=now, why="the provider never had it, twice")
