"""Keyed hashes: one secret, one derived key a purpose, so that no hash of one place is good in another."""

import hashlib
import hmac
import secrets
from base64 import b64encode
from uuid import UUID

from rules.forbidden import prohibitions

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters without 0, O, 1 and I: eight of them are 40 bits and can be read out over the telephone."""

CODE_LENGTH = 8
PASSCODE_DIGITS = 6


class Keys:
    """Hashes under the platform's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def derive(self, purpose: str) -> bytes:
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)

    def digest(self, purpose: str, value: str) -> bytes:
        return hmac.digest(self.derive(purpose), value.encode(), hashlib.sha256)

    def token_hash(self, token: str) -> str:
        return self.digest("session", token).hex()

    def passcode(self, passcode_id: UUID) -> str:
        """The one-time code that belongs to a request: made again when needed, stored nowhere."""
        number = int.from_bytes(self.digest("passcode", str(passcode_id))[:8], "big")
        return f"{number % 10**PASSCODE_DIGITS:0{PASSCODE_DIGITS}d}"

    def connector_secret(self, connector: str, generation: int) -> str:
        """The secret that a connector signs with, as Standard Webhooks write it: derived, stored nowhere."""
        return f"whsec_{b64encode(self.digest('connector', f'{connector}:{generation}')).decode()}"


def new_code() -> str:
    """A check code: says nothing by itself and opens nothing without proof of identity.

    One that no text may carry is not given out: seven digits in it look like a number to call, and four letters may
    be an abbreviation that frightens (CSGT, the traffic police).
    """
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        half = CODE_LENGTH // 2
        if not any(fault for one in prohibitions().values() for fault in one.check(f"{code[:half]} {code[half:]}")):
            return code


def read_code(typed: str) -> str | None:
    """What somebody typed, as a check code; None where it cannot be one."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    return code if len(code) == CODE_LENGTH and all(letter in CODE_LETTERS for letter in code) else None
