"""Two providers of one kind: each message takes one, a refusal is followed by the other, a doubt by none."""

from datetime import timedelta

import pytest

from notifiers.memory import Trouble
from proactive.domain.notice import Sending
from proactive.domain.providers import CAUTION
from proactive.steps.telling.balance import shares_of
from tests.steps.mannerly import SERVICE
from tests.steps.people import driver
from tests.steps.town import Channel, Town


@pytest.fixture
def two_providers(town: Town) -> Town:
    service = town.catalogue.services[SERVICE]
    town.ladder_of(SERVICE, tuple(rung.model_copy(update={"channels": ("any_sms",)}) for rung in service.ladder))
    town.second = Channel(name="viettel_sms")
    return town


async def only(town: Town, channel: str) -> None:
    """From now on this provider is given nearly everything."""
    other = "sms" if channel == "viettel_sms" else "viettel_sms"
    kept = (await town.store.providers.shares()).get("any_sms")
    to = {channel: 1 - 1e-12, other: 1e-12}
    assert await town.store.providers.move("any_sms", to, since=kept.moved_at if kept else None, now=town.clock.now())


async def test_each_message_takes_one_provider_and_both_take_some(two_providers: Town) -> None:
    town = two_providers
    for number in range(1, 21):
        await town.drafted(driver(number))

    await town.offer()
    await town.offer()

    assert len(town.sms.called) + len(town.second.called) == 20
    assert min(len(town.sms.called), len(town.second.called)) >= 2
    assert {message.to for message in town.sms.called}.isdisjoint({message.to for message in town.second.called})


@pytest.mark.parametrize("trouble", [Trouble.TEMPORARY, Trouble.PERMANENT])
async def test_a_refusal_is_followed_by_the_other_provider(two_providers: Town, trouble: Trouble) -> None:
    town = two_providers
    await only(town, "sms")
    town.sms.troubles.append(trouble)
    dossier = await town.told(driver())

    town.clock.forward(seconds=30)
    await town.offer()
    town.clock.forward(hours=3)
    await town.offer()

    states = {notice.channel: notice.state for notice in await town.notices(dossier)}
    assert states["viettel_sms"] is Sending.ACCEPTED
    assert states["sms"] in {Sending.PLANNED, Sending.REJECTED}
    assert (len(town.sms.called), len(town.second.called)) == (1, 1)


async def test_a_doubt_is_followed_by_no_other_provider(two_providers: Town) -> None:
    town = two_providers
    await only(town, "sms")
    town.sms.troubles.append(Trouble.TIMES_OUT)
    town.sms.forgets = True
    dossier = await town.told(driver())
    await only(town, "viettel_sms")

    for _ in range(3):
        town.clock.forward(hours=2)
        await town.reconcile()
        await town.offer()

    assert [(notice.channel, notice.state) for notice in await town.notices(dossier)] == [("sms", Sending.UNKNOWN)]
    assert town.second.called == []


async def test_shares_move_away_from_a_provider_that_takes_nothing_and_all_are_told(two_providers: Town) -> None:
    town = two_providers
    before = (await shares_of(town.store))["any_sms"]["sms"]
    town.sms.troubles.extend([Trouble.TEMPORARY] * 500)
    dossiers = [await town.drafted(driver(number)) for number in range(1, 61)]

    for _ in range(6):
        await town.offer()
        town.clock.forward(minutes=2)
        await town.offer()

    after = (await shares_of(town.store))["any_sms"]["sms"]
    assert before == 0.5
    assert CAUTION.floor <= after < before
    for dossier in dossiers:
        assert [n.state for n in await town.notices(dossier)].count(Sending.ACCEPTED) == 1
    assert len(town.second.called) == 60


async def test_two_workers_move_shares_once(two_providers: Town) -> None:
    store, now = two_providers.store, two_providers.clock.now()
    assert await store.providers.move("any_sms", {"sms": 0.4, "viettel_sms": 0.6}, since=None, now=now)

    again = await store.providers.move("any_sms", {"sms": 0.3, "viettel_sms": 0.7}, since=None, now=now)

    assert not again
    later = now + timedelta(minutes=1)
    assert await store.providers.move("any_sms", {"sms": 0.3, "viettel_sms": 0.7}, since=now, now=later)
    assert (await store.providers.shares())["any_sms"].of == {"sms": 0.3, "viettel_sms": 0.7}
