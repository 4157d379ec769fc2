"""The audit log's arithmetic: leaves are chained, the chain's end is signed, and copies of that are checkpoints.

`proactive/verifier.py` says the same in its own words and shares no code with this file; docs/audit.md is the contract.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proactive.domain.base import Value

START = bytes(32)
"""The chain before the first leaf."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Leaf(Value):
    """One row was changed: `digest` is a salted hash of what it held afterwards."""

    id: int
    at: datetime
    actor: str
    role: str
    place: str
    verb: str
    row_key: str
    digest: bytes


class Checkpoint(Value):
    """The chain as it stood after leaf number `upto`, signed with the key of this name."""

    upto: int
    chain: bytes
    at: datetime
    key: str
    signature: bytes


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def link(before: bytes, number: int, leaf: Leaf) -> bytes:
    """The chain's value after this leaf, the `number`th."""
    parts = [
        number, leaf.id, microseconds(leaf.at), leaf.actor, leaf.role, leaf.place, leaf.verb, leaf.row_key,
        leaf.digest.hex(),
    ]  # fmt: skip
    return hashlib.sha256(before + json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def chained(before: bytes, last: int, leaves: Iterable[Leaf]) -> Iterator[tuple[int, bytes]]:
    """Number and chain value of each leaf that follows number `last`, whose chain value was `before`."""
    for number, leaf in enumerate(leaves, last + 1):
        before = link(before, number, leaf)
        yield number, before


class Signer:
    """Signs the chain's end with one Ed25519 key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.name = key_name(key.public_key())

    @property
    def public(self) -> str:
        """The public key, in hexadecimal digits: what a verifier is given."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, *, upto: int, chain: bytes, at: datetime) -> Checkpoint:
        signature = self._key.sign(signed_text(upto, chain, at))
        return Checkpoint(upto=upto, chain=chain, at=at, key=self.name, signature=signature)


def key_name(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def signed_text(upto: int, chain: bytes, at: datetime) -> bytes:
    return f"proactive audit\n{upto}\n{chain.hex()}\n{microseconds(at)}\n".encode()
