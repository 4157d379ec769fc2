"""One case at the desk of an office that has a part in it: what is in it, what may be done, what happened.

The full id is shown on demand, which is written down.
"""

from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.case import Act, Case, Line, allowed
from proactive.errors import OutOfTurn, Permanent
from proactive.papers.printing import printed
from proactive.steps.case_clock import last_day_to_apologise, signals
from proactive.steps.casework import LONGEST_RESULT, Asked, act
from proactive.steps.catalogue import read_body
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.case_papers import letter, printable
from proactive.web.desk.cases import HERE
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules.procedures import Procedure


class CaseAtDesk:
    def __init__(self, site: Site) -> None:
        self._site = site
        one = f"{HERE}/{{reference}}"
        self.routes = [
            Route(one, self.show, methods=["GET"]),
            Route(f"{one}/act", self.do, methods=["POST"]),
            Route(f"{one}/finish", self.finish, methods=["POST"]),
            Route(f"{one}/show", self.reveal, methods=["POST"]),
            Route(f"{one}/result", self.result, methods=["GET"]),
            Route(f"{one}/papers/{{form}}", self.paper, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer, *await self._case(request, officer))

    async def do(self, request: Request) -> Response:
        """Whatever needs no document."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        (case, procedure), typed = await self._case(request, officer), form.text("act")
        if typed not in set(Act) - {Act.FINISH}:
            return await self._page(request, session, officer, case, procedure, error="Chọn việc cần làm.")
        asked = Asked(
            act=Act(typed), by=officer.username, office=officer.office, now=self._site.clock.now(),
            note=form.text("note", most=forms.MOST_NOTE), vnd=_amount(form), new_date=_day(form.text("new_date")),
        )  # fmt: skip
        return await self._done(request, session, officer, case, procedure, asked, form.number("version"))

    async def finish(self, request: Request) -> Response:
        """The result is filed as a digital document."""
        session, officer = await officer_at(self._site, request)
        form, upload = await forms.read_with_file(request, most=LONGEST_RESULT)
        self._site.door.check(request, form, session)
        case, procedure = await self._case(request, officer)
        document = (upload.name, "application/pdf", upload.content) if upload is not None else None
        asked = Asked(
            act=Act.FINISH, by=officer.username, office=officer.office, now=self._site.clock.now(), document=document
        )
        return await self._done(request, session, officer, case, procedure, asked, form.number("version"))

    async def _done(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        case: Case,
        procedure: Procedure,
        asked: Asked,
        version: int,
    ) -> Response:
        store = self._site.store
        try:
            done = act(case, asked, procedure)
        except (Permanent, OutOfTurn) as no:
            return await self._page(request, session, officer, case, procedure, error=str(no))
        if version != case.version or not await store.cases.keep(case, done.case, done.lines, done.result):
            back = f"{HERE}/{case.reference}"
            return self._site.pages.show(request, "stale.html", status=409, session=session, back=back, desk=True)
        return to(f"{HERE}/{case.reference}")

    async def reveal(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        case, procedure = await self._case(request, officer)
        await self._looked(case, officer)
        return await self._page(request, session, officer, case, procedure, reveal=True)

    async def paper(self, request: Request) -> Response:
        """An official form of the case. 404 where nothing has happened that it is about."""
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        (case, procedure), form = await self._case(request, officer), request.path_params["form"]
        lines = await self._site.store.cases.lines(case.reference)
        if form not in printable(lines):
            raise HTTPException(404)
        data = letter(
            form, case, procedure, lines, office=self._site.wording.office, officer=officer.full_name,
            now=self._site.clock.now(),
        )  # fmt: skip
        paper = await printed(form, data)
        await self._looked(case, officer, note=f"paper {form}")
        answer = Response(paper, media_type="application/pdf")
        answer.headers["content-disposition"] = f'inline; filename="{form}.pdf"'
        return answer

    async def _looked(self, case: Case, officer: Officer, *, note: str | None = None) -> None:
        looked = Line(
            reference=case.reference, at=self._site.clock.now(), actor=officer.username, office=officer.office,
            act="show", status=case.status, step=case.step, held_by=case.held_by, note=note,
        )  # fmt: skip
        await self._site.store.cases.looked(looked)

    async def result(self, request: Request) -> Response:
        _, officer = await officer_at(self._site, request)
        case, _ = await self._case(request, officer)
        result = await self._site.store.cases.result(case.reference)
        if result is None:
            raise HTTPException(404)
        answer = Response(result.content, media_type=result.media)
        answer.headers["content-disposition"] = f'attachment; filename="{case.reference}.pdf"'
        return answer

    async def _case(self, request: Request, officer: Officer) -> tuple[Case, Procedure]:
        """The case with its procedure, for an officer whose office has a part in it; for others it is not there."""
        found = await self._site.store.cases.with_procedure(request.path_params["reference"])
        if found is None:
            raise HTTPException(404)
        case, body = found
        if officer.office not in {case.receiving, case.competent, case.returning, case.held_by}:
            raise HTTPException(404)
        return case, read_body(body)

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        case: Case,
        procedure: Procedure,
        *,
        reveal: bool = False,
        error: str | None = None,
    ) -> Response:
        site = self._site
        lines = await site.store.cases.lines(case.reference)
        return site.pages.show(
            request,
            "desk/case.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            case=case,
            procedure=procedure,
            following=procedure.after(case.step),
            acts=allowed(case, officer.office),
            lines=lines,
            papers=printable(lines),
            signals=signals(case, site.clock.now()),
            apologise_until=last_day_to_apologise(case.due_on) if case.due_on else None,
            earlier=await site.store.cases.results_of(case.personal_id, limit=5),
            reveal=reveal,
            error=error,
        )


def _amount(form: forms.Form) -> int | None:
    digits = form.digits("vnd")
    return int(digits) if 0 < len(digits) < 11 else None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d/%m/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None
