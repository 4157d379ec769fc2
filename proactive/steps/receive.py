"""Applications become cases: forwarded ones under the reference they bring, walk-ins under the receiving office's code.

The same application again is the same case. What cannot be taken is refused with the reason; nothing is half kept.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from proactive.domain.application import Application
from proactive.domain.case import Act, Case, Channel, Kind, Line, Origin, Paper, ReturnBy
from proactive.errors import Permanent
from proactive.ports.clock import DA_NANG, Clock
from proactive.steps.casework import Asked, act, unfit
from proactive.steps.catalogue import read_body
from proactive.store.store import Store
from rules.offices import offices
from rules.offices.agencies import agency_of, dossier_code
from rules.procedures import Procedure

BY_ITSELF = "intake"
"""Who hands a forwarded case over: an officer has approved exactly this already."""


@dataclass(frozen=True)
class NotTaken:
    """Why an application is not taken; `conflict`: its reference is another's."""

    why: str
    conflict: bool = False


async def take(application: Application, *, store: Store, clock: Clock) -> Case | NotTaken:
    """The case of a forwarded application, which is made where it is not there yet."""
    known = await store.cases.get(application.reference)
    if known is None:
        made = await _forwarded(application, store=store, now=clock.now())
        if isinstance(made, NotTaken):
            return made
        if await store.cases.create(made[0], made[1], ours=True):
            return made[0]
        known = await store.cases.get(application.reference)
        assert known is not None  # somebody else has just made it
    if known.content_hash != application.content_hash:
        return NotTaken("Mã hồ sơ này đã được dùng cho một hồ sơ khác.", conflict=True)
    return known


async def take_queued(*, store: Store, clock: Clock, limit: int) -> int:
    """Make cases of what was answered with 202; gives how many were looked at."""
    waiting = await store.intake_queue.waiting(limit=min(limit, 200))
    for row in waiting:
        taken = await take(Application.model_validate_json(row["body"]), store=store, clock=clock)
        refused = taken if isinstance(taken, NotTaken) else None
        await store.intake_queue.settle(
            row["reference"], state="refused" if refused else "taken", why=refused.why if refused else None,
            tell=refused is None or not refused.conflict, now=clock.now(),
        )  # fmt: skip
    return len(waiting)


async def _forwarded(application: Application, *, store: Store, now: datetime) -> tuple[Case, list[Line]] | NotTaken:
    found = await published(application.procedure_code, store=store)
    if found is None:
        return NotTaken(f"Thủ tục {application.procedure_code} chưa được công bố trong danh mục.")
    procedure, version = found
    competent = offices().get(application.competent_office)
    case = Case(
        reference=application.reference,
        origin=Origin.FORWARDED,
        channel=Channel.ONLINE,
        procedure=procedure.code,
        procedure_version=version,
        proactive=int(procedure.proactive),
        personal_id=application.applicant.personal_id,
        full_name=application.applicant.full_name,
        phone=application.applicant.phone,
        unit=competent.unit if competent is not None else None,
        receiving=application.receiving_office,
        competent=application.competent_office,
        returning=application.returning_office,
        return_by=ReturnBy.OFFICE if application.post_address is None else ReturnBy.POST,
        post_address=application.post_address,
        held_by=application.receiving_office,
        fields=application.fields,
        papers=tuple(
            Paper(name=one.name.vi, kind=Kind.ELECTRONIC, reused=one.replaced_by is not None)
            for one in procedure.components
        ),
        content_hash=application.content_hash,
        created_at=now,
        updated_at=now,
    )
    if wrong := unfit(case, procedure):
        return NotTaken(" ".join(wrong))
    lines = [_first(case, BY_ITSELF, case.receiving)]
    for verb in (Act.RECEIVE, Act.HAND_OVER):
        asked = Asked(act=verb, by=BY_ITSELF, office=case.receiving, now=now + timedelta(microseconds=len(lines)))
        done = act(case, asked, procedure)
        case, lines = done.case, [*lines, *done.lines]
    return case, lines


@dataclass(frozen=True, kw_only=True)
class WalkIn:
    """What an officer types for somebody who has come."""

    personal_id: str
    full_name: str
    phone: str | None
    unit: str | None
    returning: str
    return_by: ReturnBy
    post_address: str | None
    papers: tuple[Paper, ...]
    channel: Channel = Channel.IN_PERSON


async def walk_in(
    asked: WalkIn, procedure: Procedure, version: int, *, by: str, office: str, store: Store, clock: Clock
) -> Case:
    """A case for somebody who walks in, received at once, by the procedure as it is published.

    Raises `Permanent` with a sentence for the page.
    """
    now = clock.now()
    competent = procedure.competent(asked.unit)
    if competent is None:
        raise Permanent("Chọn xã, phường nơi người dân cư trú: nơi đó quyết định.")
    content = msgspec.json.encode([procedure.code, asked.personal_id, asked.full_name, now.isoformat()])
    fee = procedure.fee(now.astimezone(DA_NANG).date())
    case = Case(
        reference="",
        origin=Origin.WALK_IN,
        channel=asked.channel,
        procedure=procedure.code,
        procedure_version=version,
        personal_id=asked.personal_id,
        full_name=asked.full_name,
        phone=asked.phone,
        unit=asked.unit,
        receiving=office,
        competent=competent.id,
        returning=asked.returning,
        return_by=asked.return_by,
        post_address=asked.post_address,
        held_by=office,
        papers=asked.papers,
        fee_vnd=fee.vnd if fee is not None else None,
        content_hash=hashlib.sha256(content).hexdigest(),
        created_at=now,
        updated_at=now,
    )
    if wrong := unfit(case, procedure):
        raise Permanent(" ".join(wrong))
    received = act(case, Asked(act=Act.RECEIVE, by=by, office=office, now=now), procedure)
    lines = [_first(case, by, office), *received.lines]
    # The city centre files under the same agency as forwarded dossiers, whose numbers are counted elsewhere.
    while True:
        code = {"reference": await _next_code(office, store=store, now=now)}
        made = received.case.model_copy(update=code)
        if await store.cases.create(made, [line.model_copy(update=code) for line in lines], ours=False):
            return made


async def published(code: str, *, store: Store) -> tuple[Procedure, int] | None:
    """The procedure as it is published now, and its version."""
    found = await store.procedures.published(code)
    return (read_body(found[1]), found[0]) if found is not None else None


async def _next_code(office: str, *, store: Store, now: datetime) -> str:
    agency, day = agency_of(office), now.astimezone(DA_NANG).date()
    number = await store.counters.next(f"case:{agency}:{day:%y%m%d}", expires_at=now + timedelta(days=7))
    return dossier_code(agency, day, number)


def _first(case: Case, by: str, office: str) -> Line:
    return Line(
        reference=case.reference, at=case.created_at, actor=by, office=office, act="submit", status=case.status,
        held_by=case.held_by,
    )  # fmt: skip


def receives(procedure: Procedure, office: str) -> bool:
    """Whether an office's page offers this procedure to somebody who walks in."""
    known = offices().get(office)
    return known is not None and procedure.may_receive(known)
