"""The version of a change: what orders the changes of one record, whenever and however often they are told.

A change's place is where it stands in its database's log (PostgreSQL: lsn). That alone does not order a record:

- All rows of a snapshot share one place, that of the snapshot. A transaction that ran while it was taken may have
  written before that place and committed after it, so its change stands lower and is newer.
- A record may be deleted and made again by two transactions of which the later had written first. Where the connector
  tells the commit before (`source.sequence`), the place is at least that: it is higher after every commit.
- A tombstone has no place at all.

So the order of the partition, in which a record's changes always come as they were committed, decides where places do
not: after a snapshot's row, and after a tombstone, the next change is above it whatever its place. Everything else is
told by the places alone, so that what is told twice after a crash, or all over again, changes nothing.

A version is 2^62 + place * 4096 + a number that counts such cases: above every version by time of change (microseconds
since 1970 are below 2^51), so a register that was polled before can be captured from now on. Places up to 2^50 are a
petabyte of log.
"""

import msgspec

from connectors.registers._debezium_message import Event, Kind, Unreadable

BASE, STEP, FURTHEST = 1 << 62, 1 << 12, (1 << 50) - 1


class Order(msgspec.Struct, array_like=True, omit_defaults=True):
    """What one partition remembers of the versions that it gave; kept in the position, so never forgotten."""

    last: int = 0
    """The highest version so far."""
    floor: int = 0
    """That of the newest snapshot's row or tombstone: whatever comes later is above it."""
    transaction: int | str | None = None
    within: int = 0
    """The version of the last change, of that transaction: a transaction's changes are in order."""

    def version(self, event: Event) -> int:
        """The version of the next message. Raises `Unreadable` where nothing tells its place."""
        if event.kind is Kind.TOMBSTONE:
            given = self.floor = max(self.last, BASE) + 1
        else:
            place = _place(event)
            if event.kind is Kind.SNAPSHOT:
                given = BASE + place * STEP
                if given < self.last and given != self.floor:
                    given = self.last + 1
                self.floor = given
            else:
                given = self._change(BASE + place * STEP + 1, event)
        self.last = max(self.last, given)
        return given

    def _change(self, given: int, event: Event) -> int:
        again = event.transaction is not None and event.transaction == self.transaction
        if given <= self.floor:
            given = self.floor = self.floor + 1
        elif again and given <= self.within:
            given = self.within + 1
        elif event.lsn is None and given <= self.last:  # times of commit may be the same for many
            given = self.last + 1
        self.transaction, self.within = event.transaction, given
        return given


def _place(event: Event) -> int:
    """The log's place for PostgreSQL; for other databases the millisecond of the commit."""
    if event.lsn is not None:
        place = max(event.lsn, event.committed or 0)
    elif event.connector != "postgresql" and event.ts_ms is not None:
        place = event.ts_ms
    else:
        why = "Nothing says where in the source's log it stands, so nobody can tell which change is newer."
        mend = "Flattened messages need add.fields=op,source.lsn,source.sequence,source.txId,source.snapshot."
        raise Unreadable("source.lsn", why, mend)
    if not 0 < place <= FURTHEST:
        raise Unreadable("source.lsn", f"{place} is no place in a log.", "Let only Debezium write to this topic.")
    return place
