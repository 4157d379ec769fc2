"""Pilots as people handle them: proposed, moved on step by step, listed. Every step is a line that is never changed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.manners import Mode
from proactive.domain.pilot import Outcome, Pilot, PilotState, Plan, Verb, take
from proactive.errors import OutOfTurn, Permanent
from proactive.store import live
from proactive.store.kept import Kept
from proactive.store.piloting import FIELDS, read_pilot
from proactive.store.statement import text

KEY_BYTES = 32
WAKES = frozenset({Verb.START, Verb.RESUME, Verb.CONCLUDE})
"""After these, whoever was kept waiting is looked at again at once."""
FIGURES = "pilot"
"""The kind under which the counts of pilots are kept."""
LINES = (
    "(SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM pilot_counts(:id) c) AS counts, "
    "(SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.day), '[]') FROM pilot_days(:id) d) AS days"
)
COUNT_AND_KEEP = (
    f"INSERT INTO kept_figures AS k (kind, period, told, at) SELECT :kind, :period, to_jsonb(l), :now FROM "
    f"(SELECT {LINES}) l ON CONFLICT (kind, period) DO UPDATE SET told = excluded.told, at = excluded.at RETURNING told"
)
CONCLUDED = f'INSERT INTO pilot_conclusion (pilot_id, at, "by", counts, days) SELECT :id, :now, :by, {LINES}'
KEPT = 'SELECT at, "by", counts, days FROM pilot_conclusion WHERE pilot_id = :id'
WITHDRAWS = {Verb.STOP: False, Verb.CONCLUDE: True}
"""After these no call that waits on a list is made any more; True: nor one that an officer has taken and not made."""
SYSTEM = "system"


@dataclass(frozen=True)
class PilotCounts:
    """What became of each group, in counts by name, as of a moment."""

    at: datetime
    by: str | None
    """Who concluded the pilot on them; None: nobody."""
    arms: dict[str, dict[str, float]] = field(default_factory=dict)
    """Group -> figure -> number. What was never asked for is not there."""
    units: dict[str | None, dict[str, dict[str, float]]] = field(default_factory=dict)
    """The same by commune of residence."""
    days: list[tuple[date, int, int]] = field(default_factory=list)
    """How many came into each group on which day: day, told, held."""

    @classmethod
    def read(cls, lines: Mapping[Any, Any], *, at: datetime, by: str | None = None) -> "PilotCounts":
        """Of the lines of `pilot_counts` and of `pilot_days`."""
        made = cls(at, by)
        for one in lines["counts"]:
            of = made.arms if one["whole"] else made.units.setdefault(one["unit"], {})
            of[one["arm"]] = {name: float(number) for name, number in one["counts"].items()}
        made.days.extend((date.fromisoformat(one["day"]), int(one["told"]), int(one["held"])) for one in lines["days"])
        return made


class Pilots:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def propose(self, plan: Plan, *, by: str, now: datetime) -> int:
        """Keep a plan for a second person to read; gives its number. Raises `OutOfTurn` while another one is open."""
        values = plan.model_dump(mode="json", include=set(Plan.model_fields) - {"starts_on", "ends_on"})
        values |= {name: msgspec.json.encode(values[name]).decode() for name in ("cohort", "criteria")}
        values |= {
            "starts_on": plan.starts_on, "ends_on": plan.ends_on, "key": secrets.token_bytes(KEY_BYTES),
            "state": str(PilotState.PROPOSED), "by": by, "now": now,
        }  # fmt: skip
        names = ", ".join(Plan.model_fields)
        given = ", ".join(
            f"CAST(:{name} AS jsonb)" if name in {"cohort", "criteria"} else f":{name}" for name in Plan.model_fields
        )
        statement = text(
            f"INSERT INTO pilot ({names}, key, state, version, proposed_by, proposed_at) "
            f"VALUES ({given}, :key, :state, 0, :by, :now) ON CONFLICT DO NOTHING RETURNING id"
        )
        async with self._engine.begin() as connection:
            made: int | None = await connection.scalar(statement, values)
            if made is None:
                raise OutOfTurn(f"{plan.service} has a pilot that is open: conclude or withdraw it first.")
            await _note(
                connection, made, verb="propose", to=PilotState.PROPOSED, by=by, now=now, reason=plan.reason,
                document=plan.document,
            )  # fmt: skip
        return made

    async def step(
        self,
        pilot_id: int,
        verb: Verb,
        *,
        by: str,
        now: datetime,
        today: date,
        reason: str | None = None,
        document: str | None = None,
        outcome: Outcome | None = None,
    ) -> Pilot:
        """Move a pilot on, in this person's name. From the commit of a pause or stop on nobody is claimed any more.

        Raises `OutOfTurn`, and `Permanent` where there is no such pilot or a second person is needed.
        """
        try:
            async with self._engine.begin() as connection:
                before = await _locked(connection, pilot_id)
                after = take(before, verb, by=by, now=now, today=today, outcome=outcome)
                if verb is Verb.START:
                    await _not_live(connection, before.service, today=today)
                    await live.withdraw_left(connection, before.service, by=by, now=now)
                if verb is Verb.CONCLUDE:  # in the same transaction: what is decided is decided on these counts
                    await connection.execute(text(CONCLUDED), {"id": pilot_id, "now": now, "by": by})
                await _keep(connection, after)
                await _note(
                    connection, pilot_id, verb=verb, to=after.state, by=by, now=now, reason=reason, document=document
                )
        except IntegrityError as error:
            raise Permanent(f"{by} proposed it: somebody else has to approve it.") from error
        if verb in WITHDRAWS:
            await self._withdraw_calls(after.service, by=by, now=now, also_taken=WITHDRAWS[verb])
        if verb in WAKES:
            # A transaction of its own: a claim locks dossiers before pilots. Should we die here, they are looked at by
            # themselves on the day that each of them waits for.
            async with self._engine.begin() as connection:
                await connection.execute(
                    text("SELECT pilot_wakes(:service, :now)"), {"service": after.service, "now": now}
                )
        return after

    async def _withdraw_calls(self, service: str, *, by: str, now: datetime, also_taken: bool) -> None:
        """Close them, and say of their notices that they reached nobody. They are not shown since the step itself, so
        should we die here, nobody calls."""
        async with self._engine.begin() as connection:
            await connection.execute(
                text("SELECT withdraw_calls(:service, :by, :now, :taken)"),
                {"service": service, "by": by, "now": now, "taken": also_taken},
            )

    async def get(self, pilot_id: int) -> Pilot | None:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM pilot p WHERE id = :id"), {"id": pilot_id})
            row = rows.mappings().first()
            return read_pilot(row) if row else None

    async def all(self) -> list[Pilot]:
        """The newest first."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(f"SELECT {FIELDS} FROM pilot p ORDER BY id DESC"))
            return [read_pilot(row) for row in rows.mappings()]

    async def log(self, pilot_id: int) -> Sequence[RowMapping]:
        """What was done to it, oldest first: at, actor, verb, to_state, reason, document."""
        statement = (
            "SELECT at, actor, verb, to_state, reason, document FROM pilot_step WHERE pilot_id = :id ORDER BY id"
        )
        async with self._engine.connect() as connection:
            return (await connection.execute(text(statement), {"id": pilot_id})).mappings().all()

    async def concluded(self, pilot_id: int) -> PilotCounts | None:
        """What became of each group as it was when the pilot was concluded; None: it was not."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(text(KEPT), {"id": pilot_id})).mappings().first()
            return PilotCounts.read(row, at=row["at"], by=row["by"]) if row is not None else None

    async def count(self, pilot_id: int, *, now: datetime) -> PilotCounts:
        """Count what became of each group up to now, and keep it for pages."""
        values = {"id": pilot_id, "kind": FIGURES, "period": str(pilot_id), "now": now}
        async with self._engine.begin() as connection:
            row = (await connection.execute(text(COUNT_AND_KEEP), values)).mappings().one()
            return PilotCounts.read(row["told"], at=now)

    async def counted(self, pilot_id: int) -> PilotCounts | None:
        """The same as it was counted last; None: never."""
        found = (await Kept(self._engine).get(FIGURES, [str(pilot_id)])).get(str(pilot_id))
        return PilotCounts.read(found[0], at=found[1]) if found is not None else None

    async def end_those_over(self, *, now: datetime, today: date) -> list[Pilot]:
        """Stop the pilots whose last day is past; nobody was told by them since."""
        asked = text("SELECT id FROM pilot WHERE state IN ('running', 'paused') AND ends_on < :today ORDER BY id")
        async with self._engine.connect() as connection:
            over = list((await connection.execute(asked, {"today": today})).scalars())
        return [
            await self.step(one, Verb.STOP, by=SYSTEM, now=now, today=today, reason="its last day is past")
            for one in over
        ]


async def _locked(connection: AsyncConnection, pilot_id: int) -> Pilot:
    rows = await connection.execute(text(f"SELECT {FIELDS} FROM pilot p WHERE id = :id FOR UPDATE"), {"id": pilot_id})
    row = rows.mappings().first()
    if row is None:
        raise Permanent(f"There is no pilot {pilot_id}. See `proactive pilots list`.")
    return read_pilot(row)


async def _not_live(connection: AsyncConnection, service: str, *, today: date) -> None:
    if (await live.modes(connection, today=today)).get(service) is Mode.LIVE:
        raise OutOfTurn(f"{service} tells everybody already: `proactive live stop {service}` comes first.")


async def _keep(connection: AsyncConnection, pilot: Pilot) -> None:
    await connection.execute(
        text(
            "UPDATE pilot SET state = :state, version = :version, approved_by = :approved_by, "
            "approved_at = :approved_at, paused_by = :paused_by, outcome = :outcome WHERE id = :id"
        ),
        pilot.model_dump(include={"id", "state", "version", "approved_by", "approved_at", "paused_by", "outcome"}),
    )


async def _note(
    connection: AsyncConnection,
    pilot_id: int,
    *,
    verb: str,
    to: PilotState,
    by: str,
    now: datetime,
    reason: str | None,
    document: str | None,
) -> None:
    await connection.execute(
        text(
            "INSERT INTO pilot_step (pilot_id, at, actor, verb, to_state, reason, document) "
            "VALUES (:id, :now, :by, :verb, :to, :reason, :document)"
        ),
        {
            "id": pilot_id, "now": now, "by": by, "verb": str(verb), "to": str(to), "reason": reason,
            "document": document,
        },
    )  # fmt: skip
