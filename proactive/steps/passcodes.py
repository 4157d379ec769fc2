"""passcodes: one-time codes that citizens asked for go to their registered phones, each at most once."""

import asyncio
from collections.abc import Mapping

from proactive import letters
from proactive.domain.addressee import Addressee
from proactive.domain.keys import Keys
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Notifier, Outgoing, Rejected
from proactive.store.people import Passcode
from proactive.store.store import Store


async def send_passcodes(
    *, notifiers: Mapping[str, Notifier], store: Store, keys: Keys, clock: Clock, limit: int
) -> int:
    """Send what was requested; one that breaks off is not sent again, its citizen asks for a new one."""
    requested = await store.passcodes.claim(now=clock.now(), limit=min(limit, 100))

    async def send(passcode: Passcode) -> None:
        notifier = notifiers.get(passcode.channel)
        address = notifier.reachable(Addressee.at(passcode.to)) if notifier is not None else None
        if notifier is None or address is None:
            await store.passcodes.settle(passcode.id, state="failed", why="this channel cannot reach the address")
            return
        write = letters.passcode_text if letters.carries_codes(passcode.channel) else letters.address_text
        text = write(keys.passcode(passcode.id))
        outcome = await notifier.send(Outgoing(str(passcode.id), address, text, clock.now()))
        match outcome:
            case Accepted():
                await store.passcodes.settle(passcode.id, state="sent")
            case Rejected(_, code, why):
                await store.passcodes.settle(passcode.id, state="failed", why=f"{code}: {why}")
            case unknown:
                await store.passcodes.settle(passcode.id, state="failed", why=unknown.why)

    await asyncio.gather(*(send(passcode) for passcode in requested))
    return len(requested)
