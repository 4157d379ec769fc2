"""Steps that people take: procedures, proposals, requests about one's data, tickets, cases. Each table is the only way,
each refusal says what to do, and what a step leaves is exactly this."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from uuid import UUID

import pytest

from proactive.domain import case as cases
from proactive.domain import procedure, proposal, rights, ticket
from proactive.domain.case import ACTS, Act, Case, Kind, Origin, Paper, ReturnBy, Status, allowed, turn
from proactive.domain.procedure import Entry, Signed, Stage, advance
from proactive.domain.proposal import Proposal, Standing, Step, moved, proposed
from proactive.domain.rights import Asked, Right, RightsRequest, extend, move_request
from proactive.domain.ticket import Ticket, TicketState, move_ticket, settled_by
from proactive.errors import OutOfTurn, Permanent, ProactiveError

NOW, LATER = datetime(2026, 11, 23, 2, tzinfo=UTC), datetime(2026, 11, 24, 2, tzinfo=UTC)
NIL = UUID(int=0)
JUSTICE, OFFICE, BUILDING = "so-tu-phap-da-nang", "vp-ubnd-da-nang", "so-xay-dung-da-nang"


def refused(step: Callable[[], object]) -> tuple[type[ProactiveError], str]:
    with pytest.raises(ProactiveError) as caught:
        step()
    return type(caught.value), str(caught.value)


# -- a version of a procedure

ENTRY = Entry(code="1.004194", version=2, stage=Stage.PROPOSED, body={"a": 1}, proposed_by="an", changed_at=NOW)


def signed(by: str = "binh", office: str = JUSTICE, document: str = "123/QĐ-UBND") -> Signed:
    return Signed(by=by, office=office, document=document, at=LATER)


def test_a_version_of_a_procedure_takes_its_steps() -> None:
    reviewed = advance(ENTRY, Stage.REVIEWED, signed(document="x" * 100))
    published = advance(advance(reviewed, Stage.APPROVED, signed(office=OFFICE)), Stage.PUBLISHED, signed("an", OFFICE))

    assert reviewed == ENTRY.model_copy(update={"stage": Stage.REVIEWED, "changed_at": LATER})
    assert published.stage is Stage.PUBLISHED
    assert advance(ENTRY, Stage.WITHDRAWN, signed("an", OFFICE)).stage is Stage.WITHDRAWN


@pytest.mark.parametrize(
    ("to", "by", "because"),
    [
        (Stage.PUBLISHED, signed(), (OutOfTurn, "Version 2 of 1.004194 is proposed; it cannot become published.")),
        (
            Stage.REVIEWED, signed(office=OFFICE),
            (Permanent, f"Only an officer of {JUSTICE} can do this, and binh is of {OFFICE}."),
        ),
        (Stage.REVIEWED, signed("an"), (Permanent, "an proposed it; somebody else must have it reviewed.")),
        (Stage.REVIEWED, signed(document=" "), (Permanent, "Name the document that says so, for example 123/QĐ-UBND.")),
        (
            Stage.REVIEWED, signed(document="x" * 101),
            (Permanent, "Name the document that says so, for example 123/QĐ-UBND."),
        ),
    ],
)  # fmt: skip
def test_a_step_of_a_procedure_is_refused(to: Stage, by: Signed, because: tuple[type[ProactiveError], str]) -> None:
    assert refused(lambda: advance(ENTRY, to, by)) == because


def test_nobody_approves_their_own() -> None:
    reviewed = ENTRY.model_copy(update={"stage": Stage.REVIEWED})
    assert refused(lambda: advance(reviewed, Stage.APPROVED, signed("an", OFFICE)))[1].startswith("an proposed it;")
    assert set(procedure.STAGES) == set(Stage)


# -- a department's proposal

STEP = Step(by="an", office=BUILDING, at=NOW, document=" 12/TTr-SXD ", note=" Vì dân cần. ")
PROPOSAL = Proposal(
    id=NIL, candidate="1.004194", department=BUILDING, proposed_by="an", proposed_at=NOW, document="12/TTr-SXD",
    reason="Vì dân cần.",
)  # fmt: skip
DECISION = Step(by="binh", office=OFFICE, at=LATER, document=" 7/QĐ ", note=" Đồng ý ")


def test_a_proposal_is_made_and_decided() -> None:
    accepted = moved(PROPOSAL, Standing.ACCEPTED, DECISION, decides=OFFICE)

    assert proposed(NIL, "1.004194", STEP) == PROPOSAL
    assert accepted == PROPOSAL.model_copy(
        update={
            "state": Standing.ACCEPTED, "decided_by": "binh", "decided_at": LATER, "decision": "7/QĐ",
            "decision_note": "Đồng ý", "version": 2,
        }
    )  # fmt: skip
    quiet = DECISION.model_copy(update={"note": " ", "document": "x" * 100})
    assert moved(PROPOSAL, Standing.ACCEPTED, quiet, decides=OFFICE).decision_note is None
    assert moved(accepted, Standing.WITHDRAWN, STEP, decides=OFFICE).version == 3  # by whoever proposed it
    assert set(proposal.MOVES) == set(Standing)


def test_words_are_as_long_as_they_may_be() -> None:
    longest = STEP.model_copy(update={"note": "a" * 1000, "document": "b" * 100})

    assert (len(proposed(NIL, "c", longest).reason), len(proposed(NIL, "c", longest).document)) == (1000, 100)
    talkative = DECISION.model_copy(update={"note": "a" * 1200})
    decided = moved(PROPOSAL, Standing.DECLINED, talkative, decides=OFFICE)
    assert decided.decision_note == "a" * 1000


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"document": " "}, "Name the document that says so, for example 12/TTr-SXD."),
        ({"document": "x" * 101}, "Name the document that says so, for example 12/TTr-SXD."),
        ({"note": " "}, "Say why this should become proactive, in a few sentences."),
        ({"note": "x" * 1001}, "Say why this should become proactive, in a few sentences."),
    ],
)
def test_a_proposal_without_document_or_reason_is_refused(change: dict[str, str], because: str) -> None:
    assert refused(lambda: proposed(NIL, "c", STEP.model_copy(update=change))) == (Permanent, because)


@pytest.mark.parametrize(
    ("to", "change", "because"),
    [
        (
            Standing.ACCEPTED,
            {"office": BUILDING},
            f"Only an officer of {OFFICE} can do this, and binh is of {BUILDING}.",
        ),
        (Standing.WITHDRAWN, {}, f"Only an officer of {BUILDING} can do this, and binh is of {OFFICE}."),
        (Standing.ACCEPTED, {"by": "an"}, "an proposed it; somebody else must decide."),
        (Standing.DECLINED, {"note": " "}, "Say why it is declined."),
        (Standing.ACCEPTED, {"document": ""}, "Name the document that says so, for example 12/TTr-SXD."),
    ],
)
def test_a_decision_is_refused(to: Standing, change: dict[str, str], because: str) -> None:
    step = DECISION.model_copy(update=change)
    assert refused(lambda: moved(PROPOSAL, to, step, decides=OFFICE)) == (Permanent, because)


def test_what_is_withdrawn_does_not_come_back() -> None:
    gone = PROPOSAL.model_copy(update={"state": Standing.WITHDRAWN})
    assert refused(lambda: moved(gone, Standing.ACCEPTED, DECISION, decides=OFFICE)) == (
        OutOfTurn, "A proposal that is withdrawn cannot become accepted.",
    )  # fmt: skip


# -- what people ask about their data

ERASE = RightsRequest(
    id=NIL, subject="048168000001", dossier_id=NIL, right=Right.ERASE, asked_at=NOW, acknowledge_by=date(2026, 11, 25),
    due_on=date(2026, 12, 7),
)  # fmt: skip


def test_a_request_is_acknowledged_granted_and_done() -> None:
    heard = move_request(ERASE, Asked.ACKNOWLEDGED, by="lan", now=LATER)
    granted = move_request(heard, Asked.GRANTED, by="binh", now=NOW)
    done = move_request(granted, Asked.DONE, by="system", now=NOW, answer="Đã xoá.")

    seen = {"state": Asked.ACKNOWLEDGED, "version": 1, "acknowledged_at": LATER, "acknowledged_by": "lan"}
    assert heard == ERASE.model_copy(update=seen)
    assert granted == heard.model_copy(update={"state": Asked.GRANTED, "version": 2})
    said = {"state": Asked.DONE, "version": 3, "answer": "Đã xoá.", "answered_at": NOW, "answered_by": "system"}
    assert done == granted.model_copy(update={**said, "subject": ""})


def test_an_answer_is_an_acknowledgement_too_and_may_be_without_words() -> None:
    refusal = move_request(ERASE, Asked.REFUSED, by="lan", now=LATER)

    assert (refusal.acknowledged_at, refusal.acknowledged_by, refusal.answer, refusal.subject) == (
        LATER,
        "lan",
        None,
        "",
    )


def test_only_erasing_is_granted_and_nothing_after_an_answer() -> None:
    see = ERASE.model_copy(update={"right": Right.SEE})
    done = ERASE.model_copy(update={"state": Asked.DONE})

    assert refused(lambda: move_request(see, Asked.GRANTED, by="lan", now=NOW)) == (
        OutOfTurn, "A request to see that is asked cannot become granted.",
    )  # fmt: skip
    assert refused(lambda: move_request(done, Asked.GRANTED, by="lan", now=NOW))[0] is OutOfTurn
    assert move_request(see, Asked.DONE, by="lan", now=NOW).state is Asked.DONE


def test_it_is_late_by_either_clock() -> None:
    heard = ERASE.model_copy(update={"state": Asked.ACKNOWLEDGED})
    days = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 12, 7), date(2026, 12, 8)]

    assert [ERASE.late(day) for day in days] == [False, True, True, True]
    assert [heard.late(day) for day in days] == [False, False, False, True]
    assert not ERASE.model_copy(update={"state": Asked.DONE}).late(days[-1])


def test_it_is_put_off_once() -> None:
    longer = extend(ERASE, date(2026, 12, 20), because="Nhiều hồ sơ")

    update = {"due_on": date(2026, 12, 20), "extended_because": "Nhiều hồ sơ", "version": 1}
    assert longer == ERASE.model_copy(update=update)
    for one in (longer, ERASE.model_copy(update={"state": Asked.DONE})):
        assert refused(partial(extend, one, date(2027, 1, 1), because="x")) == (
            OutOfTurn, "Only a request that waits is put off, and only once.",
        )  # fmt: skip
    assert set(rights.MOVES) == set(Asked)


# -- a ticket about a register

TICKET = Ticket(
    id=NIL, register_name="residents", key="1", subject="1", column="full_name", held="AN", claimed="ANH",
    said_by="citizen", office="o", opened_at=NOW, changed_at=NOW,
)  # fmt: skip


def alike(one: str, other: str) -> bool:
    return one.lower() == other.lower()


@pytest.mark.parametrize(
    ("held", "claimed", "value", "state", "found"),
    [
        ("AN", "ANH", "an", TicketState.OPEN, None),
        ("AN", "ANH", "Anh", TicketState.CORRECTED, "Anh"),
        ("AN", "ANH", "AM", TicketState.OTHERWISE, "AM"),
        ("AN", "", "AM", TicketState.OTHERWISE, "AM"),
        ("AN", "ANH", None, TicketState.OTHERWISE, None),
        (None, "ANH", None, TicketState.OPEN, None),
        (None, "ANH", "anh", TicketState.CORRECTED, "anh"),
    ],
)
def test_a_ticket_follows_its_register(
    held: str | None, claimed: str, value: str | None, state: TicketState, found: str | None
) -> None:
    before = TICKET.model_copy(update={"held": held, "claimed": claimed})

    after = settled_by(before, value, version=9, alike=alike)

    assert after == before.model_copy(update={"record_version": 9, "state": state, "found": found})


def test_a_ticket_moves_as_the_table_says() -> None:
    assert move_ticket(TICKET, TicketState.SENT, note="x") == TICKET.model_copy(
        update={"state": TicketState.SENT, "note": "x"}
    )
    assert refused(lambda: move_ticket(TICKET, TicketState.REJECTED)) == (
        OutOfTurn, "A ticket that is open cannot become rejected.",
    )  # fmt: skip
    assert set(ticket.TICKET_MOVES) == set(TicketState)


# -- a case in the intake

CASE = Case(
    reference="H17-261123-0001", origin=Origin.WALK_IN, channel=cases.Channel.IN_PERSON, procedure="1.004194",
    procedure_version=1, personal_id="048168000001", full_name="AN", receiving="centre", competent="police",
    returning="other-centre", held_by="centre", content_hash="", created_at=NOW, updated_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", Status)
def test_a_case_moves_as_the_table_says(act: Act, status: Status) -> None:
    before = CASE.model_copy(update={"status": status})
    starts, leads = ACTS[act]

    if status in starts:
        assert turn(before, act, step="x") == before.model_copy(update={"status": leads or status, "step": "x"})
    else:
        assert refused(lambda: turn(before, act)) == (
            OutOfTurn, f"Hồ sơ đang ở trạng thái {int(status)}, không làm được việc này.",
        )  # fmt: skip


def test_the_law_lets_one_ask_once_and_apologise_once() -> None:
    asked = CASE.model_copy(update={"status": Status.PROCESSING, "asked_at": NOW, "due_on": date(2026, 12, 1)})
    promised = CASE.model_copy(update={"status": Status.PROCESSING, "promised_on": date(2026, 12, 9)})

    assert refused(lambda: turn(asked, Act.ASK)) == (
        Permanent, "Hồ sơ đã được yêu cầu bổ sung một lần; pháp luật chỉ cho yêu cầu một lần.",
    )  # fmt: skip
    assert refused(lambda: turn(promised, Act.APOLOGISE)) == (
        Permanent, "Hồ sơ đã được hẹn lại một lần; chỉ được hẹn lại một lần.",
    )  # fmt: skip
    assert turn(asked, Act.APOLOGISE).status is turn(promised, Act.FINISH, held_by="x").status.PROCESSING
    assert turn(promised, Act.ASK).status is Status.ASKED


@pytest.mark.parametrize(
    ("change", "office", "acts"),
    [
        ({}, "centre", [Act.RECEIVE, Act.REFUSE, Act.WITHDRAW]),
        ({}, "police", []),
        ({"status": Status.RECEIVED, "due_on": date(2026, 12, 1)}, "centre",
         [Act.HAND_OVER, Act.APOLOGISE, Act.WITHDRAW, Act.STOP]),
        ({"status": Status.RECEIVED}, "centre", [Act.HAND_OVER, Act.WITHDRAW, Act.STOP]),
        ({"status": Status.RECEIVED, "due_on": date(2026, 12, 1), "promised_on": date(2026, 12, 9)}, "centre",
         [Act.HAND_OVER, Act.WITHDRAW, Act.STOP]),
        ({"status": Status.PROCESSING, "held_by": "police", "due_on": date(2026, 12, 1)}, "police",
         [Act.HAND_OVER, Act.ASK, Act.CHARGE, Act.APOLOGISE, Act.WITHDRAW, Act.STOP, Act.FINISH]),
        ({"status": Status.PROCESSING, "held_by": "police", "asked_at": NOW}, "police",
         [Act.HAND_OVER, Act.CHARGE, Act.WITHDRAW, Act.STOP, Act.FINISH]),
        ({"status": Status.PROCESSING, "held_by": "police"}, "centre", [Act.WITHDRAW]),
        ({"status": Status.ASKED, "held_by": "police"}, "centre", [Act.GIVE, Act.WITHDRAW]),
        ({"status": Status.PAYMENT, "held_by": "police"}, "centre", [Act.PAY, Act.WITHDRAW]),
        ({"status": Status.READY, "held_by": "police"}, "other-centre", [Act.RETURN]),
        ({"status": Status.READY, "held_by": "police"}, "police", []),
        ({"status": Status.READY, "return_by": ReturnBy.POST}, "police", [Act.RETURN]),
        ({"status": Status.READY, "return_by": ReturnBy.POST}, "other-centre", [Act.RETURN]),
    ],
)  # fmt: skip
def test_each_office_may_do_its_own_part(change: dict[str, object], office: str, acts: list[Act]) -> None:
    assert allowed(CASE.model_copy(update=change), office) == acts


def test_the_promised_day_counts_and_paper_makes_a_case_not_digital() -> None:
    due = CASE.model_copy(update={"due_on": date(2026, 12, 1)})
    electronic, reused = Paper(name="a", kind=Kind.ELECTRONIC), Paper(name="b", kind=Kind.COPY, reused=True)
    paper = Paper(name="c", kind=Kind.COPY)

    assert (CASE.target, due.target) == (None, date(2026, 12, 1))
    assert due.model_copy(update={"promised_on": date(2026, 12, 9)}).target == date(2026, 12, 9)
    assert [one.digital for one in (electronic, reused, paper)] == [True, True, False]
    assert CASE.model_copy(update={"papers": (electronic, reused)}).digital
    assert not CASE.model_copy(update={"papers": (electronic, paper)}).digital
