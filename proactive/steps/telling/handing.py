"""The handing over: all messages of a batch are given to their providers at once, with no transaction open."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence

from proactive.domain.notice import Sending
from proactive.ports.notifier import Accepted, Failure, Notifier, Outcome, Outgoing, Receipt, Rejected, Unknown
from proactive.steps.telling.balance import Handed
from proactive.store.claiming import Message
from rules.manners import Simulated

REHEARSED: Mapping[Simulated, Outcome | None] = {
    Simulated.DELIVERED: None,
    Simulated.UNDELIVERED: None,
    Simulated.TIMEOUT: Unknown("simulated: no answer"),
    Simulated.OPTED_OUT: Rejected(Failure.OPTED_OUT, "simulated", "simulated: this person told the provider to stop"),
}
"""What handing over to a simulated number comes to; None: it is accepted, and a receipt follows."""

HALTED = Rejected(Failure.TEMPORARY, "halted", "the service was stopped before it was handed over")


async def hand_over(
    messages: Sequence[Message], *, notifiers: Mapping[str, Notifier], halted: Collection[str] = ()
) -> tuple[list[tuple[Message, Outcome]], list[Receipt], list[Handed]]:
    """Each message with what its provider said, the receipts of those that were only rehearsed, and how the others'
    providers did. What is of a service in `halted` is not handed over: its claim is given back."""
    receipts: list[Receipt] = []
    handed: list[Handed] = []

    async def call(message: Message) -> tuple[Message, Outcome]:
        notice = message.matters[0].notice
        if any(matter.asked.service in halted for matter in message.matters):
            return message, HALTED
        simulated = message.matters[0].simulated
        if simulated is None:
            since = notice.sent_at or notice.created_at
            outgoing = Outgoing(str(notice.id), notice.to, notice.body, since, message.content)
            begun = time.monotonic()
            said = await notifiers[notice.channel].send(outgoing)
            handed.append(Handed(notice.channel, said, time.monotonic() - begun))
            return message, said
        outcome = REHEARSED[simulated]
        if outcome is None:
            outcome = Accepted(f"simulated-{notice.id}-{notice.fence}")
            becomes = Sending.DELIVERED if simulated is Simulated.DELIVERED else Sending.UNDELIVERED
            receipts.append(Receipt(notice.channel, outcome.provider_ref, str(becomes), becomes, "simulated"))
        return message, outcome

    return list(await asyncio.gather(*map(call, messages))), receipts, handed
