"""Approving: which dossiers an officer may approve, alone or together, if the sources still say the same.

Many at once is for clear cases only: whatever somebody should think about is left out with the reason why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from proactive.domain.decidable import Decidable
from proactive.domain.dossier import Answer, Dossier, State, move
from proactive.domain.keys import Keys
from proactive.domain.pseudonym import Pseudonyms
from proactive.ports.clock import DA_NANG, Clock
from proactive.steps.ask import CannotTell, NoLonger, Registers, StillTrue, Truth, ask_again
from proactive.steps.draft import redraft
from proactive.steps.seal import require_sealed
from proactive.store.keeping import Move
from proactive.store.people import Officer
from proactive.store.store import Store
from rules import Catalogue

MOST = 500
"""Dossiers that one press of a button may approve."""


class Outcome(StrEnum):
    """What became of one dossier."""

    DONE = "done"
    """Approved, or prepared where that was asked."""
    UNKNOWN = "unknown"
    """There is no such dossier in the officer's office."""
    CHANGED = "changed"
    """Somebody or something changed it since the officer saw it."""
    NOT_WAITING = "not_waiting"
    """It does not wait for a decision."""
    NOT_CLEAR = "not_clear"
    """The citizen has written something, a value is disputed, it is blocked, or held."""
    TAKEN = "taken"
    """Another officer has it in hand."""
    UNPREPARED = "unprepared"
    """The service asks for two people, and nobody has prepared this content."""
    OWN = "own"
    """The service asks for two people, and this officer prepared it."""
    SAMPLED = "sampled"
    """Drawn at random: it is looked at by itself."""
    SILENT = "silent"
    """A source did not answer: it is held."""
    NO_LONGER = "no_longer"
    """The sources say that the occasion is over."""
    LATER = "later"
    """Nothing is approved just now: the audit log is not being sealed."""
    AGAIN = "again"
    """The sources say something else now: the citizen is asked again."""


@dataclass(frozen=True)
class Unsettled:
    """Why a dossier cannot be approved after the sources were asked, and how it moves because of it."""

    outcome: Outcome
    why: str
    move: Move


def sampled(dossier_id: UUID, *, percent: int, keys: Keys) -> bool:
    """Whether a clear case is drawn to be looked at by itself: unpredictable, and always the same for one dossier."""
    drawn = int.from_bytes(keys.digest("sample", str(dossier_id))[:4], "big") % 10_000
    return drawn < percent * 100


def second_person(case: Decidable, officer: Officer) -> Outcome | None:
    """What is missing where the service asks for two people."""
    if not case.two_people:
        return None
    if case.prepared_by is None:
        return Outcome.UNPREPARED
    return Outcome.OWN if case.prepared_by == officer.username else None


def doubt(
    case: Decidable, officer: Officer, *, holder: str | None, drawn: bool, preparing: bool = False
) -> Outcome | None:
    """Why a dossier is none of those that may be approved (or prepared for a second officer) together; None: it may."""
    if case.office != officer.office:
        return Outcome.UNKNOWN
    if case.state is not State.CONFIRMED:
        return Outcome.NOT_WAITING
    if case.said or case.answer is not Answer.CONFIRM or case.blocked_by or case.held_because:
        return Outcome.NOT_CLEAR
    if holder is not None and holder != officer.username:
        return Outcome.TAKEN
    missing = second_person(case, officer)
    if preparing:
        missing = None if missing is Outcome.UNPREPARED else missing or Outcome.NOT_WAITING
    return missing or (Outcome.SAMPLED if drawn else None)


def unsettled(
    dossier: Dossier, truth: Truth, *, catalogue: Catalogue, today: date, now: datetime, pseudonyms: Pseudonyms
) -> Unsettled | None:
    """What keeps a confirmed dossier from being approved as the officer saw it; None: nothing does."""
    match truth:
        case CannotTell(why):
            held = dossier.model_copy(update={"held_because": why})
            return Unsettled(
                Outcome.SILENT, why, Move(before=dossier, after=held, actor="system", verb="hold", note=why)
            )
        case NoLonger(why):
            moot = move(dossier, State.MOOT)
            return Unsettled(
                Outcome.NO_LONGER, why, Move(before=dossier, after=moot, actor="system", verb="decide", note=why)
            )
        case StillTrue():
            fresh = redraft(dossier, truth, catalogue=catalogue, today=today, as_of=now, pseudonyms=pseudonyms)
            if fresh.after.state is dossier.state and truth.verdict.blocked_by is None:
                return None
            same = fresh.after.state is dossier.state
            after = move(fresh.after, State.OFFERED, tell_on=today) if same else fresh.after
            note = fresh.note or "Còn việc phải giải quyết trước."
            return Unsettled(
                Outcome.AGAIN, note, Move(before=dossier, after=after, actor="system", verb="decide", note=note)
            )


async def approve_many(
    seen: Mapping[UUID, int],
    *,
    officer: Officer,
    agency: str,
    percent: int,
    keys: Keys,
    catalogue: Catalogue,
    registers: Registers,
    store: Store,
    clock: Clock,
    preparing: bool = False,
) -> dict[UUID, Outcome]:
    """Approve the clear cases among what an officer has seen, each in the version that was seen; in one transaction.

    `preparing`: they are not approved but prepared for a second officer, where the service asks for two people. What
    is left out stays as it is, unless the sources say that it is no longer true, or do not answer. Raises `Temporary`
    where the audit log is not being sealed.
    """
    await require_sealed(store)
    found = {dossier.id: dossier for dossier in await store.dossiers.many(list(seen))}
    holders = await store.queue.holders(list(seen))
    outcomes: dict[UUID, Outcome] = {}
    clear: list[Dossier] = []
    for dossier_id, version in seen.items():
        dossier = found.get(dossier_id)
        if dossier is None or not officer.active:
            outcomes[dossier_id] = Outcome.UNKNOWN
            continue
        drawn = sampled(dossier_id, percent=percent, keys=keys)
        why = doubt(Decidable.of(dossier), officer, holder=holders.get(dossier_id), drawn=drawn, preparing=preparing)
        if why is not Outcome.UNKNOWN and dossier.version != version:
            why = Outcome.CHANGED
        if why is None:
            clear.append(dossier)
        else:
            outcomes[dossier_id] = why
    if clear and preparing:
        outcomes |= await _prepare(clear, officer, store=store, clock=clock)
    elif clear:
        outcomes |= await _approve(
            clear, officer, agency, catalogue=catalogue, registers=registers, store=store, clock=clock
        )
    return {dossier_id: outcomes[dossier_id] for dossier_id in seen}


async def _approve(
    clear: Sequence[Dossier],
    officer: Officer,
    agency: str,
    *,
    catalogue: Catalogue,
    registers: Registers,
    store: Store,
    clock: Clock,
) -> dict[UUID, Outcome]:
    today, now = clock.today(), clock.now()
    truths = await ask_again(clear, catalogue=catalogue, registers=registers, today=today)
    outcomes: dict[UUID, Outcome] = {}
    moves: list[Move] = []
    settled: list[Dossier] = []
    for dossier in clear:
        if against := unsettled(
            dossier, truths[dossier.id], catalogue=catalogue, today=today, now=now, pseudonyms=store.pseudonyms
        ):
            outcomes[dossier.id] = against.outcome
            moves.append(against.move)
        else:
            settled.append(dossier)
    fresh = await reserve(agency, sum(one.reference is None for one in settled), store=store, clock=clock)
    for dossier in settled:
        after = approved(dossier, officer, dossier.reference or fresh.pop(0), note=None)
        moves.append(Move(before=dossier, after=after, actor=officer.username, verb="decide", note="approve"))
        outcomes[dossier.id] = Outcome.DONE
    kept = await store.dossiers.keep(moves, now=now)
    return {dossier_id: one if dossier_id in kept else Outcome.CHANGED for dossier_id, one in outcomes.items()}


async def _prepare(clear: Sequence[Dossier], officer: Officer, *, store: Store, clock: Clock) -> dict[UUID, Outcome]:
    moves = [
        Move(before=one, after=prepared(one, officer), actor=officer.username, verb="prepare", note="prepare")
        for one in clear
    ]
    kept = await store.dossiers.keep(moves, now=clock.now())
    return {one.id: Outcome.DONE if one.id in kept else Outcome.CHANGED for one in clear}


def prepared(dossier: Dossier, officer: Officer) -> Dossier:
    """The dossier with an officer's word that exactly this content is checked; another officer approves it then."""
    return dossier.model_copy(update={"prepared_by": officer.username, "prepared_hash": dossier.content_hash()})


def approved(dossier: Dossier, officer: Officer, reference: str, *, note: str | None) -> Dossier:
    """The dossier with an officer's approval of exactly this content."""
    update: dict[str, object] = {
        "decided_by": officer.username,
        "decision_note": note,
        "held_because": None,
        "reference": reference,
        "approved_hash": dossier.content_hash(),
    }
    return move(dossier, State.APPROVED, **update)


async def reserve(agency: str, number: int, *, store: Store, clock: Clock) -> list[str]:
    """The next dossier codes of the agency and day: `<agency>-<yymmdd>-<number of at least four digits>`."""
    if not number:
        return []
    day = clock.today()
    name = f"reference:{agency}:{day:%y%m%d}"
    expires_at = clock.now().astimezone(DA_NANG) + timedelta(days=7)
    last = await store.counters.next(name, step=number, expires_at=expires_at)
    return [f"{agency}-{day:%y%m%d}-{one:04d}" for one in range(last - number + 1, last + 1)]
