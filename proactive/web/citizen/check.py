"""Did the city send me this? Says of a check code whether it was sent, when and about what; nothing about anybody."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.keys import read_code
from proactive.store.scope import Scope, enter
from proactive.web import forms
from proactive.web.citizen.entrance import same_time
from proactive.web.door import MANY, address
from proactive.web.site import Site

IN_A_MINUTE = 30
"""Questions from one address, behind which many people may have got the same doubtful text."""


class Check:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/check", self.show, methods=["GET"]),
            Route("/check", self.ask, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        return self._site.pages.show(request, "citizen/check.html")

    async def ask(self, request: Request) -> Response:
        """A wrong, an unknown and an expired code have the same answer, and every answer takes the same time."""
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        await site.door.throttle("check", address(request), most=IN_A_MINUTE, per=timedelta(minutes=1))
        await site.door.throttle("check-day", address(request), most=MANY, per=timedelta(days=1))
        typed = form.text("code", most=40)
        code = read_code(typed)
        if code is None:
            return site.pages.show(request, "citizen/check.html", status=400, typed=typed, error="code")
        enter(Scope(code=code))
        async with same_time():
            sent = await site.desk.sent(code, today=site.clock.today())
        service = site.wording.service(sent.service) if sent else None
        return site.pages.show(request, "citizen/checked.html", code=code, sent=sent, service=service)
