"""An intake that answers what a test tells it to, and applications to hand over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.intakes import http
from proactive.domain.application import Applicant, Application
from proactive.ports.intake import Intake
from tests.demo.servers import serving

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Told:
    """What every request gets. `requests` are their methods, paths, headers and bodies."""

    answer: Response = field(default_factory=lambda: Response(status_code=201))
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    delay: float = 0.0
    url: str = ""

    async def receive(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode()
        self.requests.append((request.method, path, dict(request.headers), await request.body()))
        await asyncio.sleep(self.delay)
        return self.answer

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        route = Route("/{path:path}", self.receive, methods=["GET", "PUT"])
        async with serving(Starlette(routes=[route])) as self.url:
            yield self.url


async def opened(patch: pytest.MonkeyPatch, url: str, **env: str) -> Intake:
    for name, value in {"URL": url, "SECRET": SECRET, "TIMEOUT": "5", **env}.items():
        patch.setenv(f"PROACTIVE_INTAKE_{name}", value)
    return await http.open()


def application(reference: str = "H17.48-261123-000001", **changes: Any) -> Application:
    given = Application(
        reference=reference,
        dossier_id=UUID(int=7),
        procedure_code="3.000347",
        procedure_name="Đổi giấy phép lái xe",
        variant="renew",
        applicant=Applicant(personal_id="048180123456", full_name="Nguyễn Thị Thu Hà", phone="+84599123456"),
        receiving_office="csgt-da-nang",
        competent_office="csgt-da-nang",
        returning_office="centre-20242",
        fields={"class": "B2", "note": None},
        approved_by="officer",
        approved_at=datetime(2026, 11, 23, 2, tzinfo=UTC),
        content_hash="a" * 64,
    )
    return given.model_copy(update=changes)
