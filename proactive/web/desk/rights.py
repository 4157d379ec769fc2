"""Requests of people about their data, at the desk: which clock runs out first, and what was answered.

The office of the dossier by which somebody proved who they are answers; who looks after the data sees all of them.
"""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.rights import BY_HAND, MOVES, WAITS, Asked, Right, RightsRequest
from proactive.errors import OutOfTurn, Overtaken
from proactive.steps.rights import answer_right, put_off
from proactive.store.people import Officer, Role
from proactive.store.readings import What
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site

PAGE = 50
HERE = "/desk/rights"
TABS: dict[str, tuple[Asked, ...]] = {
    "waits": (Asked.ASKED, Asked.ACKNOWLEDGED, Asked.GRANTED),
    "answered": (Asked.DONE, Asked.REFUSED),
}
PUT_OFF = "put_off"


class Rights:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/move", self.move, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        asked = request.query_params.get("show", "")
        current, page = asked if asked in TABS else "waits", forms.page_number(request)
        found, total = await site.store.rights.waiting(
            TABS[current], office=_office(officer), limit=PAGE, offset=(page - 1) * PAGE
        )
        return site.pages.show(
            request,
            "desk/rights.html",
            session=session,
            officer=officer,
            tabs=list(TABS),
            current=current,
            requests=found,
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
        )

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        found = await self._request(request, officer)
        await self._read(found, officer)
        return await self._page(request, session, officer, found)

    async def _request(self, request: Request, officer: Officer) -> RightsRequest:
        try:
            found = await self._site.store.rights.get(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if found is None or _office(officer) not in (None, await self._office_of(found)):
            raise HTTPException(404)
        return found

    async def _office_of(self, found: RightsRequest) -> str | None:
        dossier = await self._site.store.dossiers.get(found.dossier_id)
        return dossier.office if dossier else None

    async def _read(self, found: RightsRequest, officer: Officer) -> None:
        await self._site.store.readings.add(
            What.DOSSIER, dossiers=[found.dossier_id], actor=officer.username, office=officer.office,
            purpose="rights", now=self._site.clock.now(),
        )  # fmt: skip

    async def _page(
        self, request: Request, session: SignedIn, officer: Officer, found: RightsRequest, *, error: str = ""
    ) -> Response:
        own = officer.office == await self._office_of(found)
        moves = [state for state in Asked if state in BY_HAND & MOVES[found.state]]
        if found.right is Right.ERASE:
            moves = [state for state in moves if state is not Asked.DONE]
        else:
            moves = [state for state in moves if state is not Asked.GRANTED]
        return self._site.pages.show(
            request,
            "desk/rights_one.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            one=found,
            own=own,
            moves=moves,
            may_put_off=found.state in WAITS and found.extended_because is None,
            error=error,
        )

    async def move(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        found, typed, note = await self._request(request, officer), form.text("to"), form.text("note", most=1000)
        if typed not in {PUT_OFF, *(str(state) for state in BY_HAND)}:
            return await self._page(request, session, officer, found, error="to")
        if typed in {PUT_OFF, Asked.DONE, Asked.REFUSED} and not note:
            return await self._page(request, session, officer, found, error="note")
        try:
            if form.number("version") != found.version:
                raise Overtaken
            if typed == PUT_OFF:
                await put_off(found, because=note, privacy=site.privacy, store=site.store, clock=site.clock)
            else:
                await answer_right(
                    found, Asked(typed), by=officer.username, answer=note, store=site.store, now=site.clock.now()
                )
        except (OutOfTurn, Overtaken):
            back = f"{HERE}/{found.id}"
            return site.pages.show(request, "stale.html", status=409, session=session, back=back, desk=True)
        return to(f"{HERE}/{found.id}")


def _office(officer: Officer) -> str | None:
    """Whose requests an officer may see; None: everybody's."""
    return None if officer.role is Role.DATA else officer.office
