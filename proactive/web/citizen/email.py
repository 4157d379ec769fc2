"""A citizen names an e-mail address, and proves that they read it by a code sent there.

Only then is it used. A code that went to a mailbox opens no dossier: that takes the registered phone.
"""

from datetime import timedelta
from hmac import compare_digest
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.addressee import Addressee, one_form
from proactive.domain.dossier import Dossier
from proactive.domain.keys import PASSCODE_DIGITS
from proactive.errors import TooMany
from proactive.store.people import Passcode
from proactive.web import forms
from proactive.web.citizen.own_dossier import own_dossier
from proactive.web.door import HOUR, SignedIn
from proactive.web.pages import to
from proactive.web.site import Site

CHANNEL = "email"
LASTS = timedelta(minutes=10)


class OwnEmail:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/dossier/email", self.show, methods=["GET"]),
            Route("/dossier/email", self.take_address, methods=["POST"]),
            Route("/dossier/email/code", self.ask, methods=["GET"]),
            Route("/dossier/email/code", self.take_code, methods=["POST"]),
            Route("/dossier/email/forget", self.forget, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        session, dossier = await own_dossier(self._site, request)
        return await self._page(request, session, dossier)

    async def _page(
        self, request: Request, session: SignedIn, dossier: Dossier, *, error: str = "", typed: str = ""
    ) -> Response:
        site = self._site
        return site.pages.show(
            request,
            "citizen/email.html",
            status=400 if error else 200,
            session=session,
            known=await site.store.addressees.email(dossier.subject),
            open=CHANNEL in site.notifiers,
            error=error,
            typed=typed,
        )

    async def take_address(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        typed = form.text("email", most=254)
        notifier = site.notifiers.get(CHANNEL)
        found = notifier.reachable(Addressee(email=typed)) if notifier is not None else None
        if found is None:
            return await self._page(request, session, dossier, error="address", typed=typed)
        try:
            await site.door.throttle("email", dossier.subject, most=3, per=HOUR)
            await site.door.throttle("email-to", one_form(found), most=3, per=HOUR)  # nobody's mailbox is flooded by us
        except TooMany:
            return await self._page(request, session, dossier, error="often", typed=typed)
        now = site.clock.now()
        await site.store.passcodes.request(
            Passcode(
                id=uuid4(), dossier_id=dossier.id, channel=CHANNEL, to=found, state="requested", tries=0,
                requested_at=now, expires_at=now + LASTS,
            )
        )  # fmt: skip
        return to("/dossier/email/code")

    async def ask(self, request: Request) -> Response:
        session, dossier = await own_dossier(self._site, request)
        return await self._code_page(request, session, dossier)

    async def _code_page(self, request: Request, session: SignedIn, dossier: Dossier, *, error: str = "") -> Response:
        asked = await self._site.store.passcodes.latest(dossier.id, channel=CHANNEL)
        if asked is None:
            return to("/dossier/email")
        return self._site.pages.show(
            request, "citizen/email_code.html", status=400 if error else 200, session=session, to=asked.to, error=error
        )

    async def take_code(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        form = await forms.read(request)
        site.door.check(request, form, session)
        await site.door.throttle("email-try", dossier.subject, most=15, per=HOUR)
        asked = await site.store.passcodes.latest(dossier.id, channel=CHANNEL)
        typed = form.digits("passcode")
        if asked is None or len(typed) != PASSCODE_DIGITS:
            return await self._code_page(request, session, dossier, error="form")
        right = compare_digest(site.keys.passcode(asked.id).encode(), typed.encode())
        if not await site.store.passcodes.attempt(asked.id, right=right, now=site.clock.now()):
            return await self._code_page(request, session, dossier, error="wrong")
        await site.store.addressees.keep_email(dossier.subject, asked.to)
        return to("/dossier/messages?kept=1")

    async def forget(self, request: Request) -> Response:
        site = self._site
        session, dossier = await own_dossier(site, request)
        site.door.check(request, await forms.read(request), session)
        await site.store.addressees.keep_email(dossier.subject, None)
        return to("/dossier/messages?kept=1")
