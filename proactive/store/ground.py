"""What manners stand on: how far services may go, who wants nothing, who was told when, and what is used up.

Read without locks to spare the sources, and under lock in the transaction of a claim. Whoever locks, locks people
first, then dossiers, then pilots, then allowances, each in order: so nobody waits in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from proactive.domain.manners import Allowance, Asked, Decision, Kind, Mode, Send, Standing, Wait, decide, shares
from proactive.store import live, piloting, sealed
from proactive.store.piloting import Piloting
from proactive.store.statement import text
from rules.manners import Policy

TOLD_KEPT = timedelta(days=60)
"""How long it is remembered when a person was told; longer than any span of the manners."""

NOTHING_USED: Mapping[Allowance, int] = MappingProxyType({})

_GIVEN = "jsonb_to_recordset(CAST(:given AS jsonb)) AS w(kind text, name text, since timestamptz, amount bigint)"
_SAME = "(a.kind, a.name, a.since) = (w.kind, w.name, w.since)"
USED = text(f"SELECT a.kind, a.name, a.since, a.used FROM allowance a JOIN {_GIVEN} ON {_SAME}")
BEGUN = text(
    f"INSERT INTO allowance (kind, name, since, used) SELECT kind, name, since, 0 FROM {_GIVEN} "
    "ORDER BY kind, name, since ON CONFLICT DO NOTHING"
)
LOCKED = text(f"SELECT 1 FROM allowance a JOIN {_GIVEN} ON {_SAME} ORDER BY a.kind, a.name, a.since FOR UPDATE OF a")
ADDED = text(f"UPDATE allowance a SET used = greatest(0, a.used + w.amount) FROM {_GIVEN} WHERE {_SAME}")
"""What is used of some allowances; those of which nothing was, written down; all of them locked; and more used."""


@dataclass
class Ground:
    """A reading of it; `used` grows with what is admitted."""

    modes: Mapping[str, Mode]
    piloting: Piloting
    out: frozenset[tuple[str, str, str]]
    told: dict[str, tuple[datetime, ...]]
    languages: Mapping[str, str]
    emails: Mapping[str, str]
    used: dict[Allowance, int] = field(default_factory=dict)
    added: dict[Allowance, int] = field(default_factory=dict)

    def opted_out(self, subject: str, service: str, channel: str = "") -> bool:
        """Whether this person wants nothing of the service (on this channel)."""
        return any((subject, s, c) in self.out for s in ("", service) for c in {"", channel})

    def mode(self, service: str) -> Mode:
        """How far it may go: a pilot is above what was switched before it, and a stop after it is above the pilot."""
        if (pilot := self.piloting.running.get(service)) is not None:
            return Mode.STOPPED if pilot.stopped else Mode.PILOT
        return self.modes.get(service, Mode.TRIAL)

    def standing(self, asked: Asked, subject: str, *, guest: bool, simulated: bool) -> Standing:
        return Standing(
            mode=self.mode(asked.service),
            guest=guest,
            simulated=simulated,
            opted_out=self.opted_out(subject, asked.service, asked.channel),
            told=self.told.get(subject, ()),
        )

    def ask(
        self,
        asked: Asked,
        subject: str,
        *,
        guest: bool,
        simulated: bool,
        policy: Policy,
        now: datetime,
        locked: bool = False,
    ) -> Decision:
        """Whether this may be told now, by what is read and what was admitted since. `locked`: nobody changes it
        meanwhile, so that whoever a pilot draws out is written down."""
        standing = self.standing(asked, subject, guest=guest, simulated=simulated)
        kept: Wait | None = None
        if standing.mode is Mode.PILOT and not standing.opted_out:
            kept = self.piloting.ask(asked, subject, guest=guest, policy=policy, now=now)
        if kept is not None:
            return kept
        decision = decide(asked, standing, used=self.used, policy=policy, now=now)
        if locked and standing.mode is Mode.PILOT and isinstance(decision, Send):
            return self.piloting.draw(asked, subject, guest=guest, policy=policy) or decision
        return decision

    def admit(self, asked: Asked, subject: str, *, guest: bool, policy: Policy, now: datetime) -> None:
        """It is told: what it uses is used."""
        if self.mode(asked.service) is Mode.PILOT:
            self.piloting.admit(asked, subject, guest=guest)
        for allowance, amount, _ in shares(asked, policy=policy, now=now):
            self.used[allowance] = self.used.get(allowance, 0) + amount
            self.added[allowance] = self.added.get(allowance, 0) + amount
        if asked.carries:
            self.told[subject] = (*self.told.get(subject, ()), now)


async def read(
    connection: AsyncConnection, *, subjects: Sequence[str], allowances: Iterable[Allowance], today: date
) -> Ground:
    """The ground as it is just now; nothing is locked by this."""
    people = await connection.execute(
        text("SELECT subject, language, email, told_at FROM addressee WHERE subject = ANY(:subjects)"),
        {"subjects": list(subjects)},
    )
    told, languages, emails, vault = {}, {}, {}, sealed.vault_of(connection)
    for subject, language, email, at in people:
        told[subject] = tuple(at)
        if email:
            emails[subject] = sealed.opened(vault, email, "addressee.email", subject) or ""
        if language:
            languages[subject] = language
    out = await connection.execute(
        text("SELECT subject, service, channel FROM opt_out WHERE subject = ANY(:subjects)"),
        {"subjects": list(subjects)},
    )
    rows = await connection.execute(USED, _given(set(allowances)))
    return Ground(
        modes=await live.modes(connection, today=today),
        piloting=await piloting.read(connection, subjects=subjects, today=today),
        out=frozenset((s, v, c) for s, v, c in out),
        told=told,
        languages=languages,
        emails=emails,
        used={Allowance(Kind(kind), name, since): int(used) for kind, name, since, used in rows},
    )


async def lock_people(connection: AsyncConnection, subjects: Iterable[str]) -> None:
    """Until the end of the transaction nobody else tells these people or keeps that they opt out."""
    values = {"subjects": sorted(set(subjects))}
    if not values["subjects"]:
        return
    await connection.execute(
        text("INSERT INTO addressee (subject) SELECT unnest(CAST(:subjects AS text[])) ON CONFLICT DO NOTHING"), values
    )
    await connection.execute(
        text("SELECT 1 FROM addressee WHERE subject = ANY(:subjects) ORDER BY subject FOR UPDATE"), values
    )


async def lock_allowances(connection: AsyncConnection, allowances: Iterable[Allowance]) -> None:
    """Until the end of the transaction nobody else uses any of this."""
    given = _given(set(allowances))
    await connection.execute(BEGUN, given)
    await connection.execute(LOCKED, given)


async def use(connection: AsyncConnection, added: Mapping[Allowance, int]) -> None:
    """Write down what is used; negative amounts give back. Locks in order where nobody did before."""
    if not added:
        return
    if any(amount < 0 for amount in added.values()):
        await lock_allowances(connection, added)
    await connection.execute(ADDED, _given(added, added))


async def take(connection: AsyncConnection, shares: Sequence[tuple[Allowance, int, int]]) -> Allowance | None:
    """Use all of these (of what, how much, how much there is), or none: then gives what there is not enough of."""
    wanted = [allowance for allowance, _, _ in shares]
    await lock_allowances(connection, wanted)
    rows = await connection.execute(USED, _given(wanted))
    used = {Allowance(Kind(kind), name, since): int(number) for kind, name, since, number in rows}
    for allowance, amount, most in shares:
        if used.get(allowance, 0) + amount > most:
            return allowance
    await use(connection, {allowance: amount for allowance, amount, _ in shares})
    return None


async def remember_told(connection: AsyncConnection, subjects: Iterable[str], *, now: datetime) -> None:
    await connection.execute(
        text(
            "UPDATE addressee SET told_at = ARRAY(SELECT t FROM unnest(told_at) t WHERE t > :kept ORDER BY t) || "
            "CAST(:now AS timestamptz) WHERE subject = ANY(:subjects)"
        ),
        {"subjects": sorted(set(subjects)), "now": now, "kept": now - TOLD_KEPT},
    )


async def forget_told(connection: AsyncConnection, untold: Iterable[tuple[str, datetime]]) -> None:
    """These people were not told after all. Their rows are locked by the caller."""
    pairs = sorted(set(untold))
    if pairs:
        await connection.execute(
            text(
                "UPDATE addressee a SET told_at = array_remove(a.told_at, w.at) FROM unnest(CAST(:subjects AS text[]), "
                "CAST(:at AS timestamptz[])) AS w(subject, at) WHERE a.subject = w.subject"
            ),
            {"subjects": [s for s, _ in pairs], "at": [at for _, at in pairs]},
        )


def _given(allowances: Iterable[Allowance], amounts: Mapping[Allowance, int] = NOTHING_USED) -> dict[str, str]:
    """Allowances as the statements above take them: one document is read sooner than a list a column."""
    rows = [
        {"kind": one.kind, "name": one.name, "since": one.since, "amount": amounts.get(one, 0)} for one in allowances
    ]
    return {"given": msgspec.json.encode(rows).decode()}
