"""The push API and our topics as documents, made from the models that the code reads by: OpenAPI 3.1 and AsyncAPI 3.

`python -m proactive.web.push.documents FOLDER` writes both; a test checks that the ones in docs/api are current.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from proactive.domain.change import Change, Op
from proactive.domain.dossier import State
from proactive.web.push import wire
from proactive.web.push.problems import TITLES, ProblemDetails

VERSION = "1"
SIGNED: list[dict[str, list[str]]] = [{"connector": [], "signature": []}]
ABOUT = (
    "Connectors tell us of changes in registers. Requests are signed as Standard Webhooks, events are CloudEvents 1.0, "
    "202 means that the events are on disk. The whole contract in words: docs/connectors.md."
)
HEADERS = {
    "connector-id": "The id that `proactive connector new` printed.",
    "webhook-id": "Names this request: the same for every attempt at the same bytes.",
    "webhook-timestamp": "Seconds since 1970 of this attempt, within five minutes.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; several with a space between.",
}
BINARY_HEADERS = {
    "ce-specversion": "Binary mode only, as all `ce-` headers: 1.0.",
    "ce-id": "The event's id.",
    "ce-source": "The event's source.",
    "ce-type": "The event's type.",
    "ce-subject": "The record's key.",
    "ce-time": "When it happened, RFC 3339.",
}
CAN_BE = (
    "malformed",
    "unauthorised",
    "not-yours",
    "slow",
    "id-reused",
    "too-large",
    "unsupported",
    "too-fast",
    "failed",
)


def _schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """The models as JSON Schema: (Event, Answer, ProblemDetails by name of use; all components)."""
    kinds = (wire.Event, wire.Answer, ProblemDetails, wire.Change, wire.About)
    made = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    found, components = json.loads(msgspec.json.encode(made))
    event: dict[str, Any] = found[0]
    mapping = event.get("discriminator", {}).get("mapping", {})
    event = {"oneOf": event["anyOf"], "discriminator": {"propertyName": "type", "mapping": mapping}}
    return {"Event": event}, {**components, "Event": event}


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    _, components = _schemas()
    event = {"$ref": "#/components/schemas/Event"}
    data = {"oneOf": [{"$ref": "#/components/schemas/Change"}, {"$ref": "#/components/schemas/About"}]}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    refusals = {
        str(TITLES[kind][0]): {
            "description": " ".join(title for status, title in TITLES.values() if status == TITLES[kind][0]),
            "content": problem,
            **({"headers": _retry_after()} if TITLES[kind][0] in {429, 503} else {}),
            **({"headers": _challenge()} if TITLES[kind][0] == 401 else {}),
        }
        for kind in (*CAN_BE, "unavailable")
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Proactive public services: push API", "version": VERSION, "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/v1/events": {
                "post": {
                    "operationId": "tell",
                    "summary": "Tell of changes: all of them or none",
                    "security": SIGNED,
                    "parameters": [
                        *(_header(name, HEADERS[name]) for name in ("webhook-id", "webhook-timestamp")),
                        *(_header(name, words, required=False) for name, words in BINARY_HEADERS.items()),
                    ],
                    "requestBody": {
                        "required": True,
                        "description": "At most 1 MiB. Content-Type chooses the mode.",
                        "content": {
                            wire.BATCH: {
                                "schema": {"type": "array", "items": event, "maxItems": wire.MOST_EVENTS}
                            },
                            wire.STRUCTURED: {"schema": event},
                            wire.BINARY: {"schema": data},
                        },
                    },
                    "responses": {
                        "202": {
                            "description": "All events are on disk.",
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
                        },
                        **refusals,
                    },
                }
            },
            "/v1/openapi.json": {
                "get": {
                    "operationId": "openapi",
                    "summary": "This document",
                    "security": [],
                    "responses": {
                        "200": {
                            "description": "OpenAPI 3.1.",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "connector": {
                    "type": "apiKey", "in": "header", "name": "connector-id", "description": HEADERS["connector-id"],
                },
                "signature": {
                    "type": "apiKey", "in": "header", "name": "webhook-signature",
                    "description": HEADERS["webhook-signature"],
                },
            },
        },
    }  # fmt: skip


@cache
def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document: what connectors send us, and our two topics."""
    _, components = _schemas()
    told = {"$ref": "#/components/messages/told"}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Proactive public services: events", "version": VERSION,
            "description": ABOUT + " Our topics are for our own workers: Kafka wakes them and proves nothing.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "push": {"host": "localhost:8000", "protocol": "https", "description": "The pages' server."},
            "kafka": {"host": "localhost:9092", "protocol": "kafka", "description": "Ours; on a closed network."},
        },
        "channels": {
            "events": {
                "address": "/v1/events", "servers": [{"$ref": "#/servers/push"}], "messages": {"told": told},
                "description": "Pushed by connectors, one by one or in batches.",
            },
            "changes": {
                "address": "proactive.changes", "servers": [{"$ref": "#/servers/kafka"}],
                "messages": {"change": {"$ref": "#/components/messages/change"}},
                "description": "Changes of all registers, keyed by a keyed hash of the person.",
            },
            "dossiers": {
                "address": "proactive.dossiers", "servers": [{"$ref": "#/servers/kafka"}],
                "messages": {"word": {"$ref": "#/components/messages/word"}},
                "description": "Word that a dossier is in a state.",
            },
        },
        "operations": {
            "tell": {"action": "receive", "channel": {"$ref": "#/channels/events"}, "summary": "A register changed."},
            "relay": {"action": "send", "channel": {"$ref": "#/channels/changes"}, "summary": "watch and relay tell."},
            "recognise": {"action": "receive", "channel": {"$ref": "#/channels/changes"}, "summary": "They are kept."},
            "word": {"action": "send", "channel": {"$ref": "#/channels/dossiers"}, "summary": "tell passes news on."},
        },
        "components": {
            "schemas": {**components, "Event": {**components["Event"], "discriminator": "type"}, **_topics()},
            "messages": {
                "told": {
                    "name": "told", "contentType": wire.STRUCTURED,
                    "payload": {"$ref": "#/components/schemas/Event"},
                },
                "change": {"name": "change", "payload": {"$ref": "#/components/schemas/ChangeOnItsWay"}},
                "word": {"name": "word", "payload": {"$ref": "#/components/schemas/Word"}},
            },
        },
    }  # fmt: skip


def _topics() -> dict[str, Any]:
    """What travels on our own topics, in the names and states of the domain."""
    text, whole = {"type": "string"}, {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    kinds = {"version": whole, "op": {"enum": [str(one) for one in Op]}, "record": {"type": "object"}}
    change = {name: kinds.get(name, text) for name in Change.__struct_fields__}
    word = {"id": {"type": "string", "format": "uuid"}, "state": {"enum": [str(one) for one in State]}}
    return {
        "ChangeOnItsWay": {"type": "object", "required": list(change), "properties": change},
        "Word": {"type": "object", "required": list(word), "properties": word},
    }


def _header(name: str, words: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": words, "schema": {"type": "string"}}


def _retry_after() -> dict[str, Any]:
    return {"retry-after": {"description": "Seconds.", "required": True, "schema": {"type": "integer", "minimum": 1}}}


def _challenge() -> dict[str, Any]:
    return {"www-authenticate": {"required": True, "schema": {"type": "string"}}}


@cache
def openapi_json() -> bytes:
    return _text(openapi()).encode()


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "openapi.json").write_text(_text(openapi()), encoding="utf-8")
    (folder / "asyncapi.json").write_text(_text(asyncapi()), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
