"""What Prometheus is told: that it is true, that it is all named, and that it says nothing of anybody."""

import asyncio
import json
import re
import socket
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest
from typer.testing import CliRunner

from proactive import metrics
from proactive.cli import application
from proactive.errors import Unusable
from proactive.settings import Settings
from tests.steps.people import driver
from tests.steps.town import Town
from triggers.step import Step

ROOT = Path(__file__).parents[2]
OURS = {
    one.name for one in REGISTRY.collect() if one.name.startswith("proactive_")
}  # without _total, _bucket, _sum, _count


def lines() -> dict[str, float]:
    """What is told now: the figure with its labels, and its value."""
    text = generate_latest(REGISTRY).decode()
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("proactive_")
    }


async def test_what_rests_in_the_store_is_told_by_state_and_by_how_late_it_is(town: Town) -> None:
    people = [driver(n) for n in (1, 2, 3)]
    await town.drafted(people[0])
    for person in people[1:]:
        await town.told_by_sources(list(town.says(person)))

    metrics.show(await town.store.backlogs.now(today=town.clock.today() + timedelta(days=3), now=town.clock.now()))
    first = lines()
    metrics.show(await town.store.backlogs.now(today=town.clock.today() + timedelta(days=90), now=town.clock.now()))
    later = lines()

    assert first['proactive_dossiers{state="drafted"}'] == 1
    assert first["proactive_audit_unsealed_seconds"] > 0
    overdue = [first[f'proactive_overdue_occasions{{late="{word}"}}'] for word in ("a day", "a week", "more")]
    assert sum(overdue) == 2 and overdue[0] == 0
    assert later['proactive_overdue_occasions{late="more"}'] == 2
    assert {name for name in first if name.startswith("proactive_register_silence")}
    secrets = {person.personal_id for person in people} | {"0599", "NGUY"}
    assert not [one for one in first for secret in secrets if secret in one]


async def test_what_is_no_longer_there_is_no_longer_told(town: Town) -> None:
    dossier = await town.drafted(driver())
    metrics.show(await town.store.backlogs.now(today=town.clock.today(), now=town.clock.now()))
    await town.offer()
    metrics.show(await town.store.backlogs.now(today=town.clock.today(), now=town.clock.now()))

    assert dossier and 'proactive_dossiers{state="drafted"}' not in lines()
    assert lines()['proactive_dossiers{state="offered"}'] == 1


async def test_the_command_says_the_same_to_people_and_programs(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await town.drafted(driver())
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", town.database_url)

    told = await asyncio.to_thread(CliRunner().invoke, application(), ["status", "--json"])
    read = await asyncio.to_thread(CliRunner().invoke, application(), ["status"])

    found = json.loads(told.stdout)
    assert found["dossiers"] == {"drafted": 1} and found["notices_open"] == {}
    assert "dossiers: drafted 1" in read.stdout and "notices open: none" in read.stdout


async def test_a_step_tells_how_long_it_worked_and_how_often_it_failed() -> None:
    turns = iter([3, RuntimeError("no"), 0])

    async def once() -> int:
        turn = next(turns, 0)
        if isinstance(turn, Exception):
            raise turn
        return turn

    step = Step("a-test", once, every=0.01)
    await step.start()
    for _ in range(200):
        if lines().get('proactive_step_failures_total{step="a-test"}'):
            break
        await asyncio.sleep(0.02)
    await step.stop()

    assert lines()['proactive_step_seconds_count{step="a-test"}'] == 1, "runs that found nothing would drown the others"
    assert lines()['proactive_step_failures_total{step="a-test"}'] == 1


async def test_figures_are_told_on_a_port_of_their_own_and_a_taken_one_is_refused_in_words() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(metrics_port=port)

    with metrics.told(settings):
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{port}/metrics")
        with pytest.raises(Unusable, match="PROACTIVE_METRICS_PORT to a free one"), metrics.told(settings):
            pass
    assert answer.status_code == 200 and "# HELP proactive_page_seconds" in answer.text
    with metrics.told(settings):
        pass  # it can be had again


def named(text: str) -> set[str]:
    found = set(re.findall(r"proactive_[a-z_]+", text))
    return {re.sub(r"_(total|bucket|sum|count)$", "", one) for one in found}


def test_rules_and_dashboard_ask_for_figures_that_are_told() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    board = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]

    assert named(" ".join(asked + shown)) <= OURS
    assert named(" ".join(shown)) >= OURS, "each figure is on the dashboard"
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert rule["annotations"]["summary"] and rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_figure_is_explained_to_the_operator(name: str) -> None:
    assert f"| `{name}" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
