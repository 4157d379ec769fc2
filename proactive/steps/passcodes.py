"""passcodes: one-time codes that citizens asked for go to their registered phones, each at most once.

Of several providers of one kind each code draws one by the shares that the notices follow, and its troubles count like
theirs. The next provider is tried only where the first surely did not take it; a code in doubt is never sent again, its
citizen asks for a new one.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping

from proactive import letters
from proactive.domain import providers
from proactive.domain.addressee import Addressee
from proactive.domain.keys import Keys
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Failure, Notifier, Outgoing, Rejected
from proactive.steps.telling.balance import Handed, Shares, balance, count, shares_of
from proactive.store.people import Passcode
from proactive.store.store import Store

NOT_TAKEN = frozenset({Failure.TECHNICAL, Failure.TEMPORARY})
"""What is the provider's trouble or ours, and surely not the citizen's number: another provider may do better."""


async def send_passcodes(
    *, notifiers: Mapping[str, Notifier], store: Store, keys: Keys, clock: Clock, limit: int
) -> int:
    """Send what was requested; one that breaks off is not sent again, its citizen asks for a new one."""
    requested = await store.passcodes.claim(now=clock.now(), limit=min(limit, 100))
    if not requested:
        return 0
    shares = await shares_of(store)
    handed: list[Handed] = []

    async def send(passcode: Passcode) -> None:
        state, channel = "failed", passcode.channel
        why: str | None = "this channel cannot reach the address"
        for name in _channels(passcode, shares):
            notifier = notifiers.get(name)
            address = notifier.reachable(Addressee.at(passcode.to)) if notifier is not None else None
            if notifier is None or address is None:
                continue
            channel, begun = name, time.monotonic()
            write = letters.passcode_text if letters.carries_codes(name) else letters.address_text
            message = Outgoing(str(passcode.id), address, write(keys.passcode(passcode.id)), clock.now())
            outcome = await notifier.send(message)
            handed.append(Handed(name, outcome, time.monotonic() - begun))
            match outcome:
                case Accepted():
                    state, why = "sent", None
                case Rejected(failure, code, said):
                    why = f"{code}: {said}"
                    if failure in NOT_TAKEN:
                        continue
                case unknown:
                    why = unknown.why
            break
        await store.passcodes.settle(passcode.id, state=state, why=why, channel=channel)

    await asyncio.gather(*(send(passcode) for passcode in requested))
    if handed:
        await count(handed, store=store, now=clock.now())
        await balance(store=store, now=clock.now())
    return len(requested)


def _channels(passcode: Passcode, shares: Shares) -> Iterator[str]:
    """The channels to try in turn: those of the group that the code's channel is of, as drawn; else that one alone."""
    for of in shares.values():
        if passcode.channel in of:
            yield from providers.order(str(passcode.id), of)
            return
    yield passcode.channel
