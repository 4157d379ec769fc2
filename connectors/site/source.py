"""The sources of a site: files of the same grammar as the platform's own, opened by the connector of their kind."""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import connectors.registers
from connectors.site.settings import Site
from proactive.errors import Unusable
from proactive.ports.register import RegisterSource
from proactive.sources import ConnectedRegister, load, require_one_each
from proactive.sources.grammar import Deletes
from rules.loader import load_registers

Opens = Callable[[], Awaitable[Sequence[RegisterSource]]]
"""Opens the sources of the registers. Raises `Unusable`."""


@dataclass(frozen=True)
class Sources:
    """The sources of a site, read and checked, and not yet opened."""

    open: Opens
    shapes: Mapping[str, str]
    """For each register, what a row of it is made into; where that changes, all rows must be told anew."""
    deletes: Mapping[str, Deletes]
    """For each register, how it is seen that a row is gone."""


def sources(site: Site, file: Path) -> Sources:
    """The sources that the site's file names. Raises `Unusable` with everything that is wrong with them."""
    found = load(file.parent / site.sources, load_registers(), adapter=_kind)
    require_one_each(found)
    if deaf := [source.place for source in found if source.only_pushes]:
        raise Unusable(f"{', '.join(deaf)}: a source of this kind can't be read at a site, only by the platform.")

    async def opens() -> Sequence[RegisterSource]:
        opened: list[RegisterSource] = []
        try:
            for source in found:
                opened += await _kind(source.kind).open(source)
        except BaseException:
            for register in opened:
                await register.close()
            raise
        return opened

    offered = {name: register for source in found for name, register in source.registers.items()}
    return Sources(
        opens,
        shapes={name: _shape(register) for name, register in offered.items()},
        deletes={name: register.mapping.deletes for name, register in offered.items()},
    )


def _shape(register: ConnectedRegister) -> str:
    filled = {name: one.model_dump_json() for name, one in register.mapper.columns.items()}
    columns = {name: one.type.value for name, one in register.schema.columns.items()}
    said = json.dumps([register.table, filled, columns, register.mapping.deletes.seen], sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _kind(name: str) -> ModuleType:
    """The file in connectors/registers/ that reads sources of this kind."""
    known = sorted(one.name for one in pkgutil.iter_modules(connectors.registers.__path__) if one.name[0] != "_")
    if name not in known:
        raise Unusable(f"Use one of: {', '.join(known)}.")
    return importlib.import_module(f"connectors.registers.{name}")
