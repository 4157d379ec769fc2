"""Requests that Schemathesis makes from the document, right and wrong ones, are answered as the document says."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi import checks

from proactive.web.push import documents
from tests.web.push.sender import BATCH, Sender

load_all_checks()
CHECKS = [
    not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_headers_conformance, checks.response_schema_conformance,
]  # fmt: skip
EACH = 60


def cases(mode: GenerationMode) -> list[Case]:
    """So many requests that fit the document, or break it somewhere."""
    operation = schemathesis.openapi.from_dict(documents.openapi())["/v1/events"]["POST"]
    found: list[Case] = []

    @seed(20261125)
    @settings(
        max_examples=EACH, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("signed", [True, False])
async def test_the_api_keeps_to_its_document(sender: Sender, mode: GenerationMode, signed: bool) -> None:
    statuses = set()
    for case in cases(mode):
        body, kind = body_of(case), case.media_type or BATCH
        given_ = {
            name: value for name, value in dict(case.headers or {}).items()
            if name.startswith("ce-") and str(value).isascii() and str(value).isprintable()
        }  # fmt: skip
        headers = {**sender.headers(body, kind), **given_} if signed else {"content-type": kind, **given_}

        answer = await sender.client.post("/v1/events", content=body, headers=headers)

        case.validate_response(answer, checks=CHECKS)  # type: ignore[arg-type]  # plain functions, as it takes them
        statuses.add(answer.status_code)
    assert (statuses == {401}) == (not signed)


def body_of(case: Case) -> bytes:
    value: Any = case.body
    if isinstance(value, bytes):
        return value
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError):  # what stands for "no body at all"
        return b""
