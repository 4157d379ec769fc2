"""The officers' door: user name and password, the same work and words whether or not the name is known."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.store.people import Officer, Role
from proactive.store.readings import What
from proactive.store.scope import Scope, enter
from proactive.web import forms
from proactive.web.door import OFFICER, SignedIn, SignedOut, address
from proactive.web.identity.grammar import Audience
from proactive.web.pages import to
from proactive.web.site import Site

WINDOW = timedelta(minutes=10)


async def officer_at(site: Site, request: Request) -> tuple[SignedIn, Officer]:
    """The officer who is signed in; the database shows their office and no other from here on.

    Raises `SignedOut`, also when the account was closed meanwhile.
    """
    session = await site.door.signed_in(request, OFFICER)
    officer = session.officer
    if officer is None or not officer.active:
        raise SignedOut(OFFICER)
    enter(officers_scope(officer))
    return session, officer


def officers_scope(officer: Officer) -> Scope:
    """What the database shows an officer: their office, and by their role what belongs to no office."""
    return Scope(actor=officer.username, office=officer.office, role=officer.role)


async def steward_at(site: Site, request: Request) -> tuple[SignedIn, Officer]:
    """The officer who is signed in and looks after the registers' data. Raises `SignedOut`, or 403 for others."""
    session, officer = await officer_at(site, request)
    if officer.role is not Role.DATA:
        raise HTTPException(403)
    return session, officer


async def read_by(site: Site, officer: Officer, what: What, dossiers: Sequence[UUID], *, purpose: str) -> None:
    """Write down that this officer is shown these dossiers now, and for what. Nothing is shown where this fails."""
    await site.store.readings.add(
        what, dossiers=dossiers, actor=officer.username, office=officer.office, purpose=purpose, now=site.clock.now()
    )


class SignIn:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/sign-in", self.show, methods=["GET"]),
            Route("/desk/sign-in", self.take, methods=["POST"]),
            Route("/desk/sign-out", self.sign_out, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return self._site.pages.show(request, "desk/sign_in.html", signed_out="signed-out" in request.query_params)

    async def take(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        username, password = form.text("username", most=100), form.secret("password")
        await site.door.throttle("desk", address(request), most=30, per=WINDOW)
        await site.door.throttle("desk-user", username.lower(), most=10, per=WINDOW)
        officer = await site.store.officers.get(username)
        right = await site.passwords.right(officer.password_hash if officer else None, password)
        if officer is None or not right or not officer.active:
            return site.pages.show(request, "desk/sign_in.html", status=400, username=username, error=True)
        answer = to("/desk")
        await site.door.sign_in(request, answer, kind=OFFICER, holder=officer.username)
        await site.door.give_back("desk", whom=address(request), per=WINDOW)
        return answer

    async def sign_out(self, request: Request) -> Response:
        session = await self._site.door.signed_in(request, OFFICER)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        acting = await self._site.store.sign_ons.acting(session.token_hash)
        left = await self._site.identity.leaving(acting.provider, audience=Audience.OFFICER)
        answer = to(left or "/desk/sign-in?signed-out=1")
        await self._site.door.sign_out(request, answer, kind=OFFICER)
        return answer
