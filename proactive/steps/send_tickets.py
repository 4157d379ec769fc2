"""Correction tickets as a file for the owner of a register, and word that the owner has it.

No cell is a formula to any spreadsheet. What is in it is what the owner needs to mend the row, and nothing else: who
says so and from which dossier it came is not told.
"""

import csv
import io
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from proactive.domain.ticket import Ticket, TicketState, move_ticket
from proactive.ports.clock import DA_NANG, Clock
from proactive.store.store import Store
from rules import Catalogue

HEADING = {
    "ticket": "Mã phiếu",
    "register": "Cơ sở dữ liệu",
    "owner": "Cơ quan quản lý",
    "record": "Khóa bản ghi",
    "column": "Cột",
    "title": "Mục",
    "held": "Đang ghi",
    "claimed": "Đề nghị ghi",
    "note": "Căn cứ",
    "state": "Tình trạng",
    "opened_at": "Mở lúc",
}
STATES = {
    TicketState.OPEN: "mới mở",
    TicketState.SENT: "đã gửi cơ quan quản lý",
    TicketState.CORRECTED: "đã sửa đúng",
    TicketState.OTHERWISE: "đã đổi khác",
    TicketState.REJECTED: "cơ quan quản lý không sửa",
    TicketState.WITHDRAWN: "đã rút",
}
MARKS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet takes for a formula."""


def owners(catalogue: Catalogue) -> dict[str, list[str]]:
    """The registers of each owner, by the owner's Vietnamese name."""
    found: dict[str, list[str]] = {}
    for name, schema in catalogue.registers.items():
        found.setdefault(schema.owner.vi, []).append(name)
    return found


def lines(tickets: Sequence[Ticket], catalogue: Catalogue) -> list[dict[str, str]]:
    """A line a ticket, by the keys of `HEADING`."""
    found = []
    for one in tickets:
        schema = catalogue.registers.get(one.register_name)
        column = schema.columns.get(one.column) if schema else None
        found.append(
            {
                "ticket": str(one.id),
                "register": schema.title.vi if schema else one.register_name,
                "owner": schema.owner.vi if schema else "",
                "record": one.key,
                "column": f"{one.register_name}.{one.column}",
                "title": column.title.vi if column else one.column,
                "held": one.held or "",
                "claimed": one.claimed,
                "note": one.note or "",
                "state": STATES[one.state],
                "opened_at": f"{one.opened_at.astimezone(DA_NANG):%d/%m/%Y %H:%M}",
            }
        )
    return found


def as_csv(found: Sequence[Mapping[str, str]]) -> bytes:
    """UTF-8 with its mark, as Excel wants it; a text that looks like a formula gets a quote in front."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADING.values())
    for line in found:
        writer.writerow([_safe(line[name]) for name in HEADING])
    return b"\xef\xbb\xbf" + made.getvalue().encode()


def as_xlsx(found: Sequence[Mapping[str, str]]) -> bytes:
    """Every cell is written as text, whatever it begins with."""
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("Phieu de nghi sua")
    sheet.freeze_panes = "A2"
    for row in (tuple(HEADING.values()), *(tuple(line[name] for name in HEADING) for line in found)):
        sheet.append([_cell(sheet, text) for text in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def as_json(found: Sequence[Mapping[str, str]]) -> bytes:
    return json.dumps({"tickets": list(found)}, ensure_ascii=False).encode()


FORMATS: Mapping[str, tuple[Callable[[Sequence[Mapping[str, str]]], bytes], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": (as_json, "application/json"),
}
"""How a file is made, and its media type."""


async def sent(tickets: Sequence[Ticket], *, actor: str, store: Store, clock: Clock) -> Collection[object]:
    """The owner has these now: those that were open are sent. Gives the ids of those that nobody else had moved."""
    before = [one for one in tickets if one.state is TicketState.OPEN]
    after = [move_ticket(one, TicketState.SENT) for one in before]
    return await store.tickets.keep(before, after, actor=actor, now=clock.now())


def _safe(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(MARKS) else text


def _cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value="")
    cell._value = "".join(letter for letter in text if letter in "\t\n" or letter.isprintable())
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
