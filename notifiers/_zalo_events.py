"""What Zalo tells us by events: verified on the bytes as they came, then read.

The signature is a plain SHA-256 over app, body, time and secret. Which time (the body's or the header's) is told
differently by different sources, so both are tried.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from proactive.domain.notice import Sending
from proactive.errors import Forged
from proactive.ports.notifier import Hook, Receipt

REPLAYED_AFTER = timedelta(hours=2)
"""Zalo's last try comes an hour and fifty minutes after the first."""

WATCHED = {
    "change_template_status": ("zalo.template_changed", ("template_id", "status", "reason")),
    "change_template_quality": ("zalo.template_changed", ("template_id", "quality")),
    "change_template_quota": ("zalo.template_changed", ("template_id", "quota")),
    "change_oa_daily_quota": ("zalo.quota_changed", ("quota",)),
}
"""Events that an operator should see: our log's name for it, and what of theirs is shown: nothing about a person."""

STOP_WORDS = frozenset({"dừng nhận tin", "dung nhan tin", "dừng", "dung", "hủy", "huỷ", "huy", "stop"})

log = structlog.get_logger()


def verified(hook: Hook, *, app_id: str, secret: str, now: datetime) -> dict[str, Any] | None:
    """The event in a request that Zalo signed; None for the empty one by which its console tries the address out.

    Raises `Forged`.
    """
    headers = {name.lower(): value for name, value in hook.headers.items()}
    given = headers.get("x-zevent-signature", "")
    if not given and hook.body.strip() in {b"", b"{}"}:
        return None
    try:
        said = json.loads(hook.body)
    except (ValueError, RecursionError) as error:
        raise Forged("An event for Zalo is not JSON.") from error
    if not isinstance(said, dict):
        raise Forged("An event for Zalo is not an object.")
    for at in (said.get("timestamp"), headers.get("x-zevent-timestamp")):
        if at is None:
            continue
        written = str(at).encode("utf-8", "replace")  # half a letter cannot be signed
        mac = hashlib.sha256(app_id.encode() + hook.body + written + secret.encode()).hexdigest()
        if hmac.compare_digest(given.removeprefix("mac=").encode("utf-8", "replace"), mac.encode()):
            _in_time(str(at), now)
            return said
    raise Forged("An event for Zalo does not carry its signature.")


def _in_time(at: str, now: datetime) -> None:
    try:
        moment = datetime.fromtimestamp(int(at) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Forged("An event for Zalo names no moment.") from error
    if abs(now - moment) > REPLAYED_AFTER:
        raise Forged("An event for Zalo is older than its last try can be.")


def receipts(said: Mapping[str, Any], *, channel: str) -> Iterator[Receipt]:
    """What an event says about messages of ours. What an operator should see is logged; the rest says nothing to us."""
    name, message = said.get("event_name"), said.get("message")
    message = message if isinstance(message, dict) else {}
    if not isinstance(name, str):
        return
    if name == "user_received_message" and message.get("delivery_time") is not None:
        yield from _receipt(channel, message.get("msg_id"), "delivered", message)
    elif name == "user_seen_message":
        for one in message.get("msg_ids") or () if isinstance(message.get("msg_ids"), list) else ():
            yield from _receipt(channel, one, "seen", message)
    elif name == "user_feedback":
        yield from _receipt(channel, message.get("msg_id"), f"rated {str(message.get('rate'))[:1]}", message)
    elif name == "user_send_text" and str(message.get("text", "")).strip().casefold() in STOP_WORDS:
        # The sender is a number of Zalo's that nobody can lead back to a phone: it can't be kept as an opt-out.
        log.warning("zalo.stop_of_nobody_known")
    elif name in WATCHED:
        event, shown = WATCHED[name]
        log.warning(event, change=name, **{one: said.get(one) for one in shown})


def _receipt(channel: str, msg_id: object, status: str, message: Mapping[str, Any]) -> Iterator[Receipt]:
    if isinstance(msg_id, str) and msg_id:
        yield Receipt(channel, msg_id, status, Sending.DELIVERED, reference=reference(message.get("tracking_id")))


def reference(tracking_id: object) -> UUID | None:
    """The notice behind a tracking id of ours."""
    try:
        return UUID(hex=tracking_id) if isinstance(tracking_id, str) else None
    except ValueError:
        return None
