"""A connected register: another system's data, which we read and never write.

A source gives changes in pages after a position, and answers what it holds about given subjects right now.
Guarantee asked of every source: each row that is committed there appears in some page after it was committed; a row may
appear in several pages.

Some owners only tell us, by pushed events, a captured log or files, and nobody there can be asked. Such a register is
`Told`: what we keep of it is its answer, as long as its owner keeps the promise to be heard from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, runtime_checkable

from proactive.domain.change import Change


@dataclass(frozen=True)
class Position:
    """How far a source was read, as the source itself writes it down. Empty: from the beginning."""

    mark: str = ""
    key: str = ""


@dataclass(frozen=True)
class Page:
    """Changes in the order of the source, and the position after the last of them."""

    changes: Sequence[Change]
    position: Position
    more: bool
    word: bool = True
    """Whether the owner's own system was heard of by this; a broker that answers for it is not that system."""


class Readable(Protocol):
    """One register as far as it can be read on. Raises `Unreachable` when the source does not answer."""

    register: str
    waits: bool = False
    """Whether `changes` waits a moment for news by itself: such a source is asked for more at once."""

    async def changes(self, after: Position, *, limit: int) -> Page: ...

    async def close(self) -> None: ...


class RegisterSource(Readable, Protocol):
    """One register as one source offers it, which can be asked too. Raises `Unreachable` as well."""

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        """The rows that the source holds now for each of these subjects (every subject is in the answer)."""


@dataclass(frozen=True)
class Told:
    """A register that tells us and cannot be asked; its owner promises to be heard from at least every `rhythm`."""

    register: str
    rhythm: timedelta


@runtime_checkable
class ComparesKeys(Protocol):
    """What a source can do besides, whose deleted rows are found by comparing keys."""

    async def there(self, keys: Sequence[str]) -> Collection[str]:
        """Those of these keys under which it holds a row right now. Raises `Unreachable`."""
