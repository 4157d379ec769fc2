"""The channels as the contract asks them: each with a provider behind it, started for one test."""

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import ClassVar, Protocol

import pytest

from notifiers.memory import MemoryNotifier, Trouble
from proactive.demo.phones import PhoneSettings, app
from proactive.demo.zalo import delivered, event
from proactive.ports.notifier import Hook, Notifier, Outgoing
from tests.demo.servers import Catcher, serving, until
from tests.notifiers import mail, twilio, viettel, zalo

NUMBERS = {
    "well": "+84599000101",
    "undelivered": "+84599000198",
    "opted_out": "+84599000197",
    "unsure": "+84599000196",
    "busy": "+84599000195",
}


class World(Protocol):
    """A channel, and a provider behind it. `numbers` says whom to write to for what is wanted."""

    @property
    def notifier(self) -> Notifier: ...

    @property
    def numbers(self) -> Mapping[str, str]: ...

    def prepare(self, wanted: str) -> None: ...

    async def receipt(self, sent: Outgoing, status: str) -> Hook: ...

    def taken(self) -> int: ...


class Memory:
    numbers: ClassVar = NUMBERS

    def __init__(self) -> None:
        self.notifier = self._memory = MemoryNotifier()

    @staticmethod
    @asynccontextmanager
    async def opened(patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        yield Memory()

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
    numbers: ClassVar = NUMBERS

    def __init__(self, notifier: Notifier, catcher: Catcher, application: object) -> None:
        self.notifier = notifier
        self._catcher = catcher
        self._network = application.state.network  # type: ignore[attr-defined] # put there for tests

    @staticmethod
    @asynccontextmanager
    async def opened(patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        catcher = Catcher()
        application = app(PhoneSettings(account_sid=twilio.ACCOUNT, auth_token=twilio.TOKEN, step=0.01))
        async with catcher.listening() as public, serving(application) as url:
            notifier = await twilio.channel(patch, url, public_url=public)
            yield Sms(notifier, catcher, application)
            await notifier.close()

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


class Viettel:
    """It knows of nobody who said stop, and tells nothing of what became of a message."""

    numbers: ClassVar = {name: NUMBERS[name] for name in ("well", "unsure", "busy")}

    def __init__(self, notifier: Notifier, gateway: viettel.Gateway) -> None:
        self.notifier = notifier
        self._gateway = gateway

    @staticmethod
    @asynccontextmanager
    async def opened(patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        gateway = viettel.Gateway()
        async with gateway.listening() as url:
            notifier = await viettel.channel(patch, url, TIMEOUT="0.3")
            yield Viettel(notifier, gateway)
            await notifier.close()

    def prepare(self, wanted: str) -> None:
        if wanted == "busy":
            self._gateway.answers.append(viettel.returned("Check information error", "0"))
        if wanted == "unsure":
            self._gateway.loses_answers = 1

    async def receipt(self, sent: Outgoing, status: str) -> Hook:
        return Hook("http://127.0.0.1/hooks/viettel_sms", {}, b"")

    def taken(self) -> int:
        return len(self._gateway.queue)


class Email:
    """The same: a relay is told by nobody to stop, and says nothing later."""

    numbers: ClassVar = {name: f"{name}@example.vn" for name in ("well", "unsure", "busy")}

    def __init__(self, notifier: Notifier, relay: mail.Relay) -> None:
        self.notifier = notifier
        self._relay = relay

    @staticmethod
    @asynccontextmanager
    async def opened(patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        relay = mail.Relay()
        async with relay.listening() as port:
            notifier = await mail.channel(patch, port, TIMEOUT=0.5)
            yield Email(notifier, relay)
            await notifier.close()

    def prepare(self, wanted: str) -> None:
        if wanted == "busy":
            self._relay.to_recipient.append("450 4.2.1 later")
        if wanted == "unsure":
            self._relay.loses_answers = 1

    async def receipt(self, sent: Outgoing, status: str) -> Hook:
        return Hook("http://127.0.0.1/hooks/email", {}, b"")

    def taken(self) -> int:
        return len(self._relay.kept)


class Zalo:
    """It can't be asked by our reference, and says only that a message arrived: see tests/notifiers/test_zalo.py."""

    numbers: ClassVar = NUMBERS

    def __init__(self, notifier: Notifier, stand_in: zalo.Zalo) -> None:
        self.notifier = notifier
        self._stand_in = stand_in

    @staticmethod
    @asynccontextmanager
    async def opened(patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
        with tempfile.TemporaryDirectory() as folder:
            async with zalo.standing_in() as stand_in, stand_in.channel(patch, Path(folder)) as ours:
                yield Zalo(ours.notifier, stand_in)

    def prepare(self, wanted: str) -> None:
        """The stand-in goes by the number."""

    async def receipt(self, sent: Outgoing, status: str) -> Hook:
        [message] = self._stand_in.network.sent.values()
        headers, body = event(self._stand_in.settings, delivered(message, 1))
        return Hook("http://127.0.0.1/hooks/zalo", headers, body)

    def taken(self) -> int:
        return len(self._stand_in.network.sent)


WORLDS: Mapping[str, Callable[[pytest.MonkeyPatch], AbstractAsyncContextManager[World]]] = {
    "memory": Memory.opened,
    "sms": Sms.opened,
    "viettel_sms": Viettel.opened,
    "email": Email.opened,
    "zalo": Zalo.opened,
}
CAN_BE_ASKED = ["memory", "sms"]
"""Those whose providers say whether they have a message; of the others nobody can tell."""
HEAR_STOP = ["memory", "sms", "zalo"]
"""Those whose providers are told by people to stop, and refuse."""
TELL_DELIVERY = ["memory", "sms"]
"""Those whose providers say what became of a message."""
