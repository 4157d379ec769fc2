"""Open figures for everybody: what is counted of people is rounded, and too little of it is not told at all.

Counts of people are rounded down to a multiple of five, and what is under five is only "under five". So the difference
of two figures, of one table or of two, of today and of yesterday, is a multiple of five too and never says how many one
or two people did something: `told` less `confirmed` of the exact numbers would. There are no totals beside the parts.
Figures of procedures are about no person and are exact.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from proactive.ports.clock import Clock
from proactive.sheets.writing import safe
from proactive.steps.indicators import Month
from proactive.steps.progress import grouped, in_force, months_until, share
from proactive.store.store import Store
from rules.base import Words

KIND = "open"
ROUNDED_TO = 5
"""Also the least that is told."""
MONTHS = 13
TOLD = ("drafted", "offered", "confirmed", "declined", "approved", "closed")

Row = dict[str, Any]


@dataclass(frozen=True)
class Dataset:
    """What a file holds, column by column. `people`: its numbers count people and are protected."""

    title: Words
    columns: Mapping[str, Words]
    people: bool


DATASETS = {
    "services": Dataset(
        Words(vi="Dịch vụ công chủ động theo tháng", en="Proactive services by month"),
        {
            "month": Words(vi="Tháng, giờ Đà Nẵng", en="Month, in Da Nang's time"),
            "service": Words(vi="Tên dịch vụ trong hệ thống", en="The service's name in the system"),
            "drafted": Words(vi="Hồ sơ được soạn sẵn trong tháng", en="Dossiers drafted in the month"),
            "offered": Words(vi="Hồ sơ mà người dân đã được báo", en="Dossiers of which the person was told"),
            "confirmed": Words(vi="Hồ sơ được người dân xác nhận", en="Dossiers confirmed by the person"),
            "declined": Words(vi="Hồ sơ mà người dân từ chối", en="Dossiers declined by the person"),
            "approved": Words(vi="Hồ sơ được cán bộ duyệt", en="Dossiers approved by an officer"),
            "closed": Words(vi="Hồ sơ đã trả kết quả", en="Dossiers whose result was returned"),
        },
        True,
    ),
    "receipts": Dataset(
        Words(vi="Hồ sơ tiếp nhận theo tháng và cơ quan", en="Cases received by month and office"),
        {
            "month": Words(vi="Tháng, giờ Đà Nẵng", en="Month, in Da Nang's time"),
            "office": Words(vi="Mã cơ quan tiếp nhận trong hệ thống", en="The receiving office's id in the system"),
            "received": Words(vi="Hồ sơ tiếp nhận trong tháng", en="Cases received in the month"),
        },
        True,
    ),
    "boundary-free": Dataset(
        Words(vi="Thủ tục phi địa giới theo tháng và lĩnh vực", en="Boundary-free procedures by month and field"),
        {
            "day": Words(vi="Cuối ngày này", en="At the end of this day"),
            "field": Words(vi="Lĩnh vực; để trống là toàn thành phố", en="Field; empty is the whole city"),
            "boundary_free": Words(vi="Thủ tục phi địa giới đang công bố", en="Boundary-free procedures in force"),
            "published": Words(vi="Thủ tục đang công bố", en="Procedures in force"),
        },
        False,
    ),
}


def protected(number: int) -> int | None:
    """A count of people as it may be told; None: under five."""
    return None if number < ROUNDED_TO else number - number % ROUNDED_TO


async def month_of(month: Month, *, store: Store) -> dict[str, list[Row]]:
    """A month's protected rows of the data sets about people. The exact numbers go no further than here."""
    moves = await store.steering.moves(since=month.starts, until=month.ends)
    receipts = await store.steering.receipts(since=month.starts, until=month.ends)
    return {
        "services": [
            {"month": month.name, "service": service, **{state: protected(found.get(state, 0)) for state in TOLD}}
            for service, found in moves.items()
        ],
        "receipts": [
            {"month": month.name, "office": office, "received": protected(number)} for office, number, _ in receipts
        ],
    }


def months(today: date, now: Any) -> list[Month]:
    """The newest first."""
    first, found = today.replace(day=1), []
    for _ in range(MONTHS):
        found.append(Month(first, now))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


async def keep_open(*, store: Store, clock: Clock, at_once: bool = False) -> int:
    """Count the months that are not settled, once a day: an hour's change would say who did something in it."""
    now, counted = clock.now(), 0
    wanted = months(clock.today(), now)
    kept = await store.kept.get(KIND, [month.name for month in wanted])
    for month in wanted:
        at = kept[month.name][1] if month.name in kept else None
        due = at is None or (at <= month.whole_until and (at_once or at < now - timedelta(days=1)))
        if due:
            await store.kept.keep(KIND, month.name, await month_of(month, store=store), at=now)
            counted += 1
    return counted


async def dataset(name: str, *, store: Store, clock: Clock) -> dict[str, Any]:
    """A data set with its definitions, as it is published. Raises `KeyError`."""
    what = DATASETS[name]
    if what.people:
        kept = await store.kept.get(KIND, [month.name for month in months(clock.today(), clock.now())])
        told = [row for period in sorted(kept, reverse=True) for row in kept[period][0][name]]
        rows = [{column: row[column] for column in what.columns} for row in told]  # JSON kept no order
        at = max((moment for _, moment in kept.values()), default=None)
    else:
        rows, at = await _boundary_free(store, clock.today()), clock.now()
    return {
        "dataset": name,
        "title": what.title.model_dump(),
        "columns": {column: words.model_dump() for column, words in what.columns.items()},
        "rounded_down_to": ROUNDED_TO if what.people else None,
        "null_means": "0-4" if what.people else None,
        "counted_at": at,
        "rows": rows,
    }


async def _boundary_free(store: Store, today: date) -> list[Row]:
    lives, rows = await store.procedures.lives(), []
    for day in reversed(months_until(today)):
        then = in_force(lives, day)
        for field, figure in {"": share(then), **grouped(then, lambda one: one.field)}.items():
            if figure.of:
                rows.append(
                    {"day": f"{day:%Y-%m-%d}", "field": field, "boundary_free": figure.part, "published": figure.of}
                )
    return rows


def as_csv(columns: Iterable[str], rows: Sequence[Row]) -> bytes:
    """The rows as a table; under five is an empty cell."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    names = list(columns)
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if row[name] is None else safe(str(row[name])) for name in names])
    return b"\xef\xbb\xbf" + made.getvalue().encode()
