"""The telephone network of the demo: takes messages, brings them to phones that exist on a page only, and remembers.

Most numbers just work. The last two digits of a few decide otherwise:

    ...98   taken, then not delivered (30003: the handset cannot be reached)
    ...97   refused (21610: this person told the provider to stop)
    ...96   taken, but the answer breaks off or never comes: the sender cannot know
    ...95   the first request is refused (20429: too many at once), the next one is taken
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from proactive.demo.stage import Journal

SENDER = "DANANG"
UNREACHABLE, OPTED_OUT, UNSURE, BUSY = "98", "97", "96", "95"
_FINAL = ("delivered", "undelivered")


@dataclass
class Sms:
    """A message as the network knows it."""

    sid: str
    to: str
    body: str
    service: str
    callback: str | None
    created: str
    status: str = "accepted"
    sent: str | None = None
    updated: str | None = None
    error: int | None = None


@dataclass(frozen=True)
class Asked:
    """One request to send, whatever came of it. `answer` is the HTTP status; 0: no answer."""

    number: int
    at: str
    to: str
    body: str
    answer: int
    sid: str | None


@dataclass(frozen=True)
class Refusal:
    """A request that was not taken."""

    status: int
    code: int
    message: str


@dataclass
class Network:
    """`step` is the seconds from one status to the next; `special` lets numbers behave as in the table above."""

    journal: Journal
    step: float = 0.15
    special: bool = True
    messages: dict[str, Sms] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    """Ids in the order in which the messages reached their phones."""
    _to: dict[str, list[str]] = field(default_factory=dict)
    _recent: deque[str] = field(default_factory=lambda: deque(maxlen=5000))

    def restore(self) -> Iterable[Sms]:
        """Read the journal; gives the messages that are still on their way."""
        for entry in self.journal.read():
            if "asked" in entry:
                self.asked.append(Asked(**entry["asked"]))
            elif "taken" in entry:
                self._know(Sms(**entry["taken"]))
            else:
                self._settle(self.messages[entry["sid"]], entry["status"], at=entry["at"], error=entry["error"])
        return [sms for sms in self.messages.values() if sms.status not in _FINAL]

    def take(self, *, to: str, body: str, service: str, callback: str | None) -> Sms | Refusal:
        """One request to send."""
        if refusal := self._refusal(to):
            self._note(to, body, refusal.status, None)
            return refusal
        sms = Sms(f"SM{secrets.token_hex(16)}", to, body, service, callback, created=_now())
        self._know(sms)
        self.journal.write(taken=asdict(sms))
        self._note(to, body, 0 if self.is_unsure(to) else 201, sms.sid)
        return sms

    def is_unsure(self, to: str) -> bool:
        return self.special and to.endswith(UNSURE)

    async def carry(self, sms: Sms, told: Callable[[Sms, str, int | None], None]) -> None:
        """Take a message to its phone, step by step. `told` is called with each status for the call-back."""
        last = "undelivered" if self.special and sms.to.endswith(UNREACHABLE) else "delivered"
        way = ("queued", "sending", "sent", last)
        for status in way[way.index(sms.status) + 1 if sms.status in way else 0 :]:
            await asyncio.sleep(self.step)
            at, error = _now(), 30003 if status == "undelivered" else None
            self._settle(sms, status, at=at, error=error)
            self.journal.write(sid=sms.sid, status=status, at=at, error=error)
            told(sms, status, error)

    def of(self, to: str) -> list[Sms]:
        """The messages to one number, newest first."""
        return [self.messages[sid] for sid in reversed(self._to.get(to, []))]

    def phones(self, most: int, containing: str = "") -> list[str]:
        """Numbers, the one with the newest message first."""
        newest = dict.fromkeys(self.messages[sid].to for sid in reversed(self._recent))
        everyone = {**newest, **dict.fromkeys(self._to)} if containing else newest
        return [number for number in everyone if containing in number][:most]

    def _refusal(self, to: str) -> Refusal | None:
        if not (to.startswith("+") and to[1:].isdecimal() and 8 <= len(to) <= 16):
            return Refusal(400, 21211, "The 'To' number is not a valid phone number.")
        if to.startswith("+842"):
            return Refusal(400, 21614, "'To' number is not a valid mobile number")
        if self.special and to.endswith(OPTED_OUT):
            return Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        if self.special and to.endswith(BUSY) and not any(before.to == to for before in self.asked):
            return Refusal(429, 20429, "Too many requests")
        return None

    def _note(self, to: str, body: str, answer: int, sid: str | None) -> None:
        asked = Asked(len(self.asked) + 1, _now(), to, body, answer, sid)
        self.asked.append(asked)
        self.journal.write(asked=asdict(asked))

    def _know(self, sms: Sms) -> None:
        self.messages[sms.sid] = sms
        self._to.setdefault(sms.to, []).append(sms.sid)
        self._recent.append(sms.sid)

    def _settle(self, sms: Sms, status: str, *, at: str, error: int | None) -> None:
        sms.status, sms.updated, sms.error = status, at, error
        if status == "sent":
            sms.sent = at
        elif status == "delivered":
            self.arrived.append(sms.sid)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
