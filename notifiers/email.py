"""E-mail over the city's SMTP relay.

Guarantee: one call of `send` hands over at most one message, and none is handed over again by us. What broke off before
the text was begun was not taken; what broke off after it is `Unknown` and stays so, because a relay cannot be asked.
The first paragraph of a text is its subject. The relay signs (DKIM); a text has one part, short lines and every header
that is signed. Failures that the relay hears of later go to EMAIL_RETURN_TO, where people read them.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as AS_SENT
from enum import StrEnum
from ipaddress import ip_address

import aiosmtplib
import structlog
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from proactive.domain.addressee import Addressee
from proactive.errors import Forged, Unanswerable, Unusable
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Failure, Hook, Notifier, Outcome, Outgoing, Receipt, Rejected, Unknown
from proactive.settings import from_environment

ENHANCED: dict[str, tuple[Failure, str]] = {
    "5.1.7": (Failure.TECHNICAL, "the relay does not take our sender's address (EMAIL_SENDER)"),
    "5.1.8": (Failure.TECHNICAL, "the relay does not know our sender's domain (EMAIL_SENDER)"),
    "5.1": (Failure.PERMANENT, "there is no such e-mail address"),
    "5.2": (Failure.PERMANENT, "the mailbox takes nothing: full, closed or not for messages as long"),
    "5.3": (Failure.TECHNICAL, "the relay cannot take it as it is set up"),
    "5.4": (Failure.PERMANENT, "no way leads to this mailbox's server"),
    "5.5": (Failure.TECHNICAL, "we and the relay misunderstand each other"),
    "5.6": (Failure.TECHNICAL, "the text is not as mail must be"),
    "5.7": (Failure.TECHNICAL, "the relay's rules do not let it through"),
    "4": (Failure.TEMPORARY, "the relay takes nothing just now"),
}
"""Enhanced status codes (RFC 3463), the longest beginning first: what to do, and why."""

CODES: dict[int, tuple[Failure, str]] = {
    500: (Failure.TECHNICAL, "the relay does not understand us"),
    501: (Failure.PERMANENT, "not a valid e-mail address"),
    502: (Failure.TECHNICAL, "the relay does not understand us"),
    503: (Failure.TECHNICAL, "the relay does not understand us"),
    504: (Failure.TECHNICAL, "the relay does not understand us"),
    530: (Failure.TECHNICAL, "the relay wants us to sign in (EMAIL_USER, EMAIL_PASSWORD)"),
    534: (Failure.TECHNICAL, "the relay does not take this way to sign in"),
    535: (Failure.TECHNICAL, "the relay does not accept our account (EMAIL_USER, EMAIL_PASSWORD)"),
    538: (Failure.TECHNICAL, "the relay wants an encrypted line (EMAIL_LINE)"),
    550: (Failure.PERMANENT, "there is no such e-mail address"),
    551: (Failure.PERMANENT, "there is no such e-mail address"),
    552: (Failure.PERMANENT, "the mailbox is full"),
    553: (Failure.PERMANENT, "there is no such e-mail address"),
    554: (Failure.TECHNICAL, "the relay's rules do not let it through"),
    555: (Failure.TECHNICAL, "the relay does not know a word of ours"),
    556: (Failure.PERMANENT, "this domain takes no e-mail"),
}
"""Bare reply codes (RFC 5321), where the relay says no enhanced one. Every 4xx is temporary; what is not listed is
technical and is logged."""

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_LONGEST, _LONGEST_NAME = 254, 64
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_GOODBYE = 2.0
_UNABLE = (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported)
"""What the library raises where the relay does not offer what we need; everything below it is about the line."""

log = structlog.get_logger()


class Line(StrEnum):
    """How the line to the relay is kept from being read."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"  # this machine only


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="EMAIL_", env_ignore_empty=True)

    host: str = Field(min_length=1, description="The relay.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 with starttls, 465 with tls.")
    line: Line = Field(Line.STARTTLS, description="starttls, tls, or plain to a relay on this machine.")
    user: str | None = Field(None, description="Our account at the relay; none where it knows us by our address.")
    password: SecretStr | None = Field(None, description="Its password.")
    sender: str = Field(pattern=f"^{_ADDRESS.pattern}$", description="Whom it is from, in the domain the relay signs.")
    sender_name: str = Field("Dịch vụ công Đà Nẵng", pattern=r"^[^\r\n<>]{1,60}$", description="The sender's name.")
    return_to: str | None = Field(
        None, pattern=f"^{_ADDRESS.pattern}$", description="Where failures are told; the sender where nothing is set."
    )
    connections: int = Field(10, ge=1, le=200, description="Most connections to the relay at once, for each process.")
    timeout: float = Field(20.0, gt=0, le=25, description="Most seconds that one message may take.")


async def open(*, public_url: str, clock: Clock) -> Notifier:
    """The channel, set up from the environment. Raises `Unusable`."""
    settings = from_environment(Settings, "E-mail can't be sent")
    if settings.line is Line.PLAIN and not _on_this_machine(settings.host):
        raise Unusable("EMAIL_LINE=plain is for a relay on this machine: others would read our texts on the way.")
    if (settings.user is None) != (settings.password is None):
        raise Unusable("Set both EMAIL_USER and EMAIL_PASSWORD, or neither.")
    return Email(settings, public_url=public_url, clock=clock)


class Email(Notifier):
    """The channel `email`."""

    name = "email"

    def __init__(self, settings: Settings, *, public_url: str, clock: Clock) -> None:
        self._settings = settings
        self._wishes = f"{public_url.rstrip('/')}/dossier/messages"
        self._clock = clock
        self._lines = asyncio.Semaphore(settings.connections)

    def reachable(self, addressee: Addressee) -> str | None:
        address = (addressee.email or "").strip()
        name, _, domain = address.rpartition("@")
        if len(address) > _LONGEST or len(name) > _LONGEST_NAME or not _ADDRESS.fullmatch(address):
            return None
        return f"{name}@{domain.lower()}"

    async def send(self, message: Outgoing) -> Outcome:
        begun = False
        client: aiosmtplib.SMTP | None = None
        try:
            async with asyncio.timeout(self._settings.timeout), self._lines:
                client = self._client()
                await client.connect()
                told = client.supports_extension("dsn")
                await client.mail(
                    self._settings.return_to or self._settings.sender,
                    options=["RET=HDRS", f"ENVID={message.reference}"] if told else None,
                )
                await client.rcpt(message.to, options=["NOTIFY=FAILURE"] if told else None)
                begun = True
                await client.data(self._written(message).as_bytes())
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            if isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 600:
                return _refusal(error.code, error.message)
            if begun:
                return Unknown(f"the line to the relay broke off after the text was begun ({type(error).__name__})")
            if isinstance(error, ssl.SSLError) or type(error) in _UNABLE:
                return Rejected(
                    Failure.TECHNICAL, "unable", "the relay offers no safe line or sign-in (EMAIL_LINE, EMAIL_USER)"
                )
            return Rejected(Failure.TEMPORARY, "unreachable", "the relay could not be reached; nothing was sent")
        finally:
            if client is not None:
                await _goodbye(client)
        return Accepted(self._message_id(message))

    async def find(self, message: Outgoing) -> Accepted | None:
        raise Unanswerable("A mail relay keeps nothing that it could be asked about.")

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        raise Forged("E-mail brings no receipts.")

    async def close(self) -> None:
        return None

    def _client(self) -> aiosmtplib.SMTP:
        ours = self._settings
        return aiosmtplib.SMTP(
            hostname=ours.host,
            port=ours.port,
            use_tls=ours.line is Line.TLS,
            start_tls=ours.line is Line.STARTTLS,
            username=ours.user,
            password=ours.password.get_secret_value() if ours.password else None,
            timeout=ours.timeout,
        )

    def _message_id(self, message: Outgoing) -> str:
        """The same for a notice whenever it is sent: mail programs show a message that came twice once."""
        return f"<{message.reference}@{self._settings.sender.rpartition('@')[2]}>"

    def _written(self, message: Outgoing) -> EmailMessage:
        subject, _, rest = message.body.partition("\n\n")
        letter = EmailMessage(policy=AS_SENT)
        letter["From"] = Address(self._settings.sender_name, addr_spec=self._settings.sender)
        letter["To"] = Address(addr_spec=message.to)
        letter["Subject"] = subject if rest else self._settings.sender_name
        letter["Date"] = self._clock.now()
        letter["Message-ID"] = self._message_id(message)
        letter["Auto-Submitted"] = "auto-generated"
        letter["List-Unsubscribe"] = f"<{self._wishes}>"
        letter.set_content((rest or subject) + "\n", charset="utf-8", cte="quoted-printable")
        return letter


def _refusal(code: int, words: str) -> Outcome:
    """What an answer of the relay means; it took nothing, whenever it says so."""
    found = _STATUS.search(words)
    status = found[1] if found and found[1][0] == str(code)[0] else None
    for length in (len(status), status.rindex("."), 1) if status else ():
        assert status is not None
        if (known := ENHANCED.get(status[:length])) is not None:
            return Rejected(known[0], f"{code} {status}", known[1])
    if 400 <= code < 500:
        return Rejected(Failure.TEMPORARY, str(code), ENHANCED["4"][1])
    if code not in CODES:
        log.warning("email.unknown_code", code=code)
    failure, why = CODES.get(code, (Failure.TECHNICAL, "the relay refused it with a code that we do not know"))
    return Rejected(failure, str(code), why)


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    """End the line as is proper; what was said before counts, whatever becomes of this."""
    try:
        async with asyncio.timeout(_GOODBYE):
            if client.is_connected:
                await client.quit()
    except (aiosmtplib.SMTPException, TimeoutError, OSError):
        pass
    finally:
        client.close()


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
