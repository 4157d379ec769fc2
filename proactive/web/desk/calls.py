"""Calls of the officer's office: people whom no other channel reached.

The number is masked until an officer takes the call, which is written down; for twenty minutes the call is theirs.
"""

import csv
import io
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.call import HELD_FOR, ON_PAPER_FOR, SAID, Call, CallOutcome, may_call
from proactive.domain.dossier import Dossier
from proactive.errors import Overtaken
from proactive.sheets.writing import safe
from proactive.store.people import Officer
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at
from proactive.web.door import SignedIn
from proactive.web.pages import to
from proactive.web.site import Site
from rules import calendar

HERE = "/desk/calls"
PAGE, MOST = 50, 500
HEADING = ("Họ và tên", "Điện thoại", "Việc", "Đến hạn", "Lần gọi", "Lời nói")


class Calls:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/export", self.export, methods=["POST"]),
            Route(f"{HERE}/{{id}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id}}/take", self.take, methods=["POST"]),
            Route(f"{HERE}/{{id}}/outcome", self.outcome, methods=["POST"]),
        ]

    def _open(self) -> bool:
        return may_call(self._site.clock.now(), working=calendar.is_working(self._site.clock.today()))

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        page = forms.page_number(request)
        calls, total = await self._site.store.calls.page(office=officer.office, limit=PAGE, offset=(page - 1) * PAGE)
        halts = await self._site.store.calls.not_called(office=officer.office)
        return self._site.pages.show(
            request,
            "desk/calls.html",
            session=session,
            officer=officer,
            rows=await self._rows(calls),
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
            halts=[(one, self._site.wording.service(one["service"])) for one in halts],
            now=self._site.clock.now(),
            open=self._open(),
        )

    async def _rows(self, calls: list[Call]) -> list[tuple[Call, Dossier, str | None, object]]:
        wording = self._site.wording
        dossiers = {one.id: one for one in await self._site.store.dossiers.many([c.dossier_id for c in calls])}
        return [
            (call, dossier, wording.applicant(dossier), wording.service(dossier.service))
            for call in calls
            if (dossier := dossiers.get(call.dossier_id)) is not None
        ]

    async def _opened(self, request: Request, *, gone: int = 200) -> tuple[SignedIn, Officer, Call, Dossier] | Response:
        """The call; or the page that says why nobody is to make it any more, with the status `gone`."""
        session, officer = await officer_at(self._site, request)
        call = await self._site.store.calls.get(_id(request), office=officer.office)
        if call is None and (page := await self._withdrawn(request, session, officer, status=gone)) is not None:
            return page
        dossier = await self._site.store.dossiers.get(call.dossier_id) if call else None
        if call is None or dossier is None:
            raise HTTPException(404)
        return session, officer, call, dossier

    async def one(self, request: Request) -> Response:
        opened = await self._opened(request)
        if isinstance(opened, Response):
            return opened
        session, officer, call, dossier = opened
        return await self._page(request, session, officer, call, dossier)

    async def _withdrawn(
        self, request: Request, session: SignedIn, officer: Officer, *, status: int
    ) -> Response | None:
        """Why nobody is to make this call any more, where that is so."""
        site = self._site
        why = await site.store.calls.withdrawn(_id(request), office=officer.office)
        if why is None:
            return None
        return site.pages.show(
            request,
            "desk/call_withdrawn.html",
            status=status,
            session=session,
            officer=officer,
            why=why,
            service=site.wording.service(why["service"]),
            lines=await site.store.calls.lines(_id(request)),
        )

    async def _page(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        call: Call,
        dossier: Dossier,
        *,
        status: int = 200,
        error: bool = False,
    ) -> Response:
        site = self._site
        mine = call.held_by(officer.username, site.clock.now())
        return site.pages.show(
            request,
            "desk/call.html",
            status=status,
            session=session,
            officer=officer,
            call=call,
            dossier=dossier,
            applicant=site.wording.applicant(dossier),
            service=site.wording.service(dossier.service),
            mine=mine,
            taken=not mine and call.claimed_until is not None and call.claimed_until > site.clock.now(),
            rests=call.try_after > site.clock.now(),
            open=self._open(),
            lines=await site.store.calls.lines(call.notice_id),
            outcomes=SAID,
            error=error,
        )

    async def take(self, request: Request) -> Response:
        """The call is this officer's for a while, and they see the number; both are written down."""
        opened = await self._opened(request, gone=409)
        if isinstance(opened, Response):
            return opened
        session, officer, call, dossier = opened
        self._site.door.check(request, await forms.read(request), session)
        now = self._site.clock.now()
        if not self._open():
            return await self._page(request, session, officer, call, dossier, status=409)
        if not await self._site.store.calls.take(
            call.notice_id, officer=officer.username, now=now, until=now + HELD_FOR, verb="show"
        ):
            return self._stale(request, session, call)
        await self._site.desk.looked(dossier.id, actor=officer.username, what="phone", now=now)
        return to(f"{HERE}/{call.notice_id}")

    async def outcome(self, request: Request) -> Response:
        opened = await self._opened(request, gone=409)
        if isinstance(opened, Response):
            return opened
        session, officer, call, dossier = opened
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        typed = form.text("outcome")
        if typed not in SAID:
            return await self._page(request, session, officer, call, dossier, status=400, error=True)
        if form.number("tries") != call.tries:
            return self._stale(request, session, call)
        try:
            await self._site.steps.called(call, CallOutcome(typed), officer=officer.username)
        except Overtaken:
            return self._stale(request, session, call)
        return to(HERE)

    def _stale(self, request: Request, session: SignedIn, call: Call) -> Response:
        back = f"{HERE}/{call.notice_id}"
        return self._site.pages.show(request, "stale.html", status=409, session=session, back=back, desk=True)

    async def export(self, request: Request) -> Response:
        """The calls that wait and are nobody's, as a file for those who call from paper: they become this officer's."""
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        site, now = self._site, self._site.clock.now()
        calls, _ = await site.store.calls.page(office=officer.office, limit=MOST)
        made = io.StringIO(newline="")
        writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(HEADING)
        for call, dossier, name, service in await self._rows(calls):
            if not await site.store.calls.take(
                call.notice_id, officer=officer.username, now=now, until=now + ON_PAPER_FOR, verb="export"
            ):
                continue
            await site.desk.looked(dossier.id, actor=officer.username, what="phone", now=now)
            title = str(getattr(getattr(service, "title", None), "vi", dossier.service))
            cells = (
                name or "",
                dossier.phone or "",
                title,
                f"{dossier.anchor:%d/%m/%Y}",
                str(call.tries + 1),
                call.body,
            )
            writer.writerow([safe(cell) for cell in cells])
        file = Response(b"\xef\xbb\xbf" + made.getvalue().encode(), media_type="text/csv; charset=utf-8")
        file.headers["content-disposition"] = f'attachment; filename="goi-dien-{site.clock.today()}.csv"'
        return file


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["id"])
    except ValueError as error:
        raise HTTPException(404) from error
