"""XLSX, read without ever holding all of it: what it unpacks to is looked at before anything is unpacked.

The values of formulas are read as Excel last worked them out; nothing is worked out here.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from openpyxl import load_workbook

from proactive.sheets.limits import Cell, Limits
from proactive.sheets.problems import Unreadable

REFUSED = {
    "vbaproject": "It holds macros.",
    "xl/externallinks/": "It holds links into other files.",
    "xl/embeddings/": "It holds other files.",
    "xl/activex/": "It holds controls.",
}
WITHOUT = "Copy the rows into a new file, as values, and send that."
BROKEN = "It cannot be unpacked: it is damaged, or it is not an Excel file."
MARKUP = b"<!DOCTYPE"


def read(content: bytes, limits: Limits) -> tuple[Iterator[list[Cell]], tuple[str, ...]]:
    """The rows of the first sheet that has any, and what a person should know. Raises `Unreadable`."""
    _looked_through(content, limits)
    try:
        book: Any = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        full = [sheet for sheet in sheets if _has_rows(sheet)]
    except Unreadable:
        raise
    except Exception as error:  # the library raises whatever its many parts raise
        raise Unreadable(BROKEN, WITHOUT) from error
    if not full:
        raise Unreadable("The file is empty.", "Send the file with its rows.")
    notes = () if len(full) == 1 else (f"It has {len(full)} sheets with rows; only {full[0].title[:40]} was read.",)
    return _rows(full[0], limits), notes


def _looked_through(content: bytes, limits: Limits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > limits.parts or sum(part.file_size for part in parts) > limits.unpacked:
                raise Unreadable(f"It unpacks to more than {limits.unpacked // 2**20} MB.", WITHOUT)
            for part in parts:
                name = part.filename.lower()
                for told, why in REFUSED.items():
                    if told in name:
                        raise Unreadable(why, WITHOUT)
                with packed.open(part) as file:
                    if name.endswith((".xml", ".rels")) and MARKUP in file.read(2000).upper():
                        raise Unreadable("It holds definitions that no Excel file has.", WITHOUT)
                    if name == "[content_types].xml" and b"macroenabled" in file.read(100_000).lower():
                        raise Unreadable("It holds macros.", WITHOUT)
            if "xl/workbook.xml" not in {part.filename for part in parts}:
                raise Unreadable(BROKEN, WITHOUT)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unreadable(BROKEN, WITHOUT) from error


def _has_rows(sheet: Any) -> bool:
    sheet.reset_dimensions()  # what a sheet says of its own size is not believed
    rows = sheet.iter_rows(min_row=1, max_row=200, max_col=50, values_only=True)
    return any(value is not None for row in rows for value in row)


def _rows(sheet: Any, limits: Limits) -> Iterator[list[Cell]]:
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            while row and row[-1] is None:
                row = row[:-1]  # noqa: PLW2901  a row that is styled to the end of the sheet
            if number > limits.rows + 1000 and row:
                raise Unreadable(f"It has more than {limits.rows} rows.", "Split it into several files.")
            if len(row) > limits.columns:
                raise Unreadable(f"It has more than {limits.columns} columns.", "Remove what is not needed.")
            for cell in row:
                if isinstance(cell, str) and len(cell) > limits.cell:
                    raise Unreadable(
                        f"Line {number} holds a cell of more than {limits.cell} characters.", "Shorten that cell."
                    )
            yield [_plain(cell) for cell in row]
    except Unreadable:
        raise
    except Exception as error:  # as above
        raise Unreadable(BROKEN, WITHOUT) from error


def _plain(cell: Any) -> Cell:
    if cell is None or isinstance(cell, str | int | float | bool) or hasattr(cell, "year"):
        return cell  # type: ignore[no-any-return]  # one of the kinds of `Cell`
    return str(cell)
