"""Counts how far the rows of a register are what they are expected to be, inside PostgreSQL, some thousands at a time.

Every expectation is one bit. A slice of people comes back as few lines: how many rows fall short of exactly which ones.
From that every share follows, and a register of a million rows costs the same memory as one of ten.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.store.questions import SAMPLES, Expected, Meaning, Register, statement, values_of
from proactive.store.statement import text

SLICE = 20_000
"""Rows that one statement looks at: some tenths of a second, and nothing is kept waiting by it."""


@dataclass
class Counted:
    """What came of one register: rows by the expectations they fall short of (a sum of bits), and some of the keys."""

    rows: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    samples: dict[int, list[str]] = field(default_factory=dict)
    changed_at: datetime | None = None

    def total(self) -> int:
        """Rows that were asked: kept ones, and changes that stand refused."""
        return self.rows.total() + self.refused.total()

    def wrong(self, bits: int) -> int:
        """Rows that fall short of at least one of these."""
        return sum(number for mask, number in (self.rows + self.refused).items() if mask & bits)


async def count(
    engine: AsyncEngine,
    register: Register,
    expected: Sequence[Expected],
    meaning: Meaning,
    *,
    now: datetime,
    today: date,
    between: Callable[[], Awaitable[None]],
    size: int = SLICE,
) -> Counted:
    """Look at every kept row and every standing refusal of a register once; each statement sees its own moment.
    `between` is awaited after each slice."""
    question, values = statement(register, expected), values_of(register, expected, meaning, now, today)
    counted, after = Counted(), ""
    while True:
        async with engine.connect() as connection:
            upto = await connection.scalar(text(UPTO), {"register": register.name, "after": after, "size": size})
            if upto is None:
                break
            lines = await connection.execute(text(question), {**values, "after": after, "upto": upto})
            for mask, rows, changed_at, keys in lines:
                counted.rows[mask] += rows
                counted.changed_at = max(filter(None, (counted.changed_at, changed_at)), default=None)
                if mask:
                    seen = counted.samples.setdefault(mask, [])
                    seen.extend(keys[: SAMPLES - len(seen)])
        after = upto
        await between()
    async with engine.connect() as connection:
        counted.refused = await _refused(connection, register, expected, meaning)
    return counted


UPTO = """
SELECT max(subject) FROM (
  SELECT subject FROM record WHERE register = :register AND subject > :after ORDER BY subject LIMIT :size
) next
"""
"""The last subject of the next slice: a subject's rows are never parted."""


STANDING = """
SELECT bool_or(p ->> 'where' = ANY(CAST(:columns AS text[])) AND p ->> 'why' <> ALL(CAST(:kinds AS text[]))) AS valid,
  bool_or(p ->> 'where' = 'version' OR p ->> 'why' = ANY(CAST(:missing AS text[]))) AS sent,
  bool_or(p ->> 'where' <> ALL(CAST(:columns AS text[])) AND p ->> 'where' <> 'version'
    AND p ->> 'why' <> ALL(CAST(:missing AS text[])) OR p ->> 'why' = :unkeepable) AS readable
FROM (
  SELECT DISTINCT ON (x.key, CASE WHEN x.key = '' THEN x.row_hash END) x.id, x.key, x.version, x.problems, x.state
  FROM rejected_change x WHERE x.register = :register
  ORDER BY x.key, CASE WHEN x.key = '' THEN x.row_hash END, x.version DESC, x.id DESC
) n CROSS JOIN LATERAL jsonb_array_elements(n.problems) p
WHERE n.state IN ('waiting', 'replaying')
  AND NOT EXISTS (SELECT FROM record r WHERE r.register = :register AND r.key = n.key AND r.version >= n.version)
GROUP BY n.id
"""
"""The newest refused change of each record, unless it was let be or something newer is kept, by what was wrong."""


async def _refused(
    connection: AsyncConnection, register: Register, expected: Sequence[Expected], meaning: Meaning
) -> Counter[int]:
    bit = {one.sort: 1 << number for number, one in enumerate(expected) if one.refused}
    lines = await connection.execute(
        text(f"SELECT valid, sent, readable, count(*) FROM ({STANDING}) standing GROUP BY 1, 2, 3"),
        {
            "register": register.name,
            "columns": list(register.columns),
            "missing": list(meaning.missing),
            "kinds": [*meaning.missing, meaning.unkeepable],
            "unkeepable": meaning.unkeepable,
        },
    )
    found: Counter[int] = Counter()
    for valid, sent, readable, number in lines:
        marks = {"valid": valid, "sent": sent, "readable": readable}
        mask = sum(bit.get(sort, 0) for sort, short in marks.items() if short)
        found[mask or bit.get("readable", 0)] += number
    return found


def worst(counted: Counted, expected: Sequence[Expected], *, limit: int) -> Iterator[tuple[str, list[str]]]:
    """Keys of the rows that fall short of most, with the names of what they fall short of."""
    left = limit
    for mask in sorted(counted.samples, key=lambda mask: (-mask.bit_count(), mask)):
        names = [one.name for number, one in enumerate(expected) if mask & 1 << number]
        for key in counted.samples[mask][:left]:
            yield key, names
            left -= 1
