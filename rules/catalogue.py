"""All services and registers together, as they were published."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from rules.register import RegisterSchema
from rules.service import Service


class Catalogue:
    """The rule book. `services` are the published ones; `drafts` are read and checked, but tell nobody anything."""

    def __init__(self, services: Mapping[str, Service], registers: Mapping[str, RegisterSchema]) -> None:
        self.registers: Mapping[str, RegisterSchema] = MappingProxyType(dict(registers))
        self.services: Mapping[str, Service] = MappingProxyType({n: s for n, s in services.items() if s.published})
        self.drafts: Mapping[str, Service] = MappingProxyType({n: s for n, s in services.items() if not s.published})
        self._needed: dict[str, frozenset[str]] = {}
        for register, schema in registers.items():
            read = {
                column for service in self.services.values() for where, column in service.columns() if where == register
            }
            self._needed[register] = frozenset({*read, schema.key, schema.subject.column, schema.updated})

    def connected(self, registers: Collection[str]) -> Catalogue:
        """The same rule book where only these registers are connected: services that look into others must wait."""
        services = {**self.services, **self.drafts}
        return Catalogue(
            {name: service for name, service in services.items() if set(service.registers) <= set(registers)},
            {name: schema for name, schema in self.registers.items() if name in registers},
        )

    def columns_needed(self, register: str) -> frozenset[str]:
        """The columns of a register that published services read, with its key, its subject and its time of update."""
        return self._needed[register]

    def services_watching(self, register: str) -> tuple[Service, ...]:
        """The published services to whom a change of this register may matter."""
        return tuple(service for service in self.services.values() if register in service.registers)
