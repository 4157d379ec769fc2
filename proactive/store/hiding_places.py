"""Where personal ids stand in the tables, and what each row becomes when they are hidden."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from proactive.domain.pseudonym import Pseudonyms
from proactive.domain.vault import Vault
from proactive.store import dossiers, sealed
from proactive.store.hidden import document_in
from proactive.store.statement import text

Values = dict[str, object]


@dataclass(frozen=True)
class About:
    """What the rules say of ids: each register's columns that hold one, the registers whose rows are named by one, and
    each service's main register."""

    columns: Mapping[str, Sequence[str]]
    by_person: frozenset[str]
    services: Mapping[str, str]


class Hider:
    def __init__(self, pseudonyms: Pseudonyms, vault: Vault | None, about: About) -> None:
        self.pseudonyms, self.vault, self.about = pseudonyms, vault, about

    def matter(self, row: RowMapping | Mapping[str, Any]) -> Values:
        """What an occasion and its dossier are known by."""
        subject, key = row["subject"], row["record_key"]
        hidden = self.pseudonyms.of(subject)
        register = self.about.services.get(row["service"])
        if register in self.about.by_person or (register is None and key == subject):
            cycle = row["cycle"].replace(subject, hidden)
            return {"subject": hidden, "record_key": self.pseudonyms.of(key), "cycle": cycle}
        return {"subject": hidden, "record_key": key, "cycle": row["cycle"]}

    def body(self, register: str, body: str) -> str:
        """A kept row, as recognise would keep it now."""
        row = msgspec.json.decode(body)
        for name in self.about.columns.get(register, ()):
            if row.get(name):
                row[name] = self.pseudonyms.of(str(row[name]))
        return msgspec.json.encode(row).decode()


Hide = Callable[[RowMapping, Hider], Values]


@dataclass(frozen=True)
class Place:
    """A table with personal ids: the rows that hold `plain` ones, by their `keys`, and what `hide` makes of a row."""

    table: str
    keys: tuple[str, ...]
    plain: str
    hide: Hide
    columns: tuple[str, ...] = ()
    casts: Mapping[str, str] = field(default_factory=dict)
    """Of columns that are not text."""
    reads: Mapping[str, str] = field(default_factory=dict)
    """How a column is read, where that is not by its name alone."""
    leaf: str = ""
    """The column that names the row in the audit log; empty where its rows are not there, or without whose they are."""

    def values(self, hider: Hider) -> Values:
        """What `plain` asks for."""
        return {"registers": sorted(hider.about.by_person)} if ":registers" in self.plain else {}

    def cast(self, name: str) -> str:
        return f"CAST(:{name} AS {self.casts[name]})" if name in self.casts else f":{name}"

    @property
    def read(self) -> str:
        names = dict.fromkeys((*self.keys, *self.columns, *((self.leaf,) if self.leaf else ())))
        return ", ".join(f'{self.reads[name]} AS "{name}"' if name in self.reads else f'"{name}"' for name in names)

    async def hidden(self, connection: AsyncConnection, rows: Sequence[RowMapping], hider: Hider) -> list[Values]:
        return [self.hide(row, hider) for row in rows]


class Dossiers(Place):
    """An approval and a preparation cover whose dossier it is: they go on to cover the same content."""

    async def hidden(self, connection: AsyncConnection, rows: Sequence[RowMapping], hider: Hider) -> list[Values]:
        found = await connection.execute(
            text(f"SELECT {dossiers.FIELDS} FROM dossier d WHERE d.id = ANY(:ids)"),
            {"ids": [row["id"] for row in rows]},
        )
        known = {row["id"]: dossiers.read(row, hider.vault) for row in found.mappings()}
        changed = []
        for row in rows:
            before = known[row["id"]]
            matter = hider.matter(before.model_dump(include={"subject", "service", "record_key", "cycle"}))
            was, then = before.content_hash(), before.model_copy(update=matter).content_hash()
            hashes = {
                name: then if getattr(before, name) == was else getattr(before, name)
                for name in ("approved_hash", "prepared_hash")
            }
            changed.append({**matter, **hashes})
        return changed


def _plain(column: str) -> str:
    return f"""left("{column}", 1) NOT IN ('~', '')"""


def _subject(row: RowMapping, hider: Hider) -> Values:
    return {"subject": hider.pseudonyms.of(row["subject"])}


def _addressee(row: RowMapping, hider: Hider) -> Values:
    """The address is sealed to whom it belongs, so it is sealed anew."""
    hidden, place = hider.pseudonyms.of(row["subject"]), "addressee.email"
    address = sealed.opened(hider.vault, row["email"], place, row["subject"])
    return {"subject": hidden, "email": sealed.seal(hider.vault, address, place, hidden)}


def _record(row: RowMapping, hider: Hider) -> Values:
    register = row["register"]
    return {
        "subject": hider.pseudonyms.of(row["subject"]), "key": hider.pseudonyms.key(register, row["key"]),
        "body": hider.body(register, row["body"]),
    }  # fmt: skip


def _key(row: RowMapping, hider: Hider) -> Values:
    return {"key": hider.pseudonyms.of(row["key"])}


def _ticket(row: RowMapping, hider: Hider) -> Values:
    return _subject(row, hider) | {"key": hider.pseudonyms.key(row["register"], row["key"])}


def _event(row: RowMapping, hider: Hider) -> Values:
    return {
        "person": row["person"] and hider.pseudonyms.of(row["person"]),
        "key": row["key"] and hider.pseudonyms.key(row["register"], row["key"]),
    }


def _case(row: RowMapping, hider: Hider) -> Values:
    place, key = "intake_case.fields", row["reference"]
    fields = document_in(hider.pseudonyms, sealed.document_opened(hider.vault, row["fields"], place, key))
    return {
        "personal_id": hider.pseudonyms.of(row["personal_id"]),
        "fields": _json(sealed.document(hider.vault, fields, place, key)),
    }


def _result(row: RowMapping, hider: Hider) -> Values:
    return {"personal_id": hider.pseudonyms.of(row["personal_id"])}


def _acted(row: RowMapping, hider: Hider) -> Values:
    return {"acting": _json(document_in(hider.pseudonyms, row["acting"]))}


def _worst(row: RowMapping, hider: Hider) -> Values:
    worst = [{**one, "key": hider.pseudonyms.of(one["key"])} for one in row["worst"]]
    return {"worst": _json(worst)}


def _holder(row: RowMapping, hider: Hider) -> Values:
    return {"holder": hider.pseudonyms.of(row["holder"])}


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()


_BY_PERSON = "register = ANY(CAST(:registers AS text[]))"
_BY_KEY = f"{_BY_PERSON} AND {_plain('key')}"
_MATTER = ("subject", "service", "record_key", "cycle")

PLACES: tuple[Place, ...] = (
    Place(
        "record", ("register", "key"), f"({_plain('subject')} OR {_BY_KEY})", _record, ("subject", "body"),
        {"body": "json"}, {"body": "CAST(body AS text)"},
    ),
    Place("occasion", ("id",), _plain("subject"), lambda row, hider: hider.matter(row), _MATTER),
    Dossiers("dossier", ("id",), _plain("subject"), _subject, leaf="id"),
    Place("addressee", ("subject",), _plain("subject"), _addressee, ("email",)),
    Place("opt_out", ("subject", "service", "channel"), _plain("subject"), _subject, leaf="id"),
    Place("wrong_phone", ("subject", "phone"), _plain("subject"), _subject, leaf="id"),
    Place("pilot_member", ("pilot_id", "subject"), _plain("subject"), _subject),
    Place("rights_request", ("id",), _plain("subject"), _subject, ("subject",), leaf="id"),
    Place("ticket", ("id",), _plain("subject"), _ticket, ("subject", "register", "key"), leaf="id"),
    Place("session", ("token_hash",), f"kind = 'person' AND {_plain('holder')}", _holder, ("holder",)),
    Place(
        "event", ("id",), f"({_plain('person')} OR {_BY_KEY})", _event, ("register", "key", "person"),
    ),
    Place(
        "intake_case", ("reference",), _plain("personal_id"), _case, ("personal_id", "fields"), {"fields": "jsonb"},
        leaf="reference",
    ),
    Place("case_result", ("reference",), _plain("personal_id"), _result, ("personal_id",), leaf="reference"),
    Place(
        "acted", ("id",), "acting ->> 'personal_id' ~ '^[0-9]{12}$'", _acted, ("acting",), {"acting": "jsonb"},
        leaf="id",
    ),
    Place("missing_record", ("register", "key"), _BY_KEY, _key),
    Place("rejected_change", ("id",), _BY_KEY, _key, ("key",)),
    Place("look", ("id",), _BY_KEY, _key, ("key",), leaf="id"),
    Place("watch_position", ("register",), _BY_KEY, _key, ("key",)),
    Place(
        "quality_measure", ("register",), f"{_BY_PERSON} AND worst @? '$[*].key ? (!(@ starts with \"~\"))'", _worst,
        ("worst",), {"worst": "jsonb"},
    ),
    Place(
        "office_file_row", ("file_id", "line"), _plain("subject"), _record, ("register", "subject", "key", "body"),
        reads={"register": "(SELECT f.register FROM office_file f WHERE f.id = file_id)"},
    ),
)  # fmt: skip
"""Every place where an id stood that somebody is looked up by. Rows that wait, and what people wrote, are not among
them (ADR 0062)."""
