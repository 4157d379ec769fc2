"""Settings come from the environment and from files of secrets, and what is wrong with them is said without values."""

from pathlib import Path

import pytest

from notifiers import sms
from proactive.errors import Unusable
from proactive.settings import from_environment, read


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROACTIVE_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_a_secret_comes_from_a_file_named_like_the_variable(secrets: Path) -> None:
    (secrets / "proactive_secret").write_text("from a file, and longer than thirty-two characters\n", encoding="utf-8")
    (secrets / "TWILIO_AUTH_TOKEN").write_text("token of a file", encoding="utf-8")
    (secrets / "twilio_account_sid").write_text("AC" + "0" * 32, encoding="utf-8")
    (secrets / "twilio_messaging_service_sid").write_text("MG" + "0" * 32, encoding="utf-8")

    assert read().secret.get_secret_value() == "from a file, and longer than thirty-two characters"
    assert from_environment(sms.Settings, "x").auth_token.get_secret_value() == "token of a file"


def test_the_environment_wins_over_a_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (secrets / "proactive_agency").write_text("H17.20", encoding="utf-8")
    assert read().agency == "H17.20"
    monkeypatch.setenv("PROACTIVE_AGENCY", "H17")
    assert read().agency == "H17"


def test_a_wrong_value_of_a_file_is_named_and_not_repeated(secrets: Path) -> None:
    (secrets / "proactive_web_port").write_text("hunter2", encoding="utf-8")
    with pytest.raises(Unusable, match="PROACTIVE_WEB_PORT") as raised:
        read()
    assert "hunter2" not in str(raised.value)


def test_how_a_value_must_look_is_told_as_it_is(secrets: Path) -> None:
    with pytest.raises(Unusable, match=r"TWILIO_ACCOUNT_SID: field required"):
        from_environment(sms.Settings, "SMS can't be sent")
    (secrets / "twilio_account_sid").write_text("ac1", encoding="utf-8")
    with pytest.raises(Unusable, match=r"string should match pattern '\^AC"):
        from_environment(sms.Settings, "SMS can't be sent")


def test_a_folder_of_secrets_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROACTIVE_SECRETS_DIR", "/nowhere/at/all")
    with pytest.raises(Unusable, match="PROACTIVE_SECRETS_DIR names /nowhere/at/all, which is no folder"):
        read()
