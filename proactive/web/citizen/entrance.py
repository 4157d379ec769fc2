"""The way in: the check code from the message, the last digits of the personal id, a one-time code to the phone.

Whether the code exists, the digits fit or a phone is registered: each answer here is the same page after the same time,
so that nobody learns who has a dossier. Reading a page changes nothing; robots that open links open nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.addressee import Addressee, one_form
from proactive.domain.dossier import TELLABLE, Answer, Dossier
from proactive.domain.keys import PASSCODE_DIGITS, read_code
from proactive.domain.manners import Kind, code_shares
from proactive.errors import OutOfTurn, Overtaken, TooMany
from proactive.letters import code_channel
from proactive.store.people import Passcode
from proactive.web import forms
from proactive.web.door import CITIZEN, HOUR, MANY, Attempt, address
from proactive.web.pages import to
from proactive.web.site import Site
from rules.grammar import Opens

PASSCODE_LASTS = timedelta(minutes=10)
LAST_DIGITS = 4
PREFIXES = frozenset({Kind.PREFIX_HOUR, Kind.CODE_PREFIX_HOUR})
SAME_TIME = 0.25
"""Seconds that an answer takes at least, so that its time does not tell whether something was found."""


log = structlog.get_logger()


class Entrance:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.routes = [
            Route("/", self.start, methods=["GET"], name="start"),
            Route("/", self.take_code, methods=["POST"]),
            Route("/identify", self.identify, methods=["GET"]),
            Route("/identify", self.take_digits, methods=["POST"]),
            Route("/passcode", self.passcode, methods=["GET"]),
            Route("/passcode", self.take_passcode, methods=["POST"]),
            Route("/not-me", self.not_me, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        return self._site.pages.show(request, "citizen/start.html", signed_out="signed-out" in request.query_params)

    async def take_code(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        await site.door.throttle("start", address(request), most=MANY, per=HOUR)
        typed = form.text("code", most=40)
        code = read_code(typed)
        if code is None:
            return site.pages.show(request, "citizen/start.html", status=400, typed=typed, error="code")
        answer = to("/identify")
        site.door.begin(answer, code)
        return answer

    async def identify(self, request: Request) -> Response:
        attempt = self._site.door.attempt(request)
        if attempt is None:
            return to("/")
        return self._site.pages.show(request, "citizen/identify.html", code=attempt.code)

    async def take_digits(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        attempt = site.door.attempt(request)
        if attempt is None:
            return to("/")
        digits = form.digits("digits")
        if len(digits) != LAST_DIGITS:
            return site.pages.show(request, "citizen/identify.html", status=400, code=attempt.code, error="digits")
        await site.door.throttle("identify", address(request), most=MANY, per=HOUR)
        await site.door.throttle("identify-code", attempt.code, most=10, per=HOUR)
        ticket = uuid4()
        async with same_time():
            await self._ask_for_passcode(attempt.code, digits, ticket)
        answer = to("/passcode")
        site.door.begin(answer, attempt.code, ticket)
        return answer

    async def _ask_for_passcode(self, code: str, digits: str, ticket: UUID) -> None:
        """Ask for a one-time code to the registered phone, if there is such a dossier of somebody with these digits."""
        site, now = self._site, self._site.clock.now()
        dossier = await site.store.dossiers.by_code(code)
        last = site.store.pseudonyms.open(dossier.subject)[-LAST_DIGITS:] if dossier else ""
        if dossier is None or not compare_digest(last.encode(), digits.encode()):
            return
        service = site.wording.service(dossier.service)
        if service is not None and service.text.opens_by is Opens.IDENTITY:
            return
        _, wrong = await site.store.notices.unwanted([dossier.subject])
        registered = Addressee(phone=dossier.phone).without({one_form(phone) for _, phone in wrong})
        way = code_channel(site.notifiers, registered)
        if way is None:
            return
        channel, phone = way
        try:
            await site.door.throttle("passcode", str(dossier.id), most=3, per=HOUR)
        except TooMany:
            return
        # A stranger who knows many codes and digits could have us send for money: see rules/manners.
        shares = code_shares(phone, policy=site.manners.on(site.clock.today()), now=now)
        if (full := await site.store.addressees.take(shares)) is not None:
            log.warning("passcode.too_many", of=full.kind, prefix=full.name if full.kind in PREFIXES else None)
            return
        await site.store.passcodes.request(
            Passcode(
                id=ticket,
                dossier_id=dossier.id,
                channel=channel,
                to=phone,
                state="requested",
                tries=0,
                requested_at=now,
                expires_at=now + PASSCODE_LASTS,
            )
        )

    async def passcode(self, request: Request) -> Response:
        if self._site.door.attempt(request) is None:
            return to("/")
        return self._site.pages.show(request, "citizen/passcode.html")

    async def take_passcode(self, request: Request) -> Response:
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        attempt = site.door.attempt(request)
        if attempt is None:
            return to("/")
        typed = form.digits("passcode")
        if len(typed) != PASSCODE_DIGITS:
            return site.pages.show(request, "citizen/passcode.html", status=400, error="form")
        await site.door.throttle("passcode-try", address(request), most=MANY, per=HOUR)
        await site.door.throttle("passcode-try-code", attempt.code, most=15, per=HOUR)
        async with same_time():
            dossier = await self._proved(attempt, typed)
        if dossier is None:
            return site.pages.show(request, "citizen/passcode.html", status=400, error="wrong")
        answer = to("/dossier")
        await site.door.sign_in(request, answer, kind=CITIZEN, holder=str(dossier.id))
        await site.door.give_back("start", "identify", "passcode-try", whom=address(request), per=HOUR)
        return answer

    async def _proved(self, attempt: Attempt, typed: str) -> Dossier | None:
        """The dossier, if the one-time code that this browser asked for is right, in time and not used up."""
        right = compare_digest(self._site.keys.passcode(attempt.ticket).encode(), typed.encode())
        if not await self._site.store.passcodes.attempt(attempt.ticket, right=right, now=self._site.clock.now()):
            return None
        return await self._site.store.dossiers.by_code(attempt.code)

    async def not_me(self, request: Request) -> Response:
        """Whoever holds the message may say that it reached the wrong person. It shows nothing and opens nothing.

        It counts only while nobody has answered: a code alone cannot take back what a citizen has confirmed.
        """
        site, form = self._site, await forms.read(request)
        site.door.check_visit(request, form)
        attempt = site.door.attempt(request)
        if attempt is None:
            return to("/")
        await site.door.throttle("identify", address(request), most=MANY, per=HOUR)
        async with same_time():
            dossier = await site.store.dossiers.by_code(attempt.code)
            if dossier is not None and dossier.state in TELLABLE:
                await self._not_me(dossier)
        page = site.pages.show(request, "citizen/not_me.html")
        site.door.take(page, "attempt")
        return page

    async def _not_me(self, dossier: Dossier) -> None:
        try:
            await self._site.steps.confirm(
                dossier.id,
                answer=Answer.NOT_ME,
                note=None,
                claims={},
                choices={},
                return_to=None,
                expected_version=dossier.version,
                actor="code",
            )
        except (OutOfTurn, Overtaken):
            return  # it has moved on meanwhile, so there is nothing to stop; the page says the same either way


@asynccontextmanager
async def same_time() -> AsyncIterator[None]:
    """What is done inside takes `SAME_TIME` or longer, also when it fails."""
    until = time.monotonic() + SAME_TIME
    try:
        yield
    finally:
        await asyncio.sleep(until - time.monotonic())
