"""`proactive preview`: one text a variant, measured, and no fault unsaid."""

import json
from pathlib import Path
from shutil import copytree

import pytest
from typer.testing import CliRunner

import rules
from proactive.cli import application

ROOT = Path(rules.__file__).parent


@pytest.mark.parametrize("service", sorted(rules.load().services))
def test_every_service_has_one_text_a_variant_in_the_order_of_its_variants(service: str) -> None:
    ended = CliRunner().invoke(application(), ["preview", service, "--channel", "sms", "--json"])

    shown = json.loads(ended.stdout)
    assert ended.exit_code == 0
    assert [one["variant"] for one in shown] == list(rules.load().services[service].variants)
    for one in shown:
        assert (one["encoding"], one["cost_vnd"]) == ("GSM-7", one["segments"] * 800)
        assert one["segments"] == (1 if len(one["text"]) <= 160 else -(-len(one["text"]) // 153))
        assert one["case"] is not None, "each variant is in a case"


def test_a_text_that_may_not_go_out_is_told_by_check(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    copytree(ROOT / "registers", folder / "registers")
    copytree(ROOT / "passport_expiry", folder / "passport_expiry")
    draft = folder / "passport_expiry" / "messages" / "sms.en.j2"
    draft.write_text("Click https://x.vn within 24 hours", encoding="utf-8")
    words = ["preview", "passport_expiry", "--language", "en", "--rules", str(folder)]

    ended = CliRunner().invoke(application(), words)

    assert (ended.exit_code, "proactive check" in ended.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nothing"], "There is no service"), (["passport_expiry", "--channel", "pigeon"], "There is no channel")],
)
def test_what_is_not_there_is_said_in_one_sentence(arguments: list[str], said: str) -> None:
    ended = CliRunner().invoke(application(), ["preview", *arguments])

    assert ended.exit_code != 0
    assert said in f"{ended.stderr}{ended.exception}"
