"""What we hold of the citizen, and their rights over it: to see, have corrected, stop, and have deleted.

Stopping is done at once, and so is being shown; what needs a person goes to the desk with the clocks of rules/privacy.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Dossier
from proactive.domain.rights import WAITS, Right
from proactive.ports.clock import DA_NANG
from proactive.sheets.writing import listed
from proactive.steps.held import HEADING, Piece, held
from proactive.steps.rights import ask_right
from proactive.web import forms
from proactive.web.citizen.own_dossier import own_dossier
from proactive.web.door import HOUR, SignedIn
from proactive.web.pages import to
from proactive.web.site import Site

HERE = "/dossier/data"
OFTEN = 10
"""Requests that one dossier may make in an hour."""
ON_PAGE = (Right.CORRECT, Right.STOP, Right.ERASE)


class OwnData:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(HERE, self.ask, methods=["POST"]),
            Route(f"{HERE}/file", self.file, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, dossier = await own_dossier(self._site, request)
        return await self._page(request, session, dossier)

    async def _page(
        self, request: Request, session: SignedIn, dossier: Dossier, *, error: str = "", chosen: str = ""
    ) -> Response:
        site = self._site
        pieces = await held([dossier], store=site.store, catalogue=site.catalogue)
        places: dict[str, list[Piece]] = {}
        for piece in pieces:
            places.setdefault(piece.place, []).append(piece)
        now, rules = site.clock.now(), site.privacy.on(site.clock.today())
        return site.pages.show(
            request,
            "citizen/own_data.html",
            status=400 if error else 200,
            session=session,
            dossier=dossier,
            places=places,
            requests=await site.store.rights.of_dossier(dossier.id),
            waits=WAITS,
            due={right: rules.due(right, now) for right in ON_PAGE},
            acknowledge_by=rules.acknowledge_by(now),
            error=error,
            chosen=chosen,
            asked=request.query_params.get("asked") == "1",
        )

    async def ask(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        typed, said = form.text("right"), form.text("said", most=forms.MOST_NOTE)
        if typed not in {str(right) for right in ON_PAGE}:
            return await self._page(request, session, dossier, error="right")
        if typed == Right.CORRECT and not said:
            return await self._page(request, session, dossier, error="said", chosen=typed)
        await site.door.throttle("rights", str(dossier.id), most=OFTEN, per=HOUR)
        await ask_right(
            dossier, Right(typed), said=said or None, privacy=site.privacy, store=site.store, clock=site.clock
        )
        return to(f"{HERE}?asked=1#requests")

    async def file(self, request: Request) -> Response:
        """Everything, as a file; that it was given is written down."""
        site = self._site
        session, dossier = await own_dossier(site, request)
        site.door.check(request, await forms.read(request), session)
        await site.door.throttle("rights", str(dossier.id), most=OFTEN, per=HOUR)
        pieces = await held([dossier], store=site.store, catalogue=site.catalogue)
        await ask_right(dossier, Right.SEE, said=None, privacy=site.privacy, store=site.store, clock=site.clock)
        answer = Response(as_file(pieces), media_type="text/csv; charset=utf-8")
        answer.headers["content-disposition"] = 'attachment; filename="du-lieu-cua-toi.csv"'
        return answer


def as_file(pieces: Sequence[Piece]) -> bytes:
    return listed(
        HEADING,
        (
            (one.place, one.name, one.value, one.source, one.since.astimezone(DA_NANG) if one.since else None)
            for one in pieces
        ),
    )
