"""A source that was read, checked and is ready to be opened: what a connector's `open` is given.

    async def open(source: ConnectedSource, *, shift: timedelta = timedelta()) -> list[RegisterSource]

A connector may bring two pydantic models for what only it understands: `SourceSettings`, for `settings` of the file,
and `RegisterSettings`, for `settings` of one of its registers; without them nothing may stand there. `ONLY_PUSHES =
True` in its file says that it is never asked: then another source may offer the same register.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from proactive.errors import Unusable
from proactive.sources.grammar import Address, RegisterMapping
from proactive.sources.mapper import RowMapper
from rules.register import RegisterSchema

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class ConnectedRegister:
    """One register of a source."""

    schema: RegisterSchema
    mapping: RegisterMapping = field(default_factory=RegisterMapping)
    settings: BaseModel | None = None
    """The connector's own `RegisterSettings`, if it has any."""
    mapper: RowMapper = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mapper", RowMapper(self.mapping, self.schema))

    @property
    def table(self) -> str:
        """What the source calls it; with its schema before a dot where the file says so."""
        return self.mapping.table or self.schema.name


@dataclass(frozen=True, kw_only=True)
class ConnectedSource:
    """A source. Its address, with the password in it, is looked up when it is asked for and is kept nowhere."""

    name: str
    kind: str
    registers: Mapping[str, ConnectedRegister]
    address: Address | str | None = field(default=None, repr=False)
    settings: BaseModel | None = None
    """The connector's own `SourceSettings`, if it has any."""
    place: str = "PROACTIVE_SOURCE_URL"
    """What an operator looks at to mend it: the file, or the setting."""
    folder: Path = Path()
    only_pushes: bool = False

    @property
    def schemas(self) -> Mapping[str, RegisterSchema]:
        return {name: register.schema for name, register in self.registers.items()}

    @property
    def url(self) -> str:
        """The address. Raises `Unusable` saying what to set or to put where."""
        if isinstance(self.address, str):
            return self.address
        if self.address is None:
            raise Unusable(
                f"{self.place} names no address. Write `address: {{env: NAME}}` or `address: {{file: PATH}}`."
            )
        if self.address.env is not None:
            found = os.environ.get(self.address.env, "").strip()
            if not found:
                raise Unusable(f"{self.address.env} is not set: {self.place} says that the source's address is there.")
            return found
        path = self.folder / str(self.address.file)
        try:
            found = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unusable(f"{path} can't be read ({type(error).__name__}): {self.place} names it.") from error
        if not found:
            raise Unusable(f"{path} is empty: {self.place} says that the source's address is in it.")
        return found

    def own(self, model: type[M]) -> M:
        """The connector's own settings, with its defaults where the file has none."""
        return self.settings if isinstance(self.settings, model) else model()


def plainly(
    url: str, *, kind: str, schemas: Mapping[str, RegisterSchema], only_pushes: bool = False
) -> ConnectedSource:
    """One source whose tables and columns are called as the registers are: what PROACTIVE_SOURCE_URL stands for."""
    registers = {name: ConnectedRegister(schema) for name, schema in schemas.items()}
    return ConnectedSource(name=kind, kind=kind, registers=registers, address=url, only_pushes=only_pushes)


def told_plainly(schemas: Mapping[str, RegisterSchema]) -> ConnectedSource:
    """Registers that are pushed under our own names: what PROACTIVE_TOLD_REGISTERS stands for."""
    registers = {name: ConnectedRegister(schema) for name, schema in schemas.items()}
    return ConnectedSource(
        name="push", kind="push", registers=registers, place="PROACTIVE_TOLD_REGISTERS", only_pushes=True
    )


def offered(sources: Collection[ConnectedSource]) -> frozenset[str]:
    """The registers that some source offers."""
    return frozenset(name for source in sources for name in source.registers)


def require_one_each(sources: Collection[ConnectedSource]) -> None:
    """Each register has one source that can be asked. Raises `Unusable`, naming both where there are two."""
    first: dict[str, ConnectedSource] = {}
    for source in sources:
        for name in source.registers if not source.only_pushes else ():
            other = first.setdefault(name, source)
            if other is not source:
                raise Unusable(
                    f"The register {name} is offered by two sources, {other.place} and {source.place}: who of them is "
                    "right could not be told. Take it out of one of them."
                )
