"""Pilots at the desk: what runs and what it came to, for every officer; a switch that stops one, for every officer too.

Who looks after the city's data (role `data`) proposes, approves, starts and concludes, each in their own name; two of
them are needed. Counts are of all offices and show nobody; what is downloaded leaves counts under five out.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.pilot import IN_FORCE, KILLS, STEPS, Criteria, Outcome, Pilot, Verb
from proactive.errors import OutOfTurn, Permanent
from proactive.pilots import words
from proactive.pilots.exporting import as_csv, as_pdf
from proactive.pilots.planning import BadPlan, planned
from proactive.pilots.report import MEASURES, Report, drawn_up, report
from proactive.store.people import Officer, Role
from proactive.store.pilots import PilotCounts
from proactive.store.scope import NOBODY, within
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at, steward_at
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site
from rules.base import Words
from rules.offices import units

HERE = "/desk/pilots"
KEPT = timedelta(seconds=30)
"""Figures are counted at most once in so long, however many look at them."""
DRAWN = ("handed", "reached", "opened", "confirmed", "approved", "issued", "settled", "complained")
NUMBERS = ("a_day", "total", "hold_out", "confirmed_at_least", "on_time_at_least", "complaints_at_most")
NOT_DONE = Words(
    vi="Bước này không làm được: trạng thái vừa đổi, hôm nay không nằm trong đợt, dịch vụ đang gửi cho mọi người, hoặc "
    "cần một người khác thực hiện.",
    en="This step cannot be done: the state has just changed, today is not within the pilot, the service tells "
    "everybody already, or another person is needed.",
)


class Pilots:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._counting: dict[int, asyncio.Task[PilotCounts]] = {}
        self.routes = [
            Route(HERE, self.all, methods=["GET"]),
            Route(f"{HERE}/new", self.new, methods=["GET"]),
            Route(HERE, self.propose, methods=["POST"]),
            Route(f"{HERE}/{{id:int}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id:int}}/act", self.act, methods=["POST"]),
            Route(f"{HERE}/{{id:int}}/report.csv", self.csv, methods=["GET"]),
            Route(f"{HERE}/{{id:int}}/report.pdf", self.pdf, methods=["GET"]),
        ]

    async def all(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return self._site.pages.show(
            request,
            "desk/pilots.html",
            session=session,
            officer=officer,
            pilots=await self._site.store.pilots.all(),
            titles=self._titles(),
            states=words.STATES,
            outcomes=words.OUTCOMES,
            steward=officer.role is Role.DATA,
        )

    async def new(self, request: Request) -> Response:
        session, officer = await steward_at(self._site, request)
        return self._form(request, session, officer, typed={}, wrong=[])

    async def propose(self, request: Request) -> Response:
        site = self._site
        session, officer = await steward_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        names = ("service", "reason", "document", "starts_on", "ends_on", "guests", "where", *NUMBERS)
        typed = {name: form.text(name, most=forms.MOST_NOTE) for name in names}
        typed |= {f"unit-{code}": "on" for code in form.starting("unit-")}
        try:
            plan = planned(site.catalogue.services, **_asked(form, typed), today=site.clock.today())
        except BadPlan as error:
            return self._form(request, session, officer, typed=typed, wrong=error.wrong)
        try:
            made = await site.store.pilots.propose(plan, by=officer.username, now=site.clock.now())
        except OutOfTurn:
            taken = Words(vi="Dịch vụ này đang có một thí điểm chưa kết thúc.", en="This service has an open pilot.")
            return self._form(request, session, officer, typed=typed, wrong=[taken])
        return to(f"{HERE}/{made}")

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer, await self._pilot(request))

    async def act(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        pilot, asked, outcome = await self._pilot(request), form.text("verb"), form.text("outcome")
        if asked not in set(Verb) or (officer.role is not Role.DATA and Verb(asked) not in KILLS):
            raise HTTPException(403)
        document, reason = form.text("document"), form.text("reason", most=forms.MOST_NOTE)
        if Verb(asked) is Verb.CONCLUDE and not document:
            said = Words(vi="Nhập số văn bản của kết luận.", en="Enter the number of the document that concludes it.")
            return await self._page(request, session, officer, pilot, said=said)
        try:
            await site.store.pilots.step(
                pilot.id, Verb(asked), by=officer.username, now=site.clock.now(), today=site.clock.today(),
                reason=reason or None, document=document or None,
                outcome=Outcome(outcome) if outcome in set(Outcome) else None,
            )  # fmt: skip
        except (OutOfTurn, Permanent):
            return await self._page(request, session, officer, await self._pilot(request), said=NOT_DONE)
        return to(f"{HERE}/{pilot.id}")

    async def csv(self, request: Request) -> Response:
        told, title, language = await self._exported(request)
        return _file(as_csv(told, title=title, language=language), "text/csv; charset=utf-8", f"{told.pilot.id}.csv")

    async def pdf(self, request: Request) -> Response:
        told, title, language = await self._exported(request)
        return _file(await as_pdf(told, title=title, language=language), "application/pdf", f"{told.pilot.id}.pdf")

    async def _exported(self, request: Request) -> tuple[Report, str, str]:
        await officer_at(self._site, request)
        told = await self._report(await self._pilot(request))
        language = self._site.pages.language(request)
        title = self._titles().get(told.pilot.service)
        return told, getattr(title, language) if title else told.pilot.service, language

    async def _page(
        self, request: Request, session: SignedIn, officer: Officer, pilot: Pilot, *, said: Words | None = None
    ) -> Response:
        site = self._site
        told = await self._report(pilot)
        steward = officer.role is Role.DATA
        mine = [
            verb for verb, (before, _) in STEPS.items()
            if pilot.state in before and (steward or verb in KILLS) and not _needs_another(pilot, verb, officer)
        ]  # fmt: skip
        return site.pages.show(
            request,
            "desk/pilot.html",
            status=400 if said else 200,
            session=session,
            officer=officer,
            pilot=pilot,
            told=told,
            log=await site.store.pilots.log(pilot.id),
            title=self._titles().get(pilot.service),
            words=words,
            measures=MEASURES,
            drawn=[(name, told.lines[name]) for name in DRAWN],
            verbs=mine,
            another=steward and any(pilot.state in STEPS[v][0] and _needs_another(pilot, v, officer) for v in STEPS),
            kills=KILLS,
            outcomes=words.OUTCOMES,
            said=said,
        )

    def _form(
        self, request: Request, session: SignedIn, officer: Officer, *, typed: Mapping[str, str], wrong: list[Words]
    ) -> Response:
        today = self._site.clock.today()
        return self._site.pages.show(
            request,
            "desk/pilot_new.html",
            status=400 if wrong else 200,
            session=session,
            officer=officer,
            services=self._site.wording.services,
            units=[one for one in units().values() if one.valid_to is None],
            typed=typed,
            wrong=wrong,
            fields={one.name: [field.name for field in one.form.fields] for one in self._site.wording.services},
            first=today,
            last=today + timedelta(days=42),
        )

    async def _pilot(self, request: Request) -> Pilot:
        found = await self._site.store.pilots.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404)
        return found

    async def _report(self, pilot: Pilot) -> Report:
        """What was counted last, and as of when; where that is old a new count is begun beside the pages. Only whoever
        asks first of all waits; the worker counts now and then too, so that nobody is shown what is very old."""
        store, now = self._site.store, self._site.clock.now()
        if pilot.state not in IN_FORCE:  # nobody to count yet, or concluded on counts that are kept
            return await report(pilot, store=store, now=now)
        known = await store.pilots.counted(pilot.id)
        if known is None or not known.at <= now < known.at + KEPT:
            counting = self._counting.get(pilot.id)
            if counting is None or counting.done():
                with within(NOBODY):  # it goes on after this request is answered, and is of nobody's office
                    count = store.pilots.count(pilot.id, now=now)
                    self._counting[pilot.id] = counting = asyncio.create_task(count)
            if known is None:
                known = await asyncio.shield(counting)
        return drawn_up(pilot, known)

    def _titles(self) -> dict[str, Words]:
        return {one.name: one.title for one in self._site.wording.services}


def _needs_another(pilot: Pilot, verb: Verb, officer: Officer) -> bool:
    first = {Verb.APPROVE: pilot.proposed_by, Verb.RESUME: pilot.paused_by}.get(verb)
    return first == officer.username


def _asked(form: Form, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as `planned` takes it; a number that is none is -1, which no plan takes."""
    number = {name: form.number(name) if typed[name] else None for name in NUMBERS}
    return {
        "service": typed["service"],
        "reason": typed["reason"],
        "document": typed["document"],
        "units": [name.removeprefix("unit-") for name in typed if name.startswith("unit-")],
        "where": [line for line in typed["where"].splitlines() if line.strip()],
        "guests": typed["guests"] == "yes",
        "a_day": _or(number["a_day"], -1),
        "total": _or(number["total"], -1),
        "hold_out": _or(number["hold_out"], -1),
        "criteria": Criteria(
            confirmed_at_least=number["confirmed_at_least"],
            on_time_at_least=number["on_time_at_least"],
            complaints_at_most=number["complaints_at_most"],
        ),
        "starts_on": _day(typed["starts_on"]),
        "ends_on": _day(typed["ends_on"]),
    }


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return date.min


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, media_type=kind)
    answer.headers["content-disposition"] = f'attachment; filename="thi-diem-{name}"'
    return answer
