"""Where calls for people to make are written down."""

from typing import Protocol
from uuid import UUID


class Calls(Protocol):
    async def add(self, notice_id: UUID) -> None:
        """Write the call of this notice down; the same one again changes nothing. Raises `Unreachable`."""

    async def has(self, notice_id: UUID) -> bool:
        """Raises `Unreachable`."""
