"""Approving many at once: the ticked lines, a second look, and what became of each.

A line carries the version in which this officer saw it, with our signature: nobody can tick what they were not shown.
Pressing the second button twice does it once: a run is claimed under its number before anything is done.
"""

from collections import Counter
from uuid import UUID, uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Dossier
from proactive.domain.keys import Keys
from proactive.errors import Temporary
from proactive.steps.approve import MOST, Outcome
from proactive.store.people import Officer
from proactive.store.readings import What
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at, read_by
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site

FIELD = "row-"


def seen(keys: Keys, officer: Officer, dossier_id: UUID, version: int) -> str:
    """That this officer was shown this dossier in this version."""
    signature = keys.digest("seen", f"{officer.username} {dossier_id} {version}").hex()[:24]
    return f"{version}.{signature}"


def ticked(keys: Keys, officer: Officer, form: Form) -> dict[UUID, int]:
    """The dossiers of a form and the versions in which they were seen. Raises 400 for a line that we did not sign."""
    found: dict[UUID, int] = {}
    for id, word in form.starting(FIELD).items():
        version = word.partition(".")[0]
        try:
            dossier_id = UUID(id)
            found[dossier_id] = int(version)
        except ValueError as error:
            raise HTTPException(400) from error
        if word != seen(keys, officer, dossier_id, found[dossier_id]):
            raise HTTPException(400)
    if len(found) > MOST:
        raise HTTPException(400)
    return found


class Bulk:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/bulk/review", self.review, methods=["POST"]),
            Route("/desk/bulk/do", self.do, methods=["POST"]),
            Route("/desk/bulk/{id:uuid}", self.result, methods=["GET"]),
        ]

    async def _posted(self, request: Request) -> tuple[SignedIn, Officer, Form]:
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request, most_fields=MOST + 20)
        self._site.door.check(request, form, session)
        return session, officer, form

    async def review(self, request: Request) -> Response:
        """The second look. Changes nothing."""
        session, officer, form = await self._posted(request)
        site, rows = self._site, ticked(self._site.keys, officer, form)
        found = await site.store.dossiers.many(list(rows))
        await read_by(site, officer, What.LIST, [one.id for one in found], purpose="bulk")
        return site.pages.show(
            request,
            "desk/bulk_review.html",
            status=200 if found else 400,
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            rows=[(one, site.wording.applicant(one), form.text(f"{FIELD}{one.id}")) for one in found],
            preparing=form.text("do") == "prepare",
            kinds=Counter(self._kind(one) for one in found).most_common(),
            run=uuid4(),
            back=form.text("back", most=500),
        )

    def _kind(self, dossier: Dossier) -> str:
        service, variant = self._site.wording.service(dossier.service), self._site.wording.variant(dossier)
        return variant.title.vi if variant else service.title.vi if service else dossier.service

    async def do(self, request: Request) -> Response:
        _, officer, form = await self._posted(request)
        site, rows = self._site, ticked(self._site.keys, officer, form)
        try:
            run = UUID(form.text("run"))
        except ValueError as error:
            raise HTTPException(400) from error
        now, preparing = site.clock.now(), form.text("do") == "prepare"
        if await site.store.bulk_runs.begin(run, officer=officer.username, office=officer.office, now=now):
            try:
                outcomes = await site.steps.approve_many(rows, officer=officer, preparing=preparing)
            except Temporary:
                outcomes = dict.fromkeys(rows, Outcome.LATER)
            results = [{"id": str(id), "outcome": outcome, "prepared": preparing} for id, outcome in outcomes.items()]
            await site.store.bulk_runs.finish(run, results)
        return to(f"/desk/bulk/{run}")

    async def result(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        site = self._site
        run = await site.store.bulk_runs.get(request.path_params["id"])
        if run is None:
            raise HTTPException(404)
        outcomes = {UUID(one["id"]): Outcome(one["outcome"]) for one in run["results"] or ()}
        left = [id for id, outcome in outcomes.items() if outcome is not Outcome.DONE]
        found = {one.id: one for one in await site.store.dossiers.many(left)}
        await read_by(site, officer, What.LIST, list(found), purpose="bulk")
        return site.pages.show(
            request,
            "desk/bulk_result.html",
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            at=run["at"],
            going=run["results"] is None,
            prepared=any(one.get("prepared") for one in run["results"] or ()),
            done=len(outcomes) - len(left),
            left=[(id, site.wording.applicant(found[id]) if id in found else None, outcomes[id]) for id in left],
        )
