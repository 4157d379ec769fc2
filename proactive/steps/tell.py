"""tell: the news that steps and pages left in the outbox goes to Kafka, after its transaction, at least once."""

from collections.abc import Awaitable, Callable, Sequence

from proactive.ports.clock import Clock
from proactive.store.news import Word
from proactive.store.store import Store

PublishNews = Callable[[Sequence[Word]], Awaitable[None]]
"""Put them on `proactive.dossiers`; done when the broker has acknowledged all of it."""


async def tell(*, store: Store, publish: PublishNews, clock: Clock, limit: int) -> int:
    """Publish what is unpublished; what cannot be published stays, and nothing waits for it: Kafka only wakes."""
    now = clock.now()
    async with store.news.telling(now=now, limit=limit) as words:
        if words:
            await publish(words)
    return len(words)
