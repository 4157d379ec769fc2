"""The intake's contract, asked by the very client that forward uses, and by others who do not keep to it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import validate
from standardwebhooks import Webhook

from connectors.intakes.http import HttpIntake
from proactive.domain.application import Application
from proactive.domain.case import Act
from proactive.ports.intake import Refused, Taken
from proactive.steps.casework import Asked, act
from proactive.steps.receive import take_queued
from proactive.web.receiving.documents import openapi
from tests.connectors.intakes.world import application, opened
from tests.demo.servers import serving
from tests.steps.receiving import procedure_of
from tests.web.conftest import RECEIVING, House
from tests.web.test_procedures import published

KEPT = Path(__file__).parents[2] / "docs" / "api" / "intake.json"


@pytest.fixture
async def intake(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpIntake]:
    """Our own intake, as forward reaches it."""
    await published(house)
    async with serving(house.app) as url:
        found = await opened(monkeypatch, url, SECRET=RECEIVING)
        assert isinstance(found, HttpIntake)
        yield found
        await found.close()


async def ask(house: House, method: str, path: str, body: str = "", **headers: str) -> httpx.Response:
    """A signed request, whatever its content."""
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "x", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(RECEIVING).sign("x", now, body),
    }  # fmt: skip
    return await house.person().client.request(method, path, content=body, headers={**signed, **headers})


async def put(house: House, given: Application, **headers: str) -> httpx.Response:
    return await ask(house, "PUT", f"/v1/applications/{given.reference}", given.model_dump_json(), **headers)


async def test_forward_s_client_hands_over_and_finds_and_follows(house: House, intake: HttpIntake) -> None:
    given = application()

    assert not await intake.find(given.reference)
    outcomes = [await intake.submit(given) for _ in range(3)]

    assert outcomes == [Taken(given.reference)] * 3
    assert await intake.find(given.reference)
    assert [progress.code for progress in await intake.progress(given.reference)] == [1, 2, 4]
    assert isinstance(await intake.submit(application(content_hash="b" * 64)), Refused)
    refused = await intake.submit(application("H17-261123-0077", procedure_code="1.999999"))
    assert isinstance(refused, Refused) and "chưa được công bố" in refused.why
    assert not await intake.find("H17-261123-0077")


async def test_what_an_officer_does_is_told_as_a_status(house: House, intake: HttpIntake) -> None:
    given = application()
    await intake.submit(given)
    case = await house.store.cases.get(given.reference)
    assert case is not None
    asked = Asked(act=Act.ASK, by="lan", office="csgt-da-nang", now=datetime.now(UTC), note="Thiếu giấy khám")
    done = act(case, asked, await procedure_of(case, store=house.store))
    assert await house.store.cases.keep(case, done.case, done.lines)

    newest = (await intake.progress(given.reference))[-1]

    assert (newest.code, newest.office, newest.note) == (5, "csgt-da-nang", "Thiếu giấy khám")


async def test_202_means_it_is_on_disk_and_can_be_asked_about(house: House) -> None:
    await published(house)
    given, bad = application(), application("H17-261123-0078", procedure_code="1.999999")

    assert [(await put(house, one, prefer="respond-async")).status_code for one in (given, bad, given)] == [202] * 3
    waiting = (await ask(house, "GET", f"/v1/applications/{given.reference}")).json()
    await take_queued(store=house.store, clock=house.clock, limit=10)
    taken = (await ask(house, "GET", f"/v1/applications/{given.reference}")).json()
    refused = (await ask(house, "GET", f"/v1/applications/{bad.reference}")).json()

    assert (waiting["state"], waiting["statuses"]) == ("queued", [])
    assert (taken["state"], [one["code"] for one in taken["statuses"]]) == ("taken", [1, 2, 4])
    assert refused["state"] == "refused" and refused["statuses"][0]["code"] == 3
    assert "chưa được công bố" in refused["reason"]
    assert (await put(house, application(content_hash="c" * 64), prefer="respond-async")).status_code == 409


async def test_what_was_received_is_listed_page_by_page_for_the_night(house: House) -> None:
    await published(house)
    for number in range(3):
        await put(house, application(f"H17-261123-100{number}"))
    now = house.clock.now()
    span = f"since={(now - timedelta(hours=1)).isoformat()}&until={(now + timedelta(hours=1)).isoformat()}"

    found = (await ask(house, "GET", f"/v1/applications?{span.replace('+', '%2B')}")).json()

    assert [one["reference"][-4:] for one in found["applications"]] == ["1000", "1001", "1002"]
    assert found["after"] is None
    assert (await ask(house, "GET", "/v1/applications?since=gestern")).status_code == 400


@pytest.mark.parametrize("path", ["/v1/applications", "/v1/applications/H17-261123-0001"])
async def test_without_the_secret_nobody_learns_anything(house: House, path: str) -> None:
    client = house.person().client

    assert (await client.get(path)).status_code == 401
    assert (await client.put("/v1/applications/H17-261123-0001", content=b"{}")).status_code == 401


@pytest.mark.parametrize("body", ["", "{}", "[1]", '{"reference": 7}', "\x00", "{" * 2000])
async def test_what_cannot_be_read_is_refused_with_a_reason(house: House, body: str) -> None:
    answer = await ask(house, "PUT", "/v1/applications/H17-261123-0001", body)

    assert answer.status_code == 400
    assert answer.json()["reason"]


async def test_a_reference_that_is_none_is_refused(house: House) -> None:
    await published(house)
    for reference in ("x", "a/b", "H17-261123-0001 ", "048180123456'--"):
        given = application(reference)
        answer = await ask(house, "PUT", "/v1/applications/H17-261123-0001", given.model_dump_json())
        assert answer.status_code == 400


async def test_the_document_is_valid_current_and_served(house: House) -> None:
    validate(openapi())  # type: ignore[arg-type]  # a mapping, as it wants
    assert json.loads(KEPT.read_text(encoding="utf-8")) == openapi(), "run `make api-docs`"
    assert (await house.person().client.get("/v1/applications/openapi.json")).json() == openapi()
