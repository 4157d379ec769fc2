"""`proactive notices`: what was sent, and who was not told and why; no number and no check code is shown whole."""

import asyncio
import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from proactive.cli import application
from proactive.domain.dossier import Dossier
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import Store
from rules import Catalogue
from tests.steps.people import driver
from tests.steps.town import Town


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, application("notices"), ["notices", *words])


async def asked(*words: str) -> Any:
    ended = await run(*words, "--json")
    assert ended.exit_code == 0, ended.exception
    return json.loads(ended.stdout)


@pytest.fixture
async def told(
    store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> list[Dossier]:  # fmt: skip
    """Two people: one was told, the other has a number for rehearsals and was not."""
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", database_url)
    town = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await town.ready()
    one = await town.told(driver(1))
    await town.receipt("memory-1", "undelivered")
    other = await town.drafted(driver(2, phone="0598000001"))
    await town.offer()
    return [one, other]


async def test_it_lists_what_was_sent_and_shows_one(told: list[Dossier]) -> None:
    dossier, _ = told

    [listed] = (await asked("list"))["notices"]
    shown = await asked("show", listed["id"])

    assert (listed["dossier"], listed["channel"], listed["state"]) == (str(dossier.id), "sms", "accepted")
    assert listed["vnd"] > 0 and shown["receipts"][0]["status"] == "undelivered"
    assert "••••" in shown["text"] and shown["provider_ref"] == "memory-1"
    for ended in (await run("list"), await run("show", listed["id"])):
        said = ended.stdout + json.dumps(shown)
        assert ended.exit_code == 0 and listed["id"] in ended.stdout
        assert dossier.code[:4] not in said and dossier.code[4:] not in said and "599000100" not in said


async def test_it_says_who_was_not_told_and_why(told: list[Dossier]) -> None:
    _, other = told

    [waiting] = (await asked("list", "--state", "waiting"))["not_told"]

    assert (waiting["dossier"], waiting["not_told_because"], waiting["phone"]) == (
        str(other.id), "simulated_number", "…0001",
    )  # fmt: skip
    assert "simulated_number" in (await run("list", "--phone", "+84 598 000 001")).stdout


async def test_it_is_narrowed_by_code_phone_service_and_day(told: list[Dossier]) -> None:
    dossier, _ = told
    for words in (("--code", dossier.code), ("--phone", "0599 000 100"), ("--service", dossier.service)):
        assert len((await asked("list", *words))["notices"]) == 1
    for words in (("--code", "QBDDMTMA"), ("--phone", "0599000999"), ("--on", "2020-01-01")):
        assert (await asked("list", *words)) == {"notices": [], "not_told": []}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("list", "--state", "gone"), "There is no state"), (("list", "--code", "12"), "no check code"),
        (("list", "--phone", "113"), "no phone number"), (("list", "--service", "pigeons"), "no service 'pigeons'"),
        (("show", "00000000-0000-0000-0000-000000000000"), "There is no notice"),
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_said_with_how_to_mend_it(
    told: list[Dossier], words: tuple[str, ...], why: str
) -> None:
    ended = await run(*words)

    assert isinstance(ended.exception, Unusable) and why in str(ended.exception)
