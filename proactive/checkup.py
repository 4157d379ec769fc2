"""A look at every configured source as it is right now, and at which services can work with what is connected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from types import ModuleType

from proactive.errors import ProactiveError, Unusable
from proactive.parts import configured, connector, rule_book
from proactive.settings import Settings
from proactive.sources import ConnectedSource, offered, read
from proactive.sources.finding import Finding, Level, fine, problem
from rules import Catalogue


@dataclass(frozen=True)
class Checkup:
    """What was found, and for each service the registers that are missing for it."""

    findings: Sequence[Finding]
    services: Mapping[str, Sequence[str]]

    @property
    def healthy(self) -> bool:
        """No problem; there may be warnings."""
        return not any(one.level is Level.PROBLEM for one in self.findings)

    @property
    def words(self) -> str:
        number = {level: sum(one.level is level for one in self.findings) for level in Level}
        return f"{number[Level.PROBLEM]} problems, {number[Level.WARNING]} warnings, {number[Level.FINE]} fine."

    def plain(self) -> dict[str, object]:
        """As programs may read it."""
        services = [
            {"service": name, "connected": not missing, "missing": list(missing)}
            for name, missing in self.services.items()
        ]
        return {"healthy": self.healthy, "findings": [asdict(one) for one in self.findings], "services": services}


async def examined(settings: Settings) -> Checkup:
    """Look at all of it. Raises `Unusable` where no source is set."""
    if not settings.has_source:
        raise Unusable("No source is set. Set PROACTIVE_SOURCES (a folder) or PROACTIVE_SOURCE_URL.")
    catalogue = rule_book()
    sources, findings = _sources(settings, catalogue)
    for source in sources:
        findings += await _looked_at(source, connector(source.kind), shift=settings.shift)
    return Checkup(findings, _services(catalogue, offered(sources)))


def _sources(settings: Settings, catalogue: Catalogue) -> tuple[list[ConnectedSource], list[Finding]]:
    """The sources that can be looked at, and what is wrong with the files of the others."""
    try:
        return configured(settings, catalogue.registers), []
    except Unusable as error:
        if settings.sources is None:
            raise
        sources, problems = read(settings.sources, catalogue.registers, adapter=connector)
        found = [problem(f"{one.file}:{one.line}: {one.where}", one.why, one.mend) for one in problems]
        return sources, found or [problem(str(settings.sources), str(error), "Mend it, then look again.")]


async def _looked_at(source: ConnectedSource, module: ModuleType, *, shift: timedelta) -> list[Finding]:
    """By the connector's own look where it has one; else by opening it as the worker would."""
    try:
        if (examine := getattr(module, "examine", None)) is not None:
            return list(await examine(source))
        for register in await module.open(source, shift=shift):
            await register.close()
    except ProactiveError as error:
        return [problem(source.place, str(error), "Mend it, then look again.")]
    return [fine(source.place, f"It can be opened, with {', '.join(source.registers)}.")]


def _services(catalogue: Catalogue, connected: frozenset[str]) -> dict[str, list[str]]:
    services = {**catalogue.services, **catalogue.drafts}
    return {name: sorted(set(one.registers) - connected) for name, one in services.items()}
