"""Reads a folder of sources, and lists everything that is wrong with them: file, line, why, how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from proactive.errors import Unusable
from proactive.sources.connected import ConnectedRegister, ConnectedSource
from proactive.sources.convert import converter
from proactive.sources.grammar import RegisterMapping, Seen, SourceText
from rules import source
from rules.parsing import keys_of, parse
from rules.problem import Problem
from rules.register import RegisterSchema
from rules.source import Loc, Source

Adapter = Callable[[str], ModuleType]
"""The connector of a kind, found by its name. Raises `Unusable`."""


@dataclass
class _Reading:
    """One file under way: its text, and what was found wrong so far."""

    text: Source
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, loc: Loc, why: str, mend: str) -> None:
        self.problems.append(self.text.problem(loc, why, mend))


def load(folder: Path, schemas: Mapping[str, RegisterSchema], *, adapter: Adapter) -> list[ConnectedSource]:
    """All sources of a folder, in the order of their names. Raises `Unusable` with every problem."""
    sources, problems = read(folder, schemas, adapter=adapter)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise Unusable(f"The sources in {folder} cannot be used:\n{listed}")
    return sources


def read(
    folder: Path, schemas: Mapping[str, RegisterSchema], *, adapter: Adapter
) -> tuple[list[ConnectedSource], list[Problem]]:
    """The sources that can be used, and everything that is wrong with the others."""
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not files:
        mend = "Put a file a source there, such as police.yaml, or unset PROACTIVE_SOURCES."
        return [], [Problem("folder", "It holds no source.", mend, str(folder), 1)]
    found, problems = [], []
    for path in files:
        one, wrong = _file(path, schemas, adapter)
        problems += wrong
        if one is not None and not wrong:
            found.append(one)
    return found, problems


def _file(
    path: Path, schemas: Mapping[str, RegisterSchema], adapter: Adapter
) -> tuple[ConnectedSource | None, list[Problem]]:
    text, problems = source.read(path, f"{path.parent.name}/{path.name}")
    if text is None:
        return None, problems
    reading = _Reading(text, problems)
    about, wrong = parse(SourceText, text, keys=_keys)
    reading.problems += wrong
    if about is None:
        return None, reading.problems
    try:
        module = adapter(about.kind)
    except Unusable as error:
        reading.wrong(("kind",), f"'{about.kind}' is no kind of source.", str(error))
        return None, reading.problems
    settings = _settings(reading, about.settings, module, "SourceSettings", ("settings",))
    registers = {}
    for name, mapping in about.registers.items():
        schema = schemas.get(name)
        if schema is None:
            near = difflib.get_close_matches(name, schemas, n=1)
            mend = f"Did you mean `{near[0]}`?" if near else "Its file belongs into rules/registers; or take it out."
            reading.wrong(("registers", name), f"There is no register '{name}'.", mend)
            continue
        before = len(reading.problems)
        _flaws(reading, name, mapping, schema)
        own = _settings(reading, mapping.settings, module, "RegisterSettings", ("registers", name, "settings"))
        if len(reading.problems) == before:
            registers[name] = ConnectedRegister(schema, mapping, own)
    made = ConnectedSource(
        name=path.stem, kind=about.kind, registers=registers, address=about.address, settings=settings,
        place=text.file, folder=path.parent, only_pushes=bool(getattr(module, "ONLY_PUSHES", False)),
    )  # fmt: skip
    return made, reading.problems


def _flaws(reading: _Reading, name: str, mapping: RegisterMapping, schema: RegisterSchema) -> None:
    at: Loc = ("registers", name)
    for column, one in (mapping.columns or {}).items():
        if column not in schema.columns:
            near = difflib.get_close_matches(column, schema.columns, n=1)
            mend = f"Did you mean `{near[0]}`?" if near else f"Take it out; it has {', '.join(schema.columns)}."
            reading.wrong((*at, "columns", column), f"The register {name} has no column '{column}'.", mend)
            continue
        kind = schema.kinds[column]
        try:
            converter(one, kind.type)
        except ValueError as error:
            reading.wrong((*at, "columns", column), f"{error}.", "See docs/adding-a-register.md.")
        known = set(kind.codes or ())
        made = [*one.codes.values(), *([str(one.fixed)] if one.fixed is not None else [])]
        if unknown := sorted({code for code in made if known and code not in known}):
            mend = f"Use one of: {', '.join(kind.codes or ())}."
            reading.wrong((*at, "columns", column), f"{', '.join(unknown)} is no code of '{column}'.", mend)
    if mapping.columns is not None:
        missing = [column for column, one in schema.columns.items() if one.required and column not in mapping.columns]
        for column in missing:
            why = f"The required column '{column}' of the register {name} is filled by nothing."
            reading.wrong((*at, "columns"), why, f"Write `{column}: NAME_IN_THE_SOURCE`, or `fixed` for every row.")
    key = (mapping.columns or {}).get(schema.key)
    if mapping.deletes.seen is Seen.COMPARED and key is not None and not key.plain:
        why = "Keys can be compared only where the source's own value can be told from ours."
        reading.wrong((*at, "columns", schema.key), why, "Fill the key by `from` or `join` alone.")


def _settings(reading: _Reading, given: Mapping[str, Any], module: ModuleType, name: str, at: Loc) -> BaseModel | None:
    """What only the connector understands, by the model that its file brings."""
    model = getattr(module, name, None)
    if model is None:
        if given:
            kind = module.__name__.rpartition(".")[2]
            reading.wrong(at, f"A source of kind {kind} has no settings of its own here.", "Take them out.")
        return None
    if not given:
        found, problems = _default(model, reading.text, at)
    else:
        found, problems = parse(model, reading.text, keys=lambda: keys_of(model), at=at)
    reading.problems += problems
    return found


def _default(model: type[BaseModel], text: Source, at: Loc) -> tuple[BaseModel | None, list[Problem]]:
    needed = [name for name, one in model.model_fields.items() if one.is_required()]
    if needed:
        return None, [text.problem((*at, name), "It is missing.", f"Write `{name}` under settings.") for name in needed]
    return model(), []


@cache
def _keys() -> frozenset[str]:
    return keys_of(SourceText)
