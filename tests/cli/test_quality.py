"""`proactive quality` and `proactive tickets`: scores, worst rows and corrections, masked unless for the owner."""

import json
from datetime import timedelta
from pathlib import Path

from proactive.ports.clock import SetClock
from proactive.steps.complain import complain_of_record
from proactive.steps.measure import measure
from proactive.store.store import Store
from rules import Catalogue
from tests.cli.conftest import Arrive, Run
from tests.steps.people import driver

OWNER = "Công an thành phố Đà Nẵng"


async def measured(store: Store, catalogue: Catalogue, clock: SetClock) -> None:
    for register in catalogue.registers:
        await store.positions.catch_up(register, columns="", now=clock.now())
    while await measure(catalogue=catalogue, store=store, clock=clock, every=timedelta(minutes=1)):
        pass


async def test_scores_trend_and_worst_rows_are_one_document(
    run: Run, arrive: Arrive, store: Store, catalogue: Catalogue, clock: SetClock
) -> None:
    await arrive(driver(1), driver(2).but(unit_code="99999"), driver(3).but(address="  xa "))
    await measured(store, catalogue, clock)

    found = (await run("quality", "--register", "residents", "--json")).json

    [residents] = found["registers"]
    assert residents["scores"]["correct"] == {"score": 2 / 3, "counted": 3, "wrong": 1, "least": 85}
    assert residents["complete_for"] == {}
    assert [len(points) for points in residents["trend"].values()] == [1, 1, 1, 1]
    assert [row["record"] for row in residents["worst"]] == ["***0002", "***0003"]
    assert residents["worst"][0]["faults"] == ["units.unit_code"]
    assert "048168" not in str(found)
    [waiting] = found["waiting"]
    assert waiting["service"] == "driver_licence_renewal" and "66,6 %" in waiting["why"][0]


async def test_people_read_it_too(
    run: Run, arrive: Arrive, store: Store, catalogue: Catalogue, clock: SetClock
) -> None:
    before = await run("quality")
    await arrive(driver(1))
    await measured(store, catalogue, clock)

    said = await run("quality")

    assert "not measured yet" in before.out
    assert "residents" in said.out and "100.0 %" in said.out
    assert "no connected register" in (await run("quality", "--register", "people")).refused


async def test_tickets_are_listed_masked_and_exported_for_their_owner(
    run: Run, arrive: Arrive, store: Store, catalogue: Catalogue, clock: SetClock, tmp_path: Path
) -> None:
    person = driver(1)
    await arrive(person)
    await complain_of_record(
        "residents", person.personal_id, column="address", claimed="-1+1|cmd", note="", officer="lan",
        office="csgt-da-nang", catalogue=catalogue, store=store, clock=clock,
    )  # fmt: skip
    file = tmp_path / "sua.csv"

    [listed] = (await run("tickets", "list", "--json")).json["tickets"]
    printed = (await run("tickets", "export", "--register", "residents", "--json")).json["tickets"]
    said = await run("tickets", "export", "--owner", OWNER, "--to", file, "--sent", "--by", "minh")
    [after] = (await run("tickets", "list", "--state", "sent", "--json")).json["tickets"]

    assert listed["record"] == "***0001" and "cmd" not in json.dumps(listed)
    assert [one["record"] for one in printed] == [person.personal_id]
    assert "1 tickets" in said.out
    assert '"\'-1+1|cmd"' in file.read_text(encoding="utf-8-sig")
    assert file.stat().st_mode & 0o077 == 0
    assert after["id"] == listed["id"]
    assert "Name a register, or one owner of" in (await run("tickets", "export", "--to", file)).refused
