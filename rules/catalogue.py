"""All services and registers together, as they were published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.register import RegisterSchema
from rules.service import Service

Version = tuple[str, str]
"""A service's name and the version of its contents."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What is in force at once, and what is kept beside it for those who were told under an older version."""

    services: Mapping[str, Service]
    drafts: Mapping[str, Service]
    versions: Mapping[Version, Service]
    needed: Mapping[str, frozenset[str]]


class Catalogue:
    """The rule book. `services` are the published ones; `drafts` are read and checked, but tell nobody anything.

    It is handed around once and turns a page when another version of a service is activated: whoever looks sees all of
    the old edition or all of the new one. `versions` are other contents of the same services that are still needed.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        registers: Mapping[str, RegisterSchema],
        versions: Iterable[Service] = (),
    ) -> None:
        self.registers: Mapping[str, RegisterSchema] = MappingProxyType(dict(registers))
        self._edition = self._made(services, versions)
        self.aside: Mapping[str, str] = MappingProxyType({})
        """Services of which another version counts, held by somebody else, with ours; empty: we have none of it. What
        falls due of them is left alone, and so are dossiers that were made under another version than ours."""

    @property
    def edition(self) -> Edition:
        """The page that is open. Another object after every turn: what was worked out from the one before is old."""
        return self._edition

    @property
    def services(self) -> Mapping[str, Service]:
        """The services that tell people, each in the version that is in force."""
        return self._edition.services

    @property
    def drafts(self) -> Mapping[str, Service]:
        """The services that are read and checked only."""
        return self._edition.drafts

    @property
    def versions(self) -> Mapping[Version, Service]:
        """All versions that are at hand, the ones in force included."""
        return self._edition.versions

    def turn(self, services: Mapping[str, Service], versions: Iterable[Service] = ()) -> None:
        """From now on these are the services, and these the other versions kept at hand."""
        self._edition = self._made(services, versions)

    def leave(self, aside: Mapping[str, str]) -> None:
        """From now on another version of these counts."""
        self.aside = MappingProxyType(dict(aside))

    def under(self, name: str, version: str) -> Service | None:
        """The service in this version; the one in force where that version is not at hand; None where neither is."""
        edition = self._edition
        return edition.versions.get((name, version)) or edition.services.get(name)

    def kept_beside(self) -> list[str]:
        """The versions at hand that are not in force."""
        edition = self._edition
        return [
            version
            for (name, version), service in edition.versions.items()
            if edition.services.get(name) is not service and edition.drafts.get(name) is not service
        ]

    def connected(self, registers: Collection[str]) -> Catalogue:
        """The same rule book where only these registers are connected: services that look into others must wait."""
        services = {**self.services, **self.drafts}
        return Catalogue(
            {name: service for name, service in services.items() if set(service.registers) <= set(registers)},
            {name: schema for name, schema in self.registers.items() if name in registers},
            [service for service in self.versions.values() if set(service.registers) <= set(registers)],
        )

    def columns_needed(self, register: str) -> frozenset[str]:
        """The columns of a register that published services read, with its key, its subject and its time of update."""
        return self._edition.needed[register]

    def services_watching(self, register: str) -> tuple[Service, ...]:
        """The published services to whom a change of this register may matter."""
        return tuple(service for service in self.services.values() if register in service.registers)

    def _made(self, services: Mapping[str, Service], versions: Iterable[Service]) -> Edition:
        at_hand = {(one.name, one.version): one for one in (*versions, *services.values())}
        needed = {
            register: {schema.key, schema.subject.column, schema.updated} for register, schema in self.registers.items()
        }
        for service in at_hand.values():
            for register, column in service.columns() if service.published else ():
                if register in needed:
                    needed[register].add(column)
        return Edition(
            services=MappingProxyType({name: one for name, one in services.items() if one.published}),
            drafts=MappingProxyType({name: one for name, one in services.items() if not one.published}),
            versions=MappingProxyType(at_hand),
            needed=MappingProxyType({register: frozenset(columns) for register, columns in needed.items()}),
        )
