"""Signing in by an electronic identity: away by a form of ours, back by the provider, and only then a session.

The way there is a form, so that robots that open links begin nothing, and no other site can sign somebody in as
somebody else. Coming back gives a new session under a new token, whatever the browser brought with it.
"""

import re

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from proactive.domain.acting import Acting, Proof
from proactive.web import forms
from proactive.web.door import CITIZEN, HOUR, MANY, PERSON, SignedOut, address
from proactive.web.identity.grammar import Audience
from proactive.web.identity.relying_party import NotIdentified, Why
from proactive.web.pages import to
from proactive.web.site import Site

PERSONAL_ID = re.compile(r"[0-9]{12}")
STATUS = {Why.SILENT: 503, Why.LEVEL: 403}


class CitizenSignIn:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/sign-in", self.begin, methods=["POST"]),
            Route("/sign-in/return", self.back, methods=["GET"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/signed-out", self.signed_out, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        await site.door.throttle("sign-in", address(request), most=MANY, per=HOUR)
        try:
            return RedirectResponse(
                await site.identity.begin(
                    form.text("provider"), audience=Audience.CITIZEN, visit=site.door.visit(request)
                ),
                303,
            )
        except NotIdentified as no:
            return self._not_identified(request, no)

    async def back(self, request: Request) -> Response:
        """A GET, because the provider sends the browser; without this browser's own unused attempt it does nothing."""
        site = self._site
        await site.door.throttle("sign-in-return", address(request), most=MANY, per=HOUR)
        try:
            who = await site.identity.finish(request, audience=Audience.CITIZEN, visit=site.door.visit(request))
        except NotIdentified as no:
            return self._not_identified(request, no)
        personal_id = str(who.claims.get("personal_id", ""))
        if not PERSONAL_ID.fullmatch(personal_id):
            return self._not_identified(request, NotIdentified(Why.REFUSED, who.provider))
        answer = to("/mine")
        acting = Acting(proof=Proof.IDENTITY, provider=who.provider.name, level=who.level)
        await site.door.sign_out(request, answer, kind=CITIZEN)
        holder = site.store.pseudonyms.of(personal_id)
        await site.door.sign_in(request, answer, kind=PERSON, holder=holder, acting=acting)
        await site.door.give_back("sign-in", "sign-in-return", whom=address(request), per=HOUR)
        return answer

    def _not_identified(self, request: Request, no: NotIdentified) -> Response:
        return self._site.pages.show(
            request,
            "citizen/not_identified.html",
            status=STATUS.get(no.why, 400),
            why=str(no.why),
            provider=no.provider,
        )

    async def sign_out(self, request: Request) -> Response:
        """Ends what this browser has: the open dossier and the person's own session, here and at the provider."""
        door, form = self._site.door, await forms.read(request)
        sessions = []
        for kind in (CITIZEN, PERSON):
            try:
                sessions.append(await door.signed_in(request, kind))
            except SignedOut:
                continue
        if not sessions:
            raise SignedOut(CITIZEN)
        door.check(request, form, next((one for one in sessions if one.csrf == form.text("csrf")), sessions[0]))
        left = await self._site.identity.leaving(sessions[-1].acting.provider, audience=Audience.CITIZEN)
        answer = to(left or "/signed-out")
        for kind in (CITIZEN, PERSON):
            await door.sign_out(request, answer, kind=kind)
        return answer

    async def signed_out(self, request: Request) -> Response:
        return self._site.pages.show(request, "citizen/start.html", signed_out=True)
