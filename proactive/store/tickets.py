"""Correction tickets: opened with the answer that they came from, followed until their record changes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.pseudonym import Pseudonyms
from proactive.domain.ticket import LIVE, Ticket, TicketState
from proactive.store import bulk
from proactive.store.hidden import pseudonyms_in, pseudonyms_of
from proactive.store.statement import text
from proactive.store.tables import tickets as tables

FIELDS = ", ".join(
    "t.register AS register_name" if name == "register_name" else f't."{name}"' for name in Ticket.model_fields
)
ALIVE = sorted(str(state) for state in LIVE)


@dataclass(frozen=True)
class Arrived:
    """A live ticket whose record is there in a version that nobody has looked at for it; None: the record is gone."""

    ticket: Ticket
    record_version: int
    body: str | None


def read(row: RowMapping, pseudonyms: Pseudonyms) -> Ticket:
    """A ticket as its register's owner reads it: with the key that the row has there."""
    values = {name: row[name] for name in Ticket.model_fields}
    return Ticket.model_validate(values | {"key": pseudonyms.shown(row["key"])})


class Tickets:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)

    async def open(self, tickets: Sequence[Ticket], *, now: datetime) -> set[UUID]:
        """Open these; one that is alive already with the same claim is left as it is. Gives the ids of the new ones."""
        async with self._engine.begin() as connection:
            return await add(connection, tickets, now=now)

    async def get(self, ticket_id: UUID) -> Ticket | None:
        found = await self._select("t.id = :id", id=ticket_id)
        return found[0] if found else None

    async def of_dossier(self, dossier_id: UUID) -> list[Ticket]:
        """What was said of the values of a dossier, oldest first."""
        return await self._select("t.dossier_id = :id ORDER BY t.opened_at, t.id", id=dossier_id)

    async def page(
        self, states: Collection[TicketState], *, office: str | None, limit: int, offset: int = 0
    ) -> tuple[list[Ticket], int]:
        """One page of tickets in these states, oldest first, and how many there are; of one office, or of all."""
        where = "t.state = ANY(:states) AND (CAST(:office AS text) IS NULL OR t.office = :office)"
        values: dict[str, object] = {"states": sorted(str(state) for state in states), "office": office}
        async with self._engine.connect() as connection:
            total = await connection.scalar(text(f"SELECT count(*) FROM ticket t WHERE {where}"), values)
        found = await self._select(
            f"{where} ORDER BY t.opened_at, t.id LIMIT :n OFFSET :o", **values, n=limit, o=offset
        )
        return found, int(total or 0)

    async def tally(self, *, office: str | None) -> dict[TicketState, int]:
        """How many tickets there are in each state."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT state, count(*) FROM ticket WHERE CAST(:office AS text) IS NULL OR office = :office "
                    "GROUP BY state"
                ),
                {"office": office},
            )
            return {TicketState(state): int(number) for state, number in rows}

    async def owed_to(self, registers: Collection[str], states: Collection[TicketState]) -> list[Ticket]:
        """Every ticket of these registers in these states, by register, oldest first."""
        return await self._select(
            "t.register = ANY(:registers) AND t.state = ANY(:states) ORDER BY t.register, t.opened_at, t.id",
            registers=sorted(registers),
            states=sorted(str(state) for state in states),
        )

    async def history(self, ticket_id: UUID) -> list[RowMapping]:
        """What happened, oldest first: at, actor, verb, from_state, to_state, note."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT at, actor, verb, from_state, to_state, note FROM ticket_line "
                    "WHERE ticket_id = :id ORDER BY id"
                ),
                {"id": ticket_id},
            )
            return list(rows.mappings())

    async def keep(self, before: Sequence[Ticket], after: Sequence[Ticket], *, actor: str, now: datetime) -> set[UUID]:
        """Store what became of them, those that nobody else has changed meanwhile; gives their ids."""
        async with self._engine.begin() as connection:
            kept = await bulk.update(
                connection, tables.Ticket,
                [_row(one, self._pseudonyms, version=one.version + 1, changed_at=now) for one in after],
                guard="old.version = new.version - 1",
            )  # fmt: skip
            moved = [(b, a) for b, a in zip(before, after, strict=True) if a.id in kept and a.state is not b.state]
            lines = [_line(a, now, actor, "move", b.state, a.answer or None) for b, a in moved]
            await bulk.insert(connection, tables.TicketLine, lines)
            return set(kept)

    async def looked(self, ticket_id: UUID, *, actor: str, what: str, now: datetime) -> None:
        """Write down that somebody looked at what is otherwise masked."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO ticket_line (ticket_id, at, actor, verb, note) VALUES (:id, :at, :actor, 'show', :w)"
                ),
                {"id": ticket_id, "at": now, "actor": actor, "w": what},
            )

    async def arrived(self, *, limit: int) -> list[Arrived]:
        """Live tickets whose record has come in another version than was looked at for them."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    f"SELECT {FIELDS}, r.version AS arrived, r.deleted, CAST(r.body AS text) AS body FROM ticket t "
                    "JOIN record r ON r.register = t.register AND r.key = t.key "
                    "WHERE t.state = ANY(:alive) AND r.version IS DISTINCT FROM t.record_version LIMIT :limit"
                ),
                {"alive": ALIVE, "limit": limit},
            )
            return [
                Arrived(read(row, self._pseudonyms), row["arrived"], None if row["deleted"] else row["body"])
                for row in rows.mappings()
            ]

    async def _select(self, condition: str, **values: object) -> list[Ticket]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM ticket t WHERE {condition}"), values)
            return [read(row, self._pseudonyms) for row in rows.mappings()]


async def add(connection: AsyncConnection, tickets: Sequence[Ticket], *, now: datetime) -> set[UUID]:
    """The same inside an open transaction. What somebody says anew takes the place of what they said before."""
    for one in tickets:
        if one.dossier_id is not None:
            await _withdraw_earlier(connection, one, now)
    added = await bulk.insert(
        connection, tables.Ticket, [_row(one, pseudonyms_in(connection)) for one in tickets], returning="id"
    )
    lines = [_line(one, now, one.said_by, "open", None, None) for one in tickets if one.id in added]
    await bulk.insert(connection, tables.TicketLine, lines)
    return set(added)


async def _withdraw_earlier(connection: AsyncConnection, one: Ticket, now: datetime) -> None:
    await connection.execute(
        text(
            "WITH gone AS (UPDATE ticket SET state = 'withdrawn', version = version + 1, changed_at = :now "
            'WHERE dossier_id = :dossier AND register = :register AND "column" = :column AND claimed <> :claimed '
            "AND said_by = :said_by AND state = ANY(:alive) RETURNING id), "
            "before AS (SELECT t.id, t.state FROM ticket t JOIN gone USING (id)) "
            "INSERT INTO ticket_line (ticket_id, at, actor, verb, from_state, to_state) "
            "SELECT id, :now, :said_by, 'move', state, 'withdrawn' FROM before"
        ),
        {
            "now": now, "dossier": one.dossier_id, "register": one.register_name, "column": one.column,
            "claimed": one.claimed, "said_by": one.said_by, "alive": ALIVE,
        },
    )  # fmt: skip


def _row(ticket: Ticket, pseudonyms: Pseudonyms, **more: object) -> dict[str, object]:
    row = bulk.row(ticket, **more) | {"key": pseudonyms.key(ticket.register_name, ticket.key)}
    row["register"] = row.pop("register_name")
    return row


def _line(
    ticket: Ticket, now: datetime, actor: str, verb: str, before: TicketState | None, note: str | None
) -> dict[str, object]:
    return {
        "ticket_id": ticket.id, "at": now, "actor": actor, "verb": verb, "from_state": before,
        "to_state": ticket.state, "note": note,
    }  # fmt: skip
