"""Bringing stored values under the newest key: found by the key that stands before each, taken in batches, each written
only over what was read. What is still plain (from before, or of a worker of the version before) is sealed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.vault import MARK, Vault
from proactive.errors import Unusable
from proactive.store.sealed import CASE_TEXTS, DOSSIER_TEXTS, NO_KEY, about, vault_of
from proactive.store.statement import text


@dataclass(frozen=True)
class Place:
    """A sealed column. `kind`: text, json (a document that is sealed as one string) or bytes."""

    table: str
    key: str
    column: str
    purpose: str
    kind: str = "text"

    @property
    def written(self) -> str:
        """The column as it is stored, as text or bytes."""
        return f"\"{self.column}\" #>> '{{}}'" if self.kind == "json" else f'"{self.column}"'

    @property
    def filled(self) -> str:
        """Where there is something in it."""
        if self.kind == "json":
            return f"\"{self.column}\" NOT IN ('[]', '{{}}')"
        if self.kind == "bytes":
            return f'octet_length("{self.column}") > 0'
        return f"\"{self.column}\" <> ''"

    def mark(self, key: str) -> str | bytes:
        said = f"{MARK}{key}:"
        return said.encode() if self.kind == "bytes" else said


PLACES = (
    Place("dossier", "id", "fields", "dossier.fields", "json"),
    Place("dossier", "id", "applicant", "dossier.applicant"),
    *(Place("dossier", "id", name, f"dossier.{name}") for name in DOSSIER_TEXTS),
    Place("notice", "id", "body", "notice.body"),
    Place("call", "notice_id", "body", "notice.body"),
    Place("passcode", "id", "to", "passcode.to"),
    Place("addressee", "subject", "email", "addressee.email"),
    Place("document_content", "document_id", "content", "document", "bytes"),
    Place("intake_case", "reference", "fields", "intake_case.fields", "json"),
    *(Place("intake_case", "reference", name, f"intake_case.{name}") for name in CASE_TEXTS),
    Place("case_result", "reference", "content", "case_result", "bytes"),
)


class Resealing:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def counted(self) -> dict[str, dict[str, int]]:
        """How many values of each place stand under each key; under `plain` those that are not sealed."""
        found: dict[str, dict[str, int]] = {}
        async with self._engine.connect() as connection:
            for place in PLACES:
                head = f"substring({place.written} from 1 for {len(MARK) + 8})"
                if place.kind == "bytes":
                    head = f"convert_from(CASE WHEN {head} LIKE 'sealed:1:%'::bytea THEN {head} END, 'UTF8')"
                rows = await connection.execute(
                    text(
                        f"SELECT CASE WHEN head LIKE 'sealed_1_%' THEN right(head, 8) ELSE 'plain' END, count(*) "
                        f'FROM (SELECT {head} AS head FROM "{place.table}" WHERE {place.filled}) h GROUP BY 1'
                    )
                )
                found[f"{place.table}.{place.column}"] = {str(key): int(number) for key, number in rows}
        return found

    async def once(self, *, limit: int) -> int:
        """One batch; gives how many values are under the newest key now that were not."""
        async with self._engine.begin() as connection:
            vault = vault_of(connection)
            if vault is None:
                raise Unusable(NO_KEY)
            for place in PLACES:
                if done := await self._of(connection, place, vault, limit=limit):
                    return done
        return 0

    async def _of(self, connection: AsyncConnection, place: Place, vault: Vault, *, limit: int) -> int:
        mark = place.mark(vault.newest)
        rows = await connection.execute(
            text(
                f'SELECT "{place.key}" AS key, {place.written} AS stored FROM "{place.table}" WHERE {place.filled} '
                f"AND substring({place.written} from 1 for {len(mark)}) <> :mark LIMIT :n FOR UPDATE SKIP LOCKED"
            ),
            {"mark": mark, "n": limit},
        )
        found = rows.all()
        for values in _batched(found, vault, place):
            new = {"json": "to_jsonb(CAST(:new AS text))", "bytes": ":new"}.get(place.kind, ":new")
            await connection.execute(
                text(f'UPDATE "{place.table}" SET "{place.column}" = {new} WHERE "{place.key}" = :key'), values
            )
        return len(found)


def _batched(rows: Sequence[Any], vault: Vault, place: Place) -> Iterator[list[dict[str, object]]]:
    """The rows under the newest key, a few at a time: documents are large."""
    size = 20 if place.kind == "bytes" else 500
    for begin in range(0, len(rows), size):
        yield [
            {"key": row.key, "new": _rewrapped(row.stored, vault, about(place.purpose, row.key), place)}
            for row in rows[begin : begin + size]
        ]


def _rewrapped(stored: Any, vault: Vault, where: str, place: Place) -> object:
    if place.kind == "bytes":
        return vault.rewrap_bytes(bytes(stored), about=where)
    return vault.rewrap_text(stored, about=where)
