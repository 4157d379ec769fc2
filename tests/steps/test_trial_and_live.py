"""Trial is the default, two people switch a service live, anybody stops it, and rehearsals reach no provider."""

from datetime import date, timedelta

import pytest
import sqlalchemy
from sqlalchemy import text

from proactive.domain.dossier import State
from proactive.domain.notice import Sending
from proactive.ports.notifier import Outgoing
from tests.steps.mannerly import MORNING, SERVICE, all_dossiers, several_drafted
from tests.steps.people import driver
from tests.steps.town import ABSENT_AFTER, Town


@pytest.fixture
async def trial(town: Town) -> Town:
    """The same town before anybody switched anything live."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE live_switch"))
    return town


async def test_in_trial_only_guests_are_told_and_the_others_are_shown_as_held(trial: Town) -> None:
    await several_drafted(trial, 3)
    await trial.store.guests.add("0599 0002 00", note="a test", by="an", now=trial.clock.now())

    await trial.offer()

    assert [message.to for message in trial.sms.called] == ["+84599000200"]
    held = [one for one in await all_dossiers(trial) if one.state is State.DRAFTED]
    assert [one.not_told_because for one in held] == ["trial", "trial"]
    assert await trial.offer() == 0


async def test_whoever_was_held_is_told_as_soon_as_two_people_have_switched_it_live(trial: Town) -> None:
    await several_drafted(trial, 3)
    await trial.offer()

    await trial.store.live.propose(SERVICE, reason="x", ends_on=date(2026, 12, 1), by="an", now=trial.clock.now())
    assert await trial.offer() == 0
    await trial.store.live.approve(SERVICE, by="binh", now=trial.clock.now())
    await trial.offer()

    assert len(trial.sms.taken) == 3


async def test_the_database_itself_refuses_one_person_for_two_and_any_change_of_what_was_done(trial: Town) -> None:
    await trial.store.live.propose(SERVICE, reason="x", ends_on=date(2026, 12, 1), by="an", now=trial.clock.now())
    for wrong in (
        "UPDATE live_switch SET approved_by = 'an', approved_at = now()",
        "UPDATE live_switch SET proposed_by = 'binh'",
        "DELETE FROM live_switch",
        "INSERT INTO live_switch (service, reason, ends_on, proposed_by, proposed_at, approved_by, approved_at) "
        "VALUES ('x', 'x', now(), 'an', now(), 'an', now())",
    ):
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            async with trial.store.engine.begin() as connection:
                await connection.execute(text(wrong))

    await trial.store.live.approve(SERVICE, by="binh", now=trial.clock.now())
    for wrong in ("UPDATE live_switch SET approved_by = 'chi'", "UPDATE live_switch SET ends_on = '2099-01-01'"):
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            async with trial.store.engine.begin() as connection:
                await connection.execute(text(wrong))


async def test_after_its_last_day_a_service_is_in_trial_again(trial: Town) -> None:
    now = trial.clock.now()
    await trial.store.live.propose(SERVICE, reason="x", ends_on=date(2026, 11, 23), by="an", now=now)
    await trial.store.live.approve(SERVICE, by="binh", now=now)
    await trial.told(driver(1))
    trial.clock.at = MORNING + timedelta(days=2)

    late = await trial.drafted(driver(2))
    await trial.offer()

    assert (await trial.again(late)).not_told_because == "trial"
    assert len(trial.sms.called) == 1


async def test_a_stop_ends_the_sending_within_one_batch_and_nobody_is_lost_by_it(town: Town) -> None:
    await several_drafted(town, 12)

    async def somebody_stops_it(message: Outgoing) -> None:
        if len(town.sms.called) == 1:
            await town.store.live.stop(
                SERVICE, because="wrong", by="an", now=town.clock.now(), today=town.clock.today()
            )

    town.sms.looks = somebody_stops_it
    for _ in range(6):
        await town.offer(limit=4)

    assert len(town.sms.called) == 4
    assert {one.not_told_because for one in await all_dossiers(town)} == {None, "stopped"}
    await town.live(SERVICE)
    for _ in range(3):
        await town.offer()
    assert len({message.to for message in town.sms.called}) == len(town.sms.called) == 12


@pytest.mark.parametrize(
    ("phone", "becomes", "state"),
    [
        ("0598000001", [Sending.DELIVERED], State.OFFERED),
        ("0598000002", [Sending.UNDELIVERED], State.UNREACHED),
        ("0598000003", [Sending.LOST], State.UNREACHED),
        ("0598000004", [Sending.REJECTED], State.UNREACHED),
    ],
)
async def test_simulated_numbers_rehearse_without_a_provider(
    trial: Town, phone: str, becomes: list[Sending], state: State
) -> None:
    dossier = await trial.drafted(driver(phone=phone))

    for _ in range(4):
        await trial.offer()
        await trial.reconcile()
        trial.clock.forward(seconds=6)
        await trial.reconcile()
        trial.clock.at += ABSENT_AFTER
        await trial.reconcile()
        await trial.offer()

    assert trial.sms.called == []
    assert await trial.sendings(dossier) == becomes
    assert (await trial.again(dossier)).state is state


async def test_a_simulated_number_in_a_live_service_is_an_alarm_and_is_not_told(town: Town) -> None:
    dossier = await town.drafted(driver(phone="0598 000 001"))

    await town.offer()

    assert (await town.again(dossier)).not_told_because == "simulated_number"
    assert town.sms.called == [] and await town.notices(dossier) == []
    assert await town.store.addressees.alarms() == 1
