"""Cases of the intake: each act with its line in one transaction, guarded by the case's version.

Where the case came from a dossier of ours, its new status is told to that dossier in the same transaction.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.case import Case, Line, Result
from proactive.store import bulk, sealed
from proactive.store.hidden import document_in, document_out, pseudonyms_of
from proactive.store.statement import text
from proactive.store.tables import cases as tables

FIELDS = ", ".join(f'c."{name}"' for name in Case.model_fields)
TABS: dict[str, str] = {
    "here": "c.held_by = :office AND c.status IN (1, 2, 4)",
    "asked": "c.held_by = :office AND c.status IN (5, 6, 7)",
    "ready": "c.returning = :office AND c.status = 9",
    "away": "c.receiving = :office AND c.held_by <> :office AND c.status IN (2, 4, 5, 6)",
    "done": "(c.receiving = :office OR c.competent = :office OR c.returning = :office) AND c.status IN (3, 8, 10)",
}
"""What an officer of an office looks for; each can be read from one index."""

COURSE = "SELECT at, status AS code, office, note FROM case_line WHERE reference = :reference ORDER BY id"

CHANGED = (
    "status", "step", "step_due", "held_by", "received_at", "due_on", "promised_on", "asked_at", "given_at", "fee_vnd",
    "paid_vnd", "result_hash", "ended_at", "version", "updated_at",
)  # fmt: skip
"""What an act may change: the database takes nothing else."""
SET = ", ".join(f'"{name}" = new."{name}"' for name in CHANGED)
LINE = ", ".join(f'"{name}"' for name in Line.model_fields)
KEEP = text(
    f"WITH kept AS (UPDATE intake_case old SET {SET} "
    "FROM jsonb_populate_record(NULL::intake_case, CAST(:case AS jsonb)) new "
    "WHERE old.reference = new.reference AND old.version = new.version - 1 RETURNING 1), "
    f"lines AS (INSERT INTO case_line ({LINE}) SELECT {LINE} "
    "FROM jsonb_populate_recordset(NULL::case_line, CAST(:lines AS jsonb)) WHERE EXISTS (SELECT FROM kept)) "
    "SELECT count(*) FROM kept"
)
"""A case with its lines in one statement: an act is one journey to the database."""

WITH_PROCEDURE = text(
    f"SELECT {FIELDS}, p.body::text AS body FROM intake_case c "
    "JOIN procedure p ON p.code = c.procedure AND p.version = c.procedure_version WHERE c.reference = :reference"
)


class Cases:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms_of(engine)
        self._vault = sealed.vault_on(engine)

    def _stored(self, case: Case) -> dict[str, Any]:
        row = bulk.row(case)
        hidden = {
            "personal_id": self._pseudonyms.of(case.personal_id),
            "fields": document_in(self._pseudonyms, row["fields"]),
        }
        return sealed.case_row(self._vault, row | hidden)

    def _read(self, row: RowMapping) -> Case:
        values = sealed.case_values(self._vault, {name: row[name] for name in Case.model_fields})
        shown = {
            "personal_id": self._pseudonyms.open(row["personal_id"]),
            "fields": document_out(self._pseudonyms, values["fields"]),
        }
        return Case.model_validate(values | shown)

    async def create(self, case: Case, lines: Sequence[Line], *, ours: bool) -> bool:
        """Keep a new case; False where its reference is there already. `ours`: a dossier of this store waits for it."""
        async with self._engine.begin() as connection:
            if not await bulk.insert(connection, tables.Case, [self._stored(case)], returning="reference"):
                return False
            await bulk.insert(connection, tables.CaseLine, [bulk.row(line) for line in lines])
            if ours:
                await _tell(connection, lines)
            return True

    async def keep(self, before: Case, after: Case, lines: Sequence[Line], result: Result | None = None) -> bool:
        """Store what somebody did, unless somebody else was first."""
        async with self._engine.begin() as connection:
            row = bulk.part(after, {"reference", *CHANGED}, version=before.version + 1)
            values = {"case": _json(row), "lines": _json([bulk.row(line) for line in lines])}
            if not await connection.scalar(KEEP, values):
                return False
            if result is not None:
                await connection.execute(
                    text(
                        "INSERT INTO case_result (reference, name, media, sha256, content, personal_id, filed_by, "
                        "filed_at) VALUES (:reference, :name, :media, :sha256, :content, :personal_id, :filed_by, "
                        ":filed_at)"
                    ),
                    result.model_dump()
                    | {"personal_id": self._pseudonyms.of(result.personal_id)}
                    | {"content": sealed.bytes_in(connection, result.content, "case_result", result.reference)},
                )
            if before.origin == "forwarded":
                await _tell(connection, lines)
            return True

    async def looked(self, line: Line) -> None:
        """Write down that somebody looked at what is otherwise masked."""
        async with self._engine.begin() as connection:
            await bulk.insert(connection, tables.CaseLine, [bulk.row(line)])

    async def get(self, reference: str) -> Case | None:
        found = await self._select("c.reference = :reference", reference=reference)
        return found[0] if found else None

    async def with_procedure(self, reference: str) -> tuple[Case, str] | None:
        """The case, and what the version of its procedure that it keeps says, as text."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(WITH_PROCEDURE, {"reference": reference})).mappings().first()
            return (self._read(row), row["body"]) if row else None

    async def page(self, tab: str, *, office: str, limit: int, offset: int) -> list[Case]:
        """One page of what an office has to do, what is due first."""
        order = "c.due_on NULLS LAST, c.created_at" if tab != "done" else "c.updated_at DESC"
        return await self._select(
            f"{TABS[tab]} ORDER BY {order}, c.reference LIMIT :n OFFSET :o", office=office, n=limit, o=offset
        )

    async def tally(self, *, office: str) -> dict[str, int]:
        """How many there are in each tab; of what is done nobody counts."""
        counts = ", ".join(f"(SELECT count(*) FROM intake_case c WHERE {TABS[tab]}) AS {tab}" for tab in _COUNTED)
        async with self._engine.connect() as connection:
            row = (await connection.execute(text(f"SELECT {counts}"), {"office": office})).mappings().one()
            return {name: int(value) for name, value in row.items()}

    async def lines(self, reference: str) -> list[Line]:
        """What happened, oldest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {LINE} FROM case_line WHERE reference = :reference ORDER BY id"),
                {"reference": reference},
            )
            return [Line.model_validate(dict(row)) for row in rows.mappings()]

    async def course(self, reference: str) -> list[RowMapping]:
        """Each status it came to, oldest first: at, code, office, note. Acts that leave the status say nothing new."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(text(COURSE), {"reference": reference})).mappings().all()
            return [row for place, row in enumerate(rows) if place == 0 or rows[place - 1]["code"] != row["code"]]

    async def since(self, since: datetime, until: datetime, *, after: str, limit: int) -> list[RowMapping]:
        """Cases made in a span, by reference: reference, content_hash, code."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, content_hash, status AS code FROM intake_case WHERE created_at >= :since "
                    "AND created_at < :until AND origin = 'forwarded' AND reference > :after ORDER BY reference "
                    "LIMIT :limit"
                ),
                {"since": since, "until": until, "after": after, "limit": limit},
            )
            return list(rows.mappings())

    async def result(self, reference: str) -> Result | None:
        async with self._engine.connect() as connection:
            row = (
                (
                    await connection.execute(
                        text("SELECT * FROM case_result WHERE reference = :reference"), {"reference": reference}
                    )
                )
                .mappings()
                .first()
            )
            if row is None:
                return None
            content = sealed.bytes_out(connection, row["content"], "case_result", reference)
            return Result.model_validate(
                dict(row) | {"content": content, "personal_id": self._pseudonyms.open(row["personal_id"])}
            )

    async def results_of(self, personal_id: str, *, limit: int = 50) -> list[RowMapping]:
        """Results that this person has, newest first: reference, name, sha256, filed_at. They can be used again."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, name, sha256, filed_at FROM case_result WHERE personal_id = :id "
                    "ORDER BY filed_at DESC LIMIT :n"
                ),
                {"id": self._pseudonyms.of(personal_id), "n": limit},
            )
            return list(rows.mappings())

    async def pressing(self, *, due_before: date, now: datetime, after: str, limit: int) -> list[Case]:
        """Open cases that are due soon, or whose step is late, by reference."""
        return await self._select(
            "(c.status IN (2, 4, 6) AND c.due_on < :due OR c.status IN (2, 4) AND c.step_due < :now) "
            "AND c.reference > :after ORDER BY c.reference LIMIT :n",
            due=due_before, now=now, after=after, n=limit,
        )  # fmt: skip

    async def signal(self, rows: Sequence[dict[str, Any]]) -> int:
        """Say what nobody has said yet; gives how many are new."""
        async with self._engine.begin() as connection:
            return len(await bulk.insert(connection, tables.CaseSignal, rows, returning="id"))

    async def signals(self, *, office: str, references: Collection[str]) -> dict[str, list[RowMapping]]:
        """What was said of these cases: kind, about, to_head."""
        found: dict[str, list[RowMapping]] = {}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, kind, about, to_head, at FROM case_signal WHERE office = :office "
                    "AND reference = ANY(:references) ORDER BY id"
                ),
                {"office": office, "references": list(references)},
            )
            for row in rows.mappings():
                found.setdefault(row["reference"], []).append(row)
        return found

    async def _select(self, condition: str, **values: object) -> list[Case]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM intake_case c WHERE {condition}"), values)
            return [self._read(row) for row in rows.mappings()]


_COUNTED = ("here", "asked", "ready", "away")


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()


async def _tell(connection: AsyncConnection, lines: Sequence[Line]) -> None:
    """Tell the dossier of ours that waits for it."""
    told = [
        {"reference": x.reference, "code": int(x.status), "at": x.at, "office": x.office, "note": x.note} for x in lines
    ]
    await connection.execute(text("SELECT tell_dossier(CAST(:told AS jsonb))"), {"told": _json(told)})
