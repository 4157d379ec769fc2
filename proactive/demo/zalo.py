"""A stand-in for Zalo on this machine: gives tokens, takes template messages, and says what became of them.

    python -m proactive.demo.zalo --port 8103 [--step SECONDS]

It reads ZALO_APP_ID, ZALO_APP_SECRET and ZALO_OA_SECRET, the same as whoever sends, and ZALO_STAND_IN_TELLS: where
events go (the real one is typed into Zalo's console). It grants every permission that is asked for at
/v4/oa/permission. For programs: /messages.json, what was taken; /log.json, every request to send.

Which phones misbehave, and how, is written in `zalo_network.py`.
"""

import asyncio
import hashlib
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from proactive.demo.calling import Caller
from proactive.demo.stage import BreaksOff, LocalOnly, arguments, as_json, run
from proactive.demo.zalo_network import No, Sent, ZaloNetwork

ACCOUNT = "579745863508352884"


@dataclass
class ZaloSettings:
    """`tells`: where events go. `swallow`: of so many pairs of tokens the answer never comes, though they are given."""

    app_id: str
    app_secret: str
    oa_secret: str
    tells: str = ""
    step: float = 0.15
    swallow: int = 0


def app(settings: ZaloSettings, network: ZaloNetwork | None = None) -> Starlette:
    """The stand-in as an application."""
    zalo = _Zalo(settings, network or ZaloNetwork(settings.app_id, settings.app_secret))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        zalo.caller = Caller()
        yield
        await zalo.caller.close()

    application = Starlette(
        routes=[
            Route("/v4/oa/permission", zalo.permission),
            Route("/v4/oa/access_token", zalo.token, methods=["POST"]),
            Route("/message/template", zalo.send, methods=["POST"]),
            Route("/message/status", zalo.status),
            Route("/message/quota", zalo.quota),
            Route("/messages.json", lambda _: as_json([asdict(one) for one in zalo.network.sent.values()])),
            Route("/log.json", lambda _: as_json(zalo.network.asked)),
            Route("/health", lambda _: as_json({"status": "ok"})),
        ],
        middleware=[Middleware(LocalOnly)],
        lifespan=lifespan,
    )
    application.state.network, application.state.settings = zalo.network, settings
    return application


def event(settings: ZaloSettings, said: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers and body of an event, signed as Zalo signs: SHA-256 over app, body, time, secret."""
    at = str(int(time.time() * 1000))
    body = json.dumps({**said, "app_id": settings.app_id, "timestamp": at}, ensure_ascii=False, separators=(",", ":"))
    mac = hashlib.sha256(f"{settings.app_id}{body}{at}{settings.oa_secret}".encode()).hexdigest()
    headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac}", "X-ZEvent-Server": "ZNS"}
    return headers, body.encode()


def delivered(sent: Sent, at: int) -> dict[str, Any]:
    """The event that a message is on its phone."""
    return {
        "sender": {"id": ACCOUNT},
        "recipient": {"id": sent.phone},
        "event_name": "user_received_message",
        "message": {"delivery_time": str(at), "msg_id": sent.msg_id, "tracking_id": sent.tracking_id},
    }


class _Zalo:
    """What the routes share."""

    caller: Caller

    def __init__(self, settings: ZaloSettings, network: ZaloNetwork) -> None:
        self.network = network
        self._settings = settings

    async def permission(self, request: Request) -> Response:
        asked = request.query_params
        code = self.network.permit(asked.get("code_challenge", ""))
        back = urlencode({"code": code, "oa_id": ACCOUNT, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked.get('redirect_uri', '')}?{back}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        given = self.network.token(form, request.headers.get("secret_key", ""))
        if isinstance(given, No):
            said = {"error": given.error, "error_name": given.message, "error_description": given.message}
            return as_json(said)
        if self._settings.swallow > 0:
            self._settings.swallow -= 1
            await asyncio.sleep(3600)
        return as_json(given)

    async def send(self, request: Request) -> Response:
        try:
            said = json.loads(await request.body())
        except ValueError:
            return _no(No(-122, "Body is not JSON"))
        taken = self.network.take(said, request.headers.get("access_token", ""))
        if isinstance(taken, No):
            return _no(taken)
        if not taken.phone.endswith("98"):
            self.caller.start(self._deliver(taken))
        if taken.phone.endswith("96"):
            return BreaksOff()
        quota = {"dailyQuota": str(self.network.daily_quota), "remainingQuota": str(self.network.remaining)}
        return _yes({"msg_id": taken.msg_id, "sent_time": str(taken.at), "sending_mode": "1", "quota": quota})

    async def _deliver(self, sent: Sent) -> None:
        await asyncio.sleep(self._settings.step)
        sent.delivered = int(time.time() * 1000)
        if self._settings.tells:
            said = delivered(sent, sent.delivered)
            await self.caller.post(self._settings.tells, lambda: event(self._settings, said))

    async def status(self, request: Request) -> Response:
        if no := self._stranger(request):
            return no
        sent = self.network.sent.get(request.query_params.get("message_id", ""))
        if sent is None:
            return _yes({"status": -1, "message": "not found", "delivery_time": None})
        return _yes({"status": int(sent.delivered is not None), "message": "", "delivery_time": sent.delivered})

    async def quota(self, request: Request) -> Response:
        if no := self._stranger(request):
            return no
        return _yes({"dailyQuota": str(self.network.daily_quota), "remainingQuota": str(self.network.remaining)})

    def _stranger(self, request: Request) -> Response | None:
        right = self.network.access and request.headers.get("access_token") == self.network.access
        return None if right else _no(No(-124, "Access token invalid"))


def _yes(data: object) -> Response:
    return as_json({"error": 0, "message": "Success", "data": data})


def _no(no: No) -> Response:
    return as_json({"error": no.error, "message": no.message})


def main() -> None:
    options = arguments("A Zalo that exists on this machine only.", {"step": "seconds until a message is delivered"})
    settings = ZaloSettings(
        app_id=os.environ["ZALO_APP_ID"],
        app_secret=os.environ["ZALO_APP_SECRET"],
        oa_secret=os.environ["ZALO_OA_SECRET"],
        tells=os.environ.get("ZALO_STAND_IN_TELLS", ""),
    )
    if options.step is not None:
        settings.step = options.step
    run(app(settings), port=options.port)


if __name__ == "__main__":
    main()
