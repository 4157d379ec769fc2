"""What we know of applications in the intake: the hand-over we claimed and the statuses that came back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from proactive.domain.application import Progress
from proactive.store import bulk
from proactive.store.keeping import Handover
from proactive.store.statement import text
from proactive.store.tables import intake as intake_tables

HANDOVER = ", ".join(f'h."{name}"' for name in Handover.model_fields)


class IntakeNews:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def receive(self, progress: Sequence[Progress], *, now: datetime) -> None:
        """Write statuses down (the same one again changes nothing) and let follow look at their dossiers at once."""
        async with self._engine.begin() as connection:
            fresh = await bulk.insert(
                connection,
                intake_tables.Progress,
                [bulk.row(status, received_at=now) for status in progress],
                returning="reference",
            )
            if fresh:
                await connection.execute(
                    text(
                        # The version moves on, so that a step which has it in hand does not lay it to rest over this.
                        "UPDATE dossier SET rest_until = :now, version = version + 1 WHERE "
                        "reference = ANY(:references) "
                        "AND state = 'forwarded'"
                    ),
                    {"now": now, "references": list(fresh)},
                )

    async def progress(self, references: Sequence[str]) -> dict[str, list[Progress]]:
        """The statuses of each application, oldest first."""
        found: dict[str, list[Progress]] = {reference: [] for reference in references}
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT reference, code, at, office, note FROM progress WHERE reference = ANY(:references) "
                    "ORDER BY at, code"
                ),
                {"references": list(references)},
            )
            for row in rows.mappings():
                found[row["reference"]].append(Progress.model_validate(dict(row)))
        return found

    async def handovers(self, dossier_ids: Sequence[UUID]) -> dict[UUID, Handover]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {HANDOVER} FROM handover h WHERE dossier_id = ANY(:ids)"), {"ids": list(dossier_ids)}
            )
            return {row["dossier_id"]: Handover.model_validate(dict(row)) for row in rows.mappings()}
