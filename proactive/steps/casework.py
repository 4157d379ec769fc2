"""What officers do with a case, decided without looking at anything but the case, its procedure and the moment.

    after, lines, result = act(case, Act.RECEIVE, procedure=..., by=..., office=..., now=..., ...)

Refused with `OutOfTurn` (not in this status), or `Permanent` with a sentence for the person at the page.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from proactive.domain.case import ACTS, NEEDS_REASON, Act, Case, Line, Result, ReturnBy, turn, where
from proactive.errors import Permanent
from proactive.ports.clock import DA_NANG
from rules.calendar import is_working
from rules.calendar.hours import add_working_hours
from rules.calendar.pausing import Pause, due_paused
from rules.offices import offices
from rules.procedures import Procedure, Step

LONGEST_RESULT = 10 * 2**20
LONGEST_NOTE = 1000
MOST_VND = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who does what, with what they typed."""

    act: Act
    by: str
    office: str
    now: datetime
    note: str | None = None
    vnd: int | None = None
    new_date: date | None = None
    document: tuple[str, str, bytes] | None = None
    """Name, media type and bytes of the result."""


@dataclass(frozen=True)
class Done:
    """The case after an act, its line, and the result where there is one."""

    case: Case
    lines: tuple[Line, ...]
    result: Result | None = None


def act(case: Case, asked: Asked, procedure: Procedure) -> Done:
    """Do it, if this office may and everything that it needs is there."""
    if asked.office not in where(case, asked.act) and case.status in ACTS[asked.act][0]:
        raise Permanent("Việc này do cơ quan khác thực hiện.")
    note = (asked.note or "").strip()[:LONGEST_NOTE] or None
    if asked.act in NEEDS_REASON and note is None:
        raise Permanent("Xin ghi rõ lý do.")
    update, result = _update(case, asked, procedure)
    after = turn(case, asked.act, updated_at=asked.now, **update)
    line = _line(after, asked, note)
    return Done(after, (line,), result)


def _update(case: Case, asked: Asked, procedure: Procedure) -> tuple[dict[str, object], Result | None]:
    now = asked.now
    match asked.act:
        case Act.RECEIVE:
            due = None if procedure.working_days is None else due_paused(now, procedure.working_days)
            return {"received_at": now, "due_on": due, **_at(procedure.after(None), case, now)}, None
        case Act.HAND_OVER:
            step = procedure.after(case.step)
            if step is None or step.at == "returning":
                raise Permanent("Đây là bước cuối: hãy lưu kết quả để hoàn thành.")
            return _at(step, case, now), None
        case Act.ASK:
            return {"asked_at": now, "due_on": None, "step_due": None}, None
        case Act.GIVE:
            step = procedure.step(case.step)
            due = _due(case, procedure, given=now)
            return {"given_at": now, "due_on": due, **_at(step, case, now)}, None
        case Act.CHARGE:
            return {"fee_vnd": _vnd(asked.vnd)}, None
        case Act.PAY:
            paid = _vnd(asked.vnd)
            if paid != (case.fee_vnd or 0) - case.paid_vnd:
                raise Permanent("Số tiền phải đúng bằng số còn phải nộp.")
            return {"paid_vnd": case.paid_vnd + paid}, None
        case Act.APOLOGISE:
            return {"promised_on": _promised(case, asked)}, None
        case Act.FINISH:
            result = _result(case, asked)
            holder = case.returning if case.return_by is ReturnBy.OFFICE else case.competent
            return {"result_hash": result.sha256, "held_by": holder, "step": _last(procedure), "step_due": None}, result
        case Act.RETURN | Act.REFUSE | Act.STOP:
            return {"ended_at": now, "step_due": None}, None
        case Act.WITHDRAW:
            return {"step_due": None}, None


def _at(step: Step | None, case: Case, now: datetime) -> dict[str, object]:
    """The case at a step: who has it, and until when."""
    if step is None:
        return {"step": None, "step_due": None}
    place = {"receiving": case.receiving, "competent": case.competent, "returning": case.returning}
    return {
        "step": step.name,
        "held_by": place.get(step.at, step.at),
        "step_due": add_working_hours(now, step.hours),
    }


def _due(case: Case, procedure: Procedure, *, given: datetime) -> date | None:
    """When it is due after the citizen's supplement."""
    if procedure.working_days is None or case.received_at is None or case.asked_at is None:
        return None
    return due_paused(case.received_at, procedure.working_days, [Pause(asked=case.asked_at, given=given)])


def _promised(case: Case, asked: Asked) -> date:
    today = asked.now.astimezone(DA_NANG).date()
    if asked.new_date is None or case.due_on is None:
        raise Permanent("Chọn ngày hẹn mới.")
    if asked.new_date <= max(case.due_on, today) or not is_working(asked.new_date):
        raise Permanent("Ngày hẹn mới phải là ngày làm việc sau ngày hẹn cũ.")
    return asked.new_date


def _vnd(amount: int | None) -> int:
    if amount is None or not 0 < amount <= MOST_VND:
        raise Permanent("Ghi số tiền bằng đồng.")
    return amount


def _result(case: Case, asked: Asked) -> Result:
    if asked.document is None or not asked.document[2]:
        raise Permanent("Đính kèm kết quả dạng điện tử.")
    name, _, content = asked.document
    if len(content) > LONGEST_RESULT or not content.startswith(b"%PDF-"):
        raise Permanent("Kết quả là tệp PDF, không quá 10 MB.")
    return Result(
        reference=case.reference, name=name[:200] or "ket-qua.pdf", media="application/pdf",
        sha256=hashlib.sha256(content).hexdigest(), content=content, personal_id=case.personal_id, filed_by=asked.by,
        filed_at=asked.now,
    )  # fmt: skip


def _last(procedure: Procedure) -> str:
    return procedure.process[-1].name


def _line(after: Case, asked: Asked, note: str | None) -> Line:
    if asked.act is Act.APOLOGISE and after.promised_on is not None:
        note = f"Hẹn lại ngày {after.promised_on:%d/%m/%Y}. {note}"
    return Line(
        reference=after.reference, at=asked.now, actor=asked.by, office=asked.office, act=asked.act,
        status=after.status, step=after.step, held_by=after.held_by, note=note, vnd=asked.vnd,
    )  # fmt: skip


def unfit(case: Case, procedure: Procedure) -> Sequence[str]:
    """What keeps a new case from being received where it is, in words for whoever filed it."""
    receiving, returning = offices().get(case.receiving), offices().get(case.returning)
    if receiving is None or returning is None:
        return [f"Không có cơ quan '{case.receiving if receiving is None else case.returning}' trong danh mục."]
    said = []
    if not procedure.may_receive(receiving, case.unit):
        said.append(f"Thủ tục {procedure.code} không được tiếp nhận tại {receiving.name}.")
    if case.return_by is ReturnBy.OFFICE and not procedure.may_return(returning):
        said.append(f"Kết quả của thủ tục {procedure.code} không trả tại {returning.name}.")
    competent = procedure.competent(case.unit)
    if competent is None or (competent.id != case.competent):
        said.append("Cơ quan giải quyết không đúng với quy định của thủ tục.")
    if case.return_by is ReturnBy.POST and not case.post_address:
        said.append("Ghi địa chỉ nhận kết quả qua bưu chính.")
    if not (len(case.personal_id) == 12 and case.personal_id.isascii() and case.personal_id.isdigit()):
        said.append("Số định danh cá nhân phải có 12 chữ số.")
    if not case.full_name.strip():
        said.append("Thiếu họ và tên người nộp hồ sơ.")
    return said
