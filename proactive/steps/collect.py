"""collect: files that an office has put into its folder are kept and read, and put away with what came of them.

They are applied without anybody being asked, unless too much would vanish: then they wait on the desk. A worker that
dies in between leaves the file where it was, and finding it again changes nothing.
"""

from collections.abc import Sequence
from hashlib import sha256

import structlog

from proactive.domain.files import Fate, FileState, Listing, OfficeFile
from proactive.errors import Unreachable
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.ports.inbox import Arrived, Inbox
from proactive.steps.office_files import Registers, errors_of, read_file, receive
from proactive.store.store import Store
from rules import vietnamese

log = structlog.get_logger()


async def collect(inboxes: Sequence[Inbox], *, store: Store, registers: Registers, facts: Facts, clock: Clock) -> int:
    """Look into every folder once; gives how many files were put away. One that is away holds up no other."""
    number = 0
    for inbox in inboxes:
        try:
            for arrived in await inbox.arrived():
                file = await _kept(arrived, inbox, store=store, registers=registers, facts=facts, clock=clock)
                if file.state is FileState.RECEIVED:
                    continue  # whoever has it in hand is still reading
                await _put_away(arrived, file, inbox, registers=registers, store=store)
                number += 1
        except Unreachable as error:
            log.warning("files.folder_away", register=inbox.register, why=str(error))
    return number


async def _kept(
    arrived: Arrived, inbox: Inbox, *, store: Store, registers: Registers, facts: Facts, clock: Clock
) -> OfficeFile:
    digest = sha256(arrived.content).hexdigest()
    known = await store.files.open_one(inbox.register, digest)
    if known is not None:
        return known
    file = await receive(
        arrived.content, register=inbox.register, name=arrived.name, listing=Listing(inbox.listing), origin="folder",
        by=inbox.sender, unasked=True, ours=True, store=store, clock=clock,
    )  # fmt: skip
    await read_file(file, arrived.content, unasked=True, store=store, registers=registers, facts=facts, clock=clock)
    return await store.files.get(file.id) or file


async def _put_away(arrived: Arrived, file: OfficeFile, inbox: Inbox, *, registers: Registers, store: Store) -> None:
    schema = registers[inbox.register].schema if inbox.register in registers else None
    titles = {name: column.title.vi for name, column in schema.columns.items()} if schema else {}
    if file.why is not None:
        said = f"{vietnamese.why(file.why.why, titles)} {vietnamese.mend(file.why.mend, titles)}"
        await inbox.put_away(arrived, why=f"{said}\n{file.why.why} {file.why.mend}")
        return
    errors = None
    if file.number(Fate.REFUSED):
        errors = (file.kind, await errors_of(file, kind=file.kind, titles=titles, store=store))
    await inbox.put_away(arrived, errors=errors)
