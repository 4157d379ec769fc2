"""A look at a live database: everything that its source's file says of it, asked of it.

Whole tables are counted for their codes alone, within the time that an answer may take. What is told of rows are
numbers; values are shown where the register does not call them personal.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, inspect, select, text

from connectors.registers._sql_dialect import Dialect
from connectors.registers._sql_table import Table, parted
from proactive.sources.convert import clean, plain
from proactive.sources.finding import Finding, fine, problem, warning
from proactive.sources.grammar import ColumnMapping
from rules.kinds import Kind

SAMPLE = 500
"""Rows that are mapped to see whether they can be used: those that were changed last."""

MOST_CODES = 200
_SHOWN = 10


def clock(connection: Connection, dialect: Dialect, where: str, *, overlap: float) -> Finding:
    """How far the source's clock is from ours: what it stamps is read by its own time."""
    before = datetime.now(UTC)
    value = connection.execute(select(dialect.clock)).scalar_one()
    after = datetime.now(UTC)
    there = datetime.fromisoformat(value) if isinstance(value, str) else value
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    apart = (there - before - (after - before) / 2).total_seconds()
    if abs(apart) <= max(1.0, overlap):
        return fine(where, f"Its clock is {abs(apart):.1f} s from ours.")
    direction = "ahead of" if apart > 0 else "behind"
    return warning(where, f"Its clock is {abs(apart):.0f} s {direction} ours.", "Let both follow one time server.")


def rights(connection: Connection, one: Table, where: str) -> Iterator[Finding]:
    dialect = one.dialect
    if dialect.rights is None:
        return
    schema, name = parted(one.register.table)
    rows = connection.execute(text(dialect.rights), {"schema": schema, "table": name})
    if writes := sorted({str(row[0]).upper() for row in rows} & dialect.writes):
        yield warning(where, f"The account may {', '.join(writes)}.", "Give it SELECT on this table and nothing else.")
    else:
        yield fine(where, "The account may only read.")


def indexes(connection: Connection, one: Table, where: str) -> Iterator[Finding]:
    schema, name = parted(one.register.table)
    look = inspect(connection)
    if name in look.get_view_names(schema=schema):
        yield warning(
            where, f"{name} is a view: whether it can be searched quickly is not known.",
            "See to indexes on the tables below it, or let it be copied into a table.",
        )  # fmt: skip
        return
    keys = [list(look.get_pk_constraint(name, schema=schema)["constrained_columns"])]
    unique = [keys[0], *(list(one_["column_names"]) for one_ in look.get_unique_constraints(name, schema=schema))]
    for index in look.get_indexes(name, schema=schema):
        columns = [str(column) for column in index["column_names"]]
        keys.append(columns)
        if index.get("unique"):
            unique.append(columns)
    updated, subject = (one.found[column].name for column in (one.updated_column, one.subject_column))
    ours = {one.found[column].name for column in one.key_columns}
    if not any(columns[:1] == [updated] for columns in keys):
        order = ", ".join([updated, *(one.found[column].name for column in one.key_columns)])
        yield warning(where, f"No index begins with {updated}: each look reads the whole table.", f"Index ({order}).")
    if not any(columns[:1] == [subject] for columns in keys):
        yield warning(where, f"No index begins with {subject}: asking about people is slow.", f"Index ({subject}).")
    if not any(columns and set(columns) <= ours for columns in unique):
        why = f"Nothing keeps {', '.join(sorted(ours))} from being there twice."
        yield warning(where, why, "Make it a unique key, or name the columns that are one.")


def codes(connection: Connection, one: Table, where: str) -> Iterator[Finding]:
    schema = one.register.schema
    for name, mapping in one.register.mapper.columns.items():
        kind, known = schema.kinds[name], _known(mapping, schema.kinds[name])
        if known is None or len(mapping.origins) != 1:
            continue
        rows = connection.execute(one.values_of(mapping.origins[0], MOST_CODES)).all()
        strange = {clean(plain(value)): number for value, number in rows if value is not None}
        for code in [code for code in strange if not code or code in known or code in mapping.none_if]:
            del strange[code]
        place = f"{where}.{name}"
        if not strange:
            yield fine(place, f"All {len(rows)} values of {mapping.origins[0]} are known.")
            continue
        shown = "" if kind.personal else f": {', '.join(ascii(code[:20]) for code in list(strange)[:_SHOWN])}"
        why = f"{len(strange)} values of {mapping.origins[0]}, in {sum(strange.values())} rows, are in no table{shown}."
        yield problem(place, why, "List them under `codes`, or say by `unlisted` what becomes of them.")


def _known(mapping: ColumnMapping, kind: Kind) -> frozenset[str] | None:
    """The codes of the source that we understand; None where any may stand."""
    if mapping.codes:
        return None if mapping.unlisted != "refuse" else frozenset(map(clean, mapping.codes))
    return frozenset(kind.codes) if kind.codes else None


def sample(connection: Connection, one: Table, where: str) -> Iterator[Finding]:
    mapper, schema = one.register.mapper, one.register.schema
    rows = connection.execute(one.sample, {"limit": SAMPLE}).all()
    bad, reasons = 0, dict[str, str]()
    counted: Counter[str] = Counter()
    for row in rows:
        mapped = mapper.map(_named(one, row))
        if mapped.deleted:
            continue
        told = {found.where for found in mapped.problems}
        problems = [*mapped.problems, *(found for found in schema.problems(mapped.row) if found.where not in told)]
        bad += bool(problems)
        for found in problems:
            counted[found.where] += 1
            reasons.setdefault(found.where, f"{found.why} {found.mend}")
    if not rows:
        yield warning(where, "It holds no row.", "See whether this is the right table and the right database.")
    elif not bad:
        yield fine(where, f"All of the {len(rows)} rows that were changed last can be used.")
    for column, number in counted.most_common():
        why = f"{number} of the {len(rows)} rows changed last cannot be used. For example: {reasons[column]}"
        finding = problem if number * 2 > len(rows) else warning
        yield finding(f"{where}.{column}", why, "Mend the rows in the source, or this column in the source's file.")


def _named(one: Table, row: Any) -> dict[str, object]:
    return dict(zip(one.names, row, strict=False))


Look = Callable[[Connection, Table, str], Iterator[Finding]]

LOOKS: Mapping[str, Look] = {"rights": rights, "indexes": indexes, "codes": codes, "rows": sample}
"""Everything about one table that is looked at, by what it is called when that cannot be done."""
