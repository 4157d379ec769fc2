"""confirm and decide: the citizen's six answers and the officer's three, each against what is stored and still true."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from proactive.domain.dossier import ANSWERED, Answer, Decision, Dossier, State
from proactive.errors import OutOfTurn, Overtaken, Permanent, Unreachable
from proactive.store.people import Officer
from tests.steps.people import Person, Violation, driver
from tests.steps.town import LAN, OFFICE, Town

LATER = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
B = {"new_class": "B"}


async def last(town: Town, dossier: Dossier) -> tuple[str, str, str | None]:
    """Who did what to the dossier last, and what was written beside it."""
    line = (await town.store.dossiers.history(dossier.id))[-1]
    return line["actor"], line["to_state"], line["note"]


async def confirmed_twice(town: Town) -> tuple[Dossier, Dossier]:
    return await town.confirmed(driver(1)), await town.confirmed(driver(2))


# -- The citizen answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", list(Answer))
async def test_each_of_the_six_answers_is_kept_and_moves_the_dossier_where_it_says(town: Town, answer: Answer) -> None:
    dossier = await town.told(driver())

    given = await town.answer(dossier, answer, choices=B, note="  xin xem lại  ")

    kept = await town.again(dossier)
    assert (kept.state, kept.answer, kept.answer_note) == (ANSWERED[answer], answer, "xin xem lại")
    assert given.version == kept.version
    assert await last(town, dossier) == ("citizen", ANSWERED[answer], answer)


@pytest.mark.parametrize("answer", [answer for answer in Answer if answer is not Answer.WRONG])
async def test_whoever_has_answered_waits_for_no_rung(town: Town, answer: Answer) -> None:
    given = await town.answer(await town.told(driver()), answer, choices=B)

    assert given.tell_on is None


async def test_only_never_and_not_me_say_something_about_the_next_time(town: Town) -> None:
    said = {}
    for number, answer in enumerate(Answer, start=1):
        dossier = await town.told(driver(number))
        await town.answer(dossier, answer, choices=B, note="sai")
        said[answer] = await town.store.notices.unwanted([dossier.subject])

    out = {answer: {service for _, service in opted} for answer, (opted, _) in said.items() if opted}
    wrong = {answer: {phone for _, phone in phones} for answer, (_, phones) in said.items() if phones}
    assert out == {Answer.NEVER: {"driver_licence_renewal"}}
    assert wrong == {Answer.NOT_ME: {"0599000500"}}


async def test_a_confirmed_dossier_holds_what_was_chosen_and_where_the_result_goes(town: Town) -> None:
    dossier = await town.told(driver())

    given = await town.answer(dossier, Answer.CONFIRM, choices={"new_class": "C1"}, return_to="centre-20194")

    assert (given.choices, given.return_to) == ({"new_class": "C1"}, "centre-20194")
    assert given.fields == dossier.fields


@pytest.mark.parametrize("choices", [{}, {"new_class": ""}, {"new_class": "D"}, {"licence_class": "B"}])
async def test_what_the_law_leaves_to_the_citizen_must_be_chosen_from_what_it_leaves(
    town: Town, choices: dict[str, str]
) -> None:
    dossier = await town.told(driver())

    with pytest.raises(Permanent, match="Xin chọn một mục: Đề nghị đổi giấy phép lái xe hạng"):
        await town.answer(dossier, Answer.CONFIRM, choices=choices)

    assert await town.again(dossier) == dossier


async def test_the_result_goes_to_a_centre_that_exists(town: Town) -> None:
    dossier = await town.told(driver())

    with pytest.raises(Permanent, match="nơi nhận kết quả"):
        await town.answer(dossier, Answer.CONFIRM, choices=B, return_to="centre-99999")


async def test_what_a_citizen_says_is_wrong_stands_beside_the_value(town: Town) -> None:
    dossier = await town.told(driver())

    given = await town.answer(dossier, Answer.WRONG, claims={"address": "  5  Lê Lợi ", "full_name": " "})

    address = next(field for field in given.fields if field.name == "address")
    assert (address.value, address.claim) == ("12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng", "5 Lê Lợi")
    assert [field.name for field in given.fields if field.claim is not None] == ["address"]
    assert given.content_hash() != dossier.content_hash()


@pytest.mark.parametrize(
    ("claims", "why"), [({}, "mục nào chưa đúng"), ({"address": "  "}, "mục nào"), ({"salary": "1"}, "không có trong")]
)
async def test_saying_that_something_is_wrong_takes_saying_what(town: Town, claims: dict[str, str], why: str) -> None:
    dossier = await town.told(driver())

    with pytest.raises(Permanent, match=why):
        await town.answer(dossier, Answer.WRONG, claims=claims)


async def test_an_answer_to_what_the_page_no_longer_shows_is_not_taken(town: Town) -> None:
    dossier = await town.told(driver())
    await town.arrives(driver(address="1 Hùng Vương", updated_at=LATER))
    await town.draft()

    with pytest.raises(Overtaken):
        await town.answer(dossier, Answer.CONFIRM, choices=B)

    fresh = await town.again(dossier)
    assert fresh.state is State.OFFERED
    assert (await town.answer(fresh, Answer.CONFIRM, choices=B)).state is State.CONFIRMED


async def test_confirming_twice_is_kept_once(town: Town) -> None:
    dossier = await town.told(driver())

    answers = await asyncio.gather(
        *(town.answer(dossier, Answer.CONFIRM, choices=B) for _ in range(3)), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in answers) == ["Dossier", "Overtaken", "Overtaken"]
    assert [verb for verb, _ in await town.told_so(dossier)].count("confirm") == 1
    with pytest.raises(OutOfTurn, match="đã xác nhận"):
        await town.answer(await town.again(dossier), Answer.CONFIRM, choices=B)


async def test_whoever_declined_may_still_come_back(town: Town) -> None:
    declined = await town.answer(await town.told(driver()), Answer.NOT_NOW)

    assert (await town.answer(declined, Answer.CONFIRM, choices=B)).state is State.CONFIRMED


async def test_what_is_blocked_cannot_be_confirmed_until_it_is_settled(town: Town) -> None:
    violation = Violation(number="VP000001")
    dossier = await town.told(driver(violations=(violation,)))
    assert dossier.blocked_by == "unresolved_violation"

    with pytest.raises(Permanent, match="Cần làm trước"):
        await town.answer(dossier, Answer.CONFIRM, choices=B)
    settled = Violation(number="VP000001", resolved_on=date(2026, 11, 22), updated_at=LATER)
    await town.arrives(driver(violations=(settled,)))
    await town.draft()

    assert (await town.answer(await town.again(dossier), Answer.CONFIRM, choices=B)).state is State.CONFIRMED


async def test_a_service_that_only_reminds_takes_no_confirmation_but_every_other_answer(town: Town) -> None:
    dossier = await _passport(town, driver(licences=()))

    with pytest.raises(Permanent, match="thành phố chỉ nhắc"):
        await town.answer(dossier, Answer.CONFIRM)

    assert (await town.answer(dossier, Answer.ALREADY_DONE)).state is State.DECLINED


async def _passport(town: Town, person: Person) -> Dossier:
    row = {
        "passport_no": "C00001234", "personal_id": person.personal_id, "date_of_birth": person.date_of_birth,
        "issued_on": date(2017, 1, 10), "expires_on": date(2027, 1, 10), "status": "valid", "phone": "0599123456",
        "updated_at": person.updated_at,
    }  # fmt: skip
    await town.told_by_sources([*town.says(person), town.row("passports", row)])
    await town.draft()
    await town.offer()
    [told] = await town.store.dossiers.claim([State.OFFERED], now=town.clock.now(), limit=10)
    assert told.service == "passport_expiry"
    return told


# -- The officer decides ---------------------------------------------------------------------------------------------


async def test_an_approval_is_kept_with_who_gave_it_what_it_covers_and_its_reference(town: Town) -> None:
    first, second = await confirmed_twice(town)

    approved = await town.decide(first, Decision.APPROVE)
    also = await town.decide(second, Decision.APPROVE)

    assert (approved.state, approved.decided_by) == (State.APPROVED, "lan")
    assert approved.approved_hash == approved.content_hash()
    assert (approved.reference, also.reference) == ("H17-261123-0001", "H17-261123-0002")
    assert await last(town, first) == ("lan", State.APPROVED, "approve")


@pytest.mark.parametrize(
    "stranger",
    [LAN.model_copy(update={"office": "centre-20242"}), LAN.model_copy(update={"active": False})],
    ids=["another office", "no longer active"],
)
async def test_whose_office_it_is_not_finds_no_dossier(town: Town, stranger: Officer) -> None:
    dossier = await town.confirmed(driver())
    assert dossier.office == OFFICE

    with pytest.raises(Permanent, match="Không tìm thấy hồ sơ"):
        await town.decide(dossier, Decision.APPROVE, officer=stranger)

    assert await town.again(dossier) == dossier


@pytest.mark.parametrize("decision", [Decision.RETURN, Decision.REFUSE])
@pytest.mark.parametrize("note", [None, "", "   "])
async def test_no_dossier_goes_back_or_is_refused_without_a_reason(
    town: Town, decision: Decision, note: str | None
) -> None:
    dossier = await town.confirmed(driver())

    with pytest.raises(Permanent, match="Xin ghi rõ lý do"):
        await town.decide(dossier, decision, note=note)

    assert await town.again(dossier) == dossier


async def test_a_refusal_is_final_and_says_why(town: Town) -> None:
    refused = await town.decide(await town.confirmed(driver()), Decision.REFUSE, note="Không đủ điều kiện")

    assert (refused.state, refused.decision_note) == (State.REFUSED, "Không đủ điều kiện")
    with pytest.raises(OutOfTurn):
        await town.answer(refused, Answer.CONFIRM, choices=B)


async def test_a_citizen_is_asked_for_more_once_and_not_twice(town: Town) -> None:
    returned = await town.decide(await town.confirmed(driver()), Decision.RETURN, note="Thiếu giấy khám sức khỏe")
    assert returned.state is State.RETURNED
    again = await town.answer(returned, Answer.CONFIRM, choices=B)

    with pytest.raises(Permanent, match="chỉ cho yêu cầu bổ sung một lần"):
        await town.decide(again, Decision.RETURN, note="Còn thiếu nữa")

    assert (await town.decide(again, Decision.APPROVE)).state is State.APPROVED


async def test_what_a_citizen_disputes_is_not_approved_and_may_go_back(town: Town) -> None:
    disputed = await town.answer(await town.told(driver()), Answer.WRONG, claims={"address": "5 Lê Lợi"})

    with pytest.raises(OutOfTurn, match="Công dân báo có mục chưa đúng"):
        await town.decide(disputed, Decision.APPROVE)

    assert (await town.decide(disputed, Decision.RETURN, note="Xin cập nhật cư trú")).state is State.RETURNED


async def test_what_nobody_has_confirmed_waits_for_no_officer(town: Town) -> None:
    with pytest.raises(OutOfTurn, match="không chờ quyết định"):
        await town.decide(await town.told(driver()), Decision.APPROVE)


async def test_of_two_officers_who_decide_at_once_one_is_told_so(town: Town) -> None:
    dossier = await town.confirmed(driver())

    done = await asyncio.gather(
        town.decide(dossier, Decision.APPROVE),
        town.decide(dossier, Decision.REFUSE, note="Không đủ điều kiện"),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in done) == ["Dossier", "Overtaken"]
    decided = [line for line in await town.store.dossiers.history(dossier.id) if line["verb"] == "decide"]
    assert len(decided) == 1


async def test_what_the_officer_did_not_see_is_not_approved(town: Town) -> None:
    seen = await town.confirmed(driver())
    await town.answer(seen, Answer.NOT_NOW)

    with pytest.raises(Overtaken):
        await town.decide(seen, Decision.APPROVE)


async def test_while_a_source_is_silent_the_dossier_stays_and_says_why(town: Town) -> None:
    dossier = await town.confirmed(driver())
    town.sources["violations"].silent = True

    with pytest.raises(Unreachable, match="violations does not answer"):
        await town.decide(dossier, Decision.APPROVE)

    held = await town.again(dossier)
    assert (held.state, held.held_because) == (State.CONFIRMED, "The register violations does not answer.")
    assert held.reference is None
    town.sources["violations"].silent = False
    approved = await town.decide(held, Decision.APPROVE)
    assert (approved.state, approved.held_because) == (State.APPROVED, None)


async def test_a_silent_source_does_not_keep_anybody_from_saying_no(town: Town) -> None:
    dossier = await town.confirmed(driver())
    town.sources["violations"].silent = True

    assert (await town.decide(dossier, Decision.REFUSE, note="Hồ sơ trùng")).state is State.REFUSED


async def test_whoever_has_died_meanwhile_gets_no_approval(town: Town) -> None:
    dossier = await town.confirmed(driver())
    town.says(driver(died_on=date(2026, 11, 22), updated_at=LATER))

    with pytest.raises(OutOfTurn, match="Hồ sơ không còn đúng"):
        await town.decide(dossier, Decision.APPROVE)

    moot = await town.again(dossier)
    assert (moot.state, moot.reference, moot.approved_hash) == (State.MOOT, None, None)


@pytest.mark.parametrize(
    "meanwhile",
    [driver(address="1 Hùng Vương", updated_at=LATER), driver(violations=(Violation(number="VP000001"),))],
    ids=["another address", "a violation"],
)
async def test_what_has_changed_meanwhile_goes_back_to_the_citizen(town: Town, meanwhile: Person) -> None:
    dossier = await town.confirmed(driver())
    town.says(meanwhile)

    with pytest.raises(Overtaken, match="đã được gửi lại cho công dân"):
        await town.decide(dossier, Decision.APPROVE)

    back = await town.again(dossier)
    assert (back.state, back.reference, back.approved_hash) == (State.OFFERED, None, None)


async def test_the_citizen_sees_what_has_changed_and_may_confirm_that(town: Town) -> None:
    dossier = await town.confirmed(driver())
    town.says(driver(address="1 Hùng Vương", updated_at=LATER))
    with pytest.raises(Overtaken):
        await town.decide(dossier, Decision.APPROVE)

    back = await town.again(dossier)
    assert next(field.value for field in back.fields if field.name == "address") == "1 Hùng Vương"
    again = await town.answer(back, Answer.CONFIRM)

    assert again.choices == B
    assert (await town.decide(again, Decision.APPROVE)).state is State.APPROVED
