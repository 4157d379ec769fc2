"""Rows of a source as rows of a register. Every way that data comes in uses this: polling, logs, files, connectors.

    mapper = RowMapper(mapping, schema)          # once a register: it is compiled here
    mapped = mapper.map({"SO_GPLX": "48…", "NGAY_HH": "31/12/2026"})
    mapped.row          {"licence_no": "48…", "expires_on": date(2026, 12, 31)}
    mapped.problems     [] or everything that could not be converted, each with where, why and how to mend it
    mapped.deleted      whether the row is marked as deleted
    mapper.change(row, version=…)                # the same as a `Change`, ready for `proactive.changes`

What is given is a mapping of the source's column names to what its driver, file or message holds: values of Python, or
text. What comes out can be encoded as JSON by msgspec. A value that cannot be converted stands in the row as its text,
so that whoever reads the refused row sees what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from proactive.domain.change import Change, Fault, Op
from proactive.sources.convert import Unfit, clean, converter, plain
from proactive.sources.grammar import ColumnMapping, RegisterMapping, Seen
from rules.kinds import ColumnType, Kind
from rules.problem import Problem
from rules.register import RegisterSchema

Row = Mapping[str, object]


class Mapped(NamedTuple):
    """A row of the register, and what was wrong with the source's."""

    row: dict[str, object]
    problems: list[Problem]
    deleted: bool


class RowMapper:
    """Made once a register; then a few microseconds a row."""

    def __init__(self, mapping: RegisterMapping, schema: RegisterSchema) -> None:
        """Raises ValueError where the mapping cannot be meant; `flaws` says what is wrong in all of it."""
        self.schema = schema
        self.columns: Mapping[str, ColumnMapping] = filled(mapping, schema)
        """How each register column is filled."""
        deletes = mapping.deletes
        mark = deletes.column if deletes.seen is Seen.MARKED else None
        self.reads: tuple[str, ...] = tuple(
            dict.fromkeys([*(name for one in self.columns.values() for name in one.origins), *([mark] if mark else [])])
        )
        """The columns of the source that are read."""
        self._mark, self._marks = mark, frozenset(map(clean, deletes.is_))
        self._fill = [
            (name, schema.kinds[name], *_compiled(one, schema.kinds[name])) for name, one in self.columns.items()
        ]

    def map(self, source: Row) -> Mapped:
        """One row. A column that the source's row has not counts as empty."""
        row: dict[str, object] = {}
        problems: list[Problem] = []
        get = source.get
        for name, kind, origin, pick, convert in self._fill:
            value: object = None
            try:
                value = get(origin) if pick is None else pick(source)
                row[name] = None if value is None else convert(value)
            except Unfit as unfit:
                row[name] = None if value is None else str(value)
                problems.append(Problem(name, f"{kind.shown(value)} {unfit.why}", unfit.mend))
        deleted = False
        if self._mark is not None:
            mark = get(self._mark)
            deleted = mark is not None and clean(plain(mark)) in self._marks
        return Mapped(row, problems, deleted)

    def change(self, source: Row, *, version: int, op: Op = Op.UPSERT) -> Change:
        """One row as a change. Its problems travel with it, and whoever recognises it refuses it with them."""
        mapped = self.map(source)
        row, schema = mapped.row, self.schema
        return Change(
            register=schema.name,
            key=_text(row.get(schema.key)),
            subject=_text(row.get(schema.subject.column)),
            version=version,
            op=Op.DELETE if mapped.deleted else op,
            record=msgspec.Raw(_encode(row)),
            faults=tuple(Fault(one.where, one.why, one.mend) for one in mapped.problems),
        )

    def key(self, source: Row) -> str:
        """The register's key of a row, of which only the key's columns are needed."""
        mapping = self.columns[self.schema.key]
        _, pick, convert = _compiled(mapping, self.schema.kinds[self.schema.key])
        value = source.get(mapping.origins[0]) if pick is None else pick(source)
        return "" if value is None else _text(convert(value))

    def keys_of(self, key: str) -> dict[str, str] | None:
        """The source's key columns with their values, of a register's key; None where that cannot be told."""
        mapping = self.columns[self.schema.key]
        origins = mapping.origins
        if not mapping.plain or not origins:
            return None
        parts = [key] if len(origins) == 1 else key.split(mapping.separator)
        return dict(zip(origins, parts, strict=True)) if len(parts) == len(origins) else None


_encode = msgspec.json.Encoder().encode


def _text(value: object) -> str:
    return "" if value is None else str(value)


def filled(mapping: RegisterMapping, schema: RegisterSchema) -> Mapping[str, ColumnMapping]:
    """How each register column is filled, also where the file leaves that out."""
    if mapping.columns is not None:
        return {name: one for name, one in mapping.columns.items() if name in schema.columns}
    return {name: ColumnMapping.model_validate({"from": name, "clean": False}) for name in schema.columns}


Compiled = tuple[str, Callable[[Row], object] | None, Callable[[object], object]]
"""The one column it comes from, or what picks its value from the row; then its converter."""


def _compiled(mapping: ColumnMapping, kind: Kind) -> Compiled:
    if mapping.fixed is not None:
        value = plain(mapping.fixed) if kind.type not in (ColumnType.INTEGER, ColumnType.BOOLEAN) else mapping.fixed
        return "", lambda _row: value, converter(mapping, kind.type)
    convert = converter(mapping, kind.type)
    if mapping.columns_from is not None:
        return mapping.columns_from, None, convert
    return "", _joined(mapping), convert


def _joined(mapping: ColumnMapping) -> Callable[[Row], object]:
    origins, separator = mapping.join or (), mapping.separator

    def pick(row: Row) -> object:
        parts = [clean(plain(value)) for name in origins if (value := row.get(name)) is not None]
        parts = [part for part in parts if part]
        return separator.join(parts) if parts else None

    return pick
