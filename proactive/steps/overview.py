"""How far every register can be trusted just now, and which services wait because of it: for the desk and operators."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from proactive.domain.quality import Score, ScoreKey
from proactive.ports.clock import Clock
from proactive.steps.trust import Shortfall, fall_short, wanted
from proactive.store.quality import Measured
from proactive.store.store import Store
from rules import Catalogue, Dimension, RegisterSchema, Service

TREND = timedelta(days=14)


@dataclass(frozen=True)
class Standing:
    """One register with its newest scores; `least` is the most that any service asks of it."""

    register: RegisterSchema
    measured: Measured | None
    scores: Mapping[Dimension, Score]
    by_service: Mapping[str, Score]
    """Completeness of what one service needs of it."""
    least: Mapping[Dimension, int]

    def short(self, dimension: Dimension) -> bool:
        """Whether some service waits because of this."""
        score, least = self.scores.get(dimension), self.least.get(dimension)
        if dimension is Dimension.COMPLETE and least is not None:
            return any(one.score * 100 < least for one in self.by_service.values())
        return least is not None and (score is None or score.score * 100 < least)


@dataclass(frozen=True)
class Waiting:
    """A service that tells nobody new, what it waits for, and how many occasions are on their day."""

    service: Service
    shortfalls: tuple[Shortfall, ...]
    occasions: int


@dataclass(frozen=True)
class Overview:
    registers: tuple[Standing, ...]
    waiting: tuple[Waiting, ...] = field(default=())


async def overview(*, catalogue: Catalogue, store: Store, clock: Clock) -> Overview:
    """Everything at once; costs a few small look-ups."""
    today = clock.today()
    keys: set[ScoreKey] = {(name, "", dimension) for name in catalogue.registers for dimension in Dimension}
    least: dict[str, dict[Dimension, int]] = {name: {} for name in catalogue.registers}
    asking: dict[str, set[str]] = {name: set() for name in catalogue.registers}
    for service in catalogue.services.values():
        for key, percent in wanted(service, today).items():
            keys.add(key)
            if key[0] in least:
                least[key[0]][key[2]] = max(percent, least[key[0]].get(key[2], 0))
                asking[key[0]] |= {service.name} if key[2] is Dimension.COMPLETE else set()
    scores, measured = await store.quality.newest(keys), await store.quality.measured()
    return Overview(
        tuple(
            Standing(
                schema,
                measured.get(name),
                {d: scores[name, "", d] for d in Dimension if (name, "", d) in scores},
                {
                    service: scores[name, service, Dimension.COMPLETE]
                    for service in sorted(asking[name])
                    if (name, service, Dimension.COMPLETE) in scores
                },
                least[name],
            )
            for name, schema in catalogue.registers.items()
        ),
        tuple(await waiting_for(catalogue.services, catalogue=catalogue, store=store, clock=clock)),
    )


async def waiting_for(services: Collection[str], *, catalogue: Catalogue, store: Store, clock: Clock) -> list[Waiting]:
    """Those of these services that wait for a register, with how much waits."""
    short = await fall_short(services, catalogue=catalogue, store=store, clock=clock)
    counts = await store.quality.waiting(short, today=clock.today()) if short else {}
    return [Waiting(catalogue.services[name], lacks, counts.get(name, 0)) for name, lacks in sorted(short.items())]
