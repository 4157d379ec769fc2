"""measure: every register is looked over now and then, and scored: correct, complete, clean, alive.

It runs beside the journey and never inside it: recognise is not slowed by what only has to be known in minutes. The
rest after a measurement follows from how long it took, so that measuring never takes more than a twentieth of a core.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import structlog

from proactive.domain.quality import Score, freshness, share
from proactive.ports.clock import Clock
from proactive.store.measuring import Counted, count, worst
from proactive.store.quality import Measured
from proactive.store.questions import Meaning, Register
from proactive.store.store import Store
from rules import Catalogue, Dimension, RegisterSchema
from rules.alike import NOT_IN_A_NUMBER, REACHABLE
from rules.expected import Expectation, Rhythm, Sort, expectations
from rules.offices import units
from rules.rows import EMPTY, MISSING, UNKEEPABLE

log = structlog.get_logger()

LEASE = timedelta(minutes=1)
"""For as long a register is its worker's, from each slice on. Whoever breaks off leaves it for no longer: where nothing
was measured yet, services wait for it."""
REST = 20
"""So many times as long as it took is rested before the same register is measured again."""

WORST = 20


async def measure(
    *, catalogue: Catalogue, store: Store, clock: Clock, every: timedelta, promised: Mapping[str, Rhythm] | None = None
) -> int:
    """Measure the register that is due, if there is one; gives how many were measured.

    `promised` are the rhythms that sources promise; where they say nothing the register's own expectation counts.
    """
    known = await store.positions.caught_up()
    registers = {name: schema for name, schema in catalogue.registers.items() if name in known}
    name = await store.quality.claim(registers, now=clock.now(), lease=LEASE)
    if name is None:
        return 0
    schema, began = registers[name], time.monotonic()
    expected = expectations(schema, registers, catalogue.columns_needed(name))
    counted = await count(
        store.engine, Register(name=name, updated=schema.updated, columns=tuple(schema.columns)), expected,
        _meaning(clock.today()), now=clock.now(), today=clock.today(),
        between=lambda: store.quality.hold(name, until=clock.now() + LEASE),
    )  # fmt: skip
    heard_at, now = (await store.hearing.of([name]))[name].at, clock.now()
    scores = [*_scores(schema, counted, expected, catalogue, clock)]
    rhythm = (promised or {}).get(name, schema.expects.rhythm)
    if (life := alive(name, rhythm, changed_at=counted.changed_at, heard_at=heard_at, now=now)) is not None:
        scores.append(life)
    seconds = time.monotonic() - began
    measured = Measured(
        register_name=name, measured_at=now, seconds=seconds, rows=counted.rows.total(),
        refused=counted.refused.total(), changed_at=counted.changed_at, heard_at=heard_at,
        expectations=tuple(_described(number, one, counted) for number, one in enumerate(expected)),
        worst=tuple({"key": key, "faults": faults} for key, faults in worst(counted, expected, limit=WORST)),
    )  # fmt: skip
    await store.quality.keep(measured, scores, next_at=now + max(every, timedelta(seconds=REST * seconds)))
    log.info(
        "measure.done", register=name, rows=measured.rows, refused=measured.refused, seconds=round(seconds, 3),
        **{str(one.dimension): round(one.score, 4) for one in scores if not one.service},
    )  # fmt: skip
    return 1


def _scores(
    schema: RegisterSchema, counted: Counted, expected: Sequence[Expectation], catalogue: Catalogue, clock: Clock
) -> list[Score]:
    found, now, total = [], clock.now(), counted.total()

    def score(dimension: Dimension, bits: int, service: str = "") -> None:
        wrong = counted.wrong(bits)
        one = Score(
            register_name=schema.name, service=service, dimension=dimension, at=now, counted=total, wrong=wrong,
            score=share(total, wrong),
        )  # fmt: skip
        found.append(one)

    for dimension in (Dimension.CORRECT, Dimension.COMPLETE, Dimension.CLEAN):
        score(dimension, _bits(expected, [one for one in expected if one.dimension is dimension]))
    for service in catalogue.services_watching(schema.name):
        columns = {column for register, column in service.columns() if register == schema.name}
        its_own = [
            one
            for one in expected
            if one.dimension is Dimension.COMPLETE
            and (one.refused or one.column in columns or (one.sort is Sort.KNOWN and one.register in service.registers))
        ]
        score(Dimension.COMPLETE, _bits(expected, its_own), service.name)
    return found


def _bits(expected: Sequence[Expectation], some: Sequence[Expectation]) -> int:
    return sum(1 << number for number, one in enumerate(expected) if one in some)


def _described(number: int, one: Expectation, counted: Counted) -> dict[str, object]:
    return {
        "name": one.name,
        "dimension": str(one.dimension),
        "column": one.column,
        "says": one.says.model_dump(),
        "wrong": counted.wrong(1 << number),
    }


def _meaning(today: date) -> Meaning:
    return Meaning(
        units=sorted(code for code, unit in units().items() if unit.valid_to is None or unit.valid_to >= today),
        reachable=REACHABLE,
        not_in_a_number=NOT_IN_A_NUMBER,
        missing=(MISSING, EMPTY),
        unkeepable=UNKEEPABLE,
    )


def alive(
    register: str, rhythm: Rhythm, *, changed_at: datetime | None, heard_at: datetime | None, now: datetime
) -> Score | None:
    """How alive a register is: the worse of the ages of its newest change and of the last word; None: not known."""
    parts = [
        freshness(now - at, promised)
        for at, promised in (
            (changed_at, timedelta(days=rhythm.change_within_days)),
            (heard_at, timedelta(minutes=rhythm.heard_within_minutes)),
        )
        if at is not None
    ]
    if not parts:
        return None
    wrong = sum(part < 1.0 for part in parts)
    return Score(
        register_name=register, service="", dimension=Dimension.ALIVE, at=now, counted=len(parts), wrong=wrong,
        score=min(parts),
    )  # fmt: skip
