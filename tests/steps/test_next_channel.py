"""The next channel of a rung: after a failure at once, after silence in time, and never after a doubt."""

from datetime import timedelta

import pytest

from notifiers.memory import Trouble
from proactive.domain.dossier import Answer, Dossier, State
from proactive.domain.notice import Sending
from rules.grammar import FallBack, Rung
from tests.steps.mannerly import MORNING, SERVICE
from tests.steps.people import driver
from tests.steps.town import Channel, Town


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
