"""draft: occasions whose day has come are asked "is it still true?" of what is kept, and filled in into dossiers.

What changed under an open dossier is looked at again here too: it becomes moot, or its values are brought up to date.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import structlog

from proactive.domain.dossier import MOVES, OPEN, TELLABLE, Dossier, Field, State, move
from proactive.domain.keys import new_code
from proactive.domain.pseudonym import Pseudonyms
from proactive.facts import Facts, PersonFacts, Row
from proactive.ports.clock import Clock
from proactive.prefill import Fields, prefill, reasons, text
from proactive.steps.ask import NoLonger, StillTrue, judge
from proactive.steps.trust import fall_short
from proactive.steps.under import made_under
from proactive.store.keeping import Move
from proactive.store.occasions import Occasion
from proactive.store.records import Kept
from proactive.store.store import Store
from rules import BadRow, Catalogue, Service, Verdict
from rules.offices import centre_of

log = structlog.get_logger()


async def draft(*, catalogue: Catalogue, facts: Facts, store: Store, clock: Clock, limit: int) -> int:
    """Draft what has fallen due and redraft what has changed; gives how many occasions and dossiers were looked at."""
    return await _due(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=limit) + await _changed(
        catalogue=catalogue, facts=facts, store=store, clock=clock, limit=limit
    )


async def _due(*, catalogue: Catalogue, facts: Facts, store: Store, clock: Clock, limit: int) -> int:
    today, now = clock.today(), clock.now()
    known = await store.positions.caught_up()
    # A person half known would be told the wrong thing, or not at all: first every register that is looked into.
    ready = [one.name for one in catalogue.services.values() if known.issuperset(one.registers)]
    ready = [name for name in ready if name not in catalogue.aside]
    short = await fall_short(ready, catalogue=catalogue, store=store, clock=clock)
    ready = [name for name in ready if name not in short]
    if not ready:
        return 0
    async with store.occasions.drafting(services=ready, today=today, now=now, limit=limit) as due:
        if not due.occasions:
            return 0
        kept = await store.records.of([occasion.subject for occasion in due.occasions])
        for occasion in due.occasions:
            service = catalogue.services.get(occasion.service)
            person = _known(facts, kept[occasion.subject])
            if service is None or isinstance(person, BadRow):
                # Nothing sure is known of it today; tomorrow, or when its records change, it is looked at again.
                log.warning("draft.put_off", occasion=str(occasion.id), service=occasion.service)
                due.later[occasion.id] = today + timedelta(days=1)
                continue
            schema = catalogue.registers[service.register]
            record = next((row for row in person[service.register] if row[schema.key] == occasion.record_key), None)
            verdict = service.evaluate(record, person, today) if record is not None else None
            if record is None or verdict is None or verdict.cycle != occasion.cycle:
                due.moot.append(occasion.id)
            elif verdict.due:
                due.dossiers.append(_dossier(occasion, service, record, person, verdict, kept, clock, store.pseudonyms))
            elif verdict.due_on is not None and verdict.due_on > today:
                due.later[occasion.id] = verdict.due_on
            else:
                due.moot.append(occasion.id)
        return len(due.occasions)


def _known(facts: Facts, kept: list[Kept]) -> PersonFacts | BadRow:
    try:
        return facts.of_kept(kept)
    except BadRow as bad:
        return bad


def _dossier(
    occasion: Occasion,
    service: Service,
    record: Row,
    person: PersonFacts,
    verdict: Verdict,
    kept: dict[str, list[Kept]],
    clock: Clock,
    pseudonyms: Pseudonyms,
) -> Dossier:
    as_of = max((one.kept_at for one in kept[occasion.subject]), default=clock.now())
    now = clock.now()
    return Dossier(
        id=uuid4(),
        occasion_id=occasion.id,
        service=service.name,
        service_version=service.version,
        subject=occasion.subject,
        record_key=occasion.record_key,
        cycle=occasion.cycle,
        anchor=occasion.anchor,
        ends_on=occasion.ends_on,
        state=State.DRAFTED,
        variant=verdict.variant,
        blocked_by=verdict.blocked_by,
        needs=tuple(verdict.needs),
        because=reasons(verdict),
        fields=prefill(service, record, person, clock.today(), as_of=as_of, pseudonyms=pseudonyms),
        code=new_code(),
        phone=contact(service, person),
        office=service.deciding_office(person),
        return_to=_nearest(person),
        two_people=service.decision.two_people,
        created_at=now,
        updated_at=now,
    )


def contact(service: Service, person: PersonFacts) -> str | None:
    """The registered phone, as the register has it; a channel decides whether it can reach it."""
    register, column = service.contact.register_name, service.contact.column
    return next((text(row[column]) for row in person.get(register, ()) if row.get(column)), None)


def _nearest(person: PersonFacts) -> str | None:
    """The centre of the commune where the citizen lives, as a first suggestion for returning the result."""
    for rows in person.values():
        for row in rows:
            if (unit := row.get("unit_code")) and (centre := centre_of(str(unit))) is not None:
                return centre.id
    return None


async def _changed(*, catalogue: Catalogue, facts: Facts, store: Store, clock: Clock, limit: int) -> int:
    today, now = clock.today(), clock.now()
    dossiers, claim = await store.dossiers.claim_outdated(now=now, today=today, limit=limit, leaving=catalogue.aside)
    if not dossiers:
        return 0
    kept = await store.records.of([dossier.subject for dossier in dossiers])
    handovers = await store.intake.handovers([d.id for d in dossiers if d.state is State.APPROVED])
    moves = []
    for dossier in dossiers:
        handover = handovers.get(dossier.id)
        if handover is not None and handover.state in {"claimed", "unknown"}:
            # It may be in the intake as it was approved: only the intake can say that it is not.
            moves.append(Move(before=dossier, after=dossier, actor="system", verb="draft", stale=False))
            continue
        person = _known(facts, kept[dossier.subject])
        truth = judge(dossier, person, catalogue=catalogue, today=today)
        if isinstance(truth, NoLonger) and State.MOOT in MOVES[dossier.state]:
            moves.append(_moot(dossier, truth.why))
        elif isinstance(truth, StillTrue) and dossier.state in OPEN:
            as_of = max((one.kept_at for one in kept[dossier.subject]), default=now)
            moves.append(
                redraft(
                    dossier, truth, catalogue=catalogue, today=today, as_of=as_of, pseudonyms=store.pseudonyms
                )
            )  # fmt: skip
        else:
            moves.append(Move(before=dossier, after=dossier, actor="system", verb="draft", stale=False))
    await store.dossiers.keep([replace(one, claim=claim) for one in moves], now=now)
    return len(dossiers)


def _moot(dossier: Dossier, why: str) -> Move:
    return Move(before=dossier, after=move(dossier, State.MOOT), actor="system", verb="draft", note=why, stale=False)


def redraft(
    dossier: Dossier, truth: StillTrue, *, catalogue: Catalogue, today: date, as_of: datetime, pseudonyms: Pseudonyms
) -> Move:
    """The dossier with what is known now. What a citizen or officer had said yes to is asked again if it differs."""
    after = known_now(dossier, truth, catalogue=catalogue, today=today, as_of=as_of, pseudonyms=pseudonyms)
    if dossier.state is State.UNREACHED and after.phone != dossier.phone:
        after = after.model_copy(update={"tell_on": today})
    note = None
    if after.content_hash() != dossier.content_hash() and dossier.state not in TELLABLE:
        # An answer took it off the ladder. Not another text at once, but its later rungs: else nobody would ever know.
        back = {"tell_on": today} if dossier.state is not State.APPROVED else {}
        after = move(after, State.OFFERED if back else State.CONFIRMED, **back)
        note = "Dữ liệu của cơ quan quản lý đã thay đổi; xin ông/bà xem lại."
    return Move(before=dossier, after=after, actor="system", verb="draft", note=note, stale=False)


def known_now(
    dossier: Dossier, truth: StillTrue, *, catalogue: Catalogue, today: date, as_of: datetime, pseudonyms: Pseudonyms
) -> Dossier:
    """The dossier as it would be made today, in the state that it is in; `as_of` is when the registers were read."""
    service, verdict = made_under(dossier, catalogue=catalogue), truth.verdict
    assert service is not None  # or `truth` would not be known
    schema = catalogue.registers[service.register]
    record = next(row for row in truth.known[service.register] if row[schema.key] == dossier.record_key)
    fresh = prefill(service, record, truth.known, today, as_of=as_of, pseudonyms=pseudonyms)
    update: dict[str, object] = {
        "service_version": service.version,
        "variant": verdict.variant,
        "blocked_by": verdict.blocked_by,
        "needs": tuple(verdict.needs),
        "because": reasons(verdict),
        "fields": _latest(dossier.fields, fresh),
        "phone": contact(service, truth.known),
        # The row that says where they live may have come later than the one that fell due. Once its citizen is told,
        # a dossier stays with its office: people have it in hand and its notices are counted there.
        "office": service.deciding_office(truth.known) if dossier.state is State.DRAFTED else dossier.office,
        "return_to": dossier.return_to or _nearest(truth.known),
        "two_people": dossier.two_people or service.decision.two_people,
        "held_because": None,
    }
    return dossier.model_copy(update=update)


def _latest(before: Fields, fresh: Fields) -> Fields:
    """Each field as it was read last, with what its citizen claims.

    What is kept may be behind a source that was asked meanwhile: it never takes back what the source has said.
    """
    was = {field.name: field for field in before}
    return tuple(_later(was[field.name], field) if field.name in was else field for field in fresh)


def _later(old: Field, new: Field) -> Field:
    same_place = (old.register_name, old.column) == (new.register_name, new.column)
    if same_place and old.as_of is not None and new.as_of is not None and new.as_of < old.as_of:
        return old
    return new if old.claim is None else new.model_copy(update={"claim": old.claim})
