"""Is it still true? Asked of the sources themselves before every notice, at approval and at forwarding.

Whoever cannot be asked about is held, and the officer sees why: the journey fails closed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from proactive.domain.change import Change
from proactive.domain.dossier import Dossier
from proactive.errors import Unreachable
from proactive.facts import Facts, PersonFacts
from proactive.ports.register import Readable, RegisterSource
from proactive.steps.told import ToldRegisters
from proactive.steps.under import made_under
from proactive.store.records import Kept
from rules import BadRow, Catalogue, Verdict


@dataclass(frozen=True)
class StillTrue:
    verdict: Verdict
    known: PersonFacts
    """What the sources said, just now."""


@dataclass(frozen=True)
class NoLonger:
    why: str


@dataclass(frozen=True)
class CannotTell:
    why: str


Truth = StillTrue | NoLonger | CannotTell


Known = PersonFacts | BadRow | Unreachable
"""What the registers say of one person, or why that cannot be used, or why it cannot be had just now."""


class Registers:
    """The connected registers as one: asked about many people at once.

    Those that only tell us are answered for from what we keep of them (see `ToldRegisters`).
    """

    def __init__(
        self,
        sources: Sequence[RegisterSource],
        facts: Facts,
        told: ToldRegisters | None = None,
        logs: Sequence[Readable] = (),
    ) -> None:
        """`logs` can be read on and not asked. Where a register has both, the log is read and the source is asked."""
        self.sources = {source.register: source for source in sources}
        self.followed: Mapping[str, Readable] = {**self.sources, **{log.register: log for log in logs}}
        self.told = told
        self._facts = facts

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Known]:
        """What every register holds of these people now. Raises `Unreachable` as soon as one is silent."""
        people = {self._facts.pseudonyms.open(subject): subject for subject in sorted(set(subjects))}
        answers, kept = await asyncio.gather(
            asyncio.gather(*(source.ask(list(people)) for source in self.sources.values())),
            self._kept(list(people.values())),
        )
        rows: dict[str, list[Change]] = {subject: [] for subject in people.values()}
        for answer in answers:
            for personal_id, changes in answer.items():
                rows[people[personal_id]].extend(changes)
        return {subject: self._read(changes, kept.get(subject, ())) for subject, changes in rows.items()}

    async def _kept(self, people: Sequence[str]) -> Mapping[str, Sequence[Kept] | Unreachable]:
        return await self.told.of(people) if self.told is not None else {}

    def _read(self, changes: Sequence[Change], kept: Sequence[Kept] | Unreachable) -> Known:
        if isinstance(kept, Unreachable):
            return kept
        try:
            known = self._facts.of_changes(changes)
            if kept:
                known |= {register: rows for register, rows in self._facts.of_kept(kept).items() if rows}
            return known
        except BadRow as bad:
            return bad

    async def close(self) -> None:
        await asyncio.gather(*(source.close() for source in self.sources.values()))


async def ask_again(
    dossiers: Sequence[Dossier], *, catalogue: Catalogue, registers: Registers, today: date
) -> dict[UUID, Truth]:
    """For each dossier: still true (with what is known now), no longer (with why), or nobody can tell (with why)."""
    try:
        known = await registers.ask([dossier.subject for dossier in dossiers])
    except Unreachable as error:
        return {dossier.id: CannotTell(str(error)) for dossier in dossiers}
    return {
        dossier.id: judge(dossier, known[dossier.subject], catalogue=catalogue, today=today) for dossier in dossiers
    }


def judge(dossier: Dossier, person: Known, *, catalogue: Catalogue, today: date) -> Truth:
    """One dossier against one person's facts, by the version of its service that it was made under."""
    service = made_under(dossier, catalogue=catalogue)
    if service is None:
        return CannotTell(f"The service {dossier.service} is no longer published.")
    if isinstance(person, Unreachable):
        return CannotTell(str(person))
    if isinstance(person, BadRow):
        faults = "; ".join(f"{problem.where}: {problem.why}" for problem in person.problems)
        return CannotTell(f"A row of the source cannot be used: {faults}")
    schema = catalogue.registers[service.register]
    record = next((row for row in person[service.register] if row[schema.key] == dossier.record_key), None)
    if record is None:
        return NoLonger("Bản ghi không còn trong cơ sở dữ liệu nguồn.")
    verdict = service.evaluate(record, person, today)
    if verdict.due and verdict.cycle == dossier.cycle:
        return StillTrue(verdict, person)
    failed = next((because.condition for because in verdict.because if not because.holds), "Kỳ hạn đã thay đổi.")
    return NoLonger(failed)
