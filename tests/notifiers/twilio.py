"""A Twilio that answers what a test tells it to, and the channel pointed at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from notifiers import sms
from proactive.ports.clock import Clock, SystemClock
from proactive.ports.notifier import Hook, Notifier
from tests.demo.servers import serving

ACCOUNT, SERVICE, TOKEN = "AC" + "a" * 32, "MG" + "c" * 32, "12345678901234567890123456789012"
PUBLIC = "https://app.example.gov.vn"


@dataclass
class Told:
    """What the next requests get, in order; the last one stays. `requests` are the forms and queries received."""

    answers: list[Response] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    delay: float = 0.0
    url: str = ""

    async def answer(self, request: Request) -> Response:
        pairs = parse_qsl((await request.body()).decode()) or request.query_params.items()
        self.requests.append((request.method, dict(pairs)))
        await asyncio.sleep(self.delay)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        route = Route("/{path:path}", self.answer, methods=["GET", "POST"])
        async with serving(Starlette(routes=[route])) as self.url:
            yield self.url


async def channel(
    patch: pytest.MonkeyPatch, base_url: str, *, public_url: str = PUBLIC, clock: Clock | None = None, **env: Any
) -> Notifier:
    settings = {
        "ACCOUNT_SID": ACCOUNT,
        "AUTH_TOKEN": TOKEN,
        "MESSAGING_SERVICE_SID": SERVICE,
        "BASE_URL": base_url,
        "TIMEOUT": "5",
        **env,
    }
    for name, value in settings.items():
        patch.setenv(f"TWILIO_{name}", str(value))
    return await sms.open(public_url=public_url, clock=clock or SystemClock())


def signed(body: bytes, *, url: str = f"{PUBLIC}/hooks/sms", token: str = TOKEN) -> Hook:
    """The body as Twilio would bring it."""
    said = dict(parse_qsl(body.decode(), keep_blank_values=True))
    validator = RequestValidator(token)  # type: ignore[no-untyped-call] # the library ships no types
    signature = validator.compute_signature(url, said)  # type: ignore[no-untyped-call] # the same
    return Hook(url, {"X-Twilio-Signature": signature}, body)
