"""Who may be told now: manners are asked before the sources are, and whoever must wait rests with the reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

import structlog

from proactive.domain.addressee import Addressee, one_form
from proactive.domain.dossier import Answer, Dossier, Field, State, move
from proactive.domain.manners import DAY as A_DAY
from proactive.domain.manners import Asked, Budget, Decision, Never, Send, Wait, Why, opens, shares
from proactive.domain.notice import Notice, Sending
from proactive.domain.pilot import Candidate
from proactive.ports.clock import Clock
from proactive.ports.notifier import Notifier
from proactive.steps.telling.balance import Shares, drawn
from proactive.steps.telling.outcomes import hold
from proactive.steps.trust import fall_short, sentence
from proactive.steps.under import made_under
from proactive.store.ground import Ground
from proactive.store.keeping import Move
from proactive.store.store import Store
from rules import Catalogue, Service
from rules.grammar import Rung
from rules.manners import Policy, Simulated
from rules.offices import offices

log = structlog.get_logger()


@dataclass(frozen=True)
class Numbers:
    """Numbers that are not like others, each in its one form. They mark a person, on whatever channel."""

    guests: frozenset[str]
    simulated: Mapping[str, Simulated]

    def guest(self, addressee: Addressee) -> bool:
        return addressee.any_in(self.guests) is not None

    def rehearses(self, addressee: Addressee) -> Simulated | None:
        return self.simulated.get(addressee.any_in(self.simulated) or "")


async def special_numbers(store: Store, policy: Policy) -> Numbers:
    """The guests and the simulated numbers."""
    return Numbers(
        frozenset(map(one_form, await store.guests.phones())),
        {one_form(phone): becomes for phone, becomes in policy.simulated.items()},
    )


def addressee_of(dossier: Dossier, ground: Ground) -> Addressee:
    """Where this dossier's citizen can be reached, and in which language."""
    subject = dossier.subject
    return Addressee(dossier.phone, ground.emails.get(subject), language=ground.languages.get(subject, "vi"))


def candidate_of(dossier: Dossier) -> Candidate:
    """What a pilot's cohort may ask about the dossier's citizen."""
    office = offices().get(dossier.return_to or "")
    return Candidate(
        unit=office.unit if office else None,
        variant=dossier.variant,
        service_version=dossier.service_version,
        fields=_ByName(dossier.fields),
    )


class _ByName(Mapping[str, str | None]):
    """A form's values by name, put together when somebody asks: most people are in no pilot."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields

    @cached_property
    def _values(self) -> Mapping[str, str | None]:
        return {field.name: field.value for field in self._fields}

    def __getitem__(self, name: str) -> str | None:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, kw_only=True)
class Manners:
    """Everything that manners go by in one batch."""

    policy: Policy
    a_second: int
    numbers: Numbers
    shares: Shares
    now: datetime
    today: date

    def asked(self, dossier: Dossier, service: Service, rung: Rung, channel: str, *, to: str) -> Asked:
        """What is asked about telling this dossier on a channel; the price comes with the text."""
        budget = service.budget
        most = Budget(
            min(self.policy.service_messages_a_day, _or(budget.messages_a_day, self.policy.service_messages_a_day)),
            min(self.policy.service_vnd_a_day, _or(budget.vnd_a_day, self.policy.service_vnd_a_day)),
        )
        until = service.useful_until(anchor=dossier.anchor, rung=rung, ends_on=dossier.ends_on)
        return Asked(
            key=str(dossier.id), service=dossier.service, office=dossier.office, channel=channel, useful_until=until,
            budget=most, a_second=self.a_second, to=to, candidate=candidate_of(dossier),
        )  # fmt: skip


async def may_hear(
    dossiers: Sequence[Dossier],
    *,
    catalogue: Catalogue,
    notifiers: Mapping[str, Notifier],
    store: Store,
    manners: Manners,
) -> tuple[list[Dossier], list[Move], Ground]:
    """Those who may be told as far as is known without asking the sources, and what becomes of the others."""
    policy, now, today = manners.policy, manners.now, manners.today
    asked = {
        d.id: one
        for d in dossiers
        if (one := _first(d, catalogue=catalogue, notifiers=notifiers, manners=manners)) is not None
    }
    wanted = {allowance for one in asked.values() for allowance, _, _ in shares(one, policy=policy, now=now)}
    ground = await store.addressees.ground(sorted({d.subject for d in dossiers}), wanted, today=today)
    ready: list[Dossier] = []
    moves: list[Move] = []
    for dossier in dossiers:
        one = asked.get(dossier.id)
        addressee = addressee_of(dossier, ground)
        if ground.opted_out(dossier.subject, dossier.service):
            moves.append(declined(dossier))
        elif one is None:
            ready.append(dossier)  # nothing will go out on it: the sources say what becomes of it
        else:
            guest = manners.numbers.guest(addressee)
            simulated = manners.numbers.rehearses(addressee) is not None
            decision = ground.ask(one, dossier.subject, guest=guest, simulated=simulated, policy=policy, now=now)
            if isinstance(decision, Send) or decision == Never(Why.OPTED_OUT):
                ready.append(dossier)  # another channel of the rung may be open
            else:
                moves.append(waits(dossier, decision, policy=policy, now=now))
    return ready, moves, ground


async def untrusted(
    dossiers: Sequence[Dossier],
    told: Mapping[UUID, Sequence[Notice]],
    *,
    catalogue: Catalogue,
    store: Store,
    until: datetime,
    clock: Clock,
) -> tuple[list[Dossier], list[Move]]:
    """Dossiers of which nobody has heard yet wait where a register is worse than their service accepts; the others."""
    untold = [d for d in dossiers if all(notice.state is Sending.PLANNED for notice in told[d.id])]
    short = await fall_short({d.service for d in untold}, catalogue=catalogue, store=store, clock=clock)
    held = {d.id: hold(d, sentence(short[d.service], catalogue), until) for d in untold if d.service in short}
    return [d for d in dossiers if d.id not in held], list(held.values())


def _first(
    dossier: Dossier, *, catalogue: Catalogue, notifiers: Mapping[str, Notifier], manners: Manners
) -> Asked | None:
    """What is asked about the first channel of today's rung; None where that cannot reach them."""
    service = made_under(dossier, catalogue=catalogue)
    if service is None:
        return None
    rung, _ = service.rung(anchor=dossier.anchor, today=manners.today)
    rung = drawn(rung, {}, shares=manners.shares, key=str(dossier.id))
    notifier = notifiers.get(rung.channels[0])
    address = notifier.reachable(Addressee(phone=dossier.phone)) if notifier is not None else None
    return None if address is None else manners.asked(dossier, service, rung, rung.channels[0], to=address)


def declined(dossier: Dossier) -> Move:
    after = move(dossier, State.DECLINED, answer=Answer.NEVER, tell_on=None, not_told_because=Why.OPTED_OUT)
    return Move(before=dossier, after=after, actor="system", verb="offer", note="Ông/bà đã chọn không nhận thông báo.")


def waits(dossier: Dossier, decision: Decision, *, policy: Policy, now: datetime) -> Move:
    """It rests until it may be told, with the reason; whatever else was decided, it is looked at anew at once."""
    match decision:
        case Wait(until, why):
            update: dict[str, object] = {"tell_after": until, "not_told_because": why}
        case Never(Why.SIMULATED):
            log.error("offer.simulated_number", service=dossier.service, dossier=str(dossier.id))
            update = {"tell_after": opens(now + A_DAY, policy), "not_told_because": Why.SIMULATED}
        case _:
            update = {"tell_after": now}
    return Move(before=dossier, after=dossier.model_copy(update=update), actor="system", verb="offer")


def _or(value: int | None, other: int) -> int:
    return other if value is None else value
