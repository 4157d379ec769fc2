"""Who used my data, when and why; and where it came from."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.web.citizen.own_dossier import own_dossier
from proactive.web.site import Site
from proactive.web.uses import taken, uses


class Uses:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [Route("/dossier/uses", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        return site.pages.show(
            request,
            "citizen/uses.html",
            session=session,
            dossier=dossier,
            service=site.wording.service(dossier.service),
            uses=await uses(site, dossier),
            taken=taken(site, dossier),
        )
