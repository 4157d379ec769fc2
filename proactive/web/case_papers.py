"""Official forms of a case as PDF, with the wording of the one-stop desk: each is a reading, noted in its history."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from proactive.domain.case import Act, Case, Line, ReturnBy
from proactive.letters import HOTLINE
from proactive.ports.clock import DA_NANG
from proactive.web.formats import day, local_day
from rules.procedures import Procedure

OF_ACT = {"receipt": Act.RECEIVE, "supplement": Act.ASK, "refusal": Act.REFUSE, "apology": Act.APOLOGISE}
"""Each form is about one act: it is there once that was done, and says what was said then."""

WAYS = {ReturnBy.POST: "Qua dịch vụ bưu chính công ích", ReturnBy.ELECTRONIC: "Bản điện tử"}


def printable(lines: Sequence[Line]) -> list[str]:
    """The forms that there are for a case to which this has happened."""
    done = {line.act for line in lines}
    return [form for form, act in OF_ACT.items() if act in done]


def letter(
    form: str, case: Case, procedure: Procedure, lines: Sequence[Line], *, office: Callable[[str], str], officer: str,
    now: datetime,
) -> Mapping[str, object]:  # fmt: skip
    """What the form says. What nobody knows is None: a line to write on by hand."""
    said = next(line for line in reversed(lines) if line.act == OF_ACT[form])
    today, taken = local_day(now), case.received_at
    returned = office(case.returning) if case.return_by is ReturnBy.OFFICE else WAYS[case.return_by]
    return {
        "agency": office(said.office),
        "place": f"Đà Nẵng, ngày {today.day} tháng {today.month} năm {today.year}",
        "reference": case.reference,
        "applicant": case.full_name,
        "personal_id": case.personal_id,
        "address": case.fields.get("address"),
        "phone": case.phone,
        "by": None,
        "matter": procedure.name.vi,
        "papers": [paper.name for paper in case.papers],
        "days": f"{procedure.working_days:g} ngày làm việc" if procedure.working_days is not None else None,
        "received": f"{taken.astimezone(DA_NANG):%H giờ %M phút}, ngày {day(taken)}" if taken else None,
        "received_on": day(taken) if taken else None,
        "due": day(case.due_on) if case.due_on else None,
        "return_to": returned,
        "officer": officer,
        "note": _note(form, said),
        "reason": None,
        "new_date": day(case.promised_on) if case.promised_on else None,
        "hotline": HOTLINE,
        "foot": case.reference,
    }


def _note(form: str, said: Line) -> str | None:
    """What was written with the act; of an apology the reason, its new day stands in the form already."""
    if said.note is None or form != "apology":
        return said.note
    return said.note.partition(". ")[2] or said.note
