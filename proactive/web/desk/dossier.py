"""One dossier on the officer's desk: what the registers say, what the citizen says, why, and what happened so far.

An id of another office is answered exactly like one that does not exist. Nothing is decided without a second look: the
first form leads to a page that says what will happen, the second one does it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.decidable import Decidable
from proactive.domain.dossier import DECIDED, MOVES, OPEN, Decision, Dossier, State
from proactive.errors import OutOfTurn, Overtaken, Permanent, Temporary
from proactive.steps.approve import Outcome, second_person
from proactive.store.people import Officer
from proactive.store.readings import What
from proactive.web import forms
from proactive.web.desk.hands import dossier_at
from proactive.web.desk.papers import print_paper
from proactive.web.desk.queue import clock
from proactive.web.desk.sign_in import read_by
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site
from rules import Service, desk

PREPARE: Literal["prepare"] = "prepare"
Choice = Decision | Literal["prepare"]
"""What an officer can do: a decision, or checking it for a second officer who decides."""

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

    async def _posted(self, request: Request) -> tuple[SignedIn, Officer, Dossier, Form]:
        session, officer, dossier = await dossier_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        return session, officer, dossier, form

    async def show(self, request: Request) -> Response:
        session, officer, dossier = await dossier_at(self._site, request)
        await read_by(self._site, officer, What.DOSSIER, [dossier.id], purpose="decide")
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
        typed: tuple[str, str, str] = ("", "", ""),
    ) -> Response:
        """`error`: what the form lacks; `said`: why a step refused; `silent`: which source did not answer."""
        site, wording = self._site, self._site.wording
        service = wording.of(dossier)
        progress = await site.store.intake.progress([dossier.reference]) if dossier.reference else {}
        history = await site.store.dossiers.history(dossier.id)
        holder = (await site.store.queue.holders([dossier.id])).get(dossier.id)
        today = site.clock.today()
        colleagues = await site.store.hands.colleagues(officer.office, today=today)
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
            documents=await site.store.documents.of(dossier.id),
            need_titles={name: need.title for name, need in service.needs.items()} if service else {},
            because=[(reason, wording.confidence(dossier, reason.reference)) for reason in dossier.because],
            applicant=wording.applicant(dossier),
            returns=wording.returned(dossier),
            history=history,
            acted=await site.store.acted.of(dossier.id),
            notices=(await site.store.notices.of([dossier.id]))[dossier.id],
            progress=progress.get(dossier.reference or "", []),
            tickets={one.field: one for one in await site.store.tickets.of_dossier(dossier.id)},
            decisions=_open_decisions(dossier, officer, history),
            grounds=_grounds(wording.of(dossier)),
            holder=holder,
            holder_away=any(one["username"] == holder and (one["away"] or not one["active"]) for one in colleagues),
            colleagues=[one for one in colleagues if one["active"] and one["username"] != officer.username],
            lacks_reason=request.query_params.get("missing") == "reason",
            notes=await site.store.hands.notes(dossier.id),
            differs=await site.steps.differences(dossier) if dossier.state in OPEN else None,
            labels={line.name: line for section in wording.sections(dossier) for line in section.lines},
            clock=clock(dossier.state, _since(dossier, history), rules=desk.on(today), today=today),
            error=error,
            said=said,
            silent=silent,
            typed=typed,
        )

    async def reveal(self, request: Request) -> Response:
        session, officer, dossier, _ = await self._posted(request)
        await read_by(self._site, officer, What.NUMBERS, [dossier.id], purpose="decide")
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
        decision, note, ground = _decision(form), form.text("note", most=forms.MOST_NOTE), form.text("ground", most=300)
        history = await self._site.store.dossiers.history(dossier.id)
        if form.number("version") != dossier.version or (
            decision and decision not in _open_decisions(dossier, officer, history)
        ):
            return self._stale(request, session, dossier)
        if error := _lacks(decision, note, ground, self._site.wording.of(dossier)):
            return await self._page(
                request, session, officer, dossier, status=400, error=error, typed=(form.text("decision"), note, ground)
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
            ground=ground if decision is Decision.REFUSE else "",
        )

    async def decide(self, request: Request) -> Response:
        session, officer, dossier, form = await self._posted(request)
        decision, note, ground = _decision(form), form.text("note", most=forms.MOST_NOTE), form.text("ground", most=300)
        error = _lacks(decision, note, ground, self._site.wording.of(dossier))
        if error or decision is None:
            return await self._page(
                request, session, officer, dossier, status=400, error=error, typed=(form.text("decision"), note, ground)
            )
        version = form.number("version")
        history = await self._site.store.dossiers.history(dossier.id)
        if version == dossier.version and decision not in _open_decisions(dossier, officer, history):
            return self._stale(request, session, dossier)
        try:
            if isinstance(decision, Decision):
                said = f"{note}\nCăn cứ: {ground}" if decision is Decision.REFUSE else note
                await self._site.steps.decide(
                    dossier.id, decision=decision, note=said or None, expected_version=version, officer=officer
                )
            else:
                await self._site.steps.prepare(dossier.id, expected_version=version, officer=officer)
        except Temporary as silent:
            present = await self._site.store.dossiers.get(dossier.id) or dossier
            return await self._page(
                request, session, officer, present, status=503, silent=str(silent), typed=(str(decision), note, ground)
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


def _decision(form: Form) -> Choice | None:
    typed = form.text("decision")
    return PREPARE if typed == PREPARE else Decision(typed) if typed in set(Decision) else None


def _lacks(decision: Choice | None, note: str, ground: str, service: Service | None) -> str | None:
    """What the form lacks; a refusal stands on an article of the service's own law."""
    if decision is None:
        return "decision"
    if decision in NEEDS_REASON and not note:
        return "note"
    return "ground" if decision is Decision.REFUSE and ground not in _grounds(service) else None


def _open_decisions(dossier: Dossier, officer: Officer, history: Sequence[RowMapping]) -> list[Choice]:
    """What an officer may decide now. What a citizen has confirmed again goes back a second time no more.

    Decree 118/2025/ND-CP: more papers are asked for only once.
    """
    allowed: list[Choice] = [decision for decision in Decision if DECIDED[decision] in MOVES[dossier.state]]
    if Decision.RETURN not in allowed:
        return []
    if Decision.APPROVE in allowed and (missing := second_person(Decidable.of(dossier), officer)) is not None:
        first: list[Choice] = [PREPARE] if missing is Outcome.UNPREPARED else []
        allowed = [*first, *(one for one in allowed if one is not Decision.APPROVE)]
    again = dossier.state is State.CONFIRMED and any(line["to_state"] == State.RETURNED for line in history)
    return [decision for decision in allowed if not (again and decision is Decision.RETURN)]


def _grounds(service: Service | None) -> list[str]:
    """The articles on which a refusal can stand."""
    return [basis.reference for basis in service.text.legal_basis] if service else []


def _since(dossier: Dossier, history: Sequence[RowMapping]) -> datetime:
    """When it came into its state."""
    moved = [line["at"] for line in history if line["to_state"] == dossier.state != line["from_state"]]
    return moved[-1] if moved else dossier.updated_at


def _pressed_twice(present: Dossier | None, decision: Choice, officer: Officer, version: int) -> bool:
    if present is None or present.version != version + 1:
        return False
    if not isinstance(decision, Decision):
        return present.prepared_by == officer.username
    return present.state == DECIDED[decision] and present.decided_by == officer.username
