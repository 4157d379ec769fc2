"""What a real Debezium 3.6.3 put on Kafka for a small table, in each of its shapes, and that table's register.

The same story each time: a row is there, another is made, the first is updated, the second deleted, the key of the
first changed. See `captured/`: lists of {destination, key, value, headers} as they came.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from connectors.registers._debezium_change import Message, Part, Reader
from proactive.domain.change import Change
from proactive.sources import RegisterMapping, RowMapper
from rules.register import RegisterSchema

CAPTURED = Path(__file__).with_name("captured")
SHAPES = ("enveloped", "schemas", "flattened", "transactions", "cloudevents", "full_identity")
FIRST, SECOND, RENAMED = "790123456789", "790200000001", "790999999999"


def schema(name: str, columns: dict[str, str], *, key: str, subject: str, updated: str) -> RegisterSchema:
    words = {"vi": "Cột", "en": "Column"}
    required = {key, subject, updated}
    return RegisterSchema.model_validate(
        {
            "name": name,
            "title": words,
            "owner": words,
            "key": key,
            "updated": updated,
            "subject": {"column": subject},
            "columns": {
                column: {"type": type_, "title": words, "why": words, "required": column in required}
                for column, type_ in columns.items()
            },
        }
    )


LICENCES = schema(
    "driver_licences",
    yaml.safe_load(
        """
        {licence_no: text, citizen_id: personal_id, full_name: text, licence_class: code, issued_on: date,
         expires_on: date, status: code, points: integer, fee_vnd: text, is_online: boolean, created_at: timestamp,
         created_ms: timestamp, updated_at: timestamp}
        """
    ),
    key="licence_no",
    subject="citizen_id",
    updated="updated_at",
)
WALL = ("created_at", "created_ms")
"""Timestamps without a zone: in one capture they wear a false Z."""

PERMITS = schema(
    "permits",
    {"id": "integer", "code": "personal_id", "valid_to": "date", "seen_at": "timestamp", "note": "text"},
    key="id",
    subject="code",
    updated="seen_at",
)


def captured(shape: str, destination: str = "lic.public.driver_licences") -> list[Message]:
    """The messages of one topic, in their order."""
    found: list[dict[str, Any]] = json.loads((CAPTURED / f"{shape}.json").read_text(encoding="utf-8"))
    return [
        Message(
            None if one["key"] is None else one["key"].encode(),
            None if one["value"] is None else one["value"].encode(),
            [(name, value.encode()) for name, value in one["headers"]],
            f"{destination}/0/{offset}",
        )
        for offset, one in enumerate(found)
        if one["destination"] == destination
    ]


def told(messages: Sequence[Message], part: Part | None = None, *, schema: RegisterSchema = LICENCES) -> list[Change]:
    """The changes that these messages of one partition come to."""
    reader, part = Reader(RowMapper(RegisterMapping(), schema), wall=WALL), part or Part()
    return [change for one in messages if (change := reader.read(one, part).change) is not None]


def row(change: Change) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(change.record))
    return found
