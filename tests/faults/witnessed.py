"""A town whose every commit, text, application and press of a button is written down as the checker reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from connectors.intakes.memory import MemoryIntake
from connectors.intakes.memory import Trouble as IntakeTrouble
from notifiers.memory import Trouble
from proactive.domain.application import Application
from proactive.domain.change import Change
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.errors import ProactiveError
from proactive.ports.clock import SetClock
from proactive.ports.intake import Refused, Taken, Unanswered
from proactive.ports.notifier import Hook, Outcome, Outgoing
from proactive.store.people import Officer
from tests.faults.checker.world import World, tables
from tests.steps.town import LAN, BrokeOff, Channel, Town

Line = dict[str, Any]


@dataclass
class Logs:
    """What happened outside, in order."""

    clock: SetClock
    source: list[Line] = field(default_factory=list)
    people: list[Line] = field(default_factory=list)
    phones: list[Line] = field(default_factory=list)
    intake: list[Line] = field(default_factory=list)

    @property
    def now(self) -> str:
        return self.clock.now().isoformat()


@dataclass
class Provider(Channel):
    """Writes down each message as the provider's own journal would."""

    logs: Logs | None = None
    ahead: dict[str, list[Trouble]] = field(default_factory=dict)
    """What goes wrong with the next messages to a number, whatever the order in which a batch is handed over."""

    async def send(self, message: Outgoing) -> Outcome:
        assert self.logs is not None
        if ahead := self.ahead.get(message.to):
            self.troubles.append(ahead.pop(0))
        before = len(self.taken)
        try:
            return await super().send(message)
        finally:
            line = {"number": len(self.called), "at": self.logs.now, "to": message.to, "body": message.body}
            if len(self.taken) > before:
                sid = self.taken[-1][0]
                taken = {"sid": sid, "to": message.to, "body": message.body, "callback": None, "created": self.logs.now}
                self.logs.phones += [{"taken": taken}, {"asked": {**line, "answer": 201, "sid": sid}}]
            else:
                self.logs.phones.append({"asked": {**line, "answer": 0, "sid": None}})


@dataclass
class Receiver(MemoryIntake):
    """Writes down each hand-over and status as the intake's own journal would."""

    logs: Logs | None = None
    ahead: dict[str, list[IntakeTrouble]] = field(default_factory=dict)
    """What goes wrong with the next applications of a person."""
    dies_before: bool = False
    dies_after: bool = False
    """The worker that hands over is gone, before the application came here or after it was taken."""

    async def submit(self, application: Application) -> Taken | Refused | Unanswered:
        assert self.logs is not None
        new = application.reference not in self.taken
        if self.dies_before:
            raise BrokeOff
        if ahead := self.ahead.get(application.applicant.personal_id):
            self.troubles.append(ahead.pop(0))
        outcome = await super().submit(application)
        note = {"at": self.logs.now, "reference": application.reference, "dossier_id": str(application.dossier_id)}
        self.logs.intake.append({"submission": {**note, "content_hash": application.content_hash, "answer": 0}})
        if new and application.reference in self.taken:
            self.logs.intake.append({"taken": application.model_dump(mode="json")})
        if self.dies_after:
            raise BrokeOff
        return outcome

    def report(self, reference: str, code: int, *, at: datetime, office: str | None = None) -> Hook:
        assert self.logs is not None
        self.logs.intake.append({"status": {"reference": reference, "code": code, "at": at.isoformat()}})
        return super().report(reference, code, at=at, office=office)


@dataclass
class Witnessed(Town):
    """The town, its outside written down."""

    logs: Logs = field(init=False)
    sms: Provider = field(init=False)
    intake: Receiver = field(init=False)

    def __post_init__(self) -> None:
        self.logs = Logs(self.clock)
        self.sms = Provider(logs=self.logs)
        self.intake = Receiver(logs=self.logs)

    def row(self, register: str, row: Mapping[str, Any]) -> Change:
        change = super().row(register, row)
        self.logs.source.append(
            {
                "at": self.logs.now, "register": register, "key": change.key, "subject": change.subject,
                "version": change.version, "row": plain(row), "bad": False,
            }
        )  # fmt: skip
        return change

    async def answer(self, dossier: Dossier, answer: Answer, **more: Any) -> Dossier:
        line = {"at": self.logs.now, "who": "citizen", "code": dossier.code, "what": str(answer), "told": "unknown"}
        self.logs.people.append(line)
        try:
            after = await super().answer(dossier, answer, **more)
        except ProactiveError:
            line["told"] = "no"
            raise
        line["told"] = "ok"
        return after

    async def decide(
        self, dossier: Dossier, decision: Decision, *, note: str | None = None, officer: Officer = LAN
    ) -> Dossier:
        line = {
            "at": self.logs.now, "who": officer.username, "dossier": str(dossier.id), "what": str(decision),
            "told": "unknown",
        }  # fmt: skip
        self.logs.people.append(line)
        try:
            after = await super().decide(dossier, decision, note=note, officer=officer)
        except ProactiveError:
            line["told"] = "no"
            raise
        line["told"] = "ok"
        return after

    async def reports(self, reference: str, code: int) -> None:
        """The intake reaches a status and calls us back."""
        hook = self.intake.report(reference, code, at=self.clock.now())
        await self.store.intake.receive(self.intake.news(hook), now=self.clock.now())

    def world(self, connection: psycopg.Connection[Any]) -> World:
        """What the checker is given: the logs as they are, and the store over this connection."""
        logs = self.logs
        connection.row_factory = dict_row
        return World(
            today=self.clock.today(), source=list(logs.source), people=list(logs.people), phones=list(logs.phones),
            intake=list(logs.intake), store=tables(connection),
        )  # fmt: skip


def plain(row: Mapping[str, Any]) -> Line:
    """A row as JSON holds it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
