"""Twelve months ahead at the desk: what falls due, officers' hours against it, and the messages that will take.

Counting goes over every stored occasion of a year. The worker does it every ten minutes and keeps it; a page reads
that, and counts only where no worker has.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.errors import Permanent
from proactive.foresight.capacity import NotTheirs, say
from proactive.foresight.workload import Month, Year, budgets, year
from proactive.foresight.workload_table import as_csv, as_pdf
from proactive.foresight.year import FRESH, count_year, counted_at, year_kept
from proactive.store.people import Officer, Role
from proactive.store.scope import NOBODY, within
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules.offices import offices

HERE = "/desk/forecast/year"
DRAWN = 6
"""Services, and offices, that a chart draws each by itself; the others are drawn together."""

FILLS = 10
"""A budget that is more than so many times what is needed would make a chart in which what is needed is a flat line."""

Reckoned = tuple[datetime, Mapping[str, Sequence[tuple[date, int]]], Mapping[str, tuple[int, int]]]
"""What a year is worked out from."""


class Workload:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._reckoned: tuple[Reckoned, Year] | None = None
        self._counting: asyncio.Task[int] | None = None
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}.csv", self.csv, methods=["GET"]),
            Route(f"{HERE}.pdf", self.pdf, methods=["GET"]),
            Route("/desk/forecast/capacity", self.say, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer)

    async def csv(self, request: Request) -> Response:
        await officer_at(self._site, request)
        at, found = await self._year()
        answer = Response(as_csv(found, at=at, language=self._language(request)), media_type="text/csv; charset=utf-8")
        answer.headers["content-disposition"] = 'attachment; filename="du-bao-12-thang.csv"'
        return answer

    async def pdf(self, request: Request) -> Response:
        await officer_at(self._site, request)
        at, found = await self._year()
        answer = Response(await as_pdf(found, at=at, language=self._language(request)), media_type="application/pdf")
        answer.headers["content-disposition"] = 'attachment; filename="du-bao-12-thang.pdf"'
        return answer

    async def say(self, request: Request) -> Response:
        """Keep how many hours an office has; officers say it of their own, stewards of any."""
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        try:
            from_day = date.fromisoformat(form.text("from_day"))
        except ValueError:
            from_day = date.min
        try:
            await say(
                officer, form.text("office") or officer.office, hours_a_week=form.number("hours_a_week"),
                from_day=from_day, note=form.text("note", most=forms.MOST_NOTE) or None, store=site.store,
                clock=site.clock,
            )  # fmt: skip
        except NotTheirs as error:
            raise HTTPException(403) from error
        except Permanent:
            return await self._page(request, session, officer, wrong=True)
        return to(f"{HERE}#capacity")

    async def _page(self, request: Request, session: SignedIn, officer: Officer, *, wrong: bool = False) -> Response:
        site = self._site
        at, found = await self._year()
        titles = {one.name: one.title for one in site.wording.services}
        due = {name: {month: one.occasions for month, one in of.items()} for name, of in found.services.items()}
        work = {name: {month: one.sum.occasions for month, one in of.items()} for name, of in found.offices.items()}
        return site.pages.show(
            request,
            "desk/workload.html",
            status=400 if wrong else 200,
            session=session,
            officer=officer,
            at=at,
            year=found,
            titles=titles,
            by_service=_charted(due, found.months),
            by_office=_charted(work, found.months),
            sending=_sending(found),
            steward=officer.role is Role.DATA,
            offices=sorted((one.name, one.id) for one in offices().values() if one.id in found.offices)
            if officer.role is Role.DATA
            else [],
            log=await site.store.capacities.log(officer.office),
            today=site.clock.today(),
            wrong=wrong,
        )

    async def _year(self) -> tuple[datetime, Year]:
        at = await self._counted_at()
        site, services = self._site, self._site.wording.services
        policy = site.manners.on(site.clock.today())
        of = at, await site.store.capacities.all(), budgets(services, policy)
        if self._reckoned is None or self._reckoned[0] != of:
            expected = await year_kept(services, store=site.store, clock=site.clock)
            self._reckoned = of, year(expected, of[1], of[2], is_working=policy.is_working)
        return at, self._reckoned[1]

    async def _counted_at(self) -> datetime:
        """When what is kept was counted. Where that is old, no worker counts: a new count is begun beside the pages,
        and waited for only where there is none of today."""
        store, clock = self._site.store, self._site.clock
        at, now = await counted_at(store=store, clock=clock), clock.now()
        if at is None or not at <= now < at + FRESH:
            if self._counting is None or self._counting.done():
                with within(NOBODY):  # it goes on after this request is answered, and is of nobody's office
                    count = count_year(self._site.wording.services, store=store, clock=clock)
                    self._counting = asyncio.create_task(count)
            if at is None:
                await asyncio.shield(self._counting)
                return await counted_at(store=store, clock=clock) or now
        return at

    def _language(self, request: Request) -> str:
        return self._site.pages.language(request)


@dataclass(frozen=True)
class Charted:
    """What a chart draws: its series, and a line of numbers a month; the last series may be all others together."""

    names: Sequence[str]
    others: int
    rows: Sequence[tuple[str, list[int]]]


def _charted(groups: Mapping[str, Mapping[Month, int]], months: Sequence[Month]) -> Charted:
    order = sorted(groups, key=lambda name: (-sum(groups[name].values()), name))
    names, rest = order[:DRAWN], order[DRAWN:]
    rows = [
        (month.name, [groups[name][month] for name in names] + ([sum(groups[n][month] for n in rest)] if rest else []))
        for month in months
    ]
    return Charted(names, len(rest), rows)


@dataclass(frozen=True)
class Sending:
    """Messages a month: at least, at most and the budget of the services that have something due."""

    rows: Sequence[tuple[str, int, int, int]]

    @property
    def comparable(self) -> bool:
        """Whether need and budget can be read in one drawing."""
        return max(row[2] for row in self.rows) * FILLS >= max(row[3] for row in self.rows)

    @property
    def fullest(self) -> tuple[str, float | None]:
        """The month that may take the largest share of its budget, and that share."""
        shares = [(row[2] / row[3], row[0]) for row in self.rows if row[3]]
        share, name = max(shares, default=(None, self.rows[0][0]))
        return name, share


def _sending(found: Year) -> Sending:
    known = [name for name in found.services if name in found.budgets]
    return Sending([
        (month.name, found.city[month].sum.messages_least, found.city[month].sum.messages_most,
         sum(found.budgets[name][month].messages for name in known))
        for month in found.months
    ])  # fmt: skip
