"""Who sends this: Standard Webhooks over the bytes as they came, with any secret of the connector that is good now."""

import re
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from proactive.web.push.problems import Problem, refused
from proactive.web.push.strict import Malformed, text_of

ID = re.compile(r"[!-~]{1,128}")
SECONDS = re.compile(r"[0-9]{1,11}")
CHALLENGE = 'Standard-Webhooks realm="/v1/events"'


def check(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Nothing, where the signature is good. Raises `Problem`: 401, also where there is no such connector at all."""
    if not ID.fullmatch(headers.get("webhook-id", "")):
        raise _unknown("webhook-id", "It is missing, or not 1 to 128 visible ASCII characters.", "Name the request.")
    if not SECONDS.fullmatch(headers.get("webhook-timestamp", "")):
        raise _unknown("webhook-timestamp", "It is not a number of seconds.", "Send seconds since 1970 in UTC.")
    try:
        text_of(body)  # the library signs text
    except Malformed as error:
        raise refused("malformed", error.where, error.why, error.mend) from error
    why = "No secret of this connector made it, or there is no such connector."
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
            return
        except WebhookVerificationError as error:
            if "timestamp" in str(error):
                raise _unknown("webhook-timestamp", f"{error}.", "Set the clock; five minutes are let pass.") from error
        except Exception:  # the library lets ValueError, binascii.Error and UnicodeDecodeError escape
            why = "It cannot be read."
    raise _unknown("webhook-signature", why, "Sign `id.timestamp.body` with the secret that was printed last.")


def _unknown(where: str, why: str, mend: str) -> Problem:
    return refused("unauthorised", where, why, mend, www_authenticate=CHALLENGE)
