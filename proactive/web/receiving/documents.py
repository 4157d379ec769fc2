"""The intake's contract as an OpenAPI 3.1 document, made from the models that the code reads by.

`python -m proactive.web.receiving.documents FILE` writes it; a test checks that the one in docs/api is current.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from proactive.domain.application import STATUS_WORDS, Application

REASON = {"type": "object", "required": ["reason"], "properties": {"reason": {"type": "string"}}}
STATUS = {
    "type": "object",
    "required": ["code", "at"],
    "properties": {
        "code": {
            "type": "integer",
            "enum": sorted(STATUS_WORDS),
            "description": "; ".join(f"{code} {words[0]} ({words[1]})" for code, words in STATUS_WORDS.items()),
        },
        "at": {"type": "string", "format": "date-time"},
        "office": {"type": ["string", "null"]},
        "note": {"type": ["string", "null"]},
    },
}
WHERE = {"reference": {"type": "string"}, "state": {"enum": ["taken", "queued", "refused"]}}
TAKEN = {"type": "object", "required": ["reference", "state"], "properties": WHERE}
COURSE = {
    **TAKEN,
    "properties": {
        **WHERE,
        "reason": {"type": ["string", "null"]},
        "statuses": {"type": "array", "items": STATUS},
    },
}
LISTED = {
    "type": "object",
    "required": ["applications", "after"],
    "properties": {
        "applications": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "reference": {"type": "string"},
                    "content_hash": {"type": "string"},
                    "code": {"type": "integer"},
                },
            },
        },
        "after": {"type": ["string", "null"], "description": "Ask again with this until it is null."},
    },
}
HEADERS = {
    "webhook-id": "Names this request: the reference.",
    "webhook-timestamp": "Seconds since 1970 of this attempt, within five minutes.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.",
}


def _answer(says: str, schema: object) -> dict[str, Any]:
    return {"description": says, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, where: str, says: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "description": says, "schema": {"type": "string"}}


@cache
def openapi() -> dict[str, Any]:
    """The document."""
    application = Application.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = application.pop("$defs", {})
    signed = [_parameter(name, "header", says, required=True) for name, says in HEADERS.items()]
    reference = _parameter("reference", "path", "Ours, reserved beforehand and unique for ever.", required=True)
    unsigned = _answer("Not signed by who knows the secret.", REASON)
    prefer = _parameter("prefer", "header", "`respond-async`: 202 as soon as it is on disk.", required=False)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Boundary-free intake of Da Nang: applications",
            "version": "1",
            "description": "Who heard no answer asks by the reference first, and hands over again only after that.",
        },
        "paths": {
            "/v1/applications/{reference}": {
                "put": {
                    "operationId": "receive",
                    "parameters": [reference, *signed, prefer],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Application"}}},
                    },
                    "responses": {
                        "200": _answer("It is a case now, or was already.", TAKEN),
                        "202": _answer("It is on disk and will be looked at; ask by its reference.", TAKEN),
                        "400": _answer("Refused, with the reason.", REASON),
                        "401": unsigned,
                        "409": _answer("This reference is another application's.", REASON),
                    },
                },
                "get": {
                    "operationId": "course",
                    "parameters": [reference, *signed],
                    "responses": {
                        "200": _answer("What is known of it.", COURSE),
                        "401": unsigned,
                        "404": _answer("Nothing was ever received under this reference.", REASON),
                    },
                },
            },
            "/v1/applications": {
                "get": {
                    "operationId": "listed",
                    "parameters": [
                        *(
                            _parameter(name, "query", "ISO 8601 with its offset.", required=False)
                            for name in ("since", "until")
                        ),
                        _parameter("after", "query", "The `after` of the page before.", required=False),
                        *signed,
                    ],
                    "responses": {
                        "200": _answer("What was received in the span.", LISTED),
                        "400": _answer("The span cannot be read.", REASON),
                        "401": unsigned,
                    },
                }
            },
        },
        "components": {"schemas": {"Application": application, **parts}},
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(openapi(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
