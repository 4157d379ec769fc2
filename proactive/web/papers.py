"""What is printed of a dossier: its data in the words of the forms. Which form exists for it follows its state."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import RowMapping
from starlette.responses import Response

from proactive.domain.application import Progress
from proactive.domain.document import Document, DocumentKind
from proactive.domain.dossier import Dossier, State
from proactive.letters import HOTLINE
from proactive.ports.clock import DA_NANG
from proactive.store.acted import Answered
from proactive.web.formats import day, local_day
from proactive.web.wording import Line, Wording

FORMS = {
    "receipt": frozenset({State.APPROVED, State.FORWARDED, State.CLOSED, State.ENDED}),
    "supplement": frozenset({State.RETURNED}),
    "refusal": frozenset({State.REFUSED}),
    "apology": frozenset({State.APPROVED, State.FORWARDED}),
}
"""The officers' forms, and the states of a dossier in which each may be printed."""

TAKEN = 2
"""The portal's status "received"."""


def printable(dossier: Dossier) -> list[str]:
    """The officers' forms that there are for this dossier now."""
    return [form for form, states in FORMS.items() if dossier.state in states]


def application(
    wording: Wording, dossier: Dossier, *, preview: bool, confirmed: str | None = None
) -> Mapping[str, object]:
    """The application as its service's form has it. The paper is Vietnamese, whatever language the page has."""
    service = wording.of(dossier)
    returns = wording.returns(dossier)
    sections = [
        {"title": section.title.vi if section.title else None, "rows": [_row(line) for line in section.lines]}
        for section in wording.sections(dossier, reveal=True)
    ]
    if returns is not None:
        row = {"label": returns.label.vi, "value": wording.returned(dossier), "claim": None, "source": None}
        sections.append({"title": None, "rows": [row]})
    return {
        "title": service.form.title.vi if service else "ĐƠN ĐỀ NGHỊ",
        "sections": sections,
        "declaration": service.form.declaration.vi if service else "",
        "applicant": wording.applicant(dossier),
        "preview": preview,
        "confirmed": confirmed,
        "signed": confirmed is not None,
        "foot": dossier.reference or "",
    }


def _row(line: Line) -> Mapping[str, object]:
    source = line.source.title.vi if line.source else None
    return {
        "label": line.label.vi,
        "value": line.value.vi if line.value else None,
        "claim": line.claim,
        "source": f"{source}, {day(line.as_of)}" if source and line.as_of else source,
    }


def letter(
    wording: Wording,
    dossier: Dossier,
    *,
    officer: str,
    now: datetime,
    history: Iterable[RowMapping],
    progress: Sequence[Progress],
    acted: Sequence[Answered] = (),
    note: str | None = None,
    new_date: str | None = None,
) -> Mapping[str, object]:
    """What an officer's form says. What nobody knows is None: a line to write on by hand."""
    service = wording.of(dossier)
    taken = _taken(history, progress)
    values = {field.column: field.value for field in dossier.fields if field.column}
    today = local_day(now)
    return {
        "agency": wording.office(dossier.office),
        "place": f"Đà Nẵng, ngày {today.day} tháng {today.month} năm {today.year}",
        "reference": dossier.reference,
        "applicant": wording.applicant(dossier),
        "personal_id": wording.personal_id(dossier),
        "address": values.get("address"),
        "phone": dossier.phone,
        "by": _by(acted),
        "matter": service.text.procedure.name.vi if service else None,
        "papers": _papers(wording, dossier),
        "days": None,
        "received": f"{taken.astimezone(DA_NANG):%H giờ %M phút}, ngày {day(taken)}" if taken else None,
        "received_on": day(taken) if taken else None,
        "due": None,
        "return_to": wording.returned(dossier),
        "officer": officer,
        "note": note or dossier.decision_note,
        "reason": None,
        "new_date": new_date,
        "hotline": HOTLINE,
        "foot": dossier.reference or "",
    }


def _by(acted: Sequence[Answered]) -> str | None:
    """Who acted for the applicant, with the last answer."""
    who = acted[-1].acting if acted else None
    return f"{who.name}, {who.personal_id}" if who and who.relation else None


def _taken(history: Iterable[RowMapping], progress: Sequence[Progress]) -> datetime | None:
    """When the intake had it; when it was handed over, while the intake has not said so."""
    told = [one.at for one in progress if one.code == TAKEN]
    handed: list[datetime] = [line["at"] for line in history if line["to_state"] == State.FORWARDED]
    return next(iter(told + handed), None)


def _papers(wording: Wording, dossier: Dossier) -> list[str]:
    service = wording.of(dossier)
    own = [service.form.title.vi] if service else []
    return own + [need.title.vi for need in wording.needs(dossier)]


def document_answer(document: Document, content: bytes) -> Response:
    """What a citizen added, to look at: a picture that we wrote ourselves in the browser, anything else as a file. The
    browser takes it for nothing but what we say it is, and runs nothing in it."""
    picture = document.kind is DocumentKind.JPEG
    shown, ending = ("inline", "jpg") if picture else ("attachment", "pdf")
    return Response(
        content,
        media_type=str(document.kind),
        headers={
            "content-disposition": f'{shown}; filename="giay-to-{document.hash[:8]}.{ending}"',
            "content-security-policy": "default-src 'none'; img-src 'self'; sandbox; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
        },
    )
