"""Rows of a table whose columns people have named: by our name of the column, wherever its heading stands."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from proactive.sheets.opening import opened
from proactive.sheets.problems import Unreadable

LOOKED_AT = 20
"""Lines within which the headings must stand."""


def named_rows(
    content: bytes,
    *,
    columns: Callable[[Sequence[object]], Mapping[int, str]],
    known_by: Collection[str],
    needed: Mapping[str, str],
    mend: str,
    otherwise: Unreadable,
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by name) of every line of a CSV or XLSX file that is not empty.

    A line with the columns `known_by` is that of the headings. Raises `Unreadable` where one of `needed` (name -> as it
    is told) is missing, saying `mend`; and `otherwise` where there are no headings.
    """
    places: Mapping[int, str] = {}
    for number, cells in enumerate(opened(content).rows, 1):
        if places:
            row = {name: _text(cells[place]) for place, name in places.items() if place < len(cells)}
            if any(row.values()):
                yield number, row
            continue
        found = columns(cells)
        if set(known_by) <= set(found.values()):
            places = found
            if missing := [told for name, told in needed.items() if name not in places.values()]:
                raise Unreadable(f"Columns are missing: {', '.join(missing)}.", mend)
        elif number >= LOOKED_AT:
            break
    if not places:
        raise otherwise


def _text(cell: object) -> str:
    """A number as it stands in its cell: 12500.0 is 12500, and 1.001193 keeps all its places."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
