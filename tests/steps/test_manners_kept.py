"""offer keeps its manners, whatever happens at once: trial, stops, opting out, caps, budgets, shared messages."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import text

from notifiers.memory import Trouble
from proactive.domain.dossier import Answer, Dossier, State
from proactive.domain.manners import Kind
from proactive.domain.notice import Notice, Sending
from proactive.ports.notifier import Outgoing
from proactive.steps.tidy import tidy
from rules.grammar import FallBack, Rung
from rules.manners import Manners, Policy
from tests.steps.people import Licence, Person, driver
from tests.steps.town import ABSENT_AFTER, Channel, Town

SERVICE = "driver_licence_renewal"
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


class Calmer(Manners):
    """The city's manners, with something of them changed."""

    def __init__(self, own: Manners, **changes: Any) -> None:
        super().__init__(own._text)
        self._changes = changes

    def on(self, day: date) -> Policy:
        policy = super().on(day)
        return Policy(**{**{name: getattr(policy, name) for name in policy.__dataclass_fields__}, **self._changes})


def holder(number: int = 1, *, licences: int = 2) -> Person:
    """Somebody with so many licences that expire in 30 days."""
    person = driver(number)
    more = [Licence(number=f"48017{number:04d}{n:03d}", class_="C", updated_at=LATER) for n in range(licences - 1)]
    other = ["C", "D", "E"]
    return person.but(
        licences=(*person.licences, *(
            Licence(number=one.number, class_=other[n % 3], updated_at=LATER) for n, one in enumerate(more)
        ))
    )  # fmt: skip


async def all_dossiers(town: Town) -> list[Dossier]:
    async with town.store.engine.connect() as connection:
        ids = list((await connection.execute(text("SELECT id FROM dossier ORDER BY anchor, id"))).scalars())
    return list(await town.store.dossiers.many(ids))


async def all_notices(town: Town) -> list[Notice]:
    dossiers = await all_dossiers(town)
    found = await town.store.notices.of([dossier.id for dossier in dossiers])
    return [notice for some in found.values() for notice in some]


async def used(town: Town, kind: Kind) -> int:
    async with town.store.engine.connect() as connection:
        asked = text("SELECT coalesce(sum(used), 0) FROM allowance WHERE kind = :kind")
        return int(await connection.scalar(asked, {"kind": str(kind)}) or 0)


async def several_drafted(town: Town, number: int, make: Callable[[int], Person] = driver) -> None:
    for one in range(1, number + 1):
        await town.arrives(make(one))
    await town.draft()


# -- Trial, live, stopped ---------------------------------------------------------------------------------------------


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


# -- Opting out -------------------------------------------------------------------------------------------------------


async def test_nothing_begins_after_a_citizen_was_told_that_nothing_more_will_come(town: Town) -> None:
    """Twelve people with two matters each; while the second ones are offered, everybody opts out at once."""
    people = [holder(n) for n in range(1, 13)]
    for person in people:
        await town.arrives(person.but(licences=person.licences[:1]))
    await town.draft()
    await town.offer()
    first = await all_dossiers(town)
    for person in people:
        await town.arrives(person.but(updated_at=LATER))
    await town.draft()
    town.clock.forward(minutes=1)
    first = await town.store.dossiers.many([dossier.id for dossier in first])
    acknowledged: dict[str, float] = {}
    begun: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()

    async def slow(message: Outgoing) -> None:
        begun.append((message.to, loop.time()))
        await asyncio.sleep(0.05)

    async def opts_out(dossier: Dossier, after: float) -> None:
        await asyncio.sleep(after)
        await town.answer(dossier, Answer.NEVER)
        acknowledged[f"+84{(dossier.phone or '')[1:]}"] = loop.time()

    town.sms.looks = slow
    await asyncio.gather(
        *(opts_out(dossier, n * 0.01) for n, dossier in enumerate(first)),
        *(town.offer(limit=3) for _ in range(8)),
    )

    assert len(acknowledged) == 12
    assert [to for to, at in begun if at > acknowledged[to]] == []
    town.sms.looks = None
    for _ in range(4):
        town.clock.forward(days=7)
        await town.offer()
    assert len(town.sms.called) == 12 + len(begun)


async def test_the_database_refuses_a_claim_on_somebody_who_opted_out(town: Town) -> None:
    dossier = await town.told(driver())
    [notice] = await town.notices(dossier)
    await town.answer(dossier, Answer.NEVER)

    with pytest.raises(sqlalchemy.exc.DBAPIError, match="does not want to be told"):
        async with town.store.engine.begin() as connection:
            await connection.execute(text("UPDATE notice SET state = 'claimed' WHERE id = :id"), {"id": notice.id})


async def test_whoever_wants_no_sms_of_a_service_gets_none_and_whoever_takes_it_back_does(town: Town) -> None:
    dossier = await town.drafted(driver())
    wish = {"language": "vi", "service": SERVICE, "channels": ["sms"], "now": town.clock.now()}
    await town.store.addressees.wish(dossier.subject, without=["sms"], **wish)

    await town.offer()
    unreached = await town.again(dossier)
    await town.store.addressees.wish(dossier.subject, without=[], **wish)
    town.clock.at = datetime(2026, 12, 8, 2, 0, tzinfo=UTC)
    await town.offer()

    assert unreached.state is State.UNREACHED
    assert [notice.rung for notice in await town.notices(dossier)] == ["third"]
    assert len(town.sms.called) == 1


async def test_a_person_is_told_in_the_language_they_chose(town: Town) -> None:
    dossier = await town.drafted(driver())
    await town.store.addressees.wish(
        dossier.subject, language="en", service=SERVICE, without=[], channels=["sms"], now=town.clock.now()
    )

    await town.offer()

    [(_, message)] = town.sms.taken
    assert "licence" in message.body


# -- Several matters in one message -----------------------------------------------------------------------------------


async def test_the_matters_of_one_person_share_a_message_and_keep_a_notice_each(town: Town) -> None:
    await several_drafted(town, 1, holder)

    await town.offer()

    [(_, message)] = town.sms.taken
    notices = await all_notices(town)
    dossiers = await all_dossiers(town)
    assert len(notices) == len(dossiers) == 2
    assert all(f"{one.code[:4]} {one.code[4:]}" in message.body for one in dossiers)
    assert {one.state for one in dossiers} == {State.OFFERED}
    [carrier] = [one for one in notices if one.carried_by is None]
    assert [one.carried_by for one in notices if one is not carrier] == [carrier.id]
    assert [(one.provider_ref, one.vnd > 0) for one in notices if one is carrier] == [("memory-1", True)]
    assert await used(town, Kind.SERVICE_MESSAGES) == 1


async def test_a_message_names_three_matters_at_most_and_a_fourth_has_its_own(town: Town) -> None:
    await several_drafted(town, 1, lambda n: holder(n, licences=4))

    await town.offer()

    drafted = await all_dossiers(town)
    bodies = [message.body for message in town.sms.called]
    named = [sum(f"{one.code[:4]} {one.code[4:]}" in body for one in drafted) for body in bodies]
    assert sorted(named, reverse=True) == [min(3, len(drafted)), *([1] if len(drafted) == 4 else [])]


@pytest.mark.parametrize("status", ["delivered", "undelivered"])
async def test_what_becomes_of_the_message_becomes_of_every_matter_in_it(town: Town, status: str) -> None:
    await several_drafted(town, 1, holder)
    await town.offer()

    await town.receipt("memory-1", status)
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending(status)}
    expected = State.OFFERED if status == "delivered" else State.UNREACHED
    assert {one.state for one in await all_dossiers(town)} == {expected}
    assert len(town.sms.called) == 1


async def test_a_shared_message_in_doubt_is_asked_about_once_and_settles_every_matter(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)

    await town.offer()
    assert {one.state for one in await all_notices(town)} == {Sending.UNKNOWN}
    town.clock.forward(seconds=5)
    assert await town.reconcile() == 1
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert len(town.sms.called) == 1


async def test_a_shared_message_that_never_was_there_is_sent_once_more_for_all(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.troubles.append(Trouble.TIMES_OUT)

    await town.offer()
    town.clock.forward(seconds=5)
    await town.reconcile()
    town.clock.at += ABSENT_AFTER
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert len(town.sms.taken) == 1


async def test_a_worker_that_died_over_a_shared_message_leaves_all_of_it_to_be_asked_about(town: Town) -> None:
    await several_drafted(town, 1, holder)
    town.sms.dies_after = True
    with pytest.raises(Exception):  # noqa: B017 -- the worker is gone
        await town.offer()
    town.sms.dies_after = False
    town.clock.forward(seconds=46)

    await town.offer()
    await town.reconcile()
    town.clock.forward(seconds=10)
    await town.reconcile()
    await town.offer()

    assert {one.state for one in await all_notices(town)} == {Sending.ACCEPTED}
    assert {one.state for one in await all_dossiers(town)} == {State.OFFERED}
    assert len(town.sms.called) == 1


# -- How often, how many ----------------------------------------------------------------------------------------------


async def test_a_third_message_waits_until_the_first_is_seven_days_past(town: Town) -> None:
    person = holder(licences=3)
    for count in (1, 2, 3):
        await town.arrives(person.but(licences=person.licences[:count], updated_at=LATER + timedelta(hours=count)))
        await town.draft()
        await town.offer()
        town.clock.forward(hours=1)

    waiting = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert len(town.sms.called) == 2
    assert [one.not_told_because for one in waiting] == ["person_cap"]
    town.clock.at = waiting[0].tell_after
    assert town.clock.at == MORNING + timedelta(days=7)
    await town.offer()
    assert len(town.sms.called) == 3


async def test_many_workers_never_spend_more_than_the_budget_of_a_day(town: Town) -> None:
    town.manners = Calmer(town.manners, service_messages_a_day=7)
    await several_drafted(town, 20)

    await asyncio.gather(*(town.offer(limit=3) for _ in range(10)))
    await asyncio.gather(*(town.offer(limit=3) for _ in range(10)))

    assert len(town.sms.called) == 7 == await used(town, Kind.SERVICE_MESSAGES)
    assert {one.not_told_because for one in await all_dossiers(town)} == {None, "budget_spent"}
    town.clock.at = MORNING + timedelta(days=2)  # the 24th is a day off
    for _ in range(3):
        await town.offer()
    assert len(town.sms.called) == 14


async def test_money_is_a_hard_stop_too(town: Town) -> None:
    town.manners = Calmer(town.manners, service_vnd_a_day=4 * 2 * 800 + 1599)
    await several_drafted(town, 8)

    for _ in range(4):
        await asyncio.gather(town.offer(limit=2), town.offer(limit=2), town.offer(limit=2))

    notices = await all_notices(town)
    assert sum(one.vnd for one in notices) == await used(town, Kind.SERVICE_VND) == 4 * 2 * 800


async def test_what_the_provider_did_not_take_is_not_spent(town: Town) -> None:
    await several_drafted(town, 3)
    town.sms.troubles.extend([Trouble.TEMPORARY, Trouble.PERMANENT, Trouble.TECHNICAL])

    await town.offer()

    assert await used(town, Kind.SERVICE_MESSAGES) == 0
    assert await used(town, Kind.SERVICE_VND) == 0
    assert await used(town, Kind.OFFICE_DAY) == 0
    town.clock.forward(minutes=10)
    await town.offer()
    assert await used(town, Kind.SERVICE_MESSAGES) == 2


async def test_a_full_office_spreads_its_people_over_the_hours_to_come(town: Town) -> None:
    town.manners = Calmer(town.manners, office_an_hour={"police": 5})
    await several_drafted(town, 12)

    await asyncio.gather(*(town.offer(limit=4) for _ in range(5)))

    waiting = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert len(town.sms.called) == 5
    assert {one.not_told_because for one in waiting} == {"office_full"}
    assert len({one.tell_after for one in waiting}) == 7
    assert all(one.tell_after.date() < date(2026, 12, 8) for one in waiting)


async def test_a_channel_is_given_so_many_a_second_by_all_workers_together(town: Town) -> None:
    await several_drafted(town, 12)

    await asyncio.gather(*(town.offer(a_second=5) for _ in range(4)))
    assert len(town.sms.called) == 5
    town.clock.forward(seconds=1)
    await asyncio.gather(*(town.offer(a_second=5) for _ in range(4)))
    assert len(town.sms.called) == 10


# -- The next channel of a rung ---------------------------------------------------------------------------------------


@pytest.fixture
def two_channels(town: Town) -> Town:
    """The service tells on sms and, where that fails or stays silent, on a second channel with the same texts."""
    service = town.catalogue.services[SERVICE]
    ladder = tuple(
        Rung(
            name=rung.name, offset_days=rung.offset_days, channels=("sms", "viettel_sms"),
            fall_back_after_hours=FallBack(no_delivery=6, no_reaction=30),
        )
        for rung in service.ladder
    )  # fmt: skip
    town.ladder_of(SERVICE, ladder)
    town.second = Channel(name="viettel_sms")
    return town


async def channels_of(town: Town, dossier: Dossier) -> list[tuple[str, Sending]]:
    return sorted((notice.channel, notice.state) for notice in await town.notices(dossier))


async def test_whoever_is_not_delivered_to_in_time_is_told_on_the_next_channel_once(two_channels: Town) -> None:
    town = two_channels
    dossier = await town.told(driver())
    town.clock.forward(hours=5, minutes=59)
    assert await town.offer() == 0

    town.clock.forward(minutes=1)
    for _ in range(3):
        await town.offer()

    assert await channels_of(town, dossier) == [("sms", Sending.ACCEPTED), ("viettel_sms", Sending.ACCEPTED)]
    assert (len(town.sms.called), len(town.second.called)) == (1, 1)
    town.clock.forward(days=10)
    await town.offer()
    assert (len(town.sms.called), len(town.second.called)) == (1, 1)


async def test_no_rung_waits_for_word_that_never_comes(town: Town) -> None:
    service = town.catalogue.services[SERVICE]
    wait = FallBack(no_delivery=6, no_reaction=30)
    other_way = {"channels": ("viettel_sms", "sms"), "fall_back_after_hours": wait}
    town.ladder_of(SERVICE, tuple(rung.model_copy(update=other_way) for rung in service.ladder))
    town.second = Channel(name="viettel_sms")
    await town.told(driver())
    town.clock.forward(hours=7)
    await town.offer()
    assert town.sms.called == []

    town.clock.at = MORNING + timedelta(days=2)
    await town.offer()

    assert (len(town.second.called), len(town.sms.called)) == (1, 1)


async def test_whoever_got_it_has_longer_to_react_and_an_answer_ends_it(two_channels: Town) -> None:
    town = two_channels
    silent, answers = await town.told(driver(1)), await town.told(driver(2))
    for reference in ("memory-1", "memory-2"):
        await town.receipt(reference, "delivered")
    await town.reconcile()
    town.clock.forward(hours=7)
    await town.offer()
    assert len(town.second.called) == 0

    await town.answer(await town.again(answers), Answer.NOT_NOW)
    town.clock.at = MORNING + timedelta(days=2)
    await town.offer()

    assert [message.to for message in town.second.called] == ["+84599000100"]
    assert len(await town.notices(silent)) == 2 and len(await town.notices(answers)) == 1


async def test_a_failed_delivery_is_followed_by_the_next_channel_at_once(two_channels: Town) -> None:
    town = two_channels
    dossier = await town.told(driver())
    await town.receipt("memory-1", "undelivered")
    await town.reconcile()

    await town.offer()

    assert await channels_of(town, dossier) == [("sms", Sending.UNDELIVERED), ("viettel_sms", Sending.ACCEPTED)]


async def test_what_is_in_doubt_is_never_followed_by_another_channel(two_channels: Town) -> None:
    town = two_channels
    dossier = await town.drafted(driver())
    town.sms.troubles.append(Trouble.TAKES_AND_TIMES_OUT)
    town.sms.silent = True
    await town.offer()

    for _ in range(5):
        town.clock.forward(hours=4)
        await town.offer()
        await town.reconcile()

    assert await channels_of(town, dossier) == [("sms", Sending.UNKNOWN)]
    assert town.second.called == []


async def test_where_the_next_channel_fails_too_the_first_one_still_counts(two_channels: Town) -> None:
    town = two_channels
    dossier = await town.told(driver())
    town.second.troubles.append(Trouble.PERMANENT)

    town.clock.forward(hours=6)
    for _ in range(3):
        await town.offer()

    assert await channels_of(town, dossier) == [("sms", Sending.ACCEPTED), ("viettel_sms", Sending.REJECTED)]
    assert (await town.again(dossier)).state is State.OFFERED


# -- Nobody answers ---------------------------------------------------------------------------------------------------


async def test_what_nobody_answers_for_as_long_as_the_service_says_is_given_up(town: Town) -> None:
    dossier = await town.told(driver().with_licence(expires_on=date(2026, 11, 10)))
    days = town.catalogue.services[SERVICE].closing.drop_unanswered_after_days

    async def tidied(after: timedelta) -> State:
        town.clock.at = MORNING + after
        await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)
        return (await town.again(dossier)).state

    assert await tidied(timedelta(days=days)) is State.OFFERED
    assert await tidied(timedelta(days=days, minutes=1)) is State.MOOT
    last = (await town.store.dossiers.history(dossier.id))[-1]
    assert (last["verb"], last["note"]) == ("tidy", f"Không có trả lời trong {days} ngày.")


async def test_a_dossier_whose_ladder_goes_on_is_not_given_up(town: Town) -> None:
    dossier = await town.told(driver())
    town.clock.forward(days=400)

    await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)

    assert (await town.again(dossier)).state is State.OFFERED
