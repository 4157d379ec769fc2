"""The claim on messages: in one transaction manners are asked once more, under lock, and what is used is reserved.

What is checked here is sure when it is stored: nobody else tells these people, uses these allowances or keeps an
opt-out of theirs before this transaction is over. What must not go out is given back with the reason, and not stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.manners import Asked, Decision, Send, shares
from proactive.ports.notifier import Content
from proactive.store import ground, piloting
from proactive.store.keeping import Move, keep_in
from rules.manners import Policy, Simulated


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One dossier that a message names: the claim on its notice, and what manners are asked about it."""

    move: Move
    asked: Asked
    guest: bool
    simulated: Simulated | None
    """What the number rehearses, where it is one of those."""

    @property
    def subject(self) -> str:
        return self.move.after.subject


@dataclass(frozen=True)
class Message:
    """What goes out at once: the matters of one person, of which the first carries the message."""

    matters: tuple[Matter, ...]
    content: Content | None = None
    """What it says in names and values, where it is about one matter."""

    @property
    def subject(self) -> str:
        return self.matters[0].subject


@dataclass(frozen=True)
class Refused:
    """A message that may not go out now: what was decided about each matter; None: its dossier changed meanwhile."""

    message: Message
    decisions: tuple[Decision | None, ...]


async def claim_messages(
    engine: AsyncEngine, messages: Sequence[Message], *, policy: Policy, now: datetime, today: date
) -> tuple[list[Message], list[Refused]]:
    """Store the claims of those that may go out; gives them, and the others."""
    claimed: list[Message] = []
    refused: list[Refused] = []
    if not messages:
        return claimed, refused
    matters = [matter for message in messages for matter in message.matters]
    subjects = sorted({matter.subject for matter in matters})
    wanted = {
        allowance for matter in matters for allowance, _, _ in shares(matter.asked, policy=policy, now=now)
    }  # fmt: skip
    async with engine.begin() as connection:
        await ground.lock_people(connection, subjects)
        versions = await _lock_dossiers(connection, [matter.move.before.id for matter in matters])
        await piloting.lock(connection, [matter.asked.service for matter in matters])
        await ground.lock_allowances(connection, wanted)
        known = await ground.read(connection, subjects=subjects, allowances=wanted, today=today)
        for message in messages:
            decisions = tuple(
                known.ask(
                    one.asked,
                    one.subject,
                    guest=one.guest,
                    simulated=bool(one.simulated),
                    policy=policy,
                    now=now,
                    locked=True,
                )
                if versions.get(one.move.before.id) == one.move.before.version
                else None
                for one in message.matters
            )
            if all(isinstance(decision, Send) for decision in decisions):
                claimed.append(message)
                for one in message.matters:
                    known.admit(one.asked, one.subject, guest=one.guest, policy=policy, now=now)
            else:
                refused.append(Refused(message, decisions))
        await ground.use(connection, known.added)
        await piloting.enrol(connection, known.piloting.enrolled, now=now)
        await ground.remember_told(connection, [message.subject for message in claimed], now=now)
        await keep_in(connection, [m.move for m in chain(*(message.matters for message in claimed))], now=now)
    return claimed, refused


async def _lock_dossiers(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await connection.execute(
        text("SELECT id, version FROM dossier WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": list(ids)}
    )
    return {row.id: row.version for row in rows}
