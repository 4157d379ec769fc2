"""Sealing: what has to be read again and must not be readable in the database or its backups.

AES-256-GCM under a key derived from the platform's secret; what it belongs to is sealed in, so that a sealed value put
into another row does not open.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proactive.domain.keys import Keys
from proactive.errors import Permanent

_NONCE = 12


class Unsealable(Permanent):
    """This was sealed under another PROACTIVE_SECRET, or for another place, or was changed."""


class Seal:
    def __init__(self, keys: Keys, purpose: str) -> None:
        self._cipher = AESGCM(keys.derive(f"seal {purpose}"))

    def close(self, plain: bytes, *, about: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """Raises `Unsealable`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except (InvalidTag, ValueError) as error:
            raise Unsealable from error
