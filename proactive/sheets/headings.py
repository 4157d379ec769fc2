"""Which line of a file holds its headings, and which register column each of them is.

A heading is a column's name in the source's file, or, where a register needs no such file, its name with us or its
title in either language. Capitals, accents, blanks and a star at the end do not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from proactive.sheets.limits import Cell
from proactive.sheets.problems import Unreadable
from rules.register import RegisterSchema

LOOKED_AT = 30
"""Lines that may stand above the headings: titles, signatures, merged cells."""

OURS = frozenset({"loi", "cach sua"})
"""The columns that we add to what was refused."""


def bare(text: object) -> str:
    """A heading as headings are compared."""
    letters = unicodedata.normalize("NFD", str(text).replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.replace("_", " ").lower().split()).strip(" *:")


def names_of(schema: RegisterSchema) -> dict[str, str]:
    """Heading, as compared -> column."""
    found: dict[str, str] = {}
    for name, column in schema.columns.items():
        for heading in (name, column.title.vi, column.title.en):
            found.setdefault(bare(heading), name)
    return found


def found_in(rows: Sequence[Sequence[Cell]], names: Mapping[str, str]) -> tuple[int, dict[int, str], list[str]]:
    """The line's index, the column at each place, and headings that say nothing to us. Raises `Unreadable`."""
    best, most = -1, 0
    for index, row in enumerate(rows[:LOOKED_AT]):
        hits = len({names[bare(cell)] for cell in row if isinstance(cell, str) and bare(cell) in names})
        if hits > most:
            best, most = index, hits
    if best < 0:
        raise Unreadable("No line holds the headings that we look for.", _expected(names))
    columns: dict[int, str] = {}
    unused = []
    for place, cell in enumerate(rows[best]):
        name = names.get(bare(cell)) if cell is not None else None
        if name is None:
            if cell is not None and str(cell).strip() and bare(cell) not in OURS:
                unused.append(str(cell).strip()[:60])
        elif name in columns.values():
            raise Unreadable(f"Two columns have the heading of '{name}'.", "Remove one of them.")
        else:
            columns[place] = name
    return best, columns, unused


def _expected(names: Mapping[str, str]) -> str:
    return f"Give the first line these headings: {', '.join(listed(names.values()))}."


def listed(columns: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(columns))
