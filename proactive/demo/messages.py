"""The wire format of Twilio's Messages API, as far as the stand-in speaks it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.responses import Response

from proactive.demo.network import SENDER, Sms
from proactive.demo.stage import as_json

VERSION = "2010-04-01"


def shape(sms: Sms, account: str) -> dict[str, object]:
    """A message as the API gives it."""
    place = f"/{VERSION}/Accounts/{account}/Messages/{sms.sid}"
    sender_known = sms.status != "accepted"
    return {
        "account_sid": account,
        "api_version": VERSION,
        "body": sms.body,
        "date_created": _rfc2822(sms.created),
        "date_sent": _rfc2822(sms.sent),
        "date_updated": _rfc2822(sms.updated or sms.created),
        "direction": "outbound-api",
        "error_code": sms.error,
        "error_message": None,
        "from": SENDER if sender_known else None,
        "messaging_service_sid": sms.service,
        "num_media": "0",
        "num_segments": str(_segments(sms.body)) if sender_known else "0",
        "price": None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status,
        "subresource_uris": {"media": f"{place}/Media.json"},
        "to": sms.to,
        "uri": f"{place}.json",
    }


def receipt(sms: Sms, account: str, status: str, error: int | None) -> dict[str, str]:
    """The form of a status call-back."""
    said = {
        "AccountSid": account,
        "ApiVersion": VERSION,
        "From": SENDER,
        "MessageSid": sms.sid,
        "MessageStatus": status,
        "MessagingServiceSid": sms.service,
        "SmsSid": sms.sid,
        "SmsStatus": status,
        "To": sms.to,
    }
    return said | ({"ErrorCode": str(error)} if error else {})


def error(status: int, code: int, message: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return as_json({"code": code, "message": message, "more_info": more, "status": status}, status)


def in_span(sms: Sms, query: Mapping[str, str]) -> bool:
    """`DateSent`, `DateSent<` and `DateSent>` as given; what was not sent yet has no date and fits none of them."""
    sent = (sms.sent or "")[: len("2026-11-23")]
    exact, until, since = query.get("DateSent"), query.get("DateSent<"), query.get("DateSent>")
    if not (exact or until or since):
        return True
    return bool(sent) and (exact or sent)[:10] == sent and sent <= (until or sent)[:10] and sent >= (since or sent)[:10]


def _segments(body: str) -> int:
    single, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else -(-len(body) // joined)


def _rfc2822(moment: str | None) -> str | None:
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC)) if moment else None
