"""What the stand-in for Zalo remembers: tokens that are good once, messages, the day's quota.

Most phones just work. One that begins with 84900000 is refused with the code of the digits that follow (84900000118:
-118; ...124 and ...133 only the first time). As in `network.py`, the last two digits of any other decide:

    ...98   taken, and never delivered
    ...97   refused (-139: this person wants no such messages)
    ...96   taken, but the answer breaks off
    ...95   the first request is refused (-32: too many at once), the next one is taken
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field

CODES = "84900000"
ONCE = {-124, -133}
LIVES = 90_000


@dataclass
class Sent:
    """A message that was taken."""

    msg_id: str
    phone: str
    template_id: str
    template_data: dict[str, str]
    tracking_id: str
    at: int
    delivered: int | None = None


@dataclass(frozen=True)
class No:
    """What Zalo says when it does not do something."""

    error: int
    message: str


@dataclass
class ZaloNetwork:
    """`templates`: the parameters of each known template with their longest length; None: every template is known."""

    app_id: str
    app_secret: str
    templates: dict[str, dict[str, int]] | None = None
    daily_quota: int = 500
    access: str = ""
    refresh: str = ""
    rotations: int = 0
    asked_for_tokens: int = 0
    sent: dict[str, Sent] = field(default_factory=dict)
    asked: list[dict[str, object]] = field(default_factory=list)
    _codes: dict[str, str] = field(default_factory=dict)
    _once: set[str] = field(default_factory=set)

    # -- Tokens

    def permit(self, challenge: str) -> str:
        """An administrator permits the app; the code that they come back with."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = challenge
        return code

    def pair(self) -> dict[str, str]:
        """The next pair; the one before is no good from now on."""
        self.access, self.refresh = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
        self.rotations += 1
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_in": str(LIVES)}

    def token(self, form: dict[str, str], secret: str) -> dict[str, str] | No:
        self.asked_for_tokens += 1
        if (form.get("app_id"), secret) != (self.app_id, self.app_secret):
            return No(-14001, "Invalid app or secret key.")
        if form.get("grant_type") == "refresh_token":
            right = bool(self.refresh) and form.get("refresh_token") == self.refresh
        else:
            challenge = self._codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            right = challenge == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self.pair() if right else No(-14002, "Invalid code or refresh token.")

    # -- Messages

    def take(self, said: dict[str, object], access: str) -> Sent | No:
        """One request to send a template message."""
        self.asked.append(said)
        if not self.access or access != self.access:
            return No(-124, "Access token invalid")
        phone, data, tracking = str(said.get("phone") or ""), said.get("template_data"), said.get("tracking_id")
        if no := self._refusal(phone):
            return no
        if not isinstance(tracking, str) or not (0 < len(tracking) <= 48 and tracking.isalnum()):
            return No(-132, "Tracking id invalid")
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            return No(-112, "Template data invalid")
        if no := self._template(str(said.get("template_id") or ""), data):
            return no
        if self.remaining <= 0:
            return No(-144, "Daily quota exceeded")
        sent = Sent(secrets.token_hex(10), phone, str(said["template_id"]), data, tracking, _now())
        self.sent[sent.msg_id] = sent
        return sent

    @property
    def remaining(self) -> int:
        return self.daily_quota - len(self.sent)

    def _template(self, name: str, data: dict[str, str]) -> No | None:
        if self.templates is None:
            return None if name else No(-109, "Template id invalid")
        if name not in self.templates:
            return No(-109, "Template id invalid")
        if missing := [one for one in self.templates[name] if one not in data]:
            return No(-1122, f"Missing parameter {missing[0]}")
        if long := [one for one, most in self.templates[name].items() if len(data[one]) > most]:
            return No(-1121, f"Parameter {long[0]} is too long")
        return None

    def _refusal(self, phone: str) -> No | None:
        if not (phone.startswith("84") and phone.isdecimal() and 10 <= len(phone) <= 12):
            return No(-108, "Phone number invalid")
        code = -int(phone[len(CODES) :]) if phone.startswith(CODES) else {"97": -139, "95": -32}.get(phone[-2:])
        if code is None or (code in {*ONCE, -32} and phone in self._once):
            return None
        self._once.add(phone)
        return No(code, "as the number says")


def _now() -> int:
    return int(time.time() * 1000)
