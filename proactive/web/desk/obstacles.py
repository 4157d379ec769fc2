"""Obstacles at the desk: a unit reports one, its owner removes it in time, the unit says whether it is gone."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.obstacle import LONGEST_DETAIL, LONGEST_TITLE, OBSTACLE_MOVES, OPEN, Obstacle, ObstacleState
from proactive.domain.procedure import Stage
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.steps.catalogue import said
from proactive.steps.obstacles import move, report
from proactive.store.obstacles import TABS
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules.candidates import criteria
from rules.offices import OfficeKind, offices
from rules.plan import plan

HERE = "/desk/obstacles"
PAGE = 50


class Obstacles:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(HERE, self.add, methods=["POST"]),
            Route(f"{HERE}/new", self.new, methods=["GET"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/move", self.move, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        tab = request.query_params.get("show", "open")
        tab = tab if tab in TABS else "open"
        page, today = forms.page_number(request), site.clock.today()
        counts = await site.store.obstacles.tally(office=officer.office, today=today)
        found = await site.store.obstacles.page(
            tab, office=officer.office, today=today, limit=PAGE, offset=(page - 1) * PAGE
        )
        return site.pages.show(
            request,
            "desk/obstacles.html",
            session=session,
            officer=officer,
            found=found,
            tabs=[(name, counts[name], name == tab) for name in TABS],
            tab=tab,
            page=page,
            pages=max(1, -(-counts[tab] // PAGE)),
            reminders=await site.store.obstacles.reminders(officer.office),
            kinds=plan().obstacles.kinds,
        )

    async def new(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._form(request, session, officer, {})

    async def _form(
        self, request: Request, session: SignedIn, officer: Officer, typed: dict[str, str], *, missing: str = ""
    ) -> Response:
        published = await self._site.store.procedures.all(Stage.PUBLISHED)
        owners = [one for one in offices().values() if one.kind is not OfficeKind.POLICE_POINT]
        first = criteria().decided_by.office
        return self._site.pages.show(
            request,
            "desk/obstacle_new.html",
            status=400 if missing else 200,
            session=session,
            officer=officer,
            typed={"owner": first, **typed},
            missing=missing,
            kinds=plan().obstacles.kinds,
            owners=sorted(owners, key=lambda one: (one.kind is OfficeKind.COMMUNE_CENTRE, one.name)),
            procedures=[(one.code, said(one).name) for one in published],
            rules=plan().obstacles,
        )

    async def add(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        typed = {name: form.text(name) for name in ("kind", "owner", "procedure")}
        typed |= {"title": form.text("title", most=LONGEST_TITLE), "detail": form.text("detail", most=LONGEST_DETAIL)}
        missing = next((name for name in ("title", "detail", "kind") if not typed[name]), "")
        if missing:
            return await self._form(request, session, officer, typed, missing=missing)
        try:
            one = await report(
                title=typed["title"], detail=typed["detail"], kind=typed["kind"], owner=typed["owner"],
                procedure=typed["procedure"] or None, by=officer.username, office=officer.office,
                store=self._site.store, clock=self._site.clock,
            )  # fmt: skip
        except Permanent as error:
            raise HTTPException(400) from error
        return to(f"{HERE}/{one.id}")

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer, await self._obstacle(request))

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        one: Obstacle,
        *,
        status: int = 200,
        error: str = "",
    ) -> Response:
        return self._site.pages.show(
            request,
            "desk/obstacle.html",
            status=status,
            session=session,
            officer=officer,
            one=one,
            late=one.late(self._site.clock.today()),
            open=one.state in OPEN,
            moves=[state for state in ObstacleState if _may(one, state, officer)],
            lines=await self._site.store.steering.lines(one.id),
            kinds=plan().obstacles.kinds,
            error=error,
        )

    async def move(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        before = await self._obstacle(request)
        wanted, note = form.text("to"), form.text("note", most=LONGEST_DETAIL)
        if wanted not in set(ObstacleState):
            raise HTTPException(400)
        if not note and wanted in {ObstacleState.RESOLVED, ObstacleState.WITHDRAWN}:
            return await self._page(request, session, officer, before, status=400, error="note")
        try:
            await move(
                before, ObstacleState(wanted), by=officer.username, office=officer.office, note=note,
                store=self._site.store, clock=self._site.clock,
            )  # fmt: skip
        except (Overtaken, OutOfTurn):
            return self._site.pages.show(
                request, "stale.html", status=409, session=session, back=f"{HERE}/{before.id}", desk=True
            )
        except Permanent as error:
            raise HTTPException(403) from error
        return to(f"{HERE}/{before.id}")

    async def _obstacle(self, request: Request) -> Obstacle:
        try:
            found = await self._site.store.obstacles.get(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if found is None:
            raise HTTPException(404)
        return found


def _may(one: Obstacle, to: ObstacleState, officer: Officer) -> bool:
    """Whether this officer's office may take the step, so that no button is shown that would be refused."""
    mine = one.office if one.state is ObstacleState.RESOLVED or to is ObstacleState.WITHDRAWN else one.owner
    return to in OBSTACLE_MOVES[one.state] and officer.office == mine
