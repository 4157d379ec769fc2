"""What the tests of manners share: people with several matters, calmer manners, what is used up."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from proactive.domain.dossier import Dossier
from proactive.domain.manners import Kind
from proactive.domain.notice import Notice
from rules.manners import Manners, Policy
from tests.steps.people import Licence, Person, driver
from tests.steps.town import Town

SERVICE = "driver_licence_renewal"
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


class Calmer(Manners):
    """The city's manners, with something of them changed."""

    def __init__(self, own: Manners, **changes: Any) -> None:
        super().__init__(own._text)
        self._changes = changes

    def on(self, day: date) -> Policy:
        policy = super().on(day)
        return Policy(**{**{name: getattr(policy, name) for name in policy.__dataclass_fields__}, **self._changes})


def holder(number: int = 1, *, licences: int = 2) -> Person:
    """Somebody with so many licences that expire in 30 days."""
    person = driver(number)
    more = [Licence(number=f"48017{number:04d}{n:03d}", class_="C", updated_at=LATER) for n in range(licences - 1)]
    other = ["C", "D", "E"]
    return person.but(
        licences=(*person.licences, *(
            Licence(number=one.number, class_=other[n % 3], updated_at=LATER) for n, one in enumerate(more)
        ))
    )  # fmt: skip


async def all_dossiers(town: Town) -> list[Dossier]:
    async with town.store.engine.connect() as connection:
        ids = list((await connection.execute(text("SELECT id FROM dossier ORDER BY anchor, id"))).scalars())
    return list(await town.store.dossiers.many(ids))


async def all_notices(town: Town) -> list[Notice]:
    dossiers = await all_dossiers(town)
    found = await town.store.notices.of([dossier.id for dossier in dossiers])
    return [notice for some in found.values() for notice in some]


async def used(town: Town, kind: Kind) -> int:
    async with town.store.engine.connect() as connection:
        asked = text("SELECT coalesce(sum(used), 0) FROM allowance WHERE kind = :kind")
        return int(await connection.scalar(asked, {"kind": str(kind)}) or 0)


async def several_drafted(town: Town, number: int, make: Callable[[int], Person] = driver) -> None:
    for one in range(1, number + 1):
        await town.arrives(make(one))
    await town.draft()
