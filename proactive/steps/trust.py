"""Whom may we tell by these registers? A service that accepts no less than so much waits until they are that good.

What was never measured, or not within a day, counts as not good enough: like everything here it fails closed (ADR 20).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from proactive.domain.quality import Score, ScoreKey, percent
from proactive.ports.clock import Clock
from proactive.store.store import Store
from rules import Catalogue, Dimension, Service
from rules.expected import DIMENSION_TITLES


@dataclass(frozen=True)
class Shortfall:
    """A register is below the least that a service accepts; `score` is None where it was not measured (lately)."""

    service: str
    register: str
    dimension: Dimension
    least: int
    score: float | None

    def why(self, title: str) -> str:
        """The sentence for officers; `title` is the register's name in Vietnamese."""
        dimension = DIMENSION_TITLES[self.dimension].vi
        if self.score is None:
            return f"Chưa đo được mức «{dimension}» của «{title}»; dịch vụ này cần ít nhất {self.least} %."
        return f"«{title}» mới đạt {percent(self.score)} mức «{dimension}»; dịch vụ này cần ít nhất {self.least} %."


def wanted(service: Service, today: date) -> dict[tuple[str, str, Dimension], int]:
    """The scores that a service asks for, with the least it accepts; completeness is that of its own columns."""
    return {
        (register, service.name if dimension is Dimension.COMPLETE else "", dimension): least
        for (register, dimension), least in service.least(today).items()
    }


def shortfalls(
    services: Iterable[Service], scores: Mapping[ScoreKey, Score], *, today: date, now: datetime
) -> dict[str, tuple[Shortfall, ...]]:
    """What keeps each of these services from telling anybody new; a service that lacks nothing is not in the answer."""
    found: dict[str, tuple[Shortfall, ...]] = {}
    for service in services:
        short = []
        for key, least in wanted(service, today).items():
            score = scores.get(key)
            known = None if score is None or score.grown_old(now) else score.score
            if known is None or known * 100 < least:
                short.append(Shortfall(service.name, key[0], key[2], least, known))
        if short:
            found[service.name] = tuple(short)
    return found


async def fall_short(
    services: Collection[str], *, catalogue: Catalogue, store: Store, clock: Clock
) -> Mapping[str, tuple[Shortfall, ...]]:
    """Which of these services wait for the quality of a register, each with what it waits for."""
    asked = [catalogue.services[name] for name in sorted(set(services)) if name in catalogue.services]
    today, now = clock.today(), clock.now()
    keys = {key for service in asked for key in wanted(service, today)}
    return shortfalls(asked, await store.quality.newest(keys), today=today, now=now)


def sentence(short: Collection[Shortfall], catalogue: Catalogue) -> str:
    """Why it waits, for officers."""
    titles = {name: schema.title.vi for name, schema in catalogue.registers.items()}
    return " ".join(one.why(titles.get(one.register, one.register)) for one in short)
