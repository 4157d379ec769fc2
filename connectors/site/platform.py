"""The platform as the site sees it: one HTTPS address that takes signed events.

Certificates are always verified. The secret may be replaced in its file while we run: it is read again whenever we were
not let in.
"""

import hashlib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from connectors.site import settings as site
from connectors.site.answers import Answer, Later, ShutOut, read
from connectors.site.events import BATCH, batch
from connectors.site.spool import Spooled
from proactive.errors import Unusable
from proactive.ports.clock import Clock


class Platform:
    """`POST /v1/events`, one request at a time."""

    def __init__(self, settings: site.Platform, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._webhook = settings.webhook()
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_seconds,
            verify=_context(settings),
            proxy=settings.proxy,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=1),
            headers={"connector-id": settings.connector, "content-type": BATCH, "user-agent": "proactive-site"},
        )

    async def push(self, events: Sequence[Spooled]) -> Answer:
        """Send these as one batch, once."""
        body = batch([event.body for event in events])
        now = self._clock.now()
        name = hashlib.sha256(body).hexdigest()  # the same for every attempt at the same bytes
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(name, now, body.decode()),
        }
        try:
            answer = await self._client.post(self._settings.endpoint, content=body, headers=headers)
        except httpx.TimeoutException:
            return Later("The platform did not answer in time.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _broken_off(error)
        found = read(answer, [event.id for event in events], now=self._clock.now())
        if isinstance(found, ShutOut):
            with suppress(Unusable):  # the old one then, until the new one is there
                self._webhook = self._settings.webhook()
        return found

    async def close(self) -> None:
        await self._client.aclose()


def _context(settings: site.Platform) -> ssl.SSLContext | bool:
    """How the platform proves who it is, and how we do where it asks for a certificate."""
    if urlsplit(settings.url).scheme == "http":
        return False  # to this machine only, see `Settings`: there is no certificate
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        if settings.certificate is not None:
            context.load_cert_chain(settings.certificate, settings.key)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"platform.ca, platform.certificate or platform.key can't be used: {error}.") from error
    return context


def _broken_off(error: Exception) -> Later | ShutOut:
    """What a call without an answer means; the libraries hide what TLS said behind errors of their own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ShutOut(f"The platform's certificate can't be trusted: {cause.verify_message}. See platform.ca.")
    if isinstance(cause, ssl.SSLError):
        return Later(f"TLS with the platform failed: {cause.reason}. Does it ask for a platform.certificate of ours?")
    if isinstance(error, httpx.ConnectError):
        return Later("The platform could not be reached.")
    return Later(f"The call broke off ({type(error).__name__}).")
