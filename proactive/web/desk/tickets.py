"""Correction tickets on the desk: what was asked of the owners of registers, and what came of it.

An officer sees the tickets of their own office; who looks after the data sees all, and hands them to the owners. Values
are masked until somebody asks to see them, which is written into the ticket's history.
"""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.ticket import BY_HAND, LIVE, NEEDS_NOTE, TICKET_MOVES, Ticket, TicketState, move_ticket
from proactive.errors import OutOfTurn, Permanent
from proactive.steps.complain import complain
from proactive.steps.send_tickets import FORMATS, lines, owners, sent
from proactive.store.people import Officer, Role
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at, steward_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site

PAGE = 50
HERE = "/desk/tickets"
TABS: dict[str, tuple[TicketState, ...]] = {
    "open": (TicketState.OPEN,),
    "sent": (TicketState.SENT,),
    "changed": (TicketState.CORRECTED, TicketState.OTHERWISE),
    "closed": (TicketState.REJECTED, TicketState.WITHDRAWN),
}


class Tickets:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/export", self.export, methods=["POST"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/show", self.reveal, methods=["POST"]),
            Route(f"{HERE}/{{id}}/move", self.move, methods=["POST"]),
            Route("/desk/dossiers/{id}/wrong", self.wrong, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        asked = request.query_params.get("show", "")
        return await self._list(request, session, officer, asked if asked in TABS else "open")

    async def _list(
        self, request: Request, session: SignedIn, officer: Officer, current: str, *, error: str | None = None
    ) -> Response:
        site, office = self._site, _office(officer)
        page = forms.page_number(request)
        found, total = await site.store.tickets.page(TABS[current], office=office, limit=PAGE, offset=(page - 1) * PAGE)
        tally = await site.store.tickets.tally(office=office)
        return site.pages.show(
            request,
            "desk/tickets.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            tabs=[(name, sum(tally.get(s, 0) for s in states), name == current) for name, states in TABS.items()],
            current=current,
            tickets=found,
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
            schemas=site.wording.registers(),
            steward=officer.role is Role.DATA,
            owners=sorted(owners(site.catalogue)),
            formats=list(FORMATS),
            error=error,
        )

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer, await self._ticket(request, officer))

    async def _ticket(self, request: Request, officer: Officer) -> Ticket:
        try:
            ticket = await self._site.store.tickets.get(UUID(request.path_params["id"]))
        except ValueError as error:
            raise HTTPException(404) from error
        if ticket is None or _office(officer) not in (None, ticket.office):
            raise HTTPException(404)
        return ticket

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        ticket: Ticket,
        *,
        status: int = 200,
        reveal: bool = False,
        error: str | None = None,
    ) -> Response:
        schema = self._site.wording.registers().get(ticket.register_name)
        return self._site.pages.show(
            request,
            "desk/ticket.html",
            status=status,
            session=session,
            officer=officer,
            ticket=ticket,
            schema=schema,
            column=schema.columns.get(ticket.column) if schema else None,
            revealed=reveal,
            history=await self._site.store.tickets.history(ticket.id),
            moves=[state for state in TicketState if state in BY_HAND & TICKET_MOVES[ticket.state]],
            error=error,
        )

    async def reveal(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        ticket = await self._ticket(request, officer)
        now = self._site.clock.now()
        await self._site.store.tickets.looked(ticket.id, actor=officer.username, what="values", now=now)
        return await self._page(request, session, officer, ticket, reveal=True)

    async def move(self, request: Request) -> Response:
        """What people know: that the owner has it, does not mend it, or that nobody says so any more."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        ticket, typed, note = await self._ticket(request, officer), form.text("to"), form.text("note", most=1000)
        if typed not in {str(state) for state in BY_HAND}:
            return await self._page(request, session, officer, ticket, status=400, error="to")
        state = TicketState(typed)
        if state in NEEDS_NOTE and not note:
            return await self._page(request, session, officer, ticket, status=400, error="note")
        try:
            after = move_ticket(ticket, state, answer=note or ticket.answer)
        except OutOfTurn:
            return self._stale(request, session, ticket)
        now = self._site.clock.now()
        if form.number("version") != ticket.version or not await self._site.store.tickets.keep(
            [ticket], [after], actor=officer.username, now=now
        ):
            return self._stale(request, session, ticket)
        return to(f"{HERE}/{ticket.id}")

    def _stale(self, request: Request, session: SignedIn, ticket: Ticket) -> Response:
        back = f"{HERE}/{ticket.id}"
        return self._site.pages.show(request, "stale.html", status=409, session=session, back=back, desk=True)

    async def export(self, request: Request) -> Response:
        """The live tickets of one owner as a file; open ones count as sent where that was ticked."""
        session, officer = await steward_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        site, owner, kind = self._site, form.text("owner", most=300), form.text("format")
        known = owners(site.catalogue)
        if owner not in known or kind not in FORMATS:
            return await self._list(request, session, officer, "open", error="owner")
        found = await site.store.tickets.owed_to(known[owner], LIVE)
        make, media = FORMATS[kind]
        file = Response(make(lines(found, site.catalogue)), media_type=media)
        file.headers["content-disposition"] = f'attachment; filename="de-nghi-sua-{site.clock.today()}.{kind}"'
        for one in found:
            await site.store.tickets.looked(one.id, actor=officer.username, what="export", now=site.clock.now())
        if form.text("sent"):
            await sent(found, actor=officer.username, store=site.store, clock=site.clock)
        return file

    async def wrong(self, request: Request) -> Response:
        """An officer finds a value of a dossier wrong."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        try:
            dossier_id = UUID(request.path_params["id"])
            ticket = await complain(
                dossier_id, field=form.text("field"), claimed=form.text("claimed"),
                note=form.text("note", most=forms.MOST_NOTE), officer=officer.username, office=officer.office,
                catalogue=self._site.catalogue, store=self._site.store, clock=self._site.clock,
            )  # fmt: skip
        except ValueError as error:
            raise HTTPException(404) from error
        except Permanent as no:
            return self._site.pages.show(
                request, "desk/not_complained.html", status=400, session=session, officer=officer, said=str(no),
                back=f"/desk/dossiers/{request.path_params['id']}",
            )  # fmt: skip
        return to(f"{HERE}/{ticket.id}")


def _office(officer: Officer) -> str | None:
    """Whose tickets an officer may see; None: everybody's."""
    return None if officer.role is Role.DATA else officer.office
