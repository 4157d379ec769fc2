"""My dossiers: everything that was prepared for the person who signed in. Opening one gives a session for it alone.

That session has its own forms: a page of one dossier that is still open in another tab cannot answer for another one.
"""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.web import forms
from proactive.web.citizen.own_dossier import ANSWERABLE
from proactive.web.door import CITIZEN, PERSON
from proactive.web.pages import to
from proactive.web.site import Site


class Mine:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/mine", self.show, methods=["GET"]),
            Route("/mine", self.open, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        site = self._site
        session = await site.door.signed_in(request, PERSON)
        dossiers = await site.store.dossiers.of_subject(session.holder)
        return site.pages.show(
            request,
            "citizen/mine.html",
            session=session,
            waiting=[one for one in dossiers if one.state in ANSWERABLE],
            others=[one for one in dossiers if one.state not in ANSWERABLE],
            titles={one.id: self._title(one.service) for one in dossiers},
        )

    def _title(self, name: str) -> object:
        service = self._site.wording.service(name)
        return service.title if service else None

    async def open(self, request: Request) -> Response:
        """Open one of one's own; somebody else's is answered like one that does not exist."""
        site = self._site
        session = await site.door.signed_in(request, PERSON)
        form = await forms.read(request)
        site.door.check(request, form, session)
        try:
            dossier = await site.store.dossiers.get(UUID(form.text("dossier")))
        except ValueError:
            dossier = None
        if dossier is None or dossier.subject != session.holder:
            raise HTTPException(404)
        answer = to("/dossier")
        await site.door.sign_in(request, answer, kind=CITIZEN, holder=str(dossier.id), acting=session.acting)
        return answer
