"""The steps that pages call, with the parts they need already in hand."""

from collections.abc import Mapping
from uuid import UUID

from proactive import journey
from proactive.domain.acting import Acting
from proactive.domain.call import Call, CallOutcome
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.domain.rejected import Which
from proactive.parts import Parts
from proactive.steps.replay import Rehearsed
from proactive.store.people import Officer


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
        expected_version: int,
        actor: str,
        acting: Acting | None = None,
    ) -> Dossier:
        return await journey.confirm(
            dossier_id, answer=answer, note=note, claims=claims, choices=choices, return_to=return_to,
            expected_version=expected_version, actor=actor, acting=acting, catalogue=self._parts.catalogue,
            store=self._parts.store, clock=self._parts.clock,
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

    async def try_out(self, which: Which) -> Rehearsed:
        return await journey.try_out(which, facts=self._parts.facts, store=self._parts.store)
