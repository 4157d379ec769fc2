"""Keep: what a step decided about many dossiers, stored with its news in one transaction.

Every dossier is guarded by its version: where somebody else was first, nothing of that dossier's move is stored and its
id is missing from the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.acting import Acting
from proactive.domain.base import Value
from proactive.domain.dossier import Dossier
from proactive.domain.manners import Allowance
from proactive.domain.notice import OUTCOME, Notice
from proactive.domain.ticket import Ticket
from proactive.store import bulk, ground, sealed, tickets
from proactive.store.hidden import document_in, pseudonyms_in
from proactive.store.statement import text
from proactive.store.tables import acted as acted_tables
from proactive.store.tables import dossiers as dossiers_tables
from proactive.store.tables import intake as intake_tables
from proactive.store.tables import notices as notices_tables


class Handover(Value):
    """The claim on handing one approved dossier to the intake."""

    dossier_id: UUID
    reference: str
    content_hash: str
    state: str
    tries: int = 0
    why: str | None = None
    claimed_at: datetime
    taken_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """One dossier before and after, who did it by which verb, and everything that must be stored together with it."""

    before: Dossier
    after: Dossier
    actor: str
    verb: str
    note: str | None = None
    rest_until: datetime | None = None
    """Until when no step takes it up again; None: at once."""
    stale: bool | None = None
    claim: str | None = None
    """The transaction that claimed it. What has marked it as stale since then stays: its records were read before."""
    notices: tuple[Notice, ...] = ()
    """New ones are added, known ones written over if their fence has not been passed by somebody else's."""
    handover: Handover | None = None
    opt_out_of: str | None = None
    """The service that the citizen never wants to hear of again; empty: all of them."""
    opt_out_on: str | None = None
    """The channel on which this person told the provider that they want nothing of this service any more."""
    untold: datetime | None = None
    """A message that was claimed at this moment did surely not go out: the person counts as not told by it."""
    gives_back: tuple[tuple[Allowance, int], ...] = ()
    """What was reserved for it, and is free again."""
    wrong_phone: str | None = None
    acting: Acting | None = None
    """Who gave an answer, where this move is one."""
    tickets: tuple[Ticket, ...] = ()
    """What the answer says is wrong with the registers."""

    @property
    def quiet(self) -> bool:
        """Nothing that a person would call an event: a lease, a pause, a counter."""
        return self.before.state == self.after.state and self.note is None


async def keep(engine: AsyncEngine, moves: Sequence[Move], *, now: datetime) -> set[UUID]:
    """Store all moves in one transaction; gives the ids of the dossiers whose move was stored."""
    if not moves:
        return set()
    async with engine.begin() as connection:
        return await keep_in(connection, moves, now=now)


async def keep_in(connection: AsyncConnection, moves: Sequence[Move], *, now: datetime) -> set[UUID]:
    """The same inside a transaction that is already open."""
    ordered = sorted(moves, key=lambda move: move.before.id)
    kept: set[UUID] = set()
    # An opt-out and a claim on the same person's messages wait for each other: whichever is second sees the first.
    await ground.lock_people(
        connection,
        [
            m.after.subject
            for m in moves
            if m.opt_out_of is not None or m.opt_out_on or m.wrong_phone or m.untold is not None
        ],
    )
    vault = sealed.vault_of(connection)
    changed = {"id"}.union(*(_changed(move) for move in ordered))
    again = await _written_since(connection, ordered)
    for stale in (None, True, False):
        rows = [
            sealed.dossier_row(
                vault,
                bulk.part(
                    move.after,
                    changed,
                    version=move.before.version + 1,
                    updated_at=now,
                    rest_until=move.rest_until or now,
                    **({} if stale is None else {"stale": stale}),
                ),
            )
            for move in ordered
            if (None if move.before.id in again else move.stale) is stale
        ]
        kept |= await bulk.update(connection, dossiers_tables.Dossier, rows, guard="old.version = new.version - 1")
    done = [move for move in ordered if move.before.id in kept]
    await _tell(connection, done, now)
    await _notices(connection, done)
    await bulk.insert(
        connection,
        notices_tables.OptOut,
        [
            {"subject": move.after.subject, "service": move.opt_out_of, "channel": "", "at": now}
            for move in done
            if move.opt_out_of is not None
        ]
        + [
            {"subject": move.after.subject, "service": move.after.service, "channel": move.opt_out_on, "at": now}
            for move in done
            if move.opt_out_on is not None
        ],
    )
    await bulk.insert(
        connection,
        notices_tables.WrongPhone,
        [{"subject": move.after.subject, "phone": move.wrong_phone, "at": now} for move in done if move.wrong_phone],
    )
    strangers = [move.after.subject for move in done if move.wrong_phone]
    if strangers:  # whoever named an address there was not this person either
        await connection.execute(
            text("UPDATE addressee SET email = NULL WHERE subject = ANY(:subjects) AND email IS NOT NULL"),
            {"subjects": strangers},
        )
    await bulk.insert(
        connection,
        acted_tables.Acted,
        [
            {
                "dossier_id": m.before.id, "at": now, "answer": m.note or m.verb,
                "acting": document_in(pseudonyms_in(connection), m.acting.model_dump()),
            }
            for m in done
            if m.acting is not None
        ],
    )  # fmt: skip
    await tickets.add(connection, [ticket for move in done for ticket in move.tickets], now=now)
    await _give_back(connection, done)
    handovers = [bulk.row(move.handover) for move in done if move.handover]
    fresh = await bulk.insert(connection, intake_tables.Handover, handovers, returning="dossier_id")
    await bulk.update(
        connection,
        intake_tables.Handover,
        [row for row in handovers if row["dossier_id"] not in fresh],
        key="dossier_id",
        guard="old.reference = new.reference",
    )
    return kept


async def _written_since(connection: AsyncConnection, moves: Sequence[Move]) -> set[UUID]:
    """Those that somebody has written since they were claimed; a mark alone raises no version. They are locked."""
    claims = {move.before.id: move.claim for move in moves if move.claim is not None}
    if not claims:
        return set()
    rows = await connection.execute(
        text("SELECT id, CAST(xmin AS text) FROM dossier WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": list(claims)},
    )
    return {dossier_id for dossier_id, written in rows if written != claims[dossier_id]}


def _changed(move: Move) -> set[str]:
    """The columns that a move is about: most of a dossier is its form, which hardly any of them touches."""
    before, after = vars(move.before), vars(move.after)
    return {name for name in Dossier.model_fields if (new := after[name]) is not (old := before[name]) and new != old}


async def _give_back(connection: AsyncConnection, done: Sequence[Move]) -> None:
    """What was reserved for messages that did not go out is free again."""
    freed: dict[Allowance, int] = {}
    for allowance, amount in (pair for move in done for pair in move.gives_back):
        freed[allowance] = freed.get(allowance, 0) - amount
    await ground.use(connection, freed)
    await ground.forget_told(connection, [(m.after.subject, m.untold) for m in done if m.untold is not None])


async def _tell(connection: AsyncConnection, done: Sequence[Move], now: datetime) -> None:
    """History for people, news for the workers."""
    await bulk.insert(
        connection,
        dossiers_tables.History,
        [
            {
                "dossier_id": move.before.id,
                "at": now,
                "actor": move.actor,
                "verb": move.verb,
                "from_state": move.before.state,
                "to_state": move.after.state,
                "note": move.note,
            }
            for move in done
            if not move.quiet
        ],
    )
    moved = [move for move in done if move.before.state != move.after.state]
    await news(connection, [(move.after.id, move.after.state) for move in moved], now)


async def news(connection: AsyncConnection, words: Sequence[tuple[UUID, str]], now: datetime) -> None:
    if words:
        await connection.execute(
            text(
                "INSERT INTO news (dossier_id, state, at) "
                "SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:at AS timestamptz[]))"
            ),
            {"ids": [i for i, _ in words], "states": [str(s) for _, s in words], "at": [now] * len(words)},
        )


async def _notices(connection: AsyncConnection, done: Sequence[Move]) -> None:
    """A notice is written whole once; of what came of it, only that: its text would be sealed and noted again."""
    came = [(move.after, notice) for move in done for notice in move.notices]
    known = await bulk.update(
        connection, notices_tables.Notice, [bulk.part(notice, OUTCOME) for _, notice in came],
        guard="old.fence <= new.fence",
    )  # fmt: skip
    await add_notices(connection, [(dossier, notice) for dossier, notice in came if notice.id not in known])


async def add_notices(connection: AsyncConnection, claims: Sequence[tuple[Dossier, Notice]]) -> None:
    """Write these whole, each with its dossier; one that is there is written over, unless it was claimed since."""
    rows = sealed.notice_rows(
        sealed.vault_of(connection),
        (bulk.row(notice, service=dossier.service, office=dossier.office) for dossier, notice in claims),
    )
    fresh = await bulk.insert(connection, notices_tables.Notice, rows, returning="id")
    await bulk.update(
        connection,
        notices_tables.Notice,
        [row for row in rows if row["id"] not in fresh],
        guard="old.fence < new.fence",
    )
