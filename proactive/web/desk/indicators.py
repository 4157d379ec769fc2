"""The indicators of a month, of the city and of each unit, for officers: a page, JSON and CSV. They show nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.steps.indicators import (
    DEFINITIONS,
    Definition,
    Figure,
    Indicators,
    Month,
    as_csv,
    indicators_kept,
    trend,
)
from proactive.web.desk.sign_in import officer_at
from proactive.web.site import Site

MONTHS = 13
"""How far back a page looks: this month and a year."""

DRAWN = ("on_time", "online_filed", "digital_dossiers")
"""The indicators that are drawn month by month."""

Line = tuple[str, Definition, dict[str, object] | None]


@dataclass(frozen=True)
class Group:
    """One of the groups of Decision 766, or the proactive ones."""

    name: str
    lines: list[Line]


class Figures:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/indicators", self.show, methods=["GET"]),
            Route("/desk/indicators.json", self.as_json, methods=["GET"]),
            Route("/desk/indicators.csv", self.as_csv, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        told = await self._told(request)
        unit = request.query_params.get("unit", "")
        if unit and unit not in told["units"]:
            unit = ""
        months = self._months()
        spans = [self._month(one) for one in reversed(months)]
        drawn = await trend(spans, unit, store=self._site.store)
        return self._site.pages.show(
            request,
            "desk/indicators.html",
            session=session,
            officer=officer,
            told=told,
            unit=unit,
            units=list(told["units"]),
            months=months,
            trend=_lines(drawn),
            groups=_grouped(told["units"][unit] if unit else told["city"], of_unit=bool(unit)),
        )

    async def as_json(self, request: Request) -> Response:
        await officer_at(self._site, request)
        return Response(msgspec.json.encode(await self._told(request)), media_type="application/json")

    async def as_csv(self, request: Request) -> Response:
        await officer_at(self._site, request)
        told = await self._told(request)
        answer = Response(as_csv(told), media_type="text/csv; charset=utf-8")
        answer.headers["content-disposition"] = f'attachment; filename="chi-so-{told["month"]}.csv"'
        return answer

    async def _told(self, request: Request) -> Indicators:
        months = self._months()
        asked = request.query_params.get("month") or months[0]
        if asked not in months:
            raise HTTPException(404)
        return await indicators_kept(self._month(asked), store=self._site.store)

    def _month(self, written: str) -> Month:
        return Month(date.fromisoformat(f"{written}-01"), self._site.clock.now())

    def _months(self) -> list[str]:
        """The newest first."""
        first, found = self._site.clock.today().replace(day=1), []
        for _ in range(MONTHS):
            found.append(f"{first:%Y-%m}")
            first = (first - timedelta(days=1)).replace(day=1)
        return found


def _lines(drawn: Mapping[date, Mapping[str, Figure]]) -> list[tuple[str, list[float | None]]]:
    """The months with their shares, from the first that has any."""
    lines = [
        (f"{first:%m/%Y}", [found[name].exact if name in found else None for name in DRAWN])
        for first, found in drawn.items()
    ]
    return list(dropwhile(lambda line: not any(share is not None for share in line[1]), lines))


def _grouped(found: dict[str, dict[str, object]], *, of_unit: bool) -> list[Group]:
    """Every definition with its figure; what is the city's alone is left out for a unit."""
    groups: dict[str, list[Line]] = {}
    for name, what in DEFINITIONS.items():
        if name in found or not of_unit:
            groups.setdefault(what.group, []).append((name, what, found.get(name)))
    return [Group(name, lines) for name, lines in groups.items()]
