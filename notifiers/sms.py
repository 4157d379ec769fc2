"""SMS over Twilio's Programmable Messaging, by the official library.

Guarantee: one call of `send` makes at most one request, and none is made again by us. Twilio keeps no idempotency key,
so an answer that never came, broke off, was a server error or could not be read is `Unknown`; only what surely was not
taken is `Rejected`. In Vietnam nobody can answer an alphanumeric sender, so nothing comes in here but receipts.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
import structlog
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.datastructures import ImmutableMultiDict
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unreachable, Unusable
from proactive.ports.clock import Clock
from proactive.ports.notifier import (
    Accepted,
    Explanation,
    Failure,
    Hook,
    Notifier,
    Outcome,
    Outgoing,
    Receipt,
    Rejected,
    Unknown,
)
from proactive.settings import from_environment

CODES: dict[int, tuple[Failure, str]] = {
    401: (Failure.TECHNICAL, "Twilio does not accept our account (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN)"),
    403: (Failure.TECHNICAL, "our Twilio account may not send"),
    404: (Failure.TECHNICAL, "Twilio does not know the address that was asked (TWILIO_BASE_URL)"),
    429: (Failure.TEMPORARY, "too many requests at once; this one was not processed"),
    20003: (Failure.TECHNICAL, "Twilio does not accept our account (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN)"),
    20404: (Failure.TECHNICAL, "Twilio does not know our account or the address that was asked"),
    20429: (Failure.TEMPORARY, "too many requests at once; this one was not processed"),
    21211: (Failure.PERMANENT, "not a valid number"),
    21265: (Failure.PERMANENT, "a short code, which can't receive"),
    21408: (Failure.TECHNICAL, "our Twilio account may not send to this country"),
    21602: (Failure.TECHNICAL, "the text is missing"),
    21603: (Failure.TECHNICAL, "the sender is missing (TWILIO_MESSAGING_SERVICE_SID)"),
    21604: (Failure.TECHNICAL, "the number is missing"),
    21606: (Failure.TECHNICAL, "the sender can't send SMS"),
    21608: (Failure.TECHNICAL, "a trial account, or one without an approved profile, can't send to this number"),
    21609: (Failure.TECHNICAL, "Twilio can't use our address for receipts (PROACTIVE_PUBLIC_URL)"),
    21610: (Failure.OPTED_OUT, "this person told the provider to stop"),
    21611: (Failure.TEMPORARY, "the sender's queue is full"),
    21612: (Failure.TECHNICAL, "there is no route from our sender to this number"),
    21614: (Failure.PERMANENT, "not a mobile number"),
    21617: (Failure.TECHNICAL, "the text is longer than 1600 characters"),
    21703: (Failure.TECHNICAL, "the messaging service has no sender"),
    21705: (Failure.TECHNICAL, "Twilio does not know the messaging service (TWILIO_MESSAGING_SERVICE_SID)"),
}
"""Twilio's error codes (and bare HTTP statuses): what to do, and why. A code not listed is permanent and is logged."""

DELIVERY: dict[int, tuple[str, str]] = {
    30001: ("hàng đợi của nhà cung cấp đầy", "the provider's queue overflowed"),
    30002: ("tài khoản nhắn tin của thành phố bị tạm khóa", "our Twilio account is suspended"),
    30003: ("máy tắt hoặc ngoài vùng phủ sóng", "the handset is off or out of reach"),
    30004: ("người nhận hoặc nhà mạng chặn tin", "the recipient or the carrier blocks the message"),
    30005: ("số này không còn hoặc chưa từng dùng", "the number is unknown or no longer in use"),
    30006: ("số cố định hoặc nhà mạng không nhận SMS", "a landline, or a carrier that takes no SMS"),
    30007: ("nhà mạng lọc vì cho là tin rác; xem lại mẫu tin", "the carrier filtered it as spam; look at the text"),
    30008: ("nhà mạng không cho biết lý do", "the carrier does not say why"),
}
"""Codes that come with receipts, when a message that Twilio took did not arrive: for staff, Vietnamese and English."""

REFUSED: dict[Failure, str] = {
    Failure.TEMPORARY: "nhà cung cấp chưa nhận lúc này, sẽ gửi lại",
    Failure.PERMANENT: "số này không nhận được tin SMS",
    Failure.TECHNICAL: "tài khoản hoặc cấu hình gửi SMS có lỗi, người vận hành cần xem",
    Failure.OPTED_OUT: "người này đã báo nhà mạng không nhận tin",
}

STATUSES: dict[str, Sending | None] = {
    "accepted": None,
    "scheduled": None,
    "queued": None,
    "sending": None,
    "sent": None,
    "partially_delivered": None,
    "delivered": Sending.DELIVERED,
    "read": Sending.DELIVERED,
    "undelivered": Sending.UNDELIVERED,
    "failed": Sending.UNDELIVERED,
    "canceled": Sending.UNDELIVERED,
}
"""Twilio's message statuses, and what each means for a notice. They come in any order and more than once."""

_TWILIO = "api.twilio.com"
_MARGIN = timedelta(seconds=60)
"""How far Twilio's clock and ours may differ."""

_LOOKED_THROUGH = 200
_UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError, LookupError)
"""What the library raises for an answer that is not what Twilio's are."""

log = structlog.get_logger()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TWILIO_", env_ignore_empty=True)

    account_sid: str = Field(pattern=r"^AC[0-9a-fA-F]{32}$", description="The account: AC and 32 hexadecimal digits.")
    auth_token: SecretStr = Field(min_length=1, description="The account's token; also verifies receipts.")
    messaging_service_sid: str = Field(
        pattern=r"^MG[0-9a-fA-F]{32}$", description="The messaging service that holds the registered sender name."
    )
    base_url: str = Field(
        f"https://{_TWILIO}", pattern=r"^https?://[^/?#]+$", description="Where Twilio is, or what stands in for it."
    )
    timeout: float = Field(10.0, gt=0, le=25, description="Most seconds that one call may take.")


async def open(*, public_url: str, clock: Clock) -> Notifier:
    """The channel, set up from the environment. `public_url` is where receipts reach us. Raises `Unusable`."""
    settings = from_environment(Settings, "SMS can't be sent")
    if urlsplit(settings.base_url).hostname == _TWILIO and urlsplit(public_url).scheme != "https":
        raise Unusable(
            f"Twilio can't bring receipts to {public_url}; set PROACTIVE_PUBLIC_URL to our https:// address."
        )
    return Sms(settings, public_url=public_url, clock=clock)


class Sms(Notifier):
    """The channel `sms`."""

    name = "sms"

    def __init__(self, settings: Settings, *, public_url: str, clock: Clock) -> None:
        token = settings.auth_token.get_secret_value()
        self._service = settings.messaging_service_sid
        self._account = settings.account_sid
        self._callback = f"{public_url.rstrip('/')}/hooks/{self.name}"
        self._clock = clock
        self._http = _Http(settings.base_url, timeout=settings.timeout)
        client = Client(settings.account_sid, token, http_client=self._http)  # type: ignore[no-untyped-call] # untyped
        self._messages = client.messages
        self._validator = RequestValidator(token)  # type: ignore[no-untyped-call] # untyped

    def reachable(self, addressee: Addressee) -> str | None:
        return addressee.mobile

    async def send(self, message: Outgoing) -> Outcome:
        try:
            made = await self._messages.create_async(
                to=message.to,
                messaging_service_sid=self._service,
                body=message.body,
                status_callback=self._callback,
            )
        except (TwilioRestException, TwilioServiceException) as error:
            return self._refusal(error.status, error.code)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Rejected(Failure.TEMPORARY, "unreachable", "Twilio could not be reached; nothing was sent")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unknown(f"the call to Twilio broke off ({type(error).__name__})")
        except _UNREADABLE as error:
            return Unknown(f"Twilio's answer can't be read ({type(error).__name__})")
        if not isinstance(made.sid, str) or not made.sid:
            return Unknown("Twilio's answer names no message")
        return Accepted(made.sid)

    async def find(self, message: Outgoing) -> Accepted | None:
        # A rehearsal's clock is not Twilio's: what both agree on is how long ago it was. A message still waiting has no
        # date_sent, so Twilio must not choose by it.
        earliest = datetime.now(UTC) - (self._clock.now() - message.since) - _MARGIN
        try:
            theirs = await self._messages.list_async(to=message.to, limit=_LOOKED_THROUGH, page_size=_LOOKED_THROUGH)
        except (TwilioRestException, TwilioServiceException) as error:
            raise Unreachable(f"Twilio can't be asked about messages (HTTP {error.status}).") from error
        except (aiohttp.ClientError, TimeoutError, OSError, *_UNREADABLE) as error:
            raise Unreachable(f"Twilio can't be asked about messages ({type(error).__name__}).") from error
        for one in theirs:
            if one.sid and one.body == message.body and one.date_created and one.date_created >= earliest:
                return Accepted(one.sid)
        return None

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        said = self._verified(hook)
        sid, status = said.get("MessageSid"), said.get("MessageStatus")
        if sid is None or status is None:
            return ()
        if status not in STATUSES:
            log.warning("sms.unknown_status", status=status[:40])
        code = said.get("ErrorCode") or None
        return (Receipt(self.name, sid, status, STATUSES.get(status), error_code=code),)

    def explain(self, code: str) -> Explanation | None:
        number = int(code) if code.isascii() and code.isdigit() else -1
        if number in DELIVERY:
            return Explanation(*DELIVERY[number])
        failure, why = CODES.get(number, (None, ""))
        return Explanation(REFUSED[failure], why) if failure is not None else None

    async def close(self) -> None:
        await self._http.close()

    def _refusal(self, status: int, code: int | None) -> Outcome:
        """What an error answer means: a server error says nothing about whether the message was taken."""
        if status >= 500 or status == 408:
            return Unknown(f"Twilio answered HTTP {status}")
        known = CODES.get(code or status) or (CODES.get(status) if not code else None)
        if known is None:
            log.warning("sms.unknown_code", status=status, code=code)
            known = Failure.PERMANENT, f"Twilio refused it with a code we do not know (HTTP {status})"
        failure, why = known
        return Rejected(Failure.TEMPORARY if status == 429 else failure, str(code or status), why)

    def _verified(self, hook: Hook) -> ImmutableMultiDict[str, str]:
        """The form of a request that Twilio signed for our address and account. Raises `Forged`."""
        headers = {name.lower(): value for name, value in hook.headers.items()}
        try:
            # Strict, because the signature joins names and values: `a=bc` and `ab=c` are signed alike.
            pairs = parse_qsl(
                hook.body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=99,
            )
        except ValueError as error:
            raise Forged("A receipt for SMS is not a form as Twilio sends it.") from error
        form = ImmutableMultiDict(pairs)
        if len(form) != len(pairs):
            raise Forged("A receipt for SMS says one thing twice.")
        signature = headers.get("x-twilio-signature", "")
        if not self._validator.validate(hook.url, form, signature):  # type: ignore[no-untyped-call] # untyped
            raise Forged("A receipt for SMS does not carry Twilio's signature.")
        if form.get("AccountSid") != self._account:
            raise Forged("A receipt for SMS is about another account.")
        return form


class _Http(AsyncHttpClient):
    """The library's way out, towards another base address, with a time limit, no retries and no log (it names people).

    The library's own client gives each call no limit at all, whatever it was made with.
    """

    def __init__(self, base_url: str, *, timeout: float) -> None:
        super().__init__(logging.Logger("twilio", level=logging.CRITICAL + 1), is_async=True, timeout=timeout)
        self._base = urlsplit(base_url)
        # No limit of its own: offer hands over a batch at once and at a set pace, and a call that waited here for its
        # turn would look like a Twilio that cannot be reached.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=timeout, connect=timeout / 2),
            cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip

    async def request(  # type: ignore[override] # the library's asynchronous base already differs from its own base
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        asked = urlsplit(uri)
        async with self._session.request(
            method,
            urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, "")),
            params=params,  # type: ignore[arg-type] # the library gives texts and numbers
            data=None if data is None else urlencode(data, doseq=True).encode(),  # half the work of giving the form
            headers={
                **(headers or {}),
                **({} if data is None else {"Content-Type": "application/x-www-form-urlencoded"}),
                **({"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}),
            },
            allow_redirects=allow_redirects,
        ) as answer:
            return Response(answer.status, await answer.text(), dict(answer.headers))

    async def close(self) -> None:
        await self._session.close()
