"""Where an officer is signed in, and ending all of it but here."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import OFFICER
from proactive.web.pages import to
from proactive.web.site import Site


class Sessions:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/sessions", self.show, methods=["GET"]),
            Route("/desk/sessions", self.end, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        found = await self._site.store.sessions.of(OFFICER, officer.username, now=self._site.clock.now())
        ended = request.query_params.get("ended", "")
        return self._site.pages.show(
            request,
            "desk/sessions.html",
            session=session,
            officer=officer,
            places=[(one, one.token_hash == session.token_hash) for one in found],
            ended=int(ended) if ended.isascii() and ended.isdigit() and len(ended) < 4 else None,
        )

    async def end(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        ended = await self._site.store.sessions.revoke(OFFICER, officer.username, but=session.token_hash)
        return to(f"/desk/sessions?ended={ended}")
