"""A stand-in for Viettel's gateway after the published contract, and the channel pointed at it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from notifiers import viettel_sms
from proactive.ports.clock import SystemClock
from proactive.ports.notifier import Notifier
from tests.demo.servers import serving

SOAP, IMPL = "http://schemas.xmlsoap.org/soap/envelope/", "http://impl.bulkSms.ws/"
ORDER = [
    "User", "Password", "CPCode", "RequestID", "UserID", "ReceiverID", "ServiceID", "CommandCode", "Content",
    "ContentType",
]  # fmt: skip
USER, PASSWORD, CP_CODE, BRANDNAME = "danang", "p&<word", "DANANG", "UBND-DANANG"


def returned(message: str, result: str) -> Response:
    """An answer as the gateway gives it, under one of the prefixes that were seen."""
    return Response(
        f'<?xml version="1.0"?><S:Envelope xmlns:S="{SOAP}"><S:Body><ns2:wsCpMtResponse xmlns:ns2="{IMPL}"><return>'
        f"<message>{escape(message)}</message><result>{result}</result></return></ns2:wsCpMtResponse></S:Body>"
        "</S:Envelope>",
        media_type="text/xml",
    )


OK = ("Insert MT_QUEUE: OK", "1")


@dataclass
class Gateway:
    """Takes what is right and refuses the rest as the vendor's table says; `queue` is what it took."""

    queue: list[tuple[str, str]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    """What the next requests get instead, in order; they are not taken."""
    loses_answers: int = 0
    """So many answers never arrive, though the message is taken."""
    received: list[dict[str, str]] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        fields = self._fields(await request.body())
        self.received.append(fields)
        if self.answers:
            return self.answers.pop(0)
        message, result = self._judged(fields)
        if result == "1":
            self.queue.append((fields["ReceiverID"], fields["Content"]))
            if self.loses_answers:
                self.loses_answers -= 1
                await self.released.wait()
        return returned(message, result)

    def _fields(self, body: bytes) -> dict[str, str]:
        called = ElementTree.fromstring(body).find(f"{{{SOAP}}}Body/{{{IMPL}}}wsCpMt")
        assert called is not None
        assert [child.tag for child in called] == ORDER  # document/literal wrapped: in this order, unqualified
        return {child.tag: child.text or "" for child in called}

    def _judged(self, said: dict[str, str]) -> tuple[str, str]:
        if said["CPCode"] != CP_CODE:
            return "Authenticate: CP_CODE_NOT_FOUND", "0"
        if (said["User"], said["Password"]) != (USER, PASSWORD):
            return "Authenticate: WRONG_INFORMATION_AUTHENTICATE", "0"
        if not said["RequestID"].isdigit():
            return "Check RequestID: REQUEST_ID_NOT_NUMBER", "0"
        if said["UserID"] != said["ReceiverID"]:
            return "Check ReceiverID: UserID_NOT_EQUAL_ReceiverID", "0"
        if len(said["ReceiverID"]) != 11 or not said["ReceiverID"].startswith("84"):
            return "Check ReceiverID: FORMAT_ERROR", "0"
        if said["ServiceID"] != BRANDNAME:
            return "Check ServiceID: ALIAS_INVALID:TELCO=VT", "0"
        if said["CommandCode"] != "bulksms":
            return "Check CommandCode: COMMAND_CODE_ERROR", "0"
        if not said["Content"]:
            return "Check Content: NULL_OR_BLANK", "0"
        if (said["ReceiverID"], said["Content"]) in self.queue:
            return "Check ServiceID: DUPLICATE MESSAGE", "0"
        return OK

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        async with serving(Starlette(routes=[Route("/bulkapi", self.take, methods=["POST"])])) as url:
            try:
                yield f"{url}/bulkapi"
            finally:
                self.released.set()


async def channel(patch: pytest.MonkeyPatch, url: str, **env: Any) -> Notifier:
    settings = {
        "URL": url, "USER": USER, "PASSWORD": PASSWORD, "CP_CODE": CP_CODE, "BRANDNAME": BRANDNAME, "TIMEOUT": "5",
        **env,
    }  # fmt: skip
    for name, value in settings.items():
        patch.setenv(f"VIETTEL_SMS_{name}", str(value))
    return await viettel_sms.open(public_url="http://127.0.0.1", clock=SystemClock())
