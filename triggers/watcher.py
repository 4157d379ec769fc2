"""watch, for every connected register: each source is followed on its own, so one that is away holds up no other."""

from collections.abc import Sequence

from proactive.parts import Parts
from proactive.steps.watch import Publish, Watch


def watching(parts: Parts, *, publish: Publish, limit: int) -> Sequence[Watch]:
    return [
        Watch(
            source,
            store=parts.store,
            publish=publish,
            clock=parts.clock,
            limit=limit,
            columns=parts.catalogue.columns_needed(source.register),
            answers=True,
        )
        for source in parts.registers.sources.values()
    ]
