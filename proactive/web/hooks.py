"""Where providers and the intake tell us what became of things: verified on the bytes as they came, then kept."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.errors import Forged
from proactive.ports.notifier import Hook
from proactive.store.scope import Scope, enter
from proactive.web import forms
from proactive.web.site import Site


class Hooks:
    """No hook decides anything: it is kept, and the steps look at it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/hooks/intake", self.intake, methods=["POST"]),
            Route("/hooks/{channel}", self.channel, methods=["POST"]),
        ]

    async def intake(self, request: Request) -> Response:
        hook = await self._hook(request)
        try:
            news = self._site.intake.news(hook)
        except Forged:
            return Response(status_code=403)
        enter(Scope(references=",".join(sorted({status.reference for status in news}))))
        await self._site.store.intake.receive(news, now=self._site.clock.now())
        return Response(status_code=204)

    async def channel(self, request: Request) -> Response:
        notifier = self._site.notifiers.get(request.path_params["channel"])
        if notifier is None:
            raise HTTPException(404)
        hook = await self._hook(request)
        try:
            receipts = notifier.receipts(hook)
        except Forged:
            return Response(status_code=403)
        await self._site.store.notices.receive(receipts, now=self._site.clock.now())
        return Response()  # 200: Zalo counts anything else as not taken and comes again

    async def _hook(self, request: Request) -> Hook:
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self._site.settings.public_url.rstrip('/')}{request.url.path}{query}"
        return Hook(url=url, headers=dict(request.headers), body=await forms.body(request))
