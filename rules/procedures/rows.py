"""A procedure as one row of a spreadsheet, and back. Headings are our names or the Vietnamese ones.

Cells that hold several things have a line for each, its parts with | between:

    fees         from | to | VND | VND online | reference | confidence
    components   Vietnamese | English | form | register that replaces it
    process      name | at | hours | role | Vietnamese | English
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from rules.offices.resolving import folded
from rules.problem import Problem
from rules.procedures import Procedure

HEADINGS: dict[str, str] = {
    "code": "Mã thủ tục",
    "name_vi": "Tên thủ tục",
    "name_en": "Tên tiếng Anh",
    "field": "Lĩnh vực",
    "authority": "Cơ quan giải quyết",
    "level": "Mức độ cung cấp",
    "boundary_free": "Phi địa giới",
    "boundary_why": "Lý do",
    "received_at": "Nơi tiếp nhận",
    "returned_at": "Nơi trả kết quả",
    "working_days": "Thời hạn (ngày làm việc)",
    "fees": "Phí, lệ phí",
    "components": "Thành phần hồ sơ",
    "process": "Quy trình nội bộ",
    "proactive": "Mức chủ động",
    "service": "Dịch vụ chủ động",
    "reference": "Căn cứ",
    "confidence": "Độ chắc chắn",
    "sample": "Dữ liệu mẫu",
}
YES, NO = {"true", "yes", "co", "x", "1"}, {"false", "no", "khong", "0", ""}
Row = Mapping[str, str]


def columns(heading: Sequence[object]) -> dict[int, str]:
    """Place in a line -> our name of the column, for the headings that are known."""
    names = {folded(name): name for name in HEADINGS} | {folded(title): name for name, title in HEADINGS.items()}
    found = ((place, names.get(folded(str(cell or "")))) for place, cell in enumerate(heading))
    return {place: name for place, name in found if name is not None}


def read(row: Row) -> tuple[Procedure | None, list[Problem]]:
    """The procedure in a row, or everything that is wrong with it."""
    try:
        made = Procedure.model_validate(_data(row))
    except ValidationError as error:
        return None, [_problem(fault) for fault in error.errors()]
    except ValueError as error:
        return None, [Problem(str(error.args[0]), str(error.args[-1]), "Write it as the heading's example shows.")]
    problems = [Problem(*flaw) for flaw in made.flaws()]
    return (None if problems else made), problems


def write(one: Procedure) -> dict[str, str]:
    """The row that reads as this procedure."""
    return {
        "code": one.code,
        "name_vi": one.name.vi,
        "name_en": one.name.en,
        "field": one.field,
        "authority": one.authority,
        "level": one.level,
        "boundary_free": "true" if one.boundary_free else "false",
        "boundary_why": one.boundary_why,
        "received_at": " ".join(one.received_at),
        "returned_at": " ".join(one.returned_at),
        "working_days": "" if one.working_days is None else f"{one.working_days:g}",
        "fees": _lines((f.since, f.to, f.vnd, f.online_vnd, f.reference, f.confidence) for f in one.fees),
        "components": _lines((c.name.vi, c.name.en, c.form, c.replaced_by) for c in one.components),
        "process": _lines((s.name, s.at, f"{s.hours:g}", s.role, s.title.vi, s.title.en) for s in one.process),
        "proactive": str(int(one.proactive)),
        "service": one.service or "",
        "reference": one.reference,
        "confidence": one.confidence,
        "sample": "true" if one.sample else "false",
    }


def _data(row: Row) -> dict[str, Any]:
    def cell(name: str) -> str:
        return (row.get(name) or "").strip()

    return {
        "code": cell("code"),
        "name": {"vi": cell("name_vi"), "en": cell("name_en") or cell("name_vi")},
        **{name: cell(name) for name in ("field", "authority", "level", "boundary_why", "reference", "confidence")},
        "boundary_free": _truth("boundary_free", cell("boundary_free")),
        "received_at": cell("received_at").replace(",", " ").split(),
        "returned_at": cell("returned_at").replace(",", " ").split(),
        "working_days": float(cell("working_days").replace(",", ".")) if cell("working_days") else None,
        "fees": _parts(cell("fees"), "fees", 6, _fee),
        "components": _parts(cell("components"), "components", 4, _component),
        "process": _parts(cell("process"), "process", 6, _step),
        "proactive": int(cell("proactive") or 0),
        "service": cell("service") or None,
        "sample": _truth("sample", cell("sample")),
    }


def _parts(text: str, where: str, number: int, make: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        cells = [part.strip() or None for part in line.split("|")]
        if len(cells) > number:
            raise ValueError(where, f"'{line[:60]}' has {len(cells)} parts; at most {number} are read.")
        found.append(make(*cells, *[None] * (number - len(cells))))
    return found


def _fee(since: str, to: str, vnd: str, online: str, reference: str, confidence: str) -> dict[str, Any]:
    return {
        "from": since, "to": to, "vnd": vnd, "online_vnd": online, "reference": reference, "confidence": confidence,
    }  # fmt: skip


def _component(vi: str, en: str, form: str, replaced_by: str) -> dict[str, Any]:
    return {"name": {"vi": vi, "en": en or vi}, "form": form, "replaced_by": replaced_by}


def _step(name: str, at: str, hours: str, role: str, vi: str, en: str) -> dict[str, Any]:
    return {"name": name, "at": at, "hours": hours, "role": role, "title": {"vi": vi, "en": en or vi}}


def _truth(where: str, text: str) -> bool:
    if folded(text) not in YES | NO:
        raise ValueError(where, f"'{text[:40]}' is neither yes nor no.")
    return folded(text) in YES


def _lines(rows: Iterable[tuple[object, ...]]) -> str:
    return "\n".join(" | ".join("" if part is None else str(part) for part in row).rstrip(" |") for row in rows)


def _problem(fault: Any) -> Problem:
    where = str(fault["loc"][0]) if fault["loc"] else "row"
    if where == "name":
        where = f"name_{fault['loc'][-1]}"
    return Problem(where, f"{fault['msg']}.", "Correct this cell.")


__all__ = ["HEADINGS", "columns", "read", "write"]
