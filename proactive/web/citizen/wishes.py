"""How the citizen wants to be told: in which language, and on which channels of this service not at all.

Wanting nothing of the service any more is an answer to the dossier, on its own page.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Dossier
from proactive.web import forms
from proactive.web.citizen.own_dossier import own_dossier
from proactive.web.pages import LANGUAGES, to
from proactive.web.site import Site
from rules.base import Words
from rules.groups import members, title


class Wishes:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/dossier/messages", self.show, methods=["GET"]),
            Route("/dossier/messages", self.keep, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        out = await site.store.addressees.opted_out(dossier.subject)
        return site.pages.show(
            request,
            "citizen/wishes.html",
            session=session,
            service=site.wording.service(dossier.service),
            channels=[(name, title, (dossier.service, name) in out) for name, title in self._channels(dossier)],
            chosen=await site.store.addressees.language(dossier.subject) or LANGUAGES[0],
            nothing=bool({(dossier.service, ""), ("", "")} & out),
            email=await site.store.addressees.email(dossier.subject),
            by_email="email" in site.notifiers,
            kept="kept" in request.query_params,
        )

    async def keep(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        language = form.text("language")
        offered = [name for name, _ in self._channels(dossier)]
        await site.store.addressees.wish(
            dossier.subject,
            language=language if language in LANGUAGES else LANGUAGES[0],
            service=dossier.service,
            without=[name for name in offered if form.text(f"without-{name}")],
            channels=offered,
            now=site.clock.now(),
        )
        return to("/dossier/messages?kept=1")

    def _channels(self, dossier: Dossier) -> list[tuple[str, Words]]:
        """The channels on which this service may tell, by name and title."""
        service = self._site.wording.service(dossier.service)
        used = {name for rung in service.ladder for name in rung.channels} if service is not None else set()
        set_up = {name for name in used if self._site.notifiers.keys() & set(members(name))}
        return [(name, told) for name in sorted(set_up) if (told := title(name)) is not None]
