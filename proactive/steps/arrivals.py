"""Applications that come over Kafka, and what is told of them there: the same contract as over HTTP.

Each is on disk before its offset is committed, made a case by `take_queued`, and told of on the topic of statuses.
What cannot be taken is kept with its reason until an operator lets it be looked at again or puts it away.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

import structlog
from pydantic import ValidationError

from proactive.domain.application import Application, Arrived, Progress
from proactive.ports.clock import Clock
from proactive.ports.intake import PullsNews
from proactive.store.store import Store

log = structlog.get_logger()


def arrived(value: bytes) -> Arrived:
    """What a message says; what cannot be read is named by its content, so that it is kept once."""
    try:
        application = Application.model_validate_json(value)
    except ValidationError as error:
        columns = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:10])
        digest = hashlib.sha256(value).hexdigest()
        return Arrived(
            reference=f"unreadable-{digest[:16]}",
            content_hash=digest,
            why=f"Hồ sơ không đọc được: {columns}.",
            raw=value,
        )
    return Arrived(
        reference=application.reference, content_hash=application.content_hash, body=application.model_dump_json()
    )


async def take_messages(values: Sequence[bytes], *, store: Store, clock: Clock) -> int:
    """Keep a batch of messages in one transaction; gives how many there were."""
    refused = await store.intake_queue.arrive([arrived(value) for value in values], now=clock.now())
    if refused:
        log.warning("applications.refused", number=refused)
    return len(values)


async def tell_statuses(
    *, store: Store, publish: Callable[[Sequence[Progress]], Awaitable[None]], clock: Clock, limit: int
) -> int:
    """Put on the topic what nobody has told yet; a worker that dies in between tells it once more."""
    waiting = await store.intake_queue.untold(limit=limit)
    if waiting:
        await publish([progress for _, progress in waiting])
        await store.intake_queue.told([number for number, _ in waiting], now=clock.now())
    return len(waiting)


async def hear(intake: PullsNews, *, store: Store, clock: Clock) -> int:
    """Write down the statuses that an intake has put on its topic; gives how many."""
    news = await intake.pulled()
    if news:
        await store.intake.receive(news, now=clock.now())
        await intake.kept()
    return len(news)
