"""decide: an officer of the competent office approves, returns or refuses. Refusal is never automatic."""

from datetime import timedelta
from uuid import UUID

from proactive.domain.dossier import DECIDED, Decision, Dossier, State, move
from proactive.errors import OutOfTurn, Overtaken, Permanent, Unreachable
from proactive.ports.clock import DA_NANG, Clock
from proactive.steps.ask import CannotTell, NoLonger, Registers, StillTrue, ask_again
from proactive.steps.draft import redraft
from proactive.steps.seal import require_sealed
from proactive.store.keeping import Move
from proactive.store.people import Officer
from proactive.store.store import Store
from rules import Catalogue

LONGEST_NOTE = 2000


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

    Raises `Permanent` (not this officer's dossier, or a reason is missing), `OutOfTurn` (nothing to decide, or it is no
    longer true), `Overtaken` (changed since the officer saw it), `Unreachable` (nobody can tell whether it is true) and
    `Temporary` (the audit log is not being sealed).
    """
    dossier = await store.dossiers.get(dossier_id)
    if dossier is None or dossier.office != officer.office or not officer.active:
        raise Permanent("Không tìm thấy hồ sơ.")
    if dossier.version != expected_version:
        raise Overtaken("Hồ sơ đã thay đổi từ khi mở trang. Xin xem lại rồi quyết định.")
    note = (note or "").strip()[:LONGEST_NOTE] or None
    if decision is not Decision.APPROVE and note is None:
        raise Permanent("Xin ghi rõ lý do.")
    if dossier.state not in {State.CONFIRMED, State.DISPUTED}:
        raise OutOfTurn(f"Hồ sơ không chờ quyết định (đang là: {dossier.state}).")
    if decision is Decision.RETURN and dossier.state is State.CONFIRMED:
        earlier = await store.dossiers.history(dossier.id)
        if any(line["from_state"] == State.CONFIRMED and line["to_state"] == State.RETURNED for line in earlier):
            raise Permanent("Hồ sơ đã được trả lại một lần; pháp luật chỉ cho yêu cầu bổ sung một lần.")
    update: dict[str, object] = {"decided_by": officer.username, "decision_note": note, "held_because": None}
    if decision is Decision.APPROVE:
        await require_sealed(store)
        dossier = await _still_true(dossier, catalogue=catalogue, registers=registers, store=store, clock=clock)
        reference = dossier.reference or await _reserve(agency, store=store, clock=clock)
        update |= {"reference": reference, "approved_hash": dossier.content_hash()}
    after = move(dossier, DECIDED[decision], **update)
    done = await store.dossiers.keep(
        [Move(before=dossier, after=after, actor=officer.username, verb="decide", note=note or str(decision))],
        now=clock.now(),
    )
    if not done:
        raise Overtaken("Hồ sơ vừa thay đổi. Xin xem lại rồi quyết định.")
    return after.model_copy(update={"version": dossier.version + 1})


async def _still_true(
    dossier: Dossier, *, catalogue: Catalogue, registers: Registers, store: Store, clock: Clock
) -> Dossier:
    """The dossier as the officer saw it, if the sources still say the same; otherwise it moves and this raises."""
    if dossier.state is not State.CONFIRMED:
        raise OutOfTurn("Công dân báo có mục chưa đúng: chưa thể phê duyệt. Hãy trả lại hoặc từ chối, nêu rõ lý do.")
    now = clock.now()
    truth = (await ask_again([dossier], catalogue=catalogue, registers=registers, today=clock.today()))[dossier.id]
    match truth:
        case CannotTell(why):
            held = dossier.model_copy(update={"held_because": why})
            await store.dossiers.keep(
                [Move(before=dossier, after=held, actor="system", verb="hold", note=why)], now=now
            )
            raise Unreachable(why)
        case NoLonger(why):
            moot = move(dossier, State.MOOT)
            await store.dossiers.keep(
                [Move(before=dossier, after=moot, actor="system", verb="decide", note=why)], now=now
            )
            raise OutOfTurn(f"Hồ sơ không còn đúng: {why}")
        case StillTrue():
            fresh = redraft(dossier, truth, catalogue=catalogue, today=clock.today(), as_of=now)
            if fresh.after.state is not dossier.state or truth.verdict.blocked_by is not None:
                after = fresh.after if fresh.after.state is not dossier.state else move(fresh.after, State.OFFERED)
                note = fresh.note or "Còn việc phải giải quyết trước."
                await store.dossiers.keep(
                    [Move(before=dossier, after=after, actor="system", verb="decide", note=note)], now=now
                )
                raise Overtaken(f"{note} Hồ sơ đã được gửi lại cho công dân.")
    return dossier


async def _reserve(agency: str, *, store: Store, clock: Clock) -> str:
    """The next dossier code of the agency and day: `<agency>-<yymmdd>-<number of at least four digits>`."""
    day = clock.today()
    number = await store.counters.next(
        f"reference:{agency}:{day:%y%m%d}", expires_at=clock.now().astimezone(DA_NANG) + timedelta(days=7)
    )
    return f"{agency}-{day:%y%m%d}-{number:04d}"
