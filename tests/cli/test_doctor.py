"""`proactive doctor` looks at every configured source, and says which services can work with what is connected."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proactive.cli import application
from proactive.demo import source as demo
from proactive.embedded.postgres import EmbeddedPostgres

REGISTERS = "{residents: {}, driver_licences: {}, violations: {}, health_certificates: {deletes: {seen: compared}}}"


@pytest.fixture
async def police(database_server: EmbeddedPostgres) -> str:
    """The demo's registers with their tables, and nobody in them."""
    addresses = await demo.create(database_server.url("postgres"), database="doctor_police", password="p")
    return addresses.reader


def asked(monkeypatch: pytest.MonkeyPatch, folder: Path, address: str) -> tuple[int, dict[str, object]]:
    monkeypatch.setenv("PROACTIVE_SOURCES", str(folder))
    monkeypatch.delenv("PROACTIVE_SOURCE_URL", raising=False)
    monkeypatch.setenv("POLICE_URL", address)
    ran = CliRunner().invoke(application(), ["doctor", "--json"])
    return ran.exit_code, json.loads(ran.stdout)


def test_a_sound_source_is_healthy_and_its_services_are_connected(
    police: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "police.yaml").write_text(f"kind: sql\naddress: {{env: POLICE_URL}}\nregisters: {REGISTERS}\n")

    status, found = asked(monkeypatch, tmp_path, police)

    services = {one["service"]: one["missing"] for one in found["services"]}  # type: ignore[attr-defined]  # a list
    assert (status, found["healthy"]) == (0, True)
    assert services["driver_licence_renewal"] == []
    assert services["passport_expiry"] == ["passports"]


def test_a_problem_ends_it_with_one_and_is_told_with_how_to_mend_it(
    police: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("kind: sql\naddress: {env: POLICE_URL}\nregisters: {residents: {table: none}}\n")
    (tmp_path / "b.yaml").write_text("kind: sql\naddress: {env: POLICE_URL}\nregisters: {resident: {}}\n")

    status, found = asked(monkeypatch, tmp_path, police)

    problems = [one for one in found["findings"] if one["level"] == "problem"]  # type: ignore[attr-defined]  # a list
    assert (status, found["healthy"]) == (1, False)
    assert len(problems) == 2
    assert "b.yaml:3" in problems[0]["where"]
    assert "Did you mean `residents`?" in problems[0]["mend"]
    assert "There is no table none" in problems[1]["why"]
    assert all(one["mend"] for one in problems)
