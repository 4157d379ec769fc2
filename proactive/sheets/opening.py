"""A file's bytes as rows of cells, whatever it is, within limits that keep memory bounded.

What a file is says its content, never its name. What holds macros, links into other files or a password is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proactive.sheets import delimited, workbook
from proactive.sheets.limits import Cell, Limits
from proactive.sheets.problems import Unreadable

__all__ = ["Limits", "Table", "opened"]

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Table:
    """The rows of a file, to be read once and in order."""

    kind: str
    """csv or xlsx."""
    delimiter: str
    """What stands between the cells of a CSV; empty for XLSX."""
    rows: Iterator[list[Cell]]
    notes: tuple[str, ...] = ()
    """What a person should know about how it was read, in English (see `rules/vietnamese.py`)."""


def opened(content: bytes, *, limits: Limits | None = None) -> Table:
    """The table in this file. Raises `Unreadable`, also while its rows are read."""
    limits = limits or Limits()
    if not content.strip(b"\x00 \t\r\n"):
        raise Unreadable("The file is empty.", "Send the file with its rows.")
    if len(content) > limits.size:
        raise Unreadable(f"The file is larger than {limits.size // 2**20} MB.", "Split it into several files.")
    if content.startswith(OLD_OFFICE):
        raise Unreadable(
            "It is an old Excel file (.xls), or one with a password.", "Save it as .xlsx without a password."
        )
    if content.startswith(b"PK"):
        return Table("xlsx", "", *workbook.read(content, limits))
    if content.lstrip()[:5].lower() in (b"%pdf-", b"<html", b"<!doc", b"<?xml", b"{\\rtf"):
        raise Unreadable("It is not a table: it is a document or a web page.", "Send it as .xlsx or .csv.")
    delimiter, rows, notes = delimited.read(content, limits)
    return Table("csv", delimiter, rows, notes)
