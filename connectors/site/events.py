"""A change as a CloudEvent on the wire of the push API, under an id that is always the same for the same change.

The body depends on nothing but the change: no moment of ours stands in it, so that a change that is read again after a
crash is the same event to the last byte. The id is a keyed hash: it says nothing about the person. It has the number of
the telling in it: a register that is told from the beginning once more is told under other ids.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from proactive.domain.change import Change, Op

CHANGED = "proactive.register.changed"
CAUGHT_UP = "proactive.register.caught_up"
HEARTBEAT = "proactive.register.heartbeat"

JSON = "application/json"
BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True)
class Event:
    """One event, ready to be sent. `ends`: with it the register has been told to its end."""

    id: str
    register: str
    body: bytes
    ends: bool = False
    key: str = ""
    version: int = 0
    deleted: bool = False
    faults: str = ""
    """Why it can't be sent: the source's row could not be made into a row of the register."""


class _Changed(msgspec.Struct):
    register: str
    op: str
    version: int
    record: msgspec.Raw


class _About(msgspec.Struct):
    register: str


class _Event(msgspec.Struct, omit_defaults=True, kw_only=True):
    """CloudEvents 1.0, structured."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime | None = None
    datacontenttype: str
    data: Any


_encode = msgspec.json.Encoder().encode


class Writer:
    """Writes events as the connector `connector`; `salt` is the key of their ids."""

    def __init__(self, connector: str, *, salt: bytes) -> None:
        self._source = f"urn:proactive:connector:{connector}"
        self._salt = salt

    def changed(self, change: Change, *, telling: int) -> Event:
        """A row was created, updated or deleted there. One without a usable time counts as the oldest: version 1."""
        data = _Changed(change.register, change.op.value, max(change.version, 1), change.record)
        id = self._id(CHANGED, telling, change.key.encode("utf-8", "surrogatepass"), _encode(data))
        event = replace(
            self._event(id, CHANGED, data, subject=change.key),
            key=change.key, version=data.version, deleted=change.op is Op.DELETE,
        )  # fmt: skip
        faults = " ".join(f"{fault.where}: {fault.why} {fault.mend}" for fault in change.faults)
        return replace(event, faults=faults) if faults else event

    def caught_up(self, register: str, *, at: datetime, telling: int) -> Event:
        """All rows that the register held were read once; what comes from here on is news."""
        return self._about(CAUGHT_UP, register, at, telling)

    def heartbeat(self, register: str, *, at: datetime) -> Event:
        """At this moment the register was read to its end, and all of it is with the platform."""
        return self._about(HEARTBEAT, register, at, 0)

    def _about(self, type: str, register: str, at: datetime, telling: int) -> Event:
        id = self._id(type, telling, register.encode(), at.isoformat().encode())
        return self._event(id, type, _About(register), time=at)

    def _id(self, type: str, telling: int, *parts: bytes) -> str:
        digest = hashlib.blake2b(f"{type} {telling}".encode(), key=self._salt, digest_size=16)
        for part in parts:
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.hexdigest()

    def _event(
        self, id: str, type: str, data: _Changed | _About, *, subject: str | None = None, time: datetime | None = None
    ) -> Event:
        body = _Event(
            specversion="1.0", id=id, source=self._source, type=type, subject=subject, time=time,
            datacontenttype=JSON, data=data,
        )  # fmt: skip
        return Event(id, data.register, _encode(body), ends=type == CAUGHT_UP)


def batch(bodies: list[bytes]) -> bytes:
    """Events as one body."""
    return b"[" + b",".join(bodies) + b"]"
