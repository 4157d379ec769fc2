"""Calls: work for an officer of a commune or its digital team, where no other channel reached the citizen.

Guarantee: a notice makes one call, however often it is handed over, and whether it is there is always known, for the
list is ours. What came of it is said on the desk's page of calls, not by a hook.
"""

from collections.abc import Sequence
from uuid import UUID

from proactive.domain.addressee import Addressee
from proactive.errors import Forged, Unreachable
from proactive.ports.calls import Calls
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Hook, Notifier, Outcome, Outgoing, Receipt, Unknown

NEEDS_CALLS = True
"""`open` is given the list."""


async def open(*, public_url: str, clock: Clock, calls: Calls) -> Notifier:
    """The channel; it has no settings."""
    return CallList(calls)


class CallList(Notifier):
    """The channel `call_list`."""

    name = "call_list"
    by_people = True

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def reachable(self, addressee: Addressee) -> str | None:
        """Everybody: whoever has no phone is looked up or visited by people who know the place."""
        return addressee.mobile or addressee.phone or ""

    async def send(self, message: Outgoing) -> Outcome:
        try:
            await self._calls.add(UUID(message.reference))
        except Unreachable as error:
            return Unknown(str(error))
        return Accepted(message.reference)

    async def find(self, message: Outgoing) -> Accepted | None:
        return Accepted(message.reference) if await self._calls.has(UUID(message.reference)) else None

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        raise Forged("Nobody outside says what came of a call.")

    async def close(self) -> None:
        return None
