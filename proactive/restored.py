"""After a restore from a backup: what went out since it was taken is asked about before it goes out again.

A restored store has forgotten. The provider and the intake have not, so for a while nothing goes out before they were
asked: PROACTIVE_RESTORED_SINCE says from which moment on the store's memory is missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from proactive.domain.addressee import Addressee
from proactive.domain.application import Application, Progress
from proactive.errors import Unanswerable, Unreachable
from proactive.ports.clock import Clock
from proactive.ports.intake import Intake, Listed, PullsNews, Refused, Taken, Unanswered
from proactive.ports.notifier import (
    Accepted,
    Explanation,
    Failure,
    Hook,
    Notifier,
    Outcome,
    Outgoing,
    Receipt,
    Rejected,
)

log = structlog.get_logger()


class AskedNotifier(Notifier):
    """A channel that sends nothing which its provider has had since the backup."""

    def __init__(self, channel: Notifier, *, since: datetime) -> None:
        self.name, self.by_people = channel.name, channel.by_people
        self._channel, self._since = channel, since

    def reachable(self, addressee: Addressee) -> str | None:
        return self._channel.reachable(addressee)

    async def send(self, message: Outgoing) -> Outcome:
        if self.by_people:
            return await self._channel.send(message)
        try:
            had = await self._channel.find(replace(message, since=min(message.since, self._since)))
        except (Unreachable, Unanswerable) as error:
            return Rejected(Failure.TEMPORARY, "restored", f"not asked yet what was sent before the restore: {error}")
        if had is not None:
            log.info("restored.had_it", what="notice", reference=message.reference)
            return had
        return await self._channel.send(message)

    async def find(self, message: Outgoing) -> Accepted | None:
        return await self._channel.find(message)

    def receipts(self, hook: Hook) -> Sequence[Receipt]:
        return self._channel.receipts(hook)

    def explain(self, code: str) -> Explanation | None:
        return self._channel.explain(code)

    async def close(self) -> None:
        await self._channel.close()


class AskedIntake(Intake):
    """An intake that is handed nothing which it was handed since the backup under a reference that we forgot."""

    def __init__(self, intake: Intake, *, since: datetime, clock: Clock) -> None:
        self.name = intake.name
        self._intake, self._since, self._clock = intake, since, clock

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        try:
            there = await self._intake.listed(self._since, self._clock.now())
        except Unreachable as error:
            return Unanswered(f"not asked yet what was handed over before the restore: {error}")
        for reference, one in there.items():
            if one.content_hash == application.content_hash and reference != application.reference:
                log.warning("restored.had_it", what="application", reference=reference)
                return Refused(f"Nơi tiếp nhận đã có hồ sơ này với mã {reference} từ trước khi khôi phục dữ liệu.")
        return await self._intake.submit(application)

    async def find(self, reference: str) -> bool:
        return await self._intake.find(reference)

    async def progress(self, reference: str) -> Sequence[Progress]:
        return await self._intake.progress(reference)

    async def listed(self, since: datetime, until: datetime) -> Mapping[str, Listed]:
        return await self._intake.listed(since, until)

    def news(self, hook: Hook) -> Sequence[Progress]:
        return self._intake.news(hook)

    async def close(self) -> None:
        await self._intake.close()


def asked_first(
    notifiers: Mapping[str, Notifier], intake: Intake, *, since: datetime, clock: Clock
) -> tuple[dict[str, Notifier], Intake]:
    """The channels and the intake, asked first. An intake that does not call back knows a hand-over by its message."""
    asked = intake if isinstance(intake, PullsNews) else AskedIntake(intake, since=since, clock=clock)
    return {name: AskedNotifier(one, since=since) for name, one in notifiers.items()}, asked
