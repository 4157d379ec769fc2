"""`proactive live` and `proactive guests`: in their own name, with their own password, and two of them."""

import asyncio
import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from proactive.cli import application
from proactive.errors import OutOfTurn, Permanent, Unusable
from proactive.store.people import Officer
from proactive.store.store import opened
from proactive.web.passwords import hashed

SERVICE = "driver_licence_renewal"
PASSWORD = "mot mat khau de thu"


@pytest.fixture
async def officers(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", database_url)
    secret = hashed(PASSWORD)
    async with opened(database_url, size=1, application="test") as store:
        for name, active in (("an", True), ("binh", True), ("gone", False)):
            await store.officers.put(
                Officer(username=name, full_name=name, office="csgt-da-nang", password_hash=secret, active=active)
            )


async def run(*words: str, password: str = PASSWORD) -> Result:
    """The command, typed by somebody who knows the password."""
    return await asyncio.to_thread(CliRunner().invoke, application(), list(words), input=f"{password}\n")


async def modes() -> dict[str, str]:
    ended = await run("live", "list", "--json")
    return dict(json.loads(ended.stdout)["services"])


async def test_everything_is_in_trial_until_two_people_say_otherwise(officers: None) -> None:
    assert set((await modes()).values()) == {"trial"}

    await run("live", "propose", SERVICE, "--by", "an", "--reason", "thử")
    assert (await modes())[SERVICE] == "trial"
    approved = await run("live", "approve", SERVICE, "--by", "binh")

    assert (await modes())[SERVICE] == "live"
    assert approved.stdout.startswith(f"{SERVICE} is live until 20")


async def test_whoever_proposed_it_cannot_approve_it(officers: None) -> None:
    await run("live", "propose", SERVICE, "--by", "an", "--reason", "thử")

    ended = await run("live", "approve", SERVICE, "--by", "an")

    assert isinstance(ended.exception, Permanent)
    assert (await modes())[SERVICE] == "trial"


async def test_nothing_is_approved_that_nobody_proposed_and_nothing_proposed_twice(officers: None) -> None:
    early = await run("live", "approve", SERVICE, "--by", "binh")
    await run("live", "propose", SERVICE, "--by", "an", "--reason", "thử")
    again = await run("live", "propose", SERVICE, "--by", "binh", "--reason", "thử")

    assert isinstance(early.exception, OutOfTurn) and isinstance(again.exception, OutOfTurn)


async def test_one_person_stops_everything_and_it_takes_two_again(officers: None) -> None:
    await run("live", "propose", SERVICE, "--by", "an", "--reason", "thử")
    await run("live", "approve", SERVICE, "--by", "binh")

    await run("live", "stop", "all", "--by", "an", "--reason", "tin nhắn giả")

    assert set((await modes()).values()) == {"stopped"}
    await run("live", "propose", SERVICE, "--by", "an", "--reason", "xong")
    assert (await modes())[SERVICE] == "stopped"
    await run("live", "approve", SERVICE, "--by", "binh")
    assert (await modes())[SERVICE] == "live"


@pytest.mark.parametrize(("by", "password"), [("an", "wrong"), ("gone", PASSWORD), ("nobody", PASSWORD)])
async def test_nobody_acts_in_a_name_that_is_not_theirs(officers: None, by: str, password: str) -> None:
    ended = await run("live", "stop", SERVICE, "--by", by, "--reason", "x", password=password)

    assert isinstance(ended.exception, Unusable)
    assert (await modes())[SERVICE] == "trial"


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "2099-01-01"])
async def test_a_service_is_live_for_a_month_at_most(officers: None, until: str) -> None:
    ended = await run("live", "propose", SERVICE, "--by", "an", "--reason", "x", "--until", until)

    assert isinstance(ended.exception, Unusable)


async def test_a_service_nobody_published_is_refused_by_name(officers: None) -> None:
    ended = await run("live", "propose", "no_such_service", "--by", "an", "--reason", "x")

    assert isinstance(ended.exception, Unusable)
    assert SERVICE in str(ended.exception)


async def test_guests_come_and_go_and_it_is_written_down_who_did_it(officers: None) -> None:
    await run("guests", "add", "+84 905 123 456", "--by", "an", "--note", "máy của An")
    again = await run("guests", "add", "0905.123.456", "--by", "binh", "--note", "nữa")
    listed = json.loads((await run("guests", "list", "--json")).stdout)

    assert "already" in again.stdout
    assert [(one["phone"], one["added_by"]) for one in listed["guests"]] == [("0905123456", "an")]
    await run("guests", "remove", "0905123456", "--by", "binh")
    left = json.loads((await run("guests", "list", "--json")).stdout)
    assert left["guests"] == []
    assert [(one["actor"], one["action"]) for one in left["log"]] == [("an", "add"), ("binh", "remove")]


@pytest.mark.parametrize("phone", ["12345", "my phone", "0905123456; DROP TABLE guest"])
async def test_what_is_no_phone_is_refused(officers: None, phone: str) -> None:
    ended = await run("guests", "add", phone, "--by", "an", "--note", "x")

    assert isinstance(ended.exception, Unusable)
