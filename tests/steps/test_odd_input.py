"""What a stranger would try: odd numbers, odd names, nothing to spend, receipts of things that never were."""

import pytest

from proactive.domain.dossier import State
from proactive.domain.notice import Sending
from proactive.ports.notifier import Receipt
from tests.steps.mannerly import Calmer, all_dossiers, several_drafted
from tests.steps.people import driver
from tests.steps.town import Town


@pytest.mark.parametrize("phone", [None, "", "không có", "+84", "0000000000", "🙂🙂🙂🙂🙂🙂🙂🙂🙂"])
async def test_whoever_has_no_number_that_can_be_reached_is_unreached_and_nobody_is_charged(
    town: Town, phone: str | None
) -> None:
    dossier = await town.drafted(driver(1).but(phone=phone))

    for _ in range(3):
        await town.offer()

    assert (await town.again(dossier)).state is State.UNREACHED
    assert town.sms.called == [] and await town.notices(dossier) == []


@pytest.mark.parametrize("name", ["🙂 NGUYỄN", "N" * 300, "{{ 7*7 }}", "<b>x</b>", "a\nb"])
async def test_no_name_changes_what_a_message_says(town: Town, name: str) -> None:
    await town.told(driver(1))
    await town.told(driver(2).but(full_name=name))

    assert len(town.sms.called) == 2
    assert all(name not in message.body and message.body.isascii() for message in town.sms.called)


async def test_a_budget_of_nothing_sends_nothing_and_says_so(town: Town) -> None:
    for nothing in ({"service_messages_a_day": 0}, {"service_vnd_a_day": 0}):
        town.manners = Calmer(town.manners, **nothing)
        await several_drafted(town, 2)
        await town.offer()
        assert {one.not_told_because for one in await all_dossiers(town)} == {"budget_spent"}
    assert town.sms.called == []


async def test_receipts_of_what_nobody_sent_and_two_at_once_harm_nothing(town: Town) -> None:
    dossier = await town.told(driver(1))
    said = [
        Receipt("sms", "nobody-knows", "delivered", Sending.DELIVERED),
        Receipt("pigeon", "memory-1", "delivered", Sending.DELIVERED),
        Receipt("sms", "memory-1", "undelivered", Sending.UNDELIVERED, "30003"),
        Receipt("sms", "memory-1", "delivered", Sending.DELIVERED),
        Receipt("sms", "memory-1", "delivered", Sending.DELIVERED),
    ]
    await town.store.notices.receive(said, now=town.clock.now())

    for _ in range(3):
        await town.reconcile()

    assert await town.sendings(dossier) == [Sending.UNDELIVERED]
    assert await town.reconcile() == 0
