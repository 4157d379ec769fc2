"""recognise: changes come in batches; records are kept, and what they make owed or moot is written beside them.

It is the one step that is not async: it works in threads of the loop that reads Kafka, thousands of changes at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import msgspec

from proactive.domain.change import Change, Op, Rejection, decode, storable
from proactive.facts import Facts, PersonFacts, Row
from proactive.ports.clock import Clock
from proactive.store.recognition import Batch, NewRecord, OwedOccasion, RecognitionStore, RecordKey
from rules.problem import BadRow, Problem
from rules.register import RegisterSchema

FURTHEST_VERSION = 2**63 - 1
UNREADABLE = Problem("message", "It is not a change in JSON.", "Send {register, key, subject, version, op, record}.")


@dataclass
class Outcome:
    """What one batch came to, in numbers."""

    taken: int = 0
    kept: int = 0
    rejected: int = 0
    owed: int = 0
    due: int = 0
    """Of what is owed, what has fallen due."""
    outdated: int = 0
    """Open dossiers whose records are others now."""

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(*(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True)))


class _Good(msgspec.Struct, frozen=True):
    """A change whose row is sound, with the body to keep; `key` and `subject` as they are kept."""

    change: Change
    key: str
    subject: str
    row: Row | None
    body: str


def recognise(values: Sequence[bytes], *, facts: Facts, store: RecognitionStore, clock: Clock) -> Outcome:
    """Take one batch of changes (JSON, in the order of their partition) in one transaction.

    A change that cannot be taken is kept aside with where, why and how to mend it; its neighbours go on. Being told the
    same batch again changes nothing.
    """
    good: dict[RecordKey, _Good] = {}
    versions: dict[RecordKey, set[int]] = {}
    rejections: list[Rejection] = []
    for value in values:
        try:
            taken = _read(value, facts)
        except BadRow as bad:
            rejections.append(_rejection(value, bad.problems, facts))
            continue
        place = (taken.change.register, taken.key)
        before = good.get(place)
        if before is None:
            good[place] = taken
            continue
        versions.setdefault(place, {before.change.version}).add(taken.change.version)
        if _order(taken) > _order(before):
            good[place] = taken
    outcome = Outcome(taken=len(values), rejected=len(rejections))
    with store.batch(clock.now()) as batch:
        batch.reject(rejections, {i: _json(r.problems) for i, r in enumerate(rejections)})
        kept = batch.keep(
            [
                NewRecord(
                    register,
                    key,
                    one.subject,
                    one.change.version,
                    one.change.op is Op.DELETE,
                    one.body,
                    len(versions.get((register, key), "1")),
                )
                for (register, key), one in good.items()
            ]
        )  # fmt: skip
        outcome.kept = len(kept.records)
        if kept.subjects:
            _owe(outcome, batch, good, kept.records, kept.subjects, facts=facts, clock=clock)
    return outcome


def faults(value: bytes, *, facts: Facts) -> list[Problem]:
    """What would keep this change from being kept; empty where nothing would. Writes nothing."""
    try:
        _read(value, facts)
    except BadRow as bad:
        return list(bad.problems)
    return []


def refuse(value: bytes, *, why: str, facts: Facts, store: RecognitionStore, clock: Clock) -> Outcome:
    """Put one change aside that passed our checks and that the database nevertheless cannot hold."""
    problem = Problem(
        "row", f"The database cannot hold it ({why}).", "Tell the operator: our checks should have seen it."
    )
    rejection = _rejection(value, [problem], facts)
    with store.batch(clock.now()) as batch:
        batch.reject([rejection], {0: _json(rejection.problems)})
    return Outcome(taken=1, rejected=1)


def _owe(
    outcome: Outcome,
    batch: Batch,
    good: Mapping[RecordKey, _Good],
    kept: set[RecordKey],
    subjects: set[str],
    *,
    facts: Facts,
    clock: Clock,
) -> None:
    """Work out anew what everybody touched owes to every service that watches a register of this batch."""
    changed = {register for register, _ in kept}
    services = {s.name: s for register in changed for s in facts.services_watching(register)}
    if not services:
        return
    watched = {register for service in services.values() for register in service.registers}
    known: dict[str, PersonFacts] = {subject: {} for subject in subjects}
    for register, key in kept:
        one = good[register, key]
        if one.row is not None and register in watched:
            known[one.subject].setdefault(register, []).append(one.row)
    for subject, register, body in batch.others(subjects, watched):
        known[subject].setdefault(register, []).append(facts.read(register, body))
    today = clock.today()
    owed = [
        OwedOccasion(service.name, service.version, subject, one.cycle, one.key, one.due_on, one.ends_on, one.anchor)
        for service in services.values()
        for subject, person in known.items()
        for one in service.owed(person, today)
    ]
    outcome.owed = len(owed)
    outcome.outdated = batch.owe(owed, touched=subjects, watching=services, kept_beside=facts.kept_beside())
    outcome.due = sum(one.due_on <= today for one in owed)


def _read(value: bytes, facts: Facts) -> _Good:
    """One message as a change whose row is sound. Raises `BadRow` with everything that is wrong."""
    try:
        change = decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadRow([UNREADABLE]) from error
    schema = facts.registers.get(change.register)
    if change.faults:
        raise BadRow(_faults(change, schema))
    if schema is None or not _sound(change):
        problems = list(_envelope(change, known=schema is not None))
        raise BadRow(problems + (schema.problems(_plain(change)) if schema and change.op is Op.UPSERT else []))
    if change.op is Op.DELETE:
        hidden = facts.pseudonyms
        return _Good(change, hidden.key(change.register, change.key), hidden.of(change.subject), None, "{}")
    row = schema.read(bytes(change.record))
    if row[schema.key] != change.key or row[schema.subject.column] != change.subject:
        raise BadRow([Problem("key", "The message and its row name different records.", "Send the row's own key.")])
    facts.hide(change.register, row)
    subject = facts.whose(change.register, row)
    return _Good(change, str(row[schema.key]), subject, row, facts.body(change.register, row))


def _faults(change: Change, schema: RegisterSchema | None) -> list[Problem]:
    """What its source could not make of it, and what else is wrong with the row, where there is one."""
    found = [Problem(fault.where, fault.why, fault.mend) for fault in change.faults]
    row, told = _plain(change), {fault.where for fault in change.faults}
    if schema is None or schema.columns.keys().isdisjoint(row):
        return found
    return found + [one for one in schema.problems(row) if one.where not in told]


def _sound(change: Change) -> bool:
    """Whether `_envelope` would find nothing; asked of every change, so it makes nothing."""
    key, subject = change.key, change.subject
    return (
        key.isprintable() and bool(key.strip())
        and subject.isprintable() and (bool(subject.strip()) or (not subject and change.op is Op.DELETE))
        and 0 < change.version <= FURTHEST_VERSION
    )  # fmt: skip


def _envelope(change: Change, *, known: bool) -> list[Problem]:
    found = []
    if not known:
        found.append(Problem("register", "No such register is connected.", "See rules/registers for their names."))
    for name, text in (("key", change.key), ("subject", change.subject), ("register", change.register)):
        if not text and name == "subject" and change.op is Op.DELETE:
            continue  # a log tells which row is gone, and not whose it was
        if not text.strip():
            found.append(Problem(name, "It is empty.", "Send it: without it the row cannot be kept."))
        elif "\x00" in text or not text.isprintable():
            found.append(Problem(name, "It holds characters that cannot be kept.", "Remove them in the source."))
    if not 0 < change.version <= FURTHEST_VERSION:
        found.append(
            Problem("version", "It says nothing about when the row last changed.", "Send when it was last updated.")
        )
    return found


def _order(one: _Good) -> tuple[int, bool, int, str]:
    """As the store orders two versions of one record."""
    return one.change.version, one.change.op is Op.DELETE, len(one.body), one.body


def _plain(change: Change) -> dict[str, object]:
    try:
        row = msgspec.json.decode(bytes(change.record))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def _rejection(value: bytes, problems: Sequence[Problem], facts: Facts) -> Rejection:
    try:
        change = decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        change = Change(register="?", key="?", subject="?", version=0)
    return Rejection(
        register=storable(change.register),
        key=facts.pseudonyms.key(change.register, storable(change.key)),
        version=max(-FURTHEST_VERSION, min(change.version, FURTHEST_VERSION)),
        problems=tuple({"where": p.where, "why": p.why, "mend": p.mend} for p in problems),
        row=value,
    )


def _json(problems: object) -> str:
    return msgspec.json.encode(problems).decode().replace("\\u0000", "\\ufffd")
