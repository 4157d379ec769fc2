"""How far the plan has come on a day: boundary-free procedures, digitisation, data quality, obstacles, proposals.

What was published on a day is read from the stored steps of each version, so that any day can be asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from proactive.ports.clock import DA_NANG, Clock
from proactive.steps.candidates import DIMENSIONS
from proactive.steps.indicators import FRESH, Figure, Month, indicators_kept
from proactive.steps.overview import overview
from proactive.store.procedures import Life
from proactive.store.store import Store
from rules import Catalogue
from rules.offices import OfficeKind, offices
from rules.plan import plan

KIND = "progress"
RECENT = timedelta(days=30)
"""Of this long, what was received for people who live elsewhere is counted."""

DIGITISED = ("digital_dossiers", "digital_results", "reuse")
FIRST = date(2025, 7, 1)
"""The first month that is drawn: the plan is of July 2025."""


def end_of(day: date) -> datetime:
    """The moment at which a day in Da Nang is over."""
    return datetime(day.year, day.month, day.day, tzinfo=DA_NANG) + timedelta(days=1)


def in_force(lives: Iterable[Life], day: date) -> list[Life]:
    """The versions that were published at the end of a day."""
    moment = end_of(day)
    return [one for one in lives if one.in_force(moment)]


def share(lives: Sequence[Life]) -> Figure:
    """How many of these can be received and returned regardless of boundary."""
    return Figure(sum(one.boundary_free for one in lives), len(lives))


def grouped(lives: Sequence[Life], by: Callable[[Life], str]) -> dict[str, Figure]:
    """The same for each group, by its name."""
    return {name: share([one for one in lives if by(one) == name]) for name in sorted({by(one) for one in lives})}


def of_communes(lives: Sequence[Life]) -> dict[str, Figure]:
    """For each commune's centre, of the procedures that it receives."""
    kind = str(OfficeKind.COMMUNE_CENTRE)
    return {
        office.id: share([one for one in lives if kind in one.received_at or office.id in one.received_at])
        for office in offices().values()
        if office.kind is OfficeKind.COMMUNE_CENTRE
    }


def months_until(day: date) -> list[date]:
    """The last days of the months from the plan's on, and the day itself."""
    found: list[date] = []
    first = FIRST
    while True:
        following = (first + timedelta(days=32)).replace(day=1)
        if following > day:
            return [*found, day]
        found.append(following - timedelta(days=1))
        first = following


def _told(figure: Figure) -> dict[str, Any]:
    return {"part": figure.part, "of": figure.of, "share": figure.share}


def _all_told(figures: Mapping[str, Figure]) -> dict[str, dict[str, Any]]:
    return {name: _told(one) for name, one in figures.items()}


async def progress(day: date, *, catalogue: Catalogue, store: Store, clock: Clock) -> dict[str, Any]:
    """All of it as it was at the end of a day; of today: as it is now."""
    lives = await store.procedures.lives()
    now_in_force = in_force(lives, day)
    until = min(end_of(day), clock.now() + timedelta(microseconds=1))
    receipts = await store.steering.receipts(since=until - RECENT, until=until)
    month = await indicators_kept(Month(day.replace(day=1), clock.now()), store=store)
    today = day == clock.today()
    view = await overview(catalogue=catalogue, store=store, clock=clock) if today else None
    city = share(now_in_force)
    return {
        "day": f"{day:%Y-%m-%d}",
        "boundary_free": {
            "city": _told(city),
            "sample": sum(one.sample for one in now_in_force),
            "targets": [
                {
                    **target.model_dump(mode="json"),
                    "reached": bool(city.of) and city.part * 100 >= target.percent * city.of,
                    "on": _told(share(in_force(lives, target.by))) if target.by <= day else None,
                }
                for target in plan().targets
            ],
            "months": [{"day": f"{one:%Y-%m-%d}", **_told(share(in_force(lives, one)))} for one in months_until(day)],
            "departments": _all_told(grouped(now_in_force, lambda one: one.authority)),
            "fields": _all_told(grouped(now_in_force, lambda one: one.field)),
            "communes": _all_told(of_communes(now_in_force)),
        },
        "receipts": {
            "days": RECENT.days,
            "offices": {name: {"received": number, "elsewhere": away} for name, number, away in receipts},
        },
        "digitisation": {name: month["city"][name] for name in DIGITISED},
        "quality": [] if view is None else [
            {
                "register": one.register.name,
                "title": one.register.title.model_dump(),
                "scores": {str(dimension): score.score for dimension, score in one.scores.items()},
            }
            for one in view.registers
            if one.scores
        ],
        "obstacles": await store.obstacles.in_span(datetime(2025, 7, 1, tzinfo=DA_NANG), until),
    }  # fmt: skip


async def progress_kept(*, catalogue: Catalogue, store: Store, clock: Clock) -> tuple[dict[str, Any], datetime]:
    """Today's as it was last kept, if that was not long ago, and the moment of it."""
    day, now = clock.today(), clock.now()
    kept = (await store.kept.get(KIND, [f"{day:%Y-%m-%d}"])).get(f"{day:%Y-%m-%d}")
    if kept is not None and kept[1] > now - FRESH:
        return kept
    return await progress(day, catalogue=catalogue, store=store, clock=clock), now


__all__ = ["DIMENSIONS", "KIND", "progress", "progress_kept"]
