"""One message of a Debezium topic, whatever shape its connector gives it.

enveloped     {"before": …, "after": …, "source": {…}, "op": "u", …}                       the default
flattened     {…the row…, "__op": "u", "__deleted": "false", "__source_lsn": …}            ExtractNewRecordState
CloudEvents   {"specversion": "1.0", "iodebeziumop": "u", "data": {"before": …, "after": …}}
each of them  as it is, or as {"schema": {…}, "payload": …} with schemas
tombstone     no value at all, after a delete; the only word of it where flattening drops the rest
others        heartbeats, transactions' begin and end, logical messages: not about any row

op    r read in a snapshot, c created, u updated, d deleted, t table truncated, m logical message
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec

from connectors.registers._debezium_values import DECIMAL, Encoding
from rules.problem import Problem

Json = dict[str, Any]


class Kind(StrEnum):
    SNAPSHOT = "r"
    CREATED = "c"
    UPDATED = "u"
    DELETED = "d"
    TRUNCATED = "t"
    TOMBSTONE = "tombstone"
    OTHER = "other"
    """Not about a row."""


ROWS = frozenset({Kind.SNAPSHOT, Kind.CREATED, Kind.UPDATED})


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says. `row` is the new row; for a delete what is left of the old one, mostly invented zeros."""

    kind: Kind
    key: Json | None = None
    row: Json | None = None
    encodings: Mapping[str, Encoding] = {}
    key_encodings: Mapping[str, Encoding] = {}
    lsn: int | None = None
    committed: int | None = None
    """The place of the commit before this change's own, where the connector says it (`source.sequence`)."""
    transaction: int | str | None = None
    ts_ms: int | None = None
    connector: str = "postgresql"
    snapshot: str = "false"


class Unreadable(Exception):
    """This message cannot be understood."""

    def __init__(self, where: str, why: str, mend: str) -> None:
        super().__init__(why)
        self.problem = Problem(where, why, mend)


_OURS = "Let only Debezium write to this topic, with JsonConverter for keys and values."
_HEARTBEAT = {"ts_ms", "ts_us", "ts_ns"}
_TRANSACTION = {"status", "id", "event_count", "data_collections"}
_KINDS = {kind.value: kind for kind in Kind if len(kind.value) == 1} | {"m": Kind.OTHER}


def read(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]] = ()) -> Event:
    """Raises `Unreadable` with where, why and how to mend it."""
    record_key, key_encodings = _object(key, "key")
    body, encodings = _object(value, "message")
    gone = Event(kind=Kind.TOMBSTONE, key=record_key)
    event = gone if body is None else _event(record_key, body, encodings, headers)
    return msgspec.structs.replace(event, key_encodings=key_encodings) if key_encodings else event


def _event(
    record_key: Json | None,
    body: Json,
    encodings: Mapping[str, Encoding],
    headers: Sequence[tuple[str, bytes | None]],
) -> Event:
    if "specversion" in body and "iodebeziumop" in body:
        return _cloud_event(record_key, body)
    if body.get("op").__class__ is str and ("after" in body or "before" in body or "message" in body):
        return _envelope(record_key, body, encodings)
    if body.keys() <= _HEARTBEAT or body.keys() >= _TRANSACTION:
        return Event(kind=Kind.OTHER)
    if record_key is None:
        raise Unreadable("key", "There is none, so nobody can tell which row it is.", "Set message.key.columns.")
    return _flat(record_key, body, encodings, headers)


def _envelope(key: Json | None, body: Json, encodings: Mapping[str, Encoding]) -> Event:
    kind = _KINDS.get(body["op"])
    if kind is None:
        raise Unreadable("op", f"'{body['op'][:20]}' is no operation of Debezium.", _OURS)
    source = body.get("source")
    source = source if isinstance(source, dict) else {}
    return Event(
        kind=kind,
        key=key,
        row=_row(body.get("before" if kind is Kind.DELETED else "after"), kind),
        encodings=encodings,
        lsn=_whole(source.get("lsn")),
        committed=_committed(source.get("sequence")),
        transaction=source.get("txId"),
        ts_ms=_whole(source.get("ts_ms")),
        connector=str(source.get("connector") or "postgresql"),
        snapshot=str(source.get("snapshot") or ("true" if kind is Kind.SNAPSHOT else "false")),
    )


def _cloud_event(key: Json | None, body: Json) -> Event:
    # Two of its names differ in one capital letter only; the one of the two that says something is meant.
    about = {name.lower().removeprefix("iodebezium"): said for name, said in body.items() if said is not None}
    data = body.get("data")
    if isinstance(data, dict) and data.keys() == {"schema", "payload"}:
        data = data["payload"]
    if not isinstance(data, dict):
        raise Unreadable("data", "The CloudEvent holds no row.", _OURS)
    source = {
        "lsn": _whole(about.get("lsn")), "sequence": about.get("sequence"), "txId": _whole(about.get("txid")),
        "ts_ms": _whole(about.get("tsms")), "connector": about.get("connector"), "snapshot": about.get("snapshot"),
    }  # fmt: skip
    return _envelope(key, {**data, "op": str(body["iodebeziumop"]), "source": source}, {})


def _flat(
    key: Json, body: Json, encodings: Mapping[str, Encoding], headers: Sequence[tuple[str, bytes | None]]
) -> Event:
    """The row with what `add.fields` and `add.headers` put beside it."""
    beside = {name: _header(value) for name, value in headers if name.startswith("__")}
    beside |= {name: value for name, value in body.items() if name.startswith("__")}

    def said(name: str) -> Any:
        return beside.get(f"__source_{name}", beside.get(f"__{name}"))

    gone = str(beside.get("__deleted")).lower() == "true"
    kind = Kind.DELETED if gone else _KINDS.get(str(beside.get("__op")), Kind.UPDATED)
    row = {name: value for name, value in body.items() if not name.startswith("__")}
    return Event(
        kind=kind,
        key=key,
        row=_row(row, kind),
        encodings=encodings,
        lsn=_whole(said("lsn")),
        committed=_committed(said("sequence")),
        transaction=said("txId"),
        ts_ms=_whole(beside.get("__source_ts_ms")),
        connector=str(said("connector") or "postgresql"),
        snapshot=str(said("snapshot") or ("true" if kind is Kind.SNAPSHOT else "false")),
    )


def _row(row: object, kind: Kind) -> Json | None:
    if isinstance(row, dict):
        return row
    if kind in ROWS:
        raise Unreadable("after", "It holds no row.", _OURS)
    return None


def _object(text: bytes | None, where: str) -> tuple[Json | None, Mapping[str, Encoding]]:
    """A key or value without its schema, and what the schema says of the row's columns."""
    if text is None:
        return None, {}
    try:
        outer = msgspec.json.decode(text, type=dict[str, msgspec.Raw] | None)
        if outer is None:
            return None, {}
        if outer.keys() == {"schema", "payload"} and bytes(outer["schema"])[:1] in (b"{", b"n"):
            return msgspec.json.decode(outer["payload"], type=Json | None), _encodings(bytes(outer["schema"]))
        return msgspec.json.decode(text, type=Json), {}
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(where, "It is not a JSON object in UTF-8.", _OURS) from error


@lru_cache(maxsize=256)
def _encodings(schema: bytes) -> Mapping[str, Encoding]:
    """The columns of the row by their schema. It is the same text in every message, and read once."""
    found = msgspec.json.decode(schema)
    fields = found.get("fields") if isinstance(found, dict) else None
    for field in fields if isinstance(fields, list) else ():
        if isinstance(field, dict) and field.get("field") == "after" and isinstance(field.get("fields"), list):
            fields = field["fields"]
            break
    return {
        str(field["field"]): Encoding(str(field.get("name") or ""), _scale(field))
        for field in (fields if isinstance(fields, list) else ())
        if isinstance(field, dict) and "field" in field
    }


def _scale(field: Json) -> int | None:
    parameters = field.get("parameters")
    return _whole(parameters.get("scale")) if field.get("name") == DECIMAL and isinstance(parameters, dict) else None


def _committed(sequence: object) -> int | None:
    """`source.sequence` of PostgreSQL is the text ["<commit before>", "<this change>"]; the first may be null."""
    try:
        places = msgspec.json.decode(sequence) if isinstance(sequence, str) else None
    except msgspec.MsgspecError:
        return None
    return _whole(places[0]) if isinstance(places, list) and places else None


def _header(value: bytes | None) -> Any:
    try:
        found = msgspec.json.decode(value or b"null")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found.get("payload") if isinstance(found, dict) and found.keys() == {"schema", "payload"} else found


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.lstrip("-").isdecimal() and len(value) < 20:
        return int(value)
    return None
