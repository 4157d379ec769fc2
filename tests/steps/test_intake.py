"""forward and follow: an approved application exists in the intake once, and what comes back closes its dossier."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.intakes.memory import Trouble
from proactive.domain.dossier import Decision, Dossier, State
from proactive.ports.notifier import Hook
from proactive.store.keeping import Move
from tests.steps.people import driver
from tests.steps.town import FOLLOW_EVERY, Town

LATER = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


async def state(town: Town, dossier: Dossier) -> State:
    return (await town.again(dossier)).state


async def handed_over(town: Town, dossier: Dossier) -> str:
    """How the hand-over stands."""
    return (await town.store.intake.handovers([dossier.id]))[dossier.id].state


# -- Once ------------------------------------------------------------------------------------------------------------


async def test_an_approved_application_is_handed_over_as_it_was_approved(town: Town) -> None:
    approved = await town.approved(driver())

    assert await town.forward() == 1

    [application] = town.intake.taken.values()
    assert (application.reference, application.dossier_id) == (approved.reference, approved.id)
    assert application.content_hash == approved.approved_hash
    assert (application.approved_by, application.approved_at) == ("lan", town.clock.now())
    assert (application.competent_office, application.returning_office) == ("csgt-da-nang", "centre-20242")
    assert (application.fields["new_class"], application.fields["returning_centre"]) == ("B", "centre-20242")
    assert application.needs == ("health_certificate",)
    assert await state(town, approved) is State.FORWARDED
    assert await town.forward() == 0


async def test_a_result_to_be_posted_is_handed_over_with_the_address(town: Town) -> None:
    await town.approved(driver(), post_to="12 Lê Lợi, Đà Nẵng")

    await town.forward()

    [application] = town.intake.taken.values()
    assert application.post_address == application.fields["returning_centre"] == "12 Lê Lợi, Đà Nẵng"


async def test_a_time_out_after_it_was_taken_leaves_one_application(town: Town) -> None:
    dossier = await town.approved(driver())
    town.intake.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)

    await town.forward()
    held = await town.again(dossier)
    assert (held.state, held.held_because) == (State.APPROVED, "Nơi tiếp nhận chưa trả lời: no answer")
    assert await handed_over(town, dossier) == "unknown"
    assert await town.forward() == 0
    town.clock.forward(seconds=2)
    await town.forward()

    forwarded = await town.again(dossier)
    assert (forwarded.state, forwarded.held_because) == (State.FORWARDED, None)
    assert town.intake.submissions == [dossier.reference]
    assert await handed_over(town, dossier) == "taken"


async def test_what_never_arrived_is_handed_over_again_under_the_same_reference(town: Town) -> None:
    dossier = await town.approved(driver())
    town.intake.troubles.extend([Trouble.NO_ANSWER, Trouble.NO_ANSWER])

    for pause in (0, 2, 4):
        town.clock.forward(seconds=pause)
        assert await town.forward() == 1

    assert town.intake.submissions == [dossier.reference] * 3
    assert list(town.intake.taken) == [dossier.reference]
    assert await state(town, dossier) is State.FORWARDED


async def test_while_the_intake_does_not_answer_questions_nothing_is_handed_over_again(town: Town) -> None:
    dossier = await town.approved(driver())
    town.intake.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)
    await town.forward()
    town.intake.silent = True

    for _ in range(4):
        town.clock.forward(hours=1)
        await town.forward()
    assert await state(town, dossier) is State.APPROVED
    town.intake.silent = False
    town.clock.forward(hours=1)
    await town.forward()

    assert town.intake.submissions == [dossier.reference]
    assert await state(town, dossier) is State.FORWARDED


async def test_two_workers_forwarding_at_once_hand_over_once(town: Town) -> None:
    dossier = await town.approved(driver())

    await asyncio.gather(town.forward(), town.forward(), town.forward())

    assert town.intake.submissions == [dossier.reference]


async def test_a_worker_that_slept_over_its_lease_does_not_hand_over_again(town: Town) -> None:
    dossier = await town.approved(driver())

    async def another_worker_is_done_meanwhile() -> None:
        town.clock.forward(seconds=61)
        assert await town.forward() == 1

    town.sources["residents"].meanwhile = another_worker_is_done_meanwhile

    await town.forward()

    assert town.intake.submissions == [dossier.reference]


# -- Back to the officer ---------------------------------------------------------------------------------------------


async def test_what_the_intake_refuses_goes_back_to_the_officer_with_its_reason(town: Town) -> None:
    dossier = await town.approved(driver())
    town.intake.troubles.append(Trouble.REFUSES)

    await town.forward()

    back = await town.again(dossier)
    assert (back.state, back.approved_hash) == (State.CONFIRMED, None)
    assert back.held_because == "Nơi tiếp nhận không nhận: told to"
    assert await handed_over(town, dossier) == "refused"
    assert await town.forward() == 0


async def test_what_was_refused_goes_under_the_same_reference_once_it_is_approved_again(town: Town) -> None:
    dossier = await town.approved(driver())
    town.intake.troubles.append(Trouble.REFUSES)
    await town.forward()

    again = await town.decide(await town.again(dossier), Decision.APPROVE)
    await town.forward()

    assert again.reference == dossier.reference
    assert list(town.intake.taken) == [dossier.reference]
    assert await state(town, dossier) is State.FORWARDED


async def test_an_approval_of_another_content_is_void(town: Town) -> None:
    approved = await town.approved(driver())
    other = approved.model_copy(update={"choices": {"new_class": "C1"}})
    change = Move(before=approved, after=other, actor="system", verb="draft")
    assert await town.store.dossiers.keep([change], now=town.clock.now())

    await town.forward()

    back = await town.again(approved)
    assert (back.state, back.approved_hash) == (State.CONFIRMED, None)
    assert town.intake.submissions == []


async def test_what_changes_in_a_register_after_approval_waits_for_the_officer_again(town: Town) -> None:
    approved = await town.approved(driver())
    await town.arrives(driver(address="1 Hùng Vương", updated_at=LATER))
    await town.draft()

    await town.forward()

    assert await state(town, approved) is State.CONFIRMED
    assert town.intake.submissions == []


async def test_whoever_has_died_after_approval_has_nothing_handed_over(town: Town) -> None:
    approved = await town.approved(driver())
    town.says(driver(died_on=date(2026, 11, 22), updated_at=LATER))

    await town.forward()

    assert await state(town, approved) is State.MOOT
    assert town.intake.submissions == []


async def test_while_a_source_is_silent_nothing_is_handed_over(town: Town) -> None:
    approved = await town.approved(driver())
    town.sources["driver_licences"].silent = True

    await town.forward()
    held = await town.again(approved)
    assert (held.state, held.held_because) == (State.APPROVED, "The register driver_licences does not answer.")
    assert town.intake.submissions == []
    town.sources["driver_licences"].silent = False
    assert await town.forward() == 0
    town.clock.forward(seconds=60)
    await town.forward()

    assert await state(town, approved) is State.FORWARDED


async def test_what_may_be_in_the_intake_is_asked_about_even_while_the_sources_are_silent(town: Town) -> None:
    approved = await town.approved(driver())
    town.intake.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)
    await town.forward()
    town.sources["residents"].silent = True

    town.clock.forward(seconds=2)
    await town.forward()

    assert await state(town, approved) is State.FORWARDED
    assert len(town.intake.submissions) == 1


async def test_what_may_be_in_the_intake_is_not_changed_under_it(town: Town) -> None:
    approved = await town.approved(driver())
    town.intake.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)
    await town.forward()
    town.clock.forward(seconds=2)

    await town.arrives(driver(address="1 Hùng Vương", updated_at=LATER))
    await town.draft()
    await town.forward()

    forwarded = await town.again(approved)
    assert forwarded.state is State.FORWARDED
    assert forwarded.reference is not None
    assert town.intake.taken[forwarded.reference].content_hash == forwarded.content_hash()


async def test_what_may_be_in_the_intake_is_followed_even_when_a_death_becomes_known(town: Town) -> None:
    approved = await town.approved(driver())
    town.intake.troubles.append(Trouble.TAKES_WITHOUT_ANSWER)
    await town.forward()
    town.clock.forward(seconds=2)

    await town.arrives(driver(died_on=date(2026, 11, 22), updated_at=LATER))
    await town.forward()

    assert (await town.again(approved)).state is State.FORWARDED


async def test_what_never_reached_the_intake_is_not_handed_over_for_the_dead(town: Town) -> None:
    approved = await town.approved(driver())
    town.intake.troubles.append(Trouble.NO_ANSWER)
    await town.forward()
    town.clock.forward(seconds=2)

    await town.arrives(driver(died_on=date(2026, 11, 22), updated_at=LATER))
    await town.forward()

    assert (await town.again(approved)).state is State.MOOT
    assert town.intake.taken == {}


# -- What comes back -------------------------------------------------------------------------------------------------


def reports(town: Town, dossier: Dossier, code: int, *, minutes: int) -> Hook:
    """The intake moves the application on; its call-back, which may arrive or not."""
    assert dossier.reference is not None
    return town.intake.report(dossier.reference, code, at=town.clock.now() + timedelta(minutes=minutes))


async def calls_back(town: Town, hook: Hook) -> None:
    await town.store.intake.receive(town.intake.news(hook), now=town.clock.now())


async def _until_nothing_is_left(town: Town) -> None:
    """News that was asked for brings its dossier back at once, as news that was called in does."""
    for _ in range(3):
        if not await town.follow():
            return
    raise AssertionError("follow comes to no end")


@pytest.mark.parametrize(("code", "ends"), [(3, State.ENDED), (7, State.ENDED), (8, State.ENDED), (10, State.CLOSED)])
async def test_four_statuses_end_the_journey(town: Town, code: int, ends: State) -> None:
    dossier = await town.forwarded(driver())
    await calls_back(town, reports(town, dossier, code, minutes=1))

    await town.follow()

    ended = await town.again(dossier)
    assert (ended.state, ended.intake_status) == (ends, code)
    assert (await town.told_so(dossier))[-1] == ("follow", ends)


@pytest.mark.parametrize("code", [1, 2, 4, 5, 6, 9])
async def test_every_other_status_is_shown_and_waited_on(town: Town, code: int) -> None:
    dossier = await town.forwarded(driver())
    await calls_back(town, reports(town, dossier, code, minutes=1))

    await town.follow()

    shown = await town.again(dossier)
    assert (shown.state, shown.intake_status) == (State.FORWARDED, code)


async def test_call_backs_out_of_order_show_the_newest_status(town: Town) -> None:
    dossier = await town.forwarded(driver())
    received, processed = reports(town, dossier, 2, minutes=1), reports(town, dossier, 4, minutes=2)

    await calls_back(town, processed)
    await town.follow()
    await calls_back(town, received)
    await town.follow()

    assert (await town.again(dossier)).intake_status == 4


async def test_what_arrives_after_the_result_opens_nothing_again(town: Town) -> None:
    dossier = await town.forwarded(driver())
    processed, returned = reports(town, dossier, 4, minutes=1), reports(town, dossier, 10, minutes=2)

    await calls_back(town, returned)
    await town.follow()
    await calls_back(town, processed)

    assert await town.follow() == 0
    closed = await town.again(dossier)
    assert (closed.state, closed.intake_status) == (State.CLOSED, 10)


async def test_a_lost_call_back_is_asked_for(town: Town) -> None:
    dossier = await town.forwarded(driver())
    await town.follow()
    reports(town, dossier, 2, minutes=1)
    reports(town, dossier, 10, minutes=2)
    assert await town.follow() == 0

    town.clock.at += FOLLOW_EVERY
    await _until_nothing_is_left(town)

    assert await state(town, dossier) is State.CLOSED
    assert dossier.reference is not None
    statuses = (await town.store.intake.progress([dossier.reference]))[dossier.reference]
    assert [status.code for status in statuses] == [2, 10]


async def test_a_call_back_does_not_wait_for_the_next_question(town: Town) -> None:
    dossier = await town.forwarded(driver())
    await town.follow()

    await calls_back(town, reports(town, dossier, 9, minutes=1))

    assert await town.follow() == 1
    assert (await town.again(dossier)).intake_status == 9


async def test_the_same_call_back_again_changes_nothing(town: Town) -> None:
    dossier = await town.forwarded(driver())
    received = reports(town, dossier, 2, minutes=1)

    await calls_back(town, received)
    await calls_back(town, received)
    await town.follow()
    once = await town.again(dossier)
    await calls_back(town, received)

    assert await town.follow() == 0
    assert await town.again(dossier) == once
    lines = [line for line in await town.store.dossiers.history(dossier.id) if line["verb"] == "follow"]
    assert [line["note"] for line in lines] == ["2"]


async def test_an_intake_that_does_not_answer_is_asked_again_later(town: Town) -> None:
    dossier = await town.forwarded(driver())
    reports(town, dossier, 10, minutes=1)
    town.intake.silent = True

    await town.follow()
    assert await state(town, dossier) is State.FORWARDED
    town.intake.silent = False
    town.clock.at += FOLLOW_EVERY
    await _until_nothing_is_left(town)

    assert await state(town, dossier) is State.CLOSED


async def test_status_after_status_until_the_result_is_in_the_citizens_hands(town: Town) -> None:
    dossier = await town.forwarded(driver())

    for minutes, code in enumerate((1, 2, 4, 5, 4, 9, 10)):
        await calls_back(town, reports(town, dossier, code, minutes=minutes))
        await town.follow()

    lines = [line["note"] for line in await town.store.dossiers.history(dossier.id) if line["verb"] == "follow"]
    assert lines == ["1", "2", "4", "5", "4", "9", "10"]
    assert await state(town, dossier) is State.CLOSED
