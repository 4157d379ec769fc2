"""The sources of a site: files of the same grammar as the platform's own, opened by the connector of their kind."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import ModuleType

import connectors.registers
from connectors.site.settings import Site
from proactive.errors import Unusable
from proactive.ports.register import RegisterSource
from proactive.sources import load, require_one_each
from rules.loader import load_registers

Opens = Callable[[], Awaitable[Sequence[RegisterSource]]]
"""Opens the sources of the registers. Raises `Unusable`."""


def opener(site: Site, file: Path) -> Opens:
    """What opens the site's sources, read and checked already. Raises `Unusable` with everything that is wrong."""
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

    return opens


def _kind(name: str) -> ModuleType:
    """The file in connectors/registers/ that reads sources of this kind."""
    known = sorted(one.name for one in pkgutil.iter_modules(connectors.registers.__path__) if one.name[0] != "_")
    if name not in known:
        raise Unusable(f"Use one of: {', '.join(known)}.")
    return importlib.import_module(f"connectors.registers.{name}")
