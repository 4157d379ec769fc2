"""Files of offices: read and weighed so that somebody can look, then applied row by row the way of every change.

Applying is telling: rows go over Kafka under the key of whom they are about, and a file is applied when each of them is
kept or refused. Both steps begin again where they were when a worker dies: reading from the first row, applying from
what is not settled.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from uuid import uuid4

import msgspec
import structlog

from proactive.domain.change import Change, storable
from proactive.domain.files import FileState, Listing, Noted, OfficeFile
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.sheets import Headed, Line, Sent, Unreadable, headed, marked, opened
from proactive.sheets.reading import EPOCH, MICRO
from proactive.sources import ConnectedRegister
from proactive.store.file_rows import NewRow, RefusedRow
from proactive.store.store import Store
from rules import vietnamese
from rules.problem import BadRow, Problem

log = structlog.get_logger()

AT_ONCE = 1000
KEPT_FOR = timedelta(days=30)
"""How long the refused rows of a settled file can be taken."""
PATIENCE = timedelta(seconds=15)

Registers = Mapping[str, ConnectedRegister]
"""The registers that files may fill, by name."""

Publish = Callable[[Sequence[Change]], Awaitable[None]]


async def receive(
    content: bytes, *, register: str, name: str, listing: Listing, origin: str, by: str, unasked: bool = False,
    ours: bool = False, store: Store, clock: Clock,
) -> OfficeFile:  # fmt: skip
    """Keep a file as it came, to be read. `unasked`: it may be applied without anybody saying so."""
    now = clock.now()
    file = OfficeFile(
        id=uuid4(), register_name=register, name=storable(Path(name).name) or "?", kind="", delimiter="",
        listing=listing, state=FileState.RECEIVED, origin=origin, by=by, stamp=(now - EPOCH) // MICRO, received_at=now,
    )  # fmt: skip
    digest = sha256(content).hexdigest()
    return await store.files.receive(file, content, digest=digest, unasked=unasked, now=now, ours=ours)


async def errors_of(file: OfficeFile, *, kind: str, titles: Mapping[str, str], store: Store) -> bytes:
    """The refused rows as a file that can be corrected and sent again, what is wrong in Vietnamese beside each."""
    sent: list[Sent] = []
    after = 0
    while rows := await store.file_rows.refused(file.id, after=after, limit=AT_ONCE):
        after = rows[-1].line
        sent += (_sent(row, titles) for row in rows)
    return await asyncio.to_thread(
        lambda: marked(kind, heading=file.heading, lines=sent, delimiter=file.delimiter or ",")
    )


def _sent(row: RefusedRow, titles: Mapping[str, str]) -> Sent:
    why = "\n".join(f"{titles.get(p['where'], p['where'])}: {vietnamese.why(p['why'], titles)}" for p in row.problems)
    mend = "\n".join(vietnamese.mend(p["mend"], titles) for p in row.problems)
    return Sent(row.cells, why, mend)


async def read_files(*, store: Store, registers: Registers, facts: Facts, clock: Clock) -> int:
    """Read one file that has come and weigh it; gives how many were taken."""
    claimed = await store.files.claim(FileState.RECEIVED, now=clock.now())
    if claimed is None:
        return 0
    file, content, unasked = claimed
    await read_file(file, content, unasked=unasked, store=store, registers=registers, facts=facts, clock=clock)
    return 1


async def read_file(
    file: OfficeFile, content: bytes, *, unasked: bool, store: Store, registers: Registers, facts: Facts, clock: Clock
) -> None:
    """Read this one, whose claim is ours."""
    register = registers.get(file.register_name)
    try:
        if register is None:
            raise Unreadable("No files are taken for this register.", "Name a register that files may fill.")
        table = await asyncio.to_thread(lambda: headed(opened(content), register))
        notes = await _staged(file, table, store=store, facts=facts, clock=clock)
    except Unreadable as error:
        [problem] = error.problems
        await store.files.refuse(file.id, why=problem.why, mend=problem.mend, now=clock.now())
        log.info("files.refused", register=file.register_name, origin=file.origin)
        return
    read = file.model_copy(
        update={
            "kind": table.table.kind, "delimiter": table.table.delimiter, "notes": notes,
            "heading": tuple(_plain(cell) for cell in table.heading), "unused": tuple(table.unused),
        }
    )  # fmt: skip
    schema = register.schema
    await store.file_weighing.show(read, updated=schema.updated, key=schema.key, unasked=unasked, now=clock.now())


async def _staged(file: OfficeFile, table: Headed, *, store: Store, facts: Facts, clock: Clock) -> tuple[Noted, ...]:
    """Put every row down, a thousand at a time. Raises `Unreadable` where the file turns out to be unusable."""
    await store.file_rows.begin(file.id)
    lines = table.lines(EPOCH + file.stamp * MICRO)
    mended: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    number = 0
    while rows := await asyncio.to_thread(_next, lines, table, facts, mended, first):
        number += len(rows)
        await store.file_rows.put(file.id, rows)
        await store.files.progressed(file.id, progress=number, now=clock.now())
    if table.month_first:
        column, line = next(iter(table.month_first.items()))
        raise Unreadable(
            f"Column '{column}' has days written month first, for example in line {line}.",
            "Write all days of the column as day/month/year.",
        )
    if not number:
        raise Unreadable("It has headings and no rows.", "Send the file with its rows.")
    notes = [Noted(column="", what=said, number=1, line=0) for said in table.table.notes]
    return (
        *notes,
        *(Noted(column=c, what=w, number=n, line=first[c, w]) for (c, w), n in mended.most_common()),
    )


def _next(
    lines: Iterator[Line], table: Headed, facts: Facts, mended: Counter[tuple[str, str]],
    first: dict[tuple[str, str], int],
) -> list[NewRow]:  # fmt: skip
    found = []
    for line in islice(lines, AT_ONCE):
        for what in line.mended:
            mended[what] += 1
            first.setdefault(what, line.number)
        found.append(_row(line, table, facts))
    return found


def _row(line: Line, table: Headed, facts: Facts) -> NewRow:
    """A line as it is put down: with what is kept of it, or with everything that is wrong."""
    schema = table.register.schema
    row = msgspec.json.encode(line.row)
    problems, body = list(line.problems), "{}"
    key, subject = _text(line.row.get(schema.key)), _text(line.row.get(schema.subject.column))
    if not line.deleted:
        try:
            body = facts.body(schema.name, facts.hide(schema.name, schema.read(row))) if not problems else "{}"
        except BadRow as bad:
            problems += bad.problems
        if line.problems:
            told = {problem.where for problem in problems}
            problems += [one for one in schema.problems(dict(line.row)) if one.where not in told]
    for name, value in ((schema.key, key), (schema.subject.column, subject)):
        if value and not value.isprintable():
            problems.append(Problem(name, "It holds characters that cannot be kept.", "Remove them in the source."))
    return NewRow(
        line=line.number, key=facts.pseudonyms.key(schema.name, storable(key)) if key else "",
        subject=facts.pseudonyms.of(storable(subject)), version=line.version,
        deleted=line.deleted, row=row.decode(), body=body, cells=[_plain(cell) for cell in line.cells],
        problems=[{"where": p.where, "why": p.why, "mend": p.mend} for p in problems] or None,
    )  # fmt: skip


async def apply_files(
    *, store: Store, registers: Registers, publish: Publish, columns: Callable[[str], frozenset[str]],
    clock: Clock, limit: int,
) -> int:  # fmt: skip
    """Tell rows of what is to be applied, and settle what was told; gives how many rows were told or files ended."""
    moved = 0
    for file in await store.files.applying():
        register = registers.get(file.register_name)
        if register is None:
            continue
        if not await store.files.weighed(file.id):
            agreed = await store.file_weighing.agreed(file.id)
            updated = register.schema.updated
            if not await store.file_weighing.weigh_again(file, updated=updated, agreed=agreed, now=clock.now()):
                moved += 1
                continue
        needed = ",".join(sorted(columns(file.register_name)))
        if await store.file_rows.settle(file, columns=needed, now=clock.now()):
            log.info("files.applied", register=file.register_name, origin=file.origin)
            moved += 1
            continue
        untold = await store.file_rows.untold(file, now=clock.now(), patience=PATIENCE, limit=limit)
        if untold:
            await publish(untold)
            moved += len(untold)
    return moved


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _plain(cell: object) -> object:
    """A cell as JSON keeps it: days as people write them."""
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if hasattr(cell, "hour"):
        return f"{cell:%d/%m/%Y %H:%M:%S}".removesuffix(" 00:00:00")
    return f"{cell:%d/%m/%Y}" if hasattr(cell, "year") else str(cell).replace("\x00", "\ufffd")
