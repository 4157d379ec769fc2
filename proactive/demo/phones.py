"""A stand-in for Twilio on this machine, with a page that shows the phones and what arrived on them.

    python -m proactive.demo.phones --port 8101 [--keep FILE] [--step SECONDS] [--stall SECONDS]

It reads TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, the same as whoever sends. For people: /phones. For programs:

- the Messages API under /2010-04-01;
- /phones.json: what arrived, oldest first (`?to=` at one number, `?after=` anywhere after that many arrivals);
- /log.json: every request to send, in order; one that was refused has no `sid`.

Which numbers misbehave, and how, is written in `network.py`.
"""

import asyncio
import base64
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from proactive.demo.calling import Caller
from proactive.demo.messages import VERSION, error, in_span, receipt, shape
from proactive.demo.network import Network, Refusal, Sms
from proactive.demo.stage import BreaksOff, Journal, LocalOnly, Pages, arguments, as_json, run
from proactive.ports.clock import DA_NANG

_SHOWN = 60
_LONGEST = 1600


@dataclass(frozen=True)
class PhoneSettings:
    """`stall` is how long an unsure answer is waited for before it breaks off; 0 breaks it off at once."""

    account_sid: str
    auth_token: str
    keep: Path | None = None
    step: float = 0.15
    stall: float = 0.0
    special: bool = True


def app(settings: PhoneSettings) -> Starlette:
    """The stand-in as an application."""
    journal = Journal(settings.keep)
    phones = _Phones(settings, Network(journal, step=settings.step, special=settings.special))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        phones.caller = Caller()
        for sms in phones.network.restore():
            phones.carry(sms)
        yield
        await phones.caller.close()
        journal.close()

    api = f"/{VERSION}/Accounts/{{account}}"
    application = Starlette(
        routes=[
            Route(f"{api}/Messages.json", phones.create, methods=["POST"]),
            Route(f"{api}/Messages.json", phones.list),
            Route(f"{api}/Messages/{{sid}}.json", phones.fetch),
            Route("/", lambda _: RedirectResponse("/phones")),
            Route("/phones", phones.page),
            Route("/phones.json", phones.told),
            Route("/log.json", phones.log),
            Route("/health", lambda _: as_json({"status": "ok"})),
        ],
        middleware=[Middleware(LocalOnly)],
        lifespan=lifespan,
    )
    application.state.network = phones.network
    return application


class _Phones:
    """What the routes share."""

    caller: Caller

    def __init__(self, settings: PhoneSettings, network: Network) -> None:
        self.network = network
        self._settings = settings
        self._signer = RequestValidator(settings.auth_token)  # type: ignore[no-untyped-call] # untyped
        self._pages = Pages()

    async def create(self, request: Request) -> Response:
        if refused := self._stranger(request):
            return refused
        form = await request.form()
        to, body, service = (str(form.get(name) or "") for name in ("To", "Body", "MessagingServiceSid"))
        callback = str(form.get("StatusCallback") or "") or None
        for missing, code in ((not to, 21604), (not body, 21602), (not (service or form.get("From")), 21603)):
            if missing:
                return error(400, code, "A required parameter is missing.")
        if len(body) > _LONGEST:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        taken = self.network.take(to=to, body=body, service=service, callback=callback)
        if isinstance(taken, Refusal):
            return error(taken.status, taken.code, taken.message)
        answer = as_json(shape(taken, self._settings.account_sid), 201)
        self.carry(taken)
        if self.network.is_unsure(to):
            await asyncio.sleep(self._settings.stall)
            return BreaksOff()
        return answer

    async def list(self, request: Request) -> Response:
        if refused := self._stranger(request):
            return refused
        query = request.query_params
        size, page = _number(query.get("PageSize"), 50, 1, 1000), _number(query.get("Page"), 0, 0, 10**6)
        to = query.get("To")
        known = self.network.of(to) if to else [*reversed(self.network.messages.values())]
        chosen = [sms for sms in known if in_span(sms, query)]
        shown = chosen[page * size : (page + 1) * size]
        path = f"/{VERSION}/Accounts/{self._settings.account_sid}/Messages.json"
        rest = [pair for pair in query.multi_items() if pair[0] != "Page"]

        def at(number: int) -> str:
            return f"{path}?{urlencode([*rest, ('Page', number)])}"

        return as_json(
            {
                "messages": [shape(sms, self._settings.account_sid) for sms in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(0, len(shown) - 1),
                "uri": at(page),
                "first_page_uri": at(0),
                "previous_page_uri": at(page - 1) if page else None,
                "next_page_uri": at(page + 1) if len(chosen) > (page + 1) * size else None,
            }
        )

    async def fetch(self, request: Request) -> Response:
        if refused := self._stranger(request):
            return refused
        sms = self.network.messages.get(request.path_params["sid"])
        return (
            error(404, 20404, "The requested resource was not found")
            if sms is None
            else as_json(shape(sms, self._settings.account_sid))
        )

    async def page(self, request: Request) -> Response:
        typed = request.query_params.get("number", "")[:20]
        numbers = self.network.phones(_SHOWN, "".join(filter(str.isdecimal, typed)).lstrip("0"))
        return self._pages.show(
            "phones.html",
            wanted=typed,
            phones=[(_spoken(number), self.network.of(number)[:6]) for number in numbers],
            total=len(self.network.messages),
            arrived=len(self.network.arrived),
            when=_clock,
        )

    async def told(self, request: Request) -> Response:
        if to := request.query_params.get("to"):
            chosen = [sms for sms in reversed(self.network.of(to)) if sms.status == "delivered"]
            return as_json({"to": to, "messages": [asdict(sms) for sms in chosen]})
        after = _number(request.query_params.get("after"), 0, 0, 10**9)
        sids = self.network.arrived[after : after + 1000]
        return as_json({"next": after + len(sids), "messages": [asdict(self.network.messages[sid]) for sid in sids]})

    async def log(self, _: Request) -> Response:
        return as_json([asdict(asked) for asked in self.network.asked])

    def carry(self, sms: Sms) -> None:
        """Bring a message to its phone, and tell the sender on the way."""
        self.caller.start(self.network.carry(sms, self._tell))

    def _tell(self, sms: Sms, status: str, code: int | None) -> None:
        if sms.callback is None or status == "sending":
            return
        url = urlunsplit(urlsplit(sms.callback)._replace(fragment=""))
        said = receipt(sms, self._settings.account_sid, status, code)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": self._signer.compute_signature(url, said),  # type: ignore[no-untyped-call] # untyped
        }
        self.caller.start(self._post(url, headers, urlencode(said).encode()))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> None:
        await self.caller.post(url, lambda: (headers, body))

    def _stranger(self, request: Request) -> Response | None:
        """The refusal for whoever does not bring the account's own token."""
        pair = f"{self._settings.account_sid}:{self._settings.auth_token}".encode()
        right = b"Basic " + base64.b64encode(pair)
        given = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(given, right) and request.path_params["account"] == self._settings.account_sid:
            return None
        return error(401, 20003, "Authenticate")


def _number(text: str | None, default: int, least: int, most: int) -> int:
    return min(most, max(least, int(text))) if text and text.isascii() and text.isdecimal() else default


def _spoken(number: str) -> str:
    """+84599123456 as people here write it: 0599 123 456."""
    own = f"0{number.removeprefix('+84')}" if number.startswith("+84") else number
    return f"{own[:4]} {own[4:7]} {own[7:]}"


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(DA_NANG).strftime("%H:%M:%S · %d/%m")


def main() -> None:
    options = arguments(
        "Phones that exist on a page only.",
        {"step": "seconds from one status to the next", "stall": "seconds before an unsure answer breaks off"},
    )
    given = {name: value for name in ("step", "stall") if (value := getattr(options, name)) is not None}
    settings = PhoneSettings(
        account_sid=os.environ["TWILIO_ACCOUNT_SID"],
        auth_token=os.environ["TWILIO_AUTH_TOKEN"],
        keep=options.keep,
        **given,
    )
    run(app(settings), port=options.port)


if __name__ == "__main__":
    main()
