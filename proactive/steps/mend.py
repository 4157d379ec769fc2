"""mend: a ticket is followed until its register changes; what the newer record says closes it."""

from collections.abc import Mapping
from functools import partial

import msgspec
import structlog

from proactive.domain.ticket import Ticket, settled_by
from proactive.ports.clock import Clock
from proactive.prefill import text
from proactive.store.store import Store
from proactive.store.tickets import Arrived
from rules import Catalogue
from rules.alike import alike
from rules.kinds import ColumnType

log = structlog.get_logger()


async def mend(*, catalogue: Catalogue, store: Store, clock: Clock, limit: int) -> int:
    """Look at live tickets whose record has arrived anew, close those whose value is another now; gives how many."""
    arrived = await store.tickets.arrived(limit=limit)
    if not arrived:
        return 0
    before = [one.ticket for one in arrived]
    after = [_looked_at(one, catalogue) for one in arrived]
    kept = await store.tickets.keep(before, after, actor="register", now=clock.now())
    closed = [a for b, a in zip(before, after, strict=True) if a.id in kept and a.state is not b.state]
    if closed:
        log.info("mend.closed", tickets=len(closed))
    return len(arrived)


def _looked_at(one: Arrived, catalogue: Catalogue) -> Ticket:
    ticket = one.ticket
    schema = catalogue.registers.get(ticket.register_name)
    column = schema.columns.get(ticket.column) if schema is not None else None
    body: Mapping[str, object] = msgspec.json.decode(one.body) if one.body is not None else {}
    value = body.get(ticket.column)
    kind = column.type if column is not None else ColumnType.TEXT
    said = None if value is None else text(value)
    return settled_by(ticket, said, version=one.record_version, alike=partial(alike, kind))
