"""What came of handing a message over, for every matter that it names."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import structlog

from proactive.domain.dossier import Dossier, State, look_again, move
from proactive.domain.manners import Allowance, Kind, shares
from proactive.domain.notice import Notice, Sending, advance
from proactive.ports.clock import DA_NANG
from proactive.ports.notifier import Accepted, Failure, Outcome, Rejected
from proactive.store.claiming import Matter, Message
from proactive.store.keeping import Move
from rules.manners import Policy

log = structlog.get_logger()

TRY_PROVIDER_AGAIN = timedelta(seconds=20)
LONGEST_PAUSE = timedelta(minutes=15)
OPERATOR_MENDS = timedelta(minutes=10)
FIRST_QUESTION = timedelta(seconds=5)


def kept(message: Message, outcome: Outcome, *, policy: Policy, now: datetime, today: date) -> Iterator[Move]:
    """The moves of all matters of a message; what surely did not go out gives back what was reserved for it."""
    if isinstance(outcome, Rejected) and outcome.failure is Failure.TECHNICAL:
        channel = message.matters[0].notice.channel
        log.error("offer.channel_unusable", channel=channel, code=outcome.code, why=outcome.why)
    for matter in message.matters:
        made = _of(matter, outcome, now=now, today=today)
        if isinstance(outcome, Rejected):
            made = _given_back(made, matter, policy)
        yield made


def _of(matter: Matter, outcome: Outcome, *, now: datetime, today: date) -> Move:
    before, after, notice = matter.before, matter.after, matter.notice
    match outcome:
        case Accepted(reference):
            accepted = advance(
                notice, Sending.ACCEPTED, provider_ref=None if notice.carried_by else reference, lease_until=None
            )
            return offered(before, after, notices=(accepted,), note=f"{notice.channel}: {notice.rung}")
        case Rejected(Failure.TEMPORARY, code, why, until) if until is None or _of_use(until, matter):
            again = advance(notice, Sending.PLANNED, error_code=code, why=why, lease_until=None)
            pause = min(TRY_PROVIDER_AGAIN * 2 ** min(notice.fence - 1, 10), LONGEST_PAUSE)
            return _again(matter, again, today=today, now=now, rest_until=max(until or now, now + pause))
        case Rejected(Failure.TECHNICAL, code, why):
            again = advance(notice, Sending.PLANNED, error_code=code, why=why, lease_until=None)
            due = look_again(after, today=today, at=now)
            held = hold(due, f"{notice.channel}: {why} ({code})", now + OPERATOR_MENDS, notices=(again,))
            return replace(held, before=before)
        case Rejected(failure, code, why):
            rejected = advance(notice, Sending.REJECTED, error_code=code, why=why, lease_until=None, settled_at=now)
            # The rung may have another channel: offer looks at the dossier again at once.
            made = _again(matter, rejected, today=today, now=now)
            said_stop = failure is Failure.OPTED_OUT and matter.simulated is None
            return replace(made, opt_out_on=notice.channel if said_stop else None)
        case unknown:
            doubtful = advance(notice, Sending.UNKNOWN, why=unknown.why, lease_until=now + FIRST_QUESTION)
            return offered(before, after, notices=(doubtful,), note=f"{notice.channel}: {notice.rung} (?)")


def _of_use(until: datetime, matter: Matter) -> bool:
    """Whether telling then still helps; otherwise the next channel is used today."""
    return until.astimezone(DA_NANG).date() <= matter.asked.useful_until


def _again(matter: Matter, notice: Notice, *, today: date, now: datetime, rest_until: datetime | None = None) -> Move:
    after = look_again(matter.after, today=today, at=now)
    return Move(
        before=matter.before, after=after, actor="system", verb="offer", notices=(notice,), rest_until=rest_until
    )  # fmt: skip


def _given_back(made: Move, matter: Matter, policy: Policy) -> Move:
    claimed_at = matter.notice.sent_at
    assert claimed_at is not None
    used = shares(matter.asked, policy=policy, now=claimed_at)
    back: tuple[tuple[Allowance, int], ...] = tuple(
        (allowance, amount) for allowance, amount, _ in used if allowance.kind is not Kind.CHANNEL_SECOND and amount
    )
    return replace(made, gives_back=back, untold=claimed_at if matter.asked.carries else None)


def offered(before: Dossier, dossier: Dossier, *, notices: tuple[Notice, ...] = (), note: str | None = None) -> Move:
    after = dossier if dossier.state is State.OFFERED else move(dossier, State.OFFERED)
    return Move(before=before, after=after, actor="system", verb="offer", notices=notices, note=note)


def hold(dossier: Dossier, why: str, until: datetime, *, notices: tuple[Notice, ...] = ()) -> Move:
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
