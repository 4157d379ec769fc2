"""A change: one row of a register was created, updated or deleted, as it travels on topic `proactive.changes`.

On the wire a change is JSON. Its version orders the changes of one record: for a polled table the microseconds of
`updated_at`, for a log its position. Changes of one register always carry versions of one kind.
"""

from enum import StrEnum

import msgspec


class Op(StrEnum):
    UPSERT = "upsert"
    DELETE = "delete"


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """What could not be converted on the way from the source: where, why, how to mend it; no personal value in it."""

    where: str
    why: str
    mend: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `record` is the row as JSON, still unread: whoever recognises it validates it.

    With `faults` it cannot be taken: they say what of the source's row could not be made into a row of the register.
    """

    register: str
    key: str
    subject: str
    version: int
    op: Op = Op.UPSERT
    record: msgspec.Raw = msgspec.Raw(b"{}")
    faults: tuple[Fault, ...] = ()


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was not taken: which row, and for each problem where, why and how to mend it."""

    register: str
    key: str
    version: int
    problems: tuple[dict[str, str], ...]
    row: bytes


def keepable(text: str) -> str:
    """The same text without what no database keeps: NUL and halves of letters."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def storable(text: str) -> str:
    """Text that a database can keep and a page can show, for what came with characters that neither can."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[:200]


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Change).decode
