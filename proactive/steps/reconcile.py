"""reconcile: what became of notices. Receipts settle them; those in doubt are asked about, never sent blindly again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog

from proactive.domain.call import CallOutcome
from proactive.domain.dossier import Dossier, State, look_again, move
from proactive.domain.notice import SENDING_MOVES, Notice, Sending, advance
from proactive.errors import Unanswerable, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.notifier import Notifier, Outgoing
from proactive.steps.telling.balance import count_settled
from proactive.store.keeping import Move
from proactive.store.store import Store

log = structlog.get_logger()

QUESTION_LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
MOST_RESENT = 1
"""A notice that was surely never there is sent once more; after that a person has to look."""
WITHDRAWN = "Cuộc gọi đã được rút, vì dịch vụ hoặc thí điểm bị dừng; không gọi nữa."


async def reconcile(
    *, notifiers: Mapping[str, Notifier], store: Store, clock: Clock, absent_after: timedelta, limit: int
) -> int:
    """Settle notices by receipts, then ask about those in doubt. `absent_after`: since the call, before "not there"
    is believed. Gives how many were looked at."""
    return await _receipts(store=store, clock=clock, limit=limit) + await _doubts(
        notifiers=notifiers, store=store, clock=clock, absent_after=absent_after, limit=limit
    )


async def _receipts(*, store: Store, clock: Clock, limit: int) -> int:
    now, today = clock.now(), clock.today()
    found = await store.notices.receipts_to_apply(limit=limit)
    if not found:
        return 0
    settled: dict[UUID, Notice] = {}
    for _, notice, sending, code in found:
        present = settled.get(notice.id, notice)
        if Sending(sending) in SENDING_MOVES[present.state]:
            settled[notice.id] = advance(present, Sending(sending), error_code=code, lease_until=None, settled_at=now)
        elif present.state != sending:
            log.warning("reconcile.contradicted", notice=str(notice.id), state=present.state, receipt=sending)
    await store.notices.settle(list(settled.values()))
    carried = await store.notices.settle_carried(list(settled))
    undelivered = [n for n in (*settled.values(), *carried) if n.state is Sending.UNDELIVERED]
    await _not_delivered(undelivered, store, now=now, today=today)
    await count_settled(list(settled.values()), store=store, now=now)
    await store.notices.receipts_applied([receipt_id for receipt_id, _, _, _ in found])
    return len(found)


async def _not_delivered(notices: Sequence[Notice], store: Store, *, now: datetime, today: date) -> None:
    """Offer looks at these dossiers again: the rung may have another channel, or a person has to call."""
    dossiers = await store.dossiers.many([notice.dossier_id for notice in notices])
    withdrawn = {notice.dossier_id for notice in notices if notice.error_code == CallOutcome.WITHDRAWN}
    await store.dossiers.keep(
        [
            Move(
                before=d, after=look_again(d, today=today, at=now), actor="system", verb="reconcile",
                note=WITHDRAWN if d.id in withdrawn else None,
            )
            for d in dossiers
            if d.state is State.OFFERED
        ],
        now=now,
    )  # fmt: skip


async def _doubts(
    *, notifiers: Mapping[str, Notifier], store: Store, clock: Clock, absent_after: timedelta, limit: int
) -> int:
    now = clock.now()
    await store.notices.drop_planned(now=now)
    notices = await store.notices.claim_unclear(now=now, until=now + QUESTION_LEASE, limit=min(limit, 100))
    carried = await store.notices.carried_by([notice.id for notice in notices])
    every = [*notices, *(one for some in carried.values() for one in some)]
    dossiers = {d.id: d for d in await store.dossiers.many([notice.dossier_id for notice in every])}
    for notice in notices:
        answered = await _ask(notice, notifiers, now=clock.now(), absent_after=absent_after)
        same = [_as_carrier(one, answered) for one in carried.get(notice.id, ())]
        asked = (notice, *carried.get(notice.id, ()))
        moves = [
            _move(dossiers[one.dossier_id], was, one, clock) for was, one in zip(asked, (answered, *same), strict=True)
        ]
        if answered.state is Sending.PLANNED and notice.sent_at is not None:
            moves[0] = replace(moves[0], untold=notice.sent_at)
        await store.dossiers.keep(moves, now=clock.now())
    return len(notices)


def _move(dossier: Dossier, was: Notice, answered: Notice, clock: Clock) -> Move:
    """What the answer about a notice means for its dossier."""
    after, note = dossier, None
    if was.state is Sending.CLAIMED and dossier.state in {State.DRAFTED, State.OFFERED, State.UNREACHED}:
        # Whoever claimed it died before the dossier was written: it is on that rung, and offer says what comes next.
        rung = dossier.model_copy(update={"rung": was.rung})
        after = look_again(rung, today=clock.today(), at=clock.now())
    if answered.state is Sending.PLANNED and dossier.state in {State.DRAFTED, State.OFFERED}:
        after = look_again(after, today=clock.today(), at=clock.now())
    elif answered.state is Sending.LOST and dossier.state is State.OFFERED:
        after, note = move(after, State.UNREACHED), answered.why
    elif dossier.state is State.DRAFTED and answered.state is not Sending.PLANNED:
        after = move(after, State.OFFERED)
    return Move(before=dossier, after=after, actor="system", verb="reconcile", note=note, notices=(answered,))


def _as_carrier(notice: Notice, carrier: Notice) -> Notice:
    """A matter that another notice's message named: what became of that one became of it."""
    if notice.state not in {Sending.CLAIMED, Sending.UNKNOWN} or notice.state is carrier.state:
        return notice
    doubtful = notice if notice.state is Sending.UNKNOWN else advance(notice, Sending.UNKNOWN)
    if carrier.state is Sending.UNKNOWN:
        return doubtful.model_copy(update={"why": carrier.why})
    return advance(
        doubtful, carrier.state, lease_until=None, settled_at=carrier.settled_at, resent=carrier.resent, why=carrier.why
    )


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
    except Unanswerable as error:
        return doubtful.model_copy(update={"lease_until": None, "why": str(error)})
    if found is not None:
        return advance(doubtful, Sending.ACCEPTED, provider_ref=found.provider_ref, lease_until=None, why=None)
    if notice.asked < 1 or now - since < absent_after:
        return doubtful.model_copy(update=later)
    if notice.resent < MOST_RESENT:
        why = "the provider never had it"
        return advance(doubtful, Sending.PLANNED, lease_until=None, asked=0, resent=notice.resent + 1, why=why)
    return advance(doubtful, Sending.LOST, lease_until=None, settled_at=now, why="the provider never had it, twice")
