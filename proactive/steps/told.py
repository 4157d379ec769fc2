"""Registers that tell us and cannot be asked: what we keep of them is their answer, as long as they are alive.

Alive is: told to its end once, with the columns that services need now, and heard from within its promised rhythm.
Otherwise the journey fails closed, as with a source that does not answer.
"""

from collections.abc import Mapping, Sequence

from proactive.errors import Unreachable
from proactive.ports.clock import Clock
from proactive.ports.register import Told
from proactive.store.hearing import Heard
from proactive.store.records import Kept
from proactive.store.store import Store
from rules import Catalogue

ON_THE_WAY = "A change of this person has just come and is not kept yet."


class ToldRegisters:
    def __init__(self, told: Sequence[Told], *, catalogue: Catalogue, store: Store, clock: Clock) -> None:
        self.registers = {one.register: one for one in told}
        self._catalogue = catalogue
        self._store = store
        self._clock = clock

    async def of(self, subjects: Sequence[str]) -> Mapping[str, Sequence[Kept] | Unreachable]:
        """What is kept of these people in these registers. Raises `Unreachable` when one of them is not alive."""
        if not self.registers or not subjects:
            return {}
        heard = await self._store.hearing.of(self.registers)
        for register, one in self.registers.items():
            if (why := self._silent(one, heard[register])) is not None:
                raise Unreachable(f"The register {register} cannot be relied on: {why}")
        on_the_way = await self._store.ledger.under_way(subjects)
        found = await self._store.records.of(subjects)
        return {
            subject: Unreachable(ON_THE_WAY)
            if subject in on_the_way
            else [one for one in kept if one.register in self.registers]
            for subject, kept in found.items()
        }

    async def other_columns(self) -> list[str]:
        """The registers that were told to their end before services needed the columns that they need now."""
        heard = await self._store.hearing.of(self.registers)
        return [
            register
            for register, one in heard.items()
            if one.columns is not None and not self._catalogue.columns_needed(register) <= one.columns
        ]

    def _silent(self, one: Told, heard: Heard) -> str | None:
        if heard.columns is None:
            return "it has not been told to its end yet."
        if not self._catalogue.columns_needed(one.register) <= heard.columns:
            return "services need other columns of it now; its owner must tell all of it again."
        if heard.at is None or self._clock.now() - heard.at > one.rhythm:
            since = "ever" if heard.at is None else f"since {heard.at:%Y-%m-%d %H:%M} UTC"
            return f"nothing was heard of it {since}, and it promised word every {one.rhythm}."
        return None
