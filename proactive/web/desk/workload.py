"""Twelve months ahead at the desk: what falls due, officers' hours against it, and the messages that will take.

Counting goes over every stored occasion of a year. It is done beside the pages: whoever asks gets what was counted
last, at most a quarter of an hour old, and only the first one after a start waits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.errors import Permanent
from proactive.foresight.capacity import NotTheirs, say
from proactive.foresight.expected import Expected
from proactive.foresight.workload import Year, ahead, budgets, year
from proactive.foresight.workload_table import as_csv, as_pdf
from proactive.store.expectations import Expectations
from proactive.store.people import Officer, Role
from proactive.store.scope import NOBODY, within
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules import Service
from rules.offices import offices

HERE = "/desk/forecast/year"
FRESH = timedelta(minutes=15)
SERVICES_DRAWN = 6

Counted = tuple[datetime, Expected]
Reckoned = tuple[datetime, Mapping[str, Sequence[tuple[date, int]]], Mapping[str, tuple[int, int]]]
"""What a year is worked out from."""


class Workload:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._expectations = Expectations(site.store.engine)
        self._counted: Counted | None = None
        self._reckoned: tuple[Reckoned, Year] | None = None
        self._counting: asyncio.Task[Counted] | None = None
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
        drawn = sorted(found.services, key=lambda name: -sum(one.occasions for one in found.services[name].values()))
        return site.pages.show(
            request,
            "desk/workload.html",
            status=400 if wrong else 200,
            session=session,
            officer=officer,
            at=at,
            year=found,
            titles=titles,
            drawn=drawn[:SERVICES_DRAWN],
            others=drawn[SERVICES_DRAWN:],
            steward=officer.role is Role.DATA,
            offices=sorted((one.name, one.id) for one in offices().values() if one.id in found.offices)
            if officer.role is Role.DATA
            else [],
            log=await site.store.capacities.log(officer.office),
            today=site.clock.today(),
            wrong=wrong,
        )

    async def _year(self) -> tuple[datetime, Year]:
        at, expected = await self._expected()
        policy = self._site.manners.on(self._site.clock.today())
        most = budgets(self._site.wording.services, policy)
        hours = await self._site.store.capacities.all()
        if self._reckoned is None or self._reckoned[0] != (at, hours, most):
            self._reckoned = (at, hours, most), year(expected, hours, most, is_working=policy.is_working)
        return at, self._reckoned[1]

    async def _expected(self) -> Counted:
        """What was counted last; a new count is begun where that is old, and waited for only where there is none."""
        known, now, first = self._counted, self._site.clock.now(), self._site.clock.today()
        current = known is not None and known[1].first == first
        if not (known is not None and current and known[0] <= now < known[0] + FRESH):
            if self._counting is None or self._counting.done():
                with within(NOBODY):  # it goes on after this request is answered, and is of nobody's office
                    self._counting = asyncio.create_task(self._count(self._site.wording.services, now, first))
            if known is None or not current:
                return await asyncio.shield(self._counting)
        assert known is not None  # or it was waited for
        return known

    async def _count(self, services: Sequence[Service], now: datetime, first: date) -> Counted:
        self._counted = now, await ahead(services, first, expectations=self._expectations)
        return self._counted

    def _language(self, request: Request) -> str:
        return self._site.pages.language(request)
