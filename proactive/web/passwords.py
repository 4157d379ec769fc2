"""Officers' passwords: Argon2id, and the same work whether or not the user name is known."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Each check takes 64 MB for a moment; a crowd at the door waits instead of taking all memory."""


def hashed(password: str) -> str:
    """A password as it may be stored."""
    return PasswordHasher().hash(password)


class Passwords:
    def __init__(self) -> None:
        self._nobody = hashed(secrets.token_urlsafe())
        self._room = asyncio.Semaphore(AT_ONCE)

    async def right(self, stored: str | None, typed: str) -> bool:
        """Does the password fit? Without a stored one (nobody of that name) it takes as long and never fits."""
        async with self._room:
            fits = await asyncio.to_thread(_fits, stored or self._nobody, typed)
        return fits and stored is not None


def _fits(stored: str, typed: str) -> bool:
    try:
        return PasswordHasher().verify(stored, typed)
    except (VerificationError, InvalidHashError):
        return False
