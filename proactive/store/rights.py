"""Requests of people about their own data, each changed only as it was seen."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.rights import Asked, Right, RightsRequest
from proactive.store import bulk
from proactive.store.statement import text
from proactive.store.tables.rights import RightsRequestRow

FIELDS = ", ".join(f'r."{name}"' for name in RightsRequest.model_fields)


def read(row: RowMapping) -> RightsRequest:
    return RightsRequest.model_validate({name: row[name] for name in RightsRequest.model_fields})


class Rights:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, request: RightsRequest) -> None:
        async with self._engine.begin() as connection:
            await bulk.insert(connection, RightsRequestRow, [bulk.row(request)])

    async def keep(self, request: RightsRequest) -> bool:
        """Write what became of it over what was seen; False where somebody else was quicker."""
        async with self._engine.begin() as connection:
            done = await bulk.update(
                connection, RightsRequestRow, [bulk.row(request)], guard="old.version = new.version - 1"
            )
            return bool(done)

    async def get(self, request_id: UUID) -> RightsRequest | None:
        found = await self._select("r.id = :id", id=request_id)
        return found[0] if found else None

    async def of_dossier(self, dossier_id: UUID) -> list[RightsRequest]:
        """What was asked by way of this dossier, the newest first."""
        return await self._select("r.dossier_id = :id ORDER BY r.asked_at DESC LIMIT 50", id=dossier_id)

    async def waiting(
        self, states: Collection[Asked], *, office: str | None, limit: int, offset: int = 0
    ) -> tuple[list[RightsRequest], int]:
        """One page of an office's requests (None: of all), the one that is due first first, and how many there are."""
        where = "r.state = ANY(:states)"
        values: dict[str, object] = {"states": [str(state) for state in states]}
        if office is not None:
            where += " AND EXISTS (SELECT FROM dossier d WHERE d.id = r.dossier_id AND d.office = :office)"
            values["office"] = office
        async with self._engine.connect() as connection:
            total = await connection.scalar(text(f"SELECT count(*) FROM rights_request r WHERE {where}"), values)
        page = f"{where} ORDER BY r.due_on, r.asked_at, r.id LIMIT :n OFFSET :o"
        return await self._select(page, **values, n=limit, o=offset), int(total or 0)

    async def granted(self, *, limit: int) -> Sequence[RightsRequest]:
        """Requests to erase that an officer has granted."""
        return await self._select("r.state = :s AND r.right = :r ORDER BY r.due_on LIMIT :n",
                                  s=str(Asked.GRANTED), r=str(Right.ERASE), n=limit)  # fmt: skip

    async def _select(self, condition: str, **values: object) -> list[RightsRequest]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM rights_request r WHERE {condition}"), values)
            return [read(row) for row in rows.mappings()]
