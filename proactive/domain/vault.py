"""The vault: what the database holds of people is sealed under keys that are not in it.

Envelope encryption: each value has a key of its own, which is wrapped under the newest key of the ring; both are
AES-256-GCM, and where the value belongs is sealed in, so that one put into another row does not open. Another ring key
needs only the wrapping anew. Sealed values say so themselves (and under which key), so that plain ones from before are
still read.
"""

import hashlib
import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proactive.errors import Unusable

KEY_BYTES = 32
MARK = "sealed:1:"
MAKE_KEY = "openssl rand -base64 32"
_NONCE = 12
_WRAPPED = _NONCE + KEY_BYTES + 16
_LONG = 300
"""Text from here on is made shorter first: most of a form is names of fields."""
_SHORTENED, _AS_IT_IS = b"\x01", b"\x00"


class Sealed(Unusable):
    """A stored value cannot be opened: its key is not in PROACTIVE_ENCRYPTION_KEYS, or it was put into another row."""


class Vault:
    """Seals under the first key and opens under any. `seals`: False opens only, and what is written stays plain."""

    def __init__(self, keys: Sequence[bytes], *, seals: bool = True) -> None:
        self.seals = seals
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise Unusable(f"An encryption key is {KEY_BYTES} bytes in base64. Make one: {MAKE_KEY}")
        if any(len(set(key)) < 8 for key in keys):
            raise Unusable(f"An encryption key that anybody can guess protects nothing. Make one: {MAKE_KEY}")
        self._ring = {name(key): AESGCM(key) for key in keys}
        self.newest = name(keys[0])

    @property
    def names(self) -> Sequence[str]:
        """The keys by their names, the newest first; a name says nothing of the key."""
        return list(self._ring)

    def seal_text(self, plain: str, *, about: str) -> str:
        raw = plain.encode()
        body = _SHORTENED + zlib.compress(raw, 1) if len(raw) >= _LONG else _AS_IT_IS + raw
        return f"{MARK}{self.newest}:{b64encode(self._seal(body, about)).decode()}"

    def open_text(self, stored: str, *, about: str) -> str:
        """Raises `Sealed`."""
        if not stored.startswith(MARK):
            return stored
        key, _, sealed = stored[len(MARK) :].partition(":")
        body = self._open(key, b64decode(sealed), about)
        return (zlib.decompress(body[1:]) if body[:1] == _SHORTENED else body[1:]).decode()

    def seal_bytes(self, plain: bytes, *, about: str) -> bytes:
        return f"{MARK}{self.newest}:".encode() + self._seal(plain, about)

    def open_bytes(self, stored: bytes, *, about: str) -> bytes:
        """Raises `Sealed`."""
        mark = MARK.encode()
        if not stored.startswith(mark):
            return stored
        key, _, sealed = stored[len(mark) :].partition(b":")
        return self._open(key.decode(), sealed, about)

    def rewrap_text(self, stored: str, *, about: str) -> str:
        """The same value under the newest key: its own key is wrapped anew, and a plain one is sealed."""
        if not stored.startswith(MARK):
            return self.seal_text(stored, about=about)
        key, _, sealed = stored[len(MARK) :].partition(":")
        return f"{MARK}{self.newest}:{b64encode(self._rewrap(key, b64decode(sealed), about)).decode()}"

    def rewrap_bytes(self, stored: bytes, *, about: str) -> bytes:
        mark = MARK.encode()
        if not stored.startswith(mark):
            return self.seal_bytes(stored, about=about)
        key, _, sealed = stored[len(mark) :].partition(b":")
        return f"{MARK}{self.newest}:".encode() + self._rewrap(key.decode(), sealed, about)

    def _seal(self, plain: bytes, about: str) -> bytes:
        own, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE)
        return self._wrap(own, about) + nonce + AESGCM(own).encrypt(nonce, plain, about.encode())

    def _wrap(self, own: bytes, about: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ring[self.newest].encrypt(nonce, own, about.encode())

    def _unwrap(self, key: str, sealed: bytes, about: str) -> bytes:
        if key not in self._ring:
            raise Sealed(f"A stored value is sealed under the key {key}. Put it into PROACTIVE_ENCRYPTION_KEYS again.")
        try:
            return self._ring[key].decrypt(sealed[:_NONCE], sealed[_NONCE:_WRAPPED], about.encode())
        except (InvalidTag, ValueError) as error:
            raise Sealed from error

    def _open(self, key: str, sealed: bytes, about: str) -> bytes:
        own = self._unwrap(key, sealed, about)
        begins = _WRAPPED + _NONCE
        try:
            return AESGCM(own).decrypt(sealed[_WRAPPED:begins], sealed[begins:], about.encode())
        except (InvalidTag, ValueError) as error:
            raise Sealed from error

    def _rewrap(self, key: str, sealed: bytes, about: str) -> bytes:
        return self._wrap(self._unwrap(key, sealed, about), about) + sealed[_WRAPPED:]


def name(key: bytes) -> str:
    return hashlib.sha256(b"proactive key name" + key).hexdigest()[:8]


def ring(written: str) -> list[bytes]:
    """Keys as they are written: base64, the newest first, with blanks or commas between. Raises `Unusable`."""
    try:
        return [b64decode(one, validate=True) for one in written.replace(",", " ").split()]
    except ValueError as error:
        raise Unusable(f"PROACTIVE_ENCRYPTION_KEYS is not base64. Make a key: {MAKE_KEY}") from error
