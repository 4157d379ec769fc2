"""offer: the citizen is told, on the rung of the ladder whose day has come, if it is still true and good manners allow.

A notice is claimed before it is sent: the claim is stored, then the provider is called with no transaction open, then
what came of it is stored, with the dossier. Whoever dies in between leaves a claim that reconcile explains; none is
resent blindly.
Manners are asked twice: before the sources are troubled, and under lock in the transaction of the claim. Whether the
service was stopped is asked a third time, before the batch is handed over.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta

import structlog

from proactive.domain.addressee import one_form
from proactive.domain.dossier import Dossier, State, look_again, move
from proactive.domain.notice import Notice, Sending, advance
from proactive.domain.pseudonym import Pseudonyms
from proactive.errors import Permanent
from proactive.ports.clock import Clock
from proactive.ports.notifier import Notifier
from proactive.steps.ask import CannotTell, NoLonger, Registers, StillTrue, ask_again
from proactive.steps.draft import known_now
from proactive.steps.telling.balance import balance, count, drawn, shares_of
from proactive.steps.telling.compose import Draft, said, together
from proactive.steps.telling.gaps import spaced_out
from proactive.steps.telling.handing import hand_over
from proactive.steps.telling.hearing import Manners, addressee_of, may_hear, special_numbers, untrusted, waits
from proactive.steps.telling.outcomes import FIRST_QUESTION, OPERATOR_MENDS, hold, kept, offered
from proactive.steps.telling.rungs import BrokenOff, Told, Unreached, next_channel
from proactive.steps.under import made_under
from proactive.store.claiming import Message, Refused, claim_messages
from proactive.store.dossiers import LEASE
from proactive.store.ground import Ground
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue, Service
from rules import manners as policies
from rules.groups import members, spelt_out

log = structlog.get_logger()

ASK_SOURCE_AGAIN = timedelta(seconds=60)
MOST = 256
"""Dossiers a batch: all of them are sent at once, so no call begins late within its lease, and what the sources said
is seconds old when the last of them is told."""


async def offer(
    *,
    catalogue: Catalogue,
    registers: Registers,
    notifiers: Mapping[str, Notifier],
    store: Store,
    clock: Clock,
    policy: policies.Manners,
    a_second: int,
    limit: int,
    turn: AbstractAsyncContextManager[object] | None = None,
) -> int:
    """Tell each citizen, on the first open channel of the current rung; gives how many dossiers were looked at.

    `a_second`: the messages that each channel may be handed in one second, by all workers together. `turn`: what
    several batches of one process take in turns to be claimed, so that each sees what the others have reserved; while
    one is with the providers the next is claimed.
    """
    async with turn or nullcontext():
        messages, looked_at = await _claimed(
            catalogue=catalogue, registers=registers, notifiers=notifiers, store=store, clock=clock, policy=policy,
            a_second=a_second, limit=limit,
        )  # fmt: skip
    services = {matter.asked.service for message in messages for matter in message.matters}
    halted = await store.live.halted(services)  # somebody may have stopped it since the claim
    outcomes, receipts, handed = await hand_over(messages, notifiers=notifiers, halted=halted)
    now, today = clock.now(), clock.today()
    in_force = policy.on(today)
    done = [one for message, came in outcomes for one in kept(message, came, policy=in_force, now=now, today=today)]
    await store.dossiers.keep(done, now=now)
    if receipts:
        await store.notices.receive(receipts, now=now)
    if handed:
        await count(handed, store=store, now=now)
        await balance(store=store, now=now)
    return looked_at


async def _claimed(
    *,
    catalogue: Catalogue,
    registers: Registers,
    notifiers: Mapping[str, Notifier],
    store: Store,
    clock: Clock,
    policy: policies.Manners,
    a_second: int,
    limit: int,
) -> tuple[list[Message], int]:
    """The messages whose claims are stored, none of them handed over yet, and how many dossiers were looked at."""
    now, today = clock.now(), clock.today()
    leased_until = now + LEASE
    left = await store.addressees.left_this_second(notifiers, most=a_second, now=now)
    dossiers = await store.dossiers.claim_to_tell(
        now=now, today=today, limit=min(limit, MOST, left), leaving=catalogue.aside
    )
    if not dossiers:
        return [], 0
    in_force = policy.on(today)
    numbers, shares, told = await asyncio.gather(
        special_numbers(store, in_force), shares_of(store), store.notices.of([dossier.id for dossier in dossiers])
    )
    manners = Manners(policy=in_force, a_second=a_second, numbers=numbers, shares=shares, now=now, today=today)
    ready, moves, ground = await may_hear(
        dossiers, catalogue=catalogue, notifiers=notifiers, store=store, manners=manners
    )
    ready, waiting = spaced_out(ready, told, catalogue=catalogue, manners=manners)
    moves += waiting
    ready, waiting = await untrusted(
        ready, told, catalogue=catalogue, store=store, until=now + ASK_SOURCE_AGAIN, clock=clock
    )
    moves += waiting
    truths = await ask_again(ready, catalogue=catalogue, registers=registers, today=today)
    now = clock.now()  # leases begin when the calls do, however long the sources took
    manners = replace(manners, now=now, today=today)
    _, wrong = await store.notices.unwanted([dossier.subject for dossier in ready])
    drafts: list[Draft] = []
    for dossier in ready:
        match truths[dossier.id]:
            case CannotTell(why):
                moves.append(hold(dossier, why, now + ASK_SOURCE_AGAIN))
            case NoLonger(why):
                moves.append(_move(dossier, move(dossier, State.MOOT), note=why))
            case StillTrue() as truth:
                service = made_under(dossier, catalogue=catalogue)
                assert service is not None  # or it could not be still true
                blocked = {one_form(phone) for subject, phone in wrong if subject == dossier.subject}
                fresh = known_now(
                    dossier, truth, catalogue=catalogue, today=today, as_of=now, pseudonyms=store.pseudonyms
                )
                planned = _plan(
                    (dossier, _to_tell(dossier, fresh)), service, told[dossier.id], blocked,
                    notifiers=notifiers, manners=manners, ground=ground, pseudonyms=store.pseudonyms,
                )  # fmt: skip
                if isinstance(planned, Draft):
                    drafts.append(planned)
                else:
                    moves.append(planned)
    messages, refused = await claim_messages(
        store.engine, list(together(drafts, manners=manners)), policy=in_force, now=now, today=today,
        leased_until=leased_until,
    )  # fmt: skip
    await store.dossiers.keep([*moves, *_refused(refused, manners)], now=now)
    return messages, len(dossiers)


def _to_tell(dossier: Dossier, fresh: Dossier) -> Dossier:
    """What its citizen is told of and then sees is what the sources say now: a row of theirs may still be on its way to
    us. Values that have not changed are not written again."""
    same = [field.value for field in fresh.fields] == [field.value for field in dossier.fields]
    return fresh.model_copy(update={"not_told_because": None, "fields": dossier.fields if same else fresh.fields})


def _plan(
    pair: tuple[Dossier, Dossier],
    service: Service,
    told: Sequence[Notice],
    blocked: set[str],
    *,
    notifiers: Mapping[str, Notifier],
    manners: Manners,
    ground: Ground,
    pseudonyms: Pseudonyms,
) -> Draft | Move:
    """What to do for one dossier: tell on the next open channel of today's rung, or move on without a notice."""
    before, dossier = pair
    now, today = manners.now, manners.today
    rung, next_day = service.rung(anchor=dossier.anchor, today=today)
    dossier = dossier.model_copy(update={"rung": rung.name, "tell_on": next_day, "tell_after": now})
    if notifiers.keys().isdisjoint(spelt_out(rung.channels)):
        return hold(before, f"Chưa có kênh nào được thiết lập: {', '.join(rung.channels)}.", now + OPERATOR_MENDS)
    known = {notice.channel: notice for notice in told if notice.rung == rung.name}
    closed = {
        channel
        for name in rung.channels
        for channel in members(name)
        if any(ground.opted_out(dossier.subject, service.name, one) for one in (name, channel))
    }
    rung = drawn(rung, known, shares=manners.shares, key=str(dossier.id))
    addressee = addressee_of(dossier, ground).without(blocked)
    chosen = next_channel(rung, known, addressee, notifiers=notifiers, closed=closed, now=now)
    match chosen:
        case BrokenOff(notice) if notice.carried_by is not None:
            return offered(before, dossier)  # what became of the notice that carries it is asked about
        case BrokenOff(notice):
            unknown = advance(notice, Sending.UNKNOWN, lease_until=now + FIRST_QUESTION, why="the sender broke off")
            return offered(before, dossier, notices=(unknown,))
        case Told(until):
            return offered(before, look_again(dossier, today=today, at=until) if until else dossier)
        case Unreached(why):
            unreached = dossier if dossier.state is State.UNREACHED else move(dossier, State.UNREACHED)
            return _move(before, unreached, note=why)
    try:
        letter, content = said(service, dossier, chosen.channel, addressee.language, today, pseudonyms=pseudonyms)
    except Permanent as error:
        log.error("offer.text_unusable", service=service.name, channel=chosen.channel, why=str(error))
        return hold(before, str(error), now + OPERATOR_MENDS)
    return Draft(
        before=before, dossier=dossier, service=service, rung=rung, chosen=chosen, addressee=addressee,
        letter=letter, content=content,
    )  # fmt: skip


def _refused(refused: Sequence[Refused], manners: Manners) -> list[Move]:
    """What becomes of messages that manners stopped at the last moment: each matter waits as long as it has to."""
    return [
        waits(matter.before, decision, policy=manners.policy, now=manners.now)
        for one in refused
        for matter, decision in zip(one.message.matters, one.decisions, strict=True)
        if decision is not None
    ]


def _move(before: Dossier, after: Dossier, *, note: str) -> Move:
    return Move(before=before, after=after, actor="system", verb="offer", note=note)
