"""A connector as others would write one: it makes events, signs requests and sends them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import httpx
from standardwebhooks import Webhook

BATCH, STRUCTURED, BINARY = "application/cloudevents-batch+json", "application/cloudevents+json", "application/json"
SOURCE = "urn:danang:csgt"
_NUMBERS = count(1)


def licence(number: int = 1, **but: Any) -> dict[str, Any]:
    """A sound row of `driver_licences`."""
    return {
        "licence_no": f"48016{number:07d}", "personal_id": f"048168{number:06d}", "full_name": "NGUYỄN THỊ HOÀNG ANH",
        "date_of_birth": "1968-03-04", "class": "B2", "scheme": "2008", "issued_on": "2016-12-23",
        "expires_on": "2026-12-23", "issued_by": "Sở Giao thông vận tải thành phố Đà Nẵng", "status": "valid",
        "updated_at": "2026-11-20T01:00:00Z", **but,
    }  # fmt: skip


def changed(row: Mapping[str, Any] | None = None, *, version: int = 1, **but: Any) -> dict[str, Any]:
    """An event about this row, under an id of its own."""
    row = licence() if row is None else row
    return {
        "specversion": "1.0", "id": f"e-{next(_NUMBERS)}", "source": SOURCE, "type": "proactive.register.changed",
        "subject": str(row.get("licence_no")), "time": "2026-11-25T03:04:05Z", "datacontenttype": "application/json",
        "data": {"register": "driver_licences", "op": "upsert", "version": version, "record": dict(row)}, **but,
    }  # fmt: skip


def word(type_: str, register: str = "driver_licences", **but: Any) -> dict[str, Any]:
    """`caught_up` or `heartbeat`."""
    return {
        "specversion": "1.0", "id": f"e-{next(_NUMBERS)}", "source": SOURCE, "type": f"proactive.register.{type_}",
        "data": {"register": register}, **but,
    }  # fmt: skip


@dataclass
class Sender:
    client: httpx.AsyncClient
    id: str
    secrets: tuple[str, ...]
    more: dict[str, str] = field(default_factory=dict)

    def headers(
        self, body: bytes, mode: str, *, at: datetime | None = None, webhook_id: str | None = None
    ) -> dict[str, str]:
        name, moment = webhook_id or sha256(body).hexdigest(), at or datetime.now(UTC)
        text = body.decode("utf-8", "replace")
        return {
            "content-type": mode, "connector-id": self.id, "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(name, moment, text) for secret in self.secrets),
            **self.more,
        }  # fmt: skip

    async def send(self, events: Sequence[Mapping[str, Any]] | Mapping[str, Any], **more: Any) -> httpx.Response:
        """Sign and send these events as a batch, or this one event by itself."""
        mode = BATCH if isinstance(events, list) else STRUCTURED
        return await self.raw(json.dumps(events, ensure_ascii=False).encode(), mode, **more)

    async def raw(
        self,
        body: bytes,
        mode: str = BATCH,
        *,
        late: timedelta = timedelta(),
        webhook_id: str | None = None,
        headers: Mapping[str, str] = {},  # never changed
    ) -> httpx.Response:
        signed = self.headers(body, mode, at=datetime.now(UTC) - late, webhook_id=webhook_id)
        return await self.client.post("/v1/events", content=body, headers={**signed, **headers})
