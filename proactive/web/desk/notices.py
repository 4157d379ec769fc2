"""Every notice on the desk: what was sent to whom, by which channel, what came of it, and who waits to be told and why.

An officer sees the notices of their own office: the database shows no others (ADR 0030). A steward (role `data`, the
city's desk and its hotline) sees besides what any office sent to one caller, by the code or the number they give, and
opens it one message at a time; both are written down as readings. Check codes, dossier codes and callers' phones are
asked for by a form: none of them stands in an address.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.keys import read_code
from proactive.domain.manners import prefix_most
from proactive.domain.sent import SHORTEST_PHONE, Place, Sent, Standing, Untold, Which
from proactive.ports.notifier import Explanation
from proactive.store.people import Officer, Role
from proactive.store.readings import What
from proactive.store.scope import enter
from proactive.web import forms
from proactive.web.desk.sign_in import officer_at, officers_scope, read_by
from proactive.web.door import SignedIn
from proactive.web.site import Site
from rules.channels import channels
from rules.texts import size

HERE = "/desk/notices"
PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_PHONE = "-"
"""A caller who gave a code: nobody's number, and still nothing is written on their account."""
REFERENCE = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9]{1,3}){0,3}-[0-9]{6}-[0-9]{4,}")


@dataclass(frozen=True)
class Told:
    """One receipt as it is shown: what the provider said, and what its code means."""

    status: str
    sending: str | None
    error_code: str | None
    received_at: datetime
    means: Explanation | None


class Notices:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route(HERE, self.show, methods=["GET"]),
            Route(f"{HERE}/find", self.find, methods=["POST"]),
            Route(f"{HERE}/{{id:uuid}}", self.one, methods=["GET"]),
            Route(f"{HERE}/{{id:uuid}}/show", self.reveal, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        asked = {name: request.query_params.get(name, "") for name in ("service", "state", "day", "before")}
        which = Which(
            office=officer.office,
            service=asked["service"] if self._site.wording.service(asked["service"]) else None,
            standing=Standing(asked["state"]) if asked["state"] in set(Standing) else None,
            day=_day(asked["day"]),
        )
        return await self._list(request, session, officer, which, before=_place(asked["before"]))

    async def find(self, request: Request) -> Response:
        """What was sent to a caller, or about a code that somebody reads out."""
        session, officer = await officer_at(self._site, request)
        form = await forms.read(request)
        self._site.door.check(request, form, session)
        typed = form.text("typed", most=60)
        city = officer.role is Role.DATA
        which = _meant(typed, None if city else officer.office)
        if which is None:
            return await self._list(request, session, officer, Which(office=officer.office), typed=typed, error=True)
        if city:
            phone = (which.phone or NO_PHONE)[-SHORTEST_PHONE:]
            wider = {"code": which.code or "", "references": which.reference or "", "caller": phone}
            enter(replace(officers_scope(officer), **wider))
        return await self._list(request, session, officer, which, typed=typed)

    async def _list(
        self,
        request: Request,
        session: SignedIn,
        officer: Officer,
        which: Which,
        *,
        before: Place | None = None,
        typed: str = "",
        error: bool = False,
    ) -> Response:
        site, store = self._site, self._site.store.sent
        waiting = which.standing is Standing.WAITING
        sent: list[Sent] = [] if waiting else await store.found(which, limit=PAGE + 1, before=before)
        untold: list[Untold] = (
            await store.untold(which, limit=PAGE + 1, before=before) if waiting or which.of_somebody else []
        )
        last = (untold if waiting else sent)[:PAGE]
        more = len(untold if waiting else sent) > PAGE
        if which.of_somebody:
            shown = {one.notice.dossier_id for one in sent} | {one.dossier_id for one in untold}
            await read_by(site, officer, What.SEARCH, sorted(shown), purpose="notices")
        kept = {"service": which.service, "state": which.standing, "day": which.day}
        narrowed = {name: str(value) for name, value in kept.items() if value}
        return site.pages.show(
            request,
            "desk/notices.html",
            status=400 if error else 200,
            session=session,
            officer=officer,
            office=site.wording.office(officer.office),
            offices=site.wording.office,
            error=error,
            typed=typed,
            asked=which,
            services=site.wording.services,
            titles={one.name: one.title for one in site.wording.services},
            channels=channels(),
            standings=list(Standing),
            with_service=urlencode({name: value for name, value in narrowed.items() if name != "state"}),
            sent=sent[:PAGE],
            untold=untold[:PAGE],
            more=more,
            shut=await shut_prefixes(site),
            older=f"{HERE}?{urlencode({**narrowed, 'before': _written(last[-1].place)})}" if more else None,
        )

    async def one(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        sent = await self._opened(request, officer)
        if sent.office != officer.office:
            await read_by(self._site, officer, What.NOTICE, [sent.notice.dossier_id], purpose="notices")
        return await self._page(request, session, officer, sent)

    async def reveal(self, request: Request) -> Response:
        session, officer = await officer_at(self._site, request)
        self._site.door.check(request, await forms.read(request), session)
        sent = await self._opened(request, officer)
        if sent.office != officer.office:
            raise HTTPException(403)  # the caller gives their number; nobody reads it to them
        await self._site.desk.looked(
            sent.notice.dossier_id, actor=officer.username, what="phone", now=self._site.clock.now()
        )
        return await self._page(request, session, officer, sent, reveal=True)

    async def _opened(self, request: Request, officer: Officer) -> Sent:
        wanted: UUID = request.path_params["id"]
        city = officer.role is Role.DATA
        if city:
            enter(replace(officers_scope(officer), notice=str(wanted)))
        found = await self._site.store.sent.get(wanted, office=None if city else officer.office)
        if found is None:
            raise HTTPException(404)
        return found

    async def _page(
        self, request: Request, session: SignedIn, officer: Officer, sent: Sent, *, reveal: bool = False
    ) -> Response:
        site, notice = self._site, sent.notice
        dossier = await site.store.dossiers.get(notice.dossier_id)
        channel, notifier = channels().get(notice.channel), site.notifiers.get(notice.channel)
        carrier = notice.carried_by and await site.store.sent.get(notice.carried_by, office=None)
        handed = carrier.notice if carrier else notice
        words = await site.store.sent.words(handed.channel, handed.provider_ref) if handed.provider_ref else []
        means = notifier.explain if notifier is not None else lambda code: None
        return site.pages.show(
            request,
            "desk/notice.html",
            session=session,
            officer=officer,
            notice=notice,
            own=sent.office == officer.office,
            office=site.wording.office(sent.office),
            handed=handed,
            service=site.wording.service(sent.service),
            opens=dossier is not None and dossier.office == officer.office,
            dossier=dossier,
            channel=channel,
            size=size(notice.body) if channel is not None and channel.most_segments is not None else None,
            sharing=await site.store.sent.sharing(notice),
            titles={one.name: one.title for one in site.wording.services},
            meaning=means(notice.error_code) if notice.error_code else None,
            receipts=[
                Told(w.status, w.sending, w.error_code, w.received_at, means(w.error_code) if w.error_code else None)
                for w in words
            ],
            revealed=reveal,
        )


async def shut_prefixes(site: Site) -> list[str]:
    """Ranges of numbers to which nothing more goes in this hour, because unusually much went there."""
    now = site.clock.now()
    most = prefix_most(site.manners.on(site.clock.today()))
    full = await site.store.addressees.shut(most, since=now.replace(minute=0, second=0, microsecond=0))
    return sorted({name for _, name in full})


def _meant(typed: str, office: str | None) -> Which | None:
    """What somebody typed: a check code, a dossier's code, or a phone."""
    if (code := read_code(typed)) is not None:
        return Which(office=office, code=code)
    if REFERENCE.fullmatch(typed.upper()):
        return Which(office=office, reference=typed.upper())
    digits = "".join(letter for letter in typed if letter.isascii() and letter.isdigit())
    if len(digits) >= SHORTEST_PHONE and all(letter in "0123456789+-. ()" for letter in typed):
        return Which(office=office, phone=digits)
    return None


def _day(typed: str) -> date | None:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None


def _written(place: Place) -> str:
    """Where the next page goes on, as it stands in an address."""
    return f"{(place.at - EPOCH) // timedelta(microseconds=1)}.{place.id}"


def _place(typed: str) -> Place | None:
    micros, _, name = typed.partition(".")
    try:
        return Place(EPOCH + timedelta(microseconds=int(micros[:17])), UUID(name))
    except (ValueError, OverflowError):
        return None
