"""Citizens for a simulated year: each service's own cases, moved to any day and given to new people."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

import rules
from rules import Catalogue
from rules.offices import units
from rules.register import RegisterSchema

RULES = Path(rules.__file__).parent
PERSON = re.compile(r"0[0-9]{11}")
PREFIXES = ("0901", "0905", "0912", "0935", "0977", "0983", "0868", "0796")
LONG_AGO = datetime(2025, 6, 1, tzinfo=UTC)

Rows = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Template:
    """The records of one case that falls due, and the day on which it does."""

    service: str
    on: date
    records: Mapping[str, list[dict[str, Any]]]


def templates(catalogue: Catalogue) -> list[Template]:
    """Every case of every published service that comes out due."""
    found = []
    for name in sorted(catalogue.services):
        written = yaml.safe_load((RULES / name / "cases.yaml").read_text(encoding="utf-8"))
        for case in written["cases"] if isinstance(written, dict) else written:
            if case["expect"]["due"]:
                rows = {k: v if isinstance(v, list) else [v] for k, v in case["records"].items()}
                found.append(Template(name, case[True], rows))  # YAML reads `on` as true
    return found


def citizens(
    catalogue: Catalogue, number: int, *, first: date, days: int, chance: random.Random
) -> Iterator[tuple[str, Rows]]:
    """(whose affair it is, the rows of all registers) of so many people, due on some day from `first` on."""
    by_service: dict[str, list[Template]] = {}
    for one in templates(catalogue):
        by_service.setdefault(one.service, []).append(one)
    services = sorted(by_service)
    for n in range(1, number + 1):
        template = chance.choice(by_service[services[n % len(services)]])
        shift = first + timedelta(days=chance.randrange(days)) - template.on
        yield _person(catalogue, template, n, shift, chance)


def _person(
    catalogue: Catalogue, template: Template, n: int, shift: timedelta, chance: random.Random
) -> tuple[str, Rows]:
    ids: dict[str, str] = {}
    found: Rows = []
    main = catalogue.services[template.service].register
    for register, rows in template.records.items():
        schema = catalogue.registers[register]
        for row in rows:
            found.append((register, _row(schema, row, n, shift, ids)))
    holder = next(row for register, row in found if register == main)[catalogue.registers[main].subject.column]
    if not any(register == "residents" and row["personal_id"] == holder for register, row in found):
        found.append(("residents", _row(catalogue.registers["residents"], {"personal_id": holder}, n, shift, {})))
    unit = chance.choice(sorted(code for code, one in units().items() if one.valid_to is None))
    phone = None if n % 40 == 0 else f"{chance.choice(PREFIXES)}{n * 7919 % 1_000_000:06d}"
    for register, row in found:
        if register == "residents" and row["personal_id"] == holder:
            row["unit_code"] = unit
        row |= {name: phone for name, one in catalogue.registers[register].columns.items() if one.type == "phone"}
    return str(holder), found


def _row(
    schema: RegisterSchema, row: Mapping[str, Any], n: int, shift: timedelta, ids: dict[str, str]
) -> dict[str, Any]:
    """The row, moved in time and given to somebody else; what a register must have besides is made up."""
    made = {name: _moved(value, n, shift, ids) for name, value in row.items()}
    key = str(made.get(schema.key) or f"{n:010d}")
    if schema.key != "personal_id":
        key = re.sub(r"[0-9]{6}$", f"{n:06d}", key) if re.search(r"[0-9]{6}$", key) else f"{key}{n}"
    made[schema.key] = key
    for name, column in schema.columns.items():
        if name == schema.updated:
            made[name] = LONG_AGO.isoformat()
        elif column.required and made.get(name) is None:
            kind = column.kind(name)
            made[name] = (
                kind.codes[0] if kind.codes
                else f"048{n:09d}" if column.type == "personal_id"
                else (date(2020, 1, 1) + shift).isoformat() if column.type == "date"
                else 1 if column.type == "integer"
                else f"NGUYỄN VĂN A{n}"
            )  # fmt: skip
    return made


def _moved(value: Any, n: int, shift: timedelta, ids: dict[str, str]) -> Any:
    if isinstance(value, datetime):
        return (value + shift).isoformat()
    if isinstance(value, date):
        return datetime.combine(value + shift, time()).date().isoformat()
    if isinstance(value, str) and PERSON.fullmatch(value):
        return ids.setdefault(value, f"048{n:07d}{len(ids):02d}")
    return value
