"""The queue of the officer's own office: what waits for a decision first, the oldest first."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Dossier, State
from proactive.steps.overview import Waiting, waiting_for
from proactive.web.desk.sign_in import officer_at
from proactive.web.site import Site
from proactive.web.wording import Wording
from rules import Service

PAGE = 50
TABS: dict[str, tuple[State, ...]] = {
    "decide": (State.CONFIRMED, State.DISPUTED),
    "held": (),
    "returned": (State.RETURNED,),
    "approved": (State.APPROVED,),
    "forwarded": (State.FORWARDED,),
    "unreached": (State.UNREACHED,),
    "closed": (State.CLOSED,),
    "stopped": (State.REFUSED, State.ENDED),
}
"""The filters of the queue by the states they show; `held` cuts across states."""


@dataclass(frozen=True)
class Tab:
    name: str
    count: int
    current: bool


class Queue:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [Route("/desk", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        site = self._site
        session, officer = await officer_at(site, request)
        asked = request.query_params.get("show", "")
        current = asked if asked in TABS else "decide"
        page = _page(request.query_params.get("page", ""))
        dossiers, total = await self._dossiers(officer.office, current, page)
        tally = await site.store.dossiers.tally(office=officer.office)
        held = total if current == "held" else (await site.desk.held(office=officer.office, limit=0, offset=0))[1]
        tabs = [
            Tab(name, held if name == "held" else sum(tally.get(state, 0) for state in states), name == current)
            for name, states in TABS.items()
        ]
        return site.pages.show(
            request,
            "desk/queue.html",
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            tabs=tabs,
            current=current,
            rows=[_row(site.wording, dossier) for dossier in dossiers],
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
            first=(page - 1) * PAGE + 1,
            waiting=await self._waiting(officer.office) if current in {"decide", "held"} else (),
            schemas=site.wording.registers(),
            simulated=await site.store.addressees.alarms(),
        )

    async def _waiting(self, office: str) -> list[Waiting]:
        """Services of this office that tell nobody new, because a register is not good enough."""
        site = self._site
        ours = [s.name for s in site.catalogue.services.values() if _decides(s, office)]
        return await waiting_for(ours, catalogue=site.catalogue, store=site.store, clock=site.clock)

    async def _dossiers(self, office: str, tab: str, page: int) -> tuple[list[Dossier], int]:
        offset = (page - 1) * PAGE
        if tab == "held":
            return await self._site.desk.held(office=office, limit=PAGE, offset=offset)
        return await self._site.store.dossiers.queue(office=office, states=TABS[tab], limit=PAGE, offset=offset)


def _decides(service: Service, office: str) -> bool:
    of_each_commune = service.decision.unit is not None and office.startswith("centre-")
    return office == service.decision.office or of_each_commune


def _row(wording: Wording, dossier: Dossier) -> dict[str, object]:
    return {
        "dossier": dossier,
        "applicant": wording.applicant(dossier),
        "service": wording.service(dossier.service),
        "variant": wording.variant(dossier),
    }


def _page(asked: str) -> int:
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 and int(asked) else 1
