"""What will fall due: how many a day or month, of which service, at which office, and what that costs. Only numbers.

Counting goes over every stored occasion of the period, so what was counted is kept for a few minutes and says as of
when; whatever is chosen on the page is then cut out of it.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.foresight.assumptions import assumptions
from proactive.foresight.costs import cost
from proactive.foresight.expected import Expected, Place, Sum
from proactive.foresight.forecast import forecast
from proactive.foresight.report import by_day, chart
from proactive.store.expectations import Expectations
from proactive.web.desk.sign_in import officer_at
from proactive.web.site import Site
from rules import Service
from rules.offices import offices

PERIODS = (30, 60, 180, 365)
"""Days that a forecast may cover."""

KEPT = timedelta(minutes=5)

Counted = tuple[datetime, Expected]


class Forecast:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._expectations = Expectations(site.store.engine)
        self._counted: dict[tuple[date, int], Counted] = {}
        self._one_at_a_time = asyncio.Lock()
        self.routes = [Route("/desk/forecast", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        site, asked = self._site, request.query_params
        session, officer = await officer_at(site, request)
        services = site.wording.services
        days = next((one for one in PERIODS if str(one) == asked.get("days")), PERIODS[0])
        at, everything = await self._expected(services, days)
        places = {place.office for place in everything.counts} | {officer.office}
        office = asked.get("office", officer.office)
        office = office if office in places else ""
        service = next((one.name for one in services if one.name == asked.get("service")), "")
        expected = _cut(everything, service, office)
        titles = {one.name: one.title.vi for one in services}
        return site.pages.show(
            request,
            "desk/forecast.html",
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            at=at,
            expected=expected,
            days=days,
            periods=PERIODS,
            services=services,
            service=service,
            offices=sorted((_named(code), code) for code in places),
            chosen=office,
            daily=by_day(expected),
            chart=Markup(chart(expected, titles)),  # noqa: S704 -- our own picture; every text in it is escaped
            rows=_rows(expected),
            by_office=_by_office(expected),
            total=expected.sum(expected.by_day()),
            before=expected.sum(expected.before()),
        )

    async def _expected(self, services: Sequence[Service], days: int) -> Counted:
        """Counted not longer ago than `KEPT`; whoever asks meanwhile waits for the same count."""
        now, first = self._site.clock.now(), self._site.clock.today()
        async with self._one_at_a_time:
            known = self._counted.get((first, days))
            if known is not None and known[0] <= now < known[0] + KEPT:
                return known
            reckoned = assumptions(first)
            costs = {one.name: cost(one, reckoned) for one in services}
            expected = Expected(first, first + timedelta(days=days - 1), costs, reckoned)
            await forecast(services, expected, expectations=self._expectations)
            self._counted = {key: one for key, one in self._counted.items() if key[0] == first}
            self._counted[first, days] = now, expected
            return now, expected


def _cut(expected: Expected, service: str, office: str) -> Expected:
    """What is left of it for one service and one office; all where none is named."""
    counts = Counter(
        {
            place: number
            for place, number in expected.counts.items()
            if service in ("", place.service) and office in ("", place.office)
        }
    )
    return Expected(expected.first, expected.last, expected.costs, expected.reckoned, counts)


def _rows(expected: Expected) -> list[tuple[str, str, Sum]]:
    """By day or month, and service: all offices together."""
    daily, found = by_day(expected), dict[tuple[str, str, str], list[Place]]()
    for place in expected.by_day():
        if place.day is not None:
            label = f"{place.day:%d/%m/%Y}" if daily else f"{place.day:%m/%Y}"
            found.setdefault((place.day.isoformat()[: 10 if daily else 7], place.service, label), []).append(place)
    return [(label, service, expected.sum(places)) for (_, service, label), places in sorted(found.items())]


def _by_office(expected: Expected) -> list[tuple[str, Sum]]:
    """The busiest first."""
    found: dict[str, list[Place]] = {}
    for place in expected.by_day():
        found.setdefault(place.office, []).append(place)
    sums = [(_named(code), expected.sum(places)) for code, places in found.items()]
    return sorted(sums, key=lambda one: (-one[1].occasions, one[0]))


def _named(code: str) -> str:
    office = offices().get(code)
    return office.name if office is not None else code
