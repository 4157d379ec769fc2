"""The filled application as PDF: before confirming with the choices as they stand on the page; afterwards to keep."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Answer, Dossier, State
from proactive.papers.printing import printed
from proactive.web import forms
from proactive.web.citizen.own_dossier import ANSWERABLE, is_centre, own_dossier, post_to
from proactive.web.formats import moment
from proactive.web.papers import application
from proactive.web.site import Site

PDF = "application/pdf"


class Paper:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/dossier/application", self.show, methods=["GET"]),
            Route("/dossier/application", self.preview, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        _, dossier = await own_dossier(self._site, request)
        return await self._paper(dossier)

    async def preview(self, request: Request) -> Response:
        """With what is chosen on the page and not sent yet; nothing is kept."""
        session, dossier = await own_dossier(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        if dossier.state in ANSWERABLE:
            open_choices = {(one.name, o.code) for one in self._site.wording.choosing(dossier) for o in one.options}
            chosen = dict(pair for pair in form.starting("choice-").items() if pair in open_choices)
            centre, address = form.text("return_to"), post_to(form)
            place = centre if is_centre(centre, self._site.clock.today()) else dossier.return_to
            dossier = dossier.model_copy(
                update={"choices": {**dossier.choices, **chosen}, "return_to": place, "post_to": address}
            )
        return await self._paper(dossier)

    async def _paper(self, dossier: Dossier) -> Response:
        confirmed = None
        if dossier.state not in ANSWERABLE and dossier.answer is Answer.CONFIRM:
            lines = await self._site.store.dossiers.history(dossier.id)
            said = [line["at"] for line in lines if line["to_state"] == State.CONFIRMED and line["verb"] == "confirm"]
            confirmed = f"Người đề nghị đã xác nhận trên trang dịch vụ công lúc {moment(said[-1])}." if said else None
        data = application(self._site.wording, dossier, preview=confirmed is None, confirmed=confirmed)
        return Response(
            await printed("application", data),
            media_type=PDF,
            headers={"content-disposition": 'inline; filename="don-de-nghi.pdf"'},
        )
