"""The boundary-free intake: receives approved applications anywhere, returns the result where the citizen wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from proactive.domain.application import Application, Progress
from proactive.ports.notifier import Hook


@dataclass(frozen=True)
class Taken:
    """The intake has the application under our reference (now, or already before)."""

    reference: str


@dataclass(frozen=True)
class Refused:
    """The intake looked at it and does not take it; an officer must see why."""

    why: str


@dataclass(frozen=True)
class Unanswered:
    """Nobody knows whether it arrived: ask by the reference before trying again."""

    why: str


@dataclass(frozen=True)
class Listed:
    """An application as the intake has it: the hash of its content, and its newest status."""

    content_hash: str
    code: int


class Intake(Protocol):
    name: str

    async def submit(self, application: Application) -> Taken | Refused | Unanswered: ...

    async def find(self, reference: str) -> bool:
        """Does the intake have an application under this reference? Raises `Unreachable`."""

    async def progress(self, reference: str) -> Sequence[Progress]:
        """All statuses so far, oldest first. Raises `Unreachable`."""

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        """What it received in a span, by reference; for comparing both sides at night. Raises `Unreachable`."""

    def news(self, hook: Hook) -> Sequence[Progress]:
        """The statuses in a verified call-back. Raises `Forged`."""

    async def close(self) -> None: ...


@runtime_checkable
class PullsNews(Protocol):
    """An intake that does not call back: whoever uses it reads its statuses, and says when they are kept."""

    async def pulled(self) -> Sequence[Progress]:
        """Statuses that were not kept yet, the same ones again until `kept`. Raises `Unreachable`."""

    async def kept(self) -> None: ...
