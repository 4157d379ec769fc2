"""Applications are received here, and asked about by their reference.

    PUT /v1/applications/{reference}   200 it is a case now, or was already; 202 it is on disk and will be looked at
                                       (asked for by `Prefer: respond-async`); 400 refused, with the reason;
                                       401 not signed by who knows the secret; 409 the reference is another's
    GET /v1/applications/{reference}   {"reference", "state", "reason", "statuses": [{"code", "at", "office", "note"}]}
    GET /v1/applications?since=&until=&after=   {"applications": [{"reference", "content_hash", "code"}], "after"}

Requests carry Standard Webhooks signatures under PROACTIVE_RECEIVING_SECRET; without that setting nothing is received.
The same application again changes nothing, so whoever heard no answer may ask first, and hand over again after that.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from proactive.domain.application import Application
from proactive.steps.receive import NotTaken, take
from proactive.store.scope import Scope, enter
from proactive.web import forms
from proactive.web.receiving.documents import openapi
from proactive.web.site import Site

PAGE = 1000
REFERENCE = re.compile(r"[A-Z0-9][A-Za-z0-9.-]{3,49}")
PATH = "/v1/applications"
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Receiving:
    def __init__(self, site: Site) -> None:
        self._site = site
        secret = site.settings.receiving_secret.get_secret_value()
        self._webhook = Webhook(secret) if secret else None
        self.routes = [
            Route(PATH, self.listed, methods=["GET"]),
            Route(f"{PATH}/openapi.json", self.document, methods=["GET"]),
            Route(f"{PATH}/{{reference}}", self.receive, methods=["PUT"]),
            Route(f"{PATH}/{{reference}}", self.course, methods=["GET"]),
        ]

    async def receive(self, request: Request) -> Response:
        body = await forms.body(request)
        if not self._knows(body, request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        reference = request.path_params["reference"]
        try:
            application = Application.model_validate_json(body)
        except ValidationError as error:
            columns = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors()[:10])
            return _refused(400, f"Hồ sơ không đọc được: {columns}.")
        if application.reference != reference or not REFERENCE.fullmatch(reference):
            return _refused(400, "Mã hồ sơ trong địa chỉ và trong nội dung khác nhau, hoặc không đúng dạng.")
        enter(Scope(references=reference))
        if "respond-async" in request.headers.get("prefer", ""):
            return await self._later(application, body)
        taken = await take(application, store=self._site.store, clock=self._site.clock)
        if isinstance(taken, NotTaken):
            return _refused(409 if taken.conflict else 400, taken.why)
        return _json({"reference": reference, "state": "taken"})

    async def _later(self, application: Application, body: bytes) -> Response:
        site, reference = self._site, application.reference
        known = await site.store.cases.get(reference)
        held = known.content_hash if known is not None else None
        if held is None:
            held = await site.store.intake_queue.put(
                reference, application.content_hash, body.decode(), now=site.clock.now()
            )
        if held != application.content_hash:
            return _refused(409, "Mã hồ sơ này đã được dùng cho một hồ sơ khác.")
        if known is not None:
            return _json({"reference": reference, "state": "taken"})
        return _json({"reference": reference, "state": "queued"}, 202)

    async def course(self, request: Request) -> Response:
        if not self._knows(b"", request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        store, reference = self._site.store, request.path_params["reference"]
        if not REFERENCE.fullmatch(reference):
            return _refused(404, "Không có hồ sơ nào với mã này.")
        enter(Scope(references=reference))
        if await store.cases.get(reference) is not None:
            found = [dict(row) for row in await store.cases.course(reference)]
            return _json({"reference": reference, "state": "taken", "reason": None, "statuses": found})
        queued = await store.intake_queue.get(reference)
        if queued is None:
            return _refused(404, "Không có hồ sơ nào với mã này.")
        refused = {"code": 3, "at": queued["at"], "office": None, "note": queued["why"]}
        statuses = [refused] if queued["state"] == "refused" else []
        return _json({"reference": reference, "state": queued["state"], "reason": queued["why"], "statuses": statuses})

    async def listed(self, request: Request) -> Response:
        """For comparing both sides at night: what was received in a span, page by page."""
        if not self._knows(b"", request.headers):
            return _refused(401, "Chữ ký của yêu cầu không đúng.")
        asked = request.query_params
        try:
            since, until = (
                datetime.fromisoformat(asked[name]) if name in asked else default
                for name, default in (("since", EARLIEST), ("until", LATEST))
            )
        except ValueError:
            return _refused(400, "since và until là thời điểm theo ISO 8601.")
        if since.tzinfo is None or until.tzinfo is None:
            return _refused(400, "since và until cần có múi giờ.")
        enter(Scope(partner="list"))
        rows = await self._site.store.cases.since(since, until, after=asked.get("after", "")[:60], limit=PAGE)
        after = rows[-1]["reference"] if len(rows) == PAGE else None
        return _json({"applications": [dict(row) for row in rows], "after": after})

    async def document(self, request: Request) -> Response:
        return _json(openapi())

    def _knows(self, body: bytes, headers: Mapping[str, str]) -> bool:
        if self._webhook is None:
            return False
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError):
            return False
        return True


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _refused(status: int, reason: str) -> Response:
    return _json({"reason": reason}, status)
