"""What was refused, written back as the kind of file that came, with what is wrong and how to mend it beside each row.

Nothing in it is a formula to any spreadsheet: in a CSV such text gets a sign in front, which reading takes off again;
in XLSX every text is written as text. An id stays text, so that its leading nought survives; in a CSV
only Excel decides.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from proactive.sheets.cells import MARKS

ADDED = ("Lỗi", "Cách sửa")
WIDTH = 22
LONGEST = 32_000
"""Characters that a cell of XLSX can hold, and a little less."""


@dataclass(frozen=True)
class Sent:
    """One line that was refused: its cells as JSON keeps them, why, and how to mend it."""

    cells: Sequence[object]
    why: str
    mend: str


def marked(kind: str, *, heading: Sequence[object], lines: Iterable[Sent], delimiter: str = ",") -> bytes:
    """The file, as `csv` (UTF-8 with its mark, as Excel wants it) or `xlsx`."""
    width = len(heading)
    rows = ([*_wide(line.cells, width), line.why, line.mend] for line in lines)
    if kind == "xlsx":
        return _workbook([*heading, *ADDED], rows)
    return _delimited([*heading, *ADDED], rows, delimiter or ",")


def listed(heading: Sequence[object], lines: Iterable[Sequence[object]]) -> bytes:
    """Lines of ours as CSV, no cell of which is a formula."""
    return _delimited(heading, lines, ",")


def _wide(cells: Sequence[object], width: int) -> list[object]:
    return [*cells, *[None] * (width - len(cells))][: max(width, len(cells))]


def _delimited(heading: Sequence[object], rows: Iterable[Sequence[object]], delimiter: str) -> bytes:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (heading, *rows):
        writer.writerow([safe(_said(cell)) for cell in row])
    return b"\xef\xbb\xbf" + made.getvalue().encode("utf-8", "replace")


def _workbook(heading: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("Can sua")
    for place in range(len(heading)):
        sheet.column_dimensions[_letters(place)].width = WIDTH if place < len(heading) - 2 else WIDTH * 2
    sheet.freeze_panes = "A2"
    for row in (heading, *rows):
        sheet.append([_cell(sheet, value) for value in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _cell(sheet: Any, value: object) -> Any:
    """Numbers and truths as they are; everything else as text, whatever it begins with."""
    if value is None or isinstance(value, bool | int | float):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value="")
    cell._value = _storable(_said(value))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _storable(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n" or letter.isprintable())[:LONGEST]


def _said(value: object) -> str:
    """As people write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M:%S}".removesuffix(" 00:00:00")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.strip() and text.lstrip(" ")[0] in MARKS else text


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
