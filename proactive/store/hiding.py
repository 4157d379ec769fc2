"""Turning the personal ids of older rows into pseudonyms, once and for all, while nothing else runs.

In batches, each of them one transaction, so that it can be broken off and begun again. While it goes on nobody may
start: pseudonyms and plain ids must never mix, or the same person would be two.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.errors import Unusable
from proactive.store.hidden import pseudonyms_of
from proactive.store.hiding_places import PLACES, About, Hider, Place
from proactive.store.sealed import vault_of
from proactive.store.statement import text

OURS = "proactive keys"

OTHERS = """
SELECT DISTINCT application_name FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'proactive%' AND application_name <> :ours ORDER BY 1
"""

BEGIN = """
INSERT INTO lookup_key (name, hiding) VALUES (:name, true)
ON CONFLICT (only_one) DO UPDATE SET name = excluded.name, hiding = true
WHERE lookup_key.name IN ('', excluded.name) RETURNING name
"""

TAKEN_BACK = ("opt_out", "wrong_phone")
FORGET = """
SELECT audit_forget_rows('{table}', ARRAY(
  SELECT DISTINCT l.row_key FROM audit_leaf l WHERE l.place = '{table}' AND l.salt IS NOT NULL
    AND NOT EXISTS (SELECT FROM {table} t WHERE t.id::text = l.row_key)))
"""
"""Rows that are gone and held an id: of them the last salt is forgotten, too."""

Tell = Callable[[str, int], None]
"""What is told of the progress: a table, and how many of its rows are done by now."""


async def require_one_form(engine: AsyncEngine) -> None:
    """Whether the database keeps pseudonyms under just our key, or plain ids where we have none. Raises `Unusable`."""
    ours = pseudonyms_of(engine)
    async with engine.begin() as connection:
        found = (
            await connection.execute(text("SELECT name, hiding FROM lookup_key_for(:ours)"), {"ours": ours.name})
        ).one()
    if found.hiding:
        raise Unusable("Personal ids are being turned into pseudonyms. Run `proactive keys hide` to its end first.")
    if found.name == ours.name:
        return
    if not found.name:
        raise Unusable(
            "The database holds personal ids as they are. Stop every process and run `proactive keys hide`, which "
            "turns them into pseudonyms; or go on without for now by PROACTIVE_PSEUDONYMS=0. See docs/operations.md."
        )
    if not ours.name:
        raise Unusable("The database holds pseudonyms. Take PROACTIVE_PSEUDONYMS=0 away.")
    raise Unusable(
        f"The database's pseudonyms were made under the look-up key {found.name}, and PROACTIVE_LOOKUP_KEY is "
        f"{ours.name}. Set the one that they were made under: no other opens them."
    )


class Hiding:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def counted(self, about: About) -> dict[str, int]:
        """How many rows of each table hold a personal id that has no pseudonym yet."""
        hider = Hider(self._pseudonyms, None, about)
        async with self._engine.connect() as connection:
            return {
                place.table: int(
                    await connection.scalar(
                        text(f'SELECT count(*) FROM "{place.table}" WHERE {place.plain}'), place.values(hider)
                    )
                    or 0
                )
                for place in PLACES
            }

    async def all(self, about: About, *, limit: int, tell: Tell) -> int:
        """Turn all of them; gives how many rows were changed. Raises `Unusable` where something else runs."""
        if not self._pseudonyms.hides:
            raise Unusable("There is no look-up key. Set PROACTIVE_LOOKUP_KEY, and take PROACTIVE_PSEUDONYMS=0 away.")
        if await self._hidden():
            return 0
        await self._begin()
        total = 0
        for place in PLACES:
            done, after = 0, dict[str, object]()
            while found := await self._batch(place, about, after, limit=limit):
                done, after = done + len(found), {name: found[-1][name] for name in place.keys}
                tell(place.table, done)
            total += done
        if left := {table: number for table, number in (await self.counted(about)).items() if number}:
            raise Unusable(f"These still hold personal ids: {left}. Run it again.")
        async with self._engine.begin() as connection:
            # Their bounds were ids, which stood in another order: whoever was in the middle begins again.
            await connection.execute(
                text(
                    "DELETE FROM rework r USING rework o WHERE o.done_at IS NULL "
                    "AND (o.service, o.version) = (r.service, r.version)"
                )
            )
            for table in TAKEN_BACK:
                await connection.execute(text(FORGET.format(table=table)))
            await connection.execute(text("UPDATE rework SET after = '', upto = NULL"))
            await connection.execute(text("UPDATE comparison SET after = ''"))
            await connection.execute(text("UPDATE lookup_key SET hiding = false"))
        return total

    async def _hidden(self) -> bool:
        async with self._engine.connect() as connection:
            done = text("SELECT EXISTS (SELECT FROM lookup_key WHERE name = :name AND NOT hiding)")
            return bool(await connection.scalar(done, {"name": self._pseudonyms.name}))

    async def _begin(self) -> None:
        async with self._engine.begin() as connection:
            if not await connection.scalar(text(BEGIN), {"name": self._pseudonyms.name}):
                raise Unusable("The database's pseudonyms were made under another look-up key. Set that one.")
            others = list((await connection.execute(text(OTHERS), {"ours": OURS})).scalars())
            if others:  # and nothing of this is kept
                raise Unusable(f"Still connected: {', '.join(others)}. Stop every process, then run it again.")

    async def _batch(
        self, place: Place, about: About, after: Mapping[str, object], *, limit: int
    ) -> Sequence[RowMapping]:
        """Rows of one table, by its key: each is looked at once."""
        keys = _listed(place.keys)
        further = f"({keys}) > ({', '.join(f':after_{name}' for name in place.keys)}) AND" if after else ""
        async with self._engine.begin() as connection:
            hider = Hider(self._pseudonyms, vault_of(connection), about)
            rows = await connection.execute(
                text(
                    f'SELECT {place.read} FROM "{place.table}" WHERE {further} {place.plain} ORDER BY {keys} '
                    f"LIMIT :limit FOR UPDATE"
                ),
                {**place.values(hider), **{f"after_{name}": value for name, value in after.items()}, "limit": limit},
            )
            found = rows.mappings().all()
            await _written(connection, place, found, hider)
        return found


async def _written(connection: AsyncConnection, place: Place, found: Sequence[RowMapping], hider: Hider) -> None:
    changed = await place.hidden(connection, found, hider)
    if not changed:
        return
    sets = ", ".join(f'"{name}" = {place.cast(name)}' for name in changed[0])
    where = " AND ".join(f'"{name}" = :old_{name}' for name in place.keys)
    await connection.execute(
        text(f'UPDATE "{place.table}" SET {sets} WHERE {where}'),
        [{**new, **{f"old_{name}": row[name] for name in place.keys}} for row, new in zip(found, changed, strict=True)],
    )
    if place.leaf:  # a hash of all that a row held tells its id to whoever tries them: its salt is forgotten
        gone = [str(row[place.leaf]) for row in found]
        await connection.execute(
            text("SELECT audit_forget_rows(:place, CAST(:gone AS text[]))"), {"place": place.table, "gone": gone}
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
