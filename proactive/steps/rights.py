"""rights: what people ask about their own data is written down with its clocks, and done at once where it can be."""

from datetime import datetime
from uuid import uuid4

from proactive.domain.dossier import Dossier
from proactive.domain.rights import AT_ONCE, Asked, Right, RightsRequest, extend, move_request
from proactive.errors import Overtaken
from proactive.ports.clock import Clock
from proactive.store.store import Store
from rules.privacy import Privacy

SYSTEM = "system"


async def ask_right(
    dossier: Dossier, right: Right, *, said: str | None, privacy: Privacy, store: Store, clock: Clock
) -> RightsRequest:
    """Keep a request of whoever proved to be this dossier's citizen. Stopping is done at once, and so is being shown:
    who asks for that is shown it with the answer."""
    now = clock.now()
    rules = privacy.on(clock.today())
    request = RightsRequest(
        id=uuid4(), subject=dossier.subject, dossier_id=dossier.id, right=right, said=said, asked_at=now,
        acknowledge_by=rules.acknowledge_by(now), due_on=rules.due(right, now),
    )  # fmt: skip
    if right is Right.STOP:
        await store.addressees.stop(dossier.subject, now=now)
    if right in AT_ONCE:
        request = move_request(request, Asked.DONE, by=SYSTEM, now=now).model_copy(update={"version": 0})
    await store.rights.add(request)
    return request


async def answer_right(
    request: RightsRequest, to: Asked, *, by: str, answer: str, store: Store, now: datetime
) -> RightsRequest:
    """Acknowledge, grant, do or refuse. Raises `OutOfTurn` and `Overtaken`."""
    after = move_request(request, to, by=by, now=now, answer=answer)
    if not await store.rights.keep(after):
        raise Overtaken("Somebody else has moved this request.")
    return after


async def put_off(
    request: RightsRequest, *, because: str, privacy: Privacy, store: Store, clock: Clock
) -> RightsRequest:
    """Give the answer more time, once. Raises `OutOfTurn` and `Overtaken`."""
    after = extend(request, privacy.on(clock.today()).extended(request.due_on), because=because)
    if not await store.rights.keep(after):
        raise Overtaken("Somebody else has moved this request.")
    return after
