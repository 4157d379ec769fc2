"""A provider's file is checked whole before anybody can sign in by it."""

import re
from pathlib import Path

import pytest
import yaml

from proactive.errors import Unusable
from proactive.web.identity.grammar import Provider
from proactive.web.identity.loader import load

GOOD = """
title: {vi: VNeID, en: VNeID}
audience: citizen
issuer: https://id.example
client_id: portal
client_secret: {env: TEST_CLIENT_SECRET}
claims: {personal_id: SoDinhDanh}
level: {claim: acr, enough: ["2"]}
"""
TEMPLATE = re.compile(r"```yaml\n(title:.*?)```", re.DOTALL)


def test_no_folder_is_no_provider() -> None:
    assert load(None) == []


def test_a_sound_file_is_a_provider_named_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_CLIENT_SECRET", "s3cret")
    (tmp_path / "vneid.yaml").write_text(GOOD, encoding="utf-8")

    found = load(tmp_path)

    assert [one.provider.name for one in found] == ["vneid"] and "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("issuer: https", "issuer: http", "https"),
        ("personal_id: SoDinhDanh", "name: HoVaTen", "personal_id"),
        ('level: {claim: acr, enough: ["2"]}', "", "level"),
        ("audience: citizen", "audience: citizen\nalgorithms: [none]", "algorithms"),
        ("audience: citizen", "audience: citizen\nalgorithms: [HS256]", "algorithms"),
        ("audience: citizen", "audience: citizen\nask: {state: fixed}", "state"),
        ("audience: citizen", "audience: citizen\nscope: profile", "openid"),
        ("audience: citizen", "audience: citizen\nsecret: written here", "secret"),
        ("TEST_CLIENT_SECRET", "NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"),
        ("title:", "title: [", "can't be read"),
    ],
)
def test_a_file_that_would_let_the_wrong_person_in_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, says: str
) -> None:
    monkeypatch.setenv("TEST_CLIENT_SECRET", "s3cret")
    (tmp_path / "vneid.yaml").write_text(GOOD.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(Unusable, match=re.escape(says)):
        load(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="holds no provider"):
        load(tmp_path)


def test_the_templates_of_the_documents_are_sound() -> None:
    written = (Path(__file__).parents[2] / "docs" / "sign-in.md").read_text(encoding="utf-8")

    found = [Provider.model_validate({"name": "x", **yaml.safe_load(one)}) for one in TEMPLATE.findall(written)]

    assert len(found) == 3


OFFICERS = """
title: {vi: Tài khoản thành phố, en: City account}
audience: officer
issuer: https://id.example
client_id: desk
client_secret: {env: TEST_CLIENT_SECRET}
claims: {username: preferred_username, name: name, roles: realm_access.roles, office: unit_code}
roles: {can-bo: officer, quan-tri-du-lieu: data}
offices: {H17.33: csgt-da-nang}
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("claims: {username: preferred_username, name: name,", "claims: {name: name,", "username"),
        ("roles: {can-bo: officer, quan-tri-du-lieu: data}", "", "`roles`"),
        ("quan-tri-du-lieu: data", "quan-tri-du-lieu: admin", "roles"),
        ("H17.33: csgt-da-nang", "H17.33: csgt-hue", "csgt-hue"),
        ("audience: officer", "audience: citizen", "personal_id"),
    ],
)
def test_a_providers_file_for_officers_must_say_what_its_roles_and_offices_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, says: str
) -> None:
    monkeypatch.setenv("TEST_CLIENT_SECRET", "s3cret")
    path = tmp_path / "city.yaml"
    path.write_text(OFFICERS, encoding="utf-8")
    assert load(tmp_path)
    path.write_text(OFFICERS.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(Unusable, match=re.escape(says)):
        load(tmp_path)
