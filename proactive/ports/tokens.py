"""Access to a provider that ends: a pair of tokens, the second of which buys the next pair, once.

What came of asking for a pair is a value. `Unanswered` is the dangerous one: the provider may have given out the next
pair, and used up the token that we asked with, in an answer that never reached us.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Pair:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: datetime
    refresh_until: datetime


@dataclass(frozen=True)
class Given:
    pair: Pair


@dataclass(frozen=True)
class Denied:
    """Surely no. `spent`: the token (or code) that we asked with is used up, too old or unknown to the provider."""

    code: str
    why: str
    spent: bool


@dataclass(frozen=True)
class NotAsked:
    """Surely nothing reached the provider."""

    why: str


@dataclass(frozen=True)
class Unanswered:
    why: str


Answer = Given | Denied | NotAsked | Unanswered


@dataclass(frozen=True)
class Token:
    """What may be used now; `generation` counts the pairs of this account."""

    access: str = field(repr=False)
    generation: int


class Authority(Protocol):
    """Who gives out the tokens of one account of ours. Nothing is asked twice by itself."""

    provider: str
    account: str

    def permission(self, *, challenge: str, state: str) -> str:
        """The address that an administrator opens to permit us access."""

    def verifier(self) -> str:
        """The secret behind a challenge (PKCE), fresh or the one that was registered beforehand."""

    async def exchange(self, code: str, *, verifier: str) -> Answer:
        """The first pair, for the code that the administrator came back with."""

    async def renew(self, refresh: str) -> Answer:
        """The next pair."""

    async def close(self) -> None: ...


class Tokens(Protocol):
    """What an adapter is given to send with."""

    async def current(self) -> Token | None:
        """The access token to use now; None: there is none, or it can't be read. Raises `Unreachable`."""

    async def refused(self, generation: int) -> None:
        """The provider does not take this one (any more): have it renewed before its time."""
