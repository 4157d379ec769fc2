"""Reads what is stored of a person as one or several versions of a service want to see it."""

from collections.abc import Sequence

from proactive.store.population import Known
from rules import Catalogue, RegisterSchema, Service

Rows = dict[str, list[dict[str, object]]]


class Reader:
    """For services that are asked about the same people: every record is read once."""

    def __init__(self, services: Sequence[Service], catalogue: Catalogue) -> None:
        wanted: dict[str, set[str]] = {}
        for service in services:
            for register, schema in service.judged.items():
                wanted.setdefault(register, set()).update(schema.columns)
            if (unit := service.decision.unit) is not None:
                wanted.setdefault(unit.register_name, set()).add(unit.column)
        schemas: dict[str, RegisterSchema] = {
            register: catalogue.registers[register].cut(columns) for register, columns in wanted.items()
        }
        self.registers = tuple(schemas)
        self._read = {register: schema.read for register, schema in schemas.items()}
        self.not_kept = sorted(
            f"{register}.{column}"
            for register, columns in wanted.items()
            for column in columns - catalogue.columns_needed(register)
        )
        """Columns that these services look at and that are not kept, because no service in force needs them."""

    def read(self, known: Known) -> Rows:
        """The rows by register. Raises `BadRow` where what is kept is not enough."""
        found: Rows = {register: [] for register in self.registers}
        for register, body in known:
            found[register].append(self._read[register](body))
        return found
