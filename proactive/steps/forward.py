"""forward: an approved dossier goes to the intake, exactly once, under the reference reserved at approval.

The claim is stored before the call. An answer that never came is followed by a question, and only when the intake does
not have the reference is it handed over again: under the same reference, which makes even that harmless.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from proactive.domain.application import Applicant, Application, Paper
from proactive.domain.document import Document
from proactive.domain.dossier import Dossier, State, move
from proactive.errors import Permanent, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.intake import Intake, Refused, Taken, Unanswered
from proactive.steps.ask import CannotTell, NoLonger, Registers, Truth, ask_again
from proactive.steps.seal import require_sealed
from proactive.steps.under import made_under
from proactive.store.keeping import Handover, Move
from proactive.store.store import Store
from rules import Catalogue, Service
from rules.grammar import NeedKind

ASK_SOURCE_AGAIN = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=30)
CALL_LEASE = timedelta(seconds=45)
AT_ONCE = 16


async def forward(
    *, catalogue: Catalogue, registers: Registers, intake: Intake, store: Store, clock: Clock, limit: int
) -> int:
    """Hand approved dossiers to the intake if they are still true; gives how many were looked at."""
    await require_sealed(store)
    now = clock.now()
    dossiers = await store.dossiers.claim([State.APPROVED], now=now, limit=min(limit, 500), leaving=catalogue.aside)
    if not dossiers:
        return 0
    truths = await ask_again(dossiers, catalogue=catalogue, registers=registers, today=clock.today())
    earlier = await store.intake.handovers([dossier.id for dossier in dossiers])
    moves, claimed = [], []
    for dossier in dossiers:
        handover = earlier.get(dossier.id)
        truth = truths[dossier.id]
        if handover is None and isinstance(truth, CannotTell):
            moves.append(_hold(dossier, truth.why, now + ASK_SOURCE_AGAIN))
        elif handover is None and isinstance(truth, NoLonger):
            moves.append(_system(dossier, move(dossier, State.MOOT), note=truth.why))
        elif handover is None and dossier.content_hash() != dossier.approved_hash:
            back = move(dossier, State.CONFIRMED, approved_hash=None)
            moves.append(_system(dossier, back, note="Nội dung đã đổi sau khi phê duyệt: phê duyệt không còn giá trị."))
        else:
            # Once it may be in the intake, the intake is asked first; only if it is not there the sources count again.
            claimed.append((dossier, _claim(dossier, handover, now)))
    claims = [
        Move(before=d, after=d, actor="system", verb="forward", handover=h, rest_until=now + CALL_LEASE)
        for d, h in claimed
    ]
    kept = await store.dossiers.keep([*moves, *claims], now=now)
    ids = [dossier.id for dossier, _ in claimed]
    approved, papers = await store.dossiers.approved_at(ids), await store.documents.of_each(ids)
    gate = asyncio.Semaphore(AT_ONCE)

    async def hand_over(dossier: Dossier, handover: Handover) -> Move:
        async with gate:
            return await _hand_over(
                dossier, handover, intake=intake, clock=clock, asked_before=dossier.id in earlier,
                truth=truths[dossier.id],
                application=lambda: _application(
                    dossier, catalogue=catalogue, approved_at=approved.get(dossier.id), papers=papers[dossier.id],
                    personal_id=store.pseudonyms.open(dossier.subject),
                ),
            )  # fmt: skip

    sent = [
        hand_over(dossier.model_copy(update={"version": dossier.version + 1}), handover)
        for dossier, handover in claimed
        if dossier.id in kept
    ]
    await store.dossiers.keep(await asyncio.gather(*sent), now=clock.now())
    return len(dossiers)


def _claim(dossier: Dossier, earlier: Handover | None, now: datetime) -> Handover:
    if dossier.reference is None or dossier.approved_hash is None:
        raise Permanent(f"Dossier {dossier.id} is approved but has no reference.")
    if earlier is not None:
        return earlier.model_copy(update={"state": "claimed", "tries": earlier.tries + 1, "claimed_at": now})
    return Handover(
        dossier_id=dossier.id, reference=dossier.reference, content_hash=dossier.approved_hash, state="claimed",
        tries=1, claimed_at=now,
    )  # fmt: skip


async def _hand_over(
    dossier: Dossier,
    handover: Handover,
    *,
    intake: Intake,
    clock: Clock,
    asked_before: bool,
    truth: Truth,
    application: Callable[[], Application],
) -> Move:
    outcome: Taken | Refused | Unanswered
    try:
        if asked_before and await intake.find(handover.reference):
            outcome = Taken(handover.reference)
        elif isinstance(truth, NoLonger):
            nowhere = handover.model_copy(update={"state": "refused", "why": truth.why})
            return _system(dossier, move(dossier, State.MOOT, held_because=None), note=truth.why, handover=nowhere)
        elif isinstance(truth, CannotTell):
            outcome = Unanswered(truth.why)
        else:
            outcome = await intake.submit(application())
    except Unreachable as error:
        outcome = Unanswered(str(error))
    now = clock.now()
    match outcome:
        case Taken():
            taken = handover.model_copy(update={"state": "taken", "taken_at": now, "why": None})
            return _system(dossier, move(dossier, State.FORWARDED, held_because=None), handover=taken)
        case Refused(why):
            refused = handover.model_copy(update={"state": "refused", "why": why})
            back = move(dossier, State.CONFIRMED, approved_hash=None, held_because=f"Nơi tiếp nhận không nhận: {why}")
            return _system(dossier, back, note=why, handover=refused)
        case Unanswered(why):
            unknown = handover.model_copy(update={"state": "unknown", "why": why})
            pause = min(FIRST_RETRY * 2 ** min(handover.tries - 1, 12), LONGEST_RETRY)
            return _hold(dossier, f"Nơi tiếp nhận chưa trả lời: {why}", now + pause, handover=unknown)


def _application(
    dossier: Dossier,
    *,
    catalogue: Catalogue,
    approved_at: datetime | None,
    papers: Sequence[Document],
    personal_id: str,
) -> Application:
    """What is handed over. Raises `Unreachable` where the service is not at hand."""
    service = made_under(dossier, catalogue=catalogue)
    if service is None:
        raise Unreachable(f"The service {dossier.service} is no longer published.")
    fields = {field.name: field.value for field in dossier.fields}
    return Application(
        reference=dossier.reference or "",
        dossier_id=dossier.id,
        procedure_code=service.text.procedure.code,
        procedure_name=service.text.procedure.name.vi,
        variant=dossier.variant or "",
        applicant=Applicant(personal_id=personal_id, full_name=fields.get("full_name") or "", phone=dossier.phone),
        receiving_office=dossier.office,
        competent_office=dossier.office,
        returning_office=dossier.return_to or dossier.office,
        post_address=dossier.post_to,
        fields=_filled(dossier, service),
        needs=tuple(name for name in dossier.needs if service.needs[name].kind != NeedKind.CHOICE),
        documents=tuple(
            Paper(need=one.need, hash=one.hash, kind=one.kind, size=one.size, pages=one.pages) for one in papers
        ),
        approved_by=dossier.decided_by or "",
        approved_at=approved_at or dossier.updated_at,
        content_hash=dossier.approved_hash or "",
    )


def _filled(dossier: Dossier, service: Service) -> dict[str, str | None]:
    """The form as it is handed over: the registers' values, the citizen's choices, and where the result goes."""
    centres = {field.name for field in service.form.fields if field.choose_from == "commune_centres"}
    goes = dossier.post_to or dossier.return_to
    values = {field.name: goes if field.name in centres else field.value for field in dossier.fields}
    return values | dossier.choices


def _system(before: Dossier, after: Dossier, *, note: str | None = None, handover: Handover | None = None) -> Move:
    return Move(before=before, after=after, actor="system", verb="forward", note=note, handover=handover)


def _hold(dossier: Dossier, why: str, until: datetime, *, handover: Handover | None = None) -> Move:
    return Move(
        before=dossier,
        after=dossier.model_copy(update={"held_because": why}),
        actor="system",
        verb="hold",
        note=None if dossier.held_because == why else why,
        rest_until=until,
        handover=handover,
    )
