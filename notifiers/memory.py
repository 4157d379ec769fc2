"""A channel that only remembers: the double of every notifier, for tests and rehearsals."""

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from proactive.domain.addressee import Addressee
from proactive.domain.notice import Sending
from proactive.errors import Forged, Unanswerable, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.notifier import Accepted, Failure, Hook, Notifier, Outcome, Outgoing, Receipt, Rejected, Unknown
from proactive.ports.tokens import Token, Tokens

STATUSES: dict[str, Sending | None] = {
    "sent": None,
    "delivered": Sending.DELIVERED,
    "undelivered": Sending.UNDELIVERED,
}
"""What the double's receipts may say, and what it means for a notice."""

_SIGNATURE = "x-memory-signature"


class Trouble(StrEnum):
    """What the double can be told to do with the next message instead of taking it."""

    TEMPORARY = "temporary"  # refuse it for now
    PERMANENT = "permanent"  # refuse it for good
    TECHNICAL = "technical"  # refuse it for what we did wrong
    OPTED_OUT = "opted_out"  # refuse it because the person said stop
    TIMES_OUT = "times_out"  # never answer, never take it
    TAKES_AND_TIMES_OUT = "takes_and_times_out"  # take it, never answer


async def open(*, public_url: str, clock: Clock) -> Notifier:
    """A channel that reaches everybody who has a phone or an e-mail address."""
    return MemoryNotifier(public_url=public_url)


@dataclass
class MemoryTokens(Tokens):
    """Holds one access token; remembers which were refused."""

    access: str | None = "remembered"
    generation: int = 1
    silent: bool = False
    refusals: list[int] = field(default_factory=list)

    async def current(self) -> Token | None:
        if self.silent:
            raise Unreachable
        return None if self.access is None else Token(self.access, self.generation)

    async def refused(self, generation: int) -> None:
        self.refusals.append(generation)


@dataclass
class MemoryNotifier(Notifier):
    """Remembers what it took in `taken`, by reference; does what `troubles` says with the next messages."""

    name: str = "memory"
    public_url: str = "http://127.0.0.1"
    secret: bytes = b"remembered"
    taken: list[tuple[str, Outgoing]] = field(default_factory=list)
    troubles: deque[Trouble] = field(default_factory=deque)
    silent: bool = False
    """Does not answer questions."""
    forgets: bool = False
    """Keeps nothing that it could be asked about."""
    by_people: bool = False
    """Reaches everybody, as a list of whom to call does."""

    def reachable(self, addressee: Addressee) -> str | None:
        address = (addressee.phone or addressee.email or "").strip()
        return address if address or self.by_people else None

    async def send(self, message: Outgoing) -> Outcome:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is Trouble.TIMES_OUT:
            return Unknown("no answer")
        if trouble is not None and trouble is not Trouble.TAKES_AND_TIMES_OUT:
            return Rejected(Failure(trouble.value), trouble.value, "told to")
        reference = f"memory-{len(self.taken) + 1}"
        self.taken.append((reference, message))
        return Unknown("no answer") if trouble else Accepted(reference)

    async def find(self, message: Outgoing) -> Accepted | None:
        if self.silent:
            raise Unreachable
        if self.forgets:
            raise Unanswerable
        for reference, known in self.taken:
            if (known.to, known.body) == (message.to, message.body) and known.since >= message.since:
                return Accepted(reference)
        return None

    def receipt(self, provider_ref: str, status: str, error_code: str | None = None) -> Hook:
        """The request with which this provider would tell us what became of a message."""
        body = json.dumps({"ref": provider_ref, "status": status, "error": error_code}).encode()
        url = f"{self.public_url.rstrip('/')}/hooks/{self.name}"
        return Hook(url, {_SIGNATURE: self._sign(url, body)}, body)

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        headers = {name.lower(): value for name, value in hook.headers.items()}
        if not hmac.compare_digest(headers.get(_SIGNATURE, "").encode(), self._sign(hook.url, hook.body).encode()):
            raise Forged
        said = json.loads(hook.body)
        return (Receipt(self.name, said["ref"], said["status"], STATUSES.get(said["status"]), said["error"]),)

    async def close(self) -> None:
        return None

    def _sign(self, url: str, body: bytes) -> str:
        return hmac.digest(self.secret, url.encode() + b"\n" + body, hashlib.sha256).hex()
