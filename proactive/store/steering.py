"""Lists of candidates, and what departments propose of them; each step with its line in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.proposal import Proposal, Step
from proactive.store import bulk
from proactive.store.statement import text
from proactive.store.tables import steering as tables

LINE = (
    'INSERT INTO steering_line (about, at, "by", office, step, note) VALUES (:about, :at, :by, :office, :step, :note)'
)
PROPOSAL = ", ".join(f'p."{name}"' for name in Proposal.model_fields)
SET = ", ".join(f'"{name}" = :{name}' for name in Proposal.model_fields if name != "id")


@dataclass(frozen=True)
class Counts:
    """Cases of a span, of some place."""

    came: int = 0
    """Received in it; of these:"""
    digital: int = 0
    reused: int = 0
    online: int = 0
    reminded: int = 0
    prepared: int = 0
    recommended: int = 0
    worked: int = 0
    """With a due day, and not ready before it; of these:"""
    on_time: int = 0
    """Ready by their due day, or that was not over at the end."""
    ready: int = 0
    """First ready in it; of these:"""
    with_result: int = 0


NOTHING = Counts()


@dataclass(frozen=True)
class Spanned:
    """All cases of a span: of the city, and by the office that received, the one that decides, and the procedure."""

    city: Counts = NOTHING
    receiving: dict[str, Counts] = field(default_factory=dict)
    competent: dict[str, Counts] = field(default_factory=dict)
    procedure: dict[str, Counts] = field(default_factory=dict)


class Steering:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def candidates(self) -> list[dict[str, Any]]:
        """The bodies of the imported list, by id; nothing where none was imported."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text("SELECT body FROM candidate ORDER BY id"))
            return list(rows.scalars())

    async def import_candidates(
        self, bodies: Mapping[str, dict[str, Any]], *, by: str, document: str, now: datetime
    ) -> int:
        """Keep these lines, by id; those of the same id are replaced. Gives how many are new or other than before."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(
                    "INSERT INTO candidate (id, body, imported_by, imported_at, document) "
                    "SELECT id, body, :by, :now, :document "
                    "FROM jsonb_each(CAST(:bodies AS jsonb)) AS given(id, body) "
                    "ON CONFLICT (id) DO UPDATE SET body = excluded.body, imported_by = excluded.imported_by, "
                    "imported_at = excluded.imported_at, document = excluded.document "
                    "WHERE candidate.body <> excluded.body RETURNING id"
                ),
                {"bodies": msgspec.json.encode(bodies).decode(), "by": by, "now": now, "document": document},
            )
            return len(rows.all())

    async def volumes(self, *, since: datetime, until: datetime) -> dict[str, int]:
        """How many cases of each procedure were received in a span."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT procedure, number FROM counted_procedures(:since, :until)"),
                {"since": since, "until": until},
            )
            return {procedure: int(number) for procedure, number in rows}

    async def cases(self, spans: Sequence[tuple[datetime, datetime]]) -> list[Spanned]:
        """The cases of each span, from a moment up to another; all spans in one pass over them."""
        found: list[dict[str, dict[str, Counts]]] = [{} for _ in spans]
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM counted_spans(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"),
                {"starts": [starts for starts, _ in spans], "ends": [ends for _, ends in spans]},
            )
            for span, side, name, *numbers in rows:
                found[span - 1].setdefault(side, {})[name or ""] = Counts(*numbers)
        return [
            Spanned(
                of.get("city", {}).get("", NOTHING),
                *(of.get(side, {}) for side in ("receiving", "competent", "procedure")),
            )
            for of in found
        ]

    async def receipts(self, *, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
        """Each office with what it received in a span, and how much of that for people who live in another unit."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT office, number, elsewhere FROM counted_receipts(:since, :until) ORDER BY office"),
                {"since": since, "until": until},
            )
            return [(office, int(number), int(elsewhere)) for office, number, elsewhere in rows]

    async def moves(self, *, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
        """For each service how many dossiers came into each state in a span."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT service, state, number FROM counted_moves(:since, :until) ORDER BY service, state"),
                {"since": since, "until": until},
            )
            found: dict[str, dict[str, int]] = {}
            for service, state, number in rows:
                found.setdefault(service, {})[state] = int(number)
            return found

    async def steps(self, *, since: datetime, until: datetime) -> dict[str, int]:
        """How many proposals came to each of their states in a span."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT l.step, count(*) FROM steering_line l JOIN proposal p ON p.id = l.about "
                    "WHERE l.at >= :since AND l.at < :until GROUP BY l.step"
                ),
                {"since": since, "until": until},
            )
            return {step: int(number) for step, number in rows}

    async def scores_before(self, *, since: datetime, until: datetime) -> list[tuple[str, str, float]]:
        """The newest score of each register and dimension within a span: register, dimension, from 0 to 1."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT DISTINCT ON (register, dimension) register, dimension, score FROM quality_score "
                    "WHERE service = '' AND at >= :since AND at < :until ORDER BY register, dimension, at DESC"
                ),
                {"since": since, "until": until},
            )
            return [(register, dimension, float(score)) for register, dimension, score in rows]

    async def due(self, *, first: date, last: date) -> dict[str, int]:
        """How many occasions of each service fall due from one day to another."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT service, count(*) FROM occasion WHERE state = 'owed' AND due_on BETWEEN :first AND :last "
                    "GROUP BY service"
                ),
                {"first": first, "last": last},
            )
            return {service: int(number) for service, number in rows}

    async def propose(self, proposal: Proposal, step: Step) -> bool:
        """Keep a new proposal; False where one lives for this candidate."""
        async with self._engine.begin() as connection:
            if not await bulk.insert(connection, tables.Proposal, [proposal.model_dump()], returning="id"):
                return False
            await _line(connection, proposal.id, step, proposal.state)
            return True

    async def move(self, before: Proposal, after: Proposal, step: Step) -> bool:
        """Keep a step; False where somebody else took one first."""
        async with self._engine.begin() as connection:
            rows = await connection.execute(
                text(f"UPDATE proposal SET {SET} WHERE id = :id AND version = :before RETURNING id"),
                {**after.model_dump(), "before": before.version},
            )
            if rows.first() is None:
                return False
            await _line(connection, after.id, step, after.state)
            return True

    async def proposal(self, id: UUID) -> Proposal | None:
        found = await self.proposals("WHERE p.id = :id", id=id)
        return found[0] if found else None

    async def proposals(self, where: str = "", **values: Any) -> list[Proposal]:
        """All proposals, or those for which a condition of ours holds; the newest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {PROPOSAL} FROM proposal p {where} ORDER BY p.proposed_at DESC, p.id"), values
            )
            return [Proposal.model_validate(dict(row)) for row in rows.mappings()]

    async def lines(self, about: UUID) -> Sequence[RowMapping]:
        """Every step of a proposal or an obstacle, oldest first: at, by, office, step, note."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text('SELECT at, "by", office, step, note FROM steering_line WHERE about = :about ORDER BY id'),
                {"about": about},
            )
            return rows.mappings().all()


async def _line(connection: AsyncConnection, about: UUID, step: Step, to: str) -> None:
    said = " · ".join(part for part in (step.document.strip(), step.note.strip()) if part)
    await connection.execute(
        text(LINE),
        {"about": about, "at": step.at, "by": step.by, "office": step.office, "step": to, "note": said or None},
    )
