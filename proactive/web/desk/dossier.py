"""One dossier on the officer's desk: what the registers say, what the citizen says, why, and what happened so far.

An id of another office is answered exactly like one that does not exist. Nothing is decided without a second look: the
first form leads to a page that says what will happen, the second one does it.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import DECIDED, MOVES, Decision, Dossier, State
from proactive.errors import OutOfTurn, Overtaken, Permanent, Temporary
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.papers import print_paper
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site

NEEDS_REASON = frozenset({Decision.RETURN, Decision.REFUSE})


class DeskDossier:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/dossiers/{id}", self.show, methods=["GET"]),
            Route("/desk/dossiers/{id}/show", self.reveal, methods=["POST"]),
            Route("/desk/dossiers/{id}/review", self.review, methods=["POST"]),
            Route("/desk/dossiers/{id}/decide", self.decide, methods=["POST"]),
            Route("/desk/dossiers/{id}/papers/{form}", self.paper, methods=["POST"]),
        ]

    async def _opened(self, request: Request) -> tuple[SignedIn, Officer, Dossier]:
        session, officer = await officer_at(self._site, request)
        try:
            dossier = await self._site.store.dossiers.get(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if dossier is None or dossier.office != officer.office:
            raise HTTPException(404)
        return session, officer, dossier

    async def _posted(self, request: Request) -> tuple[SignedIn, Officer, Dossier, Form]:
        session, officer, dossier = await self._opened(request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        return session, officer, dossier, form

    async def show(self, request: Request) -> Response:
        session, officer, dossier = await self._opened(request)
        return await self._page(request, session, officer, dossier)

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        dossier: Dossier,
        *,
        status: int = 200,
        reveal: bool = False,
        error: str | None = None,
        said: str | None = None,
        silent: str | None = None,
        typed: tuple[str, str] = ("", ""),
    ) -> Response:
        """`error`: what the form lacks; `said`: why a step refused; `silent`: which source did not answer."""
        site, wording = self._site, self._site.wording
        progress = await site.store.intake.progress([dossier.reference]) if dossier.reference else {}
        history = await site.store.dossiers.history(dossier.id)
        return site.pages.show(
            request,
            "desk/dossier.html",
            status=status,
            session=session,
            officer=officer,
            dossier=dossier,
            office=wording.office(officer.office),
            service=wording.service(dossier.service),
            variant=wording.variant(dossier),
            sections=wording.sections(dossier, reveal=reveal),
            masked=wording.masked(dossier),
            revealed=reveal,
            needs=wording.needs(dossier),
            because=[(reason, wording.confidence(dossier, reason.reference)) for reason in dossier.because],
            applicant=wording.applicant(dossier),
            returns=wording.office(dossier.return_to) if dossier.return_to else None,
            history=history,
            acted=await site.store.acted.of(dossier.id),
            notices=(await site.store.notices.of([dossier.id]))[dossier.id],
            progress=progress.get(dossier.reference or "", []),
            tickets={one.field: one for one in await site.store.tickets.of_dossier(dossier.id)},
            decisions=_open_decisions(dossier, history),
            error=error,
            said=said,
            silent=silent,
            typed=typed,
        )

    async def reveal(self, request: Request) -> Response:
        session, officer, dossier, _ = await self._posted(request)
        await self._site.desk.looked(
            dossier.id, actor=officer.username, what="personal_id, phone", now=self._site.clock.now()
        )
        return await self._page(request, session, officer, dossier, reveal=True)

    async def paper(self, request: Request) -> Response:
        _, officer, dossier, form = await self._posted(request)
        return await print_paper(self._site, dossier, officer, request.path_params["form"], form)

    async def review(self, request: Request) -> Response:
        """The second look. Changes nothing."""
        session, officer, dossier, form = await self._posted(request)
        decision, note = _decision(form.text("decision")), form.text("note", most=forms.MOST_NOTE)
        history = await self._site.store.dossiers.history(dossier.id)
        if form.number("version") != dossier.version or (
            decision and decision not in _open_decisions(dossier, history)
        ):
            return self._stale(request, session, dossier)
        if error := _lacks(decision, note):
            return await self._page(
                request, session, officer, dossier, status=400, error=error, typed=(form.text("decision"), note)
            )
        return self._site.pages.show(
            request,
            "desk/review.html",
            session=session,
            officer=officer,
            office=self._site.wording.office(officer.office),
            dossier=dossier,
            service=self._site.wording.service(dossier.service),
            variant=self._site.wording.variant(dossier),
            applicant=self._site.wording.applicant(dossier),
            decision=decision,
            note=note,
        )

    async def decide(self, request: Request) -> Response:
        session, officer, dossier, form = await self._posted(request)
        decision, note = _decision(form.text("decision")), form.text("note", most=forms.MOST_NOTE)
        error = _lacks(decision, note)
        if error or decision is None:
            return await self._page(
                request, session, officer, dossier, status=400, error=error, typed=(form.text("decision"), note)
            )
        version = form.number("version")
        history = await self._site.store.dossiers.history(dossier.id)
        if version == dossier.version and decision not in _open_decisions(dossier, history):
            return self._stale(request, session, dossier)
        try:
            await self._site.steps.decide(
                dossier.id, decision=decision, note=note or None, expected_version=version, officer=officer
            )
        except Temporary as silent:
            present = await self._site.store.dossiers.get(dossier.id) or dossier
            return await self._page(
                request, session, officer, present, status=503, silent=str(silent), typed=(str(decision), note)
            )
        except (OutOfTurn, Overtaken):
            if _pressed_twice(await self._site.store.dossiers.get(dossier.id), decision, officer, version):
                return to(f"/desk/dossiers/{dossier.id}")
            return self._stale(request, session, dossier)
        except Permanent as no:
            present = await self._site.store.dossiers.get(dossier.id) or dossier
            return await self._page(request, session, officer, present, status=409, said=str(no))
        return to(f"/desk/dossiers/{dossier.id}")

    def _stale(self, request: Request, session: SignedIn, dossier: Dossier) -> Response:
        return self._site.pages.show(
            request, "stale.html", status=409, session=session, back=f"/desk/dossiers/{dossier.id}", desk=True
        )


def _decision(typed: str) -> Decision | None:
    return Decision(typed) if typed in set(Decision) else None


def _lacks(decision: Decision | None, note: str) -> str | None:
    if decision is None:
        return "decision"
    return "note" if decision in NEEDS_REASON and not note else None


def _open_decisions(dossier: Dossier, history: Sequence[RowMapping]) -> list[Decision]:
    """What an officer may decide now. What a citizen has confirmed again goes back a second time no more.

    Decree 118/2025/ND-CP: more papers are asked for only once.
    """
    allowed = [decision for decision in Decision if DECIDED[decision] in MOVES[dossier.state]]
    if Decision.RETURN not in allowed:
        return []
    again = dossier.state is State.CONFIRMED and any(line["to_state"] == State.RETURNED for line in history)
    return [decision for decision in allowed if not (again and decision is Decision.RETURN)]


def _pressed_twice(present: Dossier | None, decision: Decision, officer: Officer, version: int) -> bool:
    return (
        present is not None
        and present.state == DECIDED[decision]
        and present.decided_by == officer.username
        and present.version == version + 1
    )
