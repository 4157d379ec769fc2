"""Many approved dossiers, and a receiver that drops, delays, doubles and answers when nobody listens any more."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proactive.domain.dossier import State
from proactive.ports.intake import Intake
from proactive.steps.forward import forward
from proactive.store.keeping import Move
from tests.steps.people import driver
from tests.steps.town import Town

AT_ONCE = 1000


async def approve(town: Town, number: int) -> set[str]:
    """So many approved dossiers, without the pages in between; gives their references."""
    references: set[str] = set()
    for first in range(1, number + 1, AT_ONCE):
        people = [driver(n) for n in range(first, min(first + AT_ONCE, number + 1))]
        await town.told_by_sources([change for person in people for change in town.says(person)])
        while await town.draft():
            pass
        now = town.clock.now()
        drafted = await town.store.dossiers.claim([State.DRAFTED], now=now + timedelta(hours=1), limit=AT_ONCE * 2)
        moves = []
        for dossier in drafted:
            reference = f"H17-261123-{len(references) + 1:05d}"
            references.add(reference)
            chosen = dossier.model_copy(update={"choices": {"new_class": "B"}, "return_to": "centre-20242"})
            seen = chosen.content_hash()
            after = chosen.model_copy(
                update={"state": State.APPROVED, "reference": reference, "prepared_by": "hoa", "prepared_hash": seen,
                        "decided_by": "lan", "approved_hash": seen}
            )  # fmt: skip
            moves.append(Move(before=dossier, after=after, actor="lan", verb="decide"))
        await town.store.dossiers.keep(moves, now=now)
    return references


class CutOff(Exception):
    """The connection is cut, as a network does it."""


@dataclass
class Troubled:
    """Stands before a receiver. What it does to a hand-over is drawn from a seed; questions get through, mostly."""

    app: ASGIApp
    seed: int = 766
    late: float = 1.5
    """Seconds after which an answer comes that nobody waits for any more."""
    calm: bool = False
    """From now on nothing goes wrong."""
    did: dict[str, int] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.calm or scope["type"] != "http" or scope["method"] != "PUT":
            if not self.calm and scope["type"] == "http" and self._draw.random() < 0.02:
                raise CutOff
            await self.app(scope, receive, send)
            return
        what = self._draw.choices(
            ["well", "lost", "answer_lost", "late", "doubled"], [60, 10, 12, 6, 12]
        )[0]  # fmt: skip
        self.did[what] = self.did.get(what, 0) + 1
        body = (await receive()).get("body", b"")
        if what == "lost":
            raise CutOff
        if what == "late":
            # Its caller gives up long before; it is taken all the same, later.
            self._later(self._hand(scope, body, _nobody, after=self.late))
            raise CutOff
        if what == "doubled":
            self._later(self._hand(scope, body, _nobody))
        await self._hand(scope, body, _nobody if what == "answer_lost" else send)
        if what == "answer_lost":
            raise CutOff

    async def _hand(self, scope: Scope, body: bytes, send: Send, *, after: float = 0) -> None:
        await asyncio.sleep(after)

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(dict(scope), receive, send)

    def _later(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload,var-annotated]  # a coroutine of ours
        self.running.add(task)
        task.add_done_callback(self.running.discard)


async def _nobody(message: Message) -> None:
    """Whoever asked has gone."""


async def forward_all(town: Town, intake: Intake, *, passes: int = 60) -> int:
    """Let forward run until nothing is left to hand over; gives how many passes it took."""
    for number in range(1, passes + 1):
        while await forward(
            catalogue=town.catalogue, registers=town.registers, intake=intake, store=town.store, clock=town.clock,
            limit=500,
        ):  # fmt: skip
            pass
        left = (await town.store.dossiers.tally(office="csgt-da-nang")).get(State.APPROVED, 0)
        if not left:
            return number
        town.clock.forward(minutes=31)
    raise AssertionError(f"{left} are still not handed over after {passes} passes")
