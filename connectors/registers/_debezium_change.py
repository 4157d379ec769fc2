"""From a message of a Debezium topic to a change of a register, or to a change that is refused, or to none."""

from collections.abc import Mapping, Sequence
from datetime import timezone

import msgspec

from connectors.registers._debezium_message import ROWS, Event, Json, Kind, Unreadable, read
from connectors.registers._debezium_order import Order
from connectors.registers._debezium_values import UNKNOWN, Encoding, Unavailable, decode
from proactive.domain.change import Change, Fault, Op
from proactive.sources.mapper import RowMapper
from rules.checks import VIETNAM
from rules.problem import Problem
from rules.rows import ColumnType

LONGEST = 200_000
"""Bytes of a row, or of a message that is put aside: what brokers carry is bounded, and nobody's row is longer."""

_WHOLE = frozenset({"last", "last_in_data_collection"})


class Part(msgspec.Struct, omit_defaults=True):
    """Where one partition was read to. It changes with each message that is read."""

    next: int = -1
    """The offset of the next message; -1: the first there is."""
    order: Order = msgspec.field(default_factory=Order)
    gone: str = ""
    """The key of the last change, where that was a deletion: the tombstone behind it says nothing new."""


class Message(msgspec.Struct, frozen=True):
    """A message as the broker gave it, and where it lies (topic/partition/offset)."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    place: str = "?"


class Said(msgspec.Struct, frozen=True):
    """What one message came to."""

    change: Change | None
    whole: bool = False
    """By this message it is known that the snapshot of the table is over."""


class Reader:
    """Reads the messages of one register's topic."""

    def __init__(self, mapper: RowMapper, *, zone: timezone = VIETNAM, wall: Sequence[str] = ()) -> None:
        """`wall`: columns of the source that are timestamps without zone though they end in Z, as they do with
        `time.precision.mode=isostring` and without schemas.
        """
        self._mapper = mapper
        self._schema = mapper.schema
        self._zone = zone
        self._wall = frozenset(wall)
        self._wanted = _wanted(mapper)

    def read(self, message: Message, part: Part) -> Said:
        """It never fails: what cannot be understood is a change with its problem, to be put aside."""
        try:
            event = read(message.key, message.value, message.headers)
            if event.kind is Kind.OTHER:
                return Said(None)
            if event.kind is Kind.TRUNCATED:
                why = "The table was emptied at once (TRUNCATE), and nobody says of whose rows; none was deleted here."
                raise Unreadable("op", why, "Let the owner delete row by row, or the connector read the table again.")
            key = self._key(event)
            if event.kind is Kind.TOMBSTONE and part.gone == key:
                part.gone = ""
                return Said(None, whole=True)
            version = part.order.version(event)
        except Unreadable as wrong:
            part.gone = ""
            return Said(self._refused(message.place, max(part.order.last, 1), wrong.problem, message))
        part.gone = key if event.kind is Kind.DELETED else ""
        try:
            change = self._row(version, event) if event.kind in ROWS else self._deletion(key, version)
        except Unreadable as wrong:
            change = self._refused(key, version, wrong.problem, message)
        return Said(change, whole=event.kind is not Kind.SNAPSHOT or event.snapshot in _WHOLE)

    def _key(self, event: Event) -> str:
        """The record's key as the register has it: from the message's key, else from the row."""
        for row, encodings in ((event.key, event.key_encodings), (event.row, event.encodings)):
            if row:
                key = self._mapper.map(self._decoded(row, encodings, whole=False)).row.get(self._schema.key)
                if key is not None and (text := str(key)):
                    return text
        origins = ", ".join(self._mapper.columns[self._schema.key].origins)
        why = "The message does not say which record it is about."
        raise Unreadable(self._schema.key, why, f"Set message.key.columns to {origins}, or REPLICA IDENTITY FULL.")

    def _deletion(self, key: str, version: int) -> Change:
        """What it says of the old row is mostly invented; whom it was about is known from what was kept."""
        subject = key if self._schema.subject.column == self._schema.key else ""
        return Change(register=self._schema.name, key=key, subject=subject, version=version, op=Op.DELETE)

    def _row(self, version: int, event: Event) -> Change:
        change = self._mapper.change(self._decoded(event.row or {}, event.encodings, whole=True), version=version)
        if (size := len(bytes(change.record))) > LONGEST:
            raise Unreadable("row", f"It has {size} bytes, more than is carried.", "Correct it in the source.")
        return change

    def _decoded(self, row: Json, encodings: Mapping[str, Encoding], *, whole: bool) -> Json:
        """The columns that are read, as the mapper wants them: values of Python or text."""
        found: Json = {}
        for source, wanted in self._wanted.items():
            value = row.get(source)
            if value is None:
                continue
            try:
                found[source] = (
                    value
                    if wanted is None
                    else decode(
                        value, wanted, encodings.get(source, UNKNOWN), zone=self._zone, wall=source in self._wall
                    )
                )
            except Unavailable as error:
                if whole:
                    why = "The source did not send it, because it is large and had not changed."
                    mend = "ALTER TABLE … REPLICA IDENTITY FULL there, and let the connector read the table again."
                    raise Unreadable(source, why, mend) from error
        return found

    def _refused(self, key: str, version: int, problem: Problem, message: Message) -> Change:
        """A change that will be put aside with its message, or with the first part of a very long one."""
        told = {"place": message.place, "key": _legible(message.key), "message": _legible(message.value)}
        return Change(
            register=self._schema.name,
            key=key,
            subject="",
            version=version,
            record=msgspec.Raw(msgspec.json.encode(told)),
            faults=(Fault(problem.where, problem.why, problem.mend),),
        )


def _wanted(mapper: RowMapper) -> dict[str, ColumnType | None]:
    """What each of the source's columns is decoded to; None: as it came, because the mapping says how it is written."""
    found: dict[str, ColumnType | None] = dict.fromkeys(mapper.reads, ColumnType.TEXT)
    for name, mapping in mapper.columns.items():
        if mapping.columns_from is not None and not mapping.codes:
            written = bool(mapping.format or mapping.yes)
            found[mapping.columns_from] = None if written else mapper.schema.columns[name].type
    return found


def _legible(part: bytes | None) -> str | None:
    return None if part is None else part[:LONGEST].decode("utf-8", "backslashreplace")
