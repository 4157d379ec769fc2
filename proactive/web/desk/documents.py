"""A document at the desk: shown to officers of its dossier's office only, and every opening is written down first."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.store.readings import What
from proactive.web.desk.hands import dossier_at
from proactive.web.desk.sign_in import read_by
from proactive.web.papers import document_answer
from proactive.web.site import Site


class DeskDocuments:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [Route("/desk/dossiers/{id}/documents/{document:uuid}", self.open, methods=["GET"])]

    async def open(self, request: Request) -> Response:
        _, officer, dossier = await dossier_at(self._site, request)
        found = await self._site.store.documents.content(dossier.id, request.path_params["document"])
        if found is None:
            raise HTTPException(404)
        await read_by(self._site, officer, What.DOCUMENT, [dossier.id], purpose=f"document {found[0].need}")
        return document_answer(*found)
