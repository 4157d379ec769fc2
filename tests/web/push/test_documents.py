"""The documents of the push API are those of its code, are valid, and are served."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import validate

from proactive.domain.change import Change
from proactive.web.push import documents, wire
from tests.web.push.sender import changed, word

KEPT = Path(__file__).parents[3] / "docs" / "api"
ASYNCAPI = Path(__file__).parents[1] / "vendor" / "asyncapi-3.0.0.schema.json"
"""As published in the npm package @asyncapi/specs 6.11.1 (Apache-2.0), without white space."""


@pytest.mark.parametrize(("name", "document"), [("openapi", documents.openapi), ("asyncapi", documents.asyncapi)])
def test_the_documents_in_the_repository_are_current(name: str, document: object) -> None:
    kept = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))

    assert kept == document(), "run `make api-docs`"  # type: ignore[operator]  # both are functions


def test_the_openapi_document_is_valid() -> None:
    validate(documents.openapi())  # type: ignore[arg-type]  # a mapping, as it wants


def test_the_asyncapi_document_is_valid_and_its_references_lead_somewhere() -> None:
    document = documents.asyncapi()

    faults = [error.json_path for error in Draft7Validator(json.loads(ASYNCAPI.read_text())).iter_errors(document)]

    assert faults == []
    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for below in value.values():
            yield from references(below)
    elif isinstance(value, list):
        for below in value:
            yield from references(below)


async def test_it_is_served(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/openapi.json")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == documents.openapi()


@pytest.mark.parametrize("event", [changed(), word("caught_up"), word("heartbeat")])
def test_what_a_connector_sends_fits_the_document(event: dict[str, object]) -> None:
    schema = {"$ref": "#/components/schemas/Event", "components": documents.openapi()["components"]}

    Draft202012Validator(schema).validate(event)

    assert not Draft202012Validator(schema).is_valid({**event, "id": 7})


def test_all_kinds_of_events_and_all_statuses_are_in_it() -> None:
    [operation] = documents.openapi()["paths"]["/v1/events"].values()

    assert set(operation["responses"]) == {*map(str, (202, 400, 401, 403, 408, 409, 413, 415, 429, 500, 503))}
    assert set(operation["requestBody"]["content"]) == {wire.BATCH, wire.STRUCTURED, wire.BINARY}


def test_what_travels_on_the_topic_is_in_it() -> None:
    told = documents.asyncapi()["components"]["schemas"]["ChangeOnItsWay"]

    assert set(told["properties"]) == set(Change.__struct_fields__)
