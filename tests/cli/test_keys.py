"""`proactive keys`: what stands under which key, and older databases whose personal ids are hidden."""

import base64
import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

import rules
from proactive.domain.pseudonym import Pseudonyms
from proactive.errors import Unusable
from proactive.parts import pseudonyms
from proactive.settings import Settings
from proactive.store.store import opened
from tests.cli.conftest import Arrive, Run
from tests.conftest import LOOKUP_KEY, MORNING, PSEUDONYMS
from tests.steps.people import driver

WHO = driver(1)
REGISTERS = rules.load().registers


@pytest.fixture
def with_pseudonyms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation is given its look-up key."""
    monkeypatch.delenv("PROACTIVE_PSEUDONYMS")
    monkeypatch.setenv("PROACTIVE_LOOKUP_KEY", base64.b64encode(LOOKUP_KEY).decode())


async def test_an_older_database_is_refused_then_hidden_then_used(
    run: Run, arrive: Arrive, database_url: str, with_pseudonyms: None
) -> None:
    await arrive(WHO)
    [licence] = WHO.licences

    before = json.loads((await run("keys", "status", "--json")).out)
    refused = await run("explain", "driver_licence_renewal", licence.number)
    hidden = await run("keys", "hide", "--limit", "1")
    again = await run("keys", "hide", "--json")
    after = json.loads((await run("keys", "status", "--json")).out)

    assert before["personal_ids"]["record"] == 2 and before["lookup_key"] == PSEUDONYMS.name
    assert "run `proactive keys hide`" in refused.refused
    assert re.search(r"^record: 1$", hidden.err, re.MULTILINE) and "rows were changed" in hidden.out
    assert json.loads(again.out) == {"rows": 0} and not any(after["personal_ids"].values())
    said = await run("explain", "driver_licence_renewal", licence.number)
    assert said.code == 0 and WHO.personal_id not in said.out and "~" not in said.out
    async with opened(database_url, pseudonyms=PSEUDONYMS) as store:
        assert (await store.records.of([PSEUDONYMS.of(WHO.personal_id)]))[PSEUDONYMS.of(WHO.personal_id)]


async def test_the_audit_log_is_still_whole_when_ids_are_hidden(
    run: Run, database_url: str, with_pseudonyms: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROACTIVE_SECRET", "of this test alone, and of nobody else")
    async with opened(database_url) as store:
        await store.addressees.stop(WHO.personal_id, now=MORNING)
    await run("audit", "seal")

    await run("keys", "hide")
    await run("audit", "seal")
    verified = await run("audit", "verify", "--json")

    assert verified.code == 0 and json.loads(verified.out)["findings"] == []


async def test_what_is_hidden_is_said_in_words_too(run: Run, arrive: Arrive, with_pseudonyms: None) -> None:
    await arrive(WHO)

    before = await run("keys", "status")
    await run("keys", "hide", "--json")
    after = await run("keys", "status")

    assert f"Look-up key: {PSEUDONYMS.name}" in before.out and "record 2" in before.out
    assert after.out.endswith("\nnone\n")


async def test_without_a_key_nothing_can_be_hidden(run: Run, arrive: Arrive) -> None:
    await arrive(WHO)

    assert "There is no look-up key" in (await run("keys", "hide")).refused


def test_a_look_up_key_is_made_on_one_machine_and_asked_for_elsewhere(tmp_path: Path) -> None:
    here = Settings(data_dir=tmp_path, pseudonyms=True)

    assert pseudonyms(here, REGISTERS).name == pseudonyms(here, REGISTERS).name != ""
    assert pseudonyms(here, REGISTERS).key("residents", "048157731946").startswith("~")
    assert (tmp_path / "lookup-key").stat().st_mode & 0o077 == 0
    assert not pseudonyms(here.model_copy(update={"pseudonyms": False}), REGISTERS).hides
    for elsewhere in ({"public_url": "https://dichvucong.example.vn"}, {"database_url": "postgresql://a@db.example/p"}):
        with pytest.raises(Unusable, match="PROACTIVE_LOOKUP_KEY is not set"):
            pseudonyms(here.model_copy(update=elsewhere), REGISTERS)
    written = SecretStr(base64.b64encode(LOOKUP_KEY).decode())
    given = here.model_copy(update={"lookup_key": written, "public_url": "https://dichvucong.example.vn"})
    assert pseudonyms(given, REGISTERS).name == Pseudonyms(LOOKUP_KEY).name
    for weak in ("c2hvcnQ=", "A" * 43 + "="):
        with pytest.raises(Unusable, match="openssl rand -base64 32"):
            pseudonyms(given.model_copy(update={"lookup_key": SecretStr(weak)}), REGISTERS)
