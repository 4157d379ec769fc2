"""Zalo template messages (ZBS, formerly ZNS), sent to a phone by an Official Account.

Guarantee: one call of `send` makes at most one request, and none is made again by us. Zalo keeps no idempotency key and
can't be asked by our reference, so what broke off, was a server error or said something that we do not know is
`Unknown`, and stays so until an event that carries our reference explains it. Zalo sends texts that it has approved;
under which id each was approved says the file that ZALO_TEMPLATES names.
"""

import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import structlog
import yaml

from notifiers import _zalo_events as events
from notifiers._zalo_access import NOT_REACHED, Settings, number, read_settings
from proactive.domain.addressee import Addressee
from proactive.errors import Unanswerable, Unreachable, Unusable
from proactive.ports.clock import DA_NANG, Clock
from proactive.ports.notifier import (
    Accepted,
    Content,
    Failure,
    Hook,
    Notifier,
    Outcome,
    Outgoing,
    Receipt,
    Rejected,
    Unknown,
)
from proactive.ports.tokens import Token, Tokens

_TEMPORARY, _PERMANENT, _TECHNICAL, _OPTED_OUT = (
    Failure.TEMPORARY, Failure.PERMANENT, Failure.TECHNICAL, Failure.OPTED_OUT,
)  # fmt: skip
_APP = "Zalo does not take our app or its secret (ZALO_APP_ID, ZALO_APP_SECRET, ZALO_PROOF)"
_ACCOUNT = "our Official Account may not send this; see its console"
_TEMPLATE = "the template and what we send for it do not fit (messages/zalo.yaml of the service, ZALO_TEMPLATES)"
_QUOTA = "the quota of the day is used up"

CODES: dict[int, tuple[Failure, str]] = {
    -32: (_TEMPORARY, "too many requests at once; this one was not processed"),
    -124: (_TEMPORARY, "the access token is no longer good; it is renewed"),
    -133: (_TEMPORARY, "Zalo sends nothing in the night"),
    **dict.fromkeys((-144, -1441, -147, -1471, -1472), (_TEMPORARY, _QUOTA)),
    -108: (_PERMANENT, "not a valid phone number"),
    -110: (_PERMANENT, "this person's Zalo is too old"),
    -114: (_PERMANENT, "this person does not use Zalo or takes no such messages"),
    -118: (_PERMANENT, "this phone has no Zalo account"),
    -119: (_PERMANENT, "this account cannot receive"),
    -134: (_PERMANENT, "this person has not answered Zalo's question whether they want it"),
    -140: (_PERMANENT, "this person may not be sent it"),
    -139: (_OPTED_OUT, "this person refuses messages of this kind"),
    -141: (_OPTED_OUT, "this person refuses messages of our account"),
    **dict.fromkeys((-101, -102, -103, -104, -105, -1241), (_TECHNICAL, _APP)),
    **dict.fromkeys((-120, -1201, -1202, -125, -135, -1351, -136, -138, -1381, -145), (_TECHNICAL, _ACCOUNT)),
    **dict.fromkeys((-115, -137), (_TECHNICAL, "the account has no money left")),
    **dict.fromkeys((-126, -127), (_TECHNICAL, "only administrators of the account can be sent this yet")),
    -117: (_TECHNICAL, "our account may not use this template"),
    **dict.fromkeys((-109, -1091, -131, -146), (_TECHNICAL, "the template is not approved, or no longer")),
    **dict.fromkeys((-107, -111, -112, -1121, -1122, -1123, -1124), (_TECHNICAL, _TEMPLATE)),
    **dict.fromkeys((-113, -1131, -116, -128, -129, -130, -132), (_TECHNICAL, _TEMPLATE)),
    **dict.fromkeys((-106, -121, -122, -123, -142, -143), (_TECHNICAL, "Zalo can't read what we send")),
    **dict.fromkeys((-148, -149, -150, -151, -152, -153), (_TECHNICAL, _ACCOUNT)),
    **dict.fromkeys((-158, -159, -160, -161, -162), (_TECHNICAL, _ACCOUNT)),
}  # fmt: skip
"""Zalo's error codes: what to do, and why. Zalo answers HTTP 200 to them all. A code not listed is `Unknown`: nobody
has written down what it means, so the message may have been taken."""

QUOTAS = frozenset({-144, -1441, -147, -1471, -1472})
REFUSED_TOKEN, NIGHT = -124, -133

OPENS, CLOSES = time(6, 5), time(21, 45)
"""Zalo sends from 6 to 22 o'clock and does not say by which clock: by ours, with a margin. The city's own quiet hours
(rules/manners) are longer; these hold whatever they become."""

_SPREAD = timedelta(minutes=30)
"""After a night or a used-up quota not everything goes out in one second."""

log = structlog.get_logger()


async def open(*, public_url: str, clock: Clock, tokens: Tokens) -> Notifier:
    """The channel, set up from the environment; `tokens` has what we are let in with. Raises `Unusable`."""
    settings = read_settings()
    return Zalo(settings, templates(settings.templates), clock=clock, tokens=tokens)


class Zalo(Notifier):
    """The channel `zalo`."""

    name = "zalo"

    def __init__(
        self, settings: Settings, templates: Mapping[tuple[str, str, str], str], *, clock: Clock, tokens: Tokens
    ) -> None:
        self._settings = settings
        self._templates = templates
        self._clock = clock
        self._tokens = tokens
        self._no_quota_until: datetime | None = None
        self._missed: set[tuple[str, str, str]] = set()
        self._http = httpx.AsyncClient(
            base_url=settings.zbs_base, timeout=settings.timeout, trust_env=False, follow_redirects=False,
            limits=httpx.Limits(max_connections=256, max_keepalive_connections=64),
        )  # fmt: skip

    def reachable(self, addressee: Addressee) -> str | None:
        return addressee.mobile

    async def send(self, message: Outgoing) -> Outcome:
        if message.content is None:
            return Rejected(_TECHNICAL, "no_template", "Zalo takes approved templates only, not a text")
        if closed := self._closed(message):
            return closed
        template = self._template(message.content)
        if template is None:
            return Rejected(_PERMANENT, "no_template", "no approved template is named for this text (ZALO_TEMPLATES)")
        try:
            token = await self._tokens.current()
        except Unreachable:
            return Rejected(_TEMPORARY, "no_token", "the token could not be read; nothing was sent")
        if token is None:
            return Rejected(_TECHNICAL, "no_token", "no access to Zalo: run `proactive token authorise zalo`")
        return await self._post(message, template, message.content, token)

    async def find(self, message: Outgoing) -> Accepted | None:
        raise Unanswerable("Zalo can't be asked about a message by our reference; an event may still explain it.")

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        # Zalo's clock is the world's, not that of a rehearsal.
        secret = self._settings.oa_secret.get_secret_value()
        said = events.verified(hook, app_id=self._settings.app_id, secret=secret, now=datetime.now(UTC))
        return () if said is None else tuple(events.receipts(said, channel=self.name))

    async def close(self) -> None:
        await self._http.aclose()

    def _template(self, content: Content) -> str | None:
        wanted = (content.service, content.language, content.variant or "")
        found = self._templates.get(wanted)
        if found is None and wanted not in self._missed:
            self._missed.add(wanted)
            log.warning("zalo.no_template", service=wanted[0], language=wanted[1], variant=wanted[2])
        return found

    def _closed(self, message: Outgoing) -> Rejected | None:
        """Why nothing can be sent just now, without asking Zalo."""
        now = self._clock.now()
        local = now.astimezone(DA_NANG)
        if not OPENS <= local.time() <= CLOSES:
            day = local.date() + timedelta(days=local.time() > CLOSES)
            return _refused(NIGHT, until=_morning(day, message.reference))
        if self._no_quota_until is not None and now < self._no_quota_until:
            return _refused(min(QUOTAS), until=_morning(local.date() + timedelta(days=1), message.reference))
        return None

    async def _post(self, message: Outgoing, template: str, content: Content, token: Token) -> Outcome:
        headers = {"access_token": token.access}
        if self._settings.proof:
            secret = self._settings.app_secret.get_secret_value()
            headers["appsecret_proof"] = hmac.digest(secret.encode(), token.access.encode(), "sha256").hex()
        body = {
            "phone": message.to.removeprefix("+"),
            "template_id": template,
            "template_data": {name: unicodedata.normalize("NFC", one) for name, one in content.parameters.items()},
            "tracking_id": UUID(message.reference).hex,
            "sending_mode": "1",
        }
        try:
            answer = await self._http.post("/message/template", json=body, headers=headers)
            said = answer.json()
        except NOT_REACHED:
            return Rejected(_TEMPORARY, "unreachable", "Zalo could not be reached; nothing was sent")
        except httpx.HTTPError as error:
            return Unknown(f"the call to Zalo broke off ({type(error).__name__})")
        except (ValueError, RecursionError) as error:
            return Unknown(f"Zalo's answer can't be read ({type(error).__name__})")
        if not isinstance(said, dict) or answer.status_code >= 500 or (code := number(said.get("error"))) is None:
            return Unknown(f"Zalo answered HTTP {answer.status_code} without saying what became of it")
        return self._taken(said.get("data")) if code == 0 else await self._refusal(code, message, token)

    def _taken(self, data: Any) -> Outcome:
        data = data if isinstance(data, dict) else {}
        quota = data.get("quota")
        if isinstance(quota, dict) and number(quota.get("remainingQuota")) == 0:
            self._use_up()
        msg_id = data.get("msg_id")
        return Accepted(msg_id) if isinstance(msg_id, str) and msg_id else Unknown("Zalo's answer names no message")

    async def _refusal(self, code: int, message: Outgoing, token: Token) -> Outcome:
        if code not in CODES:
            log.warning("zalo.unknown_code", code=code)
            return Unknown(f"Zalo answered with a code that we do not know ({code})")
        local = self._clock.now().astimezone(DA_NANG)
        if code == REFUSED_TOKEN:
            await self._tokens.refused(token.generation)
        if code in QUOTAS:
            self._use_up()
        if code in QUOTAS or (code == NIGHT and local.time() >= OPENS):
            return _refused(code, until=_morning(local.date() + timedelta(days=1), message.reference))
        return _refused(code)

    def _use_up(self) -> None:
        tomorrow = self._clock.now().astimezone(DA_NANG).date() + timedelta(days=1)
        self._no_quota_until = datetime.combine(tomorrow, time(), tzinfo=DA_NANG).astimezone(UTC)
        log.warning("zalo.quota_used_up", until=self._no_quota_until.isoformat())


def _refused(code: int, *, until: datetime | None = None) -> Rejected:
    failure, why = CODES[code]
    return Rejected(failure, str(code), why, until)


def _morning(day: Any, reference: str) -> datetime:
    """When sending begins on a day, spread by the message's own id."""
    share = (UUID(reference).int % 1800) / 1800
    return datetime.combine(day, OPENS, tzinfo=DA_NANG).astimezone(UTC) + _SPREAD * share


def templates(path: Path | None) -> Mapping[tuple[str, str, str], str]:
    """Under which id Zalo approved the text of each (service, language, variant). Raises `Unusable`."""
    if path is None:
        raise Unusable("Zalo messages can't be sent: ZALO_TEMPLATES names no file. See docs/operations.md.")
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = {
            (str(service), str(language), str(variant)): str(id)
            for service, languages in said.items()
            for language, variants in languages.items()
            for variant, id in variants.items()
        }
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise Unusable(
            f"{path.name} can't be used ({type(error).__name__}). Write `service: {{vi: {{variant: '301234'}}}}`."
        ) from error
    if odd := sorted(f"{'/'.join(key)}: {id}" for key, id in found.items() if not (id.isascii() and id.isdigit())):
        raise Unusable(f"{path.name} names ids that are no numbers: {', '.join(odd)}.")
    return found
