"""The claim on messages: in one transaction manners are asked once more, under lock, and what is used is reserved.

What is checked here is sure when it is stored: nobody else tells these people, uses these allowances or keeps an
opt-out of theirs before this transaction is over. What must not go out is given back with the reason, and not stored.

The claim is the notice: its dossier is written once, with what came of the call (docs/adr/0061).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.dossier import Dossier
from proactive.domain.manners import Asked, Decision, Send, shares
from proactive.domain.notice import Notice
from proactive.ports.notifier import Content
from proactive.store import ground, piloting
from proactive.store.keeping import add_notices
from proactive.store.statement import text
from rules.manners import Policy, Simulated


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One dossier that a message names: the claim on its notice, and what manners are asked about it."""

    before: Dossier
    after: Dossier
    """As it is once the message is on its way: stored with what came of the call."""
    notice: Notice
    asked: Asked
    guest: bool
    simulated: Simulated | None
    """What the number rehearses, where it is one of those."""

    @property
    def subject(self) -> str:
        return self.before.subject


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
    """A message that may not go out now: what was decided about each matter; None: somebody else was at its dossier
    meanwhile, and it is theirs."""

    message: Message
    decisions: tuple[Decision | None, ...]


async def claim_messages(
    engine: AsyncEngine,
    messages: Sequence[Message],
    *,
    policy: Policy,
    now: datetime,
    today: date,
    leased_until: datetime,
) -> tuple[list[Message], list[Refused]]:
    """Store the claims of those that may go out; gives them, and the others.

    `leased_until`: how long the caller has these dossiers for itself. Where that is less than a call may take, it gets
    them for longer: nobody else may look at a dossier while its message is being handed over.
    """
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
        versions = await _lock_dossiers(connection, [matter.before.id for matter in matters])
        fences = await _fences(connection, [matter.notice.id for matter in matters])
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
                if versions.get(one.before.id) == one.before.version and fences.get(one.notice.id, 0) < one.notice.fence
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
        claims = [matter for message in claimed for matter in message.matters]
        await add_notices(connection, [(one.after, one.notice) for one in claims])
        await _lease_on(connection, claims, leased_until)
    return claimed, refused


async def _lock_dossiers(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = await connection.execute(
        text("SELECT id, version FROM dossier WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": list(ids)}
    )
    return {row.id: row.version for row in rows}


async def _fences(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of the notices that are there already. Who has claimed one meanwhile has passed its fence."""
    rows = await connection.execute(text("SELECT id, fence FROM notice WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.fence for row in rows}


async def _lease_on(connection: AsyncConnection, claims: Sequence[Matter], until: datetime) -> None:
    """Have these dossiers for as long as their messages may be on the way, where `until` is sooner: the sources were
    slow."""
    leases = {one.before.id: lease for one in claims if (lease := one.notice.lease_until) is not None and lease > until}
    if leases:
        await connection.execute(
            text("UPDATE dossier SET rest_until = :until WHERE id = ANY(:ids)"),
            {"ids": list(leases), "until": max(leases.values())},
        )
