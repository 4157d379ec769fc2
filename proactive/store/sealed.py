"""Which columns are sealed, and how rows go into them and come out. The vault travels with the engine: every connection
knows it, and nobody has to hand it from function to function. Without one (tests, tools that read nobody) values are
stored as they are, and a sealed one cannot be read.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from proactive.domain.vault import MARK, Sealed, Vault
from rules.texts import plain

OPTION = "proactive_vault"
NO_KEY = "A stored value is sealed and this program was given no keys. Set PROACTIVE_ENCRYPTION_KEYS."


def vault_on(engine: AsyncEngine) -> Vault | None:
    found: Vault | None = engine.sync_engine.get_execution_options().get(OPTION)
    return found


def vault_of(connection: AsyncConnection) -> Vault | None:
    return vault_on(connection.engine)


def about(place: str, key: object) -> str:
    """Where a value belongs: a column of a table, and the row."""
    return f"{place}:{key}"


def seal(vault: Vault | None, value: str | None, place: str, key: object) -> str | None:
    return value if vault is None or not vault.seals or not value else vault.seal_text(value, about=about(place, key))


def opened(vault: Vault | None, value: str | None, place: str, key: object) -> str | None:
    """Raises `Sealed`."""
    if value is None or not value.startswith(MARK):
        return value
    if vault is None:
        raise Sealed(NO_KEY)
    return vault.open_text(value, about=about(place, key))


def document(vault: Vault | None, value: Any, place: str, key: object) -> Any:
    """A JSON document, sealed as one string; one that says nothing is left as it is."""
    if vault is None or not vault.seals or not value:
        return value
    return vault.seal_text(msgspec.json.encode(value).decode(), about=about(place, key))


def document_opened(vault: Vault | None, value: Any, place: str, key: object) -> Any:
    """Raises `Sealed`."""
    return msgspec.json.decode(opened(vault, value, place, key) or "null") if isinstance(value, str) else value


def bytes_in(connection: AsyncConnection, value: bytes, place: str, key: object) -> bytes:
    vault = vault_of(connection)
    return value if vault is None or not vault.seals else vault.seal_bytes(value, about=about(place, key))


def bytes_out(connection: AsyncConnection, value: bytes, place: str, key: object) -> bytes:
    """Raises `Sealed`."""
    stored, vault = bytes(value), vault_of(connection)
    if not stored.startswith(MARK.encode()):
        return stored
    if vault is None:
        raise Sealed(NO_KEY)
    return vault.open_bytes(stored, about=about(place, key))


DOSSIER_TEXTS = ("post_to", "answer_note", "decision_note")
CASE_TEXTS = ("full_name", "phone", "post_address")
"""Columns that are sealed as they stand."""


def dossier_row(vault: Vault | None, row: dict[str, Any]) -> dict[str, Any]:
    """A dossier's row on its way in: its fields sealed, with what the queue finds it by beside them."""
    if vault is None or not vault.seals:
        return row
    key = row["id"]
    row = row | {name: seal(vault, row[name], f"dossier.{name}", key) for name in DOSSIER_TEXTS if name in row}
    if "fields" not in row:
        return row
    fields = row["fields"]
    names = [field["value"] for field in fields if field["column"] == "full_name" and field["value"] is not None]
    applicant = names[0] if names else None
    return row | {
        "fields": document(vault, fields, "dossier.fields", key),
        "applicant": seal(vault, applicant, "dossier.applicant", key),
        "sought": " ".join(reversed(plain(applicant).lower().split())) if applicant else None,
        "claimed": True if any(field["claim"] is not None for field in fields) else None,
    }


def dossier_values(vault: Vault | None, row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    """The same on its way out."""
    values, key = dict(row), row["id"]
    values |= {name: opened(vault, row[name], f"dossier.{name}", key) for name in DOSSIER_TEXTS if name in values}
    return values | {"fields": document_opened(vault, row["fields"], "dossier.fields", key)}


def case_row(vault: Vault | None, row: dict[str, Any]) -> dict[str, Any]:
    """A case's row on its way in: what it says of its person sealed."""
    key = row["reference"]
    texts = {name: seal(vault, row[name], f"intake_case.{name}", key) for name in CASE_TEXTS}
    return row | texts | {"fields": document(vault, row["fields"], "intake_case.fields", key)}


def case_values(vault: Vault | None, row: RowMapping | Mapping[str, Any]) -> dict[str, Any]:
    """The same on its way out."""
    values, key = dict(row), row["reference"]
    texts = {name: opened(vault, row[name], f"intake_case.{name}", key) for name in CASE_TEXTS}
    return values | texts | {"fields": document_opened(vault, row["fields"], "intake_case.fields", key)}


def notice_rows(vault: Vault | None, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"body": seal(vault, row["body"], "notice.body", row["id"])} for row in rows]


def notice_values(vault: Vault | None, row: RowMapping | Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    values = {name: row[name] for name in names}
    return values | {"body": opened(vault, values["body"], "notice.body", values["id"])}


def unit_of(vault: Vault | None, fields: object, dossier_id: UUID) -> str | None:
    """The commune in a dossier's fields."""
    found = dossier_values(vault, {"id": dossier_id, "fields": fields})["fields"]
    return next((one["value"] for one in found if one["column"] == "unit_code" and one["value"]), None)
