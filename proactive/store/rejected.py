"""Refused changes: which there are, who asked to take them once more or to let them be, and what came of it.

Nothing is ever removed here: `watch` goes on past a change because its refusal is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.pseudonym import Pseudonyms
from proactive.domain.rejected import Deed, Refused, Standing, Which
from proactive.store.hidden import pseudonyms_of
from proactive.store.statement import text

AT_ONCE = 2000
"""Rows that one statement marks: long lists are marked piece by piece, so that recognise never waits long."""

NEWER = "EXISTS (SELECT FROM record r WHERE r.register = x.register AND r.key = x.key AND r.version > x.version)"

STANDING = f"CASE WHEN x.state = 'waiting' AND {NEWER} THEN 'overtaken' ELSE x.state END"
"""A change that waits while a newer version of its record is kept has been overtaken; nobody needs to write that."""

ENDS = """(left(x.key, 1) <> '~' AND right(x.key, length(CAST(:key_ends AS text))) = :key_ends OR x.key = :hidden_key
  OR left(x.key, 1) = '~' AND length(CAST(:key_ends AS text)) = 4 AND right(x.key, 4) = :hidden_ends)"""
"""A key that is a pseudonym is found by its last four digits, or by all of them."""

FIELDS = (
    f"x.id, x.register AS register_name, x.key, x.version, x.problems, x.row, x.rejected_at, {STANDING} AS standing"
)

NOTE = (
    "INSERT INTO rejected_history (rejected_id, at, actor, verb, note) "
    "SELECT id, CAST(:now AS timestamptz), :actor, :verb, :note FROM moved"
)


class RejectedChanges:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    def _where(self, which: Which) -> tuple[str, dict[str, Any]]:
        return _conditions(which, self._pseudonyms)

    def _read(self, row: RowMapping) -> Refused:
        return Refused.model_validate({**row, "key": self._pseudonyms.shown(row["key"])})

    async def found(self, which: Which, *, limit: int, before: int | None = None) -> list[Refused]:
        """The newest of these; `before` is the id of the last one of the page before."""
        where, values = self._where(which)
        if before is not None:
            where, values = f"{where} AND x.id < :before", {**values, "before": before}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {FIELDS} FROM rejected_change x WHERE {where} ORDER BY x.id DESC LIMIT :limit"),
                {**values, "limit": limit},
            )
            return [self._read(row) for row in rows.mappings()]

    async def tally(self, which: Which) -> dict[Standing, int]:
        """How many of these stand where."""
        where, values = self._where(which.model_copy(update={"standing": None}))
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {STANDING}, count(*) FROM rejected_change x WHERE {where} GROUP BY 1"), values
            )
            return dict.fromkeys(Standing, 0) | {Standing(name): int(count) for name, count in rows}

    async def kinds(self, which: Which) -> list[tuple[str, str, int]]:
        """(register, column, how many) of what is wrong, the most frequent first."""
        where, values = self._where(which.model_copy(update={"problem": None}))
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT x.register, p ->> 'where', count(DISTINCT x.id) FROM rejected_change x, "
                    f"jsonb_array_elements(x.problems) p WHERE {where} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 200"
                ),
                values,
            )
            return [(register, place, int(count)) for register, place, count in rows]

    async def newest(self) -> int:
        """The id of the newest one; 0 where there is none."""
        async with self._engine.connect() as connection:
            return int(await connection.scalar(text("SELECT coalesce(max(id), 0) FROM rejected_change")) or 0)

    async def get(self, rejected_id: int) -> Refused | None:
        found = await self.found(Which(ids=(rejected_id,)), limit=1)
        return found[0] if found else None

    async def history(self, rejected_id: int) -> list[Deed]:
        """Who did what about it, in order."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT at, actor, verb, note FROM rejected_history WHERE rejected_id = :id ORDER BY id"),
                {"id": rejected_id},
            )
            return [Deed.model_validate(dict(row)) for row in rows.mappings()]

    async def looked(self, rejected_id: int, *, actor: str, now: datetime) -> None:
        """Write down that somebody looked at the whole row."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO rejected_history (rejected_id, at, actor, verb) VALUES (:id, :now, :actor, 'show')"),
                {"id": rejected_id, "now": now, "actor": actor},
            )

    async def replay(self, which: Which, *, actor: str, now: datetime) -> int:
        """Ask to take these once more, as far as nobody has done anything about them yet; gives how many."""
        return await self._mark(which, Standing.REPLAYING, actor=actor, verb="replay", note=None, now=now)

    async def discard(self, which: Which, *, actor: str, note: str, now: datetime) -> int:
        """Let these be, as far as nobody has done anything about them yet; gives how many. `note` says why."""
        return await self._mark(which, Standing.DISCARDED, actor=actor, verb="discard", note=note, now=now)

    async def _mark(
        self, which: Which, state: Standing, *, actor: str, verb: str, note: str | None, now: datetime
    ) -> int:
        where, values = self._where(which)
        statement = text(
            f"WITH chosen AS (SELECT x.id FROM rejected_change x WHERE {where} AND x.state = 'waiting' "
            "ORDER BY x.id LIMIT :at_once FOR UPDATE SKIP LOCKED), moved AS (UPDATE rejected_change x "
            "SET state = :state, told_at = NULL FROM chosen c WHERE x.id = c.id RETURNING x.id), "
            f"noted AS ({NOTE}) SELECT count(*) FROM moved"
        )
        total = 0
        while True:
            async with self._engine.begin() as connection:
                marked = await connection.scalar(
                    statement,
                    {
                        **values, "at_once": AT_ONCE, "state": str(state), "now": now, "actor": actor, "verb": verb,
                        "note": note,
                    },
                )  # fmt: skip
            total += int(marked or 0)
            if not marked:
                return total

    # --- for the step `replay`

    async def settle(self, *, now: datetime, patience: timedelta, limit: int) -> int:
        """Write down of those on their way which were kept, or overtaken; gives how many.

        One whose record has just this version may have been kept before it was told: that is believed only when the
        record was kept since, or when `patience` is over without another refusal.
        """
        async with self._engine.begin() as connection:
            return await _settled(
                connection,
                "JOIN record r ON r.register = x.register AND r.key = x.key WHERE x.state = 'replaying' AND "
                "(r.version > x.version OR r.version = x.version AND "
                "(r.kept_at >= x.told_at OR x.told_at <= CAST(:now AS timestamptz) - CAST(:patience AS interval)))",
                {"now": now, "patience": patience, "limit": limit},
            )

    async def untold(self, *, now: datetime, patience: timedelta, limit: int) -> Sequence[str]:
        """Changes to be told (again), as they came; nobody else gets them before `patience` is over."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "WITH chosen AS (SELECT id FROM rejected_change WHERE state = 'replaying' AND (told_at IS NULL "
                    "OR told_at <= CAST(:now AS timestamptz) - CAST(:patience AS interval)) ORDER BY id LIMIT :limit "
                    "FOR UPDATE SKIP LOCKED) UPDATE rejected_change x SET told_at = :now FROM chosen c "
                    "WHERE x.id = c.id RETURNING x.row"
                ),
                {"now": now, "patience": patience, "limit": limit},
            )
            return list(rows.scalars())


async def _settled(connection: AsyncConnection, which: str, values: Mapping[str, Any]) -> int:
    settled = await connection.scalar(
        text(
            f"WITH chosen AS (SELECT x.id, r.version > x.version AS newer FROM rejected_change x {which} "
            "ORDER BY x.id LIMIT :limit FOR UPDATE OF x SKIP LOCKED), moved AS (UPDATE rejected_change x "
            "SET state = CASE WHEN c.newer THEN 'overtaken' ELSE 'kept' END FROM chosen c WHERE x.id = c.id "
            "RETURNING x.id, x.state), noted AS (INSERT INTO rejected_history (rejected_id, at, actor, verb) "
            "SELECT id, :now, 'system', CASE state WHEN 'kept' THEN 'keep' ELSE 'overtake' END FROM moved) "
            "SELECT count(*) FROM moved"
        ),
        values,
    )
    return int(settled or 0)


def _conditions(which: Which, pseudonyms: Pseudonyms) -> tuple[str, dict[str, Any]]:
    tests = {
        "ids": "x.id = ANY(:ids)",
        "register_name": "x.register = :register_name",
        "standing": f"{STANDING} = :standing",
        "problem": "x.problems @> jsonb_build_array(jsonb_build_object('where', CAST(:problem AS text)))",
        "since": "x.rejected_at >= :since",
        "until": "x.rejected_at < :until",
        "key_ends": ENDS,
        "upto": "x.id <= :upto",
    }
    asked = {name: value for name, value in which.model_dump().items() if value is not None}
    if "ids" in asked:
        asked["ids"] = list(asked["ids"])
    if which.key_ends is not None:
        asked |= {"hidden_key": pseudonyms.of(which.key_ends), "hidden_ends": pseudonyms.ends(which.key_ends)}
    return " AND ".join(["TRUE", *(test for name, test in tests.items() if name in asked)]), asked
