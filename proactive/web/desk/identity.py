"""The officers' way in by an electronic identity of the city: who somebody is, their role and office come with it.

An account that comes by a provider is called `<user name>@<provider>` here and has no password: a provider can never
sign in as an officer whom the office itself has set up, and a password never opens an account of a provider.
"""

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from proactive.domain.acting import Acting, Proof
from proactive.store.people import Officer, Role
from proactive.web import forms
from proactive.web.door import HOUR, MANY, OFFICER, address
from proactive.web.identity.grammar import Audience, Provider
from proactive.web.identity.relying_party import Identity, NotIdentified, Why
from proactive.web.pages import to
from proactive.web.site import Site
from rules.offices import offices

LONGEST = 100
STATUS = {Why.SILENT: 503, Why.LEVEL: 403}


class Unfit(StrEnum):
    """Why somebody whom a provider knows does not work here."""

    NAMELESS = "nameless"
    ROLE = "role"
    OFFICE = "office"
    CLOSED = "closed"


class DeskIdentity:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/sign-in/away", self.begin, methods=["POST"]),
            Route("/desk/sign-in/return", self.back, methods=["GET"]),
            Route("/desk/signed-out", self.signed_out, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        await site.door.throttle("sign-in", address(request), most=MANY, per=HOUR)
        visit = site.door.visit(request)
        try:
            away = await site.identity.begin(form.text("provider"), audience=Audience.OFFICER, visit=visit)
        except NotIdentified as no:
            return self._refused(request, no.why, status=STATUS.get(no.why, 400))
        return RedirectResponse(away, 303)

    async def back(self, request: Request) -> Response:
        """A GET, because the provider sends the browser; without this browser's own unused attempt it does nothing."""
        site = self._site
        await site.door.throttle("sign-in-return", address(request), most=MANY, per=HOUR)
        try:
            who = await site.identity.finish(request, audience=Audience.OFFICER, visit=site.door.visit(request))
        except NotIdentified as no:
            return self._refused(request, no.why, status=STATUS.get(no.why, 400))
        found = read(who)
        if isinstance(found, Unfit):
            return self._refused(request, found, office=_one(who.claims.get("office")))
        present = await site.store.officers.get(found.username)
        if present is not None and (present.password_hash or not present.active):
            return self._refused(request, Unfit.CLOSED)
        if present != found:
            await site.store.officers.put(found)
            await site.store.sessions.revoke(OFFICER, found.username)  # they were begun with other rights
        answer = to("/desk")
        acting = Acting(proof=Proof.IDENTITY, provider=who.provider.name, level=who.level)
        await site.door.sign_in(request, answer, kind=OFFICER, holder=found.username, acting=acting)
        await site.door.give_back("sign-in", "sign-in-return", whom=address(request), per=HOUR)
        return answer

    def _refused(self, request: Request, why: Why | Unfit, *, status: int = 403, office: str = "") -> Response:
        return self._site.pages.show(
            request, "desk/not_identified.html", status=status, why=str(why), unknown_office=office[:LONGEST]
        )

    async def signed_out(self, request: Request) -> Response:
        return self._site.pages.show(request, "desk/sign_in.html", signed_out=True)


def read(who: Identity) -> Officer | Unfit:
    """The officer that a provider's claims make, by the mapping of the provider's file."""
    username, name = _one(who.claims.get("username")), _one(who.claims.get("name"))
    if not username or len(username) > LONGEST or not username.isprintable():
        return Unfit.NAMELESS
    role = _role(who.provider, who.claims.get("roles"))
    if role is None:
        return Unfit.ROLE
    said = _one(who.claims.get("office"))
    office = (who.provider.offices or {}).get(said, said)
    if office not in offices():
        return Unfit.OFFICE
    return Officer(
        username=f"{username}@{who.provider.name}",
        full_name=name[:LONGEST] or username,
        office=office,
        password_hash="",
        active=True,
        role=role,
    )


def _role(provider: Provider, said: object) -> Role | None:
    """The first role of the file's list that the provider says of this person."""
    has = {str(one) for one in said} if isinstance(said, list | tuple) else {str(said)}
    return next((Role(ours) for theirs, ours in (provider.roles or {}).items() if theirs in has), None)


def _one(said: object) -> str:
    return said.strip() if isinstance(said, str) else ""
