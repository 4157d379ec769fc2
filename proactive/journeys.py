"""The steps that pages call, with the parts they need already in hand."""

from collections.abc import Mapping
from uuid import UUID

from proactive import journey
from proactive.domain.acting import Acting
from proactive.domain.call import Call, CallOutcome
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.domain.rejected import Which
from proactive.parts import Parts
from proactive.steps.approve import Outcome
from proactive.steps.differences import Differences
from proactive.steps.replay import Rehearsed
from proactive.store.people import Officer
from rules import desk


class Journeys:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def confirm(
        self,
        dossier_id: UUID,
        *,
        answer: Answer,
        note: str | None,
        claims: Mapping[str, str],
        choices: Mapping[str, str],
        return_to: str | None,
        post_to: str | None = None,
        expected_version: int,
        actor: str,
        acting: Acting | None = None,
    ) -> Dossier:
        return await journey.confirm(
            dossier_id, answer=answer, note=note, claims=claims, choices=choices, return_to=return_to,
            post_to=post_to, expected_version=expected_version, actor=actor, acting=acting,
            catalogue=self._parts.catalogue, store=self._parts.store, clock=self._parts.clock,
        )  # fmt: skip

    async def decide(
        self, dossier_id: UUID, *, decision: Decision, note: str | None, expected_version: int, officer: Officer
    ) -> Dossier:
        parts = self._parts
        return await journey.decide(
            dossier_id, decision=decision, note=note, expected_version=expected_version, officer=officer,
            agency=parts.settings.agency, catalogue=parts.catalogue, registers=parts.registers, store=parts.store,
            clock=parts.clock,
        )  # fmt: skip

    async def called(self, call: Call, outcome: CallOutcome, *, officer: str) -> None:
        await journey.called(call, outcome, officer=officer, store=self._parts.store, clock=self._parts.clock)

    async def prepare(self, dossier_id: UUID, *, expected_version: int, officer: Officer) -> Dossier:
        return await journey.prepare(
            dossier_id, expected_version=expected_version, officer=officer, store=self._parts.store,
            clock=self._parts.clock,
        )  # fmt: skip

    async def approve_many(
        self, seen: Mapping[UUID, int], *, officer: Officer, preparing: bool = False
    ) -> Mapping[UUID, Outcome]:
        parts = self._parts
        return await journey.approve_many(
            seen, officer=officer, agency=parts.settings.agency, percent=desk.on(parts.clock.today()).sample_percent,
            preparing=preparing, keys=parts.keys, catalogue=parts.catalogue, registers=parts.registers,
            store=parts.store, clock=parts.clock,
        )  # fmt: skip

    async def differences(self, dossier: Dossier) -> Differences:
        parts = self._parts
        return await journey.differences(
            dossier, catalogue=parts.catalogue, facts=parts.facts, store=parts.store, clock=parts.clock
        )

    async def try_out(self, which: Which) -> Rehearsed:
        return await journey.try_out(which, facts=self._parts.facts, store=self._parts.store)
