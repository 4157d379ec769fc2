"""The documents of the push API are those of its code, are valid, and are served."""

import json
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from proactive.domain.change import Change
from proactive.web.push import documents, wire
from tests.web.push.sender import changed, word

KEPT = Path(__file__).parents[3] / "docs" / "api"


@pytest.mark.parametrize(("name", "document"), [("openapi", documents.openapi), ("asyncapi", documents.asyncapi)])
def test_the_documents_in_the_repository_are_current(name: str, document: object) -> None:
    kept = json.loads((KEPT / f"{name}.json").read_text(encoding="utf-8"))

    assert kept == document(), "run `make api-docs`"  # type: ignore[operator]  # both are functions


def test_the_openapi_document_is_valid() -> None:
    validate(documents.openapi())  # type: ignore[arg-type]  # a mapping, as it wants


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
