"""An intake that only remembers: the double of every intake, for tests and rehearsals."""

import hashlib
import hmac
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

from proactive.domain.application import Application, Progress
from proactive.errors import Forged, Unreachable
from proactive.ports.intake import Intake, Listed, Refused, Taken, Unanswered
from proactive.ports.notifier import Hook

_SIGNATURE = "x-memory-signature"
_NEWS = TypeAdapter(tuple[Progress, ...])


class Trouble(StrEnum):
    """What the double can be told to do with the next application instead of taking it."""

    REFUSES = "refuses"
    NO_ANSWER = "no_answer"  # never answer, never take it
    TAKES_WITHOUT_ANSWER = "takes_without_answer"  # take it, never answer


async def open() -> Intake:
    """An intake that takes everything."""
    return MemoryIntake()


@dataclass
class MemoryIntake(Intake):
    """Remembers applications and their statuses by reference; does what `troubles` says with the next ones."""

    name: str = "memory"
    public_url: str = "http://127.0.0.1"
    secret: bytes = b"remembered"
    taken: dict[str, Application] = field(default_factory=dict)
    submissions: list[str] = field(default_factory=list)
    """References in the order they came, repetitions included."""
    statuses: dict[str, list[Progress]] = field(default_factory=dict)
    troubles: deque[Trouble] = field(default_factory=deque)
    silent: bool = False
    """Does not answer questions."""

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        self.submissions.append(application.reference)
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is Trouble.NO_ANSWER:
            return Unanswered("no answer")
        known = self.taken.get(application.reference)
        if trouble is Trouble.REFUSES or (known is not None and known.content_hash != application.content_hash):
            return Refused("told to" if known is None else "another application has this reference")
        self.taken.setdefault(application.reference, application)
        self.statuses.setdefault(application.reference, [])
        return Unanswered("no answer") if trouble else Taken(application.reference)

    async def find(self, reference: str) -> bool:
        self._answer()
        return reference in self.taken

    async def progress(self, reference: str) -> Sequence[Progress]:
        self._answer()
        return tuple(self.statuses.get(reference, ()))

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        """All of it, whenever it came: the double keeps no time."""
        self._answer()
        codes = {reference: told[-1].code if told else 0 for reference, told in self.statuses.items()}
        return {name: Listed(one.content_hash, codes.get(name, 0)) for name, one in self.taken.items()}

    def report(self, reference: str, code: int, *, at: datetime, office: str | None = None) -> Hook:
        """Let an application reach a status; the call-back that tells us so."""
        progress = Progress(reference=reference, code=code, at=at, office=office)
        self.statuses[reference].append(progress)
        body = _NEWS.dump_json((progress,))
        return Hook(f"{self.public_url.rstrip('/')}/hooks/intake", {_SIGNATURE: self._sign(body)}, body)

    def news(self, hook: Hook) -> Sequence[Progress]:
        headers = {name.lower(): value for name, value in hook.headers.items()}
        if not hmac.compare_digest(headers.get(_SIGNATURE, "").encode(), self._sign(hook.body).encode()):
            raise Forged
        return _NEWS.validate_json(hook.body)

    async def close(self) -> None:
        return None

    def _answer(self) -> None:
        if self.silent:
            raise Unreachable

    def _sign(self, body: bytes) -> str:
        return hmac.digest(self.secret, body, hashlib.sha256).hex()
