"""Refused changes on the command line: chosen, tried out, taken once more, let be; keys and values masked."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from proactive.domain.change import Change, encode
from proactive.domain.rejected import Standing, Which
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from tests.cli.conftest import Run
from tests.steps.people import driver

Refuse = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def come(database_url: str, facts: Facts, clock: SetClock) -> Refuse:
    """Lets changes come in as recognise takes them; `knows` may be of fewer registers."""

    async def come(*values: bytes, knows: Facts = facts) -> None:
        store = RecognitionStore(database_url)
        try:
            await asyncio.to_thread(recognise, values, facts=knows, store=store, clock=clock)
        finally:
            store.close()

    return come


def licence(number: int, **but: Any) -> bytes:
    row = {**driver(number).rows()["driver_licences"][0], **but}
    return encode(
        Change(
            register="driver_licences", key=row["licence_no"], subject=row["personal_id"], version=7,
            record=msgspec.Raw(msgspec.json.encode(row)),
        )
    )  # fmt: skip


async def test_the_list_shows_why_and_only_the_end_of_a_key(run: Run, come: Refuse) -> None:
    await come(licence(1, **{"class": "Z9"}), licence(2, issued_on="31/12/2016"))

    said = await run("rejected", "list", "--problem", "class", "--json")
    told = await run("rejected", "list")

    [one] = said.json["changes"]
    assert (one["register"], one["key"], one["state"]) == ("driver_licences", "…0001", "waiting")
    assert one["problems"][0]["where"] == "class"
    assert said.json["states"]["waiting"] == 1
    assert "issued_on" in told.out and "48016" not in told.out + said.out


async def test_a_row_is_shown_masked_until_somebody_asks_and_that_is_written_down(run: Run, come: Refuse) -> None:
    await come(licence(1, **{"class": "Z9"}))
    [one] = (await run("rejected", "list", "--json")).json["changes"]

    masked = (await run("rejected", "show", one["id"], "--json")).json
    open_ = (await run("rejected", "show", one["id"], "--reveal", "--by", "lan", "--json")).json

    assert masked["row"]["personal_id"] == "***0001" and masked["row"]["class"] == "Z9" and masked["history"] == []
    assert open_["row"]["personal_id"] == "048168000001"
    assert [(deed["actor"], deed["verb"]) for deed in open_["history"]] == [("lan", "show")]
    assert masked["replay"] == "waiting"


async def test_a_dry_run_changes_nothing_and_a_replay_asks_first(
    run: Run, come: Refuse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await come(*(licence(number, **{"class": "Z9"}) for number in (1, 2)), licence(3))

    dry = (await run("rejected", "replay", "--register", "driver_licences", "--dry-run", "--json")).json
    asked = await run("rejected", "replay", "--register", "driver_licences")
    whatever = await run("rejected", "replay")
    done = (await run("rejected", "replay", "--register", "driver_licences", "--yes", "--by", "lan", "--json")).json

    assert (dry["total"], dry["becomes"]) == (2, {"waiting": 2})
    assert dry["refused_because_of"] == [{"register": "driver_licences", "column": "class", "changes": 2}]
    assert "say --yes" in asked.refused and "--all" in whatever.refused
    assert done["asked"] == 2
    assert (await store.rejected.tally(Which()))[Standing.REPLAYING] == 2


async def test_what_is_discarded_says_who_and_why(run: Run, come: Refuse, store: Store) -> None:
    await come(licence(1, **{"class": "Z9"}), licence(2, **{"class": "Z9"}))
    first, second = (one["id"] for one in (await run("rejected", "list", "--json")).json["changes"])

    dry = await run("rejected", "discard", first, "--why", "a test row", "--dry-run", "--json")
    done = await run("rejected", "discard", first, "--why", "a test row", "--yes", "--by", "lan", "--json")
    told = await run("rejected", "show", first)

    assert dry.json["total"] == 1 and "discarded" not in dry.json
    assert done.json["discarded"] == 1
    assert "lan  discard: a test row" in told.out
    assert [one.id for one in await store.rejected.found(Which(standing=Standing.WAITING), limit=9)] == [second]


async def test_what_cannot_be_meant_is_said(run: Run) -> None:
    assert "no state" in (await run("rejected", "list", "--state", "lost")).refused
    assert "no refused change 7" in (await run("rejected", "show", 7)).refused
    assert "--since" in (await run("rejected", "list", "--since", "gestern")).refused
