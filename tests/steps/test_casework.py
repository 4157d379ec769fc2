"""A case from the counter to the citizen's hands: who may do what, when it is due, and what nobody may overlook."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proactive.domain.case import (
    ACTS,
    Act,
    Case,
    Channel,
    Kind,
    Origin,
    Paper,
    ReturnBy,
    Status,
    allowed,
    turn,
    where,
)  # fmt: skip
from proactive.errors import OutOfTurn, Permanent, ProactiveError
from proactive.ports.clock import SetClock
from proactive.steps.case_clock import Signal, keep_time, last_day_to_apologise, signals
from proactive.steps.casework import Asked, act
from proactive.steps.receive import NotTaken, WalkIn, published, take, take_queued, walk_in
from proactive.store.store import Store
from rules.calendar import add_working_days, is_working
from rules.checks import VIETNAM
from rules.offices.agencies import agency_of, dossier_code
from rules.procedures import Procedure
from tests.conftest import MORNING
from tests.connectors.intakes.world import application
from tests.steps.receiving import procedure_of
from tests.steps.test_catalogue import LINES, publish, sign

PDF = ("ket-qua.pdf", "application/pdf", b"%PDF-1.7 a result")
HERE, THERE = "centre-20242", "centre-20410"
PROCEDURES = {line.code: line.procedure for line in LINES if line.procedure}
PENSION = PROCEDURES["1.014027"]


def walker(**changes: object) -> WalkIn:
    made: dict[str, object] = {
        "personal_id": "048180123456", "full_name": "Nguyễn Thị Thu Hà", "phone": None,
        "unit": "20242", "returning": THERE, "return_by": ReturnBy.OFFICE, "post_address": None,
        "papers": (Paper(name="Đơn", kind=Kind.ELECTRONIC),),
    }  # fmt: skip
    return WalkIn(**{**made, **changes})  # type: ignore[arg-type]  # each has its type


async def walks_in(store: Store, clock: SetClock, changes: Mapping[str, object] = MappingProxyType({})) -> Case:
    """Somebody comes to the centre in Hội An; `changes` may name another procedure than usual."""
    found = await published(str(changes.get("procedure", "9.900002")), store=store)
    assert found is not None
    asked = walker(**{name: value for name, value in changes.items() if name != "procedure"})
    return await walk_in(asked, *found, by="hoa", office=THERE, store=store, clock=clock)


def case(**changes: object) -> Case:
    made = Case(
        reference="H17.101-261123-0001", origin=Origin.WALK_IN, channel=Channel.IN_PERSON, procedure="1.014027",
        procedure_version=1, personal_id="048180123456", full_name="Nguyễn Thị Thu Hà", unit="20242", receiving=THERE,
        competent=HERE, returning=THERE, held_by=THERE, content_hash="a", created_at=MORNING, updated_at=MORNING,
    )  # fmt: skip
    return made.model_copy(update=changes)


def asked(verb: Act, office: str, now: datetime = MORNING, **more: object) -> Asked:
    return Asked(act=verb, by="lan", office=office, now=now, **more)  # type: ignore[arg-type]  # each has its type


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


async def ready(store: Store) -> None:
    from proactive.steps import catalogue

    await catalogue.propose(LINES, signed=sign(), store=store)
    for code in PROCEDURES:
        await publish(store, code)


# -- The whole way


async def test_received_in_hoi_an_decided_in_hai_chau_and_given_back_in_hoi_an(store: Store, clock: SetClock) -> None:
    await ready(store)
    made = await walks_in(store, clock)
    assert (made.reference, made.status, made.held_by) == ("H17.125-261123-0001", Status.RECEIVED, THERE)
    assert made.due_on == date(2026, 11, 27)
    procedure = await procedure_of(made, store=store)

    current = made
    for verb, office, more in [
        (Act.HAND_OVER, THERE, {}),
        (Act.ASK, HERE, {"note": "Thiếu chữ ký"}),
        (Act.GIVE, THERE, {}),
        (Act.HAND_OVER, HERE, {}),
        (Act.FINISH, HERE, {"document": PDF}),
        (Act.RETURN, THERE, {}),
    ]:
        clock.forward(hours=1)
        current = await store.cases.get(made.reference) or made
        done = act(current, asked(verb, office, clock.now(), **more), procedure)
        assert await store.cases.keep(current, done.case, done.lines, done.result)

    ended = await store.cases.get(made.reference)
    assert ended is not None and (ended.status, ended.held_by, ended.ended_at) == (10, THERE, clock.now())
    assert ended.result_hash == hashlib.sha256(PDF[2]).hexdigest()
    result = await store.cases.result(made.reference)
    assert result is not None and result.content == PDF[2]
    [again] = await store.cases.results_of("048180123456")
    assert again["sha256"] == ended.result_hash
    lines = await store.cases.lines(made.reference)
    assert [line.act for line in lines] == [
        "submit", "receive", "hand_over", "ask", "give", "hand_over", "finish", "return",
    ]  # fmt: skip
    assert [row["code"] for row in await store.cases.course(made.reference)] == [1, 2, 4, 5, 4, 9, 10]


async def test_a_forwarded_application_is_handed_over_at_once_and_exists_once(store: Store, clock: SetClock) -> None:
    await ready(store)
    given_ = application()

    first = await take(given_, store=store, clock=clock)
    again = await take(given_, store=store, clock=clock)

    assert isinstance(first, Case) and isinstance(again, Case)
    assert (first.status, first.step, first.held_by) == (Status.PROCESSING, "examine", "csgt-da-nang")
    assert (first.proactive, first.origin) == (2, Origin.FORWARDED)
    assert [row["code"] for row in await store.cases.course(first.reference)] == [1, 2, 4]
    assert len(await store.cases.lines(first.reference)) == 3
    other = await take(application(content_hash="b" * 64), store=store, clock=clock)
    assert isinstance(other, NotTaken) and other.conflict


async def test_a_forwarded_result_may_be_posted(store: Store, clock: SetClock) -> None:
    await ready(store)

    case = await take(application(post_address="12 Lê Lợi, Đà Nẵng"), store=store, clock=clock)

    assert isinstance(case, Case) and (case.return_by, case.post_address) == (ReturnBy.POST, "12 Lê Lợi, Đà Nẵng")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"procedure_code": "1.999999"}, "chưa được công bố"),
        ({"receiving_office": "centre-20242"}, "không được tiếp nhận tại"),
        ({"returning_office": "so-y-te-da-nang"}, "không trả tại"),
        ({"competent_office": "centre-20242"}, "Cơ quan giải quyết"),
        ({"receiving_office": "nowhere"}, "Không có cơ quan"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_its_reason(
    store: Store, clock: SetClock, changes: dict[str, str], why: str
) -> None:
    await ready(store)

    refused = await take(application(**changes), store=store, clock=clock)

    assert isinstance(refused, NotTaken) and why in refused.why
    assert await store.cases.get(application().reference) is None


async def test_a_running_case_keeps_the_version_it_began_with(store: Store, clock: SetClock) -> None:
    from proactive.steps import catalogue
    from tests.steps.test_catalogue import changed

    await ready(store)
    made = await take(application(), store=store, clock=clock)
    assert isinstance(made, Case)
    [newer] = await catalogue.propose(catalogue.read(changed(working_days="5")), signed=sign(), store=store)
    await publish(store, newer.code, newer.version)

    assert (await procedure_of(made, store=store)).working_days == 3.5
    later = await take(application("H17-261123-0002"), store=store, clock=clock)
    assert isinstance(later, Case) and later.procedure_version == 2 and later.due_on == date(2026, 12, 1)


async def test_what_was_answered_with_202_becomes_a_case_or_is_refused_with_why(store: Store, clock: SetClock) -> None:
    await ready(store)
    for one in (application(), application("H17-261123-0009", procedure_code="1.999999")):
        await store.intake_queue.put(one.reference, one.content_hash, one.model_dump_json(), now=clock.now())

    assert await take_queued(store=store, clock=clock, limit=10) == 2
    assert await take_queued(store=store, clock=clock, limit=10) == 0

    assert await store.cases.get(application().reference) is not None
    queued = await store.intake_queue.get("H17-261123-0009")
    assert queued is not None and queued["state"] == "refused" and "chưa được công bố" in queued["why"]


async def test_of_two_officers_one_is_first(store: Store, clock: SetClock) -> None:
    await ready(store)
    made = await walks_in(store, clock)
    procedure = await procedure_of(made, store=store)
    first, second = (act(made, asked(Act.HAND_OVER, THERE), procedure) for _ in range(2))

    assert await store.cases.keep(made, first.case, first.lines)
    assert not await store.cases.keep(made, second.case, second.lines)
    assert [line.act for line in await store.cases.lines(made.reference)] == ["submit", "receive", "hand_over"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"procedure": "3.000347"}, "không được tiếp nhận"),
        ({"procedure": "9.900003"}, "không được tiếp nhận"),
        ({"unit": None}, "cư trú"),
        ({"personal_id": "123"}, "12 chữ số"),
        ({"full_name": " "}, "họ và tên"),
        ({"return_by": ReturnBy.POST}, "bưu chính"),
    ],
)
async def test_a_walk_in_that_cannot_be_received_here_says_why(
    store: Store, clock: SetClock, changes: dict[str, object], why: str
) -> None:
    await ready(store)

    with pytest.raises(Permanent, match=why):
        await walks_in(store, clock, changes)


# -- Who may do what


def test_each_of_the_three_offices_has_its_own_part() -> None:
    assert allowed(case(), THERE) == [Act.RECEIVE, Act.REFUSE, Act.WITHDRAW]
    assert allowed(case(), HERE) == []
    processing = case(status=Status.PROCESSING, held_by=HERE, due_on=date(2026, 12, 1))
    assert Act.FINISH in allowed(processing, HERE) and Act.FINISH not in allowed(processing, THERE)
    done = case(status=Status.READY, held_by=THERE)
    assert allowed(done, THERE) == [Act.RETURN] and allowed(done, HERE) == []
    by_post = done.model_copy(update={"return_by": ReturnBy.ELECTRONIC})
    assert allowed(by_post, HERE) == [Act.RETURN]


def test_more_is_asked_for_once_and_a_new_date_is_given_once() -> None:
    processing = case(status=Status.PROCESSING, held_by=HERE, due_on=date(2026, 11, 27))
    once = act(processing, asked(Act.APOLOGISE, HERE, note="Ốm", new_date=date(2026, 11, 30)), PENSION).case
    assert once.promised_on == date(2026, 11, 30) and once.status is Status.PROCESSING

    with pytest.raises(Permanent, match="một lần"):
        turn(case(status=Status.PROCESSING, asked_at=MORNING), Act.ASK)
    with pytest.raises(Permanent, match="một lần"):
        act(once, asked(Act.APOLOGISE, HERE, note="Ốm", new_date=date(2026, 12, 2)), PENSION)
    for wrong in (None, date(2026, 11, 27), date(2026, 11, 28)):
        with pytest.raises(Permanent, match=r"[Nn]gày hẹn mới"):
            act(processing, asked(Act.APOLOGISE, HERE, note="Ốm", new_date=wrong), PENSION)


def test_a_fee_is_paid_in_full_and_a_result_is_a_pdf() -> None:
    processing = case(status=Status.PROCESSING, held_by=HERE)
    owed = act(processing, asked(Act.CHARGE, HERE, vnd=50_000), PENSION).case
    assert owed.status is Status.PAYMENT
    with pytest.raises(Permanent, match="đúng bằng"):
        act(owed, asked(Act.PAY, HERE, vnd=49_999), PENSION)
    assert act(owed, asked(Act.PAY, THERE, vnd=50_000), PENSION).case.paid_vnd == 50_000
    for wrong in (None, ("a.pdf", "application/pdf", b""), ("a.pdf", "application/pdf", b"MZ")):
        with pytest.raises(Permanent, match=r"PDF|Đính kèm"):
            act(processing, asked(Act.FINISH, HERE, document=wrong), PENSION)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(Act), st.sampled_from([HERE, THERE, "centre-city"]), st.integers(1, 90)), max_size=14
    ),
    st.sampled_from(ReturnBy),
)
def test_whatever_is_tried_a_case_keeps_the_rules(tries: list[tuple[Act, str, int]], way: ReturnBy) -> None:
    current, now, asked_for, promised = case(return_by=way, post_address="12 Bạch Đằng"), MORNING, 0, 0
    for verb, office, hours in tries:
        now += timedelta(hours=hours)
        new_date = add_working_days(max(current.due_on or now.date(), now.astimezone(VIETNAM).date()), 1)
        this = asked(verb, office, now, note="lý do", vnd=current.fee_vnd or 1000, new_date=new_date, document=PDF)
        try:
            done = act(current, this, PENSION)
        except ProactiveError:
            assert verb not in allowed(current, office) or verb is Act.HAND_OVER
            continue
        after = done.case
        assert office in where(current, verb) and current.status in ACTS[verb][0]
        assert after.status == (ACTS[verb][1] or current.status)
        assert current.status not in {Status.NOT_RECEIVED, Status.STOPPED, Status.RETURNED}
        asked_for, promised = asked_for + (verb is Act.ASK), promised + (verb is Act.APOLOGISE)
        assert (
            (after.due_on is None) == (after.status is Status.SUBMITTED)
            or after.asked_at is not None
            or (after.status in {Status.NOT_RECEIVED, Status.WITHDRAWN, Status.STOPPED})
        )
        assert after.due_on is None or is_working(after.due_on)
        assert (after.result_hash is not None) == (after.status in {Status.READY, Status.RETURNED})
        assert after.held_by in {HERE, THERE}
        assert len(done.lines) == 1 and done.lines[0].status == after.status
        current = after
    assert asked_for <= 1 and promised <= 1


# -- Time


def test_the_time_stands_still_while_the_citizen_is_asked() -> None:
    got = act(case(), asked(Act.RECEIVE, THERE, at("2026-11-20T09:00")), PENSION).case
    assert got.due_on == date(2026, 12, 7)  # ten working days: 23, 25-27, 30 November, 1-4 and 7 December
    there = act(got, asked(Act.HAND_OVER, THERE, at("2026-11-20T10:00")), PENSION).case
    waits = act(there, asked(Act.ASK, HERE, at("2026-11-23T09:00"), note="Thiếu"), PENSION).case
    assert waits.due_on is None and signals(waits, at("2027-02-01T09:00")) == []

    back = act(waits, asked(Act.GIVE, THERE, at("2026-11-26T09:00")), PENSION).case

    assert back.due_on == date(2026, 12, 9)  # 25 and 26 November stood still


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T09:00", []),
        ("2026-11-25T09:00", [(Signal.DUE_SOON, False)]),
        ("2026-11-26T09:00", [(Signal.DUE_SOON, False), (Signal.APOLOGISE, False)]),
        ("2026-11-27T09:00", [(Signal.DUE_SOON, False), (Signal.APOLOGISE, True)]),
        ("2026-11-28T09:00", [(Signal.APOLOGISE, True), (Signal.OVERDUE, True)]),
    ],
)
def test_warned_before_apologised_in_time_and_the_head_after(now: str, expected: list[tuple[Signal, bool]]) -> None:
    running = case(status=Status.PROCESSING, held_by=HERE, due_on=date(2026, 11, 27))

    assert [(told.kind, told.to_head) for told in signals(running, at(now))] == expected


def test_after_an_apology_the_new_date_counts() -> None:
    promised = case(status=Status.PROCESSING, due_on=date(2026, 11, 27), promised_on=date(2026, 12, 4))

    assert signals(promised, at("2026-11-30T09:00")) == []
    assert [told.kind for told in signals(promised, at("2026-12-07T09:00"))] == [Signal.OVERDUE]


@settings(deadline=None)
@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_the_last_day_to_apologise_is_a_working_day_before(due: date) -> None:
    last = last_day_to_apologise(due)

    assert last < due and is_working(last)
    assert not any(is_working(last + timedelta(days=n)) for n in range(1, (due - last).days))


async def test_each_signal_is_said_once(store: Store, clock: SetClock) -> None:
    await ready(store)
    made = await walks_in(store, clock)
    clock.at = datetime(2026, 11, 26, 9, tzinfo=UTC)

    assert await keep_time(store=store, clock=clock, limit=1) == 3
    assert await keep_time(store=store, clock=clock, limit=1) == 0

    told = (await store.cases.signals(office=THERE, references=[made.reference]))[made.reference]
    assert {row["kind"] for row in told} == {"step_late", "due_soon", "apologise"}


# -- Codes


def test_a_dossier_code_is_of_its_agency_and_day() -> None:
    assert dossier_code("H17.124", date(2026, 11, 23), 42) == "H17.124-261123-0042"
    assert dossier_code("H17", date(2026, 11, 23), 12345, owner="07") == "H17-261123-0712345"
    assert agency_of("centre-city") == "H17" and agency_of("nowhere") == "H17"
    for wrong in ({"number": 0}, {"number": 1, "owner": "7"}, {"number": 1, "owner": "٠٧"}):
        with pytest.raises(ValueError, match="digits"):
            dossier_code("H17", date(2026, 11, 23), **wrong)  # type: ignore[arg-type]  # on purpose


def test_a_procedure_that_is_not_in_turn_is_refused() -> None:
    assert isinstance(PENSION, Procedure)
    with pytest.raises(OutOfTurn):
        act(case(status=Status.RETURNED), asked(Act.RETURN, THERE), PENSION)
