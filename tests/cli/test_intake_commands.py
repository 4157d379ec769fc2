"""`procedures`, `indicators`, `applications` and `reconcile`: what the city keeps of its procedures and cases."""

import asyncio
import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import rules.procedures
from proactive.cli import application
from proactive.domain.application import Arrived
from proactive.domain.procedure import SIGNED_AT, Stage
from proactive.errors import OutOfTurn, Permanent, Unusable
from proactive.ports.clock import SetClock
from proactive.steps.indicators import DEFINITIONS
from proactive.store.people import Officer
from proactive.store.store import Store
from proactive.web.passwords import hashed
from tests.steps.test_catalogue import publish

CATALOGUE = Path(rules.procedures.__file__).with_name("catalogue.csv")
CODE = "3.000347"
PASSWORD = "mot mat khau de thu"
OFFICERS = {"proposed": "centre-city", **{str(stage): office for stage, office in SIGNED_AT.items()}}
"""An officer for each step, called as the step."""
WAY = (Stage.REVIEWED, Stage.APPROVED, Stage.PUBLISHED)


@pytest.fixture
async def officers(store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", database_url)
    secret = hashed(PASSWORD)
    for name, office in OFFICERS.items():
        await store.officers.put(
            Officer(username=name, full_name=name, office=office, password_hash=secret, active=True)
        )


async def run(*words: object) -> Result:
    """The command, typed by somebody who knows the password."""
    return await asyncio.to_thread(CliRunner().invoke, application(), [*map(str, words)], input=f"{PASSWORD}\n")


async def test_a_file_of_procedures_is_proposed_and_goes_its_way(officers: None, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.csv"
    file.write_bytes(CATALOGUE.read_bytes() + b"3.000348,no such line\n")

    came = await run("procedures", "import", file, "--by", "proposed", "--document", "1/TTr", "--json")
    told = json.loads(came.stdout)
    assert came.exit_code == 1 and len(told["proposed"]) == told["lines"] - 1 > 0
    assert [line["code"] for line in told["wrong"]] == ["3.000348"] and told["wrong"][0]["problems"][0]["mend"]

    for stage in WAY:
        moved = await run("procedures", "move", CODE, stage, "--by", stage, "--document", f"{stage}/QD")
        assert moved.exit_code == 0, moved.exception
    listed = json.loads((await run("procedures", "list", "--stage", "published", "--json")).stdout)["procedures"]
    assert [(one["code"], one["stage"]) for one in listed] == [(CODE, "published")]
    shown = json.loads((await run("procedures", "show", CODE, "--json")).stdout)
    assert [line["stage"] for line in shown["history"]] == ["proposed", *map(str, WAY)]
    assert [line["document"] for line in shown["history"]][1:] == [f"{stage}/QD" for stage in WAY]


async def test_a_step_out_of_turn_or_by_the_wrong_office_is_refused(officers: None) -> None:
    await run("procedures", "import", CATALOGUE, "--by", "proposed", "--document", "1/TTr")

    early = await run("procedures", "move", CODE, "published", "--by", "published", "--document", "2/QD")
    stranger = await run("procedures", "move", CODE, "reviewed", "--by", "proposed", "--document", "2/QD")
    nowhere = await run("procedures", "move", CODE, "lost", "--by", "reviewed", "--document", "2/QD")
    unread = await run("procedures", "import", "no-such-file.csv", "--by", "proposed", "--document", "1/TTr")

    assert isinstance(early.exception, OutOfTurn) and isinstance(stranger.exception, Permanent)
    assert isinstance(nowhere.exception, Unusable) and isinstance(unread.exception, Unusable)
    listed = json.loads((await run("procedures", "list", "--json")).stdout)["procedures"]
    assert {one["stage"] for one in listed} == {"proposed"}


async def test_indicators_say_what_is_not_measured_and_go_into_a_file(
    store: Store, officers: None, tmp_path: Path
) -> None:
    await run("procedures", "import", CATALOGUE, "--by", "proposed", "--document", "1/TTr")
    await publish(store)
    file = tmp_path / "indicators.csv"

    told = json.loads((await run("indicators", "--month", "2026-11", "--to", file, "--json")).stdout)
    said = (await run("indicators", "--month", "2026-11")).stdout
    refused = await run("indicators", "--month", "11/2026")

    assert told["city"]["online_procedures"] == {"part": 1, "of": 1, "share": 100.0}
    assert "satisfaction" not in told["city"] and "not measured" in said
    lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    measured = [name for name, what in DEFINITIONS.items() if what.unmeasured is None]
    assert [line["Đơn vị"] for line in lines].count("Thành phố") == len(measured)
    assert isinstance(refused.exception, Unusable)


async def test_a_refused_application_is_listed_looked_at_again_and_put_away(
    store: Store, officers: None, clock: SetClock
) -> None:
    queue = store.intake_queue
    broken = [
        Arrived(reference="R-1", content_hash="a", body='{"reference": "R-1"}', why="its procedure is not published"),
        Arrived(reference="R-2", content_hash="b", raw=b"{", why="it is no JSON"),
    ]
    await queue.arrive(broken, now=clock.now())

    listed = json.loads((await run("applications", "list", "--json")).stdout)["refused"]
    assert {one["reference"]: one["why"] for one in listed} == {one.reference: one.why for one in broken}
    await run("applications", "replay", "R-1", "--by", "proposed")
    unreadable = await run("applications", "replay", "R-2", "--by", "proposed")
    await run("applications", "discard", "R-2", "--by", "proposed")

    assert isinstance(unreadable.exception, Unusable)
    states = {name: await queue.get(name) for name in ("R-1", "R-2")}
    assert {name: row and row["state"] for name, row in states.items()} == {"R-1": "queued", "R-2": "discarded"}
    assert "0 refused." in (await run("applications", "list")).stdout


async def test_the_newest_comparison_is_shown_and_ends_with_one_on_a_difference(
    store: Store, officers: None, clock: SetClock
) -> None:
    assert isinstance((await run("reconcile", "--last")).exception, Unusable)
    found = {"reference": "R-1", "kind": "missing_there", "ours": 1, "theirs": None}
    since = clock.now() - timedelta(days=1)
    await store.intake_queue.report(at=clock.now(), since=since, until=clock.now(), ours=1, theirs=0, found=[found])

    shown = await run("reconcile", "--last")

    assert shown.exit_code == 1 and "R-1  missing_there" in shown.stdout
