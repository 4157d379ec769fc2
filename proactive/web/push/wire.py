"""What is sent and answered: the models that requests are read by, and that the documents are made from.

`POST /v1/events` takes CloudEvents 1.0 in three modes, chosen by Content-Type. A batch is read event by event, and all
that is wrong is told at once, up to `MOST_FAULTS`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from cloudevents.core.bindings.http import HTTPMessage, from_binary_event
from cloudevents.core.exceptions import BaseCloudEventException, CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent
from msgspec import Meta

from proactive.web.push.problems import Fault, Problem, refused
from proactive.web.push.strict import Malformed, TooDeep, read

BATCH, STRUCTURED, BINARY = "application/cloudevents-batch+json", "application/cloudevents+json", "application/json"
MOST_EVENTS = 1000
MOST_FAULTS = 20
REQUIRED = ("specversion", "id", "source", "type")

Text = Annotated[str, Meta(min_length=1, max_length=200)]
RegisterName = Annotated[str, Meta(min_length=1, max_length=100, description="Name of a file in rules/registers.")]
Version = Annotated[
    int, Meta(ge=1, le=2**63 - 1, description="Grows with every change of the record; of one kind for a register.")
]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row was created or changed (`upsert`), or deleted."""

    register: RegisterName
    op: Literal["upsert", "delete"]
    version: Version
    record: Annotated[
        dict[str, Any] | None, Meta(description="The whole row, by our columns; may be missing with `delete`.")
    ] = None


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The register that a word is about."""

    register: RegisterName


class Envelope(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A CloudEvent's attributes; extensions are let pass."""

    specversion: Literal["1.0"]
    id: Annotated[Text, Meta(description="With `source` the event's name for ever; nothing personal.")]
    source: Text
    time: Annotated[datetime, Meta(tz=True)] | msgspec.UnsetType = msgspec.UNSET
    datacontenttype: Literal["application/json"] | msgspec.UnsetType = msgspec.UNSET
    dataschema: Text | msgspec.UnsetType = msgspec.UNSET


class RegisterChanged(Envelope, frozen=True, kw_only=True, tag="proactive.register.changed"):
    """A row of a register has changed."""

    subject: Annotated[Text, Meta(description="The record's key.")]
    data: Change


class CaughtUp(Envelope, frozen=True, kw_only=True, tag="proactive.register.caught_up"):
    """Every row of the register was sent once and answered with 202."""

    data: About
    subject: Text | msgspec.UnsetType = msgspec.UNSET


class Heartbeat(Envelope, frozen=True, kw_only=True, tag="proactive.register.heartbeat"):
    """The connector is alive and knows of no change that was not sent."""

    data: About
    subject: Text | msgspec.UnsetType = msgspec.UNSET


Event = RegisterChanged | CaughtUp | Heartbeat


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """All events of the request are on disk."""

    accepted: Annotated[int, Meta(ge=0, description="Events that are new.")]
    known: Annotated[int, Meta(ge=0, description="Events that were there already, or are not kept (heartbeats).")]
    snapshot: Annotated[Sequence[str], Meta(description="Registers to be sent from the beginning.")]


class Sent(msgspec.Struct, frozen=True):
    """One event as it was read, and its `data` as it was sent."""

    event: Event
    data: Any


def events(headers: Mapping[str, str], body: bytes) -> list[Sent]:
    """The events of a request whose signature was checked. Raises `Problem`."""
    kind, parameters = _content_type(headers)
    if kind == BATCH:
        found = _json(body)
        if not isinstance(found, list):
            raise refused("malformed", "body", "A batch is an array of events.", f"Send an array, or {STRUCTURED}.")
        if len(found) > MOST_EVENTS:
            raise refused("too-many", "body", f"{len(found)} events.", f"Send at most {MOST_EVENTS} at once.")
    elif kind == STRUCTURED:
        found = [_json(body)]
    elif kind == BINARY:
        found = [_binary(headers, body)]
    else:
        raise refused("unsupported", "content-type", "It names no mode.", f"Send {BATCH}, {STRUCTURED} or {BINARY}.")
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise refused("unsupported", "content-type", "The charset is not UTF-8.", "Send UTF-8.")
    return _all(found)


def _content_type(headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise refused("unsupported", "content-encoding", "The body is compressed.", "Send it as it is.")
    kind, *rest = headers.get("content-type", "").split(";")
    pairs = (part.partition("=") for part in rest)
    return kind.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _json(body: bytes) -> Any:
    try:
        return read(body)
    except TooDeep as error:
        raise refused("too-deep", error.where, error.why, error.mend) from error
    except Malformed as error:
        raise refused("malformed", error.where, error.why, error.mend) from error


def _binary(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Attributes come as `ce-` headers; the library decodes them, and is not asked for what it would invent."""
    missing = [f"ce-{name}" for name in REQUIRED if not headers.get(f"ce-{name}")]
    if missing:
        raise refused("malformed", missing[0], "The header is missing.", "Send ce-specversion, -id, -source, -type.")
    data = _json(body)
    given = {name: value for name, value in headers.items() if name.startswith("ce-")}
    try:
        attributes = dict(from_binary_event(HTTPMessage(given, b"")).get_attributes())
    except (BaseCloudEventException, ValueError, TypeError, OverflowError) as error:
        raise refused("malformed", "ce-", "A ce- header cannot be read.", "See CloudEvents, HTTP binding.") from error
    if "ce-time" in given:
        attributes["time"] = attributes["time"].isoformat()
    else:
        attributes.pop("time", None)
    return {**attributes, "data": data}


def _all(found: Sequence[Any]) -> list[Sent]:
    sent: list[Sent] = []
    faults: list[Fault] = []
    for place, one in enumerate(found):
        try:
            sent.append(_one(one))
        except (msgspec.ValidationError, Malformed) as error:
            given = one.get("id") if isinstance(one, dict) else None
            named = given[:200] if isinstance(given, str) else None
            where, why, mend = _told(error)
            faults.append(Fault(event=place, id=named, where=where, why=why, mend=mend))
            if len(faults) == MOST_FAULTS:
                break
    if faults:
        raise Problem("malformed", *faults, event_count=len(found))
    return sent


def _one(found: Any) -> Sent:
    event: Event = msgspec.convert(found, Event)
    if "data_base64" in found:
        raise Malformed("data_base64", "Binary data is not understood.", "Send `data`.")
    attributes = {name: value for name, value in found.items() if name != "data" and value is not None}
    if event.time is not msgspec.UNSET:
        attributes["time"] = event.time
    for name, value in attributes.items():
        if name not in _KNOWN and not isinstance(value, str | int):
            raise Malformed(name, "An extension is text, a number or true and false.", "Send it as text.")
    try:
        CloudEvent(attributes, None)
    except CloudEventValidationError as error:
        name, [why, *_] = next(iter(error.errors.items()))
        raise Malformed(name[:100], f"{why}.", "Name extensions with a-z and 0-9.") from error
    for name in ("id", "source", "subject"):
        if not str(attributes.get(name, "")).isprintable():
            raise Malformed(name, "It holds characters that cannot be printed.", "Remove them in the source.")
    if not event.data.register.isprintable():
        raise Malformed("data.register", "It holds characters that cannot be printed.", "Send a register's name.")
    if isinstance(event, RegisterChanged) and event.data.op == "upsert" and event.data.record is None:
        raise Malformed("data.record", "It is missing.", "Send the whole row with `upsert`.")
    return Sent(event, found["data"])


_KNOWN = frozenset({*REQUIRED, "time", "subject", "datacontenttype", "dataschema"})
_SAID = re.compile(r"(?s)(?P<why>.*?)(?: - at `\$(?P<path>.*)`)?")
_MISSING = re.compile(r"Object (?:missing required|contains unknown) field `(?P<name>.*)`")


def _told(error: Exception) -> tuple[str, str, str]:
    """Where, why, how to mend it."""
    if isinstance(error, Malformed):
        return error.where, error.why, error.mend
    said = _SAID.fullmatch(str(error))
    assert said is not None  # it matches everything
    where = (said["path"] or "").lstrip(".")
    if (field := _MISSING.fullmatch(said["why"])) is not None:
        where = f"{where}.{field['name']}".lstrip(".")
    return where[:200], f"{said['why'][:300]}.", "Send what docs/connectors.md says."
