"""What came of a call, for the notice and for the dossier: told, wrong number, gone, wants nothing more."""

from datetime import datetime
from uuid import UUID

from proactive.domain.call import MEANS, TRY_AGAIN, Call, CallOutcome, closes
from proactive.domain.dossier import ANSWERED, TELLABLE, Answer, Dossier, State, move
from proactive.errors import Overtaken
from proactive.ports.clock import Clock
from proactive.ports.notifier import Receipt
from proactive.store.keeping import Move
from proactive.store.store import Store

CHANNEL = "call_list"


async def called(call: Call, outcome: CallOutcome, *, officer: str, store: Store, clock: Clock) -> None:
    """Keep what came of a try. Raises `Overtaken` where the call is not (or no longer) this officer's.

    What is kept of the notice is a receipt, as any provider's; so a worker that dies in between loses nothing.
    """
    now, ends = clock.now(), closes(call, outcome)
    if not await store.calls.tried(call, outcome, officer=officer, now=now, closes=ends, again=now + TRY_AGAIN):
        raise Overtaken("Cuộc gọi này không còn là của bạn. Xin nhận lại.")
    if not ends:
        return
    settled = Receipt(CHANNEL, str(call.notice_id), str(outcome), MEANS[outcome])
    await store.notices.receive([settled], now=now)
    await _journey(call.dossier_id, outcome, officer=officer, store=store, now=now)


async def _journey(dossier_id: UUID, outcome: CallOutcome, *, officer: str, store: Store, now: datetime) -> None:
    """What it means for the dossier. Somebody may save at the same moment, so it is tried again on what is there."""
    for _ in range(5):
        dossier = await store.dossiers.get(dossier_id)
        if dossier is None or dossier.state not in TELLABLE:
            return
        made = _move(dossier, outcome, officer)
        if made is None or await store.dossiers.keep([made], now=now):
            return
    raise Overtaken("Hồ sơ vừa thay đổi. Xin ghi lại kết quả trên hồ sơ.")


def _move(dossier: Dossier, outcome: CallOutcome, officer: str) -> Move | None:
    match outcome:
        case CallOutcome.TOLD:
            return Move(before=dossier, after=dossier, actor=officer, verb="call", note="Đã gọi và báo cho người dân.")
        case CallOutcome.REFUSES:
            after = move(dossier, ANSWERED[Answer.NEVER], answer=Answer.NEVER, tell_on=None)
            note = "Người dân nói qua điện thoại: không nhận thông báo về việc này nữa."
            return Move(before=dossier, after=after, actor=officer, verb="call", note=note, opt_out_of=dossier.service)
        case CallOutcome.WRONG_NUMBER:
            note = "Số điện thoại là của người khác."
            return Move(
                before=dossier, after=dossier, actor=officer, verb="call", note=note, wrong_phone=dossier.phone
            )  # fmt: skip
        case CallOutcome.GONE:
            # Nobody is told again; that it is so says the register of residents, not a call.
            ends = dossier if dossier.state is State.UNREACHED else move(dossier, State.UNREACHED)
            after = ends.model_copy(update={"tell_on": None})
            note = "Người nghe máy nói: đã chuyển đi hoặc đã mất. Không nhắc nữa, chờ cơ sở dữ liệu dân cư."
            return Move(before=dossier, after=after, actor=officer, verb="call", note=note)
        case _:
            return Move(before=dossier, after=dossier, actor=officer, verb="call", note="Gọi ba lần không gặp.")
