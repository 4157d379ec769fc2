"""A case: an application in the intake, from whoever received it to the hands it is given back into.

Three offices, each with its own rule: who received it, who decides, where the result is returned. `held_by` is the one
that has it now. The table `ACTS` below is the only way a status changes; statuses are those of the national portal.
"""

from datetime import date, datetime
from enum import IntEnum, StrEnum

import pydantic

from proactive.domain.base import Value
from proactive.errors import OutOfTurn, Permanent


class Status(IntEnum):
    """The national portal's statuses, see `STATUS_WORDS` in `application.py`."""

    SUBMITTED = 1
    RECEIVED = 2
    NOT_RECEIVED = 3
    PROCESSING = 4
    ASKED = 5
    PAYMENT = 6
    WITHDRAWN = 7
    STOPPED = 8
    READY = 9
    RETURNED = 10


class Act(StrEnum):
    """What somebody does with a case."""

    RECEIVE = "receive"
    REFUSE = "refuse"
    HAND_OVER = "hand_over"
    ASK = "ask"
    GIVE = "give"
    CHARGE = "charge"
    PAY = "pay"
    APOLOGISE = "apologise"
    WITHDRAW = "withdraw"
    STOP = "stop"
    FINISH = "finish"
    RETURN = "return"


WORKED_ON = frozenset({Status.RECEIVED, Status.PROCESSING})
OPEN = frozenset({Status.SUBMITTED, *WORKED_ON, Status.ASKED, Status.PAYMENT})

ACTS: dict[Act, tuple[frozenset[Status], Status | None]] = {
    Act.RECEIVE: (frozenset({Status.SUBMITTED}), Status.RECEIVED),
    Act.REFUSE: (frozenset({Status.SUBMITTED}), Status.NOT_RECEIVED),
    Act.HAND_OVER: (WORKED_ON, Status.PROCESSING),
    Act.ASK: (frozenset({Status.PROCESSING}), Status.ASKED),
    Act.GIVE: (frozenset({Status.ASKED}), Status.PROCESSING),
    Act.CHARGE: (frozenset({Status.PROCESSING}), Status.PAYMENT),
    Act.PAY: (frozenset({Status.PAYMENT}), Status.PROCESSING),
    Act.APOLOGISE: (frozenset({*WORKED_ON, Status.PAYMENT}), None),
    Act.WITHDRAW: (OPEN, Status.WITHDRAWN),
    Act.STOP: (frozenset({*WORKED_ON, Status.ASKED, Status.PAYMENT, Status.WITHDRAWN}), Status.STOPPED),
    Act.FINISH: (frozenset({Status.PROCESSING}), Status.READY),
    Act.RETURN: (frozenset({Status.READY}), Status.RETURNED),
}
"""Act -> the statuses it starts from, and the one it leads to (None: it stays)."""

NEEDS_REASON = frozenset({Act.REFUSE, Act.ASK, Act.APOLOGISE, Act.WITHDRAW, Act.STOP})


class Origin(StrEnum):
    """How it came."""

    FORWARDED = "forwarded"
    WALK_IN = "walk_in"


class Channel(IntEnum):
    """By which of the three ways it was filed (Decree 118/2025/ND-CP)."""

    IN_PERSON = 1
    ONLINE = 2
    POST = 3


class ReturnBy(StrEnum):
    """How the result reaches the citizen."""

    OFFICE = "office"
    POST = "post"
    ELECTRONIC = "electronic"


class Kind(IntEnum):
    """What a paper of the dossier is."""

    ORIGINAL = 0
    COPY = 1
    ELECTRONIC = 2


class Paper(Value):
    """A part of the dossier; `reused` where data or an earlier result took its place and nobody had to bring it."""

    name: str
    kind: Kind
    reused: bool = False

    @property
    def digital(self) -> bool:
        return self.kind is Kind.ELECTRONIC or self.reused


class Case(Value):
    """One application in the intake. `version` rises with every save and guards against two at once."""

    reference: str
    origin: Origin
    channel: Channel
    procedure: str
    procedure_version: int
    proactive: int = 0
    personal_id: str
    full_name: str
    phone: str | None = None
    unit: str | None = None
    receiving: str
    competent: str
    returning: str
    return_by: ReturnBy = ReturnBy.OFFICE
    post_address: str | None = None
    status: Status = Status.SUBMITTED
    step: str | None = None
    step_due: datetime | None = None
    held_by: str
    fields: dict[str, str | None] = pydantic.Field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    received_at: datetime | None = None
    due_on: date | None = None
    """At the end of this day; None while it stands still, or where the procedure has no limit."""
    promised_on: date | None = None
    """The one new date of the apology."""
    asked_at: datetime | None = None
    given_at: datetime | None = None
    fee_vnd: int | None = None
    paid_vnd: int = 0
    result_hash: str | None = None
    ended_at: datetime | None = None
    content_hash: str
    version: int = 0
    created_at: datetime
    updated_at: datetime

    @property
    def target(self) -> date | None:
        """The day that counts now: the promised one, or the due one."""
        return self.promised_on or self.due_on

    @property
    def digital(self) -> bool:
        """Whether nothing of it is on paper alone."""
        return all(paper.digital for paper in self.papers)


class Line(Value):
    """What happened to a case: one line an act, written in its transaction."""

    reference: str
    at: datetime
    actor: str
    office: str
    act: str
    status: Status
    step: str | None = None
    held_by: str
    note: str | None = None
    vnd: int | None = None


class Result(Value):
    """A result as a digital document. `sha256` is of `content`; `reusable_until` None: for ever."""

    reference: str
    name: str
    media: str
    sha256: str
    content: bytes
    personal_id: str
    filed_by: str
    filed_at: datetime


def turn(case: Case, act: Act, **update: object) -> Case:
    """The case after an act, with what else changes; the only way a status changes.

    Raises `OutOfTurn` where the table does not list the act.
    """
    starts, leads = ACTS[act]
    if case.status not in starts:
        raise OutOfTurn(f"Hồ sơ đang ở trạng thái {int(case.status)}, không làm được việc này.")
    if act is Act.ASK and case.asked_at is not None:
        raise Permanent("Hồ sơ đã được yêu cầu bổ sung một lần; pháp luật chỉ cho yêu cầu một lần.")
    if act is Act.APOLOGISE and case.promised_on is not None:
        raise Permanent("Hồ sơ đã được hẹn lại một lần; chỉ được hẹn lại một lần.")
    return case.model_copy(update={"status": leads or case.status, **update})


def allowed(case: Case, office: str) -> list[Act]:
    """What an officer of this office may do with it now, in the order of `Act`."""
    return [act for act in Act if case.status in ACTS[act][0] and office in where(case, act) and not _spent(case, act)]


def where(case: Case, act: Act) -> frozenset[str]:
    """The offices that may do this: each of the three has its own part."""
    if act in {Act.RECEIVE, Act.REFUSE}:
        return frozenset({case.receiving})
    if act in {Act.GIVE, Act.PAY, Act.WITHDRAW}:
        return frozenset({case.receiving, case.held_by})
    if act is Act.RETURN:
        by_hand = case.return_by is ReturnBy.OFFICE
        return frozenset({case.returning} if by_hand else {case.returning, case.competent})
    return frozenset({case.held_by})


def _spent(case: Case, act: Act) -> bool:
    return (act is Act.ASK and case.asked_at is not None) or (
        act is Act.APOLOGISE and (case.promised_on is not None or case.due_on is None)
    )
