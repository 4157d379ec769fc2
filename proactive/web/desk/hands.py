"""Who has a dossier in hand: taking it, giving it back or to a colleague, taking over from one who is away; notes."""

from datetime import date, timedelta
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.dossier import Dossier
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.forms import Form
from proactive.web.pages import to
from proactive.web.site import Site

MOST = 500
LONGEST_AWAY = timedelta(days=366)
HERE = "/desk/colleagues"


async def dossier_at(site: Site, request: Request) -> tuple[SignedIn, Officer, Dossier]:
    """The officer and the dossier of the address; another office's is answered like one that does not exist."""
    session, officer = await officer_at(site, request)
    try:
        dossier = await site.store.dossiers.get(UUID(request.path_params["id"]))
    except ValueError as error:
        raise HTTPException(404) from error
    if dossier is None or dossier.office != officer.office:
        raise HTTPException(404)
    return session, officer, dossier


class Hands:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/desk/dossiers/{id}/take", self.take, methods=["POST"]),
            Route("/desk/dossiers/{id}/let-go", self.let_go, methods=["POST"]),
            Route("/desk/dossiers/{id}/give", self.give, methods=["POST"]),
            Route("/desk/dossiers/{id}/note", self.note, methods=["POST"]),
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/away", self.away, methods=["POST"]),
            Route(f"{HERE}/take-over", self.take_over, methods=["POST"]),
        ]

    async def _posted(self, request: Request) -> tuple[Officer, Dossier, Form]:
        session, officer, dossier = await dossier_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        return officer, dossier, form

    async def _office(self, officer: Officer) -> dict[str, dict[str, object]]:
        """The colleagues of an officer's own office, themselves included, by user name."""
        found = await self._site.store.hands.colleagues(officer.office, today=self._site.clock.today())
        return {line["username"]: dict(line) for line in found}

    async def take(self, request: Request) -> Response:
        """Take what nobody has; what a colleague has, with a reason, or while they are away."""
        officer, dossier, form = await self._posted(request)
        holder = (await self._site.store.queue.holders([dossier.id])).get(dossier.id)
        reason = form.text("reason", most=300)
        if holder not in (None, officer.username):
            colleague = (await self._office(officer)).get(str(holder))
            if colleague is not None and colleague["active"] and not colleague["away"] and not reason:
                return to(f"/desk/dossiers/{dossier.id}?missing=reason#hand")
            note = f"{holder}: {reason or 'vắng mặt'}"
            await self._hand([dossier.id], officer, officer, held_by=holder, verb="take_over", note=note)
        elif holder is None:
            await self._hand([dossier.id], officer, officer, held_by=None, verb="take", note=officer.username)
        return to(f"/desk/dossiers/{dossier.id}")

    async def let_go(self, request: Request) -> Response:
        officer, dossier, _ = await self._posted(request)
        now = self._site.clock.now()
        await self._site.store.hands.let_go(dossier.id, officer=officer.username, now=now)
        return to(f"/desk/dossiers/{dossier.id}")

    async def give(self, request: Request) -> Response:
        """To an active colleague of the same office: what one has oneself, or what nobody has."""
        officer, dossier, form = await self._posted(request)
        colleague = await self._site.store.officers.get(form.text("to", most=100))
        if colleague is None or colleague.office != officer.office or not colleague.active:
            raise HTTPException(400)
        await self._hand(
            [dossier.id], colleague, officer, held_by=officer.username, verb="give", note=colleague.username
        )
        return to(f"/desk/dossiers/{dossier.id}")

    async def _hand(
        self, ids: list[UUID], taker: Officer, by: Officer, *, held_by: str | None, verb: str, note: str
    ) -> int:
        return await self._site.store.hands.hand(
            ids, to=taker.username, by=by.username, held_by=held_by, verb=verb, note=note, now=self._site.clock.now()
        )

    async def note(self, request: Request) -> Response:
        officer, dossier, form = await self._posted(request)
        if body := form.text("note", most=forms.MOST_NOTE):
            await self._site.store.hands.note(
                dossier.id, officer=officer.username, body=body, now=self._site.clock.now()
            )
        return to(f"/desk/dossiers/{dossier.id}#notes")

    # --- colleagues

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        return await self._page(request, session, officer)

    async def _page(self, request: Request, session: SignedIn, officer: Officer, *, error: bool = False) -> Response:
        return self._site.pages.show(
            request,
            "desk/colleagues.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            office=self._site.wording.office(officer.office),
            colleagues=(await self._office(officer)).values(),
            error=error,
        )

    async def away(self, request: Request) -> Response:
        """On which days a colleague, or the officer, is away; from now on others may take over."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        since, until, whom = _day(form.text("since")), _day(form.text("until")), form.text("whom", most=100)
        if whom not in await self._office(officer):
            raise HTTPException(400)
        if since is None or until is None or until < since or until - since > LONGEST_AWAY:
            return await self._page(request, session, officer, error=True)
        now = self._site.clock.now()
        await self._site.store.hands.say_away(whom, since=since, until=until, by=officer.username, now=now)
        return to(HERE)

    async def take_over(self, request: Request) -> Response:
        """Everything that waits with a colleague who is away or whose account is closed, into one's own hands."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        whom = form.text("whom", most=100)
        colleague = (await self._office(officer)).get(whom)
        if colleague is None or whom == officer.username or (colleague["active"] and not colleague["away"]):
            raise HTTPException(400)
        held = await self._site.store.hands.held(whom, limit=MOST)
        await self._hand(held, officer, officer, held_by=whom, verb="take_over", note=f"{whom}: vắng mặt")
        return to("/desk?mine=1")


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
