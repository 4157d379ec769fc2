"""Which procedures should become proactive next: ranked, explained, proposed by departments, decided by the Office."""

from uuid import UUID

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.proposal import LIVING, LONGEST_DOCUMENT, LONGEST_REASON, Proposal, Standing, Step
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.papers.proposals import MEDIA, document
from proactive.steps.candidates import Ranking, decide, propose, ranking
from proactive.steps.candidates_told import told
from proactive.steps.proposing import STANDINGS, words
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules.candidates import criteria
from rules.candidates.scoring import Ranked
from rules.procedures import OF_THE_UNIT

HERE = "/desk/candidates"
DRAWN = 10
"""Candidates in the chart: more cannot be told apart."""


class Candidates:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}.json", self.as_json, methods=["GET"]),
            Route(f"{HERE}/document", self.paper, methods=["GET"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/propose", self.propose, methods=["POST"]),
            Route("/desk/proposals/{id}/decide", self.decide, methods=["POST"]),
        ]

    async def _ranking(self) -> Ranking:
        site = self._site
        return await ranking(catalogue=site.catalogue, store=site.store, clock=site.clock)

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        found = await self._ranking()
        department = request.query_params.get("department", "")
        departments = sorted({one.candidate.department for one in found.ranked})
        department = department if department in departments else ""
        shown = [one for one in found.ranked if department in ("", one.candidate.department)]
        by = criteria().criteria
        return self._site.pages.show(
            request,
            "desk/candidates.html",
            session=session,
            officer=officer,
            found=found,
            shown=shown,
            department=department,
            departments=departments,
            criteria=by,
            least=criteria().least_a_department,
            drawn=[(one, [_earned(one, name) for name in by]) for one in shown[:DRAWN]],
            standings=STANDINGS,
            titles={one.candidate.id: one.candidate.name for one in found.ranked},
        )

    async def as_json(self, request: Request) -> Response:
        await officer_at(self._site, request)
        return Response(msgspec.json.encode(told(await self._ranking())), media_type="application/json")

    async def paper(self, request: Request) -> Response:
        """A department's proposal document, as PDF or DOCX."""
        await officer_at(self._site, request)
        found = await self._ranking()
        department, kind = request.query_params.get("department", ""), request.query_params.get("kind", "pdf")
        known = {one.candidate.department for one in found.ranked} | {one.office for one in found.departments}
        if department not in known or kind not in MEDIA:
            raise HTTPException(404)
        content = await document(kind, words(found, department, self._site.clock.today()))
        name = f"de-xuat-{'cap-xa' if department == OF_THE_UNIT else department}.{kind}"
        return Response(
            content, media_type=MEDIA[kind], headers={"content-disposition": f'attachment; filename="{name}"'}
        )

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        found = await self._ranking()
        return await self._page(request, session, officer, found, _named(found, request.path_params["id"]))

    async def _page(
        self, request: Request, session: SignedIn, officer: Officer, found: Ranking, one: Ranked, *,
        status: int = 200, error: str = "", typed: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        proposals = await self._site.store.steering.proposals("WHERE p.candidate = :id", id=one.candidate.id)
        return self._site.pages.show(
            request,
            "desk/candidate.html",
            status=status,
            session=session,
            officer=officer,
            one=one,
            sample=found.sample,
            criteria=criteria().criteria,
            proposals=proposals,
            living=next((each for each in proposals if each.state in LIVING), None),
            decides=officer.office == criteria().decided_by.office,
            standings=STANDINGS,
            error=error,
            typed=typed or {},
        )

    async def propose(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        found = await self._ranking()
        one = _named(found, request.path_params["id"])
        step = self._step(officer, form)
        if not step.document or not step.note:
            return await self._page(
                request, session, officer, found, one, status=400, error="missing",
                typed={"document": step.document, "note": step.note},
            )  # fmt: skip
        try:
            await propose(one.candidate.id, step, store=self._site.store)
        except Overtaken:
            return self._stale(request, session, one.candidate.id)
        return to(f"{HERE}/{one.candidate.id}")

    async def decide(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        before = await self._proposal(request)
        step, wanted = self._step(officer, form), form.text("to")
        if wanted not in set(Standing) - {Standing.PROPOSED}:
            raise HTTPException(400)
        if not step.document or (wanted == Standing.DECLINED and not step.note):
            found = await self._ranking()
            return await self._page(
                request, session, officer, found, _named(found, before.candidate), status=400, error="undocumented",
                typed={"decision": step.document, "decision_note": step.note, "to": wanted},
            )  # fmt: skip
        try:
            await decide(before, Standing(wanted), step, store=self._site.store)
        except (Overtaken, OutOfTurn):
            return self._stale(request, session, before.candidate)
        except Permanent as error:
            raise HTTPException(403) from error
        return to(f"{HERE}/{before.candidate}")

    async def _proposal(self, request: Request) -> Proposal:
        try:
            found = await self._site.store.steering.proposal(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if found is None:
            raise HTTPException(404)
        return found

    def _step(self, officer: Officer, form: forms.Form) -> Step:
        return Step(
            by=officer.username, office=officer.office, at=self._site.clock.now(),
            document=form.text("document", most=LONGEST_DOCUMENT), note=form.text("note", most=LONGEST_REASON),
        )  # fmt: skip

    def _stale(self, request: Request, session: SignedIn, candidate: str) -> Response:
        return self._site.pages.show(
            request, "stale.html", status=409, session=session, back=f"{HERE}/{candidate}", desk=True
        )


def _named(found: Ranking, id: str) -> Ranked:
    for one in found.ranked:
        if one.candidate.id == id:
            return one
    raise HTTPException(404)


def _earned(one: Ranked, name: str) -> float | None:
    """What a criterion adds to the points of 100; None where it is unknown."""
    points = one.scores[name].points
    return None if points is None else round(points * criteria().criteria[name].weight / 100, 1)
