"""How much a file may hold. Whatever is larger is refused before it is unpacked, or as soon as it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Cell = str | int | float | bool | date | None
"""A cell as its file has it: a CSV knows text only. A `datetime` is a `date` too."""


@dataclass(frozen=True)
class Limits:
    size: int = 20 * 2**20
    """Bytes of the file."""
    unpacked: int = 150 * 2**20
    """Bytes of all that an XLSX file holds, unpacked."""
    parts: int = 500
    """Files within an XLSX file."""
    rows: int = 150_000
    columns: int = 200
    cell: int = 2000
    """Characters of one cell."""
