"""The question that a slice of a register is asked: of each row, which expectations it falls short of, as bits.

Names of columns come from the rules and are letters, digits and underscores; every value is a parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

SAMPLES = 5
"""Rows of one kind whose keys a slice gives back."""

BLANKS = "\t\n\r\u00a0\u200b"
"""What looks like a space, or like nothing, and is not one."""

IN_A_NUMBER = " .-()"
"""What stands between the digits of most numbers: taking it out costs a tenth of what a pattern costs."""


class Expected(Protocol):
    """One thing that is expected of each row, as the rules say it."""

    @property
    def sort(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def column(self) -> str | None: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def register(self) -> str | None: ...
    @property
    def other(self) -> str | None: ...
    @property
    def unless(self) -> tuple[Mapping[str, tuple[str, ...]], ...]: ...
    @property
    def spelt(self) -> bool: ...
    @property
    def refused(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What the words of the expectations mean, as the rules have it."""

    units: Sequence[str]
    """Codes of the units that there are today."""
    reachable: str
    not_in_a_number: str
    """Patterns: what a number that can get a message looks like, and what is left out of one before."""
    missing: Sequence[str]
    unkeepable: str
    """Sentences of problems that say that something is not there, or cannot be kept."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """The register that is looked over."""

    name: str
    updated: str
    columns: Sequence[str]


def statement(register: Register, expected: Sequence[Expected]) -> str:
    columns = {column for one in expected for column in one.columns} | {register.updated}
    others = sorted({one.register for one in expected if one.register is not None})
    parts = [f"slice AS MATERIALIZED ({_rows(columns, 'register')})"]
    for number, name in enumerate(others):
        names = {one.other for one in expected if one.register == name and one.other is not None}
        lists = "".join(f', array_agg("{n}") FILTER (WHERE "{n}" IS NOT NULL) AS "{n}"' for n in sorted(names))
        rows = _rows(names, f"other{number}")
        parts.append(f"o{number} AS MATERIALIZED (SELECT subject{lists} FROM ({rows}) r GROUP BY subject)")
    bits = " + ".join(
        f"CASE WHEN {_falls_short(one, number, others)} THEN {1 << number}::bigint ELSE 0 END"
        for number, one in enumerate(expected)
        if not one.refused
    )
    joins = " ".join(f"LEFT JOIN o{number} USING (subject)" for number in range(len(others)))
    parts.append(
        f'marked AS (SELECT s.key, CAST(s."{register.updated}" AS timestamptz) AS changed_at, '
        f"{bits or '0::bigint'} AS mask FROM slice s {joins})"
    )
    return (
        f"WITH {', '.join(parts)} SELECT mask, count(*), max(changed_at) FILTER (WHERE changed_at <= :now), "
        f"(array_agg(key ORDER BY key) FILTER (WHERE mask <> 0))[1:{SAMPLES}] FROM marked GROUP BY mask"
    )


def _rows(columns: set[str], register: str) -> str:
    """The living rows of some people, with these columns as text."""
    where = f"r.register = :{register} AND NOT r.deleted AND r.subject > :after AND r.subject <= :upto"
    if not columns:
        return f"SELECT r.key, r.subject FROM record r WHERE {where}"
    listed = ", ".join(f'"{name}" text' for name in sorted(columns))
    return f"SELECT r.key, r.subject, c.* FROM record r, json_to_record(r.body) AS c({listed}) WHERE {where}"


def _falls_short(one: Expected, number: int, others: Sequence[str]) -> str:
    """The condition under which a row `s` does not meet this expectation."""
    value = f's."{one.column}"'
    match one.sort:
        case "agrees_with":
            said = f'o{others.index(one.register or "")}."{one.other}"'
            same = f"{_lower('x')} = {_lower(value)} OR {_plain('x')} = {_plain(value)}"  # the cheap question first
            alike = f"EXISTS (SELECT FROM unnest({said}) x WHERE {same})"
            other = f"NOT {alike}" if one.spelt else "true"
            return f"CASE WHEN {value} IS NULL OR {said} IS NULL OR {value} = ANY({said}) THEN false ELSE {other} END"
        case "known_in":
            return f"o{others.index(one.register or '')}.subject IS NULL"
        case "past":
            return f"substr({value}, 1, 10) > :today"
        case "units":
            return f"NOT {value} = ANY(CAST(:units AS text[]))"
        case "filled":
            rows = (
                " AND ".join(f's."{column}" = ANY(CAST(:u{number}_{i}_{column} AS text[]))' for column in part)
                for i, part in enumerate(one.unless)
            )
            excused = "".join(f" AND ({row}) IS NOT TRUE" for row in rows)
            return f"coalesce(btrim({value}), '') = ''{excused}"
        case "once":
            there = " AND ".join(f's."{name}" IS NOT NULL' for name in one.columns)
            group = ", ".join(f's."{name}"' for name in one.columns)
            return f"{there} AND row_number() OVER (PARTITION BY {group} ORDER BY s.key) > 1"
        case "tidy":
            stray = f"{value} <> btrim(translate({value}, :blanks, '')) OR strpos({value}, '  ') > 0"
            return f"{stray} OR {value} IS NOT NFC NORMALIZED"
        case "reachable":
            digits = f"regexp_replace({value}, :not_in_a_number, '', 'g')"
            good = f"{value} IS NULL OR {value} = '' OR translate({value}, :in_a_number, '') ~ :reachable"
            return f"CASE WHEN {good} THEN false ELSE {digits} !~ :reachable END"
        case _:
            return "false"


def _plain(value: str) -> str:
    """As `rules.alike.plain` writes text, whatever the database's own collation is."""
    return _lower(rf"btrim(regexp_replace(normalize({value}, NFC), '\s+', ' ', 'g'))")


def _lower(value: str) -> str:
    return f"lower({value} COLLATE pg_c_utf8)"


def values_of(
    register: Register, expected: Sequence[Expected], meaning: Meaning, now: datetime, today: date
) -> dict[str, object]:
    others = sorted({one.register for one in expected if one.register is not None})
    words: dict[str, dict[str, object]] = {
        "past": {"today": today.isoformat()},
        "units": {"units": list(meaning.units)},
        "tidy": {"blanks": BLANKS},
        "reachable": {
            "in_a_number": IN_A_NUMBER, "not_in_a_number": meaning.not_in_a_number, "reachable": meaning.reachable,
        },
    }  # fmt: skip
    values: dict[str, object] = {"register": register.name, "now": now}
    values |= {f"other{number}": name for number, name in enumerate(others)}
    for number, one in enumerate(expected):
        values |= words.get(one.sort, {})
        for i, part in enumerate(one.unless):
            values |= {f"u{number}_{i}_{column}": list(codes) for column, codes in part.items()}
    return values
