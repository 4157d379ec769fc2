"""watch and compare, for every connected register: each on its own, so a source that is away holds up no other."""

from collections.abc import Sequence
from datetime import timedelta

from proactive.parts import Parts
from proactive.steps.compare import Compare
from proactive.steps.watch import Publish, Unkept, Watch


def watching(parts: Parts, *, publish: Publish, limit: int, unkept: Unkept) -> Sequence[Watch]:
    return [
        Watch(
            source,
            store=parts.store,
            publish=publish,
            clock=parts.clock,
            limit=limit,
            columns=parts.catalogue.columns_needed(source.register),
            answers=True,
            unkept=unkept,
        )
        for source in parts.registers.followed.values()
    ]


def comparing(parts: Parts, *, publish: Publish, limit: int) -> Sequence[Compare]:
    """Those registers whose source does not say what it deletes."""
    return [
        Compare(
            parts.registers.sources[register],
            store=parts.store,
            publish=publish,
            clock=parts.clock,
            limit=limit,
            every=timedelta(minutes=deletes.every_minutes),
            most_percent=deletes.most_percent,
        )
        for register, deletes in parts.compared.items()
        if register in parts.registers.sources
    ]
