"""A source that only remembers: the double of every register source, for tests and rehearsals."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from proactive.domain.change import Change
from proactive.errors import Unreachable
from proactive.ports.register import ComparesKeys, Page, Position, RegisterSource
from proactive.sources import ConnectedSource


async def open(source: ConnectedSource, *, shift: timedelta = timedelta()) -> list[RegisterSource]:
    """An empty source for each register."""
    return [MemoryRegister(register) for register in source.registers]


@dataclass
class MemoryRegister(RegisterSource, ComparesKeys):
    """Remembers the newest row of each key. `silent`: it does not answer."""

    register: str
    rows: dict[str, Change] = field(default_factory=dict)
    silent: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    """The subjects of each question."""

    def put(self, key: str, subject: str, record: Mapping[str, object], *, version: int) -> Change:
        """A row is created or updated there."""
        change = Change(
            register=self.register,
            key=key,
            subject=subject,
            version=version,
            record=msgspec.Raw(msgspec.json.encode(record)),
        )
        self.rows[key] = change
        return change

    async def changes(self, after: Position, *, limit: int) -> Page:
        self._answer()
        order = sorted(self.rows.values(), key=_place)
        start = bisect_right(order, (int(after.mark), after.key), key=_place) if after.mark else 0
        found = order[start : start + limit]
        position = Position(str(found[-1].version), found[-1].key) if found else after
        return Page(found, position, more=start + limit < len(order))

    async def ask(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Change]]:
        self._answer()
        self.asked.append(tuple(subjects))
        known: dict[str, list[Change]] = {subject: [] for subject in subjects}
        for change in self.rows.values():
            if change.subject in known:
                known[change.subject].append(change)
        return known

    async def there(self, keys: Sequence[str]) -> Collection[str]:
        self._answer()
        return set(keys) & set(self.rows)

    async def close(self) -> None:
        return None

    def _answer(self) -> None:
        if self.silent:
            raise Unreachable(f"The register {self.register} does not answer.")


def _place(change: Change) -> tuple[int, str]:
    return change.version, change.key
