"""offer: the citizen is told, on the rung of the ladder whose day has come, if it is still true.

A notice is claimed before it is sent: the claim is stored, then the provider is called with no transaction open, then
what came of it is stored. Whoever dies in between leaves a claim that reconcile explains; none is resent blindly.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog

from proactive import letters
from proactive.domain.dossier import Answer, Dossier, State, move
from proactive.domain.notice import Notice, Sending, advance, notice_id
from proactive.errors import Permanent
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Failure, Notifier, Outcome, Outgoing, Rejected
from proactive.prefill import reasons
from proactive.steps.ask import CannotTell, NoLonger, Registers, StillTrue, ask_again
from proactive.steps.draft import contact
from proactive.steps.trust import fall_short, sentence
from proactive.steps.under import made_under
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue, Service

log = structlog.get_logger()

CALL_LEASE = timedelta(seconds=45)
"""Longer than any provider call may take; after it a claim without an outcome is asked about."""

ASK_SOURCE_AGAIN = timedelta(seconds=60)
TRY_PROVIDER_AGAIN = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(minutes=15)
OPERATOR_MENDS = timedelta(minutes=10)
FIRST_QUESTION = timedelta(seconds=5)
MOST = 64
"""Dossiers a batch: all of them are sent at once, so no call begins late within its lease, and what the sources said
is seconds old when the last of them is told."""


@dataclass(frozen=True)
class _Claim:
    """A dossier with the notice that is about to be sent for it."""

    move: Move
    notice: Notice
    service: Service

    @property
    def dossier(self) -> Dossier:
        """The dossier as it is stored once the claim is kept."""
        return self.move.after.model_copy(update={"version": self.move.before.version + 1})


async def offer(
    *,
    catalogue: Catalogue,
    registers: Registers,
    notifiers: Mapping[str, Notifier],
    store: Store,
    clock: Clock,
    limit: int,
) -> int:
    """Tell each citizen, on the first open channel of the current rung; gives how many dossiers were looked at."""
    now, today = clock.now(), clock.today()
    dossiers = await store.dossiers.claim_to_tell(now=now, today=today, limit=min(limit, MOST))
    if not dossiers:
        return 0
    told = await store.notices.of([dossier.id for dossier in dossiers])
    moves = await _waiting(dossiers, told, catalogue=catalogue, store=store, clock=clock)
    looked_at, waiting = len(dossiers), {move.before.id for move in moves}
    dossiers = [dossier for dossier in dossiers if dossier.id not in waiting]
    truths = await ask_again(dossiers, catalogue=catalogue, registers=registers, today=today)
    now = clock.now()  # leases begin when the calls do, however long the sources took
    out, wrong = await store.notices.unwanted([dossier.subject for dossier in dossiers])
    claims: list[_Claim] = []
    for dossier in dossiers:
        match truths[dossier.id]:
            case CannotTell(why):
                moves.append(_hold(dossier, why, now + ASK_SOURCE_AGAIN))
            case NoLonger(why):
                moves.append(_move(dossier, move(dossier, State.MOOT), note=why))
            case StillTrue() as truth:
                if (dossier.subject, "") in out or (dossier.subject, dossier.service) in out:
                    declined = move(dossier, State.DECLINED, answer=Answer.NEVER, tell_on=None)
                    moves.append(_move(dossier, declined, note="Ông/bà đã chọn không nhận thông báo."))
                    continue
                blocked = {phone for subject, phone in wrong if subject == dossier.subject}
                service = made_under(dossier, catalogue=catalogue)
                assert service is not None  # or it could not be still true
                planned = _plan(
                    _fresh(dossier, truth, service), service, told[dossier.id], blocked,
                    notifiers=notifiers, now=now, today=today,
                )  # fmt: skip
                if isinstance(planned, _Claim):
                    claims.append(planned)
                else:
                    moves.append(planned)
    kept = await store.dossiers.keep([*moves, *(claim.move for claim in claims)], now=now)
    await _send([claim for claim in claims if claim.dossier.id in kept], notifiers=notifiers, store=store, clock=clock)
    return looked_at


async def _waiting(
    dossiers: Sequence[Dossier],
    told: Mapping[UUID, Sequence[Notice]],
    *,
    catalogue: Catalogue,
    store: Store,
    clock: Clock,
) -> list[Move]:
    """Dossiers of which nobody has heard yet wait where a register is worse than their service accepts."""
    untold = [d for d in dossiers if all(notice.state is Sending.PLANNED for notice in told[d.id])]
    short = await fall_short({d.service for d in untold}, catalogue=catalogue, store=store, clock=clock)
    until = clock.now() + ASK_SOURCE_AGAIN
    return [_hold(d, sentence(short[d.service], catalogue), until) for d in untold if d.service in short]


def _fresh(dossier: Dossier, truth: StillTrue, service: Service) -> tuple[Dossier, Dossier]:
    """Before and after: variant and phone are those of today, whatever they were when it was drafted."""
    verdict = truth.verdict
    return dossier, dossier.model_copy(
        update={
            "service_version": service.version,
            "variant": verdict.variant,
            "blocked_by": verdict.blocked_by,
            "needs": tuple(verdict.needs),
            "because": reasons(verdict),
            "phone": contact(service, truth.known),
            "held_because": None,
        }
    )


def _plan(
    pair: tuple[Dossier, Dossier],
    service: Service,
    told: Sequence[Notice],
    blocked: set[str],
    *,
    notifiers: Mapping[str, Notifier],
    now: datetime,
    today: date,
) -> _Claim | Move:
    """What to do for one dossier: claim the next open channel of today's rung, or move on without a notice."""
    before, dossier = pair
    rung, next_day = service.rung(anchor=dossier.anchor, today=today)
    dossier = dossier.model_copy(update={"rung": rung.name, "tell_on": next_day})
    earlier = {notice.channel: notice for notice in told if notice.rung == rung.name}
    why = "Chưa có số điện thoại."
    for channel in rung.channels:
        notice = earlier.get(channel)
        if notice is not None and notice.state in {Sending.REJECTED, Sending.UNDELIVERED, Sending.LOST}:
            why = notice.why or notice.state
            continue
        if notice is not None and notice.state is Sending.CLAIMED:
            # Whoever claimed it has died: it may have been sent. Ask, do not send.
            unknown = advance(notice, Sending.UNKNOWN, lease_until=now + FIRST_QUESTION, why="the sender broke off")
            return _offered(before, dossier, notices=(unknown,))
        if notice is not None and notice.state is not Sending.PLANNED:
            return _offered(before, dossier)
        notifier = notifiers.get(channel)
        address = notifier.reachable(dossier.phone) if notifier is not None else None
        # Registers write one number in several ways; the channel's own form of it tells that it is the same.
        if notifier is None or address is None or address in blocked | {notifier.reachable(phone) for phone in blocked}:
            why = "Số điện thoại không nhận được kênh này." if dossier.phone else why
            continue
        try:
            letter = letters.write(
                service.messages_dir, channel=channel, language="vi", values=_values(service, dossier, today)
            )
        except Permanent as error:
            log.error("offer.text_unusable", service=service.name, channel=channel, why=str(error))
            return _hold(before, str(error), now + OPERATOR_MENDS)
        claimed = Notice(
            id=notice_id(dossier.id, rung.name, channel),
            dossier_id=dossier.id,
            rung=rung.name,
            channel=channel,
            to=address,
            body=letter.text,
            state=Sending.CLAIMED,
            fence=notice.fence + 1 if notice else 1,
            resent=notice.resent if notice else 0,
            lease_until=now + CALL_LEASE,
            created_at=notice.created_at if notice else now,
            sent_at=now,
        )
        claim = Move(
            before=before, after=dossier, actor="system", verb="offer", notices=(claimed,), rest_until=now + CALL_LEASE
        )
        return _Claim(claim, claimed, service)
    return _move(before, _to(dossier, State.UNREACHED), note=why)


def _values(service: Service, dossier: Dossier, today: date) -> dict[str, object]:
    """What a text may hold: codes, days and digits; the record's own words only as the service lists them."""
    values: dict[str, object] = dict(
        service.letter_values(dossier.record_key, {f.name: f.value for f in dossier.fields})
    )
    return {
        **values,
        "variant": dossier.variant,
        "expires_on": letters.day(dossier.anchor),
        "days_late": max(0, (today - dossier.anchor).days),
        "code": letters.spaced(dossier.code),
        "rung": dossier.rung,
    }


async def _send(claims: Sequence[_Claim], *, notifiers: Mapping[str, Notifier], store: Store, clock: Clock) -> None:
    """Call the providers, all at once and with no transaction open, and keep what came of it."""

    async def call(claim: _Claim) -> tuple[_Claim, Outcome]:
        notice = claim.notice
        message = Outgoing(str(notice.id), notice.to, notice.body, notice.sent_at or notice.created_at)
        return claim, await notifiers[notice.channel].send(message)

    outcomes = await asyncio.gather(*(call(claim) for claim in claims))
    now, today = clock.now(), clock.today()
    await store.dossiers.keep([_outcome(claim, outcome, now, today) for claim, outcome in outcomes], now=now)


def _outcome(claim: _Claim, outcome: Outcome, now: datetime, today: date) -> Move:
    dossier, notice = claim.dossier, claim.notice
    match outcome:
        case Accepted(reference):
            accepted = advance(notice, Sending.ACCEPTED, provider_ref=reference, lease_until=None)
            return _offered(dossier, dossier, notices=(accepted,), note=f"{notice.channel}: {notice.rung}")
        case Rejected(Failure.TEMPORARY, code, why):
            again = advance(notice, Sending.PLANNED, error_code=code, why=why, lease_until=None)
            pause = min(TRY_PROVIDER_AGAIN * 2 ** min(notice.fence - 1, 10), LONGEST_PAUSE)
            after = dossier.model_copy(update={"tell_on": today})
            return Move(
                before=dossier, after=after, actor="system", verb="offer", notices=(again,), rest_until=now + pause
            )
        case Rejected(Failure.TECHNICAL, code, why):
            log.error("offer.channel_unusable", channel=notice.channel, code=code, why=why)
            again = advance(notice, Sending.PLANNED, error_code=code, why=why, lease_until=None)
            return _hold(dossier, f"{notice.channel}: {why} ({code})", now + OPERATOR_MENDS, notices=(again,))
        case Rejected(_, code, why):
            rejected = advance(notice, Sending.REJECTED, error_code=code, why=why, lease_until=None, settled_at=now)
            # The rung may have another channel: offer looks at the dossier again at once.
            again_today = dossier.model_copy(update={"tell_on": today})
            return Move(before=dossier, after=again_today, actor="system", verb="offer", notices=(rejected,))
        case unknown:
            doubtful = advance(notice, Sending.UNKNOWN, why=unknown.why, lease_until=now + FIRST_QUESTION)
            return _offered(dossier, dossier, notices=(doubtful,), note=f"{notice.channel}: {notice.rung} (?)")


def _to(dossier: Dossier, state: State) -> Dossier:
    return dossier if dossier.state is state else move(dossier, state)


def _offered(before: Dossier, dossier: Dossier, *, notices: tuple[Notice, ...] = (), note: str | None = None) -> Move:
    return Move(
        before=before, after=_to(dossier, State.OFFERED), actor="system", verb="offer", notices=notices, note=note
    )


def _move(before: Dossier, after: Dossier, *, note: str) -> Move:
    return Move(before=before, after=after, actor="system", verb="offer", note=note)


def _hold(dossier: Dossier, why: str, until: datetime, *, notices: tuple[Notice, ...] = ()) -> Move:
    """Keep the dossier where it is, say why, and look again later. The same reason is not written down twice."""
    return Move(
        before=dossier,
        after=dossier.model_copy(update={"held_because": why}),
        actor="system",
        verb="hold",
        note=None if dossier.held_because == why else why,
        rest_until=until,
        notices=notices,
    )
