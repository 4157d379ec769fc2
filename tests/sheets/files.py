"""Files as offices and attackers make them."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

HEADINGS = ["Số giấy chứng nhận", "Số định danh cá nhân", "Tên cơ sở", "Ngày cấp", "Ngày hết hạn", "Tình trạng"]


def delimited(rows: Sequence[Sequence[object]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=delimiter).writerows(rows)
    return made.getvalue().encode(encoding)


def workbook(rows: Sequence[Sequence[Any]], *more: Sequence[Sequence[Any]]) -> bytes:
    """A sheet with these rows, and further ones."""
    book: Any = Workbook()
    for index, one in enumerate((rows, *more)):
        sheet = book.active if index == 0 else book.create_sheet()
        for row in one:
            sheet.append(list(row))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same package with these parts put in (or over); `__` in a name is a slash."""
    made = io.BytesIO()
    put = {name.replace("__", "/"): body for name, body in parts.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in put:
                new.writestr(name, old.read(name))
        for name, body in put.items():
            new.writestr(name, body)
    return made.getvalue()
