"""Opens the pseudonyms that stand for personal ids in the store, by what is written of them, with no code of theirs.

`~`, then AES-SIV (RFC 5297) of the id in base64 for addresses, then four characters that say nothing here. Its key are
the first 64 bytes that HKDF-SHA256 (RFC 5869, no salt) makes of the look-up key for `proactive pseudonyms`.
"""

import hashlib
import hmac
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PSEUDONYM = re.compile(r"~([A-Za-z0-9_-]{38})[0-9-]{4}")
ID = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
WAITING = ("rejected_change", "event")
"""Tables whose rows wait for somebody, with all that was sent."""
SEALED = ("fields",)
"""Columns that are sealed where the checker is not: it could not look."""

Open = Callable[[Any], Any]


def opener(written: str) -> Open:
    """What opens every pseudonym in a value, however deep."""
    cipher = AESSIV(_derived(b64decode(written), b"proactive pseudonyms", 64))

    @cache
    def shown(hidden: str) -> str:
        return cipher.decrypt(urlsafe_b64decode(hidden + "=" * (-len(hidden) % 4)), None).decode()

    def opened(value: Any) -> Any:
        if isinstance(value, str):
            return PSEUDONYM.sub(lambda found: shown(found[1]), value) if "~" in value else value
        if isinstance(value, dict):
            return {name: opened(part) for name, part in value.items()}
        if isinstance(value, list):
            return [opened(part) for part in value]
        return value

    return opened


def unhidden(tables: dict[str, list[dict[str, Any]]], ids: set[str]) -> list[tuple[str, str]]:
    """(table, column) in which somebody's id stands as it is."""
    return sorted(
        {
            (table, column)
            for table, rows in tables.items()
            if table not in WAITING
            for row in rows
            for column, value in row.items()
            if column not in SEALED and ids.intersection(ID.findall(str(value)))
        }
    )


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    drawn, block, made = hmac.digest(bytes(hashlib.sha256().digest_size), key, "sha256"), b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(drawn, block + purpose + bytes([number]), "sha256")
        made += block
    return made[:length]
