"""An intake that takes applications over HTTP and calls back with each status.

    PUT  {url}/v1/applications/{reference}    the application as JSON; the same one again is answered like the first
    GET  {url}/v1/applications?since=&until=&after=   {"applications": [{"reference", "content_hash", "code"}], "after"}
    GET  {url}/v1/applications/{reference}    {"reference": ..., "statuses": [{"code", "at", "office", "note"}, ...]}
    POST {our address}/hooks/intake           {"reference": ..., "code", "at", "office", "note"}

Requests of both sides carry Standard Webhooks signatures (`webhook-id`, `-timestamp`, `-signature`) under one secret.

Guarantee: the reference makes a repeated hand-over harmless; nothing is repeated by us. Only an answer that says yes is
`Taken`, only one that says the application itself cannot be taken is `Refused`; everything else is `Unanswered`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import structlog
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from standardwebhooks import Webhook, WebhookVerificationError

from connectors.intakes._statuses import Status, news, progress
from proactive.domain.application import Application, Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Intake, Listed, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook
from proactive.settings import from_environment

ANSWERS: dict[int, type[Taken] | type[Refused]] = {
    200: Taken,  # already had it
    201: Taken,  # has it now
    202: Taken,  # has it in its queue
    400: Refused,
    409: Refused,  # has another application under this reference
    422: Refused,
}
"""HTTP answers to an application. Any other says nothing about it."""

_LONGEST_REASON = 300

log = structlog.get_logger()


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="PROACTIVE_INTAKE_", env_ignore_empty=True)

    url: str = Field(pattern=r"^https?://[^?#]+$", description="Where the intake is.")
    secret: SecretStr = Field(description="The shared secret: whsec_ and at least 32 characters of base64.")
    timeout: float = Field(15.0, gt=0, le=60, description="Most seconds that one call may take.")

    @field_validator("secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"whsec_[A-Za-z0-9+/_-]{32,}={0,2}", secret.get_secret_value()):
            raise ValueError("must be whsec_ and at least 32 characters of base64")
        return secret


class _Course(msgspec.Struct):
    reference: str
    statuses: list[Status]


class _Line(msgspec.Struct):
    reference: str
    content_hash: str
    code: int


class _Page(msgspec.Struct):
    applications: list[_Line]
    after: str | None = None


async def open() -> Intake:
    """The intake, set up from the environment. Raises `Unusable`."""
    return HttpIntake(from_environment(Settings, "The intake can't be used"))


class HttpIntake(Intake):
    """The intake `http`."""

    name = "http"

    def __init__(self, settings: Settings) -> None:
        base = settings.url.rstrip("/")
        self._webhook = Webhook(settings.secret.get_secret_value())
        self._list = f"{base}/v1/applications"
        self._client = httpx.AsyncClient(
            base_url=f"{base}/v1/applications/",
            timeout=settings.timeout,
            trust_env=urlsplit(base).hostname not in {"127.0.0.1", "localhost", "::1"},
        )

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        body = application.model_dump_json()
        try:
            answer = await self._ask("PUT", application.reference, body)
        except httpx.TimeoutException:
            return Unanswered("it did not answer in time")
        except httpx.ConnectError:
            return Unanswered("it could not be reached")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unanswered(f"the call broke off ({type(error).__name__})")
        match ANSWERS.get(answer.status_code):
            case None:
                return Unanswered(f"it answered HTTP {answer.status_code}")
            case kind if kind is Taken:
                return Taken(application.reference)
        return Refused(_reason(answer))

    async def find(self, reference: str) -> bool:
        return await self._course(reference) is not None

    async def progress(self, reference: str) -> Sequence[Progress]:
        course = await self._course(reference)
        if course is None:
            return ()
        found = [progress(reference, status) for status in course.statuses]
        return sorted((one for one in found if one is not None), key=lambda one: one.at)

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        found: dict[str, Listed] = {}
        after: str | None = ""
        while after is not None:
            asked = {"since": since.isoformat(), "until": until.isoformat(), "after": after}
            try:
                answer = await self._ask("GET", "", "", asked)
                answer.raise_for_status()
                page = msgspec.json.decode(answer.content, type=_Page)
            except httpx.HTTPStatusError as error:
                raise Unreachable(f"The intake answered HTTP {error.response.status_code}.") from error
            except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, UnicodeError) as error:
                raise Unreachable(f"The intake's list can't be read ({type(error).__name__}).") from error
            found |= {one.reference: Listed(one.content_hash, one.code) for one in page.applications}
            after = page.after if page.after != after else None
        return found

    def news(self, hook: Hook) -> Sequence[Progress]:
        try:
            self._webhook.verify(hook.body, dict(hook.headers), json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError) as error:
            raise Forged("A call-back does not carry the intake's signature.") from error
        told = news(hook.body)
        return () if told is None else (told,)

    async def close(self) -> None:
        await self._client.aclose()

    async def _course(self, reference: str) -> _Course | None:
        try:
            answer = await self._ask("GET", reference, "")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=_Course)
        except httpx.HTTPStatusError as error:
            raise Unreachable(f"The intake answered HTTP {error.response.status_code}.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"The intake does not answer ({type(error).__name__}).") from error
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise Unreachable("The intake's answer can't be read.") from error

    async def _ask(
        self, method: str, reference: str, body: str, query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": reference or "list",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(reference or "list", now, body),
        }
        path = quote(reference, safe="") if reference else self._list
        return await self._client.request(method, path, content=body.encode(), headers=headers, params=query)


def _reason(answer: httpx.Response) -> str:
    """The intake's own words, for the officer; without any, the bare answer."""
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, object]).get("reason")
    except (msgspec.MsgspecError, UnicodeError):
        said = None
    return str(said)[:_LONGEST_REASON] if said else f"it answered HTTP {answer.status_code} without a reason"
