"""What the pages ask of the journey: the steps that people take."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from proactive.domain.acting import Acting
from proactive.domain.call import Call, CallOutcome
from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.domain.rejected import Which
from proactive.steps.approve import Outcome
from proactive.steps.differences import Differences
from proactive.steps.replay import Rehearsed
from proactive.store.people import Officer


class Steps(Protocol):
    """The first two raise `OutOfTurn` where the dossier has left the state that the step starts from, `Overtaken` where
    somebody saved first, and `Permanent` with a sentence for the person at the page."""

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
        """Keep the citizen's answer, with who gave it. `claims` and `choices` are by field; the result goes to the
        office `return_to`, or by post to the address `post_to`."""

    async def decide(
        self, dossier_id: UUID, *, decision: Decision, note: str | None, expected_version: int, officer: Officer
    ) -> Dossier:
        """Keep the officer's decision after the sources were asked again. Raises `Temporary` when one is silent."""

    async def called(self, call: Call, outcome: CallOutcome, *, officer: str) -> None:
        """Keep what came of a call. Raises `Overtaken` where it is not (or no longer) this officer's."""

    async def prepare(self, dossier_id: UUID, *, expected_version: int, officer: Officer) -> Dossier:
        """Keep that an officer has checked a dossier that another one approves. Raises as `decide` does."""

    async def approve_many(
        self, seen: Mapping[UUID, int], *, officer: Officer, preparing: bool = False
    ) -> Mapping[UUID, Outcome]:
        """Approve (or prepare for a second officer) the clear cases of these, in the versions seen; what became of
        each."""

    async def differences(self, dossier: Dossier) -> Differences:
        """What the registers say otherwise than the dossier, as far as we have heard."""

    async def try_out(self, which: Which) -> Rehearsed:
        """What taking these refused changes once more would do; writes nothing."""
