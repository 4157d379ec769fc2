"""A small town: sources, a channel and an intake that only remember, around a real store; its steps run by hand."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors.intakes.memory import MemoryIntake
from connectors.registers.memory import MemoryRegister
from notifiers.memory import MemoryNotifier
from proactive.domain.addressee import Addressee
from proactive.domain.change import Change, encode
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.domain.notice import Notice, Sending
from proactive.errors import ProactiveError
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.ports.notifier import Accepted, Notifier, Outcome, Outgoing
from proactive.ports.register import Told
from proactive.steps.ask import Registers
from proactive.steps.confirm import confirm
from proactive.steps.decide import decide, prepare
from proactive.steps.draft import draft
from proactive.steps.follow import follow
from proactive.steps.forward import forward
from proactive.steps.offer import offer
from proactive.steps.recognise import recognise
from proactive.steps.reconcile import reconcile
from proactive.steps.told import ToldRegisters
from proactive.store.people import Officer
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from rules import Catalogue, Service, manners
from rules.grammar import Rung
from rules.manners import Manners
from tests.steps.people import Person
from tests.trust import trusted

OFFICE = "csgt-da-nang"
AGENCY = "H17"
ABSENT_AFTER = timedelta(minutes=10)
FOLLOW_EVERY = timedelta(hours=1)
KEYS = {
    "residents": "personal_id", "driver_licences": "licence_no", "violations": "violation_no",
    "health_certificates": "certificate_no", "passports": "passport_no",
}  # fmt: skip
LAN = Officer(username="lan", full_name="Trần Thị Lan", office=OFFICE, password_hash="", active=True)


@dataclass
class Source(MemoryRegister):
    """A source in which something may happen, once, just while it is being asked."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        answer = await super().ask(subjects)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return answer


class BrokeOff(Exception):
    """The worker that was calling is gone."""


@dataclass
class Channel(MemoryNotifier):
    """A channel that looks into the store when it is called, and before which a worker may die."""

    name: str = "sms"
    looks: Callable[[Outgoing], Awaitable[object]] | None = None
    called: list[Outgoing] = field(default_factory=list)
    dies_before: bool = False
    dies_after: bool = False

    def reachable(self, addressee: Addressee) -> str | None:
        """Vietnamese numbers however they are written, as +84."""
        digits = "".join(letter for letter in addressee.phone or "" if letter.isdigit()).removeprefix("84").lstrip("0")
        return f"+84{digits}" if digits else None

    async def send(self, message: Outgoing) -> Outcome:
        self.called.append(message)
        if self.looks is not None:
            await self.looks(message)
        if self.dies_before:
            raise BrokeOff
        outcome = await super().send(message)
        if self.dies_after:
            assert isinstance(outcome, Accepted)
            raise BrokeOff
        return outcome


@dataclass
class Town:
    """Everything that the steps take, and the steps themselves, by the names they have in the journey."""

    store: Store
    database_url: str
    catalogue: Catalogue
    facts: Facts
    clock: SetClock
    sms: Channel = field(default_factory=Channel)
    second: Channel | None = None
    """Another channel, where a test has one."""
    manners: Manners = field(default_factory=manners.load)
    intake: MemoryIntake = field(default_factory=MemoryIntake)
    sources: dict[str, Source] = field(default_factory=lambda: {name: Source(name) for name in KEYS})
    told_of: tuple[Told, ...] = ()
    """Registers that tell us and cannot be asked; there is no source for them to ask then."""

    @property
    def registers(self) -> Registers:
        told = {one.register for one in self.told_of}
        return Registers(
            [source for name, source in self.sources.items() if name not in told],
            self.facts,
            ToldRegisters(self.told_of, catalogue=self.catalogue, store=self.store, clock=self.clock),
        )

    async def ready(self) -> None:
        """Every source has been read to its end, and found good."""
        for name in KEYS:
            await self.store.positions.catch_up(name, columns="", now=self.clock.now())
        await trusted(self.store, self.catalogue, self.clock)
        await self.live(*self.catalogue.services)

    async def live(self, *services: str) -> None:
        """Two people switch these services live, for as long as any test goes on."""
        for service in services:
            values = {"now": self.clock.now()}
            await self.store.live.propose(service, reason="a test", ends_on=date(2030, 1, 1), by="an", **values)
            await self.store.live.approve(service, by="binh", **values)

    def ladder_of(self, name: str, ladder: tuple[Rung, ...]) -> None:
        """The service tells on this ladder, with its texts for sms on every channel of it."""
        old = self.catalogue.services[name]
        folder = Path(tempfile.mkdtemp())
        shutil.copytree(old.messages_dir, folder / "messages")
        for channel in {channel for rung in ladder for channel in rung.channels}:
            for language in ("vi", "en"):
                text = old.messages_dir / f"sms.{language}.j2"
                shutil.copy(text, folder / "messages" / f"{channel}.{language}.j2")
        self._text_of(name, folder, ladder=ladder)

    def decided_where_they_live(self, name: str) -> None:
        """Each commune decides for itself about the service."""
        old = self.catalogue.services[name]
        decision = type(old.decision).model_validate({**old.decision.model_dump(), "of_unit": "residents.unit_code"})
        self._text_of(name, old.folder, decision=decision)

    def _text_of(self, name: str, folder: Path, **changes: object) -> None:
        """The service with something of its text changed."""
        old = self.catalogue.services[name]
        text = old.text.model_copy(update=changes)
        made = Service(text, old.form, self.catalogue.registers, folder=folder, version=old.version)
        self.catalogue = Catalogue({**self.catalogue.services, name: made}, self.catalogue.registers)

    def says(self, person: Person) -> list[Change]:
        """The sources hold this from now on; nobody has told us."""
        return [self.row(register, row) for register, rows in person.rows().items() for row in rows]

    def row(self, register: str, row: Mapping[str, Any]) -> Change:
        """One row in its source."""
        version = int(row["updated_at"].timestamp() * 1_000_000)
        return self.sources[register].put(str(row[KEYS[register]]), row["personal_id"], row, version=version)

    async def told_by_sources(self, changes: Sequence[Change]) -> None:
        """The changes reach us and are recognised."""
        store = RecognitionStore(self.database_url)
        values = [encode(msgspec.structs.replace(change)) for change in changes]
        try:
            await asyncio.to_thread(recognise, values, facts=self.facts, store=store, clock=self.clock)
        finally:
            store.close()

    async def arrives(self, person: Person) -> None:
        await self.told_by_sources(self.says(person))

    async def draft(self) -> int:
        return await draft(
            catalogue=self.catalogue, facts=self.facts, store=self.store, clock=self.clock, limit=100
        )  # fmt: skip

    async def drafted(self, person: Person) -> Dossier:
        """This person's newest dossier, drafted and not told."""
        await self.arrives(person)
        await self.draft()
        return await self.newest(person.personal_id)

    async def newest(self, subject: str) -> Dossier:
        found, _ = await self.store.dossiers.queue(office=OFFICE, states=await self._states(), limit=100)
        subject = self.store.pseudonyms.of(subject)
        return max((one for one in found if one.subject == subject), key=lambda one: one.created_at)

    async def _states(self) -> list[Any]:
        return list(await self.store.dossiers.tally(office=OFFICE))

    async def told(self, person: Person) -> Dossier:
        """This person's dossier after the citizen was told."""
        dossier = await self.drafted(person)
        await self.offer()
        return await self.again(dossier)

    async def confirmed(self, person: Person, **more: Any) -> Dossier:
        dossier = await self.told(person)
        return await self.answer(dossier, Answer.CONFIRM, choices={"new_class": "B"}, **more)

    async def approved(self, person: Person, **more: Any) -> Dossier:
        return await self.decide(await self.confirmed(person, **more), Decision.APPROVE)

    async def forwarded(self, person: Person) -> Dossier:
        dossier = await self.approved(person)
        await self.forward()
        return await self.again(dossier)

    async def again(self, dossier: Dossier) -> Dossier:
        """The dossier as it is stored now."""
        found = await self.store.dossiers.get(dossier.id)
        assert found is not None
        return found

    async def notices(self, dossier: Dossier) -> list[Notice]:
        return (await self.store.notices.of([dossier.id]))[dossier.id]

    async def sendings(self, dossier: Dossier) -> list[Sending]:
        return [notice.state for notice in await self.notices(dossier)]

    async def told_so(self, dossier: Dossier) -> list[tuple[str, str]]:
        """The dossier's history as (verb, state it came to), without what only kept it where it was."""
        lines = await self.store.dossiers.history(dossier.id)
        return [(line["verb"], line["to_state"]) for line in lines if line["from_state"] != line["to_state"]]

    @property
    def notifiers(self) -> dict[str, Notifier]:
        return {"sms": self.sms, **({self.second.name: self.second} if self.second else {})}

    async def offer(self, *, limit: int = 100, a_second: int = 1000) -> int:
        return await offer(
            catalogue=self.catalogue, registers=self.registers, notifiers=self.notifiers, store=self.store,
            clock=self.clock, policy=self.manners, a_second=a_second, limit=limit,
        )  # fmt: skip

    async def reconcile(self) -> int:
        return await reconcile(
            notifiers=self.notifiers, store=self.store, clock=self.clock, absent_after=ABSENT_AFTER, limit=100
        )

    async def receipt(self, reference: str, status: str) -> None:
        """The provider's own request, verified and written down."""
        receipts = self.sms.receipts(self.sms.receipt(reference, status))
        await self.store.notices.receive(receipts, now=self.clock.now())

    async def answer(self, dossier: Dossier, answer: Answer, **more: Any) -> Dossier:
        more.setdefault("expected_version", dossier.version)
        return await confirm(
            dossier.id, answer=answer, actor="citizen", catalogue=self.catalogue, store=self.store, clock=self.clock,
            **more,
        )  # fmt: skip

    async def decide(
        self, dossier: Dossier, decision: Decision, *, note: str | None = None, officer: Officer = LAN
    ) -> Dossier:
        if decision is Decision.APPROVE and dossier.two_people and not dossier.prepared:
            dossier = await self._prepared(dossier, officer)
        return await decide(
            dossier.id, decision=decision, note=note, expected_version=dossier.version, officer=officer, agency=AGENCY,
            catalogue=self.catalogue, registers=self.registers, store=self.store, clock=self.clock,
        )  # fmt: skip

    async def _prepared(self, dossier: Dossier, officer: Officer) -> Dossier:
        """The dossier after a colleague has prepared it; as it was, where that is not possible."""
        colleague = officer.model_copy(update={"username": f"{officer.username}-2"})
        with suppress(ProactiveError):
            return await prepare(
                dossier.id, expected_version=dossier.version, officer=colleague, store=self.store, clock=self.clock
            )
        return dossier

    async def forward(self) -> int:
        return await forward(
            catalogue=self.catalogue, registers=self.registers, intake=self.intake, store=self.store, clock=self.clock,
            limit=100,
        )  # fmt: skip

    async def follow(self) -> int:
        return await follow(intake=self.intake, store=self.store, clock=self.clock, every=FOLLOW_EVERY, limit=100)
