"""Stopping a service closes its calls, and telling again tells nobody twice."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from notifiers.call_list import CallList
from proactive.domain.call import CallOutcome
from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Notice, Sending
from proactive.steps.calls import called
from proactive.steps.tidy import tidy
from tests.steps.mannerly import SERVICE
from tests.steps.people import driver
from tests.steps.town import OFFICE, Town


@pytest.fixture
def calling(town: Town) -> Town:
    """The service calls those whom no text reaches."""
    ladder = tuple(
        rung.model_copy(update={"channels": ("sms", "call_list"), "fall_back_after_hours": None})
        for rung in town.catalogue.services[SERVICE].ladder
    )
    town.ladder_of(SERVICE, ladder)
    town.second = CallList(town.store.calls)  # type: ignore[assignment]  # the steps ask both the same
    return town


async def to_be_called(town: Town) -> Dossier:
    """A citizen whose text did not arrive: an officer is to call."""
    dossier = await town.told(driver())
    await town.receipt(town.sms.taken[-1][0], "undelivered")
    await town.reconcile()
    await town.offer()
    assert await waiting(town) == 1
    return dossier


async def waiting(town: Town) -> int:
    return (await town.store.calls.page(office=OFFICE, limit=9))[1]


async def stopped(town: Town) -> None:
    now, today = town.clock.now(), town.clock.today()
    await town.store.live.stop(SERVICE, because="wrong day in the text", by="chi", now=now, today=today)


async def taken(town: Town) -> None:
    [call], _ = await town.store.calls.page(office=OFFICE, limit=1)
    now = town.clock.now()
    assert await town.store.calls.take(
        call.notice_id, officer="lan", now=now, until=now + timedelta(minutes=20), verb="show"
    )


async def call_of(town: Town, dossier: Dossier) -> Notice:
    [one] = [one for one in await town.notices(dossier) if one.channel == "call_list"]
    return one


async def open_calls(town: Town) -> int:
    async with town.store.engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM call WHERE closed_at IS NULL")) or 0)


async def channels_of(town: Town, dossier: Dossier) -> list[tuple[str, str, Sending]]:
    return sorted((one.rung, one.channel, one.state) for one in await town.notices(dossier))


async def test_stopping_closes_the_calls_that_wait_and_says_why(calling: Town) -> None:
    town = calling
    dossier = await to_be_called(town)

    await stopped(town)

    assert await open_calls(town) == 0
    await town.reconcile()
    assert (await channels_of(town, dossier))[0][1:] == ("call_list", Sending.UNDELIVERED)
    history = await town.store.dossiers.history(dossier.id)
    assert "bị dừng" in str(history[-1]["note"])
    [halt] = await town.store.calls.not_called(office=OFFICE)
    assert (halt["service"], halt["actor"], halt["because"], halt["number"], halt["paused"]) == (
        SERVICE, "chi", "wrong day in the text", 1, False,
    )  # fmt: skip


async def test_going_live_again_calls_nobody_again_until_the_next_rung(calling: Town) -> None:
    town = calling
    dossier = await to_be_called(town)
    texts = len(town.sms.called)
    await stopped(town)
    await town.reconcile()
    await town.offer()

    await town.live(SERVICE)
    for _ in range(4):
        await town.offer()
        await town.reconcile()
        town.clock.forward(days=3)  # after a week nobody has had too many messages any more

    assert (await waiting(town), len(town.sms.called)) == (0, texts)
    assert (await town.again(dossier)).state is State.UNREACHED
    assert await town.store.calls.not_called(office=OFFICE) == []
    town.clock.forward(days=5)
    for _ in range(3):
        await town.offer()
    assert len(town.sms.called) == texts + 1
    assert len({(rung, channel) for rung, channel, _ in await channels_of(town, dossier)}) == 3


async def test_whoever_is_on_the_telephone_says_what_came_of_it_and_it_counts(calling: Town) -> None:
    town = calling
    dossier = await to_be_called(town)
    await taken(town)

    await stopped(town)

    call = await town.store.calls.get((await call_of(town, dossier)).id, office=OFFICE)
    assert call is not None
    await called(call, CallOutcome.TOLD, officer="lan", store=town.store, clock=town.clock)
    await town.reconcile()
    await town.live(SERVICE)
    await town.offer()
    assert [state for _, channel, state in await channels_of(town, dossier) if channel == "call_list"] == [
        Sending.DELIVERED
    ]
    assert await waiting(town) == 0


@pytest.mark.parametrize("closed_by", ["the worker", "going live again"])
async def test_what_was_taken_and_never_made_is_closed_too(calling: Town, closed_by: str) -> None:
    town = calling
    await to_be_called(town)
    await taken(town)
    await stopped(town)
    assert await open_calls(town) == 1
    await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)
    assert await open_calls(town) == 1  # they may be talking
    town.clock.forward(minutes=21)

    if closed_by == "the worker":
        await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)
    else:
        await town.live(SERVICE)

    assert (await open_calls(town), await waiting(town)) == (0, 0)


async def test_what_is_handed_over_while_somebody_stops_is_closed_by_the_worker(calling: Town) -> None:
    town = calling
    dossier = await town.told(driver())
    await town.receipt(town.sms.taken[-1][0], "undelivered")
    await town.reconcile()
    await town.offer()
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE call CASCADE"))
    await stopped(town)
    await town.store.calls.add((await call_of(town, dossier)).id)  # the worker had asked just before the stop
    assert (await open_calls(town), await waiting(town)) == (1, 0)

    await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)

    assert await open_calls(town) == 0


async def test_a_service_that_goes_on_keeps_its_calls(calling: Town) -> None:
    town = calling
    await to_be_called(town)

    await tidy(catalogue=town.catalogue, store=town.store, clock=town.clock)
    await town.live(SERVICE)  # for another month

    assert await waiting(town) == 1
