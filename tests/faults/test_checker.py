"""The checker itself: it says nothing of a sound world, and finds every violation that is planted into one."""

import ast
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from proactive.domain.dossier import Answer, Decision
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import opened
from rules import Catalogue
from tests.conftest import MORNING
from tests.databases import Databases
from tests.faults.checker.verdict import WORDS, judge
from tests.faults.planted import NEVER, PLANTED, SILENT, YES, Plant
from tests.faults.witnessed import Witnessed
from tests.steps.people import driver

CHECKER = Path(__file__).parent / "checker"
REPOSITORY = Path(__file__).parents[2]


@dataclass
class Played:
    """A sound world: everything that can be violated has happened in it once."""

    town: Witnessed
    url: str


@pytest.fixture(scope="module")
async def played(databases: Databases, catalogue: Catalogue, facts: Facts) -> AsyncIterator[Played]:
    async with databases.lent() as url, opened(url, size=4, application="test") as store:
        town = Witnessed(store=store, database_url=url, catalogue=catalogue, facts=facts, clock=SetClock(MORNING))
        await town.ready()
        people = {n: driver(n) for n in (1, 2, 3, 4)}
        assert {people[1].personal_id, people[2].personal_id, people[3].personal_id} == {YES, SILENT, NEVER}
        later = driver(5).with_licence(expires_on=date(2028, 1, 1))
        for person in (*people.values(), later):
            await town.arrives(person)
        [bad] = town.says(driver(6).with_licence(class_="ZZ"))[1:2]
        town.logs.source[-1]["bad"] = True
        await town.told_by_sources([bad, town.sources["residents"].rows[driver(6).personal_id]])
        await town.draft()
        await town.offer()
        for reference, _ in list(town.sms.taken):
            await town.receipt(reference, "delivered")
        await town.reconcile()
        yes = await town.newest(YES)
        yes = await town.answer(yes, Answer.CONFIRM, choices={"new_class": "B"})
        yes = await town.decide(yes, Decision.APPROVE)
        await town.answer(await town.newest(NEVER), Answer.NEVER)
        await town.answer(await town.newest(people[4].personal_id), Answer.WRONG, note="sai")
        await town.forward()
        yes = await town.again(yes)
        for code in (1, 4, 10):
            town.clock.forward(minutes=1)
            await town.reports(str(yes.reference), code)
        town.clock.forward(hours=2)
        await town.follow()
        async with await psycopg.AsyncConnection.connect(url) as connection:
            await connection.execute("UPDATE news SET published_at = at")  # there is no broker here
        yield Played(town, url)


def _counts(played: Played, plant: Plant | None = None) -> dict[str, Any]:
    """The six words, after something was planted; the store is afterwards as it was."""
    with psycopg.connect(played.url) as connection:
        if isinstance(plant, str):
            connection.execute("SET LOCAL session_replication_role = replica")
            connection.execute(plant.encode())
        world = played.town.world(connection)
        connection.rollback()
    world = deepcopy(world)  # what is planted stays in it alone
    if callable(plant):
        plant(world)
    return judge(world).as_dict()


async def test_a_sound_world_gives_six_zeros(played: Played) -> None:
    found = _counts(played)

    assert {word: found[word] for word in WORDS} == dict.fromkeys(WORDS, 0), found["findings"]
    assert found["seen"]["texts"] == 4
    assert found["seen"]["applications"] == 1


@pytest.mark.parametrize("name", PLANTED)
async def test_a_planted_violation_is_found(played: Played, name: str) -> None:
    word, plant = PLANTED[name]

    found = _counts(played, plant)

    assert found[word] >= 1, found


def test_every_rule_is_tried_by_something_planted() -> None:
    assert len(PLANTED) >= 30
    assert {word for word, _ in PLANTED.values()} == set(WORDS)


def test_the_checker_knows_nothing_of_the_product() -> None:
    allowed = set(sys.stdlib_module_names) | {"psycopg", "cryptography"}
    for path in CHECKER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.partition(".")[0] in allowed or name.startswith("tests.faults.checker"), f"{path}: {name}"


async def test_the_program_reads_files_and_a_role_that_may_not_write(played: Played, tmp_path: Path) -> None:
    with psycopg.connect(played.url, autocommit=True) as owner:
        made = owner.execute("SELECT 1 FROM pg_roles WHERE rolname = 'checker'").fetchone()
        if made is None:
            owner.execute(READER)
    reader = psycopg.conninfo.make_conninfo(played.url, user="checker", password="checker")
    logs = played.town.logs
    (tmp_path / "world.json").write_text(json.dumps({"today": "2026-11-23"}))
    for name in ("source", "people", "phones", "intake"):
        lines = "".join(json.dumps(line) + "\n" for line in getattr(logs, name))
        (tmp_path / f"{name}.jsonl").write_text(lines + '{"cut off')

    said = _run(tmp_path, reader)
    (tmp_path / "phones.jsonl").write_text("")
    amiss = _run(tmp_path, reader)

    assert (said.returncode, json.loads(said.stdout)["LOST"]) == (0, 0), said.stdout + said.stderr
    assert amiss.returncode == 1
    assert json.loads(amiss.stdout)["PHANTOM"] > 0
    with psycopg.connect(reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SET TRANSACTION READ WRITE")
        connection.execute("DELETE FROM notice")


READER = "CREATE ROLE checker LOGIN BYPASSRLS PASSWORD 'checker' IN ROLE pg_read_all_data"


def _run(folder: Path, store: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.faults.checker", str(folder), "--store", store, "--json"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=60)
