"""What is sealed, derived, chained and signed: it opens again, only in its place, and is the same bytes for ever."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proactive.domain.audit import START, Leaf, Signer, chained, link, microseconds, signed_text
from proactive.domain.keys import Keys, read_code
from proactive.domain.sealing import Seal, Unsealable
from proactive.domain.token import Kept, Worry
from proactive.domain.vault import KEY_BYTES, MARK, Sealed, Vault, name, ring
from proactive.errors import Unusable

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
VAULT, NEWER = Vault([OLD]), Vault([NEW, OLD])
SHORT, LONG = "12 Bạch Đằng", "Trần Thị Thu Hà " * 40
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
KEYS = Keys("a secret")
SEALED = "5820a1900dbfcc8388cbd0a7eba77bbed7c4bc604d6772af6bdc3008766c5873b1f0"

DERIVED = "e1434b3ff161117f38e8b8d47be4c7ad0d9ab63193dca58a8e2b1eca0d8a5860"
DIGEST = "d7bfa80156de7b5faf39429a61ec88182d47fcc0f246345367c6ec58662a28e4"
TOKEN = "fb98aa5b319efbe1f9f9ffd30e0e9b294b2c55aa38b62f22d1e4e3cfc9fdc932"
PASSCODES = ["119773", "384671", "965545"]
CONNECTOR = "whsec_W4XsdVYbXMC8Fu+iL2MaRiM19AskMslCoXf6EEXQDJA="
LINK = "a5a883b03d162183cfed1830217c3bfb46dd108a7e8596dc62d71a9b547b1bed"
KEY_NAME = "56475aa75463474c"
PUBLIC = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"


@pytest.mark.parametrize("plain", ["", SHORT, LONG])
def test_text_opens_again_and_only_where_it_belongs(plain: str) -> None:
    sealed = VAULT.seal_text(plain, about="dossier:1")

    assert sealed.startswith(f"{MARK}{name(OLD)}:") and (not plain or plain not in sealed)
    assert VAULT.open_text(sealed, about="dossier:1") == plain
    with pytest.raises(Sealed):
        VAULT.open_text(sealed, about="dossier:2")


def test_bytes_open_again_and_only_where_they_belong() -> None:
    sealed = VAULT.seal_bytes(b"%PDF \x00:", about="document:1")

    assert sealed.startswith(f"{MARK}{name(OLD)}:".encode()) and b"PDF" not in sealed
    assert VAULT.open_bytes(sealed, about="document:1") == b"%PDF \x00:"
    with pytest.raises(Sealed):
        VAULT.open_bytes(sealed, about="document:2")


def test_what_is_plain_from_before_is_read_as_it_is() -> None:
    assert VAULT.open_text(SHORT, about="x") == SHORT
    assert VAULT.open_bytes(b"plain", about="x") == b"plain"


def test_long_text_takes_less_room_and_short_text_is_not_made_longer() -> None:
    assert len(VAULT.seal_text(LONG, about="x")) < len(LONG) * 3 // 4
    assert len(VAULT.seal_text("a" * 299, about="x")) > 500  # not shortened yet
    assert len(VAULT.seal_text("a" * 300, about="x")) < 200


def test_two_seals_of_one_value_are_unlike() -> None:
    assert VAULT.seal_text(SHORT, about="x") != VAULT.seal_text(SHORT, about="x")


def test_another_ring_key_wraps_anew_and_leaves_the_value() -> None:
    text, body = VAULT.seal_text(SHORT, about="x"), VAULT.seal_bytes(b"body", about="y")

    text_now, body_now = NEWER.rewrap_text(text, about="x"), NEWER.rewrap_bytes(body, about="y")

    only_new = Vault([NEW])
    assert text_now.startswith(f"{MARK}{name(NEW)}:") and body_now.startswith(f"{MARK}{name(NEW)}:".encode())
    assert (only_new.open_text(text_now, about="x"), only_new.open_bytes(body_now, about="y")) == (SHORT, b"body")
    assert body_now[-20:] == body[-20:]
    for wrong in ("x", "y"):
        with pytest.raises(Sealed):
            only_new.open_text(text_now, about=f"{wrong}{wrong}")
    with pytest.raises(Sealed):
        NEWER.rewrap_bytes(body, about="x")


def test_plain_values_are_sealed_when_they_are_wrapped_anew() -> None:
    assert NEWER.open_text(NEWER.rewrap_text(SHORT, about="x"), about="x") == SHORT
    assert NEWER.rewrap_text(SHORT, about="x").startswith(MARK)
    assert NEWER.open_bytes(NEWER.rewrap_bytes(b"b", about="x"), about="x") == b"b"
    assert NEWER.rewrap_bytes(b"b", about="x").startswith(MARK.encode())


def test_a_key_that_is_gone_is_named_and_a_changed_value_does_not_open() -> None:
    sealed = VAULT.seal_bytes(b"body", about="x")

    with pytest.raises(Sealed, match=f"sealed under the key {name(OLD)}. Put it into PROACTIVE_ENCRYPTION_KEYS again."):
        Vault([NEW]).open_bytes(sealed, about="x")
    for at in (len(MARK) + 9, len(MARK) + 30, len(sealed) - 1):
        with pytest.raises(Sealed):
            VAULT.open_bytes(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], about="x")
    with pytest.raises(Sealed):
        VAULT.open_bytes(sealed[: len(MARK) + 9 + 3], about="x")


def test_keys_are_named_in_order_and_say_nothing() -> None:
    made = Vault([NEW, OLD])
    assert made.names == [name(NEW), name(OLD)] and made.newest == name(NEW)
    assert name(OLD) == "88836b96" and (Vault([OLD], seals=False).seals, VAULT.seals) == (False, True)


@pytest.mark.parametrize("keys", [[], [OLD, OLD[:31]], [bytes(KEY_BYTES - 7) + bytes(range(7)), OLD]])
def test_no_key_a_short_one_and_one_that_can_be_guessed_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(Unusable, match=r"^An encryption key .*\. Make one: openssl rand -base64 32$"):
        Vault(keys)
    Vault([bytes(KEY_BYTES - 8) + bytes(range(8))])  # eight different bytes are enough


def test_a_ring_is_read_as_it_is_written() -> None:
    old, new = b64encode(OLD).decode(), b64encode(NEW).decode()

    assert ring(f" {new},{old}\n") == ring(f"{new} {old}") == [NEW, OLD]
    assert ring("") == []
    with pytest.raises(Unusable) as caught:
        ring("AAAA!")  # which may be read as four letters
    assert str(caught.value) == "PROACTIVE_ENCRYPTION_KEYS is not base64. Make a key: openssl rand -base64 32"


def test_a_seal_opens_in_its_place_with_its_purpose_and_secret() -> None:
    sealed = Seal(KEYS, "token").close(b"access", about="zalo")

    assert Seal(Keys("a secret"), "token").open(sealed, about="zalo") == b"access"
    assert sealed != Seal(KEYS, "token").close(b"access", about="zalo") and b"access" not in sealed
    assert Seal(KEYS, "token").open(bytes.fromhex(SEALED), about="zalo") == b"access"  # sealed long ago
    for other, about in ((Seal(KEYS, "other"), "zalo"), (Seal(Keys("b"), "token"), "zalo"), (Seal(KEYS, "token"), "z")):
        with pytest.raises(Unsealable):
            other.open(sealed, about=about)
    with pytest.raises(Unsealable):
        Seal(KEYS, "token").open(sealed[:8], about="zalo")


def test_what_is_derived_is_the_same_for_ever() -> None:
    """Hashes are stored, secrets were given out: these may never change."""
    assert KEYS.derive("seal token").hex() == DERIVED
    assert KEYS.digest("subject", "048168000001").hex() == DIGEST
    assert KEYS.token_hash("a token") == KEYS.digest("session", "a token").hex() == TOKEN
    assert [KEYS.passcode(UUID(int=n)) for n in range(3)] == PASSCODES
    assert KEYS.connector_secret("gplx", 2) == CONNECTOR
    assert read_code("abcd efg") is None and read_code("ABCD EFG0") is None


def test_a_one_time_code_keeps_its_noughts() -> None:
    assert {len(KEYS.passcode(UUID(int=n))) for n in range(200)} == {6}
    assert any(KEYS.passcode(UUID(int=n)).startswith("0") for n in range(200))


LEAF = Leaf(
    id=7, at=NOW + timedelta(microseconds=5), actor="lan", role="worker", place="dossier", verb="UPDATE",
    row_key="Đ1", digest=bytes(range(32)),
)  # fmt: skip


def test_the_chain_is_the_one_of_the_contract() -> None:
    assert microseconds(LEAF.at) == 1795399200000005
    assert link(START, 3, LEAF).hex() == LINK
    assert list(chained(START, 2, [LEAF, LEAF])) == [
        (3, link(START, 3, LEAF)),
        (4, link(link(START, 3, LEAF), 4, LEAF)),
    ]


def test_a_checkpoint_is_signed_by_the_key_that_it_names() -> None:
    key = Ed25519PrivateKey.from_private_bytes(OLD)
    signer = Signer(key)

    made = signer.sign(upto=3, chain=START, at=NOW)

    assert (made.upto, made.chain, made.at, made.key) == (3, START, NOW, signer.name)
    assert (signer.name, signer.public) == (KEY_NAME, PUBLIC)
    assert signed_text(3, START, NOW) == f"proactive audit\n3\n{'00' * 32}\n1795399200000000\n".encode()
    key.public_key().verify(made.signature, signed_text(3, START, NOW))


def kept(**change: object) -> Kept:
    made = Kept(
        provider="zalo", account="1", generation=1, issued_at=NOW, access_until=NOW + timedelta(hours=25),
        refresh_until=NOW + timedelta(days=90),
    )  # fmt: skip
    return made.model_copy(update=change)


def test_one_worries_about_a_token_in_time() -> None:
    def hours(number: float) -> datetime:
        return NOW + timedelta(hours=number)

    def days(number: float) -> datetime:
        return NOW + timedelta(days=number)

    assert [kept().worry(hours(n)) for n in (0, 21.99, 22)] == [None, None, Worry.LATE]
    assert [kept(issued_at=days(90)).worry(days(n)) for n in (59.99, 60, 89.99, 90)] == [
        None, Worry.ENDS, Worry.ENDS, Worry.LOST,
    ]  # fmt: skip
    assert kept(lost_at=NOW).worry(NOW) is Worry.LOST
