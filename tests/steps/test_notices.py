"""offer and reconcile: each citizen is told once, on the right day, if it is still true; what is in doubt is asked."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from notifiers.memory import Trouble
from proactive.domain.dossier import Answer, Dossier, State
from proactive.domain.notice import Sending
from proactive.ports.notifier import Outgoing
from tests.steps.people import Licence, Person, driver
from tests.steps.town import ABSENT_AFTER, BrokeOff, Town

LATER = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def in_da_nang(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour - 7, tzinfo=UTC)


def with_a_lorry(person: Person) -> Person:
    """The same person, holding a second licence that expires too."""
    lorry = Licence(number="480169999999", class_="C", updated_at=LATER)
    return person.but(licences=(*person.licences, lorry), updated_at=LATER)


async def state(town: Town, dossier: Dossier) -> State:
    return (await town.again(dossier)).state


# -- Claimed before sent, and once -----------------------------------------------------------------------------------


async def test_the_notice_is_stored_as_claimed_when_the_provider_is_called(town: Town) -> None:
    dossier = await town.drafted(driver())
    seen: list[tuple[Sending, State, str]] = []

    async def look(message: Outgoing) -> None:
        [notice] = await town.notices(dossier)
        seen.append((notice.state, await state(town, dossier), str(notice.id)))

    town.sms.looks = look

    assert await town.offer() == 1

    [called] = town.sms.called
    assert seen == [(Sending.CLAIMED, State.DRAFTED, called.reference)]
    assert await town.sendings(dossier) == [Sending.ACCEPTED]
    assert await state(town, dossier) is State.OFFERED


async def test_the_message_says_the_day_and_the_check_code_and_no_name(town: Town) -> None:
    dossier = await town.told(driver())

    [(_, message)] = town.sms.taken
    assert "23/12/2026" in message.body
    assert f"{dossier.code[:4]} {dossier.code[4:]}" in message.body
    assert "HOÀNG" not in message.body.upper() and dossier.subject not in message.body


async def test_a_channel_of_templates_gets_the_same_values_by_name(town: Town) -> None:
    dossier = await town.told(driver())

    [(_, message)] = town.sms.taken
    content = message.content
    assert content is not None
    assert (content.service, content.variant, content.language) == (dossier.service, dossier.variant, "vi")
    assert content.values["expires_on"] == "23/12/2026"
    assert content.values["code"] == f"{dossier.code[:4]} {dossier.code[4:]}"
    assert not any(dossier.subject in value or dossier.record_key in value for value in content.values.values())


async def test_two_workers_offering_at_once_send_one_message(town: Town) -> None:
    dossier = await town.drafted(driver())

    await asyncio.gather(town.offer(), town.offer(), town.offer())

    assert len(town.sms.called) == 1
    assert await town.sendings(dossier) == [Sending.ACCEPTED]


async def test_a_worker_that_slept_over_its_lease_does_not_send_a_second_message(town: Town) -> None:
    dossier = await town.drafted(driver())

    async def another_worker_is_done_meanwhile() -> None:
        town.clock.forward(seconds=61)
        assert await town.offer() == 1

    town.sources["residents"].meanwhile = another_worker_is_done_meanwhile

    await town.offer()

    assert len(town.sms.called) == 1
    assert await town.sendings(dossier) == [Sending.ACCEPTED]


# -- What providers answer -------------------------------------------------------------------------------------------


async def test_too_many_requests_is_tried_again_after_the_pause_and_not_before(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TEMPORARY)

    await town.offer()
    assert await town.sendings(dossier) == [Sending.PLANNED]
    town.clock.forward(seconds=19)
    assert await town.offer() == 0
    town.clock.forward(seconds=1)
    await town.offer()

    assert len(town.sms.called) == 2 and len(town.sms.taken) == 1
    [notice] = await town.notices(dossier)
    assert (notice.state, notice.fence) == (Sending.ACCEPTED, 2)
    assert await state(town, dossier) is State.OFFERED


async def test_whoever_no_channel_reaches_waits_for_a_person_to_call(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.PERMANENT)

    await town.offer()
    await town.offer()

    assert len(town.sms.called) == 1
    assert await town.sendings(dossier) == [Sending.REJECTED]
    unreached = await town.again(dossier)
    assert (unreached.state, unreached.tell_on) == (State.UNREACHED, date(2026, 12, 8))
    assert await town.offer() == 0


async def test_a_fault_of_ours_is_held_with_its_reason_until_an_operator_can_have_mended_it(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TECHNICAL)

    await town.offer()

    held = await town.again(dossier)
    assert (held.state, held.held_because) == (State.DRAFTED, "sms: told to (technical)")
    assert await town.offer() == 0
    town.clock.forward(minutes=10)
    await town.offer()
    told = await town.again(dossier)
    assert (told.state, told.held_because) == (State.OFFERED, None)
    assert len(town.sms.taken) == 1


# -- Nobody knows ----------------------------------------------------------------------------------------------------


async def test_a_call_that_broke_off_after_it_was_taken_is_found_and_never_sent_again(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)

    await town.offer()
    assert await town.sendings(dossier) == [Sending.UNKNOWN]
    town.clock.forward(seconds=5)
    await town.reconcile()
    for _ in range(3):
        town.clock.forward(minutes=20)
        await town.offer()
        await town.reconcile()

    [notice] = await town.notices(dossier)
    assert (notice.state, notice.provider_ref) == (Sending.ACCEPTED, "memory-1")
    assert len(town.sms.called) == 1


async def test_what_the_provider_surely_never_had_is_sent_once_more_and_then_lost(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.extend([Trouble.TIMES_OUT, Trouble.TIMES_OUT])

    await town.offer()
    await _asked_until_absent(town)
    assert await town.sendings(dossier) == [Sending.PLANNED]
    await town.offer()
    assert len(town.sms.called) == 2
    await _asked_until_absent(town)

    assert await town.sendings(dossier) == [Sending.LOST]
    assert await state(town, dossier) is State.UNREACHED
    town.clock.forward(hours=2)
    await town.offer()
    await town.reconcile()
    assert len(town.sms.called) == 2


async def test_one_question_too_early_is_not_believed(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TIMES_OUT)
    await town.offer()

    for seconds in (5, 10, 20, 40):
        town.clock.forward(seconds=seconds)
        await town.reconcile()
        assert await town.sendings(dossier) == [Sending.UNKNOWN]

    assert len(town.sms.called) == 1


async def test_a_provider_that_does_not_answer_questions_leaves_the_notice_in_doubt(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)
    await town.offer()
    town.sms.silent = True

    for _ in range(5):
        town.clock.forward(hours=2)
        await town.reconcile()
    assert await town.sendings(dossier) == [Sending.UNKNOWN]
    town.sms.silent = False
    town.clock.forward(hours=2)
    await town.reconcile()

    assert await town.sendings(dossier) == [Sending.ACCEPTED]
    assert len(town.sms.called) == 1


async def test_where_nobody_can_be_asked_it_stays_in_doubt_and_nothing_follows_it(town: Town) -> None:
    town.sms.forgets = True
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)
    dossier = await town.told(driver())

    for _ in range(3):
        town.clock.forward(hours=2)
        await town.reconcile()
        await town.offer()

    [notice] = await town.notices(dossier)
    assert (notice.state, notice.lease_until) == (Sending.UNKNOWN, None)
    assert await state(town, dossier) is State.OFFERED
    assert len(town.sms.called) == 1


@pytest.mark.parametrize("offer_comes_first", [True, False], ids=["offer first", "reconcile first"])
async def test_a_dead_workers_claim_is_explained_and_not_sent_again(town: Town, offer_comes_first: bool) -> None:
    dossier = await town.drafted(driver())
    town.sms.dies_after = True
    with pytest.raises(BrokeOff):
        await town.offer()
    town.sms.dies_after = False
    assert await town.sendings(dossier) == [Sending.CLAIMED]
    assert await town.offer() == 0 and await town.reconcile() == 0

    town.clock.forward(seconds=46)
    if offer_comes_first:
        await town.offer()
    await town.reconcile()
    town.clock.forward(seconds=10)
    await town.offer()
    await town.reconcile()

    assert len(town.sms.called) == 1
    assert await town.sendings(dossier) == [Sending.ACCEPTED]
    assert await state(town, dossier) is State.OFFERED


async def test_what_a_worker_claimed_and_died_before_sending_is_sent_after_all(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.dies_before = True
    with pytest.raises(BrokeOff):
        await town.offer()
    town.sms.dies_before = False

    town.clock.forward(seconds=46)
    await town.reconcile()
    await _asked_until_absent(town)
    await town.offer()

    assert len(town.sms.taken) == 1
    assert await town.sendings(dossier) == [Sending.ACCEPTED]
    assert await state(town, dossier) is State.OFFERED


@pytest.mark.parametrize("offer_comes_first", [True, False], ids=["offer first", "reconcile first"])
@pytest.mark.parametrize("sent", [True, False], ids=["sent", "never sent"])
@pytest.mark.parametrize("rung", [0, 1])
async def test_after_a_dead_workers_claim_the_ladder_goes_on_as_if_nothing_had_happened(
    town: Town, rung: int, sent: bool, offer_comes_first: bool
) -> None:
    """A claim is the notice alone: what it means for the dossier is found out afterwards."""
    dossier = await town.drafted(driver())
    if rung:
        await town.offer()
        again = await town.again(dossier)
        assert again.tell_on is not None
        town.clock.at = in_da_nang(again.tell_on)
    town.sms.dies_after, town.sms.dies_before = sent, not sent
    with pytest.raises(BrokeOff):
        await town.offer()
    town.sms.dies_after = town.sms.dies_before = False

    town.clock.forward(seconds=61)
    if offer_comes_first:
        await town.offer()
    await town.reconcile()
    await _asked_until_absent(town)
    for _ in range(3):
        await town.offer()
        await town.reconcile()

    notice = (await town.notices(dossier))[-1]
    told = await town.again(dossier)
    _, next_day = town.catalogue.services[told.service].rung(anchor=told.anchor, today=town.clock.today())
    assert len(town.sms.taken) == 1 + rung
    assert (notice.state, told.state) == (Sending.ACCEPTED, State.OFFERED)
    assert (told.rung, told.tell_on) == (notice.rung, next_day)
    assert next_day is not None and next_day > town.clock.today()


async def test_sources_that_are_slow_do_not_let_a_second_worker_at_a_message_under_way(town: Town) -> None:
    dossier = await town.drafted(driver())

    async def slowly() -> None:
        town.clock.forward(seconds=50)

    async def another_worker(_: Outgoing) -> None:
        town.clock.forward(seconds=20)
        assert (await town.offer(), await town.reconcile()) == (0, 0)

    town.sources["residents"].meanwhile = slowly
    town.sms.looks = another_worker

    assert await town.offer() == 1

    assert await town.sendings(dossier) == [Sending.ACCEPTED]
    assert await state(town, dossier) is State.OFFERED


async def _asked_until_absent(town: Town) -> None:
    town.clock.forward(seconds=5)
    await town.reconcile()
    town.clock.at += ABSENT_AFTER
    await town.reconcile()


# -- Who is not told -------------------------------------------------------------------------------------------------


async def test_whoever_never_wants_to_hear_of_it_again_is_not_told_of_the_next_one(town: Town) -> None:
    first = await town.told(driver())
    await town.answer(first, Answer.NEVER)
    town.clock.forward(hours=1)

    second = await town.drafted(with_a_lorry(driver()))
    await town.offer()

    assert second.id != first.id
    declined = await town.again(second)
    assert (declined.state, declined.answer) == (State.DECLINED, Answer.NEVER)
    assert len(town.sms.called) == 1


@pytest.mark.parametrize("before", ["0599000100", "+84599000100", "0599 000 100"])
@pytest.mark.parametrize("now", ["0599000100", "+84599000100"])
async def test_a_phone_that_was_somebody_elses_is_not_used_again_however_it_is_written(
    town: Town, before: str, now: str
) -> None:
    first = await town.told(driver(phone=before))
    await town.answer(first, Answer.NOT_ME)
    town.clock.forward(hours=1)

    second = await town.drafted(with_a_lorry(driver(phone=now)))
    await town.offer()

    assert await state(town, second) is State.UNREACHED
    assert len(town.sms.called) == 1


async def test_a_new_phone_is_used_after_the_old_one_was_somebody_elses(town: Town) -> None:
    await town.answer(await town.told(driver()), Answer.NOT_ME)
    town.clock.forward(hours=1)

    second = await town.drafted(with_a_lorry(driver(phone="0599777700")))
    await town.offer()

    assert await state(town, second) is State.OFFERED
    assert [message.to for message in town.sms.called] == ["+84599000100", "+84599777700"]


async def test_whoever_has_no_phone_is_not_reached_and_it_is_said_why(town: Town) -> None:
    dossier = await town.drafted(driver(phone=None))

    await town.offer()

    assert await state(town, dossier) is State.UNREACHED
    assert town.sms.called == []
    assert (await town.store.dossiers.history(dossier.id))[-1]["note"] == "Chưa có địa chỉ liên lạc."


# -- Only if it is still true ----------------------------------------------------------------------------------------


async def test_while_a_source_is_silent_nobody_is_told_and_then_they_are(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sources["violations"].silent = True

    await town.offer()
    held = await town.again(dossier)
    assert held.state is State.DRAFTED
    assert held.held_because == "The register violations does not answer."
    town.sources["violations"].silent = False
    assert await town.offer() == 0
    town.clock.forward(seconds=60)
    await town.offer()

    told = await town.again(dossier)
    assert (told.state, told.held_because) == (State.OFFERED, None)
    assert len(town.sms.called) == 1


async def test_a_source_that_stays_silent_is_written_down_once(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sources["residents"].silent = True

    for _ in range(4):
        assert await town.offer() == 1
        town.clock.forward(seconds=60)

    lines = [line for line in await town.store.dossiers.history(dossier.id) if line["verb"] == "hold"]
    assert len(lines) == 1 and town.sms.called == []


async def test_whoever_has_died_since_it_was_drafted_is_not_told(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.says(driver(died_on=date(2026, 11, 22)))

    await town.offer()

    assert await state(town, dossier) is State.MOOT
    assert town.sms.called == []


async def test_what_becomes_moot_while_the_sources_are_asked_is_not_told(town: Town) -> None:
    dossier = await town.drafted(driver())

    async def withdrawn_meanwhile() -> None:
        await town.arrives(driver().with_licence(status="withdrawn", updated_at=LATER))

    town.sources["driver_licences"].meanwhile = withdrawn_meanwhile

    await town.offer()

    assert await state(town, dossier) is State.MOOT
    assert town.sms.called == []
    assert await town.notices(dossier) == []


# -- The ladder ------------------------------------------------------------------------------------------------------


async def test_each_rung_is_told_on_its_day_and_on_no_other(town: Town) -> None:
    dossier = await town.drafted(driver().with_licence(expires_on=date(2027, 1, 22)))
    expiry, told = date(2027, 1, 22), []
    for ahead in range(60, -4, -1):
        day = expiry - timedelta(days=ahead)
        town.clock.at = in_da_nang(day)
        before = len(town.sms.called)
        await town.offer()
        if len(town.sms.called) > before:
            told.append(ahead)

    # The day after the expiry is a Saturday: whoever is late is told on Monday.
    assert told == [60, 30, 15, 1, -3]
    rungs = [notice.rung for notice in await town.notices(dossier)]
    assert rungs == ["first", "second", "third", "last_day", "expired"]


async def test_rungs_begin_at_midnight_in_da_nang_and_are_told_when_the_quiet_hours_end(town: Town) -> None:
    dossier = await town.told(driver())

    town.clock.at = datetime(2026, 12, 7, 16, 59, tzinfo=UTC)
    assert await town.offer() == 0
    town.clock.at = datetime(2026, 12, 7, 17, 0, tzinfo=UTC)
    assert await town.offer() == 1
    assert (await town.again(dossier)).not_told_because == "quiet_hours"
    town.clock.at = datetime(2026, 12, 7, 23, 59, 59, tzinfo=UTC)
    assert await town.offer() == 0
    assert len(town.sms.called) == 1
    town.clock.at = datetime(2026, 12, 8, 0, 0, tzinfo=UTC)
    assert await town.offer() == 1

    assert len(town.sms.called) == 2
    assert (await town.again(dossier)).not_told_because is None


async def test_whoever_has_answered_hears_no_more_rungs(town: Town) -> None:
    await town.answer(await town.told(driver()), Answer.NOT_NOW)

    town.clock.at = in_da_nang(date(2026, 12, 8))

    assert await town.offer() == 0 and len(town.sms.called) == 1


# -- Receipts --------------------------------------------------------------------------------------------------------


async def test_the_same_receipt_twice_settles_once(town: Town) -> None:
    dossier = await town.told(driver())
    await town.receipt("memory-1", "delivered")
    await town.receipt("memory-1", "delivered")

    await town.reconcile()
    settled = await town.notices(dossier)
    await town.receipt("memory-1", "delivered")
    town.clock.forward(minutes=1)

    assert await town.reconcile() == 0
    assert await town.notices(dossier) == settled
    assert settled[0].state is Sending.DELIVERED


async def test_receipts_out_of_order_come_to_the_same(town: Town) -> None:
    dossier = await town.told(driver())
    await town.receipt("memory-1", "delivered")
    await town.reconcile()
    await town.receipt("memory-1", "sent")
    await town.reconcile()

    assert await town.sendings(dossier) == [Sending.DELIVERED]


async def test_a_receipt_that_is_faster_than_our_own_transaction_waits_for_it(town: Town) -> None:
    dossier = await town.drafted(driver())
    await town.receipt("memory-1", "delivered")
    assert await town.reconcile() == 0

    await town.offer()
    assert await town.reconcile() == 1

    assert await town.sendings(dossier) == [Sending.DELIVERED]


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        ("delivered", "undelivered", Sending.DELIVERED),
        ("undelivered", "delivered", Sending.UNDELIVERED),
    ],
)
async def test_of_contradictory_receipts_the_first_one_stays(
    town: Town, first: str, second: str, stays: Sending
) -> None:
    dossier = await town.told(driver())
    await town.receipt("memory-1", first)
    await town.receipt("memory-1", second)

    await town.reconcile()
    await town.reconcile()

    assert await town.sendings(dossier) == [stays]


async def test_whoever_an_accepted_message_did_not_reach_waits_for_a_person_to_call(town: Town) -> None:
    dossier = await town.told(driver())
    await town.receipt("memory-1", "undelivered")

    await town.reconcile()
    await town.offer()

    assert await town.sendings(dossier) == [Sending.UNDELIVERED]
    assert await state(town, dossier) is State.UNREACHED
    assert len(town.sms.called) == 1


async def test_a_receipt_for_a_notice_in_doubt_settles_it_once_the_provider_was_asked(town: Town) -> None:
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)
    await town.offer()
    town.clock.forward(seconds=5)
    await town.receipt("memory-1", "delivered")

    await town.reconcile()
    await town.reconcile()

    assert await town.sendings(dossier) == [Sending.DELIVERED]
