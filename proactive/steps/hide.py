"""hide: the personal ids of an older database become pseudonyms. What is an id, the rules say; where it stands, the
store."""

from proactive.store.hiding import Tell
from proactive.store.hiding_places import About
from proactive.store.store import Store
from rules import Catalogue
from rules.kinds import ColumnType


async def hide(*, store: Store, catalogue: Catalogue, limit: int, tell: Tell) -> int:
    """Turn all of them, while nothing else runs; gives how many rows were changed. Raises `Unusable`."""
    return await store.hiding.all(_about(catalogue), limit=limit, tell=tell)


async def still_plain(*, store: Store, catalogue: Catalogue) -> dict[str, int]:
    """How many rows of each table hold a personal id that has no pseudonym yet."""
    return await store.hiding.counted(_about(catalogue))


def _about(catalogue: Catalogue) -> About:
    """The whole rule book's, also of registers that are not connected any more."""
    registers = catalogue.registers
    return About(
        columns={
            name: tuple(n for n, column in schema.columns.items() if column.type is ColumnType.PERSONAL_ID)
            for name, schema in registers.items()
        },
        by_person=frozenset(name for name, schema in registers.items() if schema.by_person),
        services={name: one.register for name, one in {**catalogue.services, **catalogue.drafts}.items()},
    )
