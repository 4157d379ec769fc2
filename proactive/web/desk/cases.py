"""The one-stop desk: what this office has to do with cases, and a case for somebody who walks in.

Any centre can receive any boundary-free procedure, also one that is not proactive.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.case import Kind, Paper, ReturnBy
from proactive.domain.procedure import Stage
from proactive.errors import Permanent
from proactive.steps.catalogue import said
from proactive.steps.receive import WalkIn, published, receives, walk_in
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from proactive.web.wording import centres
from rules.procedures import Procedure

PAGE = 50
HERE = "/desk/cases"
TABS = ("here", "asked", "ready", "away", "done")


class Cases:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/new", self.new, methods=["GET"]),
            Route(HERE, self.create, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        asked = request.query_params.get("show", "")
        current = asked if asked in TABS else TABS[0]
        page = forms.page_number(request)
        found = await site.store.cases.page(current, office=officer.office, limit=PAGE + 1, offset=(page - 1) * PAGE)
        names = {entry.code: said(entry).name for entry in await site.store.procedures.all(Stage.PUBLISHED)}
        return site.pages.show(
            request,
            "desk/cases.html",
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            tabs=TABS,
            tally=await site.store.cases.tally(office=officer.office),
            current=current,
            cases=found[:PAGE],
            more=len(found) > PAGE,
            page=page,
            names=names,
            signals=await site.store.cases.signals(
                office=officer.office, references=[case.reference for case in found[:PAGE]]
            ),
        )

    async def new(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._form(request, session, officer)

    async def _form(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        *,
        typed: dict[str, str] | None = None,
        error: str | None = None,
    ) -> Response:
        site = self._site
        code = (typed or {}).get("procedure") or request.query_params.get("procedure", "")
        listed = await self._receivable(officer.office)
        return site.pages.show(
            request,
            "desk/case_new.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            procedures=listed,
            procedure=next((one for one in listed if one.code == code), None),
            typed=typed or {"returning": officer.office, "return_by": "office"},
            centres=centres(site.clock.today()),
            error=error,
        )

    async def _receivable(self, office: str) -> list[Procedure]:
        published = [said(entry) for entry in await self._site.store.procedures.all(Stage.PUBLISHED)]
        return sorted((p for p in published if receives(p, office)), key=lambda p: (p.sample, p.field, p.name.vi))

    async def create(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        names = ("procedure", "full_name", "phone", "unit", "returning", "return_by", "post_address")
        typed = {name: form.text(name) for name in names} | {"personal_id": form.digits("personal_id")}
        found = await published(typed["procedure"], store=site.store)
        if found is None or not receives(found[0], officer.office) or typed["return_by"] not in set(ReturnBy):
            return await self._form(request, session, officer, typed=typed, error="Chọn thủ tục và cách nhận kết quả.")
        procedure, version = found
        papers = tuple(
            Paper(
                name=component.name.vi,
                kind=Kind.ELECTRONIC if form.text(f"paper-{place}") in {"electronic", "reused"} else Kind.ORIGINAL,
                reused=form.text(f"paper-{place}") == "reused",
            )
            for place, component in enumerate(procedure.components)
        )
        asked = WalkIn(
            personal_id=typed["personal_id"], full_name=typed["full_name"],
            phone=typed["phone"] or None, unit=typed["unit"] or None, returning=typed["returning"] or officer.office,
            return_by=ReturnBy(typed["return_by"]), post_address=typed["post_address"] or None, papers=papers,
        )  # fmt: skip
        try:
            case = await walk_in(
                asked, procedure, version, by=officer.username, office=officer.office, store=site.store,
                clock=site.clock,
            )  # fmt: skip
        except Permanent as no:
            return await self._form(request, session, officer, typed=typed, error=str(no))
        return to(f"{HERE}/{case.reference}")
