"""A place in which an office puts its files: we take what is complete, and say beside it what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """A complete file. `content` is at most a little more than what may be sent: whoever reads it refuses that."""

    name: str
    content: bytes


class Inbox(Protocol):
    """The files of one register. Raises `Unreachable` when the place cannot be looked into."""

    register: str
    listing: str
    """full or additions: what it means that a record is not in a file."""
    sender: str
    """Whose files these are: the source's name."""

    async def arrived(self) -> Sequence[Arrived]:
        """Files that are complete, oldest first; they stay until they are put away."""

    async def put_away(self, file: Arrived, *, why: str | None = None, errors: tuple[str, bytes] | None = None) -> None:
        """The file is safe with us (or, with `why`, cannot be used at all). `errors`: (csv or xlsx, refused rows)."""
