"""decide: an officer of the competent office approves, returns or refuses. Refusal is never automatic.

Where the service asks for two people, one officer prepares and another one approves.
"""

from uuid import UUID

from proactive.domain.decidable import Decidable
from proactive.domain.dossier import DECIDED, Decision, Dossier, State, move
from proactive.errors import OutOfTurn, Overtaken, Permanent, Unreachable
from proactive.ports.clock import Clock
from proactive.steps.approve import Outcome, approved, prepared, reserve, second_person, unsettled
from proactive.steps.ask import Registers, ask_again
from proactive.steps.seal import require_sealed
from proactive.store.keeping import Move
from proactive.store.people import Officer
from proactive.store.store import Store
from rules import Catalogue

LONGEST_NOTE = 2000

TWO_PEOPLE = {
    Outcome.UNPREPARED: "Dịch vụ này cần hai người: một cán bộ trình, một cán bộ khác duyệt. Hồ sơ chưa được trình.",
    Outcome.OWN: "Người trình không tự duyệt được: cần một cán bộ khác của cơ quan duyệt.",
}


async def decide(
    dossier_id: UUID,
    *,
    decision: Decision,
    note: str | None,
    expected_version: int,
    officer: Officer,
    agency: str,
    catalogue: Catalogue,
    registers: Registers,
    store: Store,
    clock: Clock,
) -> Dossier:
    """Keep an officer's decision; an approval asks the sources once more and reserves the reference it will go under.

    Raises `Permanent` (not this officer's dossier, a reason is missing, or a second person is needed), `OutOfTurn`
    (nothing to decide, or it is no longer true), `Overtaken` (changed since the officer saw it), `Unreachable` (nobody
    can tell whether it is true) and `Temporary` (the audit log is not being sealed).
    """
    dossier = await _seen(dossier_id, expected_version, officer, store)
    note = (note or "").strip()[:LONGEST_NOTE] or None
    if decision is not Decision.APPROVE and note is None:
        raise Permanent("Xin ghi rõ lý do.")
    if dossier.state not in {State.CONFIRMED, State.DISPUTED}:
        raise OutOfTurn(f"Hồ sơ không chờ quyết định (đang là: {dossier.state}).")
    if decision is Decision.RETURN and dossier.state is State.CONFIRMED:
        earlier = await store.dossiers.history(dossier.id)
        if any(line["from_state"] == State.CONFIRMED and line["to_state"] == State.RETURNED for line in earlier):
            raise Permanent("Hồ sơ đã được trả lại một lần; pháp luật chỉ cho yêu cầu bổ sung một lần.")
    if decision is Decision.APPROVE:
        await require_sealed(store)
        await _still_true(dossier, officer, catalogue=catalogue, registers=registers, store=store, clock=clock)
        reference = dossier.reference or (await reserve(agency, 1, store=store, clock=clock))[0]
        after = approved(dossier, officer, reference, note=note)
    else:
        update = {"decided_by": officer.username, "decision_note": note, "held_because": None}
        after = move(dossier, DECIDED[decision], **update)
    return await _kept(dossier, after, officer, "decide", note or str(decision), store, clock)


async def prepare(dossier_id: UUID, *, expected_version: int, officer: Officer, store: Store, clock: Clock) -> Dossier:
    """Keep that an officer has checked a dossier for which two people are needed; another one approves it then.

    Raises `Permanent` (not this officer's, or one person is enough), `OutOfTurn` and `Overtaken`.
    """
    dossier = await _seen(dossier_id, expected_version, officer, store)
    if not dossier.two_people:
        raise Permanent("Dịch vụ này chỉ cần một người duyệt.")
    if dossier.state is not State.CONFIRMED or dossier.prepared:
        raise OutOfTurn("Hồ sơ không chờ người trình.")
    return await _kept(dossier, prepared(dossier, officer), officer, "prepare", "prepare", store, clock)


async def _seen(dossier_id: UUID, version: int, officer: Officer, store: Store) -> Dossier:
    """The dossier as the officer saw it."""
    dossier = await store.dossiers.get(dossier_id)
    if dossier is None or dossier.office != officer.office or not officer.active:
        raise Permanent("Không tìm thấy hồ sơ.")
    if dossier.version != version:
        raise Overtaken("Hồ sơ đã thay đổi từ khi mở trang. Xin xem lại rồi quyết định.")
    holder = (await store.queue.holders([dossier.id])).get(dossier.id)
    if holder is not None and holder != officer.username:
        raise Permanent(f"{holder} đang giữ hồ sơ này. Hãy nhận thay trước khi quyết định.")
    return dossier


async def _kept(
    before: Dossier, after: Dossier, officer: Officer, verb: str, note: str, store: Store, clock: Clock
) -> Dossier:
    done = await store.dossiers.keep(
        [Move(before=before, after=after, actor=officer.username, verb=verb, note=note)], now=clock.now()
    )
    if not done:
        raise Overtaken("Hồ sơ vừa thay đổi. Xin xem lại rồi quyết định.")
    return after.model_copy(update={"version": before.version + 1})


async def _still_true(
    dossier: Dossier, officer: Officer, *, catalogue: Catalogue, registers: Registers, store: Store, clock: Clock
) -> None:
    """Whether it may be approved as the officer saw it; otherwise it moves and this raises."""
    if dossier.state is not State.CONFIRMED:
        raise OutOfTurn("Công dân báo có mục chưa đúng: chưa thể phê duyệt. Hãy trả lại hoặc từ chối, nêu rõ lý do.")
    if missing := second_person(Decidable.of(dossier), officer):
        raise Permanent(TWO_PEOPLE[missing])
    today, now = clock.today(), clock.now()
    truth = (await ask_again([dossier], catalogue=catalogue, registers=registers, today=today))[dossier.id]
    against = unsettled(dossier, truth, catalogue=catalogue, today=today, now=now, pseudonyms=store.pseudonyms)
    if against is None:
        return
    await store.dossiers.keep([against.move], now=now)
    match against.outcome:
        case Outcome.SILENT:
            raise Unreachable(against.why)
        case Outcome.NO_LONGER:
            raise OutOfTurn(f"Hồ sơ không còn đúng: {against.why}")
        case _:
            raise Overtaken(f"{against.why} Hồ sơ đã được gửi lại cho công dân.")
