"""What every channel must keep, asked of the double and of SMS over a provider that remembers alike."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from notifiers.memory import MemoryNotifier, Trouble
from proactive.demo.phones import PhoneSettings, app
from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unreachable
from proactive.ports.clock import SystemClock
from proactive.ports.notifier import Accepted, Failure, Hook, Notifier, Outgoing, Rejected, Unknown
from tests.demo.servers import Catcher, serving, until
from tests.notifiers.twilio import ACCOUNT, TOKEN, channel


class World(Protocol):
    """A channel, and a provider behind it. `numbers` says whom to write to for what is wanted."""

    @property
    def notifier(self) -> Notifier: ...

    numbers: dict[str, str]

    def prepare(self, wanted: str) -> None: ...

    async def receipt(self, sent: Outgoing, status: str) -> Hook: ...

    def taken(self) -> int: ...


NUMBERS = {
    "well": "+84599000101",
    "undelivered": "+84599000198",
    "opted_out": "+84599000197",
    "unsure": "+84599000196",
    "busy": "+84599000195",
}


class Memory:
    numbers = NUMBERS

    def __init__(self) -> None:
        self.notifier = self._memory = MemoryNotifier()

    def prepare(self, wanted: str) -> None:
        trouble = {
            "opted_out": Trouble.OPTED_OUT,
            "unsure": Trouble.TAKES_AND_TIMES_OUT,
            "busy": Trouble.TEMPORARY,
        }.get(wanted)
        if trouble:
            self._memory.troubles.append(trouble)

    async def receipt(self, sent: Outgoing, status: str) -> Hook:
        [reference] = [reference for reference, message in self._memory.taken if message.body == sent.body]
        return self._memory.receipt(reference, status)

    def taken(self) -> int:
        return len(self._memory.taken)


class Sms:
    numbers = NUMBERS

    def __init__(self, notifier: Notifier, catcher: Catcher, application: object) -> None:
        self.notifier = notifier
        self._catcher = catcher
        self._network = application.state.network  # type: ignore[attr-defined] # put there for tests

    def prepare(self, wanted: str) -> None:
        """The stand-in goes by the number."""

    async def receipt(self, sent: Outgoing, status: str) -> Hook:
        [sid] = [sms.sid for sms in self._network.messages.values() if sms.body == sent.body]

        def arrived() -> list[Hook]:
            said = f"MessageSid={sid}&MessageStatus={status}&".encode()
            return [hook for hook in self._catcher.hooks if said in hook.body]

        await until(lambda: bool(arrived()))
        return arrived()[0]

    def taken(self) -> int:
        return len(self._network.messages)


@pytest.fixture(params=["memory", "sms"])
async def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    if request.param == "memory":
        yield Memory()
        return
    catcher = Catcher()
    application = app(PhoneSettings(account_sid=ACCOUNT, auth_token=TOKEN, step=0.01))
    async with catcher.listening() as public, serving(application) as url:
        notifier = await channel(monkeypatch, url, public_url=public)
        yield Sms(notifier, catcher, application)
        await notifier.close()


def outgoing(world: World, wanted: str = "well", text: str = "Cong an TP Da Nang: ho so da chuan bi") -> Outgoing:
    world.prepare(wanted)
    return Outgoing("notice", world.numbers[wanted], text, datetime.now(UTC))


async def test_a_message_is_taken_once_and_found_again(world: World) -> None:
    message = outgoing(world)

    outcome = await world.notifier.send(message)

    assert isinstance(outcome, Accepted)
    assert await world.notifier.find(message) == outcome
    assert world.taken() == 1


async def test_what_was_never_sent_is_not_found(world: World) -> None:
    assert await world.notifier.find(outgoing(world)) is None


async def test_another_text_to_the_same_person_is_another_message(world: World) -> None:
    await world.notifier.send(outgoing(world))

    assert await world.notifier.find(outgoing(world, text="Cong an TP Da Nang: khac")) is None


async def test_the_same_text_of_a_former_year_is_another_message(world: World) -> None:
    message = outgoing(world)
    await world.notifier.send(message)
    later = Outgoing(message.reference, message.to, message.body, message.since + timedelta(days=365))

    assert await world.notifier.find(later) is None


async def test_a_broken_off_call_is_unknown_and_the_message_is_found_with_the_provider(world: World) -> None:
    message = outgoing(world, "unsure")

    outcome = await world.notifier.send(message)

    assert isinstance(outcome, Unknown)
    assert isinstance(await world.notifier.find(message), Accepted)
    assert world.taken() == 1


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


@pytest.mark.parametrize("phone", [None, "", "   "])
async def test_nobody_is_reached_without_an_address(world: World, phone: str | None) -> None:
    assert world.notifier.reachable(Addressee(phone=phone)) is None


async def test_people_reach_also_whoever_has_no_address() -> None:
    nobody = Addressee()

    assert MemoryNotifier(by_people=True).reachable(nobody) is not None
    assert MemoryNotifier().reachable(nobody) is None


async def test_an_address_is_reached_in_one_form(world: World) -> None:
    address = world.notifier.reachable(Addressee(phone="+84599000101", email="an@example.vn"))

    assert address is not None
    assert address == world.notifier.reachable(Addressee.at(address)) == "+84599000101"


async def test_a_provider_that_does_not_answer_questions_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = MemoryNotifier(silent=True)
    nowhere = await channel(monkeypatch, "http://127.0.0.1:1", clock=SystemClock())
    message = Outgoing("notice", "+84599000101", "text", datetime.now(UTC))

    for notifier in (silent, nowhere):
        with pytest.raises(Unreachable):
            await notifier.find(message)
        await notifier.close()
