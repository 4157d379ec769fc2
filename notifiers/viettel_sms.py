"""Brandname SMS over Viettel's gateway (SOAP, `wsCpMt`).

Guarantee: one call of `send` makes at most one request, and none is made again by us. The gateway gives a message no
name, tells nothing about its delivery and cannot be asked about it: what broke off after the request may have left is
`Unknown` and stays so. It refuses the same text to the same number for a while, so such a refusal means that it has it.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import aiohttp
import structlog
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from proactive.domain.addressee import Addressee
from proactive.errors import Forged, Unanswerable, Unusable
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Failure, Hook, Notifier, Outcome, Outgoing, Receipt, Rejected, Unknown
from proactive.settings import from_environment
from rules.texts import odd_letters

TAKEN = ("insert mt_queue: ok", "check serviceid: duplicate message")
"""Beginnings of what the gateway says when it has the message: from this call, or (18) from one before."""

CODES: tuple[tuple[str, str, Failure, str], ...] = (
    ("cp_code: null_or_blank", "2", Failure.TECHNICAL, "our account is missing (VIETTEL_SMS_CP_CODE)"),
    ("username: null_or_blank", "3", Failure.TECHNICAL, "our user is missing (VIETTEL_SMS_USER)"),
    ("password: null_or_blank", "4", Failure.TECHNICAL, "our password is missing (VIETTEL_SMS_PASSWORD)"),
    ("cp_code_not_found", "5", Failure.TECHNICAL, "Viettel does not know our account (VIETTEL_SMS_CP_CODE)"),
    ("wrong_information_authenticate", "6", Failure.TECHNICAL, "Viettel does not accept our user or password"),
    ("ip_invalid", "8", Failure.TECHNICAL, "our address is not on Viettel's list of allowed ones"),
    ("check requestid: null_or_blank", "9", Failure.TECHNICAL, "the request has no number"),
    ("check requestid: request_id_not_number", "11", Failure.TECHNICAL, "the request's number is not one"),
    ("check userid: null_or_blank", "13", Failure.PERMANENT, "the number is missing"),
    ("check receiverid: null_or_blank", "14", Failure.PERMANENT, "the number is missing"),
    ("check receiverid: format_error", "15", Failure.PERMANENT, "not a valid number"),
    ("length of receiverid is invalid", "15", Failure.PERMANENT, "not a valid number"),
    ("check receiverid: userid_not_equal_receiverid", "16", Failure.TECHNICAL, "the number stands there in two ways"),
    ("userid_not_equal_receiverid", "16", Failure.TECHNICAL, "the number stands there in two ways"),
    ("unable to check telco from input receiver", "17", Failure.PERMANENT, "no operator holds this number"),
    ("check serviceid: alias_invalid", "19", Failure.PERMANENT, "our sender name is not registered with its operator"),
    ("check commandcode: null_or_blank", "21", Failure.TECHNICAL, "the request has no command"),
    ("check commandcode: command_code_error", "23", Failure.TECHNICAL, "the request's command is not one"),
    ("check content: null_or_blank", "24", Failure.TECHNICAL, "the text is missing"),
    ("check content: maxlength_limit", "25", Failure.TECHNICAL, "the text is longer than our contract allows"),
    ("check content: msg_error_contain_blacklist", "26", Failure.TECHNICAL, "Viettel forbids a word of the text"),
    ("check template: content_not_match_template", "98", Failure.TECHNICAL, "the text fits no template that we filed"),
    ("check information error", "99", Failure.TEMPORARY, "Viettel's own system failed; nothing was taken"),
)
"""Beginnings of what it says when it refuses (after `Authenticate: `, in small letters), its number in Viettel's table,
what to do, and why. What is not listed is permanent and is logged."""

STATUSES: dict[int, tuple[Failure, str]] = {
    **dict.fromkeys((301, 302, 303, 307, 308), (Failure.TECHNICAL, "the gateway is elsewhere (VIETTEL_SMS_URL)")),
    **dict.fromkeys((400, 404, 405, 413, 415), (Failure.TECHNICAL, "no gateway is there (VIETTEL_SMS_URL)")),
    **dict.fromkeys((401, 403), (Failure.TECHNICAL, "the relay before the gateway does not let us through")),
    429: (Failure.TEMPORARY, "too many requests at once; this one was not processed"),
}
"""HTTP statuses that surely refuse. Every other one but 200 says nothing about whether the message was taken."""

SOAP, IMPL = "http://schemas.xmlsoap.org/soap/envelope/", "http://impl.bulkSms.ws/"
RETURNED = f"{{{SOAP}}}Body/{{{IMPL}}}wsCpMtResponse/return"
_LONGEST_ANSWER = 65_536
_NOT_OURS_TO_KEEP = re.compile(r"\d{4,}")

log = structlog.get_logger()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="VIETTEL_SMS_", env_ignore_empty=True)

    url: str = Field(pattern=r"^https?://[^?#]+$", description="The gateway's address, or that of a relay before it.")
    private_line: bool = Field(
        False, description="The line to an http:// address is private: a leased line or a VPN. Passwords go over it."
    )
    user: str = Field(min_length=1, description="The user of our contract.")
    password: SecretStr = Field(min_length=1, description="Its password.")
    cp_code: str = Field(min_length=1, description="The account that Viettel gave us.")
    brandname: str = Field(min_length=1, max_length=11, description="The registered sender name.")
    timeout: float = Field(10.0, gt=0, le=25, description="Most seconds that one call may take.")


async def open(*, public_url: str, clock: Clock) -> Notifier:
    """The channel, set up from the environment. Raises `Unusable`."""
    settings = from_environment(Settings, "Brandname SMS can't be sent")
    if not (settings.private_line or settings.url.startswith("https:") or _on_this_machine(settings.url)):
        raise Unusable(
            "VIETTEL_SMS_URL is http://, and our password would be read on the way. Set a relay that speaks https://, "
            "or VIETTEL_SMS_PRIVATE_LINE=true where the line is a leased one or a VPN."
        )
    return ViettelSms(settings)


class ViettelSms(Notifier):
    """The channel `viettel_sms`."""

    name = "viettel_sms"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        limit = aiohttp.ClientTimeout(total=settings.timeout, connect=settings.timeout / 2)
        self._session = aiohttp.ClientSession(timeout=limit)

    def reachable(self, addressee: Addressee) -> str | None:
        number = addressee.mobile
        return number.removeprefix("+") if number is not None else None

    async def send(self, message: Outgoing) -> Outcome:
        headers = {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""'}
        try:
            async with self._session.post(
                self._settings.url, data=self._envelope(message), headers=headers, allow_redirects=False
            ) as answer:
                status, said = answer.status, await _read(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Rejected(Failure.TEMPORARY, "unreachable", "Viettel could not be reached; nothing was sent")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unknown(f"the call to Viettel broke off ({type(error).__name__})")
        if status in STATUSES:
            failure, why = STATUSES[status]
            return Rejected(failure, str(status), why)
        if status != 200:
            return Unknown(f"Viettel answered HTTP {status}")
        return self._outcome(message, said)

    async def find(self, message: Outgoing) -> Accepted | None:
        raise Unanswerable("Viettel keeps nothing that it could be asked about.")

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        raise Forged("Viettel brings no receipts.")

    async def close(self) -> None:
        await self._session.close()

    def _envelope(self, message: Outgoing) -> bytes:
        ours = self._settings
        fields = {
            "User": ours.user,
            "Password": ours.password.get_secret_value(),
            "CPCode": ours.cp_code,
            "RequestID": "1",  # a number, and nothing is told apart by it
            "UserID": message.to,
            "ReceiverID": message.to,
            "ServiceID": ours.brandname,
            "CommandCode": "bulksms",
            "Content": message.body,
            "ContentType": "1" if odd_letters(message.body) else "0",
        }
        inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        return (
            f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:impl="{IMPL}"><soapenv:Header/><soapenv:Body>'
            f"<impl:wsCpMt>{inside}</impl:wsCpMt></soapenv:Body></soapenv:Envelope>"
        ).encode()

    def _outcome(self, message: Outgoing, said: bytes) -> Outcome:
        """What an answer means. One that is not the gateway's own says nothing about whether the message was taken."""
        result, words = _parsed(said)
        plain = words.strip().lower().removeprefix("authenticate:").strip()
        if plain.startswith(TAKEN) and result in {"0", "1"}:
            return Accepted(message.reference)
        if result != "0":
            return Accepted(message.reference) if result == "1" else Unknown("Viettel's answer can't be read")
        for beginning, code, failure, why in CODES:
            if plain.startswith(beginning):
                if code == "19":
                    log.error("viettel_sms.brandname_not_registered", telco=plain[-2:].upper())
                return Rejected(failure, code, why)
        log.warning("viettel_sms.unknown_code", said=_NOT_OURS_TO_KEEP.sub("...", words)[:80])
        return Rejected(Failure.PERMANENT, "0", "Viettel refused it with words that we do not know")


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The answer, or nothing where it is far longer than any of the gateway's."""
    read = bytearray()
    async for some in answer.content.iter_chunked(8192):
        read += some
        if len(read) > _LONGEST_ANSWER:
            return b""
    return bytes(read)


def _parsed(said: bytes) -> tuple[str | None, str]:
    """The result and the words of an answer; no result where it is not one. Prefixes differ, namespaces do not."""
    if b"<!" in said:  # nothing of the gateway's declares entities
        return None, ""
    try:
        returned = ElementTree.fromstring(said).find(RETURNED)  # noqa: S314 -- short, and without declarations
    except ElementTree.ParseError:
        return None, ""
    if returned is None:
        return None, ""
    return (returned.findtext("result") or "").strip() or None, returned.findtext("message") or ""


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
