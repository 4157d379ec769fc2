"""A list of candidates as people write it down: the headings it may have, and a line of it read into a candidate.

Needed are a name, a field and a department; whatever else is missing is unknown, and costs points, never the line. The
lists of the city were not seen, so headings and words are taken as offices usually write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from pydantic import ValidationError

from rules.candidates import Candidate, Harm, Law
from rules.offices import offices
from rules.offices.resolving import folded
from rules.problem import Problem
from rules.procedures import OF_THE_UNIT

HEADINGS: dict[str, str] = {
    "id": "Mã",
    "procedure": "Mã thủ tục",
    "name_vi": "Tên thủ tục",
    "name_en": "Tên tiếng Anh",
    "field": "Lĩnh vực",
    "department": "Đơn vị",
    "lists": "Danh sách",
    "volume": "Số hồ sơ một năm",
    "volume_source": "Nguồn số hồ sơ",
    "register": "Cơ sở dữ liệu báo trước",
    "service": "Dịch vụ đã có",
    "prefill": "Phần điền sẵn (%)",
    "law": "Pháp luật",
    "law_why_vi": "Lý do pháp luật",
    "law_why_en": "Lý do pháp luật (Anh)",
    "harm": "Thiệt hại",
    "harm_why_vi": "Lý do thiệt hại",
    "harm_why_en": "Lý do thiệt hại (Anh)",
    "reference": "Căn cứ",
    "confidence": "Độ chắc chắn",
    "sample": "Dữ liệu mẫu",
}
ALSO = {
    "name": "name_vi", "ten thu tuc hanh chinh": "name_vi", "ten tthc": "name_vi", "ten dich vu cong": "name_vi",
    "ten dich vu": "name_vi", "code": "procedure", "ma tthc": "procedure", "ma thu tuc hanh chinh": "procedure",
    "co quan thuc hien": "department", "co quan": "department", "co quan giai quyet": "department",
    "don vi thuc hien": "department", "authority": "department", "office": "department", "so ho so nam": "volume",
    "so ho so": "volume", "so luong ho so": "volume", "can cu phap ly": "reference", "source": "reference",
}  # fmt: skip
"""Other headings that are understood."""
NEEDED = ("name_vi", "field", "department")
YES = {"true", "yes", "co", "x", "1"}
LAWS = {
    "soan san": Law.DRAFT, "nhac va soan san": Law.DRAFT, "duoc nhac va soan san": Law.DRAFT, "nhac": Law.REMIND,
    "chi nhac": Law.REMIND, "chi duoc nhac": Law.REMIND, "khong": Law.FORBIDDEN, "khong duoc": Law.FORBIDDEN,
    "khong cho phep": Law.FORBIDDEN, "chua ro": Law.UNKNOWN,
}  # fmt: skip
HARMS = {
    "lon": Harm.HIGH, "cao": Harm.HIGH, "vua": Harm.MEDIUM, "trung binh": Harm.MEDIUM, "nho": Harm.LOW,
    "thap": Harm.LOW, "chua ro": Harm.UNKNOWN,
}  # fmt: skip
UNITS = {"ubnd cap xa", "uy ban nhan dan cap xa", "cap xa", "xa phuong", "ubnd xa phuong", "ubnd phuong xa"}
THE_LIST = "theo danh sách được nhập"
"""Where a line names no source of its own: the list itself says so."""


def columns(heading: Sequence[object]) -> dict[int, str]:
    """Place in a line -> our name of the column, for the headings that are known; of two of a kind the first."""
    names = ALSO | {folded(name): name for name in HEADINGS} | {folded(title): name for name, title in HEADINGS.items()}
    found: dict[int, str] = {}
    for place, cell in enumerate(heading):
        name = names.get(folded(str(cell or "")))
        if name is not None and name not in found.values():
            found[place] = name
    return found


def read(row: Mapping[str, str]) -> tuple[Candidate | None, list[Problem]]:
    """The candidate in a row, or everything that is wrong with it."""
    try:
        return Candidate.model_validate(_data(row)), []
    except ValidationError as error:
        return None, list(_problems(error))


def _data(row: Mapping[str, str]) -> dict[str, object]:
    cells = {name: (row.get(name) or "").strip() for name in HEADINGS}
    words = {name: _words(cells[f"{name}_vi"], cells[f"{name}_en"]) for name in ("name", "law_why", "harm_why")}
    procedure, volume = _code(cells["procedure"]), _number(cells["volume"])
    return {
        **words,
        "id": cells["id"] or procedure or folded(cells["name_vi"]).replace(" ", "-")[:60].strip("-"),
        "procedure": procedure,
        "field": cells["field"],
        "department": _department(cells["department"]),
        "lists": cells["lists"].replace(",", " ").replace(";", " ").split(),
        "volume": volume,
        "volume_source": cells["volume_source"] or (THE_LIST if volume else None),
        "register": cells["register"] or None,
        "service": cells["service"] or None,
        "prefill": _number(cells["prefill"].rstrip("% ")),
        "law": LAWS.get(folded(cells["law"]), cells["law"].lower() or Law.UNKNOWN),
        "harm": HARMS.get(folded(cells["harm"]), cells["harm"].lower() or Harm.UNKNOWN),
        "reference": cells["reference"] or THE_LIST,
        "confidence": cells["confidence"].upper() or "K",
        "sample": folded(cells["sample"]) in YES,
    }


def _code(cell: str) -> str | None:
    """`1.004194.000.00.00.H17`, as portals write it, is `1.004194.H17`."""
    return re.sub(r"^([0-9]\.[0-9]{6})(\.[0-9]{2,3}){1,3}(?=\.H[0-9]{2}$|$)", r"\1", cell) or None


def _department(cell: str) -> str:
    """The office's id, from that or from its name; as it stands where none is known."""
    if cell == OF_THE_UNIT or cell in offices():
        return cell
    name = folded(cell)
    return OF_THE_UNIT if name in UNITS else _by_name().get(name, cell)


@cache
def _by_name() -> Mapping[str, str]:
    """Offices by name, with the city in it and without."""
    whole = {folded(one.name): one.id for one in offices().values()}
    return {name.removesuffix(" thanh pho da nang"): id for name, id in whole.items()} | whole


def _number(cell: str) -> str | None:
    """`12.500` is twelve thousand five hundred here, and so is `12,500`; what is no number is told as it stands."""
    plain = cell.replace(" ", "").replace(".", "")
    return (plain.replace(",", "") if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", plain) else plain) or None


def _words(vi: str, en: str) -> dict[str, str] | None:
    return {"vi": vi, "en": en or vi} if vi or en else None


def _problems(error: ValidationError) -> Iterator[Problem]:
    for fault in error.errors(include_url=False):
        where = str(fault["loc"][0]) if fault["loc"] else "row"
        yield Problem(where, f"{str(fault['msg']).removeprefix('Value error, ').rstrip('.')}.", "Correct this cell.")


__all__ = ["HEADINGS", "NEEDED", "columns", "read"]
