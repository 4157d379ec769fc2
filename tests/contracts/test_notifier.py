"""What every channel must keep, asked of the double and of each channel over a provider that remembers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from notifiers.memory import MemoryNotifier
from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unanswerable, Unreachable
from proactive.ports.clock import SystemClock
from proactive.ports.notifier import Accepted, Content, Failure, Hook, Outgoing, Rejected, Unknown
from tests.contracts.worlds import CAN_BE_ASKED, HEAR_STOP, TELL_DELIVERY, WORLDS, World
from tests.notifiers.twilio import channel

REFERENCE = "01890a5d-ac96-774b-bcce-b302099a8057"
CONTENT = Content("driver_licence_renewal", "renew", "vi", {"licence_class": "B"}, {"hang": "B"})

can_be_asked = pytest.mark.parametrize("world", CAN_BE_ASKED, indirect=True)
hears_stop = pytest.mark.parametrize("world", HEAR_STOP, indirect=True)
tells_delivery = pytest.mark.parametrize("world", TELL_DELIVERY, indirect=True)


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with WORLDS[request.param](monkeypatch) as opened:
        yield opened


def outgoing(world: World, wanted: str = "well", text: str = "Cong an TP Da Nang: ho so da chuan bi") -> Outgoing:
    world.prepare(wanted)
    address = world.notifier.reachable(Addressee.at(world.numbers[wanted]))
    assert address is not None
    return Outgoing(REFERENCE, address, text, datetime.now(UTC), CONTENT)


async def test_a_message_is_taken_once(world: World) -> None:
    assert isinstance(await world.notifier.send(outgoing(world)), Accepted)
    assert world.taken() == 1


@can_be_asked
async def test_a_message_that_was_taken_is_found_again(world: World) -> None:
    message = outgoing(world)

    outcome = await world.notifier.send(message)

    assert await world.notifier.find(message) == outcome
    assert world.taken() == 1


@pytest.mark.parametrize("world", sorted(set(WORLDS) - set(CAN_BE_ASKED)), indirect=True)
async def test_whoever_cannot_be_asked_says_so_and_sends_nothing(world: World) -> None:
    with pytest.raises(Unanswerable):
        await world.notifier.find(outgoing(world))

    assert world.taken() == 0


@can_be_asked
async def test_what_was_never_sent_is_not_found(world: World) -> None:
    assert await world.notifier.find(outgoing(world)) is None


@can_be_asked
async def test_another_text_to_the_same_person_is_another_message(world: World) -> None:
    await world.notifier.send(outgoing(world))

    assert await world.notifier.find(outgoing(world, text="Cong an TP Da Nang: khac")) is None


@can_be_asked
async def test_the_same_text_of_a_former_year_is_another_message(world: World) -> None:
    message = outgoing(world)
    await world.notifier.send(message)
    later = Outgoing(message.reference, message.to, message.body, message.since + timedelta(days=365))

    assert await world.notifier.find(later) is None


async def test_a_broken_off_call_is_unknown(world: World) -> None:
    assert isinstance(await world.notifier.send(outgoing(world, "unsure")), Unknown)
    assert world.taken() == 1


@can_be_asked
async def test_a_broken_off_call_is_unknown_and_the_message_is_found_with_the_provider(world: World) -> None:
    message = outgoing(world, "unsure")

    outcome = await world.notifier.send(message)

    assert isinstance(outcome, Unknown)
    assert isinstance(await world.notifier.find(message), Accepted)
    assert world.taken() == 1


@hears_stop
async def test_who_said_stop_is_not_written_to(world: World) -> None:
    outcome = await world.notifier.send(outgoing(world, "opted_out"))

    assert isinstance(outcome, Rejected)
    assert outcome.failure is Failure.OPTED_OUT
    assert world.taken() == 0


async def test_not_now_means_nothing_was_taken_and_later_it_is(world: World) -> None:
    message = outgoing(world, "busy")

    first = await world.notifier.send(message)
    second = await world.notifier.send(message)

    assert isinstance(first, Rejected)
    assert first.failure is Failure.TEMPORARY
    assert isinstance(second, Accepted)
    assert world.taken() == 1


@tells_delivery
@pytest.mark.parametrize(
    ("wanted", "status", "sending"),
    [
        ("well", "sent", None),
        ("well", "delivered", Sending.DELIVERED),
        ("undelivered", "undelivered", Sending.UNDELIVERED),
    ],
)
async def test_a_receipt_says_what_became_of_the_message(
    world: World, wanted: str, status: str, sending: Sending | None
) -> None:
    message = outgoing(world, wanted)
    outcome = await world.notifier.send(message)

    [receipt] = world.notifier.receipts(await world.receipt(message, status))

    assert isinstance(outcome, Accepted)
    assert (receipt.channel, receipt.provider_ref) == (world.notifier.name, outcome.provider_ref)
    assert (receipt.status, receipt.sending) == (status, sending)


@tells_delivery
async def test_a_receipt_that_was_changed_on_the_way_is_forged(world: World) -> None:
    message = outgoing(world)
    await world.notifier.send(message)
    hook = await world.receipt(message, "delivered")

    for wrong in (
        Hook(hook.url, hook.headers, hook.body.replace(b"delivered", b"undelivered")),
        Hook(hook.url, {}, hook.body),
        Hook(hook.url + "/elsewhere", hook.headers, hook.body),
    ):
        with pytest.raises(Forged):
            world.notifier.receipts(wrong)


async def test_a_receipt_of_nobodys_is_forged(world: World) -> None:
    with pytest.raises(Forged):
        world.notifier.receipts(Hook(f"http://127.0.0.1/hooks/{world.notifier.name}", {}, b'{"a": 1}'))


@pytest.mark.parametrize("phone", [None, "", "   "])
async def test_nobody_is_reached_without_an_address(world: World, phone: str | None) -> None:
    assert world.notifier.reachable(Addressee(phone=phone)) is None


async def test_people_reach_also_whoever_has_no_address() -> None:
    nobody = Addressee()

    assert MemoryNotifier(by_people=True).reachable(nobody) is not None
    assert MemoryNotifier().reachable(nobody) is None


async def test_an_address_is_reached_in_one_form(world: World) -> None:
    for number in world.numbers.values():
        address = world.notifier.reachable(Addressee.at(number))

        assert address is not None
        assert world.notifier.reachable(Addressee.at(address)) == address


async def test_a_provider_that_does_not_answer_questions_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = MemoryNotifier(silent=True)
    nowhere = await channel(monkeypatch, "http://127.0.0.1:1", clock=SystemClock())
    message = Outgoing("notice", "+84599000101", "text", datetime.now(UTC))

    for notifier in (silent, nowhere):
        with pytest.raises(Unreachable):
            await notifier.find(message)
        await notifier.close()
