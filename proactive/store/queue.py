"""The queue of an office: read by key and never counted further than somebody looks, found again by name or digits.

The order is `since`, the moment at which a dossier came into its state; a page goes on after the last line of the one
before. Everything here is of one office; the database sees to that besides (ADR 0030).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.decidable import Decidable
from proactive.domain.dossier import State
from proactive.domain.vault import Vault
from proactive.store import readings, sealed
from proactive.store.hidden import pseudonyms_of
from proactive.store.people import Officer
from proactive.store.statement import text

COUNTED = 1000
"""No officer needs to know whether 4,000 or 5,000 wait: counting stops here, and the page says "more than"."""

MOST_ENDING = 1000
"""Of an office's dossiers not one in a thousand ends with the same four digits; so many are looked through at most."""

LAST = "\U0010ffff"

CASE = """
d.id, d.office, d.state, d.version, d.answer, d.blocked_by, d.held_because, d.two_people, d.prepared_by,
(d.answer_note IS NOT NULL OR d.claimed IS TRUE) AS said
"""
LINE = f"""{CASE}, d.service, d.service_version, d.variant, d.subject, d.anchor, d.since, d.applicant,
a.officer AS holder
"""
"""What a line of the queue shows; a whole dossier is ten times as much to read."""

QUEUE = """
SELECT {line} FROM (
  SELECT p.id, p.since FROM unnest(CAST(:states AS text[])) s(state) CROSS JOIN LATERAL (
    SELECT d.id, d.since FROM dossier d
    WHERE d.office = :office AND d.state = s.state AND (d.since, d.id) > (:since, :id){narrowed}
    ORDER BY d.since, d.id LIMIT :n) p
  ORDER BY p.since, p.id LIMIT :n) found
JOIN dossier d ON d.id = found.id LEFT JOIN assignment a ON a.dossier_id = d.id ORDER BY d.since, d.id
"""
"""Each state is read in the order of its index and stops early; then they are merged."""

HELD = """
SELECT {line} FROM dossier d LEFT JOIN assignment a ON a.dossier_id = d.id
WHERE d.office = :office AND d.held_because IS NOT NULL AND (d.since, d.id) > (:since, :id){narrowed}
ORDER BY d.since, d.id LIMIT :n
"""

FOUND = """
SELECT {line} FROM dossier d LEFT JOIN assignment a ON a.dossier_id = d.id
WHERE d.office = :office AND {condition} ORDER BY d.sought USING ~<~, d.since DESC LIMIT :n
"""


@dataclass(frozen=True, kw_only=True)
class Waits:
    """One line of the queue."""

    case: Decidable
    service: str
    service_version: str
    variant: str | None
    subject: str
    anchor: date
    applicant: str | None
    since: datetime
    """When it came into its state."""
    holder: str | None
    """The officer who has it in hand."""

    @property
    def id(self) -> UUID:
        return self.case.id


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """What of the queue is wanted; empty means all."""

    service: str | None = None
    before: datetime | None = None
    """Only what came into its state before this moment."""
    holder: str | None = None

    def conditions(self) -> tuple[str, dict[str, object]]:
        """As a part of the statement, with its values."""
        said, values = "", dict[str, object]()
        if self.service is not None:
            said, values["service"] = said + " AND d.service = :service", self.service
        if self.before is not None:
            said, values["before"] = said + " AND d.since < :before", self.before
        if self.holder is not None:
            said += " AND d.id = ANY (ARRAY(SELECT h.dossier_id FROM assignment h WHERE h.officer = :holder))"
            values["holder"] = self.holder
        return said, values


TALLY = "SELECT state, number FROM office_tally(:most) UNION ALL SELECT 'simulated', simulated_numbers()"
FILTERS = "SELECT name, query FROM saved_filter WHERE officer = :o ORDER BY name"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What an officer sees of the queue at once."""

    rows: list[Waits]
    more: bool
    tally: dict[str, int]
    """How many dossiers of the office rest in each state, and are `held`; COUNTED + 1 means more. `simulated`: how many
    of live services, of all offices, have a simulated number."""
    filters: list[RowMapping]
    """The officer's own: name, query."""


Key = tuple[datetime, UUID]
"""Where a page goes on: after this line."""


class Queue:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def look(
        self,
        officer: Officer,
        *,
        states: Sequence[State] | None,
        narrowed: Narrowed,
        after: Key,
        limit: int,
        purpose: str,
        now: datetime,
    ) -> Looked:
        """A page of an officer's own office with all that stands around it, and the line in the log that says so; one
        transaction, for this is what officers ask for all day. `states` None: what is held, in any state."""
        said, values = narrowed.conditions()
        statement = (HELD if states is None else QUEUE).format(line=LINE, narrowed=said)
        values |= {"office": officer.office, "since": after[0], "id": after[1], "n": limit + 1}
        if states is not None:
            values["states"] = [str(state) for state in states]
        async with self._engine.begin() as connection:
            found = await connection.execute(text(statement), values)
            vault = sealed.vault_of(connection)
            rows = [_read(dict(row), vault) for row in found.mappings()]
            tally = await connection.execute(text(TALLY), {"most": COUNTED + 1})
            filters = await connection.execute(text(FILTERS), {"o": officer.username})
            if shown := [one.id for one in rows[:limit]]:
                await readings.add(
                    connection, readings.What.LIST, dossiers=shown, actor=officer.username, office=officer.office,
                    purpose=purpose, now=now,
                )  # fmt: skip
            return Looked(
                rows=rows[:limit],
                more=len(rows) > limit,
                tally={str(state): int(number) for state, number in tally},
                filters=list(filters.mappings()),
            )

    async def by_name(self, words: str, *, office: str, limit: int) -> list[Waits]:
        """Whose last name word begins with the last word, and whose name has the others as words; all without accents,
        in small letters."""
        *others, last = words.split()
        values: dict[str, object] = {"office": office, "n": limit, "low": last, "high": last + LAST}
        condition = "d.sought ~>=~ :low AND d.sought ~<~ :high"
        for number, word in enumerate(others):
            condition += f" AND strpos(' ' || d.sought || ' ', :w{number}) > 0"
            values[f"w{number}"] = f" {word} "
        return await self._rows(FOUND.format(line=LINE, condition=condition), values)

    async def by_digits(self, digits: str, *, office: str, limit: int) -> list[Waits]:
        """Whose personal id ends so; four digits or more."""
        values = {"office": office, "n": MOST_ENDING, "ends": self._pseudonyms.ends(digits[-4:])}
        found = await self._rows(FOUND.format(line=LINE, condition="d.ends = :ends"), values)
        return [one for one in found if self._pseudonyms.open(one.subject).endswith(digits)][:limit]

    async def by_code(self, code: str, *, office: str) -> list[Waits]:
        """The dossier with this check code, or under this reference in the intake."""
        condition = "(d.code = :code OR d.reference = :code)"
        statement = FOUND.format(line=LINE, condition=condition)
        return await self._rows(statement, {"office": office, "code": code, "n": 2})

    async def holders(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """Who has these dossiers in hand; one that nobody has is not in the answer."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT dossier_id, officer FROM assignment WHERE dossier_id = ANY(:ids)"), {"ids": list(ids)}
            )
            return {dossier_id: str(officer) for dossier_id, officer in rows}

    async def _rows(self, statement: str, values: dict[str, object]) -> list[Waits]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(statement), values)
            vault = sealed.vault_of(connection)
            return [_read(dict(row), vault) for row in rows.mappings()]

    # --- filters

    async def save_filter(self, officer: str, name: str, query: str) -> None:
        """Keep a filter under a name, over the one that has it."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO saved_filter (officer, name, query) VALUES (:o, :name, :query) "
                    "ON CONFLICT (officer, name) DO UPDATE SET query = excluded.query"
                ),
                {"o": officer, "name": name, "query": query},
            )

    async def drop_filter(self, officer: str, name: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                text("DELETE FROM saved_filter WHERE officer = :o AND name = :name"), {"o": officer, "name": name}
            )


def _read(row: dict[str, Any], vault: Vault | None) -> Waits:
    row["applicant"] = sealed.opened(vault, row["applicant"], "dossier.applicant", row["id"])
    return Waits(case=Decidable.model_validate({name: row.pop(name) for name in Decidable.model_fields}), **row)
