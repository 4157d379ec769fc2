"""site.yaml: everything that is wrong with it is said at once, and nothing unsafe can be written in it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.site.settings import load
from connectors.site.source import sources
from proactive.errors import Unusable
from tests.connectors.site.receiver import CONNECTOR, SECRET


def write(folder: Path, **changed: Any) -> Path:
    """A sound site.yaml in a folder, with parts of its platform changed."""
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    platform = {"url": "https://platform.example", "connector": CONNECTOR, "secret": {"file": str(folder / "secret")}}
    site = {"platform": platform | changed, "sources": "sources", "spool": {"folder": str(folder / "spool")}}
    (folder / "site.yaml").write_text(yaml.safe_dump(site, sort_keys=False))
    return folder / "site.yaml"


def test_a_sound_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    site = load(write(tmp_path))

    assert site.platform.endpoint == "https://platform.example/v1/events"
    assert site.spool.most_bytes == 2048 * 1024 * 1024
    assert (site.look_every_seconds, site.heartbeat_every_seconds) == (5, 60)
    assert site.platform.webhook() is not None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://platform.example", "url begins with https://"),
        ("platform.example", "url begins with https://"),
        ("https://", "url begins with https://"),
        ("https://platform.example/v1/events", "without a path"),
        ("https://user:password@platform.example", "without a path"),
        ("https://platform.example?key=1", "without a path"),
    ],
)
def test_an_address_that_is_not_safe_or_not_an_address_is_refused(tmp_path: Path, url: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        load(write(tmp_path, url=url))


def test_everything_that_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, conector="c-2", timeout_seconds=0)

    with pytest.raises(Unusable) as refused:
        load(file)

    said = str(refused.value).splitlines()[1:]
    assert len(said) == 2
    assert "platform.timeout_seconds" in said[0]
    assert "platform.conector" in said[1]
    assert "Did you mean `connector`?" in said[1]
    assert all(line.strip().startswith("site.yaml:") for line in said)
    assert "docs/site-connector.md" in str(refused.value)


def test_a_secret_that_stands_in_the_file_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as refused:
        load(write(tmp_path, secret=SECRET))

    assert "The secret itself stands here" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    site = load(write(tmp_path))
    tmp_path.chmod(0o755)
    (tmp_path / "secret").chmod(0o644)

    with pytest.raises(Unusable, match="chmod 600"):
        site.platform.webhook()


@pytest.mark.parametrize("secret", ["", "whsec_", "not a secret", "whsec_%%%", "c2VjcmV0"])
def test_what_is_no_secret_of_ours_is_refused_without_being_repeated(tmp_path: Path, secret: str) -> None:
    site = load(write(tmp_path))
    (tmp_path / "secret").write_text(secret)

    with pytest.raises(Unusable, match="proactive connector new") as refused:
        site.platform.webhook()
    assert not secret or secret == "whsec_" or secret not in str(refused.value)


def test_a_secret_may_come_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = load(write(tmp_path, secret={"env": "SITE_SECRET"}))

    monkeypatch.delenv("SITE_SECRET", raising=False)
    with pytest.raises(Unusable, match="SITE_SECRET is not set"):
        site.platform.webhook()
    monkeypatch.setenv("SITE_SECRET", SECRET)

    assert site.platform.webhook() is not None


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"kind": "sqll", "registers": {"violations": {}}}, "no kind of source.*Use one of: .*sql"),
        ({"kind": "sql", "registers": {"violation": {}}}, "Did you mean `violations`"),
        ({"kind": "push", "registers": {"violations": {"promised_hours": 1}}}, "can't be read at a site"),
    ],
)
def test_a_source_that_cannot_be_read_at_a_site_is_refused(tmp_path: Path, source: dict[str, Any], why: str) -> None:
    file = write(tmp_path)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "police.yaml").write_text(yaml.safe_dump(source))

    with pytest.raises(Unusable, match=why):
        sources(load(file), file)
