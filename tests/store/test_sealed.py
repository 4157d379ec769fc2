"""What is stored of people is sealed, opens only where it belongs, and goes under another key while all goes on."""

from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from proactive.domain.dossier import Answer, Decision
from proactive.domain.vault import MARK, Sealed, Vault, ring
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.parts import vault
from proactive.ports.clock import SetClock
from proactive.settings import Settings
from proactive.store.store import Store, opened
from rules import Catalogue
from tests.conftest import VAULT, VAULT_KEY
from tests.steps.people import driver
from tests.steps.test_casework import case
from tests.steps.town import Town

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
LONG = "Nguyễn Thị Hoàng Anh " * 50
ANH = driver(1, address="731/46 Trần Cao Vân, phường Thanh Khê")


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made


@pytest.mark.parametrize("value", ["", "an@hopthu.example.vn", LONG])
def test_what_is_sealed_opens_again_and_only_where_it_belongs(value: str) -> None:
    sealed = VAULT.seal_text(value, about="notice.body:1")

    assert VAULT.open_text(sealed, about="notice.body:1") == value
    assert sealed != VAULT.seal_text(value, about="notice.body:1") and (not value or value not in sealed)
    with pytest.raises(Sealed):
        VAULT.open_text(sealed, about="notice.body:2")
    with pytest.raises(Sealed):
        VAULT.open_text(sealed[:-8] + "AAAAAAA=", about="notice.body:1")


def test_another_key_wraps_anew_and_the_content_stays() -> None:
    both, sealed = Vault([NEW, OLD]), Vault([OLD]).seal_bytes(b"a photo", about="document:1")

    again = both.rewrap_bytes(sealed, about="document:1")

    assert (
        Vault([NEW]).open_bytes(again, about="document:1") == b"a photo" == both.open_bytes(sealed, about="document:1")
    )
    assert again[-23:] == sealed[-23:], "what is sealed is not written anew, only its key is wrapped anew"
    with pytest.raises(Sealed, match="Put it into"):
        Vault([NEW]).open_bytes(sealed, about="document:1")


@pytest.mark.parametrize("keys", ["", "AAAA", "A" * 43 + "=", "no base64 at all"])
def test_a_missing_short_or_guessed_key_is_refused(keys: str) -> None:
    with pytest.raises(Unusable, match="openssl rand"):
        Vault(ring(keys))


def test_a_key_is_made_on_one_machine_and_asked_for_elsewhere(tmp_path: Path) -> None:
    here = Settings(data_dir=tmp_path)

    assert vault(here).newest == vault(here).newest
    assert (tmp_path / "encryption-keys").stat().st_mode & 0o077 == 0
    for elsewhere in ({"public_url": "https://dichvucong.example.vn"}, {"database_url": "postgresql://a@db.example/p"}):
        with pytest.raises(Unusable, match="PROACTIVE_ENCRYPTION_KEYS is not set"):
            vault(here.model_copy(update=elsewhere))
    given = here.model_copy(update={"encryption_keys": SecretStr("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")})
    assert vault(given.model_copy(update={"public_url": "https://x.example.vn"})).newest == Vault([NEW]).newest


async def test_the_database_holds_nothing_readable_in_what_is_sealed_and_the_keys_change_while_it_is_used(
    town: Town, database_url: str
) -> None:
    told = await town.told(ANH)
    told = await town.answer(
        told, Answer.CONFIRM, choices={"new_class": "B"}, post_to=ANH.address, note="Chồng tôi, ông Bình, sẽ nhận."
    )  # fmt: skip
    told = await town.decide(told, Decision.RETURN, note="Bà Hoàng Anh gửi thêm ảnh.")
    await town.store.addressees.keep_email(ANH.personal_id, "an@hopthu.example.vn")
    received = case(
        personal_id=ANH.personal_id, full_name=ANH.full_name, phone=ANH.phone, post_address=ANH.address,
        fields={"address": ANH.address},
    )  # fmt: skip
    await town.store.cases.create(received, [], ours=False)
    async with town.store.engine.connect() as connection:
        rows = (
            await connection.scalars(
                text(
                    "SELECT concat(d.fields, d.applicant, d.post_to, d.answer_note, d.decision_note, n.body, a.email, "
                    "c.fields, c.full_name, c.phone, c.post_address) FROM dossier d JOIN intake_case c ON true "
                    "JOIN notice n ON n.dossier_id = d.id JOIN addressee a ON a.subject = d.subject"
                )
            )
        ).all()
    assert len(rows) == 1 and rows[0].count(MARK) == 11
    values = (
        ANH.full_name, ANH.address, ANH.phone or "", ANH.licences[0].number, "an@hopthu", "Ma kiem tra", "ông Bình",
        "gửi thêm",
    )  # fmt: skip
    assert [value for value in values if value in rows[0]] == []

    async with opened(database_url, vault=Vault([NEW, VAULT_KEY])) as both:
        assert (await both.dossiers.get(told.id)) == told, "the old key opens"
        # A row of a worker of the version before, which knows nothing of keys.
        async with both.engine.begin() as connection:
            await connection.execute(text("UPDATE notice SET body = 'plain words'"))
        while await both.resealing.once(limit=2):
            pass
        counted = await both.resealing.counted()
    assert {key for counts in counted.values() for key in counts} == {Vault([NEW]).newest}
    assert sum(sum(counts.values()) for counts in counted.values()) == 11
    async with opened(database_url, vault=Vault([NEW])) as now:
        assert (await now.dossiers.get(told.id)) == told, "the old key is needed no more"
        assert (await now.notices.of([told.id]))[told.id][0].body == "plain words"
        assert await now.addressees.email(ANH.personal_id) == "an@hopthu.example.vn"
        assert await now.cases.get(received.reference) == received
    async with opened(database_url, vault=Vault([NEW], seals=False)) as beside_the_version_before:
        await beside_the_version_before.addressees.keep_email(ANH.personal_id, "b@hopthu.example.vn")
        assert (await beside_the_version_before.resealing.counted())["addressee.email"] == {"plain": 1}
    async with opened(database_url) as without:
        with pytest.raises(Sealed, match="was given no keys"):
            await without.dossiers.get(told.id)
        with pytest.raises(Sealed, match="was given no keys"):
            await without.cases.get(received.reference)


async def test_a_sealed_value_that_is_put_into_another_row_does_not_open(town: Town) -> None:
    one, other = await town.told(ANH), await town.told(driver(2))
    async with town.store.engine.begin() as connection:
        moved = "UPDATE dossier SET fields = (SELECT fields FROM dossier WHERE id = :one) WHERE id = :other"
        await connection.execute(text(moved), {"one": one.id, "other": other.id})

    with pytest.raises(Sealed):
        await town.store.dossiers.get(other.id)
    assert await town.store.dossiers.get(uuid4()) is None
